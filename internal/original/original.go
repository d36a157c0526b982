package original

import (
	"context"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/intake"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/scan"
	"okno/internal/store"
	"okno/internal/verification"
)

// Kind is which paper it is, and which page of it. Its text is stored, and stands in forms.
type Kind string

// The kinds: LVL-4, then the papers of whoever has no passport (REG-13).
const (
	Passport      Kind = "passport"
	Registration  Kind = "registration"
	SNILS         Kind = "snils"
	INN           Kind = "inn"
	Licence       Kind = "licence"
	Birth         Kind = "birth"
	International Kind = "international"
	Temporary     Kind = "temporary"
	Foreign       Kind = "foreign"
	Migration     Kind = "migration"
)

// Kinds lists them in the order of the form.
func Kinds() []Kind {
	return []Kind{Passport, Registration, SNILS, INN, Licence, International, Birth, Temporary, Foreign, Migration}
}

// Valid reports whether there is such a kind.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// KindOf is the page to begin with of a document that proves who somebody is, "" when there is no kind for it.
func KindOf(d form.IdentityKind) Kind {
	switch d {
	case form.Passport:
		return Passport
	case form.InternationalPassport:
		return International
	case form.BirthCertificate:
		return Birth
	case form.TemporaryCard:
		return Temporary
	case form.ForeignDocument:
		return Foreign
	case form.ResidencePermit, form.RefugeeCertificate, form.TemporaryAsylum, form.MigrationCard:
		return Migration
	}
	return ""
}

// page is what a reader looks for, Unknown when none knows the paper. must says that every such paper can be read: what is not is
// refused. Of others the reader may not know the form at hand – a SNILS is told of on several, papers of other countries have a zone
// or have none – and they are kept for the operator.
func (k Kind) page() (p scan.Page, must bool) {
	switch k {
	case Passport:
		return scan.Photo, true
	case International:
		return scan.Travel, true
	case Registration:
		return scan.Registration, false
	case SNILS:
		return scan.SNILS, false
	case INN:
		return scan.INN, false
	case Foreign:
		return scan.Travel, false
	case Licence, Birth, Temporary, Migration:
	}
	return scan.Unknown, false
}

// State is what became of an original. Its text is stored.
type State string

// The states.
const (
	Waiting State = "waiting"
	Read    State = "read"
	Refused State = "refused"
	Kept    State = "kept"
)

// Broken is a file that turned out to be none, beside the reasons of scan. Its text is stored.
const Broken scan.Reason = "broken"

// Original is a page that a person sent.
type Original struct {
	ID       string
	Kind     Kind
	State    State
	Reason   scan.Reason // of Refused
	Fields   map[scan.Field]scan.Value
	SentAt   time.Time
	JudgedAt time.Time

	account string
	file    string
}

// Why names the sentence by which a page tells why it was refused and what to do.
func (o Original) Why() string {
	if o.Reason == Broken || o.Reason == scan.WrongPage {
		return "original.refused." + string(o.Reason)
	}
	return o.Reason.Key()
}

// Settled reports whether nothing more will happen to it by itself.
func (o Original) Settled() bool { return o.State != Waiting }

// The refusals.
var (
	ErrMissing = fault.New(fault.Missing, "original.missing")
	ErrMany    = fault.New(fault.Conflict, "original.many") // so many originals of one person are kept
	ErrOften   = fault.New(fault.TooMany, "original.often") // so many were sent of late
	ErrLater   = intake.ErrLater                            // the virus scanner is away
)

// Service keeps originals. Make it with New.
type Service struct {
	Config

	Desk *intake.Desk // takes what is sent
}

// Config is what a Service leans on.
type Config struct {
	DB       *store.DB
	Ring     *keyring.Ring
	Policy   *policy.Policy
	Files    *files.Store
	Proofs   *verification.Service // whose what is typed, and whose person an operator has before them
	Jobs     *jobs.Client
	Pictures *scan.Reader // nil: nothing is read here

	Opens func(ctx context.Context, who access.Actor) error // whether sealed things open to their owner now
}

// New returns the service.
func New(c Config) *Service {
	return &Service{Config: c, Desk: intake.New(c.Policy, c.Files)}
}

// Topic is how the person's page listens for news.
func Topic(accountID string) string { return "originals-" + accountID }

// list reads a person's originals, the newest first.
func (s *Service) list(ctx context.Context, q store.Querier, accountID string) ([]Original, error) {
	key, err := s.Ring.Person(ctx, q, accountID) // first: while rows are open a transaction asks nothing else
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM original WHERE account_id = $1 ORDER BY sent_at DESC, id DESC`, accountID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Original
	for rows.Next() {
		o, sealed, err := scanned(rows.Scan)
		if err != nil {
			return nil, err
		}
		if o.Fields, err = opened(key, o.ID, sealed); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}
