package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Ring holds the opened secrets. It is safe for use by many goroutines. Reload takes new secrets in while everybody works.
type Ring struct {
	config Config
	held   atomic.Pointer[held]
	system *Key
	keys   cache
}

// held is what the two secrets held when they were read last.
type held struct {
	master  tink.AEAD
	primary string   // the prefix of everything that the primary key of the master keyset seals
	keys    []uint32 // of the master keyset, in its order
	seals   int      // which of them is primary: those before it are old, one after it is staged
	roots   []*root  // of indexes, codes and tokens: the one in force, then the one that comes or the one that goes
	ahead   *root    // under which the second column of an index is written; nil while no root rotates
	former  bool     // the second of the roots goes; otherwise it comes
	peppers []*root  // that passwords may be under: the roots, then those that only passwords need
	sum     [sha256.Size]byte
}

// root is an index root and what is derived from it at once.
type root struct {
	id      [4]byte // names it in indexes and password hashes
	codes   []byte  // keys
	tokens  []byte
	pepper  []byte
	secret  []byte
	columns sync.Map // column -> its key; there are as many as the program names
}

// Open opens the secrets. Its errors are for the operator: they say which secret and what to do.
func Open(c Config) (*Ring, error) {
	r := &Ring{config: c, keys: cache{ttl: c.TTL, most: c.MaxKeys, now: c.Now}}
	if r.keys.ttl == 0 {
		r.keys.ttl = 5 * time.Minute
	}
	if r.keys.most == 0 {
		r.keys.most = 4096
	}
	if r.keys.now == nil {
		r.keys.now = time.Now
	}
	r.system = &Key{sealer: masterSealer{r}}
	_, err := r.Reload()
	return r, err
}

// Reload reads the secrets again and reports whether they are others than before. When it fails, those of before stay.
func (r *Ring) Reload() (bool, error) {
	c := r.config
	master, err := secret("master keyset", c.MasterPath, c.MasterJSON)
	if err != nil {
		return false, err
	}
	index, err := secret("index root", c.IndexPath, c.IndexKey)
	if err != nil {
		return false, err
	}
	h := &held{sum: sha256.Sum256(appendFields(nil, string(master), string(index)))}
	if was := r.held.Load(); was != nil && was.sum == h.sum {
		return false, nil
	}
	if err := h.openMaster(master); err != nil {
		return false, fmt.Errorf("keyring: the master keyset (%s): %w", origin(c.MasterPath, c.MasterJSON), err)
	}
	lines, err := parseRoots(index)
	if err != nil {
		return false, fmt.Errorf("keyring: the index root (%s): %w", origin(c.IndexPath, c.IndexKey), err)
	}
	h.takeRoots(lines)
	r.held.Store(h)
	return true, nil
}

func (h *held) openMaster(text []byte) error {
	set, err := parseMaster(text)
	if err != nil {
		return err
	}
	if h.master, err = aead.New(set); err != nil {
		return err
	}
	for i := range set.Len() {
		e, err := set.Entry(i)
		if err != nil {
			return err
		}
		if h.keys = append(h.keys, e.KeyID()); e.IsPrimary() {
			h.seals = i
		}
	}
	sample, err := h.master.Encrypt(nil, nil)
	if err != nil {
		return fmt.Errorf("it does not seal: %w", err)
	}
	if sample[0] != tinkPrefix {
		return errors.New("its primary key leaves no prefix, rotation would be blind: make it of the template AES256_GCM")
	}
	h.primary = string(sample[:5])
	return nil
}

func (h *held) takeRoots(lines []line) {
	for _, l := range lines {
		x := newRoot(l.secret)
		h.peppers = append(h.peppers, x)
		switch l.role {
		case pepperOnly:
			continue
		case former:
			h.former, h.ahead = true, h.roots[0]
		case coming:
			h.ahead = x
		case inForce:
		}
		h.roots = append(h.roots, x)
	}
}

// tinkPrefix begins what a key of a keyset seals; four bytes follow that name the key.
const tinkPrefix = 1

func newRoot(s []byte) *root {
	r := &root{secret: s, codes: derive(s, "code"), tokens: derive(s, "token"), pepper: derive(s, "pepper")}
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

// Index is the blind index of a value in a column under the root in force, for new rows. Normalise the value first:
// another spelling is another index. The column is named in full, "contact.phone". The first four bytes name the index root.
func (r *Ring) Index(column, value string) []byte { return r.held.Load().roots[0].index(column, value) }

// Find is the index under each root that a row may be of, for WHERE phone_index IN ($1, $2). The first is Index; the
// second is the same one while no root rotates.
func (r *Ring) Find(column, value string) [2][]byte {
	roots := r.held.Load().roots
	return [2][]byte{roots[0].index(column, value), roots[len(roots)-1].index(column, value)}
}

// Ahead is what stands in the second column of an index while roots rotate, so that the value is unique under the root
// that everybody will ask by; nil, for NULL, while none does.
func (r *Ring) Ahead(column, value string) any {
	x := r.held.Load().ahead
	if x == nil {
		return nil
	}
	return x.index(column, value)
}

func (x *root) index(column, value string) []byte {
	k, ok := x.columns.Load(column)
	if !ok {
		k, _ = x.columns.LoadOrStore(column, derive(x.secret, "index "+column))
	}
	return sum(k.([]byte), x.id[:], []byte(value))
}

// Code is the n-th six-digit code for a purpose and the thing it is for. It follows from them, so there is nothing to
// store, and a message sent again after a crash holds the same code. Of 2⁶⁴ values each code gets 2⁶⁴/10⁶ or one
// more: the most likely code is likelier than the least by less than 10⁻¹³, so that nothing need be drawn again.
func (r *Ring) Code(purpose, id string, n int) string {
	return r.held.Load().roots[0].code(purpose, id, n)
}

// CodeUnder is Code under the root that the index names: what was begun under a root goes on under it, whichever is in
// force when the code is typed.
func (r *Ring) CodeUnder(index []byte, purpose, id string, n int) string {
	h := r.held.Load()
	for _, x := range h.peppers {
		if bytes.HasPrefix(index, x.id[:]) {
			return x.code(purpose, id, n)
		}
	}
	return h.roots[0].code(purpose, id, n)
}

func (x *root) code(purpose, id string, n int) string {
	b := sum(x.codes, nil, appendFields(nil, purpose, id, fmt.Sprint(n)))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(b)%1_000_000)
}

// Token is the unguessable name of a thing for a purpose, 192 bits in 32 letters that need no escaping in a URL. It
// follows from them: whoever has the root can make it, nobody else can.
func (r *Ring) Token(purpose, id string) string { return r.held.Load().roots[0].token(purpose, id) }

// IsToken reports whether the token is that of the thing under a root that is in force, comes or goes.
func (r *Ring) IsToken(purpose, id, token string) bool {
	ours := false
	for _, x := range r.held.Load().roots {
		ours = Equal(token, x.token(purpose, id)) || ours
	}
	return ours
}

func (x *root) token(purpose, id string) string {
	return base64.RawURLEncoding.EncodeToString(sum(x.tokens, nil, appendFields(nil, purpose, id))[:tokenLen])
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
