package keyring

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// tokenLen is how many bytes of chance a token holds: 192 bits.
const tokenLen = 24

// NewToken is a fresh secret of 192 bits in 32 letters that need no escaping in a URL: for sessions and links.
// Store HashToken of it.
func NewToken() string {
	var b [tokenLen]byte
	rand.Read(b[:]) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashToken is what is stored of a token: SHA-256. A token holds enough chance to need no salt and no slowness.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Equal compares secrets in a time that depends on their lengths only: codes that were typed, tokens, their hashes.
func Equal[T string | []byte](a, b T) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
