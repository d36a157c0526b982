package verification_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/verification"
)

// kinds are residents with every kind of identity document.
func kinds(t *testing.T, x *system.System) map[form.IdentityKind]sandbox.Resident {
	t.Helper()
	out := map[form.IdentityKind]sandbox.Resident{}
	for _, r := range x.World.People() {
		if kind := roadtest.Document(r).Kind; out[kind].Surname == "" {
			out[kind] = r
		}
	}
	if len(out) != len(form.Papers()) {
		t.Fatalf("the sandbox has people with %d kinds of documents, there are %d", len(out), len(form.Papers()))
	}
	return out
}

func evidence(t *testing.T, x *system.System, who access.Actor) verification.Evidence {
	t.Helper()
	have, err := x.Verification.Evidence(ctx, x.DB, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range have {
		if e.Kind == policy.EvidenceDocument && e.EndedAt.IsZero() {
			return e
		}
	}
	return verification.Evidence{}
}

// REG-13, LVL-2: whoever has another document than a passport becomes Standard by it, and it counts until its own end.
func TestEveryKindOfDocumentMakesAnAccountStandard(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		people := kinds(t, x)
		delete(people, form.BirthCertificate) // a child's: TestNobodyProvesToBeAChildByPapersAlone
		owners, n := map[form.IdentityKind]access.Actor{}, 0
		for kind, r := range people {
			n++
			owners[kind] = newcomer(t, x, fmt.Sprintf("+7999000%04d", 100+n))
			send(t, x, owners[kind], papers(r))
		}
		for kind, r := range people {
			who := owners[kind]
			p := concluded(t, x, who)
			if levelOf(t, x, who) != access.Standard {
				t.Errorf("%s: %s, %+v", kind, levelOf(t, x, who), p.Checks)
				continue
			}
			a, err := x.Accounts.Get(ctx, x.DB, who.ID)
			want := roadtest.Document(r)
			if err != nil || a.Profile.Document == nil || a.Profile.Document.Kind != kind || a.Profile.Document.Number != want.Number || a.Profile.Sources["document"].From != account.FromMVD {
				t.Errorf("%s: the profile holds %+v from %s, %v", kind, a.Profile.Document, a.Profile.Sources["document"].From, err)
			}
			ends := a.Profile.Document.Ends(roadtest.Day(r.BirthDate))
			until := evidence(t, x, who).Until
			if ends.IsZero() != until.IsZero() || !ends.IsZero() && !until.Equal(ends.In(x.Verification.Zone)) {
				t.Errorf("%s: counts until %s, ends on %s", kind, until, ends)
			}
			if last := want.ExpiresAt; !last.IsZero() && ends != last.Add(0, 0, 1) {
				t.Errorf("%s: valid until %s, ends on %s", kind, last, ends)
			}
		}
	})
}

// REG-13, LVL-2: a birthday and a certificate are known to half a kindergarten. The papers of a child are taken from nobody who types
// them, of whatever kind, and not when they were typed before this was so; from the birthday on they are.
func TestNobodyProvesToBeAChildByPapersAlone(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		child := kinds(t, x)[form.BirthCertificate]
		who := newcomer(t, x, "+79990000111")
		_, err := x.Verification.Fill(ctx, who, verification.StepPerson, papers(child))
		if f := fields(err); len(f) != 1 || f[0].Name != "birth_date" || f[0].Key != verification.OfChild {
			t.Errorf("a child's birthday: %v, %v", err, f)
		}
		birthday := form.DateOf(x.DB.Now().In(x.Verification.Zone)).Add(-14, 0, 0)
		for born, taken := range map[form.Date]bool{birthday.Add(0, 0, 1): false, birthday: true} {
			p := papers(child)
			p.BirthDate = born.Dotted()
			if _, err := x.Verification.Fill(ctx, who, verification.StepPerson, p); (err == nil) != taken {
				t.Errorf("born on %s, 14 on %s: %v", born, birthday.Add(14, 0, 0), err)
			}
		}
		rules := x.Verification.Policy
		defer func() { x.Verification.Policy = rules }()
		before := *rules
		before.Children.UntilAge = 0
		x.Verification.Policy = &before
		who = newcomer(t, x, "+79990000112")
		fill(t, x, who, papers(child))
		x.Verification.Policy = rules
		p, err := x.Verification.Send(ctx, who)
		if step, more := p.Papers.Next(); err != nil || p.State != verification.Entering || !more || step != verification.StepPerson {
			t.Errorf("what was typed before is %s, next %s, %v", p.State, step, err)
		}
		if levelOf(t, x, who) != access.Simplified {
			t.Errorf("a child's papers give %s", levelOf(t, x, who))
		}
	})
}

// LVL-7, REG-13: the same at a desk, up to Confirmed.
func TestEveryKindOfDocumentIsConfirmedAtADesk(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		n := 0
		for kind, r := range kinds(t, x) {
			n++
			who := newcomer(t, x, fmt.Sprintf("+7999000%04d", 200+n))
			p := checked(t, x, who, r)
			var asked []string
			for _, c := range p.Checks {
				asked = append(asked, c.Register)
			}
			keeper := "passport"
			if kind == form.BirthCertificate {
				keeper = "civil"
			}
			if !slices.Equal(asked, []string{"passport", "snils", "inn"}) && !slices.Equal(asked, []string{"snils", "inn", "civil"}) || !slices.Contains(asked, keeper) {
				t.Errorf("%s: asked %v", kind, asked)
			}
			if p, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil || p.State != verification.Confirmed {
				t.Errorf("%s: %s, %v, %+v", kind, p.State, err, p.Checks)
				continue
			}
			if a, err := x.Accounts.Get(ctx, x.DB, who.ID); err != nil || a.Level != access.Confirmed || a.Profile.Document.Kind != kind {
				t.Errorf("%s: %s with %+v, %v", kind, a.Level, a.Profile.Document, err)
			} else if kind == form.BirthCertificate && (a.Profile.Sources["document"].From != account.FromZAGS || evidence(t, x, who).Until != roadtest.Day(r.BirthDate).Add(14, 0, 0).In(x.Verification.Zone).UTC()) {
				t.Errorf("a certificate of birth: %+v, %+v", a.Profile.Sources, evidence(t, x, who))
			}
		}
	})
}

// LVL-3: what a register says of such a document leads to its own code, to what to do, and to the field.
func TestAWrongForeignDocumentOrCertificateIsToldByCodeAndRemedy(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		people := kinds(t, x)
		for i, c := range []struct {
			kind        form.IdentityKind
			change      func(*verification.Papers)
			code, field string
		}{
			{form.ForeignDocument, func(p *verification.Papers) { p.Document.ExpiresAt = form.Date{} }, "MVD-213", "document_expires_at"},
			{form.ResidencePermit, func(p *verification.Papers) { p.Document.Number, p.INN = "830000001", "" }, "MVD-201", "document_number"},
			{form.BirthCertificate, func(p *verification.Papers) { p.Document.IssuedAt = p.Document.IssuedAt.Add(0, 0, 1) }, "ZAGS-712", "document_issued_at"},
		} {
			who := newcomer(t, x, fmt.Sprintf("+7999000%04d", 300+i))
			wrong := papers(people[c.kind])
			c.change(&wrong)
			var p verification.Proof
			own := c.kind != form.BirthCertificate // a child's is shown at a desk
			if own {
				send(t, x, who, wrong)
				p = concluded(t, x, who)
			} else if p = open(t, x, who); true {
				if _, err := x.Verification.Enter(ctx, operator, p.ID, wrong); err != nil {
					t.Fatal(err)
				}
				p = await(t, x, p.ID, "the registers", answered)
			}
			if (p.Refusal == verification.RefusedAnswers) != own || p.Ready() || levelOf(t, x, who) != access.Simplified {
				t.Fatalf("%s: %q at %s", c.kind, p.Refusal, levelOf(t, x, who))
			}
			told := false
			for _, check := range p.Checks {
				a, found := verification.Advise(check.Answer)
				if !found {
					continue
				}
				told = true
				if a.Code != c.code || a.Field != c.field || !i18n.Has(a.Remedy) || i18n.RU.T(a.Remedy) == i18n.RU.T("verification.remedy."+string(check.Answer.Verdict)) {
					t.Errorf("%s: %+v, want %s at %s", c.kind, a, c.code, c.field)
				}
			}
			if !told {
				t.Errorf("%s: nothing is said: %+v", c.kind, p.Checks)
			}
			if !own {
				continue
			}
			if _, err := x.Verification.Fill(ctx, who, verification.StepPassport, papers(people[c.kind])); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Verification.Send(ctx, who); err != nil {
				t.Fatal(err)
			}
			if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
				t.Errorf("%s: corrected papers give %s", c.kind, levelOf(t, x, who))
			}
		}
	})
}

// A foreign document that runs out takes the level down as a passport does (LVL-13).
func TestADocumentThatRanOutTakesTheLevelDown(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := newcomer(t, x, "+79990000401")
		send(t, x, who, papers(kinds(t, x)[form.TemporaryCard]))
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Fatal(levelOf(t, x, who))
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // its day has come
			return tx.Do(ctx, `UPDATE evidence SET until_at = $1 WHERE account_id = $2 AND kind = 'document'`, tx.Now(), who.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.Age(ctx); err != nil || levelOf(t, x, who) != access.Simplified {
			t.Errorf("%v, %s", err, levelOf(t, x, who))
		}
		said(t, x, who.ID, "message.lost.expired")
	})
}

// A document that the register of its kind no longer knows is found at the next look, be it the ministry or the civil-status register.
func TestEachRegisterIsAskedAgainAboutItsOwnDocuments(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		people := kinds(t, x)
		for i, kind := range []form.IdentityKind{form.ForeignDocument, form.BirthCertificate} {
			who := newcomer(t, x, fmt.Sprintf("+7999000%04d", 500+i))
			p := checked(t, x, who, people[kind])
			if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil {
				t.Fatal(err)
			}
			job := verification.Recheck{Account: who.ID, Evidence: evidence(t, x, who).ID}
			if err := x.Verification.Again(ctx, job); err != nil || levelOf(t, x, who) != access.Confirmed {
				t.Fatalf("%s as it was: %v, %s", kind, err, levelOf(t, x, who))
			}
			if err := x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
					a.Profile.Document.Number = "000001"
					return nil
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := x.Verification.Again(ctx, job); err != nil || levelOf(t, x, who) != access.Confirmed {
				t.Fatalf("%s that nobody knows, said once: %v, %s", kind, err, levelOf(t, x, who))
			}
			doubted(t, x)
			if err := x.Verification.Again(ctx, job); err != nil || levelOf(t, x, who) != access.Simplified {
				t.Errorf("%s that nobody knows: %v, %s", kind, err, levelOf(t, x, who))
			}
		}
	})
}

// Papers that somebody left half filled in before there were kinds of documents are still theirs.
func TestPapersSealedWhenAPassportWasTheOnlyDocumentStillOpen(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		who := newcomer(t, x, "+79990000601")
		fill(t, x, who, papers(r))
		p, _, err := x.Verification.Own(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		q := r.Passport
		snils, _ := form.SNILS(r.SNILS)
		old := fmt.Sprintf(`{"Surname":%q,"GivenName":%q,"Patronymic":%q,"BirthDate":%q,"Sex":%q,"SNILS":%q,"INN":%q,"Series":%q,"Number":%q,"IssuedAt":%q,"IssuedBy":%q,"DepartmentCode":%q,
			"Address":%q,"Filled":["person","passport","numbers","addresses"]}`, r.Surname, r.GivenName, r.Patronymic, r.BirthDate, p.Papers.Sex, snils, r.INN, q.Series, q.Number, q.IssuedAt, q.IssuedBy,
			q.DepartmentCode, r.Address)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			key, err := x.Ring.Person(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			return tx.Do(ctx, `UPDATE proof SET papers = $1 WHERE id = $2`, key.Seal("proof", "papers", p.ID, []byte(old)), p.ID)
		}); err != nil {
			t.Fatal(err)
		}
		p, _, err = x.Verification.Own(ctx, who)
		if err != nil || p.Papers.Document != roadtest.Document(r) || p.Papers.Surname != r.Surname || p.Papers.Address != r.Address {
			t.Fatalf("opened as %+v, %v", p.Papers, err)
		}
		if _, err := x.Verification.Send(ctx, who); err != nil {
			t.Fatal(err)
		}
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Errorf("they give %s", levelOf(t, x, who))
		}
	})
}

func TestChoosingAnotherDocumentForgetsNothingThatWasTyped(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := kinds(t, x)[form.ForeignDocument]
		who := newcomer(t, x, "+79990000701")
		if _, err := x.Verification.Fill(ctx, who, verification.StepPerson, papers(r)); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.Choose(ctx, who, map[string]string{"document_kind": "foreign_document", "passport_series": "45", "document_number": "N99", "colour": "blue"}); err != nil {
			t.Fatal(err)
		}
		p, _, err := x.Verification.Own(ctx, who)
		today := form.DateOf(x.DB.Now().In(x.Verification.Zone))
		if err != nil || p.Papers.Kind(today) != form.ForeignDocument || p.Papers.Values(form.Passport)["passport_series"] != "45" || p.Papers.Values(form.ForeignDocument)["document_number"] != "N99" {
			t.Errorf("%+v, %v", p.Papers, err)
		}
		if p.Papers.Typed["colour"] != "" {
			t.Error("what is no field of a document is kept")
		}
		if step, more := p.Papers.Next(); !more || step != verification.StepPassport {
			t.Errorf("next is %s", step)
		}
		_, err = x.Verification.Fill(ctx, who, verification.StepPassport, verification.Papers{Typed: map[string]string{"document_kind": "telex"}})
		if f := fields(err); len(f) != 1 || f[0].Name != "document_kind" {
			t.Errorf("a kind that is none: %v", f)
		}
		_, err = x.Verification.Fill(ctx, who, verification.StepPassport, verification.Papers{Typed: map[string]string{"document_kind": "birth_certificate"}})
		if f := fields(err); len(f) < 2 || f[0].Name != "document_kind" || f[0].Key != "form.identity.old" {
			t.Errorf("a certificate of birth of an adult: %v", f)
		}
	})
}

// The names of the contract: whoever posts the fields of a passport without a word on the kind of document posts a passport.
func TestAPassportNeedsNoWordOnItsKind(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := kinds(t, x)[form.Passport]
		who := newcomer(t, x, "+79990000900")
		if _, err := x.Verification.Fill(ctx, who, verification.StepPerson, papers(r)); err != nil {
			t.Fatal(err)
		}
		p, err := x.Verification.Fill(ctx, who, verification.StepPassport, verification.Papers{Typed: roadtest.Document(r).Values()})
		if err != nil || p.Papers.Document.Kind != form.Passport {
			t.Errorf("it is read as %+v, %v", p.Papers.Document, err)
		}
	})
}

// A document that no register here keeps proves nothing: it is refused, and not let through by the SNILS alone.
func TestADocumentThatNobodyHereKeepsIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		all := x.Verification.Registers
		x.Verification.Registers = slices.DeleteFunc(slices.Clone(all), func(r verification.Register) bool { return r.Name() == "passport" })
		defer func() { x.Verification.Registers = all }()
		r := kinds(t, x)[form.Passport]
		who := newcomer(t, x, "+79990000801")
		fill(t, x, who, papers(r))
		if _, err := x.Verification.Send(ctx, who); !errors.Is(err, verification.ErrNobody) {
			t.Errorf("sent: %v", err)
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); !errors.Is(err, verification.ErrNobody) {
			t.Errorf("at a desk: %v", err)
		}
		for _, alone := range []string{"snils", "passport"} {
			p = verification.Proof{State: verification.Checking, Checks: []verification.Check{{Register: alone, Answered: true, Answer: verification.Answer{Verdict: verification.Match, At: time.Now()}}}}
			if p.Ready() {
				t.Errorf("a match of %s alone is enough to confirm", alone)
			}
		}
	})
}

// Where the social fund cannot be asked, a SNILS is nobody's: typed, it is not granted, and nothing is asked in vain.
func TestASNILSThatNobodyHereChecksIsGrantedToNobody(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		all := x.Verification.Registers
		x.Verification.Registers = slices.DeleteFunc(slices.Clone(all), func(r verification.Register) bool { return r.Name() == "snils" })
		defer func() { x.Verification.Registers = all }()
		r, others := x.World.People()[0], x.World.People()[1].SNILS
		who, typed := newcomer(t, x, "+79990000802"), papers(r)
		typed.SNILS = others
		fill(t, x, who, typed)
		if _, err := x.Verification.Send(ctx, who); !errors.Is(err, verification.ErrUninsured) {
			t.Errorf("sent: %v", err)
			concluded(t, x, who)
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, typed); !errors.Is(err, verification.ErrUninsured) {
			t.Errorf("at a desk: %v", err)
		}
		a, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if err != nil || a.Level != access.Simplified || a.Profile.SNILS != "" {
			t.Errorf("level %s with a SNILS %t, %v", a.Level, a.Profile.SNILS != "", err)
		}
		var asked int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM register_check c JOIN proof p ON p.id = c.proof_id WHERE p.account_id = $1`, who.ID).Scan(&asked); err != nil || asked != 0 {
			t.Errorf("%d registers were asked, %v", asked, err)
		}
	})
}
