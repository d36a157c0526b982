package procedure

import (
	"errors"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"okno/internal/form"
)

// offSchema lists the pointers at which the answers break the schema.
func (d *Definition) offSchema(a form.Answers) []string {
	if d.schema == nil { // an information page
		return nil
	}
	v, err := plain(a)
	if err != nil {
		return []string{""}
	}
	if v == nil {
		v = map[string]any{}
	}
	err = d.schema.Validate(v)
	if err == nil {
		return nil
	}
	var broken *jsonschema.ValidationError
	if !errors.As(err, &broken) {
		return []string{""}
	}
	var out []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		at := ""
		for _, step := range e.InstanceLocation {
			at += "/" + step
		}
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, missing := range k.Missing {
				out = append(out, d.leavesUnder(at+"/"+missing)...)
			}
		case *kind.AdditionalProperties:
			for _, extra := range k.Properties {
				out = append(out, at+"/"+extra)
			}
		default:
			if len(e.Causes) == 0 {
				out = append(out, at)
			}
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(broken)
	slices.Sort(out)
	return slices.Compact(out)
}

// leavesUnder lists the required questions at or under the pointer: when a whole object is missing, each of them.
func (d *Definition) leavesUnder(pointer string) []string {
	var out []string
	for _, page := range d.Form.Pages {
		for _, f := range page.Fields {
			if f.Pointer == pointer || f.Required && strings.HasPrefix(f.Pointer, pointer+"/") {
				out = append(out, f.Pointer)
			}
		}
	}
	if out == nil {
		return []string{pointer} // in a row, or no question at all
	}
	return out
}
