package verification_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/connector/roadtest"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/verification"
	"okno/internal/wallet"
)

// LVL-1, by the table of the requirements: contacts only are Simplified, SNILS and document in the registers Standard, a person
// bound to them Confirmed.
func TestTheLevelFollowsFromTheEvidence(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	yesterday, tomorrow := now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
	e := func(kind policy.Evidence) verification.Evidence {
		return verification.Evidence{ID: string(kind), Kind: kind, At: yesterday}
	}
	until := func(x verification.Evidence, at time.Time) verification.Evidence { x.Until = at; return x }
	ended := func(x verification.Evidence) verification.Evidence {
		x.EndedAt, x.Why = yesterday, verification.Voided
		return x
	}
	snils, document, presence := e(policy.EvidenceSNILS), e(policy.EvidenceDocument), e(policy.EvidencePresence)
	for _, c := range []struct {
		name string
		have []verification.Evidence
		want access.Level
	}{
		{"a contact only", nil, access.Simplified},
		{"a SNILS without a document", []verification.Evidence{snils}, access.Simplified},
		{"a document without a SNILS", []verification.Evidence{document}, access.Simplified},
		{"both matched", []verification.Evidence{snils, document}, access.Standard},
		{"an operator who saw nothing but the face", []verification.Evidence{presence}, access.Simplified},
		{"an operator, and both matched", []verification.Evidence{document, presence, snils}, access.Confirmed},
		{"a passport that runs out tomorrow", []verification.Evidence{snils, until(document, tomorrow), presence}, access.Confirmed},
		{"a passport that runs out now", []verification.Evidence{snils, until(document, now), presence}, access.Simplified},
		{"a passport that was withdrawn", []verification.Evidence{snils, ended(document), presence}, access.Simplified},
		{"a passport that was withdrawn and replaced", []verification.Evidence{snils, ended(document), document, presence}, access.Confirmed},
		{"an operator's word that was taken back", []verification.Evidence{snils, document, ended(presence)}, access.Standard},
		{"evidence of a sort that no rule names", []verification.Evidence{snils, e("horoscope")}, access.Simplified},
	} {
		if got := verification.LevelOf(policy.Default().Levels, c.have, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for kind, why := range map[policy.Evidence]verification.Why{policy.EvidenceDocument: verification.Expired, policy.EvidenceBirth: verification.Grown} { // as Age will say it
		if lost := verification.Lost([]verification.Evidence{snils, until(e(kind), yesterday)}, now); len(lost) != 1 || lost[0].Why != why {
			t.Errorf("lost: %+v, want %s", lost, why)
		}
	}
	if lost := verification.Lost([]verification.Evidence{ended(document), document}, now); len(lost) != 0 {
		t.Errorf("what was replaced is called lost: %+v", lost)
	}
}

// newcomer is a person with an account and a phone and nothing more.
func newcomer(t *testing.T, x *system.System, phone string) access.Actor {
	t.Helper()
	who := access.Actor{Kind: access.Person, ID: id.At(x.DB.Now()), Level: access.Simplified}
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.Ring.NewPerson(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := x.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, Profile: account.Profile{Surname: "Новая", GivenName: "Анна"}}); err != nil {
			return err
		}
		return x.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Phone, Value: phone})
	}); err != nil {
		t.Fatal(err)
	}
	return who
}

// fill enters all of the papers.
func fill(t *testing.T, x *system.System, who access.Actor, papers verification.Papers) {
	t.Helper()
	for _, step := range verification.Steps() {
		if _, err := x.Verification.Fill(ctx, who, step, papers); err != nil {
			t.Fatalf("%s: %v %+v", step, err, fields(err))
		}
	}
}

func send(t *testing.T, x *system.System, who access.Actor, papers verification.Papers) {
	t.Helper()
	fill(t, x, who, papers)
	if _, err := x.Verification.Send(ctx, who); err != nil {
		t.Fatal(err)
	}
}

// concluded waits until the round of checks has come to something.
func concluded(t *testing.T, x *system.System, who access.Actor) verification.Proof {
	t.Helper()
	var p verification.Proof
	for range 600 {
		var err error
		if p, _, err = x.Verification.Own(ctx, who); err != nil {
			t.Fatal(err)
		}
		if p.Ended() || p.Refusal != "" {
			return p
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited for the registers in vain: %+v", p.Checks)
	return p
}

func levelOf(t *testing.T, x *system.System, who access.Actor) access.Level {
	t.Helper()
	a, err := x.Accounts.Get(ctx, x.DB, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a.Level
}

func fields(err error) []fault.Field {
	e, _ := fault.Of(err)
	if e == nil {
		return nil
	}
	return e.Fields
}

// said waits until the person was told so.
func said(t *testing.T, x *system.System, accountID, key string) {
	t.Helper()
	words := i18n.RU.T(key + ".subject")
	for range 200 {
		inbox, err := x.Notices.Inbox(ctx, access.Actor{Kind: access.Person, ID: accountID}, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range inbox {
			if n.Note.Subject.RU == words {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("nobody was told %q", words)
}

// REG-2, LVL-2: papers that match make the account Standard, without a visit, and the person is told.
func TestPapersThatMatchInTheRegistersMakeTheAccountStandard(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		who := newcomer(t, x, "+79990000001")
		send(t, x, who, papers(r))
		p := concluded(t, x, who)
		a, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if err != nil || a.Level != access.Standard || p.State != verification.Confirmed {
			t.Fatalf("%s, %+v, %v", a.Level, p.Checks, err)
		}
		if a.Profile.Sources["document"].From != account.FromMVD || a.Profile.Sources["address"].From != account.Entered || !a.ConfirmedAt.IsZero() {
			t.Errorf("sources %+v, confirmed at %v", a.Profile.Sources, a.ConfirmedAt)
		}
		said(t, x, who.ID, "message.level.standard")
	})
}

// REG-11: what registers hold is shown to Confirmed accounts only; a Standard one learns that what it typed is right, no more.
func TestAStandardAccountLearnsNothingThatItDidNotType(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[5]
		typed := papers(r)
		typed.INN, typed.Address = "", "улица, которой нет в регистре, 1"
		who := newcomer(t, x, "+79990000002")
		send(t, x, who, typed)
		concluded(t, x, who)
		a, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if err != nil || a.Level != access.Standard || a.Profile.INN != "" || a.Profile.Address != typed.Address {
			t.Errorf("%s, INN %q, address %q, %v", a.Level, a.Profile.INN, a.Profile.Address, err)
		}
	})
}

// The fund gives a number to whoever applies with a name and a passport, be it somebody else's; the register behind a form gets it, and the
// applicant sees its end (REG-11).
func TestAStandardAccountReadsInNoFormANumberThatItDidNotType(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[0]
		number := strings.NewReplacer("-", "", " ", "").Replace(r.SNILS)
		x.Verification.Fund = answering{number}
		who, typed := newcomer(t, x, "+79990000805"), papers(r)
		typed.SNILS = ""
		fill(t, x, who, typed)
		if _, err := x.Verification.ApplySNILS(ctx, who, typedOf(x.World.Newcomers()[0])); err != nil {
			t.Fatal(err)
		}
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Fatalf("the account is %s, which shows nothing", levelOf(t, x, who))
		}
		who.Level = access.Standard
		if h, err := x.Wallet.Held(ctx, who, wallet.SNILS); err != nil || !h.Secret || h.Value(wallet.FactNumber) != form.MaskSNILS(number) {
			t.Errorf("among the documents it stands as %+v, %v", h, err)
		}
		const at = "/applicant/snils"
		d, err := x.Applications.Begin(ctx, who, "fns.inn")
		if err != nil {
			t.Fatal(err)
		}
		reads := func(what string, f form.Form, a form.Answers) {
			t.Helper()
			field, ok := f.Field(at)
			if shown := field.Show(ctx, a); !ok || a.Text(at) != number || !field.Locked || shown != form.MaskSNILS(number) || field.Typed(a) != "" {
				t.Errorf("%s shows %q", what, shown)
			}
		}
		reads("the form", d.Form, d.Answers)
		if sum := sha256.Sum256(form.Canonical(number)); d.Seen(at) == base64.RawURLEncoding.EncodeToString(sum[:8]) {
			t.Error("the page of an objection has a digest of the number, of which few are to be tried")
		}
		if all := copied(t, x, who); strings.Contains(all, number) || strings.Contains(all, form.FormatSNILS(number)) || !strings.Contains(all, "fns.inn") {
			t.Error("the copy of the data holds the number of a draft")
		}
		for _, page := range d.Form.Pages {
			if _, err := x.Applications.SavePage(ctx, who, "fns.inn", page.ID, map[string][]string{"reason": {"forgotten"}, form.NameOf(at): {"112-233-445 95"}}); err != nil {
				t.Fatal(err)
			}
		}
		c, err := x.Applications.Submit(ctx, who, "fns.inn", d.ID)
		if err != nil {
			t.Fatal(err)
		}
		for range 600 {
			if c, err = x.Applications.Get(ctx, who, c.ID); err != nil || c.Outcome != "" {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil || c.Outcome != procedure.Granted || c.Content.Data["inn"] != r.INN {
			t.Fatalf("the register was asked without the number: %s, %v, %v", c.State, c.Content.Data, err)
		}
		reads("the case", c.Form(x.Zone), c.Content.Answers)
		if all := copied(t, x, who); strings.Contains(all, number) || strings.Contains(all, form.FormatSNILS(number)) || !strings.Contains(all, c.Number) {
			t.Error("the copy of the data holds the number of a case")
		}
		seen, err := x.Applications.Get(ctx, access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: c.Unit}, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if field, _ := seen.Form(x.Zone).Field(at); field.Show(ctx, seen.Content.Answers) != form.FormatSNILS(number) {
			t.Error("the agency does not read the number")
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Confirmed; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		who.Level = access.Confirmed
		if c, err = x.Applications.Get(ctx, who, c.ID); err != nil {
			t.Fatal(err)
		}
		if field, _ := c.Form(x.Zone).Field(at); field.Show(ctx, c.Content.Answers) != form.FormatSNILS(number) {
			t.Error("whoever was seen does not read their number")
		}
	})
}

// A number that they typed is no secret to them, and a form shows it.
func TestAStandardPersonReadsInAFormTheNumberThatTheyTyped(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x, "+79990000806"), x.World.People()[0]
		send(t, x, who, papers(r))
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Fatal(levelOf(t, x, who))
		}
		who.Level = access.Standard
		d, err := x.Applications.Begin(ctx, who, "fns.inn")
		if err != nil {
			t.Fatal(err)
		}
		if field, _ := d.Form.Field("/applicant/snils"); field.Show(ctx, d.Answers) != r.SNILS || len(d.Lacking) > 0 {
			t.Errorf("%q, lacking %v", field.Show(ctx, d.Answers), d.Lacking)
		}
	})
}

// LVL-3: a failed check gives a code, and corrections are unlimited.
func TestWhatDoesNotMatchIsNamedAndMayBeCorrected(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		wrong := papers(r)
		wrong.Document.DepartmentCode = "999-999"
		who := newcomer(t, x, "+79990000003")
		send(t, x, who, wrong)
		p := concluded(t, x, who)
		if p.Refusal != verification.RefusedAnswers || levelOf(t, x, who) != access.Simplified {
			t.Fatalf("%q at %s", p.Refusal, levelOf(t, x, who))
		}
		code := ""
		for _, c := range p.Checks {
			if c.Register == "passport" {
				code = c.Answer.Code
			}
		}
		if code != "MVD-113" {
			t.Errorf("code %q", code)
		}
		said(t, x, who.ID, "message.refused")
		inbox, err := x.Notices.Inbox(ctx, who, 1)
		if err != nil || len(inbox) != 1 {
			t.Fatalf("%+v, %v", inbox, err)
		}
		for _, l := range []i18n.Lang{i18n.RU, i18n.EN} { // the letter and the text
			body, brief := inbox[0].Note.Body.Lang(l), inbox[0].Note.Brief.Lang(l)
			if !strings.Contains(body, l.T("verification.wrong.mvd-113", "code", "MVD-113")) || !strings.Contains(body, l.T("verification.remedy.mvd-113")) {
				t.Errorf("a letter without code and remedy: %q", body)
			}
			if !strings.Contains(brief, l.T("desk.register.short.passport")+": MVD-113. ") || strings.Contains(body+brief, r.Surname) || strings.Contains(body+brief, wrong.Document.Number) {
				t.Errorf("a text %q, a letter %q", brief, body)
			}
		}
		if _, err := x.Verification.Fill(ctx, who, verification.StepPassport, papers(r)); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Verification.Send(ctx, who); err != nil {
			t.Fatal(err)
		}
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Errorf("corrected papers give %s", levelOf(t, x, who))
		}
	})
}

// REG-3: the SNILS may be left for later; the registration stops at Simplified.
func TestWithoutASNILSNothingIsAskedAndNothingTypedIsLost(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		typed := papers(x.World.People()[4])
		typed.SNILS = ""
		who := newcomer(t, x, "+79990000004")
		fill(t, x, who, typed)
		if _, err := x.Verification.Send(ctx, who); !errors.Is(err, verification.ErrIncomplete) {
			t.Errorf("sent without a SNILS: %v", err)
		}
		p, ok, err := x.Verification.Own(ctx, who)
		if err != nil || !ok || p.Papers.Document.Number != typed.Document.Number || p.State != verification.Entering {
			t.Errorf("%+v, %v, %v", p, ok, err)
		}
		if _, err := x.Verification.Fill(ctx, who, verification.StepNumbers, verification.Papers{SNILS: "112-233-445 00"}); len(fields(err)) != 1 {
			t.Errorf("a wrong check number: %v", err)
		}
		if p, _, _ := x.Verification.Own(ctx, who); p.Papers.Document.Number != typed.Document.Number {
			t.Error("a wrong field takes the others with it")
		}
	})
}

// A register that is away is waited for; the outcome comes when it is back.
func TestAnOwnProofWaitsForARegisterThatIsAway(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		if err := x.World.SetFault("passport", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		who := newcomer(t, x, "+79990000005")
		send(t, x, who, papers(x.World.People()[4]))
		for range 200 {
			p, _, err := x.Verification.Own(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(p.Checks, func(c verification.Check) bool { return c.Tries > 0 }) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := x.Verification.Fill(ctx, who, verification.StepPassport, papers(x.World.People()[5])); !errors.Is(err, verification.ErrAsking) {
			t.Errorf("papers changed while they are asked about: %v", err)
		}
		if err := x.World.SetFault("passport", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Errorf("%s", levelOf(t, x, who))
		}
	})
}

func TestGarbageFromARegisterNeverConcludesAnOwnProof(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		for _, register := range []string{"passport", "snils"} {
			if err := x.World.SetFault(register, sandbox.Garbage); err != nil {
				t.Fatal(err)
			}
		}
		who := newcomer(t, x, "+79990000006")
		send(t, x, who, papers(x.World.People()[4]))
		for range 300 {
			p, _, err := x.Verification.Own(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			tried := 0
			for _, c := range p.Checks {
				tried += min(c.Tries, 1)
				if c.Register != "inn" && c.Answered {
					t.Fatalf("garbage is an answer: %+v", c)
				}
			}
			if tried == 2 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if levelOf(t, x, who) != access.Simplified {
			t.Error("garbage raised a level")
		}
	})
}

// REG-11: everything matched, and the SNILS has a holder: it is said how the first account is reached, masked.
func TestASecondAccountForOneSNILSIsLedToTheFirst(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		first, second := newcomer(t, x, "+79990000007"), newcomer(t, x, "+79990000008")
		send(t, x, first, papers(r))
		concluded(t, x, first)
		wrong := papers(r)
		wrong.Document.Number = "000001"
		send(t, x, second, wrong)
		if p := concluded(t, x, second); p.Refusal != verification.RefusedAnswers {
			t.Fatalf("%q", p.Refusal)
		}
		if holder, err := x.Verification.Holder(ctx, second); err != nil || len(holder) != 0 {
			t.Errorf("the holder is told to somebody whose papers do not match: %v, %v", holder, err)
		}
		if _, err := x.Verification.Fill(ctx, second, verification.StepPassport, papers(r)); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Verification.Send(ctx, second); err != nil {
			t.Fatal(err)
		}
		if p := concluded(t, x, second); p.Refusal != verification.RefusedTaken || levelOf(t, x, second) != access.Simplified {
			t.Fatalf("%q at %s", p.Refusal, levelOf(t, x, second))
		}
		holder, err := x.Verification.Holder(ctx, second)
		if err != nil || len(holder) != 1 || holder[0].Value != "+79990000007" {
			t.Errorf("%v, %v", holder, err)
		}
		said(t, x, second.ID, "message.taken")
		// The one who was looked at reads of it.
		looks, err := audit.Looks(ctx, x.DB, first.ID, 50, "")
		if err != nil || len(looks) != 1 || looks[0].Action != "verification.holder_shown" || looks[0].Kind != access.Person || looks[0].Own {
			t.Errorf("%+v, %v", looks, err)
		}
	})
}

// REG-11: Standard is a claim. Whoever proves the same SNILS in person displaces it, and the other is told.
func TestWhoProvesASNILSInPersonDisplacesAClaim(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		claims, owner := newcomer(t, x, "+79990000009"), newcomer(t, x, "+79990000010")
		send(t, x, claims, papers(r))
		concluded(t, x, claims)
		p := open(t, x, owner)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		p = await(t, x, p.ID, "the registers", answered)
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil {
			t.Fatal(err)
		}
		a, err := x.Accounts.Get(ctx, x.DB, claims.ID)
		if err != nil || a.Level != access.Simplified || a.Profile.SNILS != "" || a.Profile.Document != nil {
			t.Errorf("the claim stands: %s %+v, %v", a.Level, a.Profile, err)
		}
		if levelOf(t, x, owner) != access.Confirmed {
			t.Errorf("the owner is %s", levelOf(t, x, owner))
		}
		said(t, x, claims.ID, "message.lost.displaced")
		have, err := x.Verification.Evidence(ctx, x.DB, claims)
		if lost := verification.Lost(have, x.DB.Now()); err != nil || len(lost) == 0 || lost[0].Why != verification.Displaced {
			t.Errorf("%+v, %v", lost, err)
		}
	})
}

func TestAHundredAtOnceWithOneSNILSMakeOneHolder(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		x.Policy.Registers.ChecksPerDocument.Max = 1000 // whoever types somebody's papers a hundred times is slowed down elsewhere
		all := make([]access.Actor, 100)
		for i := range all {
			all[i] = newcomer(t, x, "+7998"+"00000"+string(rune('0'+i/10))+string(rune('0'+i%10)))
			fill(t, x, all[i], papers(r))
		}
		var wg sync.WaitGroup
		for _, who := range all {
			wg.Go(func() {
				if _, err := x.Verification.Send(ctx, who); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		holders := 0
		for _, who := range all {
			if p := concluded(t, x, who); p.Refusal != verification.RefusedTaken {
				holders++
			}
		}
		var rows int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM account WHERE level = 'standard'`).Scan(&rows); err != nil || holders != 1 || rows != 1 {
			t.Errorf("%d holders, %d accounts at Standard, %v", holders, rows, err)
		}
	})
}

// grant makes a Confirmed account of a resident.
func grant(t *testing.T, x *system.System, phone string, r sandbox.Resident) access.Actor {
	t.Helper()
	who := newcomer(t, x, phone)
	snils, _ := form.SNILS(r.SNILS)
	document := roadtest.Document(r)
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Verification.Grant(ctx, tx, access.SystemActor(), who.ID, verification.WayCentre, func(p *account.Profile) {
			*p = account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: "f", SNILS: snils, INN: r.INN, Address: r.Address,
				Document: &document}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if levelOf(t, x, who) != access.Confirmed {
		t.Fatal("not confirmed")
	}
	return who
}

// LVL-13: a passport that ran out takes the level down until the new one is entered; who was bound to the account stays so.
func TestAPassportThatRanOutTakesTheLevelDownUntilTheNewOneIsChecked(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		who := grant(t, x, "+79990000011", r)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // its day has come
			_, err := tx.Exec(ctx, `UPDATE evidence SET until_at = $1 WHERE account_id = $2 AND kind = 'document'`, tx.Now(), who.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.Age(ctx); err != nil {
			t.Fatal(err)
		}
		if levelOf(t, x, who) != access.Simplified {
			t.Fatalf("%s", levelOf(t, x, who))
		}
		said(t, x, who.ID, "message.lost.expired")
		if err := x.Verification.Age(ctx); err != nil {
			t.Fatal(err)
		}
		inbox, err := x.Notices.Inbox(ctx, who, 20)
		if err != nil || len(inbox) != 1 {
			t.Errorf("told %d times, %v", len(inbox), err)
		}
		other := papers(x.World.People()[5])
		if _, err := x.Verification.Fill(ctx, who, verification.StepNumbers, other); len(fields(err)) == 0 {
			t.Error("an account that holds a SNILS takes another's")
		}
		send(t, x, who, papers(r))
		if concluded(t, x, who); levelOf(t, x, who) != access.Confirmed {
			t.Errorf("with the new passport: %s", levelOf(t, x, who))
		}
	})
}

func TestADocumentThatARegisterCallsInvalidTakesTheLevelDown(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		i := slices.IndexFunc(x.World.People(), func(r sandbox.Resident) bool { return r.Old != nil && r.Old.Passport != nil })
		if i < 0 {
			t.Fatal("nobody of the sandbox has an old passport")
		}
		r := x.World.People()[i]
		who := grant(t, x, "+79990000012", r)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // the passport of today is the old one of tomorrow
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				old := roadtest.Passport(*r.Old.Passport)
				a.Profile.Document = &old
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		have, err := x.Verification.Evidence(ctx, x.DB, who)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(have, func(e verification.Evidence) bool { return e.Kind == policy.EvidenceDocument })
		job := verification.Recheck{Account: who.ID, Evidence: have[at].ID}
		if err := x.World.SetFault("passport", sandbox.Garbage); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.Again(ctx, job); err == nil || levelOf(t, x, who) != access.Confirmed {
			t.Errorf("garbage is a word: %v, %s", err, levelOf(t, x, who))
		}
		if err := x.World.SetFault("passport", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		for range 400 { // the circuit opens again after its pause
			if err = x.Verification.Again(ctx, job); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil || levelOf(t, x, who) != access.Simplified {
			t.Errorf("%v, %s", err, levelOf(t, x, who))
		}
	})
}

// doubted lets the days pass after which a register is asked a second time.
func doubted(t *testing.T, x *system.System) {
	t.Helper()
	rules := x.Verification.Policy
	soon := *rules
	soon.Levels.RecheckDoubt = 0
	x.Verification.Policy = &soon
	t.Cleanup(func() { x.Verification.Policy = rules })
}

// script is a register that says one thing after the other.
type script struct {
	verification.Register
	say *verification.Answer
}

func (r script) Check(context.Context, verification.Person) (verification.Answer, error) {
	return *r.say, nil
}

// A register that was restored from an old copy must not take the level of everybody who came since: that it does not know a document
// counts when it is said twice, and nothing when it knows it again meanwhile.
func TestThatARegisterDoesNotKnowADocumentCountsWhenItIsSaidTwice(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := grant(t, x, "+79990000013", x.World.People()[4])
		all := x.Verification.Registers
		defer func() { x.Verification.Registers = all }()
		var says verification.Answer
		x.Verification.Registers = nil
		for _, r := range all {
			x.Verification.Registers = append(x.Verification.Registers, script{r, &says})
		}
		job := verification.Recheck{Account: who.ID, Evidence: evidence(t, x, who).ID}
		again := func(what string, answer verification.Answer, want access.Level) {
			t.Helper()
			says = answer
			if err := x.Verification.Again(ctx, job); err != nil || levelOf(t, x, who) != want {
				t.Errorf("%s: %v, %s", what, err, levelOf(t, x, who))
			}
		}
		unknown := verification.Answer{Verdict: verification.NotFound, Code: "MVD-101"}
		again("said once", unknown, access.Confirmed)
		var next time.Time
		if err := x.DB.QueryRow(ctx, `SELECT recheck_at FROM evidence WHERE id = $1`, job.Evidence).Scan(store.Time(&next)); err != nil || next.After(x.DB.Now().Add(x.Verification.Policy.Levels.RecheckDoubt)) {
			t.Errorf("asked again at %s, %v", next, err)
		}
		again("asked twice at once", unknown, access.Confirmed)
		again("it is known again", verification.Answer{Verdict: verification.Match, Code: "MVD-000"}, access.Confirmed)
		doubted(t, x)
		again("said for the first time again", unknown, access.Confirmed)
		again("said twice", unknown, access.Simplified)
		have, err := x.Verification.Evidence(ctx, x.DB, who)
		lost := verification.Lost(have, x.DB.Now())
		if err != nil || len(lost) == 0 || lost[0].Why != verification.Voided || lost[0].Said.Code != "MVD-101" || lost[0].Said.Register != "passport" {
			t.Errorf("%+v, %v", lost, err)
		}
	})
}

// Whoever has somebody's session cannot make the account their own: it held a SNILS, and is that person's for good.
func TestAnAccountThatHoldsASNILSBecomesNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r, thief := x.World.People()[4], x.World.People()[5]
		who := newcomer(t, x, "+79990000030")
		send(t, x, who, papers(r))
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Fatal("not Standard")
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(thief)); len(fields(err)) != 1 || fields(err)[0].Key != "verification.other_person" {
			t.Errorf("a desk takes another person's papers: %v", err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Verification.Grant(ctx, tx, operator, who.ID, verification.WayCentre, func(p *account.Profile) { p.SNILS = "11223344595" })
			return err
		}); !errors.Is(err, verification.ErrOther) {
			t.Errorf("granted: %v", err)
		}

		// The SNILS comes to the profile when other numbers are entered already.
		late := newcomer(t, x, "+79990000031")
		fill(t, x, late, papers(thief))
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, late.ID, func(a *account.Account) error { a.Profile.SNILS = "11223344595"; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		sent, err := x.Verification.Send(ctx, late)
		if step, more := sent.Papers.Next(); err != nil || sent.State != verification.Entering || !more || step != verification.StepPerson {
			t.Errorf("sent as another: %s, %v, %v", sent.State, step, err)
		}
	})
}

// LVL-13: a SNILS that the fund has merged with another is found at the next look, and whoever comes to a desk with the new one has it.
func TestASNILSThatTheFundVouchesForNoMoreTakesTheLevelDownUntilAnotherIsShown(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r, thief := x.World.People()[4], x.World.People()[5]
		who := grant(t, x, "+79990000014", r)
		all := x.Verification.Registers
		defer func() { x.Verification.Registers = all }()
		says := verification.Answer{Verdict: verification.Invalid, Code: "SFR-202"}
		x.Verification.Registers = slices.Clone(all)
		for i, reg := range all {
			if reg.Name() == "snils" {
				x.Verification.Registers[i] = script{reg, &says}
			}
		}
		var snils string
		var next time.Time
		if err := x.DB.QueryRow(ctx, `SELECT id, recheck_at FROM evidence WHERE account_id = $1 AND kind = 'snils'`, who.ID).Scan(&snils, store.NullTime(&next)); err != nil || next.IsZero() {
			t.Fatalf("the fund is not asked again: %v", err)
		}
		if err := x.Verification.Again(ctx, verification.Recheck{Account: who.ID, Evidence: snils}); err != nil || levelOf(t, x, who) != access.Simplified {
			t.Fatalf("%v, %s", err, levelOf(t, x, who))
		}
		said(t, x, who.ID, "message.lost.snils")
		grants := func(way verification.Way, birthDate string) error {
			return x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.Verification.Grant(ctx, tx, operator, who.ID, way, func(p *account.Profile) { p.SNILS, p.BirthDate = "11223344595", birthDate })
				return err
			})
		}
		if err := grants(verification.WayCentre, "1990-01-01"); !errors.Is(err, verification.ErrOther) {
			t.Errorf("another person with another number: %v", err)
		}
		if err := grants(verification.WayRegisters, r.BirthDate); !errors.Is(err, verification.ErrOther) {
			t.Errorf("another number from afar: %v", err)
		}
		says = verification.Answer{Verdict: verification.Match, Code: "SFR-000"}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(thief)); len(fields(err)) != 1 || fields(err)[0].Key != "verification.other_person" {
			t.Errorf("a desk takes another person's papers: %v", err)
		}
		renumbered := papers(r)
		renumbered.SNILS = "112-233-445 95"
		if _, err := x.Verification.Enter(ctx, operator, p.ID, renumbered); err != nil {
			t.Fatalf("the new number: %v", err)
		}
		p = await(t, x, p.ID, "the registers", answered)
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil {
			t.Fatalf("the new number: %v", err)
		}
		if a, err := x.Accounts.Get(ctx, x.DB, who.ID); err != nil || a.Level != access.Confirmed || a.Profile.SNILS != "11223344595" {
			t.Errorf("%s, %s, %v", a.Level, a.Profile.SNILS, err)
		}
	})
}

// Support has the registers asked at once, few times, and the person reads that it did.
func TestSupportHasTheRegistersAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		desk := access.Actor{Kind: access.Staff, ID: "helper-one", Role: access.Support, Unit: "support"}
		if err := x.Verification.AskAgain(ctx, desk, newcomer(t, x, "+79990000016").ID); !errors.Is(err, verification.ErrNothingToAsk) {
			t.Errorf("of whom nothing is known: %v", err)
		}
		who := grant(t, x, "+79990000015", x.World.People()[4])
		if err := x.Verification.AskAgain(ctx, operator, who.ID); err == nil {
			t.Error("a centre's operator asks")
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // somebody else's name has come into the account
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Profile.Surname = "Подменова"; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.AskAgain(ctx, desk, who.ID); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			if levelOf(t, x, who) == access.Simplified {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if levelOf(t, x, who) != access.Simplified {
			t.Error("the registers were not asked")
		}
		events, err := audit.About(ctx, x.DB, who.ID, 10, "")
		if err != nil || !slices.ContainsFunc(events, func(e audit.Entry) bool { return e.Action == "verification.asked_again" && e.Role == access.Support }) {
			t.Errorf("the person does not read it: %v", err)
		}

		known := grant(t, x, "+79990000017", x.World.People()[5])
		for i := range x.Policy.Registers.ChecksPerPerson.Max {
			if err := x.Verification.AskAgain(ctx, desk, known.ID); err != nil {
				t.Fatalf("asked for the time %d: %v", i+1, err)
			}
		}
		if err := x.Verification.AskAgain(ctx, desk, known.ID); !errors.Is(err, verification.ErrChecks) {
			t.Errorf("and on it goes: %v", err)
		}
	})
}

// LVL-13: an INN that was proved is asked about again as a SNILS is. That the tax service does not know it counts when it is said twice, and then the
// INN is one that nobody vouches for, until it is checked again.
func TestAnINNIsAskedAboutAgainAndOneThatIsVouchedForNoMoreSaysSo(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		who := grant(t, x, "+79990000018", r)
		all := x.Verification.Registers
		defer func() { x.Verification.Registers = all }()
		var says verification.Answer
		x.Verification.Registers = slices.Clone(all)
		for i, reg := range all {
			if reg.Name() == "inn" {
				x.Verification.Registers[i] = script{reg, &says}
			}
		}
		vouched := func(at time.Time) {
			t.Helper()
			if err := x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.Verification.Grant(ctx, tx, operator, who.ID, verification.WayCentre, func(p *account.Profile) {
					p.INN, p.Sources = r.INN, map[string]account.Source{"inn": {From: account.FromFNS, At: at}}
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		inn := func() (e verification.Evidence) {
			t.Helper()
			have, err := x.Verification.Evidence(ctx, x.DB, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range have {
				if h.Kind == policy.EvidenceINN {
					e = h
				}
			}
			return e
		}
		again := func(answer verification.Answer) {
			t.Helper()
			says = answer
			if err := x.Verification.Again(ctx, verification.Recheck{Account: who.ID, Evidence: inn().ID}); err != nil {
				t.Fatal(err)
			}
		}
		source := func() account.Origin {
			t.Helper()
			a, err := x.Accounts.Get(ctx, x.DB, who.ID)
			if err != nil || a.Level != access.Confirmed || a.Profile.INN != r.INN {
				t.Fatalf("%s, %v", a.Level, err)
			}
			return a.Profile.Sources["inn"].From
		}
		if e := inn(); e.ID != "" {
			t.Errorf("an INN that nobody checked is evidence: %+v", e)
		}
		vouched(x.DB.Now())
		var next time.Time
		if err := x.DB.QueryRow(ctx, `SELECT recheck_at FROM evidence WHERE id = $1`, inn().ID).Scan(store.NullTime(&next)); err != nil || next.IsZero() {
			t.Fatalf("the tax service is not asked again: %v", err)
		}
		unknown := verification.Answer{Verdict: verification.NotFound, Code: "FNS-301"}
		again(unknown)
		again(unknown) // at once: that is one doubt
		if e := inn(); !e.Stands(x.DB.Now()) || e.Said.Code != "FNS-301" || source() != account.FromFNS {
			t.Errorf("said once: %+v", e)
		}
		doubted(t, x)
		again(unknown)
		if e := inn(); e.Stands(x.DB.Now()) || e.Why != verification.Voided || source() != "" {
			t.Errorf("said twice: %+v, the INN is from %q", e, source())
		}
		said(t, x, who.ID, "message.kept.inn")

		vouched(x.DB.Now().Add(time.Second))
		if e := inn(); !e.Stands(x.DB.Now()) || source() != account.FromFNS {
			t.Errorf("checked again: %+v", e)
		}
		again(verification.Answer{Verdict: verification.Mismatch, Code: "FNS-311"})
		if e := inn(); e.Stands(x.DB.Now()) || e.Why != verification.Differs || source() != "" {
			t.Errorf("of somebody else: %+v", e)
		}

		// One that was proved before it counted as evidence is found with the SNILS.
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM evidence WHERE account_id = $1 AND kind = 'inn'`, who.ID); err != nil {
				return err
			}
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				a.Profile.Sources = map[string]account.Source{"inn": {From: account.FromFNS, At: tx.Now()}}
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var snils string
		if err := x.DB.QueryRow(ctx, `SELECT id FROM evidence WHERE account_id = $1 AND kind = 'snils' AND ended_at IS NULL`, who.ID).Scan(&snils); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := x.Verification.Again(ctx, verification.Recheck{Account: who.ID, Evidence: snils}); err != nil {
				t.Fatal(err)
			}
		}
		if e := inn(); !e.Stands(x.DB.Now()) {
			t.Errorf("an INN of before is not asked about: %+v", e)
		}
	})
}
