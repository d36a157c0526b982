package keyring

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Cost is what a hash costs; the zero Cost stands for the usual one: 19 MiB, two passes, one lane, which is what OWASP
// and ASVS 5.0 ask of Argon2id.
type Cost struct {
	KiB    uint32
	Passes uint32
	Lanes  uint8
}

var usualCost = Cost{KiB: 19 * 1024, Passes: 2, Lanes: 1}

// The most that a stored hash may ask for: whoever can write to the database must not be able to exhaust the server.
// The policy's password.hash stays within it.
var most = Cost{KiB: 256 * 1024, Passes: 16, Lanes: 16}

const (
	saltLen = 16
	sumLen  = 32
)

// errEncoded is of a stored hash that this program did not write.
var errEncoded = errors.New("keyring: the stored hash of a password cannot be read")

// encoded is a stored hash in the PHC form, under a name of its own because what is hashed is an HMAC of the password:
//
//	$argon2id-hmac$v=19$m=19456,t=2,p=1,k=9f86d081$<salt>$<hash>
//
// where k names the index root whose pepper was used.
type encoded struct {
	cost   Cost
	pepper [4]byte
	salt   []byte
	sum    []byte
}

const scheme = "argon2id-hmac"

func (e encoded) String() string {
	return fmt.Sprintf("$%s$v=19$m=%d,t=%d,p=%d,k=%x$%s$%s", scheme, e.cost.KiB, e.cost.Passes, e.cost.Lanes, e.pepper,
		base64.RawStdEncoding.EncodeToString(e.salt), base64.RawStdEncoding.EncodeToString(e.sum))
}

// parse reads exactly what String writes, within bounds.
func parse(text string) (encoded, error) {
	var e encoded
	parts := strings.Split(text, "$")
	if len(text) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != scheme || parts[2] != "v=19" {
		return e, errEncoded
	}
	values := strings.Split(parts[3], ",")
	if len(values) != 4 {
		return e, errEncoded
	}
	var numbers [3]uint32
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(values[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return e, errEncoded
		}
		numbers[i] = uint32(n)
	}
	if numbers[2] > uint32(most.Lanes) {
		return e, errEncoded
	}
	e.cost = Cost{KiB: numbers[0], Passes: numbers[1], Lanes: uint8(numbers[2])}
	if e.cost.KiB > most.KiB || e.cost.Passes > most.Passes || e.cost.Lanes < 1 || e.cost.Passes < 1 || e.cost.KiB < 8*uint32(e.cost.Lanes) {
		return e, errEncoded
	}
	name, ok := strings.CutPrefix(values[3], "k=")
	if !ok || len(name) != hex.EncodedLen(len(e.pepper)) {
		return e, errEncoded
	}
	if _, err := hex.Decode(e.pepper[:], []byte(name)); err != nil {
		return e, errEncoded
	}
	var err error
	if e.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil {
		return e, errEncoded
	}
	if e.sum, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil {
		return e, errEncoded
	}
	if len(e.salt) != saltLen || len(e.sum) != sumLen || e.String() != text {
		return e, errEncoded
	}
	return e, nil
}
