package verification

import (
	"context"
	"errors"
	"maps"
	"slices"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/store"
)

// Step is a page of the papers that a person enters themselves (REG-2). Its text is stored, and stands in addresses.
type Step string

// The steps.
const (
	StepPerson    Step = "person"
	StepPassport  Step = "passport" // of whatever kind the document is: the address is in people's bookmarks
	StepNumbers   Step = "numbers"
	StepAddresses Step = "addresses"
)

// Steps lists them in their order.
func Steps() []Step { return []Step{StepPerson, StepPassport, StepNumbers, StepAddresses} }

// Valid reports whether there is such a step.
func (s Step) Valid() bool { return slices.Contains(Steps(), s) }

// Refusal is what a round of an own proof came to when it did not raise the account. Its text is stored.
type Refusal string

// The refusals.
const (
	RefusedAnswers Refusal = "answers" // a register did not match
	RefusedTaken   Refusal = "taken"   // everything matched, and another account holds the SNILS (REG-11)
)

// The refusals of the person's verbs.
var (
	ErrAsking     = fault.New(fault.Conflict, "verification.asking")     // the registers are being asked
	ErrIncomplete = fault.New(fault.Conflict, "verification.incomplete") // a step is not filled in
)

// Next is the first step that is not filled in; the bool is false when all are.
func (p Papers) Next() (Step, bool) {
	for _, s := range Steps() {
		if !slices.Contains(p.Filled, s) {
			return s, true
		}
	}
	return "", false
}

// Own is the person's own proof: the open one, or the newest that has ended. The bool is false when there was none.
func (s *Service) Own(ctx context.Context, who access.Actor) (Proof, bool, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Proof{}, false, err
	}
	var p Proof
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = s.own(ctx, tx, who)
		return err
	})
	if errors.Is(err, ErrMissing) {
		return Proof{}, false, nil
	}
	return p, err == nil, err
}

// OwnStanding is where a person's own proof stands, in one word.
type OwnStanding string

// The standings.
const (
	OwnNone     OwnStanding = "none"     // nothing is under way
	OwnEntering OwnStanding = "entering" // some of it is to be entered or sent
	OwnChecking OwnStanding = "checking" // the registers are asked
	OwnRefused  OwnStanding = "refused"  // they did not match, or another account holds the SNILS
)

// OwnSQL lends what OwnStands reads of the account that expr names.
func OwnSQL(expr string) string {
	return `COALESCE((SELECT proof.state || proof.refusal FROM proof WHERE proof.account_id = ` + expr + ` AND proof.way = 'registers' AND proof.state IN ('entering', 'checking')), '')`
}

// OwnStands is where the own proof stands of which OwnSQL told.
func OwnStands(told string) OwnStanding {
	switch {
	case told == "":
		return OwnNone
	case told == string(Entering):
		return OwnEntering
	case told == string(Checking):
		return OwnChecking
	}
	return OwnRefused
}

func (s *Service) own(ctx context.Context, tx *store.Tx, who access.Actor) (Proof, error) {
	return s.loadWhere(ctx, tx, who, `account_id = $1 AND way = 'registers' ORDER BY id DESC LIMIT 1`, who.ID)
}

// Fill takes one step of the person's papers and keeps it. Papers that the registers refused are corrected so; while registers are
// asked, it is ErrAsking.
func (s *Service) Fill(ctx context.Context, who access.Actor, step Step, typed Papers) (Proof, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Proof{}, err
	}
	var p Proof
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = s.begin(ctx, tx, who); err != nil {
			return err
		}
		if p.Waiting() && p.Refusal == "" {
			return ErrAsking
		}
		papers, err := p.Papers.fill(step, typed, p.Account.Profile, s.today(tx), s.Policy.Children.UntilAge)
		if err != nil {
			return err
		}
		p.Papers, p.State, p.Refusal = papers, Entering, ""
		return s.keep(ctx, tx, p)
	})
	return p, err
}

// Choose keeps what was typed so far on the document's step, unread: the kind of document, whose fields the page asks for next, and what
// the fields of another kind held. The step is not filled in by that.
func (s *Service) Choose(ctx context.Context, who access.Actor, typed map[string]string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.begin(ctx, tx, who)
		if err != nil {
			return err
		}
		if p.Waiting() && p.Refusal == "" {
			return ErrAsking
		}
		p.Papers = p.Papers.without(StepPassport)
		if p.Papers.Typed = maps.Clone(p.Papers.Typed); p.Papers.Typed == nil {
			p.Papers.Typed = map[string]string{}
		}
		maps.Copy(p.Papers.Typed, typed)
		maps.DeleteFunc(p.Papers.Typed, func(name, _ string) bool { return !isField(name) })
		p.State, p.Refusal = Entering, ""
		return s.keep(ctx, tx, p)
	})
}

// begin is the open own proof, or a new one.
func (s *Service) begin(ctx context.Context, tx *store.Tx, who access.Actor) (Proof, error) {
	p, err := s.own(ctx, tx, who)
	if err == nil && !p.Ended() {
		return p, nil
	}
	if err != nil && !errors.Is(err, ErrMissing) {
		return Proof{}, err
	}
	if err == nil { // one that lapsed and the sweep has not come by
		if _, err := tx.Exec(ctx, `UPDATE proof SET state = $1, ended_at = $2, papers = NULL WHERE id = $3 AND state IN ('entering', 'checking')`, string(Left), tx.Now(), p.ID); err != nil {
			return Proof{}, err
		}
	}
	a, err := s.Accounts.Get(ctx, tx, who.ID)
	if err != nil {
		return Proof{}, err
	}
	key, err := s.Ring.Person(ctx, tx, who.ID)
	if err != nil {
		return Proof{}, err
	}
	p = Proof{ID: id.At(tx.Now()), Way: WayRegisters, AccountID: who.ID, Account: a, State: Entering, Papers: Known(a.Profile), CreatedAt: tx.Now(), key: key}
	return p, tx.Do(ctx, `INSERT INTO proof (id, account_id, way, operator, unit, state, created_at) VALUES ($1, $2, $3, '', '', $4, $5)`,
		p.ID, who.ID, string(WayRegisters), string(Entering), tx.Now())
}

func (s *Service) keep(ctx context.Context, tx *store.Tx, p Proof) error {
	sealed, err := p.key.SealJSON("proof", "papers", p.ID, p.Papers)
	if err != nil {
		return err
	}
	return tx.Do(ctx, `UPDATE proof SET papers = $1, state = $2, refusal = $3, round = $4 WHERE id = $5`, sealed, string(p.State), string(p.Refusal), p.Round, p.ID)
}

// today is the civil day of the portal.
func (s *Service) today(q store.Querier) form.Date { return form.DateOf(q.Now().In(s.Zone)) }

// OfChild is the key of what is wrong with papers of whoever is too young to prove themselves who they are: a parent does it.
const OfChild = "verification.birth_date_child"

// fill checks one step and puts it into the papers. An account that holds a SNILS is that person's for good: another number, or
// another day of birth, is somebody else. Below the age of until nobody's own papers are taken: whoever types those of a child may be anybody.
func (p Papers) fill(step Step, x Papers, known account.Profile, today form.Date, until int) (Papers, error) {
	r, out := reader{today: today}, p
	switch step {
	case StepPerson:
		switch born := r.person(&out, x); {
		case !born:
		case known.SNILS != "" && known.BirthDate != "" && out.BirthDate != known.BirthDate:
			r.sheet = append(r.sheet, fault.F("birth_date", "verification.birth_date_other"))
		case out.ofChild(today, until):
			r.sheet = append(r.sheet, fault.F("birth_date", OfChild, "age", until))
		}
		if out.BirthDate != p.BirthDate { // the document was judged by it
			out = out.without(StepPassport)
		}
	case StepPassport:
		if p.born().IsZero() {
			return p, ErrIncomplete
		}
		x.BirthDate = p.BirthDate
		r.document(&out, x)
	case StepNumbers:
		r.sheet.Optional("snils", &out.SNILS, form.SNILS, x.SNILS) // REG-3: it may be left for later
		if known.SNILS != "" && out.SNILS != known.SNILS {
			r.sheet = append(r.sheet, fault.F("snils", "verification.snils_other"))
		}
		r.sheet.Optional("inn", &out.INN, form.INN, x.INN)
	case StepAddresses:
		r.sheet.Take("address", &out.Address, form.Address, x.Address)
		r.sheet.Optional("residence", &out.Residence, form.Address, x.Residence)
	default:
		return p, ErrMissing
	}
	if err := r.sheet.Err(); err != nil {
		return p, err
	}
	if !slices.Contains(out.Filled, step) {
		out.Filled = append(slices.Clone(out.Filled), step)
	}
	return out, nil
}

// without are the papers with steps that must be filled in anew.
func (p Papers) without(steps ...Step) Papers {
	p.Filled = slices.DeleteFunc(slices.Clone(p.Filled), func(s Step) bool { return slices.Contains(steps, s) })
	return p
}

// Send asks the registers about the person's papers: document and SNILS, and the INN when it was given (LVL-2). So often in a while
// and no more, for the person and for each document: ErrChecks.
func (s *Service) Send(ctx context.Context, who access.Actor) (Proof, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Proof{}, err
	}
	var p Proof
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		err := alert.Allowed(ctx, tx, who.ID) // a stranger who was there must not make the account their own
		if err != nil {
			return err
		}
		if p, err = s.own(ctx, tx, who); err != nil {
			return err
		}
		if p.Ended() {
			return ErrMissing
		}
		if p.State == Checking && p.Refusal == "" {
			return nil // pressed twice
		}
		if _, missing := p.Papers.Next(); missing || p.Papers.SNILS == "" {
			return ErrIncomplete
		}
		if err := s.kept(p.Papers); err != nil {
			return err
		}
		if s.refused(tx, p) {
			p.Papers = p.Papers.without(StepPerson, StepNumbers)
			return s.keep(ctx, tx, p)
		}
		if err := s.throttle(ctx, tx, p.Account, p.Papers); err != nil {
			return err
		}
		if err := s.round(ctx, tx, who, p); err != nil {
			return err
		}
		p, err = s.load(ctx, tx, who, p.ID)
		return err
	})
	return p, err
}

// refused reports whether papers that were taken are not to be taken any more: the account came to hold a SNILS since the numbers were
// entered, while the registers were asked perhaps, or the papers are a child's, typed before these were refused.
func (s *Service) refused(q store.Querier, p Proof) bool {
	return other(p.Account.Profile, p.Papers.SNILS, p.Papers.BirthDate) || s.ofChild(q, p.Papers)
}

func (s *Service) ofChild(q store.Querier, p Papers) bool {
	return p.ofChild(s.today(q), s.Policy.Children.UntilAge)
}

// round begins a round of checks of papers that are complete.
func (s *Service) round(ctx context.Context, tx *store.Tx, who access.Actor, p Proof) error {
	p.State, p.Refusal = Checking, ""
	p.Round++
	if err := s.keep(ctx, tx, p); err != nil {
		return err
	}
	if err := s.ask(ctx, tx, p); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "verification.checked", Actor: who, Subject: p.AccountID, Object: "proof/" + p.ID})
}

// goOn sends papers that waited for nothing but the SNILS, which has come to the profile (REG-14).
func (s *Service) goOn(ctx context.Context, tx *store.Tx, accountID string) error {
	p, err := s.own(ctx, tx, access.Actor{Kind: access.Person, ID: accountID})
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, missing := p.Papers.Next(); missing || p.State != Entering || p.Papers.SNILS != "" || s.ofChild(tx, p.Papers) {
		return nil
	}
	if err := s.kept(p.Papers); errors.Is(err, ErrNobody) || errors.Is(err, ErrUninsured) {
		return nil // the person is told of it when they send the papers themselves
	}
	p.Papers.SNILS = p.Account.Profile.SNILS
	return s.round(ctx, tx, access.SystemActor(), p)
}

// conclude ends a round of an own proof with the last register's answer: the level rises, or the person learns what to correct.
// taken says that another account is known to hold the SNILS. Papers that were sent before a pause and are answered in it are not taken. At a desk the operator concludes.
func (s *Service) conclude(ctx context.Context, tx *store.Tx, pid string, round int64, taken bool) error {
	p, err := s.load(ctx, tx, access.SystemActor(), pid)
	if err != nil || p.Waiting() || p.State != Checking || p.Refusal != "" || p.Round != round {
		return err
	}
	pause, err := alert.Of(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	if pause.On() { // whoever sent them may be the stranger
		return errors.Join(s.end(ctx, tx, `id = $1`, pid),
			s.Notices.Tell(ctx, tx, p.AccountID, s.aboutCheck("message.check_paused")), tx.Notify(ctx, AccountTopic(p.AccountID)))
	}
	if !p.Ready() {
		return s.refuse(ctx, tx, p, RefusedAnswers, "message.refused")
	}
	holder, err := s.Accounts.HolderOfSNILS(ctx, tx, p.Papers.SNILS)
	if err != nil && !errors.Is(err, account.ErrMissing) {
		return err
	}
	if taken || (err == nil && holder != p.AccountID) {
		return s.refuse(ctx, tx, p, RefusedTaken, "message.taken")
	}
	if s.refused(tx, p) {
		p.State, p.Papers = Entering, p.Papers.without(StepPerson, StepNumbers)
		if err := s.keep(ctx, tx, p); err != nil {
			return err
		}
		return errors.Join(s.Notices.Tell(ctx, tx, p.AccountID, s.aboutCheck("message.check_again")), tx.Notify(ctx, AccountTopic(p.AccountID)))
	}
	who := access.Actor{Kind: access.Person, ID: p.AccountID}
	if _, err := s.raise(ctx, tx, who, p); err != nil {
		return err
	}
	return tx.Do(ctx, `UPDATE proof SET state = $1, ended_at = $2, papers = NULL WHERE id = $3`, string(Confirmed), tx.Now(), pid)
}

// refuse writes down what a round came to and tells the person, by every channel (LVL-2).
func (s *Service) refuse(ctx context.Context, tx *store.Tx, p Proof, what Refusal, key string) error {
	if _, err := tx.Exec(ctx, `UPDATE proof SET refusal = $1 WHERE id = $2`, string(what), p.ID); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "verification.refused", Actor: access.SystemActor(), Subject: p.AccountID, Object: "proof/" + p.ID,
		Detail: audit.Detail{"reason": string(what)}}); err != nil {
		return err
	}
	var said []Answer
	for _, c := range p.Checks {
		if c.Answered && c.Answer.Verdict != Match {
			c.Answer.Register = c.Register
			said = append(said, c.Answer)
		}
	}
	if err := s.Notices.Tell(ctx, tx, p.AccountID, s.aboutAnswers("cabinet/identity", key, said, true)); err != nil {
		return err
	}
	return tx.Notify(ctx, AccountTopic(p.AccountID))
}
