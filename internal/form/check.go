package form

import (
	"slices"
	"sync"
)

// Check is a reader of this package under a name, for pages that have a value looked at while it is typed (REG-9). The same
// function reads the value when the form is sent, so the two cannot say different things.
type Check struct {
	Name string
	With []string // other fields of the form that the value is held against, by their names; any of them may be missing

	read   func(s string, with Others, today Date) (string, *Problem)
	notice func(s string, with Others) *Problem
}

// Others are the values of other fields, as they were typed.
type Others map[string]string

// Read reads a value beside those of the other fields and gives its normal form, or says what is wrong.
func (c Check) Read(s string, with Others, today Date) (string, *Problem) {
	return c.read(s, with, today)
}

// Notice is what a person should know about a value that is right, nil when there is nothing to say.
func (c Check) Notice(s string, with Others) *Problem {
	if c.notice == nil || Blank(s) {
		return nil
	}
	return c.notice(s, with)
}

const (
	fieldBirthDate = "birth_date"
	fieldAddress   = "address"
)

// born is the day of birth that was typed beside a value, zero when none can be read.
func (o Others) born(today Date) Date {
	d, p := BirthDate(o[fieldBirthDate], today)
	if p != nil {
		return Date{}
	}
	return d
}

// CheckNamed finds a check by its name.
func CheckNamed(name string) (Check, bool) {
	i := slices.IndexFunc(checks(), func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return checks()[i], true
}

// Checks lists the checks there are: of a person, of each kind of identity document, of an address.
func Checks() []Check { return slices.Clone(checks()) }

var checks = sync.OnceValue(func() []Check {
	out := []Check{
		simple("surname", Surname), simple("given_name", GivenName), simple("patronymic", Patronymic),
		{Name: fieldBirthDate, read: func(s string, _ Others, today Date) (string, *Problem) {
			d, p := BirthDate(s, today)
			return dayOr(d, s), p
		}},
		{Name: "date", read: func(s string, _ Others, _ Date) (string, *Problem) {
			d, p := ParseDate(s)
			return dayOr(d, s), p
		}},
		simple("phone", MobilePhone), simple("any_phone", Phone), simple("email", Email), simple("snils", SNILS), simple("inn", INN),
		simple(fieldCitizenship, Citizenship),
		simple(fieldAddress, Address),
		{Name: "residence_address", With: []string{fieldAddress}, read: lone(Address), notice: func(s string, with Others) *Problem {
			if Blank(with[fieldAddress]) {
				return nil
			}
			return AddressesDiffer(ParseAddress(with[fieldAddress]), ParseAddress(s))
		}},
	}
	for _, part := range addressParts() {
		out = append(out, simple("address."+part.name, part.read))
	}
	for _, about := range Papers() {
		for _, part := range about.Parts {
			out = append(out, checkOf(about, part))
		}
	}
	return append(out, ownedChecks()...)
})

func simple(name string, read func(string) (string, *Problem)) Check {
	return Check{Name: name, read: lone(read)}
}

// lone makes a reader of one value one that ignores the others.
func lone(read func(string) (string, *Problem)) func(string, Others, Date) (string, *Problem) {
	return func(s string, _ Others, _ Date) (string, *Problem) { return read(s) }
}

// checkOf is the check of one field of a kind of document.
func checkOf(about Paper, part Part) Check {
	c := Check{Name: part.Check, read: func(s string, with Others, today Date) (string, *Problem) {
		return part.Read(s, with.born(today), today)
	}}
	switch part.Name {
	case passportIssuedAt, fieldIssuedAt:
		c.With = []string{fieldBirthDate}
	case fieldExpiresAt:
		c.With = []string{fieldIssuedAt}
		c.read = func(s string, with Others, today Date) (string, *Problem) {
			v, p := part.Read(s, Date{}, today)
			issued := stored(with[fieldIssuedAt])
			if p != nil || v == "" || issued.IsZero() {
				return v, p
			}
			return v, lasts(issued, stored(v), about.Years)
		}
	}
	return c
}
