package form

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Answers are read with every keystroke, and a form may have a thousand of them. What Encode makes of them is JSON without spaces; it is read
// here in a quarter of the time that the library takes, and in a third of the memory. Of anything out of the ordinary quickly says so, and the
// library has the word: what is right, and what is a mistake, stays its say.

// quickly reads what Encode writes; false when it is something else, or may be.
func quickly(stored []byte) (Answers, bool) {
	if len(stored) == 0 || stored[0] != '{' || !utf8.Valid(stored) {
		return nil, false
	}
	r := storedReader{text: string(stored)} // the texts of all answers are parts of it
	v, ok := r.object(0, strings.Count(r.text, `":`))
	return v, ok && r.at == len(r.text)
}

// deepest is how deep answers lie that are read quickly: rows of addresses are three deep.
const deepest = 16

type storedReader struct {
	text string
	at   int
}

func (r *storedReader) next(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *storedReader) value(depth int) (any, bool) {
	if r.at >= len(r.text) || depth > deepest {
		return nil, false
	}
	switch r.text[r.at] {
	case '"':
		return r.string()
	case '{':
		return r.object(depth, 0)
	case '[':
		return r.list(depth)
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.number()
}

func (r *storedReader) word(w string) bool {
	ok := strings.HasPrefix(r.text[r.at:], w)
	r.at += len(w)
	return ok
}

func (r *storedReader) object(depth, members int) (map[string]any, bool) {
	r.at++
	out := make(map[string]any, members)
	if r.next('}') {
		return out, true
	}
	for n := 1; ; n++ {
		key, ok := r.string()
		if !ok || !r.next(':') {
			return nil, false
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		if out[key] = v; len(out) != n {
			return nil, false // the same name twice
		}
		if r.next('}') {
			return out, true
		}
		if !r.next(',') {
			return nil, false
		}
	}
}

func (r *storedReader) list(depth int) ([]any, bool) {
	r.at++
	out := []any{}
	if r.next(']') {
		return out, true
	}
	for {
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		out = append(out, v)
		if r.next(']') {
			return out, true
		}
		if !r.next(',') {
			return nil, false
		}
	}
}

// string is a text in which nothing is escaped.
func (r *storedReader) string() (string, bool) {
	if !r.next('"') {
		return "", false
	}
	for from := r.at; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return r.text[from : r.at-1], true
		case c == '\\':
			return r.escaped(from - 1)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped is the text that begins with the quote at from.
func (r *storedReader) escaped(from int) (string, bool) {
	for ; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			b, err := jsontext.AppendUnquote(nil, r.text[from:r.at])
			return string(b), err == nil
		}
	}
	return "", false
}

// number is a whole number of few digits, as most are; of another one the library says what it is.
func (r *storedReader) number() (float64, bool) {
	from, n := r.at, 0
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
		if r.at-from == 15 {
			return 0, false
		}
	}
	plain := r.at > from && (r.text[from] != '0' || r.at == from+1)
	if plain && r.at < len(r.text) && (r.text[r.at] == ',' || r.text[r.at] == '}' || r.text[r.at] == ']') {
		return float64(n), true
	}
	for r.at < len(r.text) && strings.IndexByte("0123456789+-.eE", r.text[r.at]) >= 0 {
		r.at++
	}
	var f float64
	err := json.Unmarshal([]byte(r.text[from:r.at]), &f)
	return f, err == nil
}
