package rights

import (
	"context"
	"log/slog"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
)

// Holder keeps something of persons.
type Holder interface {
	// Export gives every row that is held of the account, with the name of its table; give has taken the row when it returns.
	Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error
	// Erase takes out of the rows whatever says who it was, or the rows themselves. It does no harm the second time.
	Erase(ctx context.Context, tx *store.Tx, accountID string) error
}

// Prover asks whoever is signed in for the password once more.
type Prover interface {
	ProveAgain(ctx context.Context, who access.Actor, password string) error
}

// Service does what a person demands.
type Service struct {
	DB       *store.DB
	Ring     *keyring.Ring
	Policy   *policy.Policy
	Accounts *account.Service
	Files    *files.Store
	Notices  *notification.Service
	Jobs     *jobs.Client
	Prover   Prover
	Holders  []Holder // in the order in which a copy shows what they hold; Files is one of them
	Log      *slog.Logger

	UnderWay  func(ctx context.Context, q store.Querier, accountID string) (int, error)        // how many cases of the account are not decided
	Former    func(ctx context.Context, q store.Querier, accountID string) ([]string, error)   // accounts of the person that this one took over; nil: there are none
	Takeovers func(ctx context.Context, q store.Querier, accountID string) ([]Takeover, error) // those by the account that can be undone still; nil: there are none
	Wards     func(ctx context.Context, q store.Querier, accounts []string) ([]string, error)  // accounts of children whom nobody but the person with these could reach; nil: there are none
}

// Shown are the tables of a copy in the order in which the page names them; what is there for a machine's sake is left out.
func Shown() []string {
	return []string{"account", "contact", "document", "file", "application", "draft", "question", "notice", "proof", "consent", "favourite", "device", "session", "audit_event"}
}

// The refusals.
var (
	ErrMany = fault.New(fault.TooMany, "rights.many")  // so many copies were made today
	ErrGone = fault.New(fault.Missing, "rights.gone")  // the copy was another's, or its time is over
	ErrNone = fault.New(fault.Conflict, "rights.none") // no erasure waits that could be taken back
)

// heldErasure and heldExport are this package's own rows in a copy.
type heldErasure struct {
	AskedAt time.Time `json:"asked_at"`
	DueAt   time.Time `json:"due_at"`
}

type heldExport struct {
	MadeAt    time.Time `json:"made_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// own is what this package itself holds of persons.
type own struct{}

// Export gives the wish to be erased, and the copies that were made.
func (own) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	var e heldErasure
	err := each(ctx, q, `SELECT asked_at, due_at FROM erasure WHERE account_id = $1`, accountID, []any{store.Time(&e.AskedAt), store.Time(&e.DueAt)},
		func() error { return give("erasure", e) })
	if err != nil {
		return err
	}
	var x heldExport
	return each(ctx, q, `SELECT made_at, expires_at FROM data_export WHERE account_id = $1 ORDER BY made_at`, accountID, []any{store.Time(&x.MadeAt), store.Time(&x.ExpiresAt)},
		func() error { return give("data_export", x) })
}

// Erase forgets the copies. That an erasure was asked for stays: it is the proof that it was done.
func (own) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM data_export WHERE account_id = $1`, accountID)
	return err
}

func each(ctx context.Context, q store.Querier, query, accountID string, into []any, fn func() error) error {
	rows, err := q.Query(ctx, query, accountID)
	return store.Each(rows, err, func(r *store.Rows) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		return fn()
	})
}
