package journeys

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/i18n"
	"okno/internal/web/webtest"
)

var (
	inBraces = regexp.MustCompile(`\{[^}]*\}`)
	isKey    = regexp.MustCompile(`^\{\s*([a-z0-9_]+(?:\.[a-z0-9_]+)+)((?:\s+[a-z_]+=(?:"[^"]*"|[^\s}"]+))*)\s*\}$`)
	keyArg   = regexp.MustCompile(`([a-z_]+)=(?:"([^"]*)"|([^\s}"]+))`)
	variable = regexp.MustCompile(`\$[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*`)
	digits   = regexp.MustCompile(`\d+`)
)

// totpSteps are the codes of an app that are taken at the moment: each works once, and none after a later one.
var totpSteps = map[string]time.Duration{"totp_before": -30 * time.Second, "totp": 0, "totp_next": 30 * time.Second}

// say is a text of a story with everything in it put in: the words of the portal, what was read before.
func (p *play) say(text string) string {
	p.t.Helper()
	said := p.forms(text)
	if len(said) != 1 || strings.ContainsAny(said[0], "{}") {
		p.t.Fatalf("%q can be said in several ways: give the values of its places", text)
	}
	return said[0]
}

// pattern matches a text of a story, whatever stands in places that were left open.
func (p *play) pattern(text string) *regexp.Regexp {
	p.t.Helper()
	var ways []string
	for _, form := range p.forms(text) {
		ways = append(ways, webtest.Wild(form).String())
	}
	return regexp.MustCompile("(?:" + strings.Join(ways, "|") + ")")
}

// forms are the ways to say a text: one, or one for each plural form of a message that counts.
func (p *play) forms(text string) []string {
	p.t.Helper()
	forms, rest := []string{""}, p.value(text)
	add := func(said ...string) {
		var longer []string
		for _, f := range forms {
			for _, s := range said {
				longer = append(longer, f+s)
			}
		}
		forms = longer
	}
	for at := inBraces.FindStringIndex(rest); at != nil; at = inBraces.FindStringIndex(rest) {
		add(strings.ReplaceAll(rest[:at[0]], `"`, ""))
		add(p.message(rest[at[0]:at[1]])...)
		rest = rest[at[1]:]
	}
	add(strings.ReplaceAll(rest, `"`, ""))
	return forms
}

// message is what {…} stands for.
func (p *play) message(braced string) []string {
	p.t.Helper()
	if ru, en, ok := strings.Cut(strings.Trim(braced, "{}"), "|"); ok {
		if p.lang == i18n.EN {
			return []string{strings.TrimSpace(en)}
		}
		return []string{strings.TrimSpace(ru)}
	}
	m := isKey.FindStringSubmatch(braced)
	if m == nil {
		p.t.Fatalf("%s is neither a key nor «Russian | English»", braced)
	}
	var args []any
	n := -1
	for _, a := range keyArg.FindAllStringSubmatch(m[2], -1) {
		args = append(args, a[1], a[2]+a[3])
		if i, err := strconv.Atoi(a[3]); err == nil && a[1] == "n" {
			n = i
		}
	}
	if !i18n.Has(m[1]) {
		p.t.Fatalf("the portal has no message %s", m[1])
	}
	if said := p.lang.T(m[1], args...); said != m[1] {
		return []string{said}
	}
	if n >= 0 {
		return []string{p.lang.N(m[1], n, args...)}
	}
	var forms []string
	for _, n := range []int{1, 2, 5} {
		forms = append(forms, digits.ReplaceAllString(p.lang.N(m[1], n, args...), "{n}"))
	}
	return forms
}

// value puts in what was named before: $anna.surname.
func (p *play) value(text string) string {
	p.t.Helper()
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		path := strings.Split(name[1:], ".")
		var v any = p.named
		for i, step := range path {
			if list, ok := v.([]any); ok {
				n, err := strconv.Atoi(step)
				if err != nil || n >= len(list) {
					p.t.Fatalf("%s: there is no %s among %d", name, step, len(list))
				}
				v = list[n]
				continue
			}
			record, ok := v.(map[string]any)
			if !ok {
				p.t.Fatalf("%s: %s has no parts", name, strings.Join(path[:i], "."))
			}
			if drift, ok := totpSteps[step]; ok && record["totp_secret"] != nil {
				code, err := totp.GenerateCode(fmt.Sprint(record["totp_secret"]), time.Now().Add(drift))
				if err != nil {
					p.t.Fatalf("%s: %v", name, err)
				}
				return code
			}
			if v, ok = record[step]; !ok {
				p.t.Fatalf("nothing is called %s", name)
			}
		}
		return fmt.Sprint(v)
	})
}
