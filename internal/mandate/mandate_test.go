package mandate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/connector/call"
	"okno/internal/connector/civil"
	"okno/internal/connector/insurance"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/rights"
	"okno/internal/sandbox"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
)

var ctx = context.Background()

// town is the identity half with the sandbox's registers behind it, and a clock.
type town struct {
	*signintest.World
	*mandate.Service
	clock *storetest.Clock
	world *sandbox.World
	proof *verification.Service
	queue *jobs.Client // takes the questions to registers, which tests ask themselves
	made  int
}

func each(t *testing.T, body func(t *testing.T, x *town)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := &town{World: signintest.New(t, db), clock: clock, queue: jobstest.New(t, db)}
		zone, err := time.LoadLocation("Europe/Moscow")
		if err != nil {
			t.Fatal(err)
		}
		if x.world, err = sandbox.Start(ctx, sandbox.Config{Dir: t.TempDir(), Now: clock.Now}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.world.Close() })
		conf := call.Config{URL: x.world.RegistersURL(), Limits: call.Limits{Timeout: 5 * time.Second, Failures: 1000}}
		birth, err := civil.New(conf)
		if err != nil {
			t.Fatal(err)
		}
		fund, err := insurance.New(conf)
		if err != nil {
			t.Fatal(err)
		}
		x.proof = &verification.Service{DB: db, Erasures: &rights.Service{DB: db}, Ring: x.World.Ring, Policy: x.World.Policy, Accounts: x.World.Accounts, Contacts: x.World.Contacts, Sessions: x.Credentials, Notices: x.World.Notices, Jobs: x.queue, Zone: zone}
		x.Service = &mandate.Service{DB: db, Ring: x.World.Ring, Policy: x.World.Policy, Accounts: x.World.Accounts, Contacts: x.World.Contacts, Levels: x.proof, Notices: x.World.Notices, Jobs: x.queue,
			Registers: []mandate.Register{birth, fund}, Consent: func() string { return "7" }, Zone: zone}
		x.proof.Erasures, x.proof.Mandates, x.proof.Parts = &rights.Service{DB: db}, x.Service, []verification.Part{verification.Rows("mandate", x.Move)}
		x.World.Notices.Guardians, x.SignIn.Heirs = x.Guardians, x.Service
		body(t, x)
	})
}

// family is a child of the sandbox with both parents, residents too.
type family struct{ child, mother, father sandbox.Resident }

// families are those of the sandbox whose child is and stays under 14 for a while.
func (x *town) families(t *testing.T) []family {
	t.Helper()
	people := x.world.People()
	find := func(p *sandbox.Parent) (sandbox.Resident, bool) {
		at := slices.IndexFunc(people, func(r sandbox.Resident) bool { return p != nil && p.SNILS != "" && r.SNILS == p.SNILS })
		if at < 0 {
			return sandbox.Resident{}, false
		}
		return people[at], true
	}
	var out []family
	for _, p := range people {
		if p.BirthCertificate == nil || p.Patronymic == "" || p.BirthDate < x.clock.Now().AddDate(-13, 0, 0).Format(time.DateOnly) {
			continue
		}
		mother, ok1 := find(p.BirthCertificate.Mother)
		father, ok2 := find(p.BirthCertificate.Father)
		if ok1 && ok2 {
			out = append(out, family{p, mother, father})
		}
	}
	if len(out) < 2 {
		t.Fatalf("%d families", len(out))
	}
	return out
}

// confirmed makes the resident's account, Confirmed as at a desk, with a phone and an e-mail.
func (x *town) confirmed(t *testing.T, r sandbox.Resident) access.Actor {
	t.Helper()
	x.made++
	who := access.Actor{Kind: access.Person, ID: id.New(), Level: access.Confirmed}
	sex := map[string]string{"male": "m", "female": "f"}[r.Sex]
	err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.World.Ring.NewPerson(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := x.World.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		for _, c := range []contact.Target{{Kind: contact.Phone, Value: x.phone(x.made)}, {Kind: contact.Email, Value: x.mail(x.made)}} {
			if err := x.World.Contacts.Attach(ctx, tx, key, who.ID, c); err != nil {
				return err
			}
		}
		_, err = x.proof.Grant(ctx, tx, access.SystemActor(), who.ID, verification.WayCentre, func(to *account.Profile) {
			*to = account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: sex, SNILS: digits(r.SNILS)}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func (x *town) phone(n int) string { return fmt.Sprintf("+7911000%04d", n) }
func (x *town) mail(n int) string  { return fmt.Sprintf("parent%d@okno.example", n) }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func dotted(iso string) string {
	f := strings.Split(iso, "-")
	return f[2] + "." + f[1] + "." + f[0]
}

// papers are the child's, as a parent types them.
func papers(r sandbox.Resident) mandate.Papers {
	c := r.BirthCertificate
	return mandate.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: dotted(r.BirthDate), Sex: map[string]string{"male": "m", "female": "f"}[r.Sex], SNILS: r.SNILS,
		Series: c.Series, Number: c.Number, IssuedAt: dotted(c.IssuedAt), IssuedBy: c.IssuedBy}
}

// sent is a request of the parent, filled in and sent.
func (x *town) sent(t *testing.T, who access.Actor, p mandate.Papers) mandate.Request {
	t.Helper()
	r, err := x.Open(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	return x.again(t, who, r.ID, p)
}

// again fills a request in and sends it.
func (x *town) again(t *testing.T, who access.Actor, rid string, p mandate.Papers) mandate.Request {
	t.Helper()
	var r mandate.Request
	var err error
	for _, step := range []mandate.Step{mandate.StepChild, mandate.StepCertificate, mandate.StepNumbers} {
		if r, err = x.Fill(ctx, who, rid, step, p); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	if r, err = x.Send(ctx, who, r.ID, true); err != nil {
		t.Fatal(err)
	}
	return r
}

// answered asks the registers of the request, as the jobs do.
func (x *town) answered(t *testing.T, who access.Actor, r mandate.Request) mandate.Request {
	t.Helper()
	for _, c := range r.Checks {
		if err := x.Ask(ctx, mandate.AskRegister{Request: r.ID, Register: c.Register, Round: r.Round}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := x.Request(ctx, who, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opened is a child's account that the parent has opened.
func (x *town) opened(t *testing.T, who access.Actor, p mandate.Papers) string {
	t.Helper()
	r := x.answered(t, who, x.sent(t, who, p))
	if r.State != mandate.Opened {
		t.Fatalf("%s, refused: %q, %+v", r.State, r.Refusal, r.Checks)
	}
	return r.ChildID
}

func (x *town) level(t *testing.T, accountID string) access.Level {
	t.Helper()
	a, err := x.World.Accounts.Get(ctx, x.World.DB, accountID)
	if err != nil {
		t.Fatal(err)
	}
	return a.Level
}

// REG-13.
func TestAConfirmedParentOpensAnAccountForTheirChild(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		r := x.sent(t, mother, papers(f.child))
		if !r.Waiting() || len(r.Checks) != 2 {
			t.Fatalf("%s, %+v", r.State, r.Checks)
		}
		r = x.answered(t, mother, r)
		if r.State != mandate.Opened || r.Papers.Surname != "" || len(r.Checks) != 0 {
			t.Fatalf("%+v", r)
		}
		child, err := x.Child(ctx, mother, r.ChildID)
		if err != nil {
			t.Fatal(err)
		}
		p := child.Account.Profile
		if p.Surname != f.child.Surname || p.BirthDate != f.child.BirthDate || p.SNILS != digits(f.child.SNILS) || p.Sources["birth_date"].From != account.FromZAGS || p.Sources["sex"].From != "" ||
			child.Birth.Certificate.Number != f.child.BirthCertificate.Number || child.Birth.Act != f.child.BirthCertificate.Act {
			t.Errorf("%+v %+v", p, child.Birth)
		}
		if child.Account.Level != access.Standard {
			t.Errorf("the level is %s", child.Account.Level)
		}
		agreed, err := x.World.Accounts.Agreed(ctx, x.World.DB, r.ChildID)
		if err != nil || len(agreed) != 1 || agreed[0].Document != mandate.ConsentText || agreed[0].Edition != "7" {
			t.Errorf("consents %+v, %v", agreed, err)
		}
		contacts, err := x.World.Contacts.Of(ctx, x.World.DB, r.ChildID)
		if err != nil || len(contacts) != 0 {
			t.Errorf("the child has contacts: %v, %v", contacts, err)
		}
		events, err := audit.About(ctx, x.World.DB, r.ChildID, 10, "")
		at := slices.IndexFunc(events, func(e audit.Entry) bool { return e.Action == "mandate.opened" })
		if err != nil || at < 0 || events[at].Detail["for"] != r.ChildID || events[at].Own {
			t.Errorf("the record does not tell who acted for whom: %+v, %v", events, err)
		}
		if m := x.Last(t, x.mail(1)); !strings.Contains(m.Body, "/cabinet/children/"+r.ChildID) {
			t.Errorf("the parent hears %q", m.Body)
		}
		if list, err := x.Children(ctx, mother); err != nil || len(list) != 1 {
			t.Errorf("%d children, %v", len(list), err)
		}
	})
}

func TestOnlyAConfirmedParentOpensOrSeesAChildsAccount(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)
		mother, stranger := x.confirmed(t, f[0].mother), x.confirmed(t, f[1].mother)
		childID := x.opened(t, mother, papers(f[0].child))
		for _, who := range []access.Actor{{Kind: access.Person, ID: mother.ID, Level: access.Standard}, {Kind: access.Staff, ID: "o", Role: access.Centre}, {}} {
			if _, err := x.Open(ctx, who); err == nil {
				t.Errorf("%s %s opens", who.Kind, who.Level)
			}
			if _, err := x.Child(ctx, who, childID); err == nil {
				t.Errorf("%s %s sees", who.Kind, who.Level)
			}
		}
		if _, err := x.Child(ctx, stranger, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("a stranger sees the child: %v", err)
		}
		if _, err := x.Act(ctx, x.World.DB, stranger, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("a stranger acts for the child: %v", err)
		}
		if _, err := x.AddSNILS(ctx, stranger, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("a stranger gives a SNILS: %v", err)
		}
		if who, err := x.Act(ctx, x.World.DB, mother, childID); err != nil || who.For != childID || who.ID != mother.ID {
			t.Errorf("%+v, %v", who, err)
		}
	})
}

func TestWhoeverIsNotInTheRecordOfTheBirthGetsNoAccessAndReadsWhy(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)
		stranger := x.confirmed(t, f[1].father)
		r := x.answered(t, stranger, x.sent(t, stranger, papers(f[0].child)))
		if r.State != mandate.Checking || r.Refusal != mandate.RefusedAnswers {
			t.Fatalf("%s %q", r.State, r.Refusal)
		}
		at := slices.IndexFunc(r.Checks, func(c mandate.Check) bool { return c.Register == mandate.Civil })
		if a := r.Checks[at].Answer; a.Code != "ZAGS-713" || a.Act != "" {
			t.Errorf("%+v", a)
		}
		if list, err := x.Children(ctx, stranger); err != nil || len(list) != 0 {
			t.Errorf("%d children, %v", len(list), err)
		}
		if m := x.Last(t, x.mail(1)); !strings.Contains(m.Body, "/cabinet/child-request/"+r.ID) {
			t.Errorf("the person hears %q", m.Body)
		}
	})
}

// LVL-3.
func TestWhatDoesNotMatchIsCorrectedAndNothingTypedIsLost(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		wrong := papers(f.child)
		wrong.GivenName = "Онуфрий"
		r := x.answered(t, mother, x.sent(t, mother, wrong))
		if r.Refusal != mandate.RefusedAnswers {
			t.Fatalf("%s %q", r.State, r.Refusal)
		}
		fixed, err := x.Fill(ctx, mother, r.ID, mandate.StepChild, papers(f.child))
		if err != nil {
			t.Fatal(err)
		}
		if next, more := fixed.Next(); more || fixed.Papers.Number != f.child.BirthCertificate.Number {
			t.Errorf("what was typed is lost: %s, %+v", next, fixed.Papers)
		}
		if r, err = x.Send(ctx, mother, r.ID, true); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, mother, r); r.State != mandate.Opened {
			t.Errorf("%s %q %+v", r.State, r.Refusal, r.Checks)
		}
	})
}

func TestADraftIsGoneOnWithAndEveryWrongFieldIsNamed(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		r, err := x.Open(ctx, mother)
		if err != nil {
			t.Fatal(err)
		}
		fields := func(step mandate.Step, p mandate.Papers) []string {
			_, err := x.Fill(ctx, mother, r.ID, step, p)
			f, ok := fault.Of(err)
			if !ok || f.Kind != fault.InvalidInput {
				t.Fatalf("%s: %v", step, err)
			}
			var out []string
			for _, x := range f.Fields {
				out = append(out, x.Name)
			}
			slices.Sort(out)
			return out
		}
		if got := fields(mandate.StepChild, mandate.Papers{BirthDate: "31.02.2020"}); !slices.Equal(got, []string{"birth_date", "given_name", "sex", "surname"}) {
			t.Errorf("%v", got)
		}
		grown := papers(f.child)
		grown.BirthDate = dotted(form.DateOf(x.clock.Now()).Add(-14, 0, 0).String())
		if got := fields(mandate.StepChild, grown); !slices.Equal(got, []string{"birth_date"}) {
			t.Errorf("a child of 14: %v", got)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepCertificate, papers(f.child)); !errors.Is(err, mandate.ErrIncomplete) {
			t.Errorf("a certificate before the day of birth: %v", err)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepChild, papers(f.child)); err != nil {
			t.Fatal(err)
		}
		if got := fields(mandate.StepCertificate, mandate.Papers{Series: "МЮ", Number: "12", IssuedAt: "01.01.1999"}); !slices.Equal(got, []string{"document_issued_at", "document_issued_by", "document_number", "document_series"}) {
			t.Errorf("%v", got)
		}
		if _, err := x.Send(ctx, mother, r.ID, true); !errors.Is(err, mandate.ErrIncomplete) {
			t.Errorf("sent by halves: %v", err)
		}
		again, err := x.Open(ctx, mother)
		if err != nil || again.ID != r.ID || again.Papers.Surname != f.child.Surname {
			t.Errorf("the draft is not gone on with: %+v, %v", again, err)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepCertificate, papers(f.child)); err != nil {
			t.Fatal(err)
		}
		if got := fields(mandate.StepNumbers, mandate.Papers{SNILS: "112-233-445 00"}); !slices.Equal(got, []string{"snils"}) {
			t.Errorf("%v", got)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepNumbers, mandate.Papers{}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Send(ctx, mother, r.ID, false); !errors.Is(err, mandate.ErrConsent) {
			t.Errorf("sent without consent: %v", err)
		}
		x.clock.Advance(x.World.Policy.Children.DraftOfChild)
		if err := x.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if r, err = x.Request(ctx, mother, r.ID); err != nil || r.State != mandate.Left || r.Papers.Surname != "" {
			t.Errorf("a draft lies about: %+v, %v", r, err)
		}
	})
}

// SRV-10.
func TestARegisterThatIsAwayOrTalksNonsenseIsAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		r := x.sent(t, mother, papers(f.child))
		for _, mode := range []sandbox.Mode{sandbox.Down, sandbox.Garbage, sandbox.Garbage, sandbox.Garbage} {
			if err := x.world.SetFault("civil", mode); err != nil {
				t.Fatal(err)
			}
			if err := x.Ask(ctx, mandate.AskRegister{Request: r.ID, Register: mandate.Civil, Round: r.Round}); err == nil {
				t.Fatalf("%s is an answer", mode)
			}
		}
		now, err := x.Request(ctx, mother, r.ID)
		if err != nil || !now.Waiting() || now.Checks[0].Tries != 4 {
			t.Fatalf("%+v, %v", now, err)
		}
		if err := x.Drop(ctx, mother, r.ID); !errors.Is(err, mandate.ErrAsking) {
			t.Errorf("dropped under the register's hands: %v", err)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepChild, papers(f.child)); !errors.Is(err, mandate.ErrAsking) {
			t.Errorf("changed under the register's hands: %v", err)
		}
		x.clock.Advance(x.World.Policy.Children.DraftOfChild * 2)
		if err := x.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if err := x.world.SetFault("civil", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, mother, r); r.State != mandate.Opened {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

// REG-11.
func TestTheSecondParentGetsAccessToTheAccountThatIsThere(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		without := papers(f.child)
		without.SNILS = ""
		childID := x.opened(t, mother, without)
		if l := x.level(t, childID); l != access.Simplified {
			t.Errorf("without a SNILS the level is %s", l)
		}
		r := x.answered(t, father, x.sent(t, father, papers(f.child)))
		if r.State != mandate.Joined || r.ChildID != childID {
			t.Fatalf("%s %q %s", r.State, r.Refusal, r.ChildID)
		}
		if l := x.level(t, childID); l != access.Standard {
			t.Errorf("with the SNILS that the father gave the level is %s", l)
		}
		for _, who := range []access.Actor{mother, father} {
			if _, err := x.Child(ctx, who, childID); err != nil {
				t.Error(err)
			}
		}
		m := x.Last(t, x.mail(1))
		heard := x.Outbox.To(x.mail(1)) // letters that wait together go in any order
		if !slices.ContainsFunc(heard, func(m signintest.Message) bool { return strings.Contains(m.Body, "ещё один родитель") }) {
			t.Errorf("the first parent hears %q at last", m.Body)
		}
		if r = x.answered(t, father, x.sent(t, father, papers(f.child))); r.State != mandate.Joined {
			t.Errorf("asked twice: %s %q", r.State, r.Refusal)
		}
		if list, err := x.Children(ctx, father); err != nil || len(list) != 1 {
			t.Errorf("asked twice, %d children, %v", len(list), err)
		}
	})
}

// REG-11.
func TestBothParentsAtOnceOpenOneAccount(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		for _, f := range x.families(t)[:2] {
			who := []access.Actor{x.confirmed(t, f.mother), x.confirmed(t, f.father)}
			var rs []mandate.Request
			for _, w := range who {
				rs = append(rs, x.sent(t, w, papers(f.child)))
			}
			var wg sync.WaitGroup
			for _, r := range rs {
				for _, c := range r.Checks {
					for range 2 { // a job that runs twice
						wg.Go(func() {
							if err := x.Ask(ctx, mandate.AskRegister{Request: r.ID, Register: c.Register, Round: r.Round}); err != nil {
								t.Error(err)
							}
						})
					}
				}
			}
			wg.Wait()
			var states []string
			ids := map[string]bool{}
			for i, r := range rs {
				r, err := x.Request(ctx, who[i], r.ID)
				if err != nil {
					t.Fatal(err)
				}
				states, ids[r.ChildID] = append(states, string(r.State)), true
			}
			slices.Sort(states)
			if !slices.Equal(states, []string{"joined", "opened"}) || len(ids) != 1 {
				t.Errorf("%v, %d accounts", states, len(ids))
			}
		}
	})
}

// before is the civil-status register as it was before a certificate was lost: it takes the old one for the one in force.
type before struct {
	mandate.Register
	old, now *sandbox.Certificate
}

func (b before) Child(ctx context.Context, q mandate.Question) (mandate.Answer, error) {
	if q.Certificate.Number == b.old.Number {
		q.Certificate.Series, q.Certificate.Number = b.now.Series, b.now.Number
		q.Certificate.IssuedAt.UnmarshalText([]byte(b.now.IssuedAt)) //nolint:errcheck // a day
	}
	return b.Register.Child(ctx, q)
}

// REG-11.
func TestASecondCertificateOfOneBirthOpensNoSecondAccount(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		all := x.families(t)
		at := slices.IndexFunc(all, func(f family) bool { return f.child.Old != nil && f.child.Old.BirthCertificate != nil })
		if at < 0 {
			t.Fatal("no child has a second certificate")
		}
		f := all[at]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		first, second := papers(f.child), papers(f.child)
		old := f.child.Old.BirthCertificate
		first.Series, first.Number, first.IssuedAt, first.IssuedBy = old.Series, old.Number, dotted(old.IssuedAt), old.IssuedBy
		first.SNILS, second.SNILS = "", ""
		today := x.Registers
		x.Registers = []mandate.Register{before{today[0], old, f.child.BirthCertificate}, today[1]}
		childID := x.opened(t, mother, first)
		x.Registers = today
		if r := x.answered(t, father, x.sent(t, father, second)); r.State != mandate.Joined || r.ChildID != childID {
			t.Errorf("%s %q %s, want the account %s", r.State, r.Refusal, r.ChildID, childID)
		}
	})
}

// REG-3.
func TestASNILSThatWasLeftForLaterMakesTheChildStandard(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		without := papers(f.child)
		without.SNILS = ""
		childID := x.opened(t, mother, without)
		r, err := x.AddSNILS(ctx, mother, childID)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := x.AddSNILS(ctx, mother, childID); err != nil || again.ID != r.ID {
			t.Errorf("asked twice: %s, %v", again.ID, err)
		}
		if _, err := x.Fill(ctx, mother, r.ID, mandate.StepNumbers, mandate.Papers{}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("no SNILS: %v", err)
		}
		other := x.families(t)[1].child.SNILS
		if r, err = x.Fill(ctx, mother, r.ID, mandate.StepNumbers, mandate.Papers{SNILS: other}); err != nil {
			t.Fatal(err)
		}
		if r, err = x.Send(ctx, mother, r.ID, false); err != nil || len(r.Checks) != 1 {
			t.Fatal(r.Checks, err)
		}
		if r = x.answered(t, mother, r); r.Refusal != mandate.RefusedAnswers {
			t.Errorf("another child's SNILS: %s %q", r.State, r.Refusal)
		}
		if r, err = x.Fill(ctx, mother, r.ID, mandate.StepNumbers, mandate.Papers{SNILS: f.child.SNILS}); err != nil {
			t.Fatal(err)
		}
		if r, err = x.Send(ctx, mother, r.ID, false); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, mother, r); r.State != mandate.Opened || x.level(t, childID) != access.Standard {
			t.Errorf("%s %q, %s", r.State, r.Refusal, x.level(t, childID))
		}
	})
}

// REG-11.
func TestASNILSThatAnotherAccountHoldsOpensNoSecondOne(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		x.confirmed(t, f.child) // somebody came to a desk with the child's SNILS
		mother := x.confirmed(t, f.mother)
		r := x.answered(t, mother, x.sent(t, mother, papers(f.child)))
		if r.Refusal != mandate.RefusedTaken {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
		if list, err := x.Children(ctx, mother); err != nil || len(list) != 0 {
			t.Errorf("%d children, %v", len(list), err)
		}
	})
}

// claimed is an account of a stranger that holds the resident's SNILS by papers alone, as anybody who knows them could once type them.
func (x *town) claimed(t *testing.T, r sandbox.Resident) string {
	t.Helper()
	x.made++
	accountID := id.New()
	if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.World.Ring.NewPerson(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if err := x.World.Accounts.Create(ctx, tx, key, account.New{ID: accountID, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		if err := x.World.Contacts.Attach(ctx, tx, key, accountID, contact.Target{Kind: contact.Email, Value: x.mail(x.made)}); err != nil {
			return err
		}
		_, err = x.proof.Grant(ctx, tx, access.SystemActor(), accountID, verification.WayRegisters, func(to *account.Profile) {
			*to = account.Profile{Surname: r.Surname, GivenName: r.GivenName, BirthDate: r.BirthDate, SNILS: digits(r.SNILS)}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if x.level(t, accountID) != access.Standard {
		t.Fatalf("the stranger is %s", x.level(t, accountID))
	}
	return accountID
}

// REG-11: a stranger's claim does not shut the parents out, whether they open the account with the SNILS, add it, or come second.
func TestAParentDisplacesWhoeverHoldsTheChildsSNILSByPapersAlone(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		fams := x.families(t)
		displaced := func(how, stranger, childID string, snils string) {
			t.Helper()
			a, err := x.World.Accounts.Get(ctx, x.World.DB, stranger)
			if err != nil || a.Level != access.Simplified || a.Profile.SNILS != "" {
				t.Errorf("%s: the stranger is %s with %q, %v", how, a.Level, a.Profile.SNILS, err)
			}
			if a, err = x.World.Accounts.Get(ctx, x.World.DB, childID); err != nil || a.Level != access.Standard || a.Profile.SNILS != digits(snils) {
				t.Errorf("%s: the child is %s with %q, %v", how, a.Level, a.Profile.SNILS, err)
			}
			inbox, err := x.World.Notices.Inbox(ctx, access.Actor{Kind: access.Person, ID: stranger}, 5)
			if err != nil || len(inbox) != 1 || inbox[0].Note.Subject.RU != i18n.RU.T("message.lost.displaced.subject") {
				t.Errorf("%s: the stranger reads %+v, %v", how, inbox, err)
			}
		}
		f := fams[0]
		stranger := x.claimed(t, f.child)
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		displaced("opened", stranger, childID, f.child.SNILS)
		if r := x.answered(t, father, x.sent(t, father, papers(f.child))); r.State != mandate.Joined || r.ChildID != childID {
			t.Errorf("the other parent: %s %q", r.State, r.Refusal)
		}

		f = fams[1]
		stranger = x.claimed(t, f.child)
		without := papers(f.child)
		without.SNILS = ""
		if f.mother.SNILS != fams[0].mother.SNILS {
			mother = x.confirmed(t, f.mother)
		}
		childID = x.opened(t, mother, without)
		r, err := x.AddSNILS(ctx, mother, childID)
		if err != nil {
			t.Fatal(err)
		}
		if r, err = x.Fill(ctx, mother, r.ID, mandate.StepNumbers, papers(f.child)); err != nil {
			t.Fatal(err)
		}
		if r, err = x.Send(ctx, mother, r.ID, false); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, mother, r); r.State != mandate.Opened {
			t.Fatalf("added: %s %q", r.State, r.Refusal)
		}
		displaced("added", stranger, childID, f.child.SNILS)
	})
}

// adopted is the civil-status register after an adoption: the record of the birth was made anew, with other parents.
type adopted struct{ mandate.Register }

func (a adopted) Child(ctx context.Context, q mandate.Question) (mandate.Answer, error) {
	answer, err := a.Register.Child(ctx, q)
	answer.Act += "-2"
	return answer, err
}

// REG-11.
func TestWhoeverComesWithAnotherRecordOfTheBirthIsNotLetInBesideTheFormerParentsWhoHearNothing(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		jobstest.Settle(t, x.World.Jobs)
		before := len(x.Outbox.To(x.mail(1)))
		x.Registers = []mandate.Register{adopted{x.Registers[0]}, x.Registers[1]}
		if r := x.answered(t, father, x.sent(t, father, papers(f.child))); r.Refusal != mandate.RefusedTaken {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
		if _, err := x.Child(ctx, father, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("let in: %v", err)
		}
		jobstest.Settle(t, x.World.Jobs)
		if n := len(x.Outbox.To(x.mail(1))); n != before {
			t.Error("the former parent is told of the adoption")
		}
	})
}

// REG-12.
func TestNoParentIsLetIntoAnAccountThatWasTakenOver(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.World.Accounts.Update(ctx, tx, childID, func(a *account.Account) error { a.State = account.Retired; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, snils := range []string{f.child.SNILS, ""} {
			p := papers(f.child)
			p.SNILS = snils
			if r := x.answered(t, father, x.sent(t, father, p)); r.Refusal != mandate.RefusedTaken {
				t.Errorf("with SNILS %q: %s %q", snils, r.State, r.Refusal)
			} else if err := x.Drop(ctx, father, r.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// REG-11: the request ends with a word to the parent, and no register is asked for ever.
func TestTheOtherParentWhoseSNILSOfTheChildAnotherAccountHoldsReadsSo(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		without := papers(f.child)
		without.SNILS = ""
		x.opened(t, mother, without)
		x.confirmed(t, f.child) // somebody came to a desk with the child's SNILS
		if r := x.answered(t, father, x.sent(t, father, papers(f.child))); r.Refusal != mandate.RefusedTaken {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

// held is a portal in which somebody gets the SNILS this very moment, each time.
type held struct{ mandate.Levels }

func (held) GrantInsured(context.Context, *store.Tx, access.Actor, string, func(*account.Profile)) (account.Account, error) {
	return account.Account{}, account.ErrSnilsTaken
}

func TestASNILSThatIsTakenAtTheLastMomentEndsTheRequestWithAWord(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		x.Levels = held{x.Levels}
		if r := x.answered(t, mother, x.sent(t, mother, papers(f.child))); r.Refusal != mandate.RefusedTaken {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

func TestAParentWhoIsConfirmedNoMoreWhenTheRegistersAnswerOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		r := x.sent(t, mother, papers(f.child))
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.World.Accounts.Update(ctx, tx, mother.ID, func(a *account.Account) error { a.Level = access.Simplified; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, mother, r); r.Refusal != mandate.RefusedLevel {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

// G13.
func TestOneCertificateIsTriedFewTimesFromWhateverAccounts(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)
		for range x.World.Policy.Registers.ChecksPerDocument.Max {
			who := x.confirmed(t, f[1].father) // whoever it is
			f[1].father.SNILS = ""             // of one resident one account holds the SNILS
			x.answered(t, who, x.sent(t, who, papers(f[0].child)))
		}
		mother := x.confirmed(t, f[0].mother)
		r, err := x.Open(ctx, mother)
		if err != nil {
			t.Fatal(err)
		}
		p := papers(f[0].child)
		p.SNILS = ""
		for _, step := range r.Steps() {
			if r, err = x.Fill(ctx, mother, r.ID, step, p); err != nil {
				t.Fatal(err)
			}
		}
		_, err = x.Send(ctx, mother, r.ID, true)
		if f, ok := fault.Of(err); !errors.Is(err, mandate.ErrChecks) || !ok || f.RetryAt.IsZero() {
			t.Errorf("once more: %v", err)
		}
	})
}

// G13.
func TestAParentWhoHasAccessKeepsTheOtherWaitingByNoTries(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		x.opened(t, father, papers(f.child))
		for range x.World.Policy.Registers.ChecksPerDocument.Max - 1 {
			x.answered(t, father, x.sent(t, father, papers(f.child)))
		}
		if r := x.answered(t, mother, x.sent(t, mother, papers(f.child))); r.State != mandate.Joined {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

func TestTheParentsAreToldOfTheBirthdayAheadAndTheirAccessEndsWithIt(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		x.answered(t, father, x.sent(t, father, papers(f.child)))
		child, err := x.Child(ctx, mother, childID)
		if err != nil {
			t.Fatal(err)
		}
		born, _ := time.Parse(time.DateOnly, f.child.BirthDate)
		zone, _ := time.LoadLocation("Europe/Moscow")
		day := time.Date(born.Year()+14, born.Month(), born.Day(), 0, 0, 0, 0, zone)
		if !child.Until.Equal(day) {
			t.Errorf("the mandate ends %s, want %s", child.Until, day)
		}
		age := func(at time.Time) {
			x.clock.Advance(at.Sub(x.clock.Now()))
			for range 2 { // the second time does nothing
				if err := errors.Join(x.Age(ctx), x.proof.Age(ctx)); err != nil {
					t.Fatal(err)
				}
			}
			jobstest.Settle(t, x.World.Jobs)
		}
		told := func(what string) (n int) {
			for _, m := range append(x.Outbox.To(x.mail(1)), x.Outbox.To(x.mail(2))...) {
				if strings.Contains(m.Body, what) {
					n++
				}
			}
			return n
		}
		age(day.Add(-31 * 24 * time.Hour))
		if n := told("скоро исполнится 14"); n != 0 {
			t.Errorf("told %d times 31 days before", n)
		}
		age(day.Add(-30 * 24 * time.Hour))
		if n := told("скоро исполнится 14"); n != 2 {
			t.Errorf("told %d times, want both parents once", n)
		}
		age(day.Add(-time.Second))
		if _, err := x.Child(ctx, mother, childID); err != nil {
			t.Errorf("a second before the birthday: %v", err)
		}
		x.clock.Advance(time.Second)
		for _, who := range []access.Actor{mother, father} { // before any job came by
			if _, err := x.Child(ctx, who, childID); !errors.Is(err, mandate.ErrMissing) {
				t.Errorf("on the birthday: %v", err)
			}
			if _, err := x.Act(ctx, x.World.DB, who, childID); !errors.Is(err, mandate.ErrMissing) {
				t.Errorf("on the birthday: %v", err)
			}
		}
		age(day)
		if n := told("доступ к его учётной записи закончился"); n != 2 {
			t.Errorf("told %d times of the end, want both parents once", n)
		}
		if l := x.level(t, childID); l != access.Simplified {
			t.Errorf("a certificate of birth still gives %s", l)
		}
	})
}

func TestWhatIsToldToTheChildsAccountIsToldToTheParentsOnce(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		x.answered(t, father, x.sent(t, father, papers(f.child)))
		jobstest.Settle(t, x.World.Jobs)
		for i, topic := range []notification.Topic{notification.Support, notification.Security} { // a child has no contact for either
			text := fmt.Sprintf("Поддержка ответила %d.", i)
			note := notification.Note{Topic: topic, Subject: i18n.Text{RU: "Ответ", EN: "Answer"}, Body: i18n.Text{RU: text, EN: "Support answered."}, Path: "support"}
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error { return x.World.Notices.Tell(ctx, tx, childID, note) }); err != nil {
				t.Fatal(err)
			}
			for n := 1; n <= 2; n++ {
				if m := x.Last(t, x.mail(n)); !strings.Contains(m.Body, text) || !strings.Contains(m.Body, "/cabinet/children/"+childID) {
					t.Errorf("parent %d reads %q", n, m.Body)
				}
			}
			inbox, err := x.World.Notices.Inbox(ctx, access.Actor{Kind: access.Person, ID: childID}, 10)
			if err != nil || len(inbox) != i+1 {
				t.Fatal(len(inbox), err)
			}
			if err := x.World.Notices.Deliver(ctx, notification.Deliver{Notice: inbox[0].ID, Channel: "guardians"}); err != nil { // a job that runs twice
				t.Fatal(err)
			}
			jobstest.Settle(t, x.World.Jobs)
			n := 0
			for _, m := range x.Outbox.To(x.mail(1)) {
				if strings.Contains(m.Body, text) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("told %d times", n)
			}
		}
	})
}

func TestWhatIsOfNoUseAnyMoreIsSentToNoParent(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		childID := x.opened(t, mother, papers(f.child))
		for text, until := range map[string]time.Time{"Приём завтра.": x.clock.Now().Add(time.Hour), "Приём начался.": x.clock.Now().Add(-time.Second)} {
			note := notification.Note{Topic: notification.Visit, Subject: i18n.Text{RU: "Приём", EN: "Visit"}, Body: i18n.Text{RU: text, EN: text}, Path: "appointments/x", Until: until}
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error { return x.World.Notices.Tell(ctx, tx, childID, note) }); err != nil {
				t.Fatal(err)
			}
		}
		jobstest.Settle(t, x.World.Jobs)
		inbox, err := x.World.Notices.Inbox(ctx, mother, 10)
		said := slices.DeleteFunc(inbox, func(n notification.Notice) bool { return n.Note.Topic != notification.Visit })
		if err != nil || len(said) != 2 {
			t.Errorf("the parent's inbox says %+v, %v", said, err)
		}
		sent := 0
		for _, m := range x.Outbox.To(x.mail(1)) {
			if strings.Contains(m.Body, "Приём завтра.") {
				sent++
			}
			if strings.Contains(m.Body, "Приём начался.") {
				t.Errorf("the parent is sent %q", m.Body)
			}
		}
		if sent != 1 {
			t.Errorf("of what is of use %d letters were sent", sent)
		}
	})
}

// CAB-4: a hundred are told in as many statements as one is, each as if told alone; whoever was erased is passed over.
func TestManyAreToldInAsManyStatementsAsOneIs(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		childID := x.opened(t, mother, papers(f.child))
		jobstest.Settle(t, x.World.Jobs)
		say := func(text string) notification.Note {
			return notification.Note{Topic: notification.Document, Subject: i18n.Text{RU: "Документ", EN: "Paper"}, Body: i18n.Text{RU: text, EN: text}, Path: "documents"}
		}
		tell := func(list ...notification.Telling) (statements int64) {
			t.Helper()
			counted, n := store.Counting(ctx)
			if err := x.World.DB.Write(counted, func(tx *store.Tx) error { return x.World.Notices.TellMany(counted, tx, list) }); err != nil {
				t.Fatal(err)
			}
			return n.Load()
		}
		one := tell(notification.Telling{Account: childID, Note: say("раз")})
		many := []notification.Telling{{Account: "erased", Note: say("никому")}, {Account: mother.ID, Note: say("матери")}}
		for i := range 98 {
			many = append(many, notification.Telling{Account: childID, Note: say(fmt.Sprint("ребёнку ", i))})
		}
		if n := tell(many...); n != one {
			t.Errorf("%d statements for a hundred, %d for one", n, one)
		}
		jobstest.Settle(t, x.World.Jobs)
		said := func(accountID, of string) (n int) {
			t.Helper()
			inbox, err := x.World.Notices.Inbox(ctx, access.Actor{Kind: access.Person, ID: accountID}, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, notice := range inbox {
				if strings.Contains(notice.Note.Body.RU, of) {
					n++
				}
			}
			return n
		}
		if child, own, relayed := said(childID, "ребёнку"), said(mother.ID, "матери"), said(mother.ID, "ребёнку"); child != 98 || own != 1 || relayed != 98 {
			t.Errorf("the child has %d, its mother %d of her own and %d of the child's", child, own, relayed)
		}
		if tell(many[0]) >= one {
			t.Error("who was erased is written to")
		}
		err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			return x.World.Notices.TellMany(ctx, tx, []notification.Telling{{Account: mother.ID, Note: notification.Note{Topic: notification.Security}}})
		})
		if err == nil {
			t.Error("what is about safety was told without its own ways")
		}
	})
}

// AUTH-5: there is nothing to sign in with.
func TestNobodySignsInToAChildsAccount(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		childID := x.opened(t, mother, papers(f.child))
		var n int
		for _, text := range []string{`SELECT count(*) FROM password WHERE account_id = $1`, `SELECT count(*) FROM contact WHERE account_id = $1`, `SELECT count(*) FROM session WHERE owner_id = $1`} {
			if err := x.World.DB.QueryRow(ctx, text, childID).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", text, n, err)
			}
		}
	})
}

func TestTheLastParentsErasureTakesTheChildAndAnothersDoesNot(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)
		mother, father := x.confirmed(t, f[0].mother), x.confirmed(t, f[0].father)
		both := x.opened(t, mother, papers(f[0].child))
		x.answered(t, father, x.sent(t, father, papers(f[0].child)))
		if list := x.wards(t, mother); len(list) != 0 {
			t.Errorf("the father stays, and %v would go", list)
		}
		erase := func(accountID string) {
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error { return x.Erase(ctx, tx, accountID) }); err != nil {
				t.Fatal(err)
			}
		}
		erase(mother.ID)
		if _, err := x.Child(ctx, father, both); err != nil {
			t.Errorf("the father lost the child: %v", err)
		}
		if list := x.wards(t, father); !slices.Equal(list, []string{both}) {
			t.Errorf("with the last parent goes %v, want %s", list, both)
		}
		erase(both)
		erase(father.ID)
		for _, table := range []string{"mandate", "child", "child_request", "child_check"} {
			var n int
			if err := x.World.DB.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows of %s, %v", n, table, err)
			}
		}
	})
}

// REG-12, REG-13: an account of one's own that one took over is no other parent, whose child stays.
func TestWhatIsLeftInAParentsFormerAccountIsNoOtherParent(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		former := x.confirmed(t, f.mother)
		childID := x.opened(t, former, papers(f.child))
		mother := x.simplified(t)
		x.clock.Advance(time.Second)
		x.takesOver(t, mother, f.mother, former.ID)
		if list := x.wards(t, former, mother); !slices.Equal(list, []string{childID}) {
			t.Errorf("before anything was moved goes %v, want %s", list, childID)
		}
		mother.Level = access.Confirmed
		x.answered(t, mother, x.sent(t, mother, papers(f.child))) // she does not wait for it
		x.move(t, former.ID)
		for _, who := range []access.Actor{former, mother} {
			if list := x.held(t, who.ID); !slices.Equal(list, []string{childID}) {
				t.Fatalf("%v is held, which shows nothing", list)
			}
		}
		if list := x.wards(t, former, mother); !slices.Equal(list, []string{childID}) {
			t.Errorf("with the last parent goes %v, want %s", list, childID)
		}
		father := x.confirmed(t, f.father)
		x.answered(t, father, x.sent(t, father, papers(f.child)))
		if list := x.wards(t, former, mother); len(list) != 0 {
			t.Errorf("the father stays, and %v would go", list)
		}
	})
}

// What only a register knows is not in the copy of whoever is not confirmed.
func TestTheNumberOfTheRecordOfTheBirthIsInTheCopyOfAConfirmedPersonAlone(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)
		mother, father := x.confirmed(t, f[0].mother), x.confirmed(t, f[0].father)
		childID := x.opened(t, mother, papers(f[0].child))
		wrong := papers(f[0].child)
		wrong.SNILS = f[1].child.SNILS // the civil-status register matches, and the fund does not
		x.answered(t, father, x.sent(t, father, wrong))
		told := func(accountID string) bool {
			t.Helper()
			seen, yes := 0, false
			if err := x.Export(ctx, x.World.DB, accountID, func(_ string, row any) error {
				text, err := json.Marshal(row)
				seen, yes = seen+1, yes || strings.Contains(string(text), f[0].child.BirthCertificate.Act)
				return err
			}); err != nil || seen == 0 {
				t.Fatal(seen, err)
			}
			return yes
		}
		if told(childID) {
			t.Error("the copy of the child's account gives it")
		}
		if !told(father.ID) {
			t.Error("a Confirmed parent does not read what the register said")
		}
		for accountID, level := range map[string]access.Level{father.ID: access.Standard, childID: access.Confirmed} {
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.World.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error { a.Level = level; return nil })
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if told(father.ID) {
			t.Error("a parent who lost the level reads it")
		}
		if !told(childID) {
			t.Error("the child, once Confirmed, does not read it")
		}
	})
}

// wards are the accounts that would be erased with the parent, of whom these are all the accounts.
func (x *town) wards(t *testing.T, who ...access.Actor) []string {
	t.Helper()
	var accounts []string
	for _, one := range who {
		accounts = append(accounts, one.ID)
	}
	list, err := x.Wards(ctx, x.World.DB, accounts)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnAccountThatTheChildHasTakenStaysWhenTheLastParentGoes(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, father, _ := x.nearly(t, 20)
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error { return x.Erase(ctx, tx, father.ID) }); err != nil {
			t.Fatal(err)
		}
		if list := x.wards(t, mother); !slices.Equal(list, []string{childID}) {
			t.Fatalf("before it is handed over, with the last parent goes %v", list)
		}
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		x.taken(t)
		if list := x.wards(t, mother); len(list) != 0 {
			t.Errorf("with the last parent goes %v, which the child has taken", list)
		}
	})
}

func TestAfterTheBirthdayNoParentTakesTheAccountAlong(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		childID := x.opened(t, mother, papers(f.child))
		child, err := x.Child(ctx, mother, childID)
		if err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(child.Until.Add(-time.Second).Sub(x.clock.Now()))
		if list := x.wards(t, mother); !slices.Equal(list, []string{childID}) {
			t.Fatalf("a second before the birthday goes %v", list)
		}
		x.clock.Advance(time.Second) // before any job came by
		if list := x.wards(t, mother); len(list) != 0 {
			t.Errorf("on the birthday goes %v", list)
		}
	})
}

func TestWhoeverComesWhileTheAccountIsErasedWithTheOtherParentWaitsAndOpensItAnew(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		x.Erasing = func(_ context.Context, _ store.Querier, accountID string) (bool, error) {
			return accountID == childID, nil
		}
		r := x.sent(t, father, papers(f.child))
		for i, c := range r.Checks {
			if err := x.Ask(ctx, mandate.AskRegister{Request: r.ID, Register: c.Register, Round: r.Round}); (err != nil) != (i == len(r.Checks)-1) {
				t.Fatalf("%s: %v", c.Register, err)
			}
		}
		if list, err := x.Children(ctx, father); err != nil || len(list) != 0 {
			t.Fatalf("the father got an account that goes: %v, %v", list, err)
		}
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(x.World.Accounts.Erase(ctx, tx, childID), x.proof.Erase(ctx, tx, childID), x.Erase(ctx, tx, childID))
		}); err != nil {
			t.Fatal(err)
		}
		if r = x.answered(t, father, r); r.State != mandate.Opened || r.ChildID == childID {
			t.Errorf("%s %q", r.State, r.Refusal)
		}
	})
}

func TestTheLevelOfAChildFollowsTheLinesOfThePolicy(t *testing.T) {
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	have := func(kinds ...policy.Evidence) []verification.Evidence {
		var out []verification.Evidence
		for _, k := range kinds {
			out = append(out, verification.Evidence{Kind: k, At: now})
		}
		return out
	}
	for _, c := range []struct {
		have []verification.Evidence
		want access.Level
	}{
		{have(policy.EvidenceBirth, policy.EvidenceParent), access.Simplified},
		{have(policy.EvidenceBirth, policy.EvidenceSNILS), access.Simplified},
		{have(policy.EvidenceParent, policy.EvidenceSNILS), access.Simplified},
		{have(policy.EvidenceBirth, policy.EvidenceParent, policy.EvidenceSNILS), access.Standard},
	} {
		if got := verification.LevelOf(policy.Default().Levels, c.have, now); got != c.want {
			t.Errorf("%v gives %s, want %s", c.have, got, c.want)
		}
	}
}
