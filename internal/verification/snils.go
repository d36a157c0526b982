package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Fund is the social fund as it gives out numbers. An error means that asking again later makes sense.
type Fund interface {
	// Issue files the application; sent again with the same Request it is the same application.
	Issue(ctx context.Context, a Application) (Issue, error)
	// Issued asks what became of the application that the fund knows by the number.
	Issued(ctx context.Context, a Application, number string) (Issue, error)
	// Posted asks whether the application came that was sent by post under the temporary number; IssueUnknown when it did not.
	Posted(ctx context.Context, a Application, temporary string) (Issue, error)
}

// Application is what the fund is told. Sex is "m" or "f".
type Application struct {
	Request string // ours
	Person
	Sex string
}

// Issue is what the fund says of an application.
type Issue struct {
	State  IssueState
	Code   string // the fund's own
	Number string // of the application at the fund
	SNILS  string // digits, when it is assigned
}

// IssueState is the fund's answer in one word.
type IssueState string

// The answers.
const (
	IssuePending  IssueState = "pending"
	IssueAssigned IssueState = "assigned"
	IssueRefused  IssueState = "refused"
	IssueUnknown  IssueState = "unknown" // the fund knows no such application: it is filed again
)

// SNILSState is where an application for a SNILS is. Its text is stored.
//
//	filed ──the fund took it──▶ accepted ──▶ assigned
//	  ▲──the fund lost it──────────┘ │└────▶ refused
//	posted ──SentSNILS: the letter is on its way──▶ posted ──it came──▶ accepted (back, when the fund lost it)
//	posted ──applied on line after all, or has a SNILS──▶ left
type SNILSState string

// The states.
const (
	SNILSFiled    SNILSState = "filed"    // on line, and the fund does not know of it yet
	SNILSAccepted SNILSState = "accepted" // the fund took it
	SNILSPosted   SNILSState = "posted"   // the person sends it by post, under a temporary number
	SNILSAssigned SNILSState = "assigned"
	SNILSRefused  SNILSState = "refused"
	SNILSLeft     SNILSState = "left"
)

// SNILSRequest is a person's application for a SNILS.
type SNILSRequest struct {
	ID, AccountID   string
	State           SNILSState
	Papers          Papers // those of the application only
	Number          string // of the application at the fund
	SNILS           string // once it is assigned
	Code            string // the fund's, of a refusal
	Asked           int    // how often the fund was asked
	FiledAt, DueAt  time.Time
	LateAt, EndedAt time.Time
	Letter          *Letter // by post: what was sent
	details         snilsDetails
}

// snilsDetails is what is sealed of a request.
type snilsDetails struct {
	Papers Papers `json:"papers"`
	Number string `json:"number,omitempty"`
	SNILS  string `json:"snils,omitempty"`

	Letter *Letter `json:"letter,omitempty"`
}

// Letter is an application that its person sent by post.
type Letter struct {
	At      time.Time    `json:"at"`
	Address string       `json:"address"` // where the person lives: the fund's office goes by it
	Proof   AddressProof `json:"proof"`   // what in the letter proves it
}

// AddressProof is a paper that proves an address. Its text is stored.
type AddressProof string

// The papers.
const (
	ProofPassport  AddressProof = "passport"  // a copy of the passport's page of registration
	ProofTemporary AddressProof = "temporary" // a certificate of registration where the person stays
	ProofLease     AddressProof = "lease"     // a contract of lease
)

// AddressProofs lists them in the order of the page.
func AddressProofs() []AddressProof { return []AddressProof{ProofPassport, ProofTemporary, ProofLease} }

// asks reports whether the fund is asked about the application.
func (r SNILSRequest) asks() bool {
	return r.State == SNILSFiled || r.State == SNILSAccepted || r.State == SNILSPosted && r.Letter != nil
}

// Open reports whether the number is still waited for.
func (r SNILSRequest) Open() bool {
	return r.State == SNILSFiled || r.State == SNILSAccepted || r.State == SNILSPosted
}

// Temporary is the number under which the application is known until there is a SNILS: to be written on the letter and told to support.
// It is no SNILS, and nothing opens by it.
func (r SNILSRequest) Temporary() string {
	if len(r.ID) < 8 {
		return ""
	}
	return spoken(number(r.ID))
}

// Advice is what a page says of a refusal.
func (r SNILSRequest) Advice() (Advice, bool) {
	if r.State != SNILSRefused {
		return Advice{}, false
	}
	if r.Held() {
		return Advice{Wrong: "verification.snils.held", Remedy: "verification.snils.held_remedy"}, true
	}
	return Advise(Answer{Register: "snils", Verdict: Mismatch, Code: r.Code})
}

// codeHeld is our own code of an end: the fund has a number for the person, and another account holds it (REG-11).
const codeHeld = "OKNO-HELD"

// Held reports whether the application ended because another account holds the number.
func (r SNILSRequest) Held() bool { return r.State == SNILSRefused && r.Code == codeHeld }

// HolderOfAssigned shows how the account is reached, masked, that holds the number which the fund gave to the person's application:
// the fund matched name, day of birth and passport. Its owner reads who saw it.
func (s *Service) HolderOfAssigned(ctx context.Context, who access.Actor) ([]contact.Target, error) {
	r, found, err := s.LatestSNILS(ctx, who)
	if err != nil || !found || !r.Held() {
		return nil, err
	}
	return s.shown(ctx, who, r.details.SNILS, "snils/"+r.ID)
}

// SNILSHidden reports whether the account has a SNILS that is secret.
func (s *Service) SNILSHidden(ctx context.Context, q store.Querier, a account.Account) (bool, error) {
	if a.Profile.SNILS == "" {
		return false, nil
	}
	secret, err := s.SecretSNILS(ctx, q, a)
	return secret[a.Profile.SNILS], err
}

// The refusals.
var (
	ErrHasSNILS = fault.New(fault.Conflict, "verification.snils.has")       // the profile has a number
	ErrNoLetter = fault.New(fault.Conflict, "verification.snils.no_letter") // no temporary number was asked for, or the letter is there
	ErrNoFund   = fault.New(fault.Unavailable, "verification.snils.nobody") // no address of the fund is set
)

// SNILSTopic is how a person's page listens for news of the application.
func SNILSTopic(accountID string) string { return "snils-" + accountID }

// AskSNILS is the job that files an application and asks what became of it.
type AskSNILS struct {
	Request string `json:"request"`
}

// Kind names the job in the queue.
func (AskSNILS) Kind() string { return "verification.ask_snils" }

// JobPolicy never gives up: the fund may be away for days, and the number takes two weeks.
func (AskSNILS) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 10 * time.Second, Longest: time.Hour}
}

// LatestSNILS is the person's newest application; found is false when there is none.
func (s *Service) LatestSNILS(ctx context.Context, who access.Actor) (r SNILSRequest, found bool, err error) {
	if err := who.May(access.UseCabinet); err != nil {
		return SNILSRequest{}, false, err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, found, err = s.latestSNILS(ctx, tx, who.ID)
		return err
	})
	return r, found, err
}

// latestSNILS goes by the moment of filing: an application of a case bears the case's id, which is older than what was filed while it was a draft.
func (s *Service) latestSNILS(ctx context.Context, tx *store.Tx, accountID string) (SNILSRequest, bool, error) {
	var rid string
	err := store.One(tx.QueryRow(ctx, `SELECT id FROM snils_request WHERE account_id = $1
		ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, filed_at DESC, id DESC LIMIT 1`, accountID).Scan(&rid))
	if errors.Is(err, store.ErrNotFound) {
		return SNILSRequest{}, false, nil
	}
	if err != nil {
		return SNILSRequest{}, false, err
	}
	r, err := s.loadSNILS(ctx, tx, rid)
	return r, err == nil, err
}

func (s *Service) loadSNILS(ctx context.Context, tx *store.Tx, rid string) (SNILSRequest, error) {
	r := SNILSRequest{ID: rid}
	var state string
	var sealed []byte
	err := store.One(tx.QueryRow(ctx, `SELECT account_id, state, details, code, asked, filed_at, due_at, late_at, ended_at FROM snils_request WHERE id = $1`, rid).
		Scan(&r.AccountID, &state, &sealed, &r.Code, &r.Asked, store.Time(&r.FiledAt), store.Time(&r.DueAt), store.NullTime(&r.LateAt), store.NullTime(&r.EndedAt)))
	if err != nil {
		return SNILSRequest{}, fmt.Errorf("load application %s: %w", rid, err)
	}
	key, err := s.Ring.Person(ctx, tx, r.AccountID)
	if err != nil {
		return SNILSRequest{}, err
	}
	if err := key.OpenJSON("snils_request", "details", rid, sealed, &r.details); err != nil {
		return SNILSRequest{}, err
	}
	r.State, r.Papers, r.Number, r.SNILS, r.Letter = SNILSState(state), r.details.Papers, r.details.Number, r.details.SNILS, r.details.Letter
	return r, nil
}

// ApplySNILS files an application for a SNILS with what the profile holds and, where that is blank, with what was typed. Whoever has an
// application under way gets that one: pressing twice files once.
func (s *Service) ApplySNILS(ctx context.Context, who access.Actor, typed Papers) (SNILSRequest, error) {
	if s.Fund == nil {
		return SNILSRequest{}, ErrNoFund
	}
	return s.newSNILS(ctx, who, SNILSFiled, typed)
}

// PostSNILS gives the temporary number to a person who sends the application by post. They may still apply on line.
func (s *Service) PostSNILS(ctx context.Context, who access.Actor) (SNILSRequest, error) {
	return s.newSNILS(ctx, who, SNILSPosted, Papers{})
}

// SentSNILS notes that the person has sent the letter, with a proof of the address in it, and from then on asks the fund for it by the
// temporary number. Pressed twice, the first time stands; a letter that did not come may be sent again.
func (s *Service) SentSNILS(ctx context.Context, who access.Actor, typed Papers, proof AddressProof) (SNILSRequest, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return SNILSRequest{}, err
	}
	var r SNILSRequest
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.Get(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		var found bool
		if r, found, err = s.latestSNILS(ctx, tx, who.ID); err != nil {
			return err
		}
		if !found || r.State != SNILSPosted {
			return ErrNoLetter
		}
		if r.Letter != nil && r.LateAt.IsZero() {
			return nil // pressed twice
		}
		papers, err := sender(a, typed, proof, form.DateOf(tx.Now().In(s.Zone)))
		if err != nil {
			return err
		}
		first := r.Letter == nil
		r.details.Papers, r.details.Letter = papers, &Letter{At: tx.Now(), Address: papers.Address, Proof: proof}
		r.DueAt, r.LateAt = s.postDue(tx.Now()), time.Time{}
		if err := s.saveSNILS(ctx, tx, r); err != nil {
			return err
		}
		if first { // the job of the first letter goes on asking
			if err := s.Jobs.Enqueue(ctx, tx, AskSNILS{r.ID}); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "verification.snils_sent", Actor: who, Subject: who.ID, Object: "snils/" + r.ID}); err != nil {
			return err
		}
		r, err = s.loadSNILS(ctx, tx, r.ID)
		return err
	})
	if err != nil {
		return SNILSRequest{}, fmt.Errorf("send an application for a SNILS: %w", err)
	}
	return r, nil
}

// sender checks what was typed of a letter: who sends it, from where, and what proves that. There need be no passport.
func sender(a account.Account, x Papers, proof AddressProof, today form.Date) (Papers, error) {
	var sheet form.Sheet
	var out Papers
	sheet.Take("surname", &out.Surname, form.Surname, x.Surname)
	sheet.Take("given_name", &out.GivenName, form.GivenName, x.GivenName)
	sheet.Optional("patronymic", &out.Patronymic, form.Patronymic, x.Patronymic)
	if out.BirthDate = a.Profile.BirthDate; out.BirthDate == "" {
		born, p := form.BirthDate(x.BirthDate, today)
		sheet.Note("birth_date", p)
		out.BirthDate = born.String()
	}
	sheet.Take("address", &out.Address, form.Address, x.Address)
	if !slices.Contains(AddressProofs(), proof) {
		sheet = append(sheet, fault.F("proof", "verification.snils.proof_missing"))
	}
	return out, sheet.Err()
}

func (s *Service) newSNILS(ctx context.Context, who access.Actor, state SNILSState, typed Papers) (SNILSRequest, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return SNILSRequest{}, err
	}
	var out SNILSRequest
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		err := alert.Allowed(ctx, tx, who.ID) // what the fund says goes into the profile
		if err != nil {
			return err
		}
		a, err := s.Accounts.Get(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if a.Profile.SNILS != "" {
			return ErrHasSNILS
		}
		var found bool
		if out, found, err = s.latestSNILS(ctx, tx, who.ID); err != nil {
			return err
		}
		if found && out.Open() && (out.State != SNILSPosted || state == SNILSPosted) {
			return nil
		}
		papers := Papers{}
		if state == SNILSFiled {
			if papers, err = applicant(a, typed, form.DateOf(tx.Now().In(s.Zone))); err != nil {
				return err
			}
			if err := s.throttle(ctx, tx, a, papers); err != nil {
				return err
			}
		}
		if err := leaveLetter(ctx, tx, who.ID); err != nil {
			return err
		}
		out, err = s.fileSNILS(ctx, tx, who, id.At(tx.Now()), state, papers)
		return err
	})
	if err != nil {
		return SNILSRequest{}, fmt.Errorf("apply for a SNILS: %w", err)
	}
	return out, nil
}

// fileSNILS writes a new application down and, when it goes on line, sends the job for it.
func (s *Service) fileSNILS(ctx context.Context, tx *store.Tx, who access.Actor, rid string, state SNILSState, papers Papers) (SNILSRequest, error) {
	account := who.Whose()
	key, err := s.Ring.Person(ctx, tx, account)
	if err != nil {
		return SNILSRequest{}, err
	}
	sealed, err := key.SealJSON("snils_request", "details", rid, snilsDetails{Papers: papers})
	if err != nil {
		return SNILSRequest{}, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO snils_request (id, account_id, state, details, filed_at, due_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		rid, account, string(state), sealed, tx.Now(), s.snilsDue(tx.Now())); err != nil {
		return SNILSRequest{}, err
	}
	action := "verification.snils_posted"
	if state == SNILSFiled {
		action = "verification.snils_applied"
		if err := s.Jobs.Enqueue(ctx, tx, AskSNILS{rid}); err != nil {
			return SNILSRequest{}, err
		}
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: account, Object: "snils/" + rid}); err != nil {
		return SNILSRequest{}, err
	}
	if err := tx.Notify(ctx, SNILSTopic(account)); err != nil {
		return SNILSRequest{}, err
	}
	return s.loadSNILS(ctx, tx, rid)
}

// snilsDue is when the term of an application from that moment is over (REG-14: working days of the production calendar).
func (s *Service) snilsDue(from time.Time) time.Time {
	return procedure.Deadline{In: procedure.Span{Days: s.Policy.SNILS.Term}, Calendar: procedure.Working}.Due(from, s.Zone, s.Workdays)
}

// postDue is when a letter that was sent at that moment must have come.
func (s *Service) postDue(from time.Time) time.Time {
	return procedure.Deadline{In: procedure.Span{Days: s.Policy.SNILS.Post}, Calendar: procedure.Working}.Due(from, s.Zone, s.Workdays)
}

// applicant is the data of the application: those of the profile count, what is blank there was typed.
func applicant(a account.Account, typed Papers, today form.Date) (Papers, error) {
	p := a.Profile
	x := Papers{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, Sex: p.Sex}
	if d, ok := p.Passport(); ok {
		x.Document.Series, x.Document.Number = d.Series, d.Number
	}
	named := !form.Blank(typed.Surname) || !form.Blank(typed.GivenName)
	if named && a.Level != access.Confirmed { // below, names are the person's own word, and may be spelled better now
		x.Surname, x.GivenName, x.Patronymic = typed.Surname, typed.GivenName, typed.Patronymic
	}
	for _, f := range []struct {
		have  *string
		typed string
	}{{&x.BirthDate, typed.BirthDate}, {&x.Sex, typed.Sex}, {&x.Document.Series, typed.Document.Series}, {&x.Document.Number, typed.Document.Number}} {
		if *f.have == "" {
			*f.have = f.typed
		}
	}
	return readApplicant(x, today)
}

// readApplicant checks the data of an application.
func readApplicant(x Papers, today form.Date) (Papers, error) {
	r, out := reader{today: today}, Papers{Document: form.Identity{Kind: form.Passport, Country: form.Russia}}
	r.person(&out, x)
	r.sheet.Take("passport_series", &out.Document.Series, form.PassportSeries, x.Document.Series)
	r.sheet.Take("passport_number", &out.Document.Number, form.PassportNumber, x.Document.Number)
	return out, r.sheet.Err()
}

// AskFund does the job: it files the application, then asks for the number until there is one or none will come. It may run twice, and
// after a restart: the fund takes one request once, and what has ended is not asked about.
func (s *Service) AskFund(ctx context.Context, job AskSNILS) error {
	if s.Fund == nil {
		return fmt.Errorf("no address of the fund is set: %w", jobs.Retry(s.Policy.SNILS.Poll.Longest))
	}
	var r SNILSRequest
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = s.loadSNILS(ctx, tx, job.Request)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return nil // erased meanwhile
	}
	if err != nil || !r.asks() {
		return err
	}
	x := r.Papers
	app := Application{Request: r.ID, Sex: x.Sex, Person: Person{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic, BirthDate: x.BirthDate,
		Document: x.Document, Matter: Matter{Issue: r.ID, By: r.AccountID}}}
	ask := func() (Issue, error) { return s.Fund.Issue(ctx, app) }
	if r.State == SNILSAccepted {
		ask = func() (Issue, error) { return s.Fund.Issued(ctx, app, r.Number) }
	}
	if r.State == SNILSPosted {
		ask = func() (Issue, error) { return s.Fund.Posted(ctx, app, r.Temporary()) }
	}
	said, asked := ask()
	if asked != nil {
		said = Issue{}
	}
	ended := false
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err = s.noteSNILS(ctx, tx, job.Request, said)
		return err
	}); err != nil || ended {
		return err
	}
	poll := s.Policy.SNILS.Poll
	if asked != nil {
		again := s.Policy.Registers.Retry // the fund is away: that is soon over
		return fmt.Errorf("the fund: %w: %w", asked, jobs.Again(r.Asked+1, again.First, max(again.Longest, poll.First)))
	}
	return fmt.Errorf("there is no number yet: %w", jobs.Again(r.Asked+1, poll.First, poll.Longest))
}

// noteSNILS writes down what one asking came to; nothing when the application has ended meanwhile.
func (s *Service) noteSNILS(ctx context.Context, tx *store.Tx, rid string, said Issue) (ended bool, err error) {
	r, err := s.loadSNILS(ctx, tx, rid)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return true, nil
	}
	if err != nil || !r.asks() {
		return true, err
	}
	r.Asked++
	was := r.State
	switch said.State {
	case IssuePending:
		if r.State != SNILSAccepted { // the term runs from when the fund took it
			r.State, r.details.Number, r.DueAt, r.LateAt, r.Asked = SNILSAccepted, said.Number, s.snilsDue(tx.Now()), time.Time{}, 0
		}
	case IssueUnknown:
		switch {
		case r.Letter == nil:
			r.State, r.details.Number = SNILSFiled, ""
		case r.State == SNILSAccepted: // it had come, and the fund lost it: only the person can send another
			r.State, r.details.Number, r.DueAt, r.LateAt = SNILSPosted, "", tx.Now(), time.Time{}
		}
	case IssueAssigned:
		r.State, r.details.SNILS, r.EndedAt = SNILSAssigned, said.SNILS, tx.Now()
		holder, err := s.Accounts.HolderOfSNILS(ctx, tx, said.SNILS)
		if err != nil && !errors.Is(err, account.ErrMissing) {
			return false, err
		}
		held := err == nil && holder != r.AccountID
		if held && r.ofChild() {
			if held, err = s.heldFrom(ctx, tx, holder, r.AccountID); err != nil {
				return false, err
			}
		}
		if held { // there is nothing to wait for: the person has an account with it
			r.State, r.Code = SNILSRefused, codeHeld
		}
	case IssueRefused:
		r.State, r.Code, r.EndedAt = SNILSRefused, said.Code, tx.Now()
	default: // it was not reached
	}
	late := r.Open() && r.LateAt.IsZero() && (tx.Now().After(r.DueAt) || was == SNILSAccepted && r.State == SNILSPosted)
	if late {
		r.LateAt = tx.Now()
	}
	if err := s.saveSNILS(ctx, tx, r); err != nil {
		return false, err
	}
	switch {
	case r.State == SNILSAssigned:
		return true, s.arrived(ctx, tx, r)
	case r.Held():
		return true, s.toldSNILS(ctx, tx, r, "verification.snils_held", "message.snils_held")
	case r.State == SNILSRefused:
		return true, s.toldSNILS(ctx, tx, r, "verification.snils_refused", "message.snils_refused")
	case was == SNILSPosted && r.State == SNILSAccepted:
		return false, s.toldSNILS(ctx, tx, r, "verification.snils_came", "message.snils_came")
	case late && r.State == SNILSPosted:
		return false, s.Notices.Tell(ctx, tx, r.AccountID, s.aboutSNILS(r, "message.snils_letter_lost"))
	case late:
		if its, err := s.ofCase(ctx, tx, r); its || err != nil {
			return false, err // its term is the case's, which says so itself
		}
		return false, s.Notices.Tell(ctx, tx, r.AccountID, s.aboutSNILS(r, "message.snils_late"))
	}
	return false, nil
}

func (s *Service) saveSNILS(ctx context.Context, tx *store.Tx, r SNILSRequest) error {
	key, err := s.Ring.Person(ctx, tx, r.AccountID)
	if err != nil {
		return err
	}
	sealed, err := key.SealJSON("snils_request", "details", r.ID, r.details)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE snils_request SET state = $1, details = $2, code = $3, asked = $4, due_at = $5, late_at = $6, ended_at = $7 WHERE id = $8`,
		string(r.State), sealed, r.Code, r.Asked, r.DueAt, store.OrNull(r.LateAt), store.OrNull(r.EndedAt), r.ID)
	return errors.Join(err, tx.Notify(ctx, SNILSTopic(r.AccountID)))
}

// arrived puts the number into the profile, tells the person, and lets the checks of the account go on. A number that the profile got
// by another way meanwhile stays.
func (s *Service) arrived(ctx context.Context, tx *store.Tx, r SNILSRequest) error {
	a, err := s.Accounts.Get(ctx, tx, r.AccountID)
	if err != nil {
		return err
	}
	write := func(p *account.Profile) {
		p.SNILS = r.details.SNILS
		if p.Sources == nil {
			p.Sources = map[string]account.Source{}
		}
		p.Sources["snils"] = account.Source{From: account.FromSFR, At: tx.Now()}
	}
	switch {
	case a.Profile.SNILS != "":
	case r.ofChild(): // the fund has matched who they are, as it does when a parent says the number
		_, err = s.GrantInsured(ctx, tx, access.SystemActor(), r.AccountID, write)
	default:
		_, err = s.Accounts.Update(ctx, tx, r.AccountID, func(a *account.Account) error { write(&a.Profile); return nil })
	}
	if err != nil {
		return err
	}
	if err := s.goOn(ctx, tx, r.AccountID); err != nil {
		return err
	}
	if err := tx.Notify(ctx, AccountTopic(r.AccountID)); err != nil {
		return err
	}
	return s.toldSNILS(ctx, tx, r, "verification.snils_assigned", "message.snils_assigned")
}

// toldSNILS records what became of an application and tells the person.
func (s *Service) toldSNILS(ctx context.Context, tx *store.Tx, r SNILSRequest, action, message string) error {
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: access.SystemActor(), Subject: r.AccountID, Object: "snils/" + r.ID}); err != nil {
		return err
	}
	if action != "verification.snils_came" { // that is no end
		if waits, err := s.waits(ctx, tx, r); waits || err != nil {
			return err
		}
	}
	return s.Notices.Tell(ctx, tx, r.AccountID, s.aboutSNILS(r, message))
}

// ofCase reports whether the application is that of a case which still waits for it. No case is woken: there is no answer yet.
func (s *Service) ofCase(ctx context.Context, tx *store.Tx, r SNILSRequest) (bool, error) {
	if s.Waiting == nil {
		return false, nil
	}
	return s.Waiting(ctx, tx, r.ID)
}

// waits has the cases go on that wait for the end of the application, and reports whether there are any: they tell the person themselves.
func (s *Service) waits(ctx context.Context, tx *store.Tx, r SNILSRequest) (bool, error) {
	if s.Awaited == nil {
		return false, nil
	}
	return s.Awaited(ctx, tx, r.AccountID)
}
