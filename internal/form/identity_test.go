package form

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"okno/internal/i18n"
)

// papersOf are right values of every kind of document, of somebody born on 05.03.1990; a child's are of 05.03.2020.
var papersOf = map[IdentityKind]struct {
	born   Date
	values map[string]string
	shown  string
}{
	Passport:              {Date{1990, 3, 5}, map[string]string{"passport_series": "45 10", "passport_number": "123456", "passport_issued_at": "20.04.2010", "passport_issued_by": "ГУ МВД РОССИИ ПО Г. МОСКВЕ", "passport_department_code": "770001"}, "45 10 123456"},
	InternationalPassport: {Date{1990, 3, 5}, map[string]string{"document_number": "72 1234567", "document_issued_at": "20.04.2020", "document_expires_at": "20.04.2030", "document_issued_by": "МВД 77001"}, "72 1234567"},
	BirthCertificate:      {Date{2020, 3, 5}, map[string]string{"document_series": "11-мю", "document_number": "№ 123456", "document_issued_at": "10.03.2020", "document_issued_by": "Отдел ЗАГС г. Химки"}, "II-МЮ 123456"},
	TemporaryCard:         {Date{1990, 3, 5}, map[string]string{"document_number": "770012345", "document_issued_at": "01.11.2026", "document_expires_at": "31.12.2026", "document_issued_by": "ОВМ УМВД"}, "770012345"},
	ForeignDocument:       {Date{1990, 3, 5}, map[string]string{"citizenship": "Казахстан", "document_country": "Казахстан", "document_number": "N12345678", "document_issued_at": "20.04.2020", "document_issued_by": "Ministry of Internal Affairs"}, "N12345678"},
	ResidencePermit:       {Date{1990, 3, 5}, map[string]string{"citizenship": "none", "document_number": "83 0123456", "document_issued_at": "20.04.2020", "document_issued_by": "ГУ МВД"}, "83 0123456"},
	RefugeeCertificate:    {Date{1990, 3, 5}, map[string]string{"citizenship": "AF", "document_series": "ББ", "document_number": "0012345", "document_issued_at": "20.04.2024", "document_expires_at": "20.04.2027", "document_issued_by": "УВМ ГУ МВД"}, "ББ 0012345"},
	TemporaryAsylum:       {Date{1990, 3, 5}, map[string]string{"document_series": "ВУ", "document_number": "1234567", "document_issued_at": "20.04.2026", "document_expires_at": "20.04.2027", "document_issued_by": "УВМ ГУ МВД"}, "BY 1234567"},
	MigrationCard:         {Date{1990, 3, 5}, map[string]string{"document_series": "4625", "document_number": "1234567", "document_issued_at": "01.10.2026", "document_expires_at": "30.12.2026"}, "4625 1234567"},
}

func TestEveryKindOfIdentityDocumentIsReadAndShownAndReadAgain(t *testing.T) {
	if len(papersOf) != len(Papers()) {
		t.Fatalf("%d kinds are tried, there are %d", len(papersOf), len(Papers()))
	}
	for _, about := range Papers() {
		x := papersOf[about.Kind]
		id, sheet := ReadIdentity(about.Kind, x.values, x.born, theDay)
		if sheet.Err() != nil {
			t.Errorf("%s: %v", about.Kind, sheet)
			continue
		}
		if id.String() != x.shown {
			t.Errorf("%s is shown as %q, want %q", about.Kind, id, x.shown)
		}
		again, sheet := ReadIdentity(about.Kind, id.Values(), x.born, theDay)
		if again != id || sheet.Err() != nil {
			t.Errorf("%s: %+v is read again as %+v, %v", about.Kind, id, again, sheet)
		}
		kept, err := json.Marshal(id)
		var back Identity
		if err == nil {
			err = json.Unmarshal(kept, &back)
		}
		if err != nil || back != id {
			t.Errorf("%s: %s is kept as %+v, %v", about.Kind, kept, back, err)
		}
	}
}

func TestADocumentWithoutAFieldIsRefusedForThatField(t *testing.T) {
	for _, about := range Papers() {
		x := papersOf[about.Kind]
		for _, part := range about.Parts {
			values := maps.Clone(x.values)
			delete(values, part.Name)
			_, sheet := ReadIdentity(about.Kind, values, x.born, theDay)
			if part.Required != (len(sheet) == 1 && sheet[0].Name == part.Name) || len(sheet) > 1 {
				t.Errorf("%s without %s: %v", about.Kind, part.Name, sheet)
			}
			for _, f := range sheet {
				said(t, &Problem{Key: f.Key, Args: f.Args})
			}
		}
	}
}

func TestADocumentThatAPersonCannotHaveIsRefusedWithWhatWouldDo(t *testing.T) {
	for _, tt := range []struct {
		name        string
		kind        IdentityKind
		citizenship string
		born        Date
		key         string
	}{
		{"a passport on the 14th birthday", Passport, "RU", Date{2012, 11, 18}, ""},
		{"and a day before", Passport, "RU", Date{2012, 11, 19}, "form.identity.young"},
		{"a certificate of birth a day before 14", BirthCertificate, "RU", Date{2012, 11, 19}, ""},
		{"and on the birthday", BirthCertificate, "RU", Date{2012, 11, 18}, "form.identity.old"},
		{"a certificate of birth of an adult", BirthCertificate, "", Date{1990, 3, 5}, "form.identity.old"},
		{"a temporary card of a child", TemporaryCard, "", Date{2020, 3, 5}, "form.identity.young"},
		{"a passport of a foreigner", Passport, "KZ", Date{1990, 3, 5}, "form.identity.for_citizens"},
		{"a passport of somebody without citizenship", Passport, "none", Date{1990, 3, 5}, "form.identity.for_citizens"},
		{"a residence permit of a citizen", ResidencePermit, "RU", Date{1990, 3, 5}, "form.identity.for_aliens"},
		{"a foreign document of a citizen", ForeignDocument, "Россия", Date{1990, 3, 5}, "form.identity.for_aliens"},
		{"a foreign document of a foreigner", ForeignDocument, "Узбекистан", Date{1990, 3, 5}, ""},
		{"an international passport of a child", InternationalPassport, "RU", Date{2020, 3, 5}, ""},
		{"nothing is known", BirthCertificate, "", Date{}, ""},
	} {
		_, sheet := ReadIdentity(tt.kind, map[string]string{"citizenship": tt.citizenship}, tt.born, theDay)
		key := ""
		for _, f := range sheet {
			if f.Name == "document_kind" {
				key = f.Key
				said(t, &Problem{Key: f.Key, Args: f.Args})
			}
		}
		if key != tt.key {
			t.Errorf("%s: %q, want %q", tt.name, key, tt.key)
		}
		offered := slices.ContainsFunc(PapersFor(map[bool]string{true: "RU", false: tt.citizenship}[tt.citizenship == "Россия"], tt.born, theDay), func(p Paper) bool { return p.Kind == tt.kind })
		if tt.citizenship != "Узбекистан" && offered != (tt.key == "") {
			t.Errorf("%s: offered %v", tt.name, offered)
		}
	}
	_, sheet := ReadIdentity("driving_licence", nil, Date{}, theDay)
	if len(sheet) != 1 || sheet[0].Key != "form.identity.unknown" {
		t.Errorf("an unknown kind: %v", sheet)
	}
}

func TestAnExpiredDocumentIsRefusedWithItsDay(t *testing.T) {
	values := maps.Clone(papersOf[InternationalPassport].values)
	values["document_issued_at"], values["document_expires_at"] = "17.11.2016", "17.11.2026"
	_, sheet := ReadIdentity(InternationalPassport, values, Date{1990, 3, 5}, theDay)
	if len(sheet) != 1 || sheet[0].Name != "document_expires_at" || !strings.Contains(i18n.RU.T(sheet[0].Key, sheet[0].Args...), "до 17.11.2026") {
		t.Errorf("%v", sheet)
	}
	values["document_issued_at"], values["document_expires_at"] = "17.11.2020", "19.11.2030"
	_, sheet = ReadIdentity(InternationalPassport, values, Date{1990, 3, 5}, theDay)
	if len(sheet) != 1 || sheet[0].Key != "form.document.expires_long" {
		t.Errorf("ten years and two days: %v", sheet)
	}
}

func TestEveryKindAndFieldHasWordsInBothLanguages(t *testing.T) {
	keys := []string{"form.label.document_kind", "form.label.citizenship"}
	for _, about := range Papers() {
		if !about.Kind.Valid() || IdentityKind("telex").Valid() {
			t.Errorf("%s is not valid, or telex is", about.Kind)
		}
		keys = append(keys, about.Kind.Key())
		for _, part := range about.Parts {
			keys = append(keys, part.Key())
			if _, ok := CheckNamed(part.Check); !ok {
				t.Errorf("%s.%s has no check %q", about.Kind, part.Name, part.Check)
			}
		}
	}
	for _, part := range PartsOfAddress() {
		if _, ok := CheckNamed(partType + part.Name); !ok || part.Label.RU == "" || part.Label.EN == "" || part.Label.RU == part.Label.EN {
			t.Errorf("%s has no check or no label: %v", part.Name, part.Label)
		}
	}
	for _, key := range keys {
		said(t, &Problem{Key: key})
	}
}

func TestTheListsOfPlacesAreWhole(t *testing.T) {
	for _, tt := range []struct {
		what string
		all  []Place
		n    int
		find func(string) (Place, bool)
		read reader
	}{{"countries", Countries(), 249, CountryOf, Country}, {"regions", Regions(), 89, RegionOf, Region}} {
		seen := map[string]bool{}
		for _, p := range tt.all {
			if seen[p.Code] || p.Name.RU == "" || p.Name.EN == "" || strings.ContainsFunc(p.Name.EN, russian) {
				t.Errorf("%s: %+v", tt.what, p)
			}
			seen[p.Code] = true
			for _, typed := range []string{p.Code, p.Name.RU, p.Name.EN, strings.ToUpper(p.Name.RU)} {
				if got, problem := tt.read(typed); problem != nil || got != p.Code {
					t.Errorf("%s: %q is read as %q, %v; want %s", tt.what, typed, got, problem, p.Code)
				}
			}
			if found, ok := tt.find(p.Code); !ok || found != p {
				t.Errorf("%s: %s is not found by its code", tt.what, p.Code)
			}
		}
		if len(tt.all) != tt.n {
			t.Errorf("%d %s, want %d", len(tt.all), tt.what, tt.n)
		}
		if _, ok := tt.find("Россия"); ok {
			t.Errorf("%s: a name is taken for a code", tt.what)
		}
	}
}

func FuzzIdentity(f *testing.F) {
	for kind, x := range papersOf {
		f.Add(string(kind), x.values["document_series"]+x.values["passport_series"], x.values["document_number"]+x.values["passport_number"],
			x.values["document_issued_at"]+x.values["passport_issued_at"], x.values["document_expires_at"], x.values["citizenship"])
	}
	f.Fuzz(func(t *testing.T, kind, series, number, issued, expires, citizenship string) {
		values := map[string]string{"citizenship": citizenship, "document_country": citizenship, "document_issued_by": "ГУ МВД", "passport_issued_by": "ГУ МВД РОССИИ", "passport_department_code": "770-001",
			"document_series": series, "passport_series": series, "document_number": number, "passport_number": number,
			"document_issued_at": issued, "passport_issued_at": issued, "document_expires_at": expires}
		id, sheet := ReadIdentity(IdentityKind(kind), values, Date{1990, 3, 5}, theDay)
		if sheet.Err() != nil {
			for _, x := range sheet {
				said(t, &Problem{Key: x.Key, Args: x.Args})
			}
			return
		}
		if again, sheet := ReadIdentity(id.Kind, id.Values(), Date{1990, 3, 5}, theDay); again != id || sheet.Err() != nil {
			t.Errorf("%+v is read again as %+v, %v", id, again, sheet)
		}
	})
}
