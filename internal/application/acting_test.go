package application_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/contact"
	"okno/internal/document"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/verification"
)

const (
	number = "fns.inn"
	abroad = "mvd.international-passport"
)

// kin is a family of the sandbox of which both parents have accounts, and the child has the one that they opened.
type kin struct {
	mother, father access.Actor
	child          string
	born           sandbox.Resident
}

// forChild is the parent as they act for the child.
func (f kin) forChild(parent access.Actor) access.Actor { return parent.Acting(f.child, access.Child) }

func family(t *testing.T, x *system.System) kin {
	t.Helper()
	people := x.World.People()
	find := func(p *sandbox.Parent) int {
		return slices.IndexFunc(people, func(r sandbox.Resident) bool { return p != nil && p.SNILS != "" && r.SNILS == p.SNILS })
	}
	for _, r := range slices.Backward(people) { // of the first the demo has made accounts
		if r.BirthCertificate == nil || r.Patronymic == "" || r.SNILS == "" || r.BirthDate < time.Now().AddDate(-12, 0, 0).Format(time.DateOnly) {
			continue
		}
		m, f := find(r.BirthCertificate.Mother), find(r.BirthCertificate.Father)
		if m < 0 || f < 0 {
			continue
		}
		out := kin{mother: parent(t, x, people[m], "mother@okno.example"), father: parent(t, x, people[f], "father@okno.example"), born: r}
		out.child = opens(t, x, out.mother, r, mandate.Opened)
		opens(t, x, out.father, r, mandate.Joined)
		return out
	}
	t.Fatal("the sandbox has no family")
	return kin{}
}

// parent is the account of a resident, Confirmed as at a desk.
func parent(t *testing.T, x *system.System, r sandbox.Resident, mail string) access.Actor {
	t.Helper()
	who := access.Actor{Kind: access.Person, ID: id.New(), Level: access.Confirmed}
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.Ring.NewPerson(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := x.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		if err := x.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Email, Value: mail}); err != nil {
			return err
		}
		_, err = x.Verification.Grant(ctx, tx, access.SystemActor(), who.ID, verification.WayCentre, func(to *account.Profile) {
			*to = account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: map[string]string{"male": "m", "female": "f"}[r.Sex], SNILS: plain(r.SNILS)}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return who
}

func plain(number string) string { return strings.NewReplacer("-", "", " ", "").Replace(number) }

// opens has the parent ask for the child's account, and waits for what the registers say.
func opens(t *testing.T, x *system.System, who access.Actor, r sandbox.Resident, as mandate.State) string {
	t.Helper()
	q, err := x.Mandates.Open(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	c := r.BirthCertificate
	papers := mandate.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: form.Dotted(r.BirthDate), Sex: map[string]string{"male": "m", "female": "f"}[r.Sex], SNILS: r.SNILS,
		Series: c.Series, Number: c.Number, IssuedAt: form.Dotted(c.IssuedAt), IssuedBy: c.IssuedBy}
	for _, step := range []mandate.Step{mandate.StepChild, mandate.StepCertificate, mandate.StepNumbers} {
		if _, err := x.Mandates.Fill(ctx, who, q.ID, step, papers); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	if q, err = x.Mandates.Send(ctx, who, q.ID, true); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if q, err = x.Mandates.Request(ctx, who, q.ID); err != nil {
			t.Fatal(err)
		}
		if q.State == as {
			return q.ChildID
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the request is %s, refused %q", q.State, q.Refusal)
	return ""
}

// told counts the notices of the account that lead to the case.
func told(t *testing.T, x *system.System, who access.Actor, caseID string) int {
	t.Helper()
	list, err := x.Notices.Inbox(ctx, who, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, one := range list {
		if strings.Contains(one.Note.Path, caseID) {
			n++
		}
	}
	return n
}

// Representation (issue: a parent for a child, from the register).
func TestAParentAppliesForTheirChildWhoseTheCaseAndThePaperAre(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		f := family(t, x)
		acting := f.forChild(f.mother)
		own, err := x.Applications.Begin(ctx, f.mother, number)
		if err != nil {
			t.Fatal(err)
		}
		fathers, err := x.Applications.Begin(ctx, f.forChild(f.father), number)
		if err != nil {
			t.Fatal(err)
		}
		c := file(t, x, acting, number, map[string][]string{"reason": {"first"}})
		if c.ID == own.ID || c.ID == fathers.ID {
			t.Error("somebody else's draft was sent")
		}
		p := c.Content.Profile
		if c.AccountID != f.child || c.By != f.mother.ID || p[procedure.SNILS].Value != plain(f.born.SNILS) || p[procedure.GivenName].Value != f.born.GivenName {
			t.Errorf("of %s by %s: %+v", c.AccountID, c.By, p)
		}
		if p[procedure.Acting].Value != string(access.Child) || p[procedure.RepresentativeSNILS].Value != plain(f.born.BirthCertificate.Mother.SNILS) || p[procedure.Email].Value != "mother@okno.example" {
			t.Errorf("it does not say who filed it: %+v", p)
		}
		c = await(t, x, f.mother, c.ID, "an end", func(c application.Case) bool { return c.Outcome != "" })
		if c.Outcome != procedure.Granted {
			t.Fatalf("%s", c.State)
		}
		child := access.Actor{Kind: access.Person, ID: f.child, Level: access.Standard}
		for name, who := range map[string]access.Actor{"mother": f.mother, "child": child} {
			list, err := x.Applications.List(ctx, x.DB, who, 10)
			if err != nil || len(list) != 1 || list[0].ID != c.ID {
				t.Errorf("the %s lists %d: %v", name, len(list), err)
			}
		}
		for name, who := range map[string]access.Actor{"father": f.father, "father acting": f.forChild(f.father)} {
			if _, err := x.Applications.Get(ctx, who, c.ID); !errors.Is(err, application.ErrMissing) {
				t.Errorf("the %s sees what the mother filed: %v", name, err)
			}
			if list, err := x.Applications.List(ctx, x.DB, who, 10); err != nil || len(list) > 0 {
				t.Errorf("the %s lists %d: %v", name, len(list), err)
			}
		}
		if n := told(t, x, f.mother, c.ID); n == 0 {
			t.Error("the mother was told nothing")
		}
		for name, who := range map[string]access.Actor{"father": f.father, "child": child} {
			if n := told(t, x, who, c.ID); n > 0 {
				t.Errorf("the %s was told %d times of what the mother filed", name, n)
			}
		}
		papers, err := x.Papers.List(ctx, acting)
		if err != nil || len(papers) != 1 {
			t.Fatalf("%d papers of the child: %v", len(papers), err)
		}
		acting.AuthAt, acting.Methods = x.DB.Now(), "pwd sms" // a second factor a moment ago
		if _, _, err := x.Papers.Open(ctx, acting, papers[0].ID); err != nil {
			t.Error(err)
		}
		f.mother.AuthAt, f.mother.Methods = acting.AuthAt, acting.Methods
		if _, _, err := x.Papers.Open(ctx, f.mother, papers[0].ID); !errors.Is(err, document.ErrMissing) {
			t.Error("the child's paper is among the mother's own")
		}
		var by, whose string
		if err := x.DB.QueryRow(ctx, `SELECT actor_id, subject FROM audit_event WHERE action = 'application.submitted' AND object = $1`, "case/"+c.ID).Scan(&by, &whose); err != nil || by != f.mother.ID || whose != f.child {
			t.Errorf("the record says that %s did it to %s: %v", by, whose, err)
		}
		begun, err := x.Applications.Begun(ctx, x.DB, f.father)
		if err != nil || len(begun) != 1 || begun[0].For != f.child || begun[0].Service != number {
			t.Errorf("the father fills in %+v: %v", begun, err)
		}
	})
}

func TestNobodyActsForAChildWithoutAMandateNorAnyLongerThanItStands(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		f := family(t, x)
		stranger, _ := confirmed(t, x)
		for _, who := range []access.Actor{f.forChild(stranger), stranger.Acting(f.mother.ID, access.Child), f.mother.Acting(f.father.ID, access.Child)} {
			if _, err := x.Applications.Begin(ctx, who, number); !errors.Is(err, application.ErrActed) {
				t.Errorf("%s for %s: %v", who.ID, who.For, err)
			}
		}
		if _, err := x.Applications.Begin(ctx, f.forChild(f.mother), income); !errors.Is(err, application.ErrActing) {
			t.Errorf("a service that is had for oneself alone: %v", err)
		}
		weak := f.forChild(f.mother)
		weak.Level = access.Standard
		if _, err := x.Applications.Begin(ctx, weak, abroad); !errors.Is(err, application.ErrLevel) {
			t.Errorf("a parent whose level is too low: %v", err)
		}

		acting := f.forChild(f.mother)
		if err := x.World.SetFault("registers", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		sent := file(t, x, acting, number, map[string][]string{"reason": {"first"}})
		d, err := x.Applications.Begin(ctx, acting, abroad)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE mandate SET ended_at = $1, why = 'deprived' WHERE account_id = $2 AND for_id = $3`, tx.Now(), f.mother.ID, f.child)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Applications.Get(ctx, f.mother, sent.ID); !errors.Is(err, application.ErrMissing) {
			t.Errorf("whose mandate ended sees the case: %v", err)
		}
		if list, err := x.Applications.List(ctx, x.DB, f.mother, 10); err != nil || len(list) > 0 {
			t.Errorf("and lists %d: %v", len(list), err)
		}
		for name, do := range map[string]func() error{
			"reads":    func() error { _, err := x.Applications.Draft(ctx, acting, abroad); return err },
			"fills":    func() error { _, err := x.Applications.SavePage(ctx, acting, abroad, "passport", nil); return err },
			"sends":    func() error { _, err := x.Applications.Submit(ctx, acting, abroad, d.ID); return err },
			"discards": func() error { return x.Applications.Discard(ctx, acting, abroad) },
		} {
			if err := do(); !errors.Is(err, application.ErrActed) {
				t.Errorf("%s the draft: %v", name, err)
			}
		}
		if begun, err := x.Applications.Begun(ctx, x.DB, f.mother); err != nil || len(begun) > 0 {
			t.Errorf("the draft is still offered: %+v, %v", begun, err)
		}
		child := access.Actor{Kind: access.Person, ID: f.child, Level: access.Standard}
		if err := x.World.SetFault("registers", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		c := await(t, x, child, sent.ID, "an end", func(c application.Case) bool { return c.Outcome != "" })
		if told(t, x, child, c.ID) == 0 {
			t.Error("the child is not told how it ended")
		}
		list, err := x.Notices.Inbox(ctx, f.father, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			if strings.Contains(n.Note.Body.RU, c.Number) {
				t.Errorf("the other parent is told of it: %s", n.Note.Body.RU)
			}
		}
	})
}

func TestFilesThatAParentPutsInForTheirChildAreSeenByThatParentAndTheChild(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		f := family(t, x)
		acting := f.forChild(f.mother)
		d, err := x.Applications.Begin(ctx, acting, abroad)
		if err != nil {
			t.Fatal(err)
		}
		if d.Answers.Text("/for_whom") != string(access.Child) {
			t.Errorf("it is for %q", d.Answers.Text("/for_whom"))
		}
		data := picture(t, 500, 600, 1)
		u, err := x.Attachments.Begin(ctx, acting, application.NewUpload{Service: abroad, Slot: "photo", Name: "photo.png", Size: int64(len(data))})
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []access.Actor{f.father, f.forChild(f.father)} {
			if _, err := x.Attachments.Under(ctx, who, u.ID); !errors.Is(err, application.ErrNoUpload) {
				t.Errorf("the other parent goes on with the file: %v", err)
			}
		}
		if _, err := x.Attachments.Append(ctx, f.mother, u.ID, 0, data); err != nil {
			t.Fatal(err)
		}
		a, err := x.Attachments.Finish(ctx, f.mother, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		open := func(who access.Actor) error {
			for range 100 {
				_, _, body, err := x.Attachments.Open(ctx, who, a.ID)
				if err == nil && body.Len() == 0 {
					t.Error("it is empty")
				}
				if !errors.Is(err, application.ErrQuarantine) {
					return err
				}
				time.Sleep(100 * time.Millisecond)
			}
			return application.ErrQuarantine
		}
		for _, who := range []access.Actor{f.mother, acting, {Kind: access.Person, ID: f.child, Level: access.Standard}} {
			if err := open(who); err != nil {
				t.Errorf("%s: %v", who.ID, err)
			}
		}
		for _, who := range []access.Actor{f.father, f.forChild(f.father)} {
			if err := open(who); !errors.Is(err, application.ErrNoFile) {
				t.Errorf("the other parent opens it: %v", err)
			}
		}
		if again, err := x.Applications.Draft(ctx, acting, abroad); err != nil || len(again.Attached) != 1 {
			t.Errorf("%+v: %v", again.Attached, err)
		}
		if err := x.Applications.Discard(ctx, acting, abroad); err != nil {
			t.Fatal(err)
		}
		if err := open(f.mother); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("it outlives the draft: %v", err)
		}
	})
}
