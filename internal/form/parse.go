package form

import (
	"strconv"
	"strings"
)

// Parse takes what was typed into the answers: values by name of the input, as a POST brings them. Only fields
// that were sent are touched, so one page, or one field on its way out, can be parsed alone; an empty field
// takes its answer away; locked fields are not read. Whatever cannot be read stays as it was typed, for
// Validate to refuse and for the page to show again.
func (f Form) Parse(typed map[string][]string, into Answers) Answers {
	owned := false
	for _, p := range f.Pages {
		for i := range p.Fields {
			field := &p.Fields[i]
			if field.Rows != nil && !field.Locked {
				into = field.parseRows(typed, into)
				continue
			}
			if field.Locked {
				continue
			}
			of, sent := typed[field.Name]
			if !sent && field.single() {
				continue
			}
			was := into.Get(field.Pointer)
			if field.single() && was != nil && was == any(last(of)) {
				continue // most answers of many are as they were
			}
			v, sent := field.typed(typed, field.Name, was)
			if !sent || was == nil && missing(v) || !missing(v) && Same(was, v) {
				continue
			}
			if !owned { // once, and not for each field: a form may have very many
				into, owned = into.own(), true
			}
			into.set(field.Pointer, v)
		}
	}
	return into
}

// last is the value that counts: a browser sends a hidden default first and the choice after it.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// single reports whether the field is one input, whose last value counts.
func (f *Field) single() bool { return f.Parts == nil && f.Type != TypeChoices }

// parseAll is parse of what came under the name of the field, of which the last counts, or all when several can be chosen.
func (f Field) parseAll(values []string) any {
	if f.Type == TypeChoices {
		return f.chosen(values)
	}
	return f.parse(last(values))
}

// parse is the normal form of what was typed, or the tidied text when there is none. It knows no today: what
// depends on the day is for Validate.
func (f Field) parse(typed string) any {
	if f.Type == TypeLines {
		s, _ := Lines(typed, len(typed))
		return s
	}
	s := oneLine(typed)
	if s == "" {
		return ""
	}
	switch f.Type {
	case TypeNumber:
		if n, err := strconv.ParseFloat(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), ",", "."), 64); err == nil && finite(n) {
			return n
		}
		return s
	case TypeYear:
		if y, err := strconv.Atoi(s); err == nil {
			return float64(y)
		}
		return s
	case TypeBoolean:
		switch s {
		case "true", "yes", "on", "1":
			return true
		case "false", "no", "off", "0":
			return false
		}
		return s
	case TypeDate, TypeBirthDate:
		if d, p := ParseDate(s); p == nil {
			return d.String()
		}
		return s
	case TypePhone, TypeEmail, TypeSNILS, TypeINN, TypeSurname, TypeGivenName, TypePatronymic, TypeAddress:
		if v, p := f.check(s, Date{}); p == nil {
			return v
		}
		return s
	case TypeChoices:
		return f.chosen([]string{s})
	case TypeText, TypeChoice, TypeLines, TypeRows, TypePostalAddress:
	}
	if read := f.Type.readPart(); read != nil {
		if v, p := read(s); p == nil {
			return v
		}
	}
	return s
}

// finite leaves out what JSON cannot hold.
func finite(n float64) bool { return n-n == 0 }
