package verification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/scan"
	"okno/internal/store"
	"okno/internal/workday"
)

// Service proves identity.
type Service struct {
	DB        *store.DB
	Ring      *keyring.Ring
	Policy    *policy.Policy
	Accounts  *account.Service
	Contacts  *contact.Service
	Sessions  Sessions
	Erasures  Erasures
	Mandates  Mandates // nil: there are none
	Notices   *notification.Service
	Jobs      *jobs.Client
	Registers []Register // in the order in which desks show them
	Parts     []Part     // what goes with a person to the account that took over
	Zone      *time.Location
	Workdays  *workday.Calendar // nil: the one that is built in

	// DecidedSince counts the cases among those that agencies decided after that moment; package application keeps them.
	DecidedSince func(ctx context.Context, q store.Querier, cases []string, since time.Time) (int, error)

	Pictures *scan.Reader // reads pages of passports; nil where the programs for it are not installed
	Files    *files.Store // looks uploads through; nil: nobody does
	Fund     Fund         // gives out SNILS; nil when no address is set

	// Awaited hears of the end of an application for a SNILS, has the cases go on that wait for it, and reports whether there are any: they
	// tell the person. Waiting reports whether the case of that id waits, and has nothing go on. nil when nobody waits.
	Awaited func(ctx context.Context, tx *store.Tx, accountID string) (bool, error)
	Waiting func(ctx context.Context, tx *store.Tx, caseID string) (bool, error)
}

// Visit is the code that the cabinet shows to a person who will go to a desk.
type Visit struct {
	Code      string // as it is shown, in two groups
	ExpiresAt time.Time
}

// The refusals.
var (
	ErrCode      = fault.New(fault.InvalidInput, "verification.code_unknown") // no such code, or it ran out
	ErrMissing   = fault.New(fault.Missing, "verification.missing")
	ErrState     = fault.New(fault.Conflict, "verification.state")            // the proof is past that step
	ErrNotReady  = fault.New(fault.Conflict, "verification.not_ready")        // the registers have not all answered that it matches
	ErrDone      = fault.New(fault.Conflict, "verification.done")             // the account is Confirmed already
	ErrRound     = fault.New(fault.Conflict, "verification.round")            // the papers were entered anew since the page was shown
	ErrOther     = fault.New(fault.InvalidInput, "verification.other_person") // the account holds another person's SNILS
	ErrNobody    = fault.New(fault.Unavailable, "verification.nobody")        // no register is set that keeps such a document
	ErrUninsured = fault.New(fault.Unavailable, "verification.nobody_snils")  // no address of the social fund is set
	ErrGuesses   = fault.New(fault.TooMany, "verification.guesses")           // too many codes that nobody has
	ErrPaused    = fault.New(fault.Conflict, "verification.paused")           // at a desk: the account's owner has said that a stranger was there
)

// VisitCode is the person's code: the one in force, or a new one. During a pause there is none: whoever shows it at a desk has the account
// bound to themselves.
func (s *Service) VisitCode(ctx context.Context, who access.Actor) (Visit, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Visit{}, err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return Visit{}, err
	}
	if v, err := s.visit(ctx, s.DB, who.ID); err == nil || !errors.Is(err, store.ErrNotFound) {
		return v, err
	}
	var v Visit
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		err := alert.Allowed(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if v, err = s.visit(ctx, tx, who.ID); err == nil || !errors.Is(err, store.ErrNotFound) {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		code := form.NewShortCode()
		v = Visit{form.FormatShortCode(code), tx.Now().Add(s.Policy.Visit.Lifetime)}
		_, err = tx.Exec(ctx, `INSERT INTO visit (account_id, code, code_index, expires_at, code_ahead) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account_id) DO UPDATE SET code = excluded.code, code_index = excluded.code_index, expires_at = excluded.expires_at, code_ahead = excluded.code_ahead`,
			who.ID, key.Seal("visit", "code", who.ID, []byte(code)), s.Ring.Index("visit.code", code), v.ExpiresAt, s.Ring.Ahead("visit.code", code))
		return err
	})
	if err != nil {
		return Visit{}, fmt.Errorf("visit code of %s: %w", who.ID, err)
	}
	return v, nil
}

func (s *Service) visit(ctx context.Context, q store.Querier, accountID string) (Visit, error) {
	var sealed, wrapped []byte
	var v Visit
	err := store.One(q.QueryRow(ctx, `SELECT code, expires_at, `+keyring.WrappedSQL("visit.account_id")+` FROM visit WHERE account_id = $1 AND expires_at > $2`,
		accountID, q.Now()).Scan(&sealed, store.Time(&v.ExpiresAt), &wrapped))
	if err != nil {
		return Visit{}, err
	}
	key, err := s.Ring.Unwrap(accountID, wrapped)
	if err != nil {
		return Visit{}, err
	}
	plain, err := key.Open("visit", "code", accountID, sealed)
	if err != nil {
		return Visit{}, err
	}
	v.Code = form.FormatShortCode(string(plain))
	return v, nil
}
