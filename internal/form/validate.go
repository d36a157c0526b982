package form

import (
	"slices"
	"strconv"

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
	seen := asked{alone: map[string]bool{}, inRows: map[string][]bool{}}
	for _, p := range pages {
		for i := range p.Fields {
			field := &p.Fields[i]
			seen.alone[field.Pointer] = true
			if field.Rows != nil {
				field.validateRows(&wrong, seen, s, a, today)
				continue
			}
			v := a.Get(field.Pointer)
			if field.Parts != nil {
				field.validateParts(&wrong, field.Name, v, today)
				for k := range field.Parts {
					seen.alone[field.Parts[k].Pointer] = true
				}
				continue
			}
			if field.Locked && v != nil {
				continue // the person could not mend it; the source answers for it
			}
			wrong.Note(field.Name, field.within(v, a, today))
		}
	}
	f.demand(&wrong, seen, s, a)
	return wrong
}

// asked are the questions that were asked, which are those that a demand may be made of.
type asked struct {
	alone  map[string]bool   // by pointer
	inRows map[string][]bool // by pointer with a star, of each row
}

func (f *Field) validateRows(wrong *Sheet, seen asked, s rule.Sight, a Answers, today Date) {
	n := a.Count(f.Pointer)
	if p := f.checkRows(n); p != nil {
		wrong.Note(f.Name, p)
		return
	}
	calls := make([][]bool, len(f.Rows.Fields))
	for k := range calls {
		calls[k] = make([]bool, n)
		seen.inRows[f.Rows.Fields[k].Pointer] = calls[k]
		for _, part := range f.Rows.Fields[k].Parts {
			seen.inRows[part.Pointer] = calls[k]
		}
	}
	rows, _ := a.Get(f.Pointer).([]any)
	for i := range n {
		row, _ := rows[i].(map[string]any)
		for k, x := range f.called(i, s) {
			calls[k][i] = true
			if x.Parts != nil {
				x.validateParts(wrong, f.Name+"."+strconv.Itoa(i)+x.nameInRow(f), Answers(row).Get(x.inRow(f)), today)
				continue
			}
			if p := x.within(Answers(row).Get(x.inRow(f)), a, today); p != nil {
				wrong.Note(f.Name+"."+strconv.Itoa(i)+x.nameInRow(f), p)
			}
		}
	}
}

// demand tells which demands are broken, of what is asked. A field that is wrong already is told nothing more.
func (f Form) demand(wrong *Sheet, seen asked, s rule.Sight, a Answers) {
	told := map[string]bool{}
	for _, w := range *wrong {
		told[w.Name] = true
	}
	look := func(d *Demand, at string, s rule.Sight) {
		if name := NameOf(at); !told[name] && d.When.Holds(s) && d.Assert.Broken(s) {
			told[name] = true
			wrong.Note(name, problem("form.wrong", "text", d.Message))
		}
	}
	rows := map[string][]rule.Sight{} // by group: several demands look at each row
	for i := range f.Demands {
		d := &f.Demands[i]
		if seen.alone[d.At] { // a form may have very many demands, and a page few of them
			look(d, d.At, s)
			continue
		}
		in := seen.inRows[d.At]
		if len(in) == 0 {
			continue
		}
		group := Group(d.At)
		if rows[group] == nil {
			rows[group] = make([]rule.Sight, len(in))
			for i := range in {
				rows[group][i] = s.Row(group, i)
			}
		}
		for i, row := range rows[group] {
			if in[i] {
				look(d, InRow(d.At, i), row)
			}
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
	if missing(v) {
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
	case []any:
		if f.Type == TypeChoices {
			return f.checkChoices(v)
		}
	}
	return problem("form.unreadable", "label", f.Label)
}

// missing is the complaint about an empty required field, in words that fit its type.
func (f Field) missing() *Problem {
	switch f.Type {
	case TypeRows:
		return problem("form.rows.none", "label", f.Label)
	case TypeChoices:
		return problem("form.choices.empty", "label", f.Label)
	case TypeChoice, TypeYear, TypeBoolean:
		return problem("form.choice.empty", "label", f.Label)
	case TypeText, TypeLines, TypeNumber, TypePatronymic:
		return problem("form.text.empty", "label", f.Label)
	case TypeDate, TypeBirthDate, TypePhone, TypeEmail, TypeSNILS, TypeINN, TypeSurname, TypeGivenName, TypeAddress:
		_, p := f.check("", Date{})
		return p
	case TypePostalAddress: // each part speaks for itself
	}
	if _, p := f.check("", Date{}); p != nil && f.Type.readPart() != nil {
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
	case TypeRows, TypeChoices, TypePostalAddress:
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
	if read := f.Type.readPart(); read != nil {
		return read(s)
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
