package wallet

import (
	"context"
	"io"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/intake"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// Own is the source of a version that the person typed. Any other source is the name of a register. Its text is stored.
const Own = "own"

// RegisterState is what the register that keeps such documents said of one. Its text is stored.
type RegisterState string

// The states.
const (
	Unasked RegisterState = ""
	Known   RegisterState = "known"   // it holds the document as it stands here, since Document.KnownAt
	Gone    RegisterState = "gone"    // it held it, and does not any more
	Removed RegisterState = "removed" // it gave it, and the person removed it: what it is told by stays, so that it is not given again
)

// Document is a document of a person in its newest version.
type Document struct {
	ID       string
	Kind     kind.Kind
	Register RegisterState
	KnownAt  time.Time // when the register said so last
	EndsAt   time.Time // the end of its last day; zero when it does not end
	AddedAt  time.Time
	Account  string // whose wallet it lies in
	Version
}

// Version is what stood in a document from then on.
type Version struct {
	Number int64
	Source string // Own, or the register that it came from
	Holder string // whose document it is, as the owner of the wallet calls them; "" is the owner
	Values map[string]string
	Scan   bool
	MadeAt time.Time

	id, file string
	sealed   bool // the secret values are masked
}

// Title is what the document is called.
func (d Document) Title() i18n.Text { return d.Kind.Called(d.Values) }

// Sealed reports whether numbers are masked in it.
func (d Document) Sealed() bool { return d.sealed }

// Ended reports whether the document counts no more.
func (d Document) Ended(now time.Time) bool { return !d.EndsAt.IsZero() && !now.Before(d.EndsAt) }

// Show is the value of a field as a page shows it: masked where the document is sealed.
func (v Version) Show(f kind.Field, l i18n.Lang) string {
	value := v.Values[f.ID]
	if v.sealed && f.Secret {
		return value // its mask
	}
	return f.Show(l, value)
}

// mask takes the secret values out of a version.
func (v *Version) mask(k kind.Kind) {
	v.sealed = true
	for _, f := range k.Fields {
		if value := v.Values[f.ID]; value != "" && f.Secret {
			v.Values[f.ID] = form.MaskOwned(f.Check, value)
		}
	}
}

// The refusals.
var (
	ErrMissing  = fault.New(fault.Missing, "wallet.missing")
	ErrMany     = fault.New(fault.Conflict, "wallet.many")
	ErrOften    = fault.New(fault.TooMany, "wallet.often")
	ErrStale    = fault.New(fault.Conflict, "wallet.stale") // it was changed in another window
	ErrNoAsking = fault.New(fault.Conflict, "wallet.no_register")
	ErrNoSNILS  = fault.New(fault.Conflict, "wallet.no_snils") // the register finds nobody without it
	ErrLevel    = fault.New(fault.Denied, "wallet.level")      // registers tell about whom an account is bound to
	ErrNoScan   = fault.New(fault.Conflict, "wallet.no_scan")
	ErrPaper    = fault.New(fault.Conflict, "wallet.paper_past") // it was revoked or replaced
	ErrSecret   = fault.New(fault.Denied, "wallet.secret")       // a SNILS that is kept from its owner until they are bound to the account
	ErrShare    = fault.New(fault.Missing, "wallet.share_over")  // no such code, another's, or its time is over
	ErrGuesses  = fault.New(fault.TooMany, "wallet.guesses")
)

// Config is what a Service leans on.
type Config struct {
	DB       *store.DB
	Ring     *keyring.Ring
	Policy   *policy.Policy
	Files    *files.Store
	Desk     *intake.Desk
	Accounts *account.Service
	Jobs     *jobs.Client
	Notices  *notification.Service
	Papers   *document.Service // that the portal issued
	Zone     *time.Location

	Registers []Register
	Guarded   func(ctx context.Context, q store.Querier, accountID string) (form.Identity, bool, error) // whether somebody who is bound to their own account may act for it, and the certificate of birth; nil: nobody

	Opens      func(ctx context.Context, who access.Actor) error                                          // whether sealed things open now: a second factor was shown a moment ago
	Hidden     func(ctx context.Context, q store.Querier, a account.Account) (bool, error)                // whether the account's SNILS is kept from its owner; nil: it never is
	State      func(ctx context.Context, who access.Actor, d Document) (name string, pdf []byte, _ error) // what its register told of a document
	Attach     func(ctx context.Context, who access.Actor, to Slot, name string, body io.Reader) (attachmentID string, _ error)
	ServicesOf func(ctx context.Context, cases []string) (map[string]string, error)               // the codes of the services of these cases
	Waiting    func(ctx context.Context, who access.Actor, attachments []string) ([]Place, error) // which of them are there still, and where
}

// Service keeps wallets.
type Service struct{ Config }

// New returns the service.
func New(c Config) *Service { return &Service{c} }

// Topic is how a person's pages listen for news of their documents.
func Topic(accountID string) string { return "wallet-" + accountID }

func (s *Service) today(now time.Time) form.Date { return form.DateOf(now.In(s.Zone)) }
