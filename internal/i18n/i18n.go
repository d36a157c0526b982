package i18n

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the portal's zone must be known on machines without a zone database
)

// Lang is a language of the portal. Its text is stored with people's preferences.
type Lang string

// The languages; Russian is written first.
const (
	RU Lang = "ru"
	EN Lang = "en"
)

// Langs lists the languages, the default first.
func Langs() []Lang { return []Lang{RU, EN} }

// Parse returns the language s names, or Russian and false.
func Parse(s string) (Lang, bool) {
	switch Lang(s) {
	case RU, EN:
		return Lang(s), true
	}
	return RU, false
}

//go:embed locales
var locales embed.FS

// catalogues is read-only. It is made when the first text is asked for: the process that hashes passwords never does.
var catalogues = sync.OnceValue(mustLoad)

// message is a text cut at its placeholders: literals at even places, names at odd ones.
type message struct {
	text  []string
	forms map[string][]string // by plural category, for messages that count
}

func mustLoad() map[Lang]map[string]message {
	all := map[Lang]map[string]message{}
	for _, l := range Langs() {
		dir := "locales/" + string(l)
		files, err := locales.ReadDir(dir)
		if err != nil {
			panic(err)
		}
		all[l] = map[string]message{}
		for _, f := range files {
			if err := loadFile(all[l], path.Join(dir, f.Name())); err != nil {
				panic(fmt.Sprintf("i18n: %s/%s: %v", dir, f.Name(), err))
			}
		}
	}
	return all
}

func loadFile(into map[string]message, name string) error {
	src, err := locales.ReadFile(name)
	if err != nil || path.Ext(name) != ".json" {
		return err
	}
	var raw map[string]any
	if err := json.Unmarshal(src, &raw); err != nil {
		return err
	}
	for key, v := range raw {
		if _, twice := into[key]; twice {
			return fmt.Errorf("key %s is defined twice", key)
		}
		m, err := parse(v)
		if err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
		into[key] = m
	}
	return nil
}

func parse(v any) (message, error) {
	switch v := v.(type) {
	case string:
		return message{text: cut(v)}, nil
	case map[string]any:
		m := message{forms: map[string][]string{}}
		for k, form := range v {
			s, ok := form.(string)
			if !ok {
				return message{}, fmt.Errorf("form %s is no text", k)
			}
			m.forms[k] = cut(s)
		}
		return m, nil
	}
	return message{}, errors.New("it is neither a text nor the forms of one")
}

// cut splits "a {b} c" into "a ", "b", " c".
func cut(s string) []string {
	var out []string
	for {
		before, rest, ok := strings.Cut(s, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return append(out, s)
		}
		out = append(out, before, name)
		s = after
	}
}

func (l Lang) fill(parts []string, args []any) string {
	if len(parts) == 1 {
		return parts[0]
	}
	var b strings.Builder
	for i, p := range parts {
		if i%2 == 0 {
			b.WriteString(p)
			continue
		}
		b.WriteString(l.arg(p, args))
	}
	return b.String()
}

func (l Lang) arg(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case Text: // content may be the value of a message: the label of a field, say
			return v.Lang(l)
		}
		return fmt.Sprint(args[i+1])
	}
	return "{" + name + "}"
}

type langKey struct{}
type zoneKey struct{}

// With sets the language of the context.
func With(ctx context.Context, l Lang) context.Context { return context.WithValue(ctx, langKey{}, l) }

// From is the language of the context, Russian when none was set.
func From(ctx context.Context) Lang {
	if l, ok := ctx.Value(langKey{}).(Lang); ok {
		return l
	}
	return RU
}

// WithZone sets the time zone in which moments are shown.
func WithZone(ctx context.Context, z *time.Location) context.Context {
	return context.WithValue(ctx, zoneKey{}, z)
}

var moscow = func() *time.Location {
	z, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return z
}()

// Zone is the time zone of the context, Europe/Moscow when none was set.
func Zone(ctx context.Context) *time.Location {
	if z, ok := ctx.Value(zoneKey{}).(*time.Location); ok {
		return z
	}
	return moscow
}

// T says the message of the key in the language of the context. args are pairs of a placeholder's name and its value.
func T(ctx context.Context, key string, args ...any) string { return From(ctx).T(key, args...) }

// N says the message of the key in the plural form that n takes; {n} in it is the number.
func N(ctx context.Context, key string, n int, args ...any) string {
	return From(ctx).N(key, n, args...)
}

// Has reports whether the message exists.
func Has(key string) bool {
	_, ok := catalogues()[RU][key]
	return ok
}

// T says the message in the language l: for letters and texts, which speak the recipient's language.
func (l Lang) T(key string, args ...any) string {
	m, ok := catalogues()[l][key]
	if !ok || m.text == nil {
		return key
	}
	return l.fill(m.text, args)
}

// Both says the message in both languages, for what is kept or told in both.
func Both(key string, args ...any) Text { return Text{RU: RU.T(key, args...), EN: EN.T(key, args...)} }

// N says the message in the plural form that n takes in l.
func (l Lang) N(key string, n int, args ...any) string {
	m, ok := catalogues()[l][key]
	if !ok || m.forms == nil {
		return key
	}
	parts, ok := m.forms[l.plural(n)]
	if !ok {
		return key
	}
	return l.fill(parts, append([]any{"n", strconv.Itoa(n)}, args...))
}

// plural is the CLDR category of a whole number.
func (l Lang) plural(n int) string {
	if n < 0 {
		n = -n
	}
	if l == EN {
		if n == 1 {
			return "one"
		}
		return "other"
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return "one"
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return "few"
	}
	return "many"
}

// Text is content in both languages that travels with its data.
type Text struct {
	RU string `json:"ru" yaml:"ru"`
	EN string `json:"en" yaml:"en"`
}

// In is the text in the language of the context; a text without English is Russian everywhere.
func (t Text) In(ctx context.Context) string { return t.Lang(From(ctx)) }

// Lang is the text in the language l.
func (t Text) Lang(l Lang) string {
	if l == EN && t.EN != "" {
		return t.EN
	}
	return t.RU
}
