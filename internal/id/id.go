// Package id makes the identifiers of everything that is stored.
//
// An identifier is 26 characters of lower-case Crockford base32 in the layout of a ULID: 48 bits of
// milliseconds, then 10 of the microseconds in it, then 70 random bits. It sorts by the time of its making, so that indexes grow at one end,
// and it cannot be guessed, but it is not a secret: nothing is allowed because somebody knows an id.
package id

import (
	"crypto/rand"
	"time"
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Len is the length of every identifier.
const Len = 26

// New returns a fresh identifier made now.
func New() string { return At(time.Now()) }

// At returns a fresh identifier that sorts at the moment t, to the microsecond, which is how finely moments are stored: of two
// transactions that follow each other the later one's identifiers are the greater.
func At(t time.Time) string {
	var b [16]byte
	ms := uint64(t.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	rand.Read(b[6:]) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	us := uint64(t.UnixMicro()) - ms*1000
	b[6] = byte(us >> 2)
	b[7] = byte(us&3)<<6 | b[7]&0x3f
	return encode(b)
}

// Valid reports whether s has the form of an identifier. It says nothing of its existence.
func Valid(s string) bool {
	if len(s) != Len || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if decode[s[i]] == 0 {
			return false
		}
	}
	return true
}

// decode holds 1 for each character of the alphabet.
var decode = func() (d [256]byte) {
	for i := range len(alphabet) {
		d[alphabet[i]] = 1
	}
	return d
}()

// encode writes 128 bits as 26 digits of five bits, the first of three.
func encode(b [16]byte) string {
	var out [Len]byte
	hi := uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 | uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
	lo := uint64(b[8])<<56 | uint64(b[9])<<48 | uint64(b[10])<<40 | uint64(b[11])<<32 | uint64(b[12])<<24 | uint64(b[13])<<16 | uint64(b[14])<<8 | uint64(b[15])
	for i := Len - 1; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
