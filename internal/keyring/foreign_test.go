package keyring_test

import (
	"errors"
	"strings"
	"testing"

	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
)

// theirs are hashes that other programs made: test vectors of jBCrypt and of Argon2 itself, and Python's hashlib.
var theirs = map[string]string{
	"$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe":                                                                      "a",
	"$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i":                                                                      "abc",
	"$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG":                                                        "password",
	"pbkdf2_sha256$1000$somesalt$peW/2YJHN4BGaRVzbj4ab4FCcTxiAsU6H2+1nlQawvE=":                                                          "Пароль-1",
	"$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$6bqMargRfj/cKVc7AZu5zZWrpb/qsoOh+ACSK/RHuK0":                                     "Пароль-1",
	"$pbkdf2$1000$MDEyMzQ1Njc4OWFiY2RlZg$HWCIsfAv7BppfQkcUaxn1iiXdFM":                                                                   "Пароль-1",
	"$scrypt$ln=10,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$8wD8mkJWNcK+xklKExvuOK2n9HSUasGurtaB/c6jJuQ":                                          "Пароль-1",
	"$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$gS4eiiSAVToy853LGeaEZACHTtYzVqjsxKC4l3awRV9XVoeBBI7qUwVIoy4/DXPYCE.s8o5oDtyoH3eIglnaLA": "Пароль-1",
}

func TestAPasswordThatAnotherProgramHashedIsRecognisedAndToBeHashedAgain(t *testing.T) {
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	for text, password := range theirs {
		stored, err := h.Import(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		parts := strings.Split(text, "$")
		salt, hash := parts[len(parts)-2], parts[len(parts)-1]
		if strings.HasPrefix(text, "$2") { // bcrypt writes one behind the other, and its cost before them
			salt, hash = hash[:22], hash[22:]
		}
		if strings.Contains(stored, salt) || strings.Contains(stored, hash) {
			t.Errorf("%s is stored as %s: it can be guessed against without the pepper", text, stored)
		}
		for typed, want := range map[string]bool{password: true, password + "x": false, "другой": false} {
			ok, rehash, err := h.Verify(ctx, stored, typed)
			if ok != want || rehash != want || err != nil {
				t.Errorf("%s: %q is %v, to be hashed again %v, %v", text, typed, ok, rehash, err)
			}
		}
		if ok, _, err := h.Verify(ctx, stored[:len(stored)-4]+"AAAA", password); ok || err == nil {
			t.Errorf("%s: one that was changed is %v, %v", text, ok, err)
		}
		if _, _, err := keyringtest.Hasher(t, keyringtest.Ring(t)).Verify(ctx, stored, password); err == nil {
			t.Errorf("%s is opened under another pepper", text)
		}
		if _, _, err := h.Verify(ctx, stored, strings.Repeat("я", keyring.MaxPassword+1)); !errors.Is(err, keyring.ErrLong) {
			t.Errorf("%s: of a password without end: %v", text, err)
		}
	}
}

func TestAHashThatWouldExhaustTheServerIsNotImported(t *testing.T) {
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	for _, text := range []string{
		"", "x", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "{SSHA}x", "$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
		"$2a$31$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "$2a$06$short", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0ix",
		"pbkdf2_sha256$2000001$somesalt$peW/2YJHN4BGaRVzbj4ab4FCcTxiAsU6H2+1nlQawvE=", "pbkdf2_sha256$0$somesalt$peW/2YJHN4BGaRVzbj4ab4FCcTxiAsU6H2+1nlQawvE=",
		"pbkdf2_md5$1000$somesalt$peW/2YJHN4BGaRVzbj4ab4FCcTxiAsU6H2+1nlQawvE=", "pbkdf2_sha256$1000$somesalt$peW", "pbkdf2_sha256$1000$somesalt$" + strings.Repeat("A", 200),
		"$scrypt$ln=24,r=8,p=1$MDEy$8wD8mkJWNcK+xklKExvuOK2n9HSUasGurtaB/c6jJuQ", "$scrypt$ln=62,r=8,p=1$MDEy$8wD8mkJWNcK+xklKExvuOK2n9HSUasGurtaB/c6jJuQ", "$scrypt$ln=0,r=8,p=1$MDEy$8wD8mkJWNcK+xklKExvuOK2n9HSUasGurtaB/c6jJuQ",
		"$argon2id$v=19$m=4194304,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", "$argon2id$v=19$m=64,t=1000,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
		"$2a$06$" + strings.Repeat("a", 600),
	} {
		if stored, err := h.Import(text); !errors.Is(err, keyring.ErrForeign) {
			t.Errorf("%q is imported as %q, %v", text, stored, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	for text := range theirs {
		f.Add(text)
	}
	h := keyringtest.Hasher(f, keyringtest.Ring(f))
	f.Fuzz(func(t *testing.T, text string) {
		stored, err := h.Import(text)
		if err != nil != errors.Is(err, keyring.ErrForeign) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && strings.Contains(stored, text) {
			t.Errorf("%q is stored as it is", text)
		}
	})
}
