package procedure

import (
	"cmp"
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
)

// Definition is a compiled service. It is never changed after Compile; what its methods return may be.
type Definition struct {
	Code    string // fns.income-certificate; the agency's code comes first
	Slug    string // income-certificate; in addresses: /services/income-certificate
	Version string // hash of the content
	Owner   Owner
	Title   i18n.Text
	Summary i18n.Text // one sentence under the title
	Catalog Catalog
	Level   access.Level // that whoever applies needs; "" of an information page
	Form    form.Form    // the questions without locks and origins; FormFor has them

	kind        Kind
	actAs       []access.Capacity
	lookups     []Lookup
	prefill     []prefill
	attachments []Attachment
	schema      *jsonschema.Schema
	steps       map[State]Step
	order       []State
	initial     State
	actions     map[Event]Action
	outputs     map[string]Output
	reasons     map[string]Reason
	canonical   []byte
	renamed     renames
	addresses   []string      // pointers of those that are asked in their parts
	facts       map[Fact]bool // of the profile, that prefill, with, give, a paper or an expression looks at
}

// Kind is the sort of a definition.
type Kind string

// The kinds.
const (
	Service     Kind = "Service"     // filed here
	Information Kind = "Information" // a page that says where to go: filed in person for now
)

// Owner is the agency that answers for a service.
type Owner struct {
	Code  string
	Name  i18n.Text
	Short i18n.Text
}

// Channel is a way in which a service can be had.
type Channel string

// The channels.
const (
	Online Channel = "online" // on this portal
	Office Channel = "office" // at the agency
	Centre Channel = "centre" // at a service centre
	Phone  Channel = "phone"
)

// Catalog is what the catalogue and the page of the service say and search by.
type Catalog struct {
	LifeEvents []string // codes; the catalogue has their names
	Synonyms   map[i18n.Lang][]string
	Channels   []Channel
	Popular    int       // place among the popular ones from 1, 0 for none
	Outcome    i18n.Text // what the person gets
	Processing Processing
	Cost       i18n.Text
	Law        []i18n.Text
	Papers     []i18n.Text // what is needed
	Steps      []i18n.Text // what happens, in order
	Where      []i18n.Text // where to go, when not here
	Start      string      // of an information page: the page of this portal on which it is asked for, "" for none
}

// Processing is how long it takes, for people and for machines.
type Processing struct {
	Term     Span
	Calendar Calendar
	Text     i18n.Text
}

// Online reports whether the service is filed on the portal.
func (d *Definition) Online() bool { return d.kind == Service }

// The refusals of Admits.
var (
	ErrOffline = fault.New(fault.Conflict, "application.offline") // given in person only
	ErrLevel   = fault.New(fault.Denied, "application.level")     // whoever applies is not proven strongly enough
	ErrActing  = fault.New(fault.Denied, "application.acting")    // it is not had for those for whom they act
)

// Admits is the one rule of who may apply, for themselves and for others: nil when the actor may. Who they are was proven to the level
// that the service needs, whoever it is for: of a child that is the parent.
func (d *Definition) Admits(who access.Actor) error {
	switch {
	case !d.Online():
		return ErrOffline
	case !d.Acts(who.Capacity()):
		return ErrActing
	case !who.Level.AtLeast(d.Level):
		return ErrLevel
	}
	return nil
}

// Acts reports whether the service is had in that capacity.
func (d *Definition) Acts(as access.Capacity) bool { return slices.Contains(d.actAs, as) }

// Kind is the sort of the definition.
func (d *Definition) Kind() Kind { return d.kind }

// Canonical is the content as JSON with sorted keys: the text whose hash is Version. It compiles to the same
// definition, so a case can keep it and run on when the file has changed.
func (d *Definition) Canonical() []byte { return append([]byte(nil), d.canonical...) }

// State is the name of a place in the process. It is stored with cases.
type State string

// Event is the name of what moves a case on. It is stored with histories.
type Event string

// Turn says who has to act.
type Turn string

// The turns; their texts stand on pages as data-turn.
const (
	TurnApplicant Turn = "applicant"
	TurnAgency    Turn = "agency"
	TurnSystem    Turn = "system"
	TurnNone      Turn = "none"
)

// Outcome is how a case ended; "" while it runs. The texts stand on pages as data-outcome.
type Outcome string

// The outcomes.
const (
	Granted   Outcome = "granted"
	Refused   Outcome = "refused"
	Withdrawn Outcome = "withdrawn"
)

// By is the party that causes an event.
type By string

// The parties.
const (
	ByApplicant By = "applicant"
	ByOfficer   By = "officer"
	BySystem    By = "system"
)

// ByOf is the party the actor is, "" for one who is no party to a case.
func ByOf(who access.Actor) By {
	switch who.Kind {
	case access.Person:
		return ByApplicant
	case access.Staff:
		if who.May(access.DecideCases) == nil {
			return ByOfficer
		}
	case access.Agent:
		return ByOfficer // it does what an officer of its agency does
	case access.System:
		return BySystem
	case access.Anonymous:
	}
	return ""
}

// Step is what a state says and does.
type Step struct {
	State    State
	Turn     Turn
	Title    i18n.Text // «Проверяется»
	Explain  i18n.Text // what happens now and how long it takes
	Register string    // asked in this state: fns.income; "" when none is
	Inside   string    // what of the portal itself is asked in this state: sfr.snils; "" when nothing is
	Retry    Retry
	Deadline Deadline
	Outcome  Outcome  // of an end
	Outputs  []Output // given at the end
	Reasons  []Reason // for which it may be refused
	Reapply  bool     // a corrected application may be made from this one
	Notice   *Notice  // what the person is told on arriving here
	Edit     []string // pointers of the answers that the applicant may change here, and ids of the attachments that may come anew
	Pause    bool     // the deadline that ran before stands still here and goes on afterwards

	Begins    *Part  // the case of another service that lasts as long as this state
	TakesBack string // what the process calls the part that is taken back in this state
	TakenBack State  // of an end: where the case goes when what it gave is taken back; "" when it cannot be

	on   map[Event]State
	with map[string]ref
}

// Final reports whether the case ends here.
func (s Step) Final() bool { return s.Outcome != "" }

// Retry says how often a register that does not answer is asked again. The zero Retry asks once.
type Retry struct {
	Base, Cap time.Duration
	Max       int // tries; 0 is until the deadline
}

// Need is what an action must come with.
type Need string

// The needs.
const (
	NeedReason Need = "reason" // the code of one of the reasons
	NeedAdvice Need = "advice" // the officer's words on what to do
	NeedFields Need = "fields" // which of the answers that the next state opens are to be changed
)

// Tone is how an action looks.
type Tone string

// The tones.
const (
	TonePrimary Tone = "primary"
	TonePlain   Tone = "plain"
	ToneDanger  Tone = "danger"
)

// Action is an event that a person causes by a button.
type Action struct {
	Event   Event
	By      By
	Title   i18n.Text // on the button
	Confirm i18n.Text // asked before it is done; may be empty
	Tone    Tone
	Require []Need
	Reasons []Reason // to choose from, in the state for which Actions was asked
	Fields  []string // pointers to choose from, likewise
	Amends  bool     // sends the answers that the state for which Actions was asked opens

	FourEyes bool // one officer proposes it and another confirms
}

// Requires reports whether the action must come with the need.
func (a Action) Requires(n Need) bool {
	for _, r := range a.Require {
		if r == n {
			return true
		}
	}
	return false
}

// Reason is why a case may be refused, with the law that says so and what the person can do about it.
type Reason struct {
	Code   string
	Title  i18n.Text
	Law    i18n.Text
	Remedy i18n.Text
}

// Output is a paper that a case gives.
type Output struct {
	Name     string
	Kind     string // pdf
	Title    i18n.Text
	Template string
	Facts    []Line // what the paper says, where the template leaves that to the definition

	line, col int // of the template's name in the file
}

// Notice is what the person is told, and over which channels (inbox, email, sms, push).
type Notice struct {
	Channels []string
	Text     i18n.Text // {number}, {service} and {link} stand for the values
}

// Say is the text in the language with its values filled in.
func (n Notice) Say(l i18n.Lang, number, service, link string) string {
	return noticeWords.fill(n.Text.Lang(l), map[string]string{"number": number, "service": service, "link": link})
}

// Reason finds a reason of the definition by its code.
func (d *Definition) Reason(code string) (Reason, bool) {
	r, ok := d.reasons[code]
	return r, ok
}

// Output finds a paper of the definition by its name.
func (d *Definition) Output(name string) (Output, bool) {
	o, ok := d.outputs[name]
	return o, ok
}

// GivesPapers reports whether a case of the service can end with a paper.
func (d *Definition) GivesPapers() bool { return len(d.outputs) > 0 }

// Registers lists the registers that the process asks, so that a start without one of them can be stopped.
func (d *Definition) Registers() []string {
	var out []string
	add := func(r string) {
		if r != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, l := range d.lookups {
		add(l.Register)
	}
	for _, s := range d.order {
		add(d.steps[s].Register)
	}
	return out
}

// Insides lists what of the portal itself the process asks, each once.
func (d *Definition) Insides() []string {
	var out []string
	for _, s := range d.order {
		if name := d.steps[s].Inside; name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Asked is what is asked in this state: a register or the portal itself; "" when nothing is.
func (s Step) Asked() string { return cmp.Or(s.Register, s.Inside) }

// Asks reports whether something is asked in this state.
func (s Step) Asks() bool { return s.Asked() != "" }
