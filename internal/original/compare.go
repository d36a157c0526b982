package original

import (
	"slices"

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
	scan.InsuranceNumber, scan.TaxNumber,
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

// typed are the fields of the papers that a page of the kind shows, too. Names of an international passport are in other letters.
func (k Kind) typed(x verification.Papers) map[scan.Field]string {
	sex := map[string]string{"m": "male", "f": "female"}[x.Sex]
	switch k {
	case Passport:
		out := map[scan.Field]string{scan.Surname: x.Surname, scan.GivenName: x.GivenName, scan.BirthDate: x.BirthDate, scan.Sex: sex, scan.Series: x.Series, scan.Number: x.Number,
			scan.IssuedAt: x.IssuedAt, scan.IssuedBy: x.IssuedBy, scan.DepartmentCode: x.DepartmentCode}
		if x.Patronymic != "" || slices.Contains(x.Filled, verification.StepPerson) || x.Series != "" { // some people have none; others have not been asked yet
			out[scan.Patronymic] = x.Patronymic
		}
		return out
	case International, Foreign:
		return map[scan.Field]string{scan.BirthDate: x.BirthDate, scan.Sex: sex}
	case SNILS:
		return map[scan.Field]string{scan.InsuranceNumber: x.SNILS}
	case INN:
		return map[scan.Field]string{scan.TaxNumber: x.INN}
	case Registration, Licence, Birth, Temporary, Migration:
	}
	return nil
}

// FieldKey is the name that forms of papers have for a field.
func FieldKey(f scan.Field) string {
	switch f {
	case scan.Series, scan.Number, scan.IssuedAt, scan.IssuedBy, scan.DepartmentCode:
		return "passport_" + string(f)
	case scan.Surname, scan.GivenName, scan.Patronymic, scan.Sex, scan.BirthDate, scan.BirthPlace, scan.Issuer, scan.Nationality, scan.ExpiryDate, scan.InsuranceNumber, scan.TaxNumber:
	}
	return string(f)
}
