package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Condition says when something is asked: an expression over earlier answers in a small part of CEL.
//
//	d.kind == 'full' && !(d.purpose in ['court', 'notary'])
//
// It knows d with its fields, text, numbers, true and false, ==, !=, in, &&, ||, ! and brackets. A question that
// has no answer equals nothing. The zero Condition always holds.
type Condition struct{ expr expr }

// IsZero reports whether the condition always holds because nothing was asked of it.
func (c Condition) IsZero() bool { return c.expr == nil }

// Holds reports whether the answers meet the condition.
func (c Condition) Holds(a Answers) bool { return c.expr == nil || c.expr.holds(a) }

// Pointers lists the answers the condition looks at.
func (c Condition) Pointers() []string {
	if c.expr == nil {
		return nil
	}
	out := c.expr.pointers(nil)
	slices.Sort(out)
	return slices.Compact(out)
}

type expr interface {
	holds(a Answers) bool
	pointers(to []string) []string
}

type (
	both   struct{ l, r expr }
	either struct{ l, r expr }
	not    struct{ e expr }
	among  struct {
		pointer string
		values  []any
	}
)

func (e both) holds(a Answers) bool   { return e.l.holds(a) && e.r.holds(a) }
func (e either) holds(a Answers) bool { return e.l.holds(a) || e.r.holds(a) }
func (e not) holds(a Answers) bool    { return !e.e.holds(a) }
func (e among) holds(a Answers) bool {
	v := a.Get(e.pointer)
	return slices.ContainsFunc(e.values, func(want any) bool { return want == v && v != nil })
}

func (e both) pointers(to []string) []string   { return e.r.pointers(e.l.pointers(to)) }
func (e either) pointers(to []string) []string { return e.r.pointers(e.l.pointers(to)) }
func (e not) pointers(to []string) []string    { return e.e.pointers(to) }
func (e among) pointers(to []string) []string  { return append(to, e.pointer) }

// conditionMax bounds the text of a condition, and with it the depth of its brackets.
const conditionMax = 1000

// ParseCondition reads a condition. The error says in plain words what is not understood.
func ParseCondition(src string) (Condition, error) {
	if len(src) > conditionMax {
		return Condition{}, fmt.Errorf("the condition is longer than %d characters", conditionMax)
	}
	tokens, err := scan(src)
	if err != nil {
		return Condition{}, err
	}
	p := &conditionParser{tokens: tokens}
	e, err := p.or()
	if err != nil {
		return Condition{}, err
	}
	if p.peek() != "" {
		return Condition{}, fmt.Errorf("%s was not expected here", p.peek())
	}
	return Condition{expr: e}, nil
}

// scan cuts a condition into words, numbers, quoted texts (which keep one quote in front) and signs.
func scan(src string) ([]string, error) {
	var out []string
	rs := []rune(src)
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case unicode.IsSpace(r):
			i++
		case r == '\'' || r == '"':
			end := slices.Index(rs[i+1:], r)
			if end < 0 {
				return nil, fmt.Errorf("the quote %c is not closed", r)
			}
			out = append(out, "'"+string(rs[i+1:i+1+end]))
			i += end + 2
		case wordRune(r) || r == '-':
			j := i + 1
			for j < len(rs) && (wordRune(rs[j]) || rs[j] == '.') {
				j++
			}
			out = append(out, string(rs[i:j]))
			i = j
		default:
			two := string(rs[i:min(i+2, len(rs))])
			switch {
			case slices.Contains([]string{"==", "!=", "&&", "||"}, two):
				out = append(out, two)
				i += 2
			case strings.ContainsRune("!()[],", r):
				out = append(out, string(r))
				i++
			default:
				return nil, fmt.Errorf("%q is not part of a condition", string(r))
			}
		}
	}
	return out, nil
}

func wordRune(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

type conditionParser struct {
	tokens []string
	at     int
}

func (p *conditionParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *conditionParser) next() string {
	t := p.peek()
	p.at++
	return t
}

func (p *conditionParser) take(sign string) bool {
	if p.peek() != sign {
		return false
	}
	p.at++
	return true
}

func (p *conditionParser) or() (expr, error) {
	l, err := p.and()
	for err == nil && p.take("||") {
		var r expr
		if r, err = p.and(); err == nil {
			l = either{l, r}
		}
	}
	return l, err
}

func (p *conditionParser) and() (expr, error) {
	l, err := p.one()
	for err == nil && p.take("&&") {
		var r expr
		if r, err = p.one(); err == nil {
			l = both{l, r}
		}
	}
	return l, err
}

func (p *conditionParser) one() (expr, error) {
	if p.take("!") {
		e, err := p.one()
		return not{e}, err
	}
	if p.take("(") {
		e, err := p.or()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a closing bracket is missing")
		}
		return e, err
	}
	return p.comparison()
}

func (p *conditionParser) comparison() (expr, error) {
	word := p.next()
	path, ok := strings.CutPrefix(word, "d.")
	if !ok || path == "" || strings.HasPrefix(path, ".") || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
		if word == "" {
			return nil, fmt.Errorf("the condition ends too early")
		}
		return nil, fmt.Errorf("an answer such as d.kind was expected instead of %s", strings.TrimPrefix(word, "'"))
	}
	pointer := "/" + strings.ReplaceAll(path, ".", "/")
	switch {
	case p.take("=="):
		v, err := p.literal()
		return among{pointer, []any{v}}, err
	case p.take("!="):
		v, err := p.literal()
		return not{among{pointer, []any{v}}}, err
	case p.take("in"):
		values, err := p.list()
		return among{pointer, values}, err
	}
	return among{pointer, []any{true}}, nil
}

func (p *conditionParser) list() ([]any, error) {
	if !p.take("[") {
		return nil, fmt.Errorf("a list such as ['a', 'b'] was expected after in")
	}
	var out []any
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.take("]") {
			return out, nil
		}
		if !p.take(",") {
			return nil, fmt.Errorf("a comma or ] was expected in the list")
		}
	}
}

func (p *conditionParser) literal() (any, error) {
	t := p.next()
	if s, ok := strings.CutPrefix(t, "'"); ok {
		return s, nil
	}
	switch t {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "":
		return nil, fmt.Errorf("the condition ends too early")
	}
	if n, err := strconv.ParseFloat(t, 64); err == nil && finite(n) {
		return n, nil
	}
	return nil, fmt.Errorf("a text, a number, true or false was expected instead of %s", t)
}
