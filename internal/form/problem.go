package form

import "okno/internal/fault"

// Problem is what is wrong with one value: the key of a message that names the reason and the remedy, and the
// values of that message as pairs of name and value. A nil Problem is a good value.
type Problem struct {
	Key  string
	Args []any
}

func problem(key string, args ...any) *Problem { return &Problem{Key: key, Args: args} }

// On is the problem as it is reported for the field of that name.
func (p *Problem) On(name string) fault.Field { return fault.F(name, p.Key, p.Args...) }

// Sheet gathers what is wrong with the fields of one page.
//
//	var sheet form.Sheet
//	phone, p := form.MobilePhone(typed)
//	sheet.Note("tel", p)
//	return sheet.Err()
type Sheet []fault.Field

// Note adds the problem, if there is one.
func (s *Sheet) Note(name string, p *Problem) {
	if p != nil {
		*s = append(*s, p.On(name))
	}
}

// Take reads what was typed into a field and notes what is wrong with it.
func (s *Sheet) Take(name string, into *string, read func(string) (string, *Problem), typed string) {
	value, problem := read(typed)
	*into = value
	s.Note(name, problem)
}

// Optional is Take of a field that may be left blank.
func (s *Sheet) Optional(name string, into *string, read func(string) (string, *Problem), typed string) {
	if *into = ""; !Blank(typed) {
		s.Take(name, into, read, typed)
	}
}

// Err is a fault of all the fields noted, nil when there is none.
func (s Sheet) Err() error { return fault.Check(s...) }
