package contact

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// UntyingState is where an untying stands. Its text is stored.
type UntyingState string

// The states.
//
//	asked ──the owner cancels──▶ cancelled
//	   └────the wait is over───▶ freed
const (
	Asked     UntyingState = "asked"
	Cancelled UntyingState = "cancelled"
	Freed     UntyingState = "freed"
)

// Untying takes a contact from an account whose owner may not hold it any more (REG-6). Whoever asks has proved control of
// the contact and gets nothing else: no sign-in, no look at the account, not even a name.
type Untying struct {
	ID      string
	Contact string // id of the contact
	Account string // that holds it
	Asker   string // account, or draft of a registration
	Kind    Kind
	State   UntyingState // "" when there is none
	Lang    i18n.Lang
	AskedAt time.Time
	DueAt   time.Time // until when its owner may cancel
	EndedAt time.Time
	Told    bool // the owner was told
	value   []byte
}

// UntieAsked is the news that somebody asks; the owner is to be told.
type UntieAsked struct {
	Untying string `json:"untying"`
}

// Kind names the job in the queue.
func (UntieAsked) Kind() string { return "contact.untie_asked" }

// UntieDue is the moment until which the owner could cancel.
type UntieDue struct {
	Untying string `json:"untying"`
}

// Kind names the job in the queue.
func (UntieDue) Kind() string { return "contact.untie_due" }

// SendFreed tells whoever asked for the contact, at the contact, that it is free.
type SendFreed struct {
	Untying string `json:"untying"`
}

// Kind names the job in the queue.
func (SendFreed) Kind() string { return "contact.send_freed" }

// The refusals.
var (
	ErrFree      = fault.New(fault.Conflict, "contact.free")         // the contact belongs to nobody
	ErrUntying   = fault.New(fault.Conflict, "contact.untying")      // somebody else asks for it just now
	ErrRefused   = fault.New(fault.TooMany, "contact.untie_refused") // its owner has cancelled not long ago
	ErrNoUntying = fault.New(fault.Missing, "contact.no_untying")    // there is none, or it is over
)

const untyingColumns = `id, contact_id, account_id, asker, kind, value, state, lang, asked_at, due_at, told_at IS NOT NULL, ended_at`

func scanUntying(r interface{ Scan(into ...any) error }) (Untying, error) {
	var u Untying
	var kind, state, lang string
	err := r.Scan(&u.ID, &u.Contact, &u.Account, &u.Asker, &kind, &u.value, &state, &lang, store.Time(&u.AskedAt), store.Time(&u.DueAt), &u.Told, store.NullTime(&u.EndedAt))
	u.Kind, u.State, u.Lang = Kind(kind), UntyingState(state), i18n.Lang(lang)
	return u, store.One(err)
}

// Untie asks for the target, control of which the caller has judged as proved by the asker, whose key is key. Asked twice, it
// is the same untying. A target that belongs to nobody is ErrFree.
func (s *Service) Untie(ctx context.Context, tx *store.Tx, key *keyring.Key, asker string, t Target, l i18n.Lang) (Untying, error) {
	index := s.Find(t)
	u := Untying{ID: id.At(tx.Now()), Asker: asker, Kind: t.Kind, State: Asked, Lang: l, AskedAt: tx.Now(), DueAt: tx.Now().Add(s.Policy.Contacts.UntieWait)}
	err := store.One(tx.QueryRow(ctx, `SELECT id, account_id FROM contact WHERE value_index IN ($1, $2)`, index[0], index[1]).Scan(&u.Contact, &u.Account))
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Account == asker {
		return Untying{}, ErrFree
	}
	if err != nil {
		return Untying{}, fmt.Errorf("untie: %w", err)
	}
	open, err := scanUntying(tx.QueryRow(ctx, `SELECT `+untyingColumns+` FROM untying WHERE contact_id = $1 AND state = 'asked'`, u.Contact))
	switch {
	case err == nil && open.Asker == asker:
		return open, nil
	case err == nil:
		return Untying{}, ErrUntying.At(open.DueAt)
	case !errors.Is(err, store.ErrNotFound):
		return Untying{}, fmt.Errorf("untie: %w", err)
	}
	last, err := s.lastUntying(ctx, tx, `value_index IN ($1, $2) AND state = 'cancelled'`, index[0], index[1])
	if err != nil {
		return Untying{}, err
	}
	if again := last.EndedAt.Add(s.Policy.Contacts.UntieAgain); last.State != "" && last.Account == u.Account && tx.Now().Before(again) {
		return Untying{}, ErrRefused.At(again)
	}
	if err := tx.Do(ctx, `INSERT INTO untying (id, contact_id, account_id, asker, kind, value, value_index, state, lang, asked_at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, u.ID, u.Contact, u.Account, asker, string(t.Kind),
		key.Seal("untying", "value", u.ID, []byte(t.Value)), s.Index(t), string(Asked), string(l), u.AskedAt, u.DueAt); err != nil {
		return Untying{}, fmt.Errorf("untie: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "contact.untie_asked", Subject: u.Account, Object: u.ID, Detail: audit.Detail{"channel": string(t.Kind)}}); err != nil {
		return Untying{}, err
	}
	return u, s.Jobs.Enqueue(ctx, tx, UntieAsked{u.ID}, jobs.At(UntieDue{u.ID}, u.DueAt))
}

func (s *Service) lastUntying(ctx context.Context, q store.Querier, where string, args ...any) (Untying, error) {
	u, err := scanUntying(q.QueryRow(ctx, `SELECT `+untyingColumns+` FROM untying WHERE `+where+` ORDER BY asked_at DESC LIMIT 1`, args...))
	if errors.Is(err, store.ErrNotFound) {
		return Untying{}, nil
	}
	return u, err
}

// Untying loads one; ErrNoUntying when it is not there.
func (s *Service) Untying(ctx context.Context, q store.Querier, uid string) (Untying, error) {
	u, err := scanUntying(q.QueryRow(ctx, `SELECT `+untyingColumns+` FROM untying WHERE id = $1`, uid))
	if errors.Is(err, store.ErrNotFound) {
		return Untying{}, ErrNoUntying
	}
	return u, err
}

// UntyingFor is what became of the asker's asking for the target; its State is "" when there was none.
func (s *Service) UntyingFor(ctx context.Context, q store.Querier, asker string, t Target) (Untying, error) {
	index := s.Find(t)
	return s.lastUntying(ctx, q, `asker = $1 AND value_index IN ($2, $3)`, asker, index[0], index[1])
}

// UntyingsOf lists what others ask of the account now.
func (s *Service) UntyingsOf(ctx context.Context, q store.Querier, account string) ([]Untying, error) {
	rows, err := q.Query(ctx, `SELECT `+untyingColumns+` FROM untying WHERE account_id = $1 AND state = 'asked' ORDER BY asked_at`, account)
	if err != nil {
		return nil, fmt.Errorf("untyings of %s: %w", account, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Untying
	for rows.Next() {
		u, err := scanUntying(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// CancelToken is the secret part of the link by which whoever holds another contact of the account cancels.
func (s *Service) CancelToken(u Untying) string {
	return u.ID + "." + s.Ring.Token("contact.untie", u.ID)
}

// UntyingByToken finds the untying that a link cancels.
func (s *Service) UntyingByToken(ctx context.Context, q store.Querier, token string) (Untying, error) {
	uid, mac, ok := strings.Cut(token, ".")
	if !ok || !id.Valid(uid) || !s.Ring.IsToken("contact.untie", uid, mac) {
		return Untying{}, ErrNoUntying
	}
	u, err := s.Untying(ctx, q, uid)
	if err == nil && u.State != Asked {
		return Untying{}, ErrNoUntying
	}
	return u, err
}

// CancelUntying ends it in favour of the owner. One that is over is ErrNoUntying.
func (s *Service) CancelUntying(ctx context.Context, tx *store.Tx, u Untying) error {
	return store.TouchedOr(ErrNoUntying)(tx.Exec(ctx, `UPDATE untying SET state = $1, ended_at = $2, value = NULL WHERE id = $3 AND state = 'asked'`, string(Cancelled), tx.Now(), u.ID))
}

// UntieTold notes that the owner was told. The wait begins now: an owner who heard of it late has as long to say no.
func (s *Service) UntieTold(ctx context.Context, tx *store.Tx, u Untying) error {
	_, err := tx.Exec(ctx, `UPDATE untying SET told_at = $1, due_at = $2 WHERE id = $3`, tx.Now(), tx.Now().Add(s.Policy.Contacts.UntieWait), u.ID)
	return err
}

// UntieAgain has the owner told who has not been, for whatever reason.
func (s *Service) UntieAgain(ctx context.Context, tx *store.Tx, u Untying) error {
	return s.Jobs.Enqueue(ctx, tx, UntieAsked{u.ID})
}

// UntyingHeld reports whether the account holds the contact still: its owner may have removed it meanwhile.
func (s *Service) UntyingHeld(ctx context.Context, q store.Querier, u Untying) (bool, error) {
	var held bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM contact WHERE id = $1 AND account_id = $2)`, u.Contact, u.Account).Scan(&held)
	return held, err
}

// Freedom is what the end of the wait has brought.
type Freedom struct {
	Held bool // the account held the contact until now
	Left int  // contacts that are left to it, by which it signs in
	Free bool // nobody holds the contact now, and whoever asked may have it
}

// Free takes the contact from its account at the end of the wait. Where its owner removed it meanwhile and somebody else has it,
// nothing is free, and the asking is forgotten: the new holder may be asked. An asker who has only a draft is told at the contact
// itself, by a job.
func (s *Service) Free(ctx context.Context, tx *store.Tx, u Untying, draft bool) (f Freedom, err error) {
	n, err := tx.Exec(ctx, `DELETE FROM contact WHERE id = $1 AND account_id = $2`, u.Contact, u.Account)
	if err != nil {
		return Freedom{}, fmt.Errorf("free a contact: %w", err)
	}
	f.Held = n > 0
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM contact WHERE account_id = $1 AND reserved_at IS NULL`, u.Account).Scan(&f.Left); err != nil {
		return Freedom{}, err
	}
	if f.Free, err = s.unheld(ctx, tx, u); err != nil {
		return Freedom{}, err
	}
	if !f.Free {
		return f, tx.Do(ctx, `DELETE FROM untying WHERE id = $1`, u.ID)
	}
	if _, err := tx.Exec(ctx, `UPDATE untying SET state = $1, ended_at = $2, value = CASE WHEN $3 THEN value END WHERE id = $4`,
		string(Freed), tx.Now(), draft, u.ID); err != nil {
		return Freedom{}, fmt.Errorf("free a contact: %w", err)
	}
	if !draft {
		return f, nil
	}
	return f, s.Jobs.Enqueue(ctx, tx, SendFreed{u.ID})
}

// untyingTarget opens the contact that was asked for; ErrNoKey when whoever asked has left.
func (s *Service) untyingTarget(ctx context.Context, q store.Querier, u Untying) (Target, error) {
	key, err := s.Ring.Person(ctx, q, u.Asker)
	if err != nil {
		return Target{}, err
	}
	plain, err := key.Open("untying", "value", u.ID, u.value)
	return Target{u.Kind, string(plain)}, err
}

// unheld reports whether no account holds the contact that was asked for. Whose asker has left is nobody's business.
func (s *Service) unheld(ctx context.Context, q store.Querier, u Untying) (bool, error) {
	t, err := s.untyingTarget(ctx, q, u)
	if errors.Is(err, keyring.ErrNoKey) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	holder, err := s.Holder(ctx, q, t)
	return holder == "", err
}

func (s *Sender) freedText(l i18n.Lang) string { return l.T("message.freed.sms", s.freed(l)...) }

func (s *Sender) freedLetter(l i18n.Lang) (subject, text string) {
	return l.T("message.freed.subject", s.freed(l)...), l.T("message.freed.text", s.freed(l)...)
}

func (s *Sender) freed(l i18n.Lang) []any {
	return []any{"portal", s.Name.Lang(l), "link", s.URL.JoinPath("register").String()}
}

// Freed does the job: it tells the contact's holder that it is free, and forgets the value.
func (s *Sender) Freed(ctx context.Context, job SendFreed) error {
	u, err := s.Untying(ctx, s.DB, job.Untying)
	if errors.Is(err, ErrNoUntying) || err == nil && (u.State != Freed || len(u.value) == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	t, err := s.untyingTarget(ctx, s.DB, u)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil // whoever asked has left, and was erased
	}
	if err != nil {
		return err
	}
	if u.Kind == Phone {
		err = s.Carrier.SMS(ctx, u.ID+"-freed", t.Value, s.freedText(u.Lang))
	} else {
		subject, text := s.freedLetter(u.Lang)
		err = s.Carrier.Mail(ctx, u.ID+"-freed", t.Value, subject, text, "")
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE untying SET value = NULL WHERE id = $1`, u.ID)
		return err
	})
}
