package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // of hashes that other programs made; each is replaced when its owner signs in
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// The most that a hash of another program may cost: who imports it must not exhaust the server by it, nor keep a person waiting. Each
// is about a second of one core, or 256 MiB, which is beyond what programs set by themselves.
const (
	mostBcrypt = 14
	mostPBKDF2 = 2_000_000
	mostScrypt = 256 << 20 // bytes
	mostFound  = 128       // bytes of a salt or of a sum
	leastFound = 16        // bytes of a sum: fewer are guessed
)

// ErrForeign is of a hash that cannot be imported; what wraps it says why.
var ErrForeign = errors.New("it is no hash of bcrypt, PBKDF2, scrypt or Argon2 in a form that is known here (docs/import.md)")

// foreign is the hash of a password that another program made. same computes whether a password is the one.
type foreign struct{ same func(password string) bool }

// imported begins a stored hash of another program. It lies sealed under the pepper, as our own are made with it: whoever has the
// database alone has nothing to guess against.
//
//	$imported$v=1,k=9f86d081$<nonce and sealed text>
const imported = "$imported$v=1,k="

// Import makes of another program's hash what is stored until its owner signs in for the first time; then our own takes its place.
// The error wraps ErrForeign and says what is wrong with it; it tells nothing of the hash.
//
// Known are bcrypt ($2a$, $2b$, $2y$), PBKDF2 as passlib and PHC write it ($pbkdf2-sha256$…) and as Django does
// (pbkdf2_sha256$…), scrypt ($scrypt$ln=…) and Argon2 ($argon2id$v=19$…, $argon2i$…).
func (h *Hasher) Import(text string) (string, error) {
	if _, err := readForeign(text); err != nil {
		return "", err
	}
	root := h.ring.held.Load().peppers[0]
	box := root.box()
	nonce := random(box.NonceSize())
	return imported + hex.EncodeToString(root.id[:]) + "$" + base64.RawStdEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(text), []byte(imported))), nil
}

func (x *root) box() cipher.AEAD {
	block, err := aes.NewCipher(derive(x.secret, "imported"))
	if err != nil {
		panic(err) // only of a key of another length
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only of another block
	}
	return box
}

// openForeign reads what Import wrote.
func (h *Hasher) openForeign(stored string) (foreign, error) {
	name, sealed, _ := strings.Cut(strings.TrimPrefix(stored, imported), "$")
	for _, r := range h.ring.held.Load().peppers {
		if hex.EncodeToString(r.id[:]) != name {
			continue
		}
		body, err := base64.RawStdEncoding.Strict().DecodeString(sealed)
		box := r.box()
		if err != nil || len(body) < box.NonceSize() {
			return foreign{}, errEncoded
		}
		text, err := box.Open(nil, body[:box.NonceSize()], body[box.NonceSize():], []byte(imported))
		if err != nil {
			return foreign{}, errEncoded
		}
		return readForeign(string(text))
	}
	return foreign{}, errPepper
}

func wrong(why string, args ...any) (foreign, error) {
	return foreign{}, fmt.Errorf("%w: %s", ErrForeign, fmt.Sprintf(why, args...))
}

// readForeign reads a hash within the bounds.
func readForeign(text string) (foreign, error) {
	if len(text) > 512 {
		return wrong("it is longer than 512 characters")
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(text, "$"), "$")
	switch {
	case name == "2a" || name == "2b" || name == "2y":
		return readBcrypt(text)
	case strings.HasPrefix(name, "pbkdf2"):
		return readPBKDF2(text, name)
	case name == "scrypt":
		return readScrypt(text)
	case name == "argon2id" || name == "argon2i":
		return readArgon2(text, name)
	}
	return foreign{}, ErrForeign
}

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)

func readBcrypt(text string) (foreign, error) {
	cost, err := bcrypt.Cost([]byte(text))
	if err != nil || !bcryptForm.MatchString(text) {
		return wrong("a hash of bcrypt has 60 characters: $2b$12$ and 53 more")
	}
	if cost > mostBcrypt {
		return wrong("its cost is %d, at most %d is taken", cost, mostBcrypt)
	}
	return foreign{func(password string) bool {
		return bcrypt.CompareHashAndPassword([]byte(text), []byte(password)) == nil
	}}, nil
}

var digests = map[string]func() hash.Hash{"": sha1.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

func readPBKDF2(text, name string) (foreign, error) {
	parts := strings.Split(strings.TrimPrefix(text, "$"), "$")
	digest, known := digests[strings.TrimLeft(strings.TrimPrefix(name, "pbkdf2"), "-_")]
	if !known {
		return wrong("PBKDF2 with %s is not known, only with sha1, sha256 and sha512", strings.TrimPrefix(name, "pbkdf2"))
	}
	if len(parts) != 4 {
		return wrong("PBKDF2 has four parts: name, iterations, salt and hash")
	}
	rounds, err := strconv.Atoi(firstOf(strings.TrimPrefix(parts[1], "i=")))
	if err != nil || rounds < 1 || rounds > mostPBKDF2 {
		return wrong("iterations are a number from 1 to %d", mostPBKDF2)
	}
	salt := []byte(parts[2]) // Django's is text
	if strings.HasPrefix(name, "pbkdf2-") || name == "pbkdf2" {
		if salt, err = unbase64(parts[2], 0); err != nil {
			return wrong("the salt %v", err)
		}
	}
	want, err := unbase64(parts[3], leastFound)
	if err != nil {
		return wrong("the hash %v", err)
	}
	return foreign{func(password string) bool {
		got, err := pbkdf2.Key(digest, password, salt, rounds, len(want))
		return err == nil && Equal(got, want)
	}}, nil
}

func firstOf(list string) string {
	one, _, _ := strings.Cut(list, ",")
	return one
}

// unbase64 reads bytes in base64 as the programs write it: with + or with the dot of passlib, padded or not.
func unbase64(text string, least int) ([]byte, error) {
	body, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.ReplaceAll(text, ".", "+"), "="))
	switch {
	case err != nil:
		return nil, errors.New("is not base64")
	case len(body) > mostFound:
		return nil, fmt.Errorf("is longer than %d bytes", mostFound)
	case len(body) < least:
		return nil, fmt.Errorf("is shorter than %d bytes", least)
	}
	return body, nil
}

// parameters reads "ln=15,r=8,p=1".
func parameters(text string, names ...string) ([]int, bool) {
	list := strings.Split(text, ",")
	if len(list) != len(names) {
		return nil, false
	}
	out := make([]int, len(names))
	for i, name := range names {
		digits, ok := strings.CutPrefix(list[i], name+"=")
		n, err := strconv.ParseUint(digits, 10, 31)
		if !ok || err != nil || n == 0 {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

func readScrypt(text string) (foreign, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 {
		return wrong("scrypt has the form $scrypt$ln=15,r=8,p=1$salt$hash")
	}
	p, ok := parameters(parts[2], "ln", "r", "p")
	if !ok {
		return wrong("scrypt has the form $scrypt$ln=15,r=8,p=1$salt$hash")
	}
	if p[0] > 24 || p[1] > 64 || p[2] > 16 || 128*p[1]<<p[0] > mostScrypt {
		return wrong("its parameters ask for more than %d MiB", mostScrypt>>20)
	}
	salt, err := unbase64(parts[3], 0)
	if err != nil {
		return wrong("the salt %v", err)
	}
	want, err := unbase64(parts[4], leastFound)
	if err != nil {
		return wrong("the hash %v", err)
	}
	return foreign{func(password string) bool {
		got, err := scrypt.Key([]byte(password), salt, 1<<p[0], p[1], p[2], len(want))
		return err == nil && Equal(got, want)
	}}, nil
}

func readArgon2(text, name string) (foreign, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[2] != "v=19" {
		return wrong("Argon2 has the form $%s$v=19$m=65536,t=3,p=4$salt$hash", name)
	}
	p, ok := parameters(parts[3], "m", "t", "p")
	if !ok {
		return wrong("Argon2 has the form $%s$v=19$m=65536,t=3,p=4$salt$hash", name)
	}
	if p[0] > int(most.KiB) || p[1] > int(most.Passes) || p[2] > int(most.Lanes) || p[0] < 8*p[2] {
		return wrong("its parameters go beyond m=%d, t=%d, p=%d", most.KiB, most.Passes, most.Lanes)
	}
	salt, err := unbase64(parts[4], 8)
	if err != nil {
		return wrong("the salt %v", err)
	}
	want, err := unbase64(parts[5], leastFound)
	if err != nil {
		return wrong("the hash %v", err)
	}
	key := argon2.IDKey
	if name == "argon2i" {
		key = argon2.Key
	}
	memory, passes, lanes, size := uint32(p[0]), uint32(p[1]), uint8(p[2]), uint32(len(want)) //nolint:gosec // within bounds, above
	return foreign{func(password string) bool {
		return Equal(key([]byte(password), salt, passes, memory, lanes, size), want)
	}}, nil
}
