package jobs

import (
	"fmt"
	"reflect"
	"regexp"

	"okno/internal/id"
)

// checkType refuses types of arguments that could hold more than identifiers.
func checkType(a Args) error {
	t := reflect.TypeOf(a)
	if t == nil || t.Kind() != reflect.Struct {
		return fmt.Errorf("jobs: %T: arguments are a struct, not a pointer and not an interface", a)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			return fmt.Errorf("%s: field %s is not exported, so it would be lost", a.Kind(), f.Name)
		}
		if !plain(f.Type) && (f.Type.Kind() != reflect.Slice || !plain(f.Type.Elem()) || f.Type.Elem().Kind() == reflect.Uint8) {
			return fmt.Errorf("%s: field %s of type %s: arguments hold identifiers, numbers and flags only", a.Kind(), f.Name, f.Type)
		}
	}
	return nil
}

func plain(t reflect.Type) bool {
	switch t.Kind() { //nolint:exhaustive // everything else is refused
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// checkValues refuses values that are not identifiers: whatever looks like a name, an address, a code or a phone.
func checkValues(a Args) error {
	if err := checkType(a); err != nil {
		return err
	}
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Slice {
			if !identifier(f) {
				return fmt.Errorf("field %s does not hold an identifier", v.Type().Field(i).Name) // and the value is not repeated here
			}
			continue
		}
		for j := range f.Len() {
			if !identifier(f.Index(j)) {
				return fmt.Errorf("field %s does not hold identifiers", v.Type().Field(i).Name)
			}
		}
	}
	return nil
}

func identifier(v reflect.Value) bool {
	return v.Kind() != reflect.String || v.String() == "" || id.Plain(v.String())
}

// scrubbed is an error whose text may be stored and logged.
type scrubbed struct{ error }

func (s scrubbed) Error() string { return scrub(s.error.Error()) }
func (s scrubbed) Unwrap() error { return s.error }

var (
	long     = regexp.MustCompile(`\+?[0-9]([ ().:/_-]?[0-9]){5,}`) // phones, papers, one-time codes
	address  = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)
	foreign  = regexp.MustCompile(`[^\x00-\x7f]+([ .-]*[^\x00-\x7f]+)*`)
	wordlike = regexp.MustCompile(`[0-9a-z]+`)
)

// scrub takes out of an error's text what a gateway or a register may have put there: addresses, phones and numbers of
// papers, words in other than Latin letters. Identifiers stay.
func scrub(text string) string {
	if len(text) > 2000 {
		text = text[:2000]
	}
	text = address.ReplaceAllString(text, "…")
	text = foreign.ReplaceAllString(text, "…")
	keep := map[int]bool{} // where identifiers stand
	for _, m := range wordlike.FindAllStringIndex(text, -1) {
		if id.Valid(text[m[0]:m[1]]) {
			for i := m[0]; i < m[1]; i++ {
				keep[i] = true
			}
		}
	}
	out, last := "", 0
	for _, m := range long.FindAllStringIndex(text, -1) {
		if keep[m[0]] {
			continue
		}
		out += text[last:m[0]] + "…"
		last = m[1]
	}
	return out + text[last:]
}
