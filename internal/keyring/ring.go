package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Ring holds the opened secrets. It is safe for use by many goroutines.
type Ring struct {
	master  tink.AEAD
	primary string // the prefix of everything that the primary key of the master keyset seals
	roots   []root // the first is in force
	system  *Key
	columns sync.Map // column -> its key; there are as many as the program names
	keys    cache
}

// root is an index root and what is derived from it at once.
type root struct {
	id     [4]byte // names it in indexes and password hashes
	secret []byte
	codes  []byte // keys
	tokens []byte
	pepper []byte
}

// Open opens the secrets. Its errors are for the operator: they say which secret and what to do.
func Open(c Config) (*Ring, error) {
	text, err := secret("master keyset", c.MasterPath, c.MasterJSON)
	if err != nil {
		return nil, err
	}
	h, err := parseMaster(text)
	if err != nil {
		return nil, fmt.Errorf("keyring: the master keyset (%s): %w", origin(c.MasterPath, c.MasterJSON), err)
	}
	if text, err = secret("index root", c.IndexPath, c.IndexKey); err != nil {
		return nil, err
	}
	secrets, err := parseRoots(text)
	if err != nil {
		return nil, fmt.Errorf("keyring: the index root (%s): %w", origin(c.IndexPath, c.IndexKey), err)
	}
	r := &Ring{keys: cache{ttl: c.TTL, most: c.MaxKeys, now: c.Now}}
	if r.keys.ttl == 0 {
		r.keys.ttl = 5 * time.Minute
	}
	if r.keys.most == 0 {
		r.keys.most = 4096
	}
	if r.keys.now == nil {
		r.keys.now = time.Now
	}
	for _, s := range secrets {
		r.roots = append(r.roots, newRoot(s))
	}
	if r.master, err = aead.New(h); err != nil {
		return nil, fmt.Errorf("keyring: the master keyset (%s): %w", origin(c.MasterPath, c.MasterJSON), err)
	}
	sample, err := r.master.Encrypt(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("keyring: the master keyset (%s) does not seal: %w", origin(c.MasterPath, c.MasterJSON), err)
	}
	if sample[0] != tinkPrefix {
		return nil, fmt.Errorf("keyring: the master keyset (%s): its primary key leaves no prefix, rotation would be blind: make it of the template AES256_GCM", origin(c.MasterPath, c.MasterJSON))
	}
	r.primary = string(sample[:5])
	r.system = &Key{sealer: masterSealer{r.master}}
	return r, nil
}

// tinkPrefix begins what a key of a keyset seals; four bytes follow that name the key.
const tinkPrefix = 1

func newRoot(s []byte) root {
	r := root{secret: s, codes: derive(s, "code"), tokens: derive(s, "token"), pepper: derive(s, "pepper")}
	copy(r.id[:], derive(s, "id"))
	return r
}

// derive is the key for one purpose. The purposes are told apart by info, which is never a prefix of another's
// because it is hashed whole.
func derive(secret []byte, purpose string) []byte {
	k, err := hkdf.Key(sha256.New, secret, nil, "okno "+purpose, sha256.Size)
	if err != nil {
		panic(err) // only of a length beyond what HKDF gives
	}
	return k
}

// String keeps the secrets out of logs, as GoString does.
func (r *Ring) String() string { return "keyring" }

// GoString is String.
func (r *Ring) GoString() string { return r.String() }

// System is the key of what belongs to no person: secrets of staff, keys that sign. It is the master keyset itself,
// so it rotates with it and is restored with it, and the database holds nothing of it.
func (r *Ring) System() *Key { return r.system }

// Index is the blind index of a value in a column, for WHERE phone_index = $1 and for unique constraints. Normalise
// the value first: another spelling is another index. The column is named in full, "contact.phone". The first four
// bytes name the index root.
func (r *Ring) Index(column, value string) []byte {
	k, ok := r.columns.Load(column)
	if !ok {
		k, _ = r.columns.LoadOrStore(column, derive(r.roots[0].secret, "index "+column))
	}
	return sum(k.([]byte), r.roots[0].id[:], []byte(value))
}

// Code is the n-th six-digit code for a purpose and the thing it is for. It follows from them, so there is nothing to
// store, and a message sent again after a crash holds the same code. Of 2⁶⁴ values each code gets 2⁶⁴/10⁶ or one
// more: the most likely code is likelier than the least by less than 10⁻¹³, so that nothing need be drawn again.
func (r *Ring) Code(purpose, id string, n int) string {
	b := sum(r.roots[0].codes, nil, appendFields(nil, purpose, id, fmt.Sprint(n)))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(b)%1_000_000)
}

// Token is the unguessable name of a thing for a purpose, 192 bits in 32 letters that need no escaping in a URL. It
// follows from them: whoever has the root can make it, nobody else can.
func (r *Ring) Token(purpose, id string) string {
	return base64.RawURLEncoding.EncodeToString(sum(r.roots[0].tokens, nil, appendFields(nil, purpose, id))[:tokenLen])
}

// sum is prefix followed by HMAC-SHA256.
func sum(key, prefix, message []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(message)
	return m.Sum(append(make([]byte, 0, len(prefix)+sha256.Size), prefix...))
}

// appendFields writes fields so that no two lists of fields give the same bytes: each with its length before it.
func appendFields(b []byte, fields ...string) []byte {
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, uint32(len(f))) //nolint:gosec // names and identifiers, never 4 GiB
		b = append(b, f...)
	}
	return b
}
