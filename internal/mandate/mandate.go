package mandate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
)

// Kind is why one acts for another. Its text is stored.
type Kind string

// The kinds.
const (
	OfChild = Kind(access.Child) // a parent, for a child
)

// Why is the reason for which a mandate ended. Its text is stored.
type Why string

// The reasons.
const (
	Grown  Why = "grown"  // the child came to the age
	Undone Why = "undone" // the takeover by which the account had its identity was a mistake

	Deprived Why = "deprived" // the record of the birth has other parents
	Unknown  Why = "unknown"  // the register said twice that it does not know the record as it was
)

// Levels gives an account the level of what stands behind it; package verification does.
type Levels interface {
	GrantParent(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, write func(*account.Profile)) (account.Account, error)
	GrantInsured(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, write func(*account.Profile)) (account.Account, error)
	// Bound reports whether a living person was tied to the account. The others only claim to be who they are, and give way to a parent.
	Bound(ctx context.Context, q store.Querier, accountID string) (bool, error)
}

// Service lets people act for others.
type Service struct {
	DB        *store.DB
	Ring      *keyring.Ring
	Policy    *policy.Policy
	Accounts  *account.Service
	Contacts  *contact.Service
	Levels    Levels
	Notices   *notification.Service
	Jobs      *jobs.Client
	Registers []Register     // the civil-status register, and the social fund
	Consent   func() string  // the edition in force of the text that a parent agrees to for the child
	Zone      *time.Location // whose civil day birthdays follow

	Erasing func(ctx context.Context, q store.Querier, accountID string) (bool, error) // whether an account is being erased this moment; nil: none is
}

// The refusals.
var (
	ErrLevel      = fault.New(fault.Denied, "mandate.level")                // the parent's own account is not Confirmed
	ErrNoBirthday = fault.New(fault.Conflict, "mandate.no_birthday")        // no document has told the parent's birthday, by which the register knows parents
	ErrMissing    = fault.New(fault.Missing, "mandate.missing")             // no such request or child of this parent
	ErrAsking     = fault.New(fault.Conflict, "mandate.asking")             // the registers are being asked
	ErrIncomplete = fault.New(fault.Conflict, "mandate.incomplete")         // a step is not filled in
	ErrConsent    = fault.New(fault.InvalidInput, "mandate.consent_needed") // the parent did not agree for the child
	ErrMost       = fault.New(fault.Conflict, "mandate.most")               // there are enough
	ErrNobody     = fault.New(fault.Unavailable, "mandate.nobody")          // no address of the register is set
	ErrChecks     = fault.New(fault.TooMany, "verification.checks")         // another check is possible later; RetryAt says when
)

// ConsentText is the name of the text to which a parent agrees for the child. What the child agrees to later is in the child's own name.
const ConsentText = "child"

// parent lets Confirmed people alone open and see accounts of children: registers say whose child it is by who the parent is.
func parent(who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if who.Kind != access.Person || who.Level != access.Confirmed {
		return ErrLevel
	}
	return nil
}

// Child is a child's account as a parent sees it.
type Child struct {
	Account account.Account
	Birth   Birth
	Until   time.Time // when the parent's mandate ends
	Asked   time.Time // when the civil-status register answered last whether the parent is one
	AskNext time.Time // when it is asked again, or somewhat later
	Doubt   Doubt     // it did not know the record then: the mandate ends if it says so again
}

// Near reports whether the day on which the parents' mandates end is near: from then on the account may be handed over.
func (s *Service) Near(c Child) bool { return s.near(c, s.DB.Now()) }

// Children lists the children for whom whoever asks may act, the youngest account last.
func (s *Service) Children(ctx context.Context, who access.Actor) ([]Child, error) {
	if err := parent(who); err != nil {
		return nil, err
	}
	return s.children(ctx, s.DB, who.ID, "") // of nearly everybody there are none, and that is one statement
}

// Child is one of them; ErrMissing when whoever asks may not act for it.
func (s *Service) Child(ctx context.Context, who access.Actor, childID string) (Child, error) {
	if err := parent(who); err != nil {
		return Child{}, err
	}
	if childID == "" {
		return Child{}, ErrMissing
	}
	out, err := s.children(ctx, s.DB, who.ID, childID)
	if err == nil && len(out) == 0 {
		err = ErrMissing
	}
	if err != nil {
		return Child{}, err
	}
	return out[0], nil
}

// children are those for whom the account may act now: all, or the one that is wanted.
func (s *Service) children(ctx context.Context, q store.Querier, accountID, wanted string) ([]Child, error) {
	rows, err := q.Query(ctx, `SELECT m.for_id, m.until_at, m.asked_at, m.ask_at, m.doubt, m.doubt_at, c.birth, `+keyring.WrappedSQL("m.for_id")+` FROM mandate m JOIN child c ON c.account_id = m.for_id
		WHERE m.account_id = $1 AND m.kind = $2 AND m.ended_at IS NULL AND m.until_at > $3 AND ($4 = '' OR m.for_id = $4) ORDER BY m.given_at, m.id`,
		accountID, string(OfChild), q.Now(), wanted)
	if err != nil {
		return nil, fmt.Errorf("children of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Child
	for rows.Next() {
		var c Child
		var sealed, wrapped []byte
		if err := rows.Scan(&c.Account.ID, store.NullTime(&c.Until), store.NullTime(&c.Asked), store.NullTime(&c.AskNext), &c.Doubt.Code, store.NullTime(&c.Doubt.At), &sealed, &wrapped); err != nil {
			return nil, err
		}
		key, err := s.Ring.Unwrap(c.Account.ID, wrapped)
		if err != nil {
			return nil, err
		}
		if err := key.OpenJSON("child", "birth", c.Account.ID, sealed, &c.Birth); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	kept := out[:0]
	for _, c := range out { // a family
		c.Account, err = s.Accounts.Get(ctx, q, c.Account.ID)
		if errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) { // erased between the two
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Account.State == account.Active {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// Act is whoever asks as they act for the child: what they do so is written down as done for it. ErrMissing when they may not.
func (s *Service) Act(ctx context.Context, q store.Querier, who access.Actor, forID string) (access.Actor, error) {
	if err := parent(who); err != nil {
		return access.Actor{}, err
	}
	var kind string
	err := store.One(q.QueryRow(ctx, `SELECT kind FROM mandate WHERE account_id = $1 AND for_id = $2 AND ended_at IS NULL AND (until_at IS NULL OR until_at > $3)`,
		who.ID, forID, q.Now()).Scan(&kind))
	if errors.Is(err, store.ErrNotFound) {
		return access.Actor{}, ErrMissing
	}
	return who.Acting(forID, access.Capacity(kind)), err
}

// StandsSQL lends the condition that the account that by names may act for the one that of names at the moment that now names. It is Act for
// statements that read many rows; a row in which by is empty is nobody's.
func StandsSQL(by, of, now string) string {
	return `(` + by + ` <> '' AND ` + UntilSQL(by, of) + ` > ` + now + `)`
}

// WardIDsSQL lends the accounts for which the account that expr names may act, or could until lately.
func WardIDsSQL(expr string) string {
	return `SELECT mandate.for_id FROM mandate WHERE mandate.account_id = ` + expr + ` AND mandate.ended_at IS NULL`
}

// KindSQL lends the kind of the mandate by which the account that by names acts for the one that of names; "" when none stands.
func KindSQL(by, of string) string {
	return `COALESCE((SELECT mandate.kind FROM mandate WHERE mandate.account_id = ` + by + ` AND mandate.for_id = ` + of + ` AND mandate.ended_at IS NULL), '')`
}

// UntilSQL lends the moment until which the account that by names may act for the one that of names; NULL when it may not: a mandate stands,
// whoever has it is still proven as strongly as it takes, and the account is in use.
func UntilSQL(by, of string) string {
	return `(SELECT mandate.until_at FROM mandate WHERE mandate.account_id = ` + by + ` AND mandate.for_id = ` + of + ` AND mandate.ended_at IS NULL
		AND ` + account.LevelSQL(by) + ` = '` + string(access.Confirmed) + `' AND ` + account.StateSQL(by) + ` = '` + string(account.Active) + `' AND ` + account.StateSQL(of) + ` = '` + string(account.Active) + `')`
}

// Guardians are those who may act for each of the accounts: what is told to it is told to them.
func (s *Service) Guardians(ctx context.Context, q store.Querier, accounts ...string) (map[string][]string, error) {
	args := []any{q.Now(), string(account.Active), string(access.Confirmed)}
	return store.Lists(q.Query(ctx, `SELECT for_id, account_id FROM mandate WHERE `+store.InSQL("for_id", accounts, &args)+` AND ended_at IS NULL AND (until_at IS NULL OR until_at > $1)
		AND `+account.StateSQL("mandate.account_id")+` = $2 AND `+account.LevelSQL("mandate.account_id")+` = $3 ORDER BY given_at, id`, args...))
}

// Wards are the accounts of children that nobody could reach any more without this parent, of whom these are all the accounts: what is
// left in one that was taken over is no other parent. Of two parents who go at once, the one who is later finds that they are the last:
// transactions that write are serialisable. An account that the child has taken, or may take from the birthday on, is the child's: no
// parent takes it along.
func (s *Service) Wards(ctx context.Context, q store.Querier, accounts []string) ([]string, error) {
	args := []any{string(OfChild), q.Now(), string(account.Retired)}
	mine := store.InSQL("m.account_id", accounts, &args)
	another := "NOT " + store.InSQL("other.account_id", accounts, &args)
	return store.Names(q.Query(ctx, `SELECT DISTINCT m.for_id FROM mandate m WHERE `+mine+` AND m.kind = $1 AND m.ended_at IS NULL AND m.until_at > $2
		AND NOT EXISTS (SELECT 1 FROM mandate other WHERE other.for_id = m.for_id AND `+another+` AND other.ended_at IS NULL)
		AND `+contact.KindsSQL("m.for_id")+` = 0 AND `+account.StateSQL("m.for_id")+` <> $3
		ORDER BY m.for_id`, args...))
}

// Topic is how a parent's pages about children listen for news.
func Topic(accountID string) string { return "children-" + accountID }
