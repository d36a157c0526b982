package passkey

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Service keeps passkeys and judges them: those of persons, or those of staff.
type Service struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy

	web *webauthn.WebAuthn
	of  owners
}

// New is the service of the portal at an address. Passkeys are bound to its host: with another one all would have to be made anew,
// and at a bare IP address there are none (WebAuthn, 5.1.2).
func New(db *store.DB, ring *keyring.Ring, p *policy.Policy, portal *url.URL, name string) (*Service, error) {
	return build(&Service{DB: db, Ring: ring, Policy: p, of: persons}, portal, name)
}

// NewStaff is the service of the passkeys of staff, which know nothing of those of persons.
func NewStaff(db *store.DB, ring *keyring.Ring, p *policy.Policy, portal *url.URL, name string) (*Service, error) {
	return build(&Service{DB: db, Ring: ring, Policy: p, of: employees}, portal, name)
}

func build(s *Service, portal *url.URL, name string) (*Service, error) {
	if net.ParseIP(portal.Hostname()) != nil {
		return s, nil
	}
	var err error
	s.web, err = webauthn.New(&webauthn.Config{
		RPID: portal.Hostname(), RPDisplayName: name, RPOrigins: []string{portal.Scheme + "://" + portal.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", portal.Host, err)
	}
	return s, nil
}

// Possible reports whether there are passkeys at the portal's address.
func (s *Service) Possible() bool { return s.web != nil }

// The refusals.
var (
	ErrChallenge = fault.New(fault.Conflict, "passkey.challenge") // the challenge ran out, was answered, or is another browser's
	ErrRefused   = fault.New(fault.Conflict, "passkey.refused")   // the answer is not what the key would have said
	ErrUnknown   = fault.New(fault.Conflict, "passkey.unknown")   // nobody's key: removed, or another portal's
	ErrCloned    = fault.New(fault.Conflict, "passkey.cloned")    // its counter went back: somebody holds a copy
	ErrHeld      = fault.New(fault.Conflict, "passkey.held")      // the key is there already
	ErrMost      = fault.New(fault.TooMany, "passkey.most")       // so many keys are enough
	ErrMissing   = fault.New(fault.Missing, "passkey.missing")    // the account has no such key
	ErrAddress   = fault.New(fault.Missing, "passkey.missing")    // the portal has no name for a key to be bound to
)

// mostName is the length of a key's name, in characters.
const mostName = 60

// mostAnswer is the size of a browser's answer, in bytes: a signature, a key, an attestation that was not asked for.
const mostAnswer = 16 << 10

// Key is one passkey, as its owner sees it.
type Key struct {
	ID     string
	Name   string
	Synced bool // it is kept in the owner's account with the maker of the device, and outlives it
	Cloned bool // somebody has used a copy of it, and it opens nothing any more
	MadeAt time.Time
	UsedAt time.Time // zero when never
}

// record is what is sealed of a key.
type record struct {
	Name  string `json:"name"`
	Key   []byte `json:"key"` // COSE
	ID    []byte `json:"id"`
	Flags byte   `json:"flags"`
	Count uint32 `json:"count"`

	Cloned bool `json:"cloned,omitempty"` // its counter went back once: there are two of it, and it opens nothing any more

	Model []byte `json:"model,omitempty"` // AAGUID

	Transports []protocol.AuthenticatorTransport `json:"transports,omitempty"`
}

func (r record) credential() webauthn.Credential {
	return webauthn.Credential{ID: r.ID, PublicKey: r.Key, Transport: r.Transports, Flags: webauthn.CredentialFlagsFromMsgpByte(r.Flags),
		Authenticator: webauthn.Authenticator{AAGUID: r.Model, SignCount: r.Count, CloneWarning: r.Cloned}}
}

func newRecord(name string, c *webauthn.Credential) record {
	return record{Name: name, ID: c.ID, Key: c.PublicKey, Flags: c.Flags.MsgpByte(), Count: c.Authenticator.SignCount, Cloned: c.Authenticator.CloneWarning, Model: c.Authenticator.AAGUID, Transports: c.Transport}
}

// owner is the person, as the protocol wants to see them. The account's identifier is the user handle: it says nothing of them.
type owner struct {
	id, name string
	keys     []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.id) }
func (o owner) WebAuthnName() string                       { return o.name }
func (o owner) WebAuthnDisplayName() string                { return o.name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func handle(credentialID []byte) []byte { h := sha256.Sum256(credentialID); return h[:] }

// held is one row.
type held struct {
	Key
	account string
	version int64
	record  record
}

func (s *Service) open(k *keyring.Key, h *held, sealed []byte) error {
	plain, err := k.Open(s.of.table, "record", h.ID, sealed)
	if err != nil {
		return fmt.Errorf("passkey %s: %w", h.ID, err)
	}
	if err := json.Unmarshal(plain, &h.record); err != nil {
		return fmt.Errorf("passkey %s: %w", h.ID, err)
	}
	h.Name, h.Synced, h.Cloned = h.record.Name, webauthn.CredentialFlagsFromMsgpByte(h.record.Flags).BackupState, h.record.Cloned
	return nil
}

func (s *Service) seal(k *keyring.Key, kid string, r record) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return k.Seal(s.of.table, "record", kid, plain), nil
}

// all are the account's keys, the oldest first.
func (s *Service) all(ctx context.Context, q store.Querier, accountID string) ([]held, error) {
	rows, err := q.Query(ctx, `SELECT id, record, version, made_at, used_at, `+s.of.wrapped+`
		FROM `+s.of.table+` WHERE `+s.of.owner+` = $1 ORDER BY made_at, id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []held
	for rows.Next() {
		h := held{account: accountID}
		var sealed, wrapped []byte
		if err := rows.Scan(&h.ID, &sealed, &h.version, store.Time(&h.MadeAt), store.NullTime(&h.UsedAt), &wrapped); err != nil {
			return nil, err
		}
		key, err := s.unwrap(accountID, wrapped)
		if err != nil {
			return nil, err
		}
		if err := s.open(key, &h, sealed); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// Keys lists the account's passkeys, the oldest first.
func (s *Service) Keys(ctx context.Context, q store.Querier, accountID string) ([]Key, error) {
	list, err := s.all(ctx, q, accountID)
	out := make([]Key, 0, len(list))
	for _, h := range list {
		out = append(out, h.Key)
	}
	return out, err
}

// SomeSQL lends whether the account that expr names has a key.
func (s *Service) SomeSQL(expr string) string {
	return `EXISTS (SELECT 1 FROM ` + s.of.table + ` WHERE ` + s.of.table + `.` + s.of.owner + ` = ` + expr + `)`
}

// Rename gives a key another name.
func (s *Service) Rename(ctx context.Context, tx *store.Tx, who access.Actor, kid, name string) error {
	name, err := readName(name)
	if err != nil {
		return err
	}
	h, key, err := s.one(ctx, tx, who, kid)
	if err != nil {
		return err
	}
	h.record.Name = name
	sealed, err := s.seal(key, kid, h.record)
	if err != nil {
		return err
	}
	return store.TouchedOr(ErrMissing)(tx.Exec(ctx, `UPDATE `+s.of.table+` SET record = $1, version = version + 1 WHERE id = $2 AND version = $3`, sealed, kid, h.version))
}

// Remove forgets a key. The device is not told: what it holds opens nothing any more.
func (s *Service) Remove(ctx context.Context, tx *store.Tx, who access.Actor, kid string) error {
	return store.TouchedOr(ErrMissing)(tx.Exec(ctx, `DELETE FROM `+s.of.table+` WHERE id = $1 AND `+s.of.owner+` = $2`, kid, who.ID))
}

// RemoveSince forgets the account's keys that were made at the moment or later.
func (s *Service) RemoveSince(ctx context.Context, tx *store.Tx, accountID string, since time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+s.of.table+` WHERE `+s.of.owner+` = $1 AND made_at >= $2`, accountID, since)
	return err
}

func (s *Service) one(ctx context.Context, tx *store.Tx, who access.Actor, kid string) (held, *keyring.Key, error) {
	h := held{Key: Key{ID: kid}, account: who.ID}
	var sealed []byte
	err := store.One(tx.QueryRow(ctx, `SELECT record, version, made_at, used_at FROM `+s.of.table+` WHERE id = $1 AND `+s.of.owner+` = $2`, kid, who.ID).
		Scan(&sealed, &h.version, store.Time(&h.MadeAt), store.NullTime(&h.UsedAt)))
	if errors.Is(err, store.ErrNotFound) {
		return held{}, nil, ErrMissing
	}
	if err != nil {
		return held{}, nil, fmt.Errorf("passkey %s: %w", kid, err)
	}
	key, err := s.key(ctx, tx, who.ID)
	if err != nil {
		return held{}, nil, err
	}
	return h, key, s.open(key, &h, sealed)
}

// readName reads the name that a person gives to a key; "" is none.
func readName(typed string) (string, error) {
	name, problem := form.Text(typed, mostName)
	if problem != nil {
		return "", fault.Invalid(problem.On("name"))
	}
	return name, nil
}
