package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestGuestsAreNoOneElseAndTheirPapersHold(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range append(residents(), newcomers()...) {
		seen[p.SNILS], seen[p.INN] = true, true
	}
	for _, now := range []time.Time{day(2026, 3, 31), autumn, day(2027, 1, 1), day(2027, 6, 30), day(2027, 7, 1), dayTo} {
		for i, p := range guests(now) {
			checkSNILSDigits(t, p.SNILS)
			checkINNDigits(t, p.INN)
			if seen[p.SNILS] || seen[p.INN] {
				t.Errorf("guest %d has another's number", i)
			}
			if p.Document == nil || p.Document.ranOut(now) || p.Document.IssuedAt > iso(now) || p.Document.IssuedAt <= p.BirthDate {
				t.Errorf("guest %d on %s: %+v", i, iso(now), p.Document)
			}
			if card := p.Document.Kind; card == "temporary_card" && p.Document.ExpiresAt > iso(now.AddDate(1, 0, 0)) {
				t.Errorf("a temporary card until %s on %s", p.Document.ExpiresAt, iso(now))
			}
		}
	}
	a, _ := json.Marshal(guests(autumn))
	b, _ := json.Marshal(guests(autumn))
	if string(a) != string(b) {
		t.Error("two worlds have different guests")
	}
}

func documentOf(p Resident) documentQuestion {
	d := p.Document
	return documentQuestion{strings.ToUpper(d.Kind), d.Country, d.Series, d.Number, d.IssuedAt, d.ExpiresAt, d.IssuedBy, p.Surname, p.GivenName, p.Patronymic, p.BirthDate}
}

func TestTheMinistryKnowsEveryGuestsDocument(t *testing.T) {
	w := start(t, t.TempDir())
	n := 0
	for _, p := range w.People() {
		if p.Document == nil {
			continue
		}
		n++
		if a := w.checkDocument(documentOf(p)); a.Code != "MVD-000" || a.Document.Sex != p.Sex {
			t.Errorf("%s: %+v", p.Document.Kind, a)
		}
		q := documentOf(p)
		q.Country, q.Kind = "FR", "FOREIGN_DOCUMENT"
		if a := w.checkDocument(q); a.Code != "MVD-201" {
			t.Errorf("%s of another country: %+v", p.Document.Kind, a)
		}
	}
	if n != len(theGuests) {
		t.Errorf("%d residents with another document", n)
	}
}

func childOf(p Resident) birthQuestion {
	c := p.BirthCertificate
	return birthQuestion{Certificate: birthPaper{Series: c.Series, Number: c.Number, Given: c.IssuedAt}, Born: birthName{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}}
}

func TestTheCivilRegisterKnowsChildrenAndTheirParents(t *testing.T) {
	w := start(t, t.TempDir())
	children, withParent, replaced := 0, 0, 0
	for _, p := range w.People() {
		if p.BirthCertificate == nil {
			continue
		}
		children++
		q := childOf(p)
		if a := w.checkBirth(q); a.Code != "ZAGS-000" || a.Record.Mother.Family != p.BirthCertificate.Mother.Surname {
			t.Errorf("a certificate: %+v", a)
		}
		q.Parent = p.BirthCertificate.Mother.written()
		if a := w.checkBirth(q); a.Code != "ZAGS-000" || !a.Equal["parent"] {
			t.Errorf("asked by the mother: %+v", a)
		}
		q.Parent.Birth = "1960-01-01"
		if a := w.checkBirth(q); a.Code != "ZAGS-713" || a.Record != nil {
			t.Errorf("asked by a stranger: %+v", a)
		}
		if p.BirthCertificate.Mother.SNILS != "" && p.BirthCertificate.Father.SNILS != "" {
			withParent++
		}
		if p.Old != nil && p.Old.BirthCertificate != nil {
			replaced++
			q = childOf(p)
			q.Certificate.Number = p.Old.BirthCertificate.Number
			if a := w.checkBirth(q); a.Code != "ZAGS-702" {
				t.Errorf("a lost certificate: %+v", a)
			}
		}
	}
	if children < 20 || withParent < 10 || replaced < 2 {
		t.Errorf("%d children, %d with both parents here, %d with a second certificate: too few to try anything", children, withParent, replaced)
	}
}

func TestTheNewRegistersTellAStrangerNothing(t *testing.T) {
	w := start(t, t.TempDir())
	var foreigner, child Resident
	for _, p := range w.People() {
		if p.Document != nil && foreigner.Surname == "" {
			foreigner = p
		}
		if p.BirthCertificate != nil && child.Surname == "" {
			child = p
		}
	}
	d, c := documentOf(foreigner), childOf(child)
	d.LastName, d.BirthDate, c.Born.Family, c.Born.Birth = "Чужой", "1990-01-01", "Чужой", "2020-01-01"
	for path, q := range map[string]any{"/passport/v1/document": d, "/civil/v1/birth": c} {
		status, body, err := ask(t, w.RegistersURL()+path, q)
		if err != nil || status != 200 || !strings.Contains(body, "01\"") {
			t.Fatalf("%s: %d %s, %v", path, status, body, err)
		}
		for _, secret := range []string{foreigner.Surname, child.Surname, "true", "matches", "equal"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells a stranger %q", path, secret)
			}
		}
	}
}
