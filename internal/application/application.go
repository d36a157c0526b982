package application

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/catalogue"
	"okno/internal/contact"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/wallet/kind"
	"okno/internal/workday"
)

// Register is a source of facts that a process asks, under the name by which definitions call it. outcome is the event that
// the answer is in the process ("found", "none"). An error means that it could not be reached: asking again makes sense.
type Register interface {
	Ask(ctx context.Context, in map[string]any) (outcome string, data map[string]any, err error)
}

// Inside is what the portal itself answers to a process (call: portal:NAME), as a register does. It is given the case: whose it is does not
// come from what a definition gives along.
type Inside interface {
	AskFor(ctx context.Context, c Case) (outcome string, err error)
}

// ErrPending is what Inside says while the answer takes its time: nothing has failed, and it is asked again at the longest pause of the
// state's retry, or when Wake says that the answer is there. Joined with a fault that has a moment (fault.Error.At) it says why nothing was
// sent yet: the page of the case tells it, and the next try is then at the latest.
var ErrPending = errors.New("the answer takes its time")

// Service runs cases.
type Service struct {
	DB        *store.DB
	Ring      *keyring.Ring
	Policy    *policy.Policy
	Catalogue *catalogue.Catalogue
	Accounts  *account.Service
	Contacts  *contact.Service
	Papers    *document.Service
	Staff     *staff.Service
	Notices   *notification.Service
	Jobs      *jobs.Client
	Files     *files.Store // of what is attached
	Registers map[string]Register
	Inside    map[string]Inside // of the portal itself
	Zone      *time.Location
	Workdays  *workday.Calendar // nil: the one that is built in

	Held  func(ctx context.Context, who access.Actor, of ...kind.ID) ([]kind.Held, error) // the documents of these kinds of whom the actor acts for; nil: nobody keeps any
	Opens func(ctx context.Context, who access.Actor) error                               // whether what is masked in them opens to the actor now

	News func(ctx context.Context, tx *store.Tx, c Case) error // is told of every move in its transaction; nil tells nobody

	numbers numbers
	pinned  sync.Map // version -> *procedure.Definition, as the database keeps it
	formers sync.Map // the same of services that are not offered any more, nil of what cannot be read; the database may keep it elsewhere
	common  sync.Map // heap -> time.Time, until which it counts as one of many cases
}

// Case is an application and what became of it.
type Case struct {
	ID          string
	Number      string // 2026-000184
	AccountID   string // of whom it is about
	By          string // account of whoever filed it for them, "" when they did themselves
	Service     string
	Def         *procedure.Definition
	Unit        string // code of the agency
	State       procedure.State
	Turn        procedure.Turn
	Outcome     procedure.Outcome
	Officer     string // id of the employee who took it, "" when nobody has
	Content     Content
	Failed      int       // how often the register was asked in vain in this state
	Waits       string    // key of the fault for which nothing was sent yet in this state; "" when nothing holds it up
	WaitsUntil  time.Time // when it is tried again
	Previous    string
	Parent      string // the case of which it is a part; "" of one that somebody filed
	Part        string // what that one's process calls it
	SubmittedAt time.Time
	EnteredAt   time.Time // into the state
	DueAt       time.Time // of the state; zero when none
	Version     int64
	News        int64 // what has happened with it without moving it: who has it, a complaint, a proposal
	Events      []Event

	newsAt    time.Time
	actsUntil time.Time // until when By may act in it; zero when they may not any more

	attached []inCase // of a draft that is being filed
}

// Content is what of a case is sealed.
type Content struct {
	Answers form.Answers      `json:"answers"`
	Profile procedure.Profile `json:"profile"`          // what was known of the applicant when it was filed
	Data    map[string]any    `json:"data,omitempty"`   // the register's last answer
	Reason  string            `json:"reason,omitempty"` // code of the refusal's reason
	Advice  string            `json:"advice,omitempty"` // the officer's words

	Open    []string             `json:"open,omitempty"`    // pointers of the answers that the applicant may change now, ids of attachments that may come anew
	Anew    []string             `json:"anew,omitempty"`    // the attachments among them that the officer named: without a new file there is no answer
	Earlier []Revision           `json:"earlier,omitempty"` // what they were before, the oldest first
	Stopped *procedure.Stopped   `json:"stopped,omitempty"`
	Scanned map[string]time.Time `json:"scanned,omitempty"` // answers that were read on a scan and confirmed, by pointer

	Disputes map[string]Dispute `json:"disputes,omitempty"` // values that the applicant says are wrong, by pointer
}

// Event is one move in a case's history.
type Event struct {
	Version int64
	At      time.Time
	Event   procedure.Event // "" for the filing
	By      procedure.By
	Actor   string
	State   procedure.State // arrived at
	Title   i18n.Text       // what the history calls it; filled in by Get
}

// Step is what the definition says of the case's state.
func (c Case) Step() procedure.Step {
	st, _ := c.Def.Step(c.State)
	return st
}

// Form is the form of the case as it was filed: each answer with where it came from.
func (c Case) Form(zone *time.Location) form.Form {
	return c.formWith(c.Content.Answers, zone)
}

// ChangedAt is when the case last moved or had news.
func (c Case) ChangedAt() time.Time {
	if c.newsAt.After(c.EnteredAt) {
		return c.newsAt
	}
	return c.EnteredAt
}

// Topic is how pages that show the case listen for news.
func (c Case) Topic() string { return "case-" + c.ID }

// QueueTopic is how the desk of an agency listens for news.
func QueueTopic(unit string) string { return "queue-" + unit }

// The refusals.
var (
	ErrMissing    = fault.New(fault.Missing, "application.missing")
	ErrService    = fault.New(fault.Missing, "application.no_service")
	ErrOffline    = procedure.ErrOffline                                   // given in person only
	ErrLevel      = procedure.ErrLevel                                     // the level of whoever applies is too low
	ErrActing     = procedure.ErrActing                                    // it is not had for those for whom they act
	ErrActed      = fault.New(fault.Denied, "application.acted")           // they may not act for them any more
	ErrMoved      = fault.New(fault.Conflict, "application.moved")         // the case has moved on meanwhile
	ErrMany       = fault.New(fault.TooMany, "application.many")           // so many were sent in a day
	ErrReapply    = fault.New(fault.Conflict, "application.no_reapply")    // no corrected application can be made from it
	ErrOpenDraft  = fault.New(fault.Conflict, "application.open_draft")    // one is open, and would be lost
	ErrUnseen     = fault.New(fault.Conflict, "application.unseen")        // the draft is another one than the person has looked through
	ErrUnanswered = fault.New(fault.Conflict, "application.unanswered")    // what the agency asked for has to come with it
	ErrNoPaper    = fault.New(fault.Conflict, "application.no_paper")      // the case has not what its paper must say
	ErrUnready    = fault.New(fault.InvalidInput, "application.unready")   // the profile lacks what the form needs
	ErrNoReason   = fault.New(fault.InvalidInput, "application.no_reason") // an officer's refusal needs a reason and advice
)

// profile is what is known of the account's holder, as facts for forms.
func (s *Service) profile(ctx context.Context, q store.Querier, who access.Actor) (procedure.Profile, error) {
	if _, err := s.acts(ctx, q, who); err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, q, who.Whose())
	if err != nil {
		return nil, err
	}
	p := procedure.Profile{procedure.Acting: {Value: string(who.Capacity())}}
	put := func(f procedure.Fact, value, source string) {
		if value == "" {
			return
		}
		src := a.Profile.Sources[source]
		p[f] = procedure.Known{Value: value, Origin: form.Origin{Source: string(src.From), Verified: src.From != account.Entered && src.From != "", At: src.At}}
	}
	x := a.Profile
	put(procedure.Surname, x.Surname, "surname")
	put(procedure.GivenName, x.GivenName, "given_name")
	put(procedure.Patronymic, x.Patronymic, "patronymic")
	put(procedure.BirthDate, x.BirthDate, "birth_date")
	put(procedure.Sex, x.Sex, "sex")
	put(procedure.SNILS, x.SNILS, "snils")
	if who.By() == "" && x.SNILS != "" {
		secret, err := s.secret(ctx, q, a)
		if err != nil {
			return nil, err
		}
		masking(p, secret)
	}
	put(procedure.INN, x.INN, "inn")
	put(procedure.RegistrationAddress, x.Address, "address")
	if put(procedure.ResidenceAddress, x.Residence, "residence"); x.Residence == "" { // they live where they are registered
		put(procedure.ResidenceAddress, x.Address, "address")
	}
	if d, ok := x.Passport(); ok {
		put(procedure.PassportSeries, d.Series, "document")
		put(procedure.PassportNumber, d.Number, "document")
		put(procedure.PassportIssuedAt, d.IssuedAt.String(), "document")
		put(procedure.PassportIssuedBy, d.IssuedBy, "document")
		put(procedure.PassportDepartment, d.DepartmentCode, "document")
	}
	contacts, err := s.Contacts.Of(ctx, q, who.ID) // of whoever acts: they are the one to talk to
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", a.ID, err)
	}
	for _, c := range contact.Serving(contacts) {
		f := procedure.Email
		if c.Target.Kind == contact.Phone {
			f = procedure.MobilePhone
		}
		if _, known := p[f]; !known {
			p[f] = procedure.Known{Value: c.Target.Value, Origin: form.Origin{Source: "contact", Verified: true, At: c.VerifiedAt}}
		}
	}
	if who.By() == "" {
		p.Mask(a.Level) // not the actor's: a job has none, and what it stored masked would stand in the place of what was typed
		return p, nil
	}
	p[procedure.Acting] = procedure.Known{Value: string(who.Capacity()), Origin: form.Origin{Source: string(account.FromZAGS)}} // it said who the parents are
	if a, err = s.Accounts.Get(ctx, q, who.ID); err != nil {
		return nil, err
	}
	put(procedure.RepresentativeSurname, a.Profile.Surname, "surname")
	put(procedure.RepresentativeGivenName, a.Profile.GivenName, "given_name")
	put(procedure.RepresentativePatronymic, a.Profile.Patronymic, "patronymic")
	put(procedure.RepresentativeBirthDate, a.Profile.BirthDate, "birth_date")
	put(procedure.RepresentativeSNILS, a.Profile.SNILS, "snils")
	return p, nil
}

// acts says until when the actor may act for whom they say that they act; ErrActed when they may not. One who acts for themselves always may.
func (s *Service) acts(ctx context.Context, q store.Querier, who access.Actor) (time.Time, error) {
	if who.By() == "" {
		return time.Time{}, nil
	}
	var until time.Time
	if err := q.QueryRow(ctx, `SELECT `+mandate.UntilSQL(`CAST($1 AS TEXT)`, `CAST($2 AS TEXT)`), who.ID, who.For).Scan(store.NullTime(&until)); err != nil {
		return until, fmt.Errorf("whether %s acts for %s: %w", who.ID, who.For, err)
	}
	if !until.After(q.Now()) {
		return until, ErrActed
	}
	return until, nil
}

// acting is the actor as they act in the case: for whom it is about, when it is theirs to act for.
func (c Case) acting(who access.Actor) access.Actor {
	if c.By != "" && who.Kind == access.Person && who.ID == c.By {
		return who.Acting(c.AccountID, access.Capacity(c.Content.Profile[procedure.Acting].Value))
	}
	return who
}

// mine reports whether the actor is a party to the case as its applicant: it is about them, or they filed it for somebody.
func (c Case) mine(who access.Actor) bool {
	return who.Kind == access.Person && who.ID != "" && (who.ID == c.AccountID || who.ID == c.By)
}

// tell tells whoever filed the case, as long as they may act in it, and else whom it is about: them alone, for what one parent filed is not
// told to the other.
func (s *Service) tell(ctx context.Context, tx *store.Tx, c Case, n notification.Note) error {
	if c.By != "" && c.actsUntil.After(tx.Now()) {
		return s.Notices.Tell(ctx, tx, c.By, n)
	}
	n.Alone = c.By != ""
	return s.Notices.Tell(ctx, tx, c.AccountID, n)
}

// applicants are the accounts whose pages show the case.
func (c Case) applicants() []string {
	if c.By == "" {
		return []string{c.AccountID}
	}
	return []string{c.AccountID, c.By}
}

func (s *Service) today(q store.Querier) form.Date { return form.DateOf(q.Now().In(s.Zone)) }

// service finds a definition that the actor may apply for.
func (s *Service) service(code string, who access.Actor) (*procedure.Definition, error) {
	def, ok := s.Catalogue.ByCode(code)
	if !ok {
		return nil, ErrService
	}
	if err := def.Admits(who); err != nil {
		return nil, err
	}
	return def, nil
}
