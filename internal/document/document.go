package document

import (
	"slices"
	"time"

	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/i18n"
)

// Kind is the sort of a paper: the template that definitions of services name. Its text is stored.
type Kind string

// The kinds.
const (
	IncomeCertificate Kind = "income-certificate"
	PropertyExtract   Kind = "property-extract"
	Decision          Kind = "decision" // says what the service's definition has it say
)

// Valid reports whether there is such a template.
func (k Kind) Valid() bool { return k == IncomeCertificate || k == PropertyExtract || k == Decision }

// State of a paper. Its text is stored.
type State string

// The states.
const (
	Valid      State = "valid"
	Revoked    State = "revoked"    // it says what is not so; the page tells the reason
	Superseded State = "superseded" // a newer paper took its place
)

// Key is the message that names the state.
func (s State) Key() string { return "document.state." + string(s) }

// may reports whether a paper goes from s to the next state.
func (s State) may(next State) bool {
	switch s {
	case Valid:
		return next == Revoked || next == Superseded
	case Revoked:
		return next == Superseded
	case Superseded:
	}
	return false
}

// Reason is why a paper was revoked. Its text is stored.
type Reason string

// The reasons.
const (
	Mistake Reason = "mistake" // it was wrong when it was issued
	Changed Reason = "changed" // the register was corrected since
	Court   Reason = "court"   // by a decision of a court or another authority

	// TakenBack is the reason of the system alone: the case that gave the paper was taken back.
	TakenBack Reason = "taken_back"
)

// Reasons lists every reason that an agency may give.
func Reasons() []Reason { return []Reason{Mistake, Changed, Court} }

// Valid reports whether r is a reason.
func (r Reason) Valid() bool { return slices.Contains(Reasons(), r) }

// Key is the message that says the reason.
func (r Reason) Key() string { return "document.reason." + string(r) }

// Document is a person's paper without its bytes.
type Document struct {
	ID           string
	Owner        string // account
	CaseID       string
	Kind         Kind
	State        State
	Number       string
	Title        i18n.Text
	Subtitle     i18n.Text
	Agency       i18n.Text // who issued it
	Unit         string    // the agency's code
	Lang         i18n.Lang // in which it is printed
	IssuedAt     time.Time
	RevokedAt    time.Time // zero unless it was
	Reason       Reason
	SupersededBy string // id of the paper that took its place
	Name         string // of the file
	Link         string // address of the public page; whoever has it has the paper's token

	file string
	body body
}

// Public is what a stranger who holds the paper may see.
type Public struct {
	Kind                    Kind
	State                   State
	Number                  string
	Title, Subtitle, Agency i18n.Text
	Holder                  string // masked
	IssuedAt, RevokedAt     time.Time
	Reason                  Reason
	Facts                   []Fact // to compare with the paper
	Erased                  bool   // its owner was erased: nothing is known but that it was issued
	Unit                    string // code of the agency, of an erased one
}

// Holder is whom a paper is about.
type Holder struct {
	Surname    string `json:"surname"`
	GivenName  string `json:"given_name"`
	Patronymic string `json:"patronymic,omitempty"`
}

func (h Holder) profile() account.Profile {
	return account.Profile{Surname: h.Surname, GivenName: h.GivenName, Patronymic: h.Patronymic}
}

// The refusals.
var (
	ErrMissing = fault.New(fault.Missing, "document.missing")     // no such paper, or none that this one may see
	ErrState   = fault.New(fault.Conflict, "document.state_past") // it was revoked or replaced already
	ErrReason  = fault.New(fault.InvalidInput, "document.reason_unknown")
)
