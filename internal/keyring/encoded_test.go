package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

const goodHash = "$argon2id-hmac$v=19$m=19456,t=2,p=1,k=2f51cc43$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestAStoredHashIsReadAsItWasWritten(t *testing.T) {
	e, err := parse(goodHash)
	if err != nil {
		t.Fatal(err)
	}
	if e.cost != usualCost || e.pepper != [4]byte{0x2f, 0x51, 0xcc, 0x43} || len(e.salt) != saltLen || len(e.sum) != sumLen || e.String() != goodHash {
		t.Errorf("parse = %+v", e)
	}
}

func TestAStoredHashThatWasTamperedWithIsRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new string }{
		{"another scheme", "argon2id-hmac", "argon2id"}, {"another version", "v=19", "v=16"},
		{"memory without end", "m=19456", "m=4294967295"}, {"too much memory", "m=19456", "m=262145"}, {"no memory", "m=19456", "m=0"}, {"less memory than lanes need", "m=19456,t=2,p=1", "m=8,t=2,p=2"},
		{"passes without end", "t=2", "t=4000000000"}, {"no pass", "t=2", "t=0"}, {"no lane", "p=1", "p=0"}, {"lanes beyond a byte", "p=1", "p=257"}, {"too many lanes", "p=1", "p=17"},
		{"a sign", "t=2", "t=+2"}, {"a zero before", "t=2", "t=02"}, {"exchanged", "m=19456,t=2", "t=2,m=19456"}, {"one more", "p=1,", "p=1,x=1,"},
		{"a short pepper", "k=2f51cc43", "k=2f51cc"}, {"a capital", "k=2f51cc43", "k=2F51CC43"}, {"a pepper that is no number", "k=2f51cc43", "k=zzzzzzzz"},
		{"a short salt", "$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAA$"}, {"padding", "AAA$AAAA", "AAA==$AAAA"}, {"bits left over", "AAAAAA$AAAA", "AAAAAB$AAAA"},
		{"one part more", "AAA$AAA", "AAA$$AAA"}, {"a line", "v=19", "v=19\n"}, {"length", "AAA$AAA", "AAA$" + strings.Repeat("A", 300)},
	} {
		text := strings.Replace(goodHash, c.old, c.new, 1)
		if text == goodHash {
			t.Fatalf("%s: nothing replaced", c.name)
		}
		if e, err := parse(text); !errors.Is(err, errEncoded) {
			t.Errorf("%s: %+v, %v", c.name, e, err)
		}
	}
	for _, text := range []string{"", "$", "$$$$$", goodHash[:len(goodHash)-1], goodHash + "A", " " + goodHash} {
		if _, err := parse(text); !errors.Is(err, errEncoded) {
			t.Errorf("parse(%q): %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(goodHash)
	f.Add("$argon2id-hmac$v=19$m=64,t=1,p=1,k=00000000$$")
	f.Add("$argon2id-hmac$v=19$m=18446744073709551616,t=-1,p=256,k=$=$=")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text)
		if err != nil {
			if !errors.Is(err, errEncoded) || err.Error() != errEncoded.Error() {
				t.Errorf("the error repeats what was read: %v", err)
			}
			return
		}
		if e.String() != text {
			t.Errorf("%q is written as %q", text, e)
		}
		c := e.cost
		if c.KiB > most.KiB || c.Passes > most.Passes || c.Lanes > most.Lanes || c.Lanes < 1 || c.Passes < 1 || len(e.salt) != saltLen || len(e.sum) != sumLen {
			t.Errorf("%q asks for %+v", text, c)
		}
	})
}

// What is stored today must verify in ten years. The HMAC was computed a second time outside Go.
func TestTheHashIsArgon2idOverAnHMAC(t *testing.T) {
	r := ring(t)
	h := NewHasher(r, HasherConfig{Cost: Cost{KiB: 64, Passes: 1, Lanes: 1}})
	peppered, _ := base64.StdEncoding.DecodeString(goldenPeppered)
	salt := bytes.Repeat([]byte{3}, saltLen)
	e := encoded{cost: h.c.Cost, pepper: r.held.Load().roots[0].id, salt: salt, sum: argon2.IDKey(peppered, salt, 1, 64, 1, sumLen)}
	if ok, rehash, err := h.Verify(t.Context(), e.String(), "Пароль №1"); !ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
	}
}

const goldenPeppered = "rXBWNunczrdRFhWi3R7boxhnKT2HWi+48XCkBw61HNI="
