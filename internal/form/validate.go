package form

import (
	"slices"

	"okno/internal/fault"
	"okno/internal/rule"
)

// TextMax is the limit of a text whose definition names none.
const TextMax = 1000

// Validate tells what is wrong with the answers on the day, field by field, in the order of the form. Only what
// is asked is looked at.
func (f Form) Validate(a Answers, today Date) []fault.Field {
	s := f.See(a)
	return f.validate(f.asked(s), s, a, today)
}

// ValidatePage is Validate of one page.
func (f Form) ValidatePage(id string, a Answers, today Date) []fault.Field {
	p, ok := f.Page(id)
	if !ok {
		return nil
	}
	s := f.See(a)
	if p, ok = p.asked(s); !ok {
		return nil
	}
	return f.validate([]Page{p}, s, a, today)
}

func (f Form) validate(pages []Page, s rule.Sight, a Answers, today Date) []fault.Field {
	var wrong Sheet
	asked := map[string]bool{} // by pointer, those in rows too
	for _, p := range pages {
		for _, field := range p.Fields {
			asked[field.Pointer] = true
			if field.Rows != nil {
				field.validateRows(&wrong, asked, s, a, today)
				continue
			}
			v := a.Get(field.Pointer)
			if field.Locked && v != nil {
				continue // the person could not mend it; the source answers for it
			}
			wrong.Note(field.Name, field.within(v, a, today))
		}
	}
	f.demand(&wrong, asked, s, a)
	return wrong
}

func (f Field) validateRows(wrong *Sheet, asked map[string]bool, s rule.Sight, a Answers, today Date) {
	n := a.Count(f.Pointer)
	if p := f.checkRows(n); p != nil {
		wrong.Note(f.Name, p)
		return
	}
	for i := range n {
		for _, x := range f.row(i, s).Fields {
			asked[x.Pointer] = true
			wrong.Note(x.Name, x.within(a.Get(x.Pointer), a, today))
		}
	}
}

// demand tells which demands are broken, of what is asked. A field that is wrong already is told nothing more.
func (f Form) demand(wrong *Sheet, asked map[string]bool, s rule.Sight, a Answers) {
	told := map[string]bool{}
	for _, w := range *wrong {
		told[w.Name] = true
	}
	look := func(d Demand, at string, s rule.Sight) {
		if !asked[at] { // a form may have very many demands, and a page few of them
			return
		}
		if name := NameOf(at); !told[name] && d.When.Holds(s) && d.Assert.Broken(s) {
			told[name] = true
			wrong.Note(name, problem("form.wrong", "text", d.Message))
		}
	}
	rows := map[string][]rule.Sight{} // by group: several demands look at each row
	for _, d := range f.Demands {
		group := Group(d.At)
		if group == "" {
			look(d, d.At, s)
			continue
		}
		if _, seen := rows[group]; !seen {
			for i := range a.Count(group) {
				rows[group] = append(rows[group], s.Row(group, i))
			}
		}
		for i, row := range rows[group] {
			look(d, InRow(d.At, i), row)
		}
	}
}

// within is Validate of a choice that depends on another answer too.
func (f Field) within(v any, a Answers, today Date) *Problem {
	p := f.Validate(v, today)
	if p != nil || f.Within == "" || missing(v) {
		return p
	}
	if !slices.ContainsFunc(f.OptionsFor(a, today), func(o Option) bool { return o.Value == v }) {
		return problem("form.choice.unknown", "label", f.Label)
	}
	return nil
}

// Validate tells what is wrong with one answer on the day, nil when nothing is.
func (f Field) Validate(v any, today Date) *Problem {
	if v == nil || v == "" {
		if f.Required {
			return f.missing()
		}
		return nil
	}
	switch v := v.(type) {
	case string:
		if _, p := f.check(v, today); p != nil {
			return p
		}
		if f.Pattern != nil && !f.Pattern.MatchString(v) {
			return problem("form.wrong", "text", f.Wrong)
		}
		return nil
	case float64:
		return f.checkNumber(v, today)
	case bool:
		if f.Type == TypeBoolean {
			return nil
		}
	}
	return problem("form.unreadable", "label", f.Label)
}

// missing is the complaint about an empty required field, in words that fit its type.
func (f Field) missing() *Problem {
	switch f.Type {
	case TypeRows:
		return problem("form.rows.none", "label", f.Label)
	case TypeChoice, TypeYear, TypeBoolean:
		return problem("form.choice.empty", "label", f.Label)
	case TypeText, TypeLines, TypeNumber, TypePatronymic:
		return problem("form.text.empty", "label", f.Label)
	case TypeDate, TypeBirthDate, TypePhone, TypeEmail, TypeSNILS, TypeINN, TypeSurname, TypeGivenName, TypeAddress:
		_, p := f.check("", Date{})
		return p
	}
	return problem("form.text.empty", "label", f.Label)
}

// check reads a text by the field's type.
func (f Field) check(s string, today Date) (string, *Problem) {
	switch f.Type {
	case TypeText:
		return Text(s, f.limit())
	case TypeLines:
		return Lines(s, f.limit())
	case TypeDate:
		d, p := ParseDate(s)
		return d.String(), p
	case TypeBirthDate:
		d, p := BirthDate(s, today)
		return d.String(), p
	case TypeChoice:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == s }) {
			return s, problem("form.choice.unknown", "label", f.Label)
		}
		return s, nil
	case TypeNumber:
		return s, problem("form.number.format", "label", f.Label)
	case TypeYear:
		return s, problem("form.choice.unknown", "label", f.Label)
	case TypeBoolean:
		return s, problem("form.choice.empty", "label", f.Label)
	case TypeRows:
		return s, problem("form.unreadable", "label", f.Label)
	case TypePhone:
		return Phone(s)
	case TypeEmail:
		return Email(s)
	case TypeSNILS:
		return SNILS(s)
	case TypeINN:
		return INN(s)
	case TypeSurname:
		return Surname(s)
	case TypeGivenName:
		return GivenName(s)
	case TypePatronymic:
		return Patronymic(s)
	case TypeAddress:
		return Address(s)
	}
	return s, problem("form.unreadable", "label", f.Label)
}

func (f Field) limit() int {
	if f.Max > 0 {
		return f.Max
	}
	return TextMax
}

func (f Field) checkNumber(n float64, today Date) *Problem {
	switch {
	case f.Type == TypeYear:
		if !slices.ContainsFunc(f.OptionsOn(today), func(o Option) bool { return o.Value == text(n) }) {
			return problem("form.choice.unknown", "label", f.Label)
		}
		return nil
	case f.Type != TypeNumber:
		return problem("form.unreadable", "label", f.Label)
	case f.Least != nil && n < *f.Least:
		return problem("form.number.least", "label", f.Label, "least", text(*f.Least))
	case f.Most != nil && n > *f.Most:
		return problem("form.number.most", "label", f.Label, "most", text(*f.Most))
	}
	return nil
}
