package original

import (
	"okno/internal/form"
	"okno/internal/scan"
	"okno/internal/verification"
)

// Match is what was read beside what was typed.
type Match struct {
	Equal   []scan.Field
	Differs []scan.Field // what the person or the operator has to look at
}

// order is how fields are named.
var order = []scan.Field{ //nolint:gochecknoglobals // a table
	scan.Surname, scan.GivenName, scan.Patronymic, scan.BirthDate, scan.Sex, scan.Series, scan.Number, scan.IssuedAt, scan.IssuedBy, scan.DepartmentCode,
	scan.ExpiryDate, scan.InsuranceNumber, scan.TaxNumber,
}

// Beside compares what was read with what is typed. What is not typed yet, and what could not be told from it, is in neither list.
func (o Original) Beside(x verification.Papers) Match {
	var m Match
	outcome := scan.Compare(o.Fields, o.Kind.typed(x))
	for _, f := range order {
		switch outcome[f] {
		case scan.Equal:
			m.Equal = append(m.Equal, f)
		case scan.Differs:
			m.Differs = append(m.Differs, f)
		case scan.Unread:
		}
	}
	return m
}

// typed are the fields of the papers that a page of the kind shows, too. Names of an international passport are in other letters. Of
// the document only the one that was typed is compared: somebody may send a passport and go by another paper.
func (k Kind) typed(x verification.Papers) map[scan.Field]string {
	sex, d := map[string]string{"m": "male", "f": "female"}[x.Sex], x.Document
	switch k {
	case Passport:
		out := map[scan.Field]string{scan.Surname: x.Surname, scan.GivenName: x.GivenName, scan.BirthDate: x.BirthDate, scan.Sex: sex}
		if x.Patronymic != "" || x.BirthDate != "" { // some people have none; others have not been asked yet
			out[scan.Patronymic] = x.Patronymic
		}
		if d.Kind == form.Passport {
			out[scan.Series], out[scan.Number], out[scan.IssuedAt], out[scan.IssuedBy], out[scan.DepartmentCode] = d.Series, d.Number, d.IssuedAt.String(), d.IssuedBy, d.DepartmentCode
		}
		return out
	case International, Foreign:
		out := map[scan.Field]string{scan.BirthDate: x.BirthDate, scan.Sex: sex}
		if k == International && d.Kind == form.InternationalPassport || k == Foreign && d.Kind == form.ForeignDocument && d.Series == "" {
			out[scan.Number], out[scan.ExpiryDate] = d.Number, d.ExpiresAt.String()
		}
		return out
	case SNILS:
		return map[scan.Field]string{scan.InsuranceNumber: x.SNILS}
	case INN:
		return map[scan.Field]string{scan.TaxNumber: x.INN}
	case Registration, Licence, Birth, Temporary, Migration:
	}
	return nil
}

// FieldName is the name that forms have for a field of a page of the kind.
func (k Kind) FieldName(f scan.Field) string {
	of := "passport_"
	if k != Passport {
		of = "document_"
	}
	switch f {
	case scan.Series, scan.Number, scan.IssuedAt, scan.IssuedBy, scan.DepartmentCode:
		return of + string(f)
	case scan.ExpiryDate:
		return of + "expires_at"
	case scan.Surname, scan.GivenName, scan.Patronymic, scan.Sex, scan.BirthDate, scan.BirthPlace, scan.Issuer, scan.Nationality, scan.InsuranceNumber, scan.TaxNumber:
	}
	return string(f)
}

// Label names the words for a field of a page of the kind.
func (k Kind) Label(f scan.Field) string {
	if name := k.FieldName(f); name != string(f) {
		return "form.label." + name
	}
	return "desk.papers." + string(f)
}
