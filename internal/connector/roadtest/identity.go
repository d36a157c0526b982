package roadtest

import (
	"okno/internal/form"
	"okno/internal/sandbox"
)

// Document is the identity document that a resident of the sandbox shows.
func Document(p sandbox.Resident) form.Identity {
	switch {
	case p.Document != nil:
		d := p.Document
		return form.Identity{Kind: form.IdentityKind(d.Kind), Country: d.Country, Series: d.Series, Number: d.Number, IssuedAt: Day(d.IssuedAt), ExpiresAt: Day(d.ExpiresAt), IssuedBy: d.IssuedBy}
	case p.BirthCertificate != nil:
		d := p.BirthCertificate
		return form.Identity{Kind: form.BirthCertificate, Country: form.Russia, Series: d.Series, Number: d.Number, IssuedAt: Day(d.IssuedAt), IssuedBy: d.IssuedBy}
	}
	return Passport(*p.Passport)
}

// Passport is a passport of the sandbox, one that somebody has or once had.
func Passport(d sandbox.Passport) form.Identity {
	return form.Identity{Kind: form.Passport, Country: form.Russia, Series: d.Series, Number: d.Number, IssuedAt: Day(d.IssuedAt), IssuedBy: d.IssuedBy, DepartmentCode: d.DepartmentCode}
}

// Day is a day as the sandbox writes it; "" is no day.
func Day(iso string) form.Date {
	var d form.Date
	if iso != "" && d.UnmarshalText([]byte(iso)) != nil {
		panic("roadtest: not a day: " + iso)
	}
	return d
}
