package form

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Answers is what a person has filled in: the data of an application, addressed by JSON Pointers. It holds only
// what JSON holds (text, float64, bool, objects, lists of objects), so that it is the same before and after it was stored.
type Answers map[string]any

// asStored is how answers are written and read, where quickly does not know how: what encoding/json makes of them, in a third
// of the time. Texts that are no UTF-8 were typed, and are not for the storage to refuse. Values are given by the address of an any, for
// which the library has its shortest way.
var (
	asStored  = jsontext.AllowInvalidUTF8(true)
	asWritten = json.JoinOptions(asStored, jsontext.AllowDuplicateNames(true)) // a map has none
)

// Encode writes the answers as JSON, to be stored. Members stand in no particular order.
func (a Answers) Encode() ([]byte, error) {
	v := any(map[string]any(a))
	b, err := json.Marshal(&v, asWritten)
	if err != nil {
		return nil, fmt.Errorf("write answers: %w", err)
	}
	return b, nil
}

// inOrder is asStored with one text for one value: that of encoding/json.
var inOrder = json.JoinOptions(asWritten, json.Deterministic(true), jsontext.EscapeForHTML(true), jsontext.EscapeForJS(true))

// Canonical is the one text of a value of answers, to tell it from others by.
func Canonical(v any) []byte {
	b, err := json.Marshal(&v, inOrder)
	if err != nil {
		panic("form: no value of answers: " + err.Error()) // they are what JSON holds
	}
	return b
}

// Decode reads answers that Encode wrote.
func Decode(stored []byte) (Answers, error) {
	if a, ok := quickly(stored); ok {
		return a, nil
	}
	var v any
	if err := json.Unmarshal(stored, &v, asStored); err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("read answers: they are a %T", v)
	}
	return m, nil
}

// Same reports whether two values of answers are the same.
func Same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, v := range a {
			w, has := b[key]
			if !has || !Same(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Same)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false // they cannot be compared by ==
	}
	return a == b
}

// Get is the value at the pointer, nil when there is none.
func (a Answers) Get(pointer string) any {
	if pointer == "" || pointer[0] != '/' {
		return map[string]any(a)
	}
	var v any = map[string]any(a)
	for rest, more := pointer[1:], true; more; {
		var key string
		key, rest, more = strings.Cut(rest, "/")
		key = unescape(key)
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			n, ok := index(key)
			if !ok || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

// Text is the text at the pointer, "" when there is none.
func (a Answers) Text(pointer string) string {
	s, _ := a.Get(pointer).(string)
	return s
}

// Int is the whole number at the pointer, 0 when there is none.
func (a Answers) Int(pointer string) int {
	f, _ := a.Get(pointer).(float64)
	return int(f)
}

// With is a copy in which the value stands at the pointer; nil, "", no rows and no parts take it away.
func (a Answers) With(pointer string, v any) Answers {
	path := steps(pointer)
	if len(path) == 0 {
		return a
	}
	return Answers(put(map[string]any(a), path, v))
}

func put(m map[string]any, path []string, v any) map[string]any {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	key := path[0]
	if len(path) > 1 {
		inner, _ := m[key].(map[string]any)
		if inner = put(inner, path[1:], v); len(inner) > 0 {
			m[key] = inner
		} else {
			delete(m, key)
		}
		return m
	}
	if missing(v) {
		delete(m, key)
	} else {
		m[key] = v
	}
	return m
}

func missing(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any: // of an address nothing is left
		return len(v) == 0
	}
	return v == nil || v == ""
}

// own is a copy of which set may change anything: rows are values, which With replaces whole.
func (a Answers) own() Answers { return Answers(ownMap(a)) }

func ownMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for key, v := range m {
		if inner, ok := v.(map[string]any); ok {
			v = ownMap(inner)
		}
		out[key] = v
	}
	return out
}

// set is With in place, for answers that nobody else holds.
func (a Answers) set(pointer string, v any) {
	if path := steps(pointer); len(path) > 0 {
		set(map[string]any(a), path, v)
	}
}

func set(m map[string]any, path []string, v any) {
	key := path[0]
	switch {
	case len(path) > 1:
		inner, _ := m[key].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		if set(inner, path[1:], v); len(inner) > 0 {
			m[key] = inner
		} else {
			delete(m, key)
		}
	case missing(v):
		delete(m, key)
	default:
		m[key] = v
	}
}

// put sets the value in place. It is for answers that are being made, which nobody else holds.
func (a Answers) put(pointer string, v any) {
	if missing(v) {
		return
	}
	m, path := map[string]any(a), steps(pointer)
	for _, key := range path[:len(path)-1] {
		inner, ok := m[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			m[key] = inner
		}
		m = inner
	}
	m[path[len(path)-1]] = v
}

func (a Answers) size() int { return Size(map[string]any(a)) }

// Size is how many values there are in a value of answers, those of rows too.
func Size(of any) int {
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		default:
			n++
		}
	}
	walk(of)
	return n
}

// Pointers lists where there are values, in order; rows are one value.
func (a Answers) Pointers() []string {
	var out []string
	var walk func(at string, m map[string]any)
	walk = func(at string, m map[string]any) {
		for key, v := range m {
			p := at + "/" + escape(key)
			if inner, ok := v.(map[string]any); ok {
				walk(p, inner)
				continue
			}
			out = append(out, p)
		}
	}
	walk("", a)
	slices.Sort(out)
	return out
}

// steps cuts a JSON Pointer (RFC 6901).
func steps(pointer string) []string {
	pointer, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil
	}
	parts := strings.Split(pointer, "/")
	for i, p := range parts {
		parts[i] = unescape(p)
	}
	return parts
}

func unescape(key string) string {
	if strings.IndexByte(key, '~') < 0 {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
}

func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// NameOf is the name of the input that holds the value at the pointer: /object/kind is object.kind.
func NameOf(pointer string) string {
	pointer, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return ""
	}
	return unescape(strings.ReplaceAll(pointer, "/", "."))
}
