package verification

import (
	"encoding/json"
	"maps"
	"slices"

	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/form"
)

// Papers is what the person shows: at a desk entered from the originals, otherwise by themselves. Read they are normalised. Sex is "m"
// or "f". Residence and Filled are the person's own proof's only.
type Papers struct {
	Surname, GivenName, Patronymic, BirthDate, Sex, SNILS, INN string

	Document  form.Identity `json:",omitzero"` // what proves who they are, and what stands in it
	Address   string
	Residence string `json:",omitempty"` // where the person lives, when it is not where they are registered
	Filled    []Step `json:",omitempty"`

	// Typed is what stands on the page and was not read yet, by the names of its fields: the kind of document and its fields, and at a
	// desk the whole page. What was read last stays beside it.
	Typed map[string]string `json:",omitempty"`
}

// UnmarshalJSON reads papers, also ones that were sealed when a passport was the only document.
func (p *Papers) UnmarshalJSON(b []byte) error {
	type plain Papers
	was := struct {
		*plain
		Series, Number, IssuedAt, IssuedBy, DepartmentCode string
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(b, &was); err != nil {
		return err
	}
	if p.Document == (form.Identity{}) && was.Series+was.Number+was.IssuedBy != "" {
		p.Document = *form.PassportOf(was.Series, was.Number, was.IssuedAt, was.IssuedBy, was.DepartmentCode)
	}
	return nil
}

// FieldKind is the name of the field in which a kind of document is chosen.
const FieldKind = "document_kind"

// Kind is the document that the page asks for: the one that was chosen last, or the one that somebody of that age usually has.
func (p Papers) Kind(today form.Date) form.IdentityKind {
	kind := form.IdentityKind(p.Typed[FieldKind])
	if !kind.Valid() {
		kind = p.Document.Kind
	}
	if kind != "" {
		return kind
	}
	if about, ok := form.PaperOf(form.BirthCertificate); ok && !p.born().IsZero() && p.born().Age(today) < about.Until {
		return form.BirthCertificate
	}
	return form.Passport
}

// ofChild reports whether the papers are of somebody who has not come to that age.
func (p Papers) ofChild(today form.Date, until int) bool {
	born := p.born()
	return !born.IsZero() && born.Age(today) < until
}

func (p Papers) born() form.Date {
	d, problem := form.ParseDate(p.BirthDate)
	if problem != nil {
		return form.Date{}
	}
	return d
}

// Values are the fields of the document of that kind as they stand on a page: those typed last, over those that were read. Kinds share
// fields, and what was typed for one stays for the next.
func (p Papers) Values(kind form.IdentityKind) map[string]string {
	out := map[string]string{}
	if p.Document.Kind == kind {
		maps.Copy(out, p.Document.Values())
	}
	for name, v := range p.Typed {
		if isField(name) && name != FieldKind {
			out[name] = v
		}
	}
	return out
}

// isField reports whether a field of that name belongs to a document.
func isField(name string) bool {
	return name == FieldKind || slices.ContainsFunc(form.Papers(), func(about form.Paper) bool {
		return slices.ContainsFunc(about.Parts, func(part form.Part) bool { return part.Name == name })
	})
}

// person is who the registers are asked about.
func (p Papers) person() Person {
	return Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, SNILS: p.SNILS, INN: p.INN, Document: p.Document}
}

// Known is what a new own proof begins with: what the account knows.
func Known(x account.Profile) Papers {
	p := Papers{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic, BirthDate: x.BirthDate, Sex: x.Sex, SNILS: x.SNILS, INN: x.INN,
		Address: x.Address, Residence: x.Residence}
	if x.Document != nil {
		p.Document = *x.Document
	}
	return p
}

// reader reads papers as they were typed, and gathers what is wrong with them. The person's page and the desk's read by it, so that the
// two cannot say different things.
type reader struct {
	sheet form.Sheet
	today form.Date
}

// person reads names, day of birth and sex, and reports whether the day is one.
func (r *reader) person(out *Papers, x Papers) (born bool) {
	r.sheet.Take("surname", &out.Surname, form.Surname, x.Surname)
	r.sheet.Take("given_name", &out.GivenName, form.GivenName, x.GivenName)
	r.sheet.Optional("patronymic", &out.Patronymic, form.Patronymic, x.Patronymic)
	day, problem := form.BirthDate(x.BirthDate, r.today)
	r.sheet.Note("birth_date", problem)
	out.BirthDate, out.Sex = day.String(), x.Sex
	if x.Sex != "m" && x.Sex != "f" {
		r.sheet = append(r.sheet, fault.F("sex", "verification.sex_missing"))
	}
	return problem == nil
}

// document reads the document, of which x has the kind and what was typed; out has the day of birth by which it is judged.
func (r *reader) document(out *Papers, x Papers) {
	kind := form.IdentityKind(x.Typed[FieldKind])
	if kind == "" {
		kind = x.Kind(r.today)
	}
	id, sheet := form.ReadIdentity(kind, x.Values(kind), out.born(), r.today)
	out.Document, out.Typed = id, nil
	r.sheet = append(r.sheet, sheet...)
}

// read checks what the operator typed.
func read(x Papers, today form.Date) (Papers, error) {
	r, out := reader{today: today}, x
	r.person(&out, x)
	r.document(&out, x)
	r.sheet.Take("snils", &out.SNILS, form.SNILS, x.SNILS)
	r.sheet.Optional("inn", &out.INN, form.INN, x.INN)
	r.sheet.Optional("address", &out.Address, form.Address, x.Address)
	return out, r.sheet.Err()
}
