package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Kind of contact. Its text is stored.
type Kind string

// The kinds.
const (
	Phone Kind = "phone"
	Email Kind = "email"
)

// Target is a phone in international form or an e-mail, as form normalises them.
type Target struct {
	Kind  Kind
	Value string
}

// Masked shows the target to somebody who should recognise it and not learn it.
func (t Target) Masked() string {
	if t.Kind == Phone {
		return form.MaskPhone(t.Value)
	}
	return form.MaskEmail(t.Value)
}

// Shown is the target as its owner sees it.
func (t Target) Shown() string {
	if t.Kind == Phone {
		return form.FormatPhone(t.Value)
	}
	return form.FormatEmail(t.Value)
}

// Read takes what was typed as a login, a phone or an e-mail, whichever it looks like.
func Read(typed string) (Target, *form.Problem) {
	for _, r := range typed {
		if r == '@' {
			v, p := form.Email(typed)
			return Target{Email, v}, p
		}
	}
	v, p := form.Phone(typed)
	return Target{Phone, v}, p
}

// ReadMobile is Read for a contact to which a code is to be sent: a phone must take SMS.
func ReadMobile(typed string) (Target, *form.Problem) {
	t, p := Read(typed)
	if p != nil || t.Kind != Phone {
		return t, p
	}
	t.Value, p = form.MobilePhone(typed)
	return t, p
}

// Contact is a proved phone or e-mail of an account.
type Contact struct {
	ID         string
	Target     Target
	VerifiedAt time.Time
	ProvedAt   time.Time // when its holder last proved to hold it
	Main       bool      // of its kind: where notices go first
	Reserve    bool      // it serves recovery and news of the account's safety alone
}

// ErrTaken is a contact that belongs to another account. It is said only to whoever has proved control of it.
var ErrTaken = fault.New(fault.Conflict, "contact.taken")

// ErrMissing is a contact that the account does not have.
var ErrMissing = fault.New(fault.Missing, "contact.missing")

// Index is the keyed hash by which a contact is found.
func (s *Service) Index(t Target) []byte {
	return s.Ring.Index(t.index())
}

// Find is Index under each root that a contact may be indexed under: for AccountSQL.
func (s *Service) Find(t Target) [2][]byte { return s.Ring.Find(t.index()) }

// Same reports whether both are one contact, in whichever spelling.
func (t Target) Same(o Target) bool {
	column, value := t.index()
	column2, value2 := o.index()
	return column == column2 && value == value2
}

// index names the column of the index, and the value as it is indexed.
func (t Target) index() (column, value string) {
	if t.Kind == Email {
		return "contact.email", form.EmailKey(t.Value)
	}
	return "contact.phone", t.Value
}

// Named is the column of the index and the value as it is indexed, for rows of another package that are found by a contact.
func (t Target) Named() (column, value string) { return t.index() }

// IndexOf is the index of the contact of an attempt.
func (s *Service) IndexOf(ctx context.Context, q store.Querier, challenge string) ([]byte, error) {
	var index []byte
	err := store.One(q.QueryRow(ctx, `SELECT value_index FROM challenge WHERE id = $1`, challenge).Scan(&index))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrGone
	}
	return index, err
}

// AccountSQL lends the account that signs in by the contact whose index is one of the two that Find gives to another package's
// statement: a reserve one signs nobody in.
func AccountSQL(expr, other string) string {
	return `(SELECT contact.account_id FROM contact WHERE contact.value_index IN (` + expr + `, ` + other + `) AND contact.reserved_at IS NULL)`
}

// Holder is the account that holds the target, "" when none does.
func (s *Service) Holder(ctx context.Context, q store.Querier, t Target) (string, error) {
	var account string
	index := s.Find(t)
	err := store.One(q.QueryRow(ctx, `SELECT account_id FROM contact WHERE value_index IN ($1, $2)`, index[0], index[1]).Scan(&account))
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return account, err
}

// Attach gives a proved target to the account. One that belongs to an account is ErrTaken.
func (s *Service) Attach(ctx context.Context, tx *store.Tx, key *keyring.Key, account string, t Target) error {
	cid := id.At(tx.Now())
	_, err := tx.Exec(ctx, `INSERT INTO contact (id, account_id, kind, value, value_index, verified_at, value_ahead) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		cid, account, string(t.Kind), key.Seal("contact", "value", cid, []byte(t.Value)), s.Index(t), tx.Now(), s.Ring.Ahead(t.index()))
	if errors.Is(err, store.ErrExists) {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("attach contact to %s: %w", account, err)
	}
	return nil
}

// Of lists the contacts of an account, phones first, the main one first of each kind; reserve ones come last, see Serving.
func (s *Service) Of(ctx context.Context, q store.Querier, account string) ([]Contact, error) {
	rows, err := q.Query(ctx, `SELECT id, kind, value, verified_at, COALESCE(proved_at, verified_at), reserved_at IS NOT NULL, `+keyring.WrappedSQL("contact.account_id")+`
		FROM contact WHERE account_id = $1 ORDER BY reserved_at IS NOT NULL, kind DESC, main_at DESC NULLS LAST, verified_at, id`, account)
	if err != nil {
		return nil, fmt.Errorf("contacts of %s: %w", account, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Contact
	for rows.Next() {
		var c Contact
		var kind string
		var sealed, wrapped []byte
		if err := rows.Scan(&c.ID, &kind, &sealed, store.Time(&c.VerifiedAt), store.Time(&c.ProvedAt), &c.Reserve, &wrapped); err != nil {
			return nil, err
		}
		key, err := s.Ring.Unwrap(account, wrapped)
		if err != nil {
			return nil, err
		}
		plain, err := key.Open("contact", "value", c.ID, sealed)
		if err != nil {
			return nil, err
		}
		c.Target = Target{Kind(kind), string(plain)}
		c.Main = !c.Reserve && (len(out) == 0 || out[len(out)-1].Target.Kind != c.Target.Kind)
		out = append(out, c)
	}
	return out, rows.Err()
}

// ProvedAgain notes that the account's own person has proved the target again. A proof for another purpose says nothing of the
// account's person: whoever registers with a number that changed hands holds it, too.
func (s *Service) ProvedAgain(ctx context.Context, tx *store.Tx, account string, t Target) error {
	index := s.Find(t)
	_, err := tx.Exec(ctx, `UPDATE contact SET proved_at = $1, reminded_at = NULL WHERE value_index IN ($2, $4) AND account_id = $3`, tx.Now(), index[0], account, index[1])
	return err
}

// MakeMain makes the account's contact the main one of its kind.
func (s *Service) MakeMain(ctx context.Context, tx *store.Tx, account, cid string) error {
	return store.TouchedOr(ErrMissing)(tx.Exec(ctx, `UPDATE contact SET main_at = $1 WHERE id = $2 AND account_id = $3 AND reserved_at IS NULL`, tx.Now(), cid, account))
}

// Detach takes the contact from the account.
func (s *Service) Detach(ctx context.Context, tx *store.Tx, account, cid string) error {
	return store.TouchedOr(ErrMissing)(tx.Exec(ctx, `DELETE FROM contact WHERE id = $1 AND account_id = $2`, cid, account))
}

// DetachSince takes contacts from the account that it has proved at the moment or later, unless it would be left with none that signs in;
// what was made a reserve since serves everything again.
func (s *Service) DetachSince(ctx context.Context, tx *store.Tx, account string, since time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE contact SET reserved_at = NULL WHERE account_id = $1 AND reserved_at >= $2`, account, since); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM contact WHERE account_id = $1 AND verified_at >= $2 AND EXISTS (SELECT 1 FROM contact older WHERE older.account_id = $1 AND older.verified_at < $2 AND older.reserved_at IS NULL)`, account, since)
	return err
}
