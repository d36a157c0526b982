package sandbox

import (
	"encoding/json"
	"testing"
	"time"
)

// ticking is a world whose clock the test moves.
func ticking(t *testing.T, dir string, at *time.Time) *World {
	t.Helper()
	w, err := Start(t.Context(), Config{Dir: dir, Now: func() time.Time { return *at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func applying(p Resident, request string) issueQuestion {
	return issueQuestion{Request: request, Fam: p.Surname, Im: p.GivenName, Ot: p.Patronymic, Birth: p.BirthDate, Sex: p.Sex, Series: p.Passport.Series, Number: p.Passport.Number}
}

func issue(t *testing.T, w *World, path string, q any) issueAnswer {
	t.Helper()
	_, body, err := ask(t, w.RegistersURL()+path, q)
	if err != nil {
		t.Fatal(err)
	}
	var a issueAnswer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestANumberIsGivenInFourWorkingDaysAndIsKnownToEveryRegisterAlsoAfterARestart(t *testing.T) {
	now := time.Date(2026, 4, 29, 10, 0, 0, 0, time.UTC) // before the holidays of May
	dir := t.TempDir()
	w := ticking(t, dir, &now)
	p := w.Newcomers()[0]
	if p.SNILS != "" {
		t.Fatal("a newcomer has a number")
	}
	filed := issue(t, w, "/snils/v1/issue", applying(p, "r1"))
	again := issue(t, w, "/snils/v1/issue", applying(p, "r1"))
	if filed.State != "PENDING" || filed.Code != "SFR-600" || again.Application != filed.Application {
		t.Fatalf("%+v, and again %+v", filed, again)
	}
	if other := issue(t, w, "/snils/v1/issue", applying(p, "r2")); other.Code != "SFR-601" {
		t.Errorf("a second application: %+v", other)
	}
	now = time.Date(2026, 5, 6, 9, 0, 0, 0, time.UTC) // 30 April, 4, 5 May are working days; the fourth is the sixth
	if a := issue(t, w, "/snils/v1/issue/state", issueState{filed.Application}); a.State != "PENDING" || a.Insured != nil {
		t.Errorf("too early: %+v", a)
	}
	now = time.Date(2026, 5, 6, 21, 0, 0, 0, time.UTC) // the seventh in Moscow
	a := issue(t, w, "/snils/v1/issue/state", issueState{filed.Application})
	if a.State != "ASSIGNED" || a.Insured == nil || a.Insured.Fam != p.Surname || len(a.Insured.SNILS) != 11 {
		t.Fatalf("%+v", a)
	}
	w.Close()
	w = ticking(t, dir, &now)
	if b := issue(t, w, "/snils/v1/issue/state", issueState{filed.Application}); b.Insured == nil || *b.Insured != *a.Insured {
		t.Errorf("after a restart: %+v, want %+v", b, a)
	}
	if got := w.checkSNILS(snilsQuestion{a.Insured.SNILS, p.Surname, p.GivenName, p.Patronymic, p.BirthDate}); got.Code != "SFR-000" {
		t.Errorf("the number that was given does not check: %+v", got)
	}
	if got := w.checkPassport(passportQuestion{LastName: p.Surname, FirstName: p.GivenName, MiddleName: p.Patronymic, BirthDate: p.BirthDate, Series: p.Passport.Series, Number: p.Passport.Number}); got.Code != "MVD-000" {
		t.Errorf("a newcomer's passport: %+v", got)
	}
}

func TestTheFundSaysOfARefusedApplicationNoMoreThanACode(t *testing.T) {
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	w := ticking(t, t.TempDir(), &now)
	has, none := w.People()[0], w.Newcomers()[1]
	for name, c := range map[string]struct {
		q    issueQuestion
		code string
	}{
		"has one":     {applying(has, "a"), "SFR-601"},
		"no passport": {issueQuestion{Request: "b", Fam: "А", Im: "Б", Birth: "1990-01-01", Sex: "male"}, "SFR-602"},
		"another's passport": {func() issueQuestion {
			q := applying(none, "c")
			q.Series, q.Number = has.Passport.Series, has.Passport.Number
			return q
		}(), "SFR-603"},
		"another birth date": {func() issueQuestion { q := applying(none, "d"); q.Birth = "1990-01-01"; return q }(), "SFR-603"},
	} {
		if a := issue(t, w, "/snils/v1/issue", c.q); a.State != "REFUSED" || a.Code != c.code || a.Insured != nil || a.Application != "" {
			t.Errorf("%s: %+v, want %s", name, a, c.code)
		}
	}
	if a := issue(t, w, "/snils/v1/issue/state", issueState{"SFR-A-none"}); a.State != "UNKNOWN" || a.Code != "SFR-604" {
		t.Errorf("nobody's application: %+v", a)
	}
}

func TestANewbornIsGivenANumberByTheCertificateOfBirth(t *testing.T) {
	now := time.Date(2026, 4, 29, 10, 0, 0, 0, time.UTC)
	w := ticking(t, t.TempDir(), &now)
	p := w.Newborn()
	q := issueQuestion{Request: "one", Fam: p.Surname, Im: p.GivenName, Ot: p.Patronymic, Birth: p.BirthDate, Sex: p.Sex, Certificate: p.BirthCertificate.Series + " " + p.BirthCertificate.Number}
	wrong := q
	wrong.Certificate = p.BirthCertificate.Series + " 777002"
	if a := issue(t, w, "/snils/v1/issue", wrong); a.State != "REFUSED" || a.Code != "SFR-603" {
		t.Errorf("a certificate of nobody: %+v", a)
	}
	first := issue(t, w, "/snils/v1/issue", q)
	if again := issue(t, w, "/snils/v1/issue", q); first.State != "PENDING" || again.Application != first.Application {
		t.Errorf("%+v, then %+v", first, again)
	}
	now = now.Add(15 * 24 * time.Hour)
	if a := issue(t, w, "/snils/v1/issue/state", issueState{first.Application}); a.State != "ASSIGNED" || a.Insured == nil {
		t.Errorf("%+v", a)
	}
}
