package identity

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"time"

	"okno/internal/account"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The texts people agree to are data: an operator replaces them by files of the same names. A file begins with lines
// «name: value» (edition, from, title), an empty line, and then paragraphs, «## headings» and «- lists».
//
//go:embed texts
var models embed.FS

// Agreements lists the texts by the names under which consents are kept: those to which everybody agrees in their own name.
func Agreements() []string { return []string{"terms", "privacy"} }

// kept are all the texts: those, and the one to which a parent agrees for a child.
func kept() []string { return append(Agreements(), "child") }

// Texts are the texts in force.
type Texts struct {
	by     map[string]map[i18n.Lang]Agreement
	source map[string]map[i18n.Lang]string
	values map[string]i18n.Text
}

// Agreement is one text in one language.
type Agreement struct {
	Edition string    // kept with the consent: which text it was
	From    time.Time // the day it came into force
	Title   string
	Parts   []Part
}

// Part is a heading, a paragraph or a list.
type Part struct {
	Heading   string
	Paragraph string
	List      []string
}

// LoadTexts reads the texts of the folder, and the models for those it does not have; nil reads the models. values
// replace {name} in the texts; operator, portal and contact have words of their own. Both languages must be of one edition.
func LoadTexts(dir fs.FS, values map[string]i18n.Text) (*Texts, error) {
	own, err := fs.Sub(models, "texts")
	if err != nil {
		return nil, err
	}
	t := &Texts{by: map[string]map[i18n.Lang]Agreement{}, source: map[string]map[i18n.Lang]string{}, values: values}
	for _, name := range kept() {
		from := own
		if dir != nil {
			if _, err := fs.Stat(dir, name+".ru.md"); err == nil {
				from = dir
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("texts: %w", err)
			}
		}
		t.by[name], t.source[name] = map[i18n.Lang]Agreement{}, map[i18n.Lang]string{}
		for _, l := range i18n.Langs() {
			file := name + "." + string(l) + ".md"
			src, err := fs.ReadFile(from, file)
			if err != nil {
				return nil, fmt.Errorf("texts: %w", err)
			}
			t.source[name][l] = string(src)
			if t.by[name][l], err = parse(src, l, values); err != nil {
				return nil, fmt.Errorf("texts: %s: %w", file, err)
			}
		}
		if ru, en := t.by[name][i18n.RU].Edition, t.by[name][i18n.EN].Edition; ru != en {
			return nil, fmt.Errorf("texts: %s is of the edition %q in Russian and %q in English", name, ru, en)
		}
	}
	return t, nil
}

// Edition is the edition in force of the text.
func (t *Texts) Edition(name string) string { return t.by[name][i18n.RU].Edition }

// InForce are the editions in force, for which consents are asked.
func (t *Texts) InForce() []account.Consent {
	var out []account.Consent
	for _, name := range Agreements() {
		out = append(out, account.Consent{Document: name, Edition: t.Edition(name)})
	}
	return out
}

// Sources are the texts in force as their files say them, to be kept for later readers.
func (t *Texts) Sources() []account.Text {
	var out []account.Text
	for _, name := range kept() {
		for _, l := range i18n.Langs() {
			out = append(out, account.Text{Consent: account.Consent{Document: name, Edition: t.Edition(name)}, Lang: l, Source: t.source[name][l]})
		}
	}
	return out
}

// read makes an agreement of a source that was kept. The names of portal and operator are those of today.
func (t *Texts) read(source string, l i18n.Lang) (Agreement, error) {
	return parse([]byte(source), l, t.values)
}

func parse(src []byte, l i18n.Lang, values map[string]i18n.Text) (Agreement, error) {
	for name, v := range values {
		src = bytes.ReplaceAll(src, []byte("{"+name+"}"), []byte(v.Lang(l)))
	}
	for name, key := range map[string]string{"portal": "ui.brand", "operator": "texts.operator", "contact": "texts.contact"} {
		src = bytes.ReplaceAll(src, []byte("{"+name+"}"), []byte(l.T(key)))
	}
	if place := places.Find(src); place != nil {
		return Agreement{}, fmt.Errorf("nothing is given for %s", place)
	}
	var a Agreement
	lines := bufio.NewScanner(bytes.NewReader(src))
	for lines.Scan() && lines.Text() != "" {
		if err := a.set(lines.Text()); err != nil {
			return Agreement{}, err
		}
	}
	if a.Edition == "" || a.Title == "" || a.From.IsZero() {
		return Agreement{}, errors.New("it must begin with the lines edition, from and title")
	}
	var p Part
	flush := func() {
		if p.Paragraph != "" || len(p.List) > 0 {
			a.Parts = append(a.Parts, p)
		}
		p = Part{}
	}
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "":
			flush()
		case strings.HasPrefix(line, "## "):
			flush()
			a.Parts = append(a.Parts, Part{Heading: line[3:]})
		case strings.HasPrefix(line, "- "):
			if p.Paragraph != "" {
				flush()
			}
			p.List = append(p.List, line[2:])
		case len(p.List) > 0:
			p.List[len(p.List)-1] += " " + line
		default:
			p.Paragraph = strings.TrimSpace(p.Paragraph + " " + line)
		}
	}
	flush()
	if len(a.Parts) == 0 {
		return Agreement{}, errors.New("it says nothing")
	}
	return a, lines.Err()
}

var places = regexp.MustCompile(`\{[a-z_]*\}`)

func (a *Agreement) set(line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok {
		return fmt.Errorf("%q is not «name: value»", line)
	}
	switch name {
	case "edition":
		a.Edition = value
	case "title":
		a.Title = value
	case "from":
		var err error
		if a.From, err = time.Parse(time.DateOnly, value); err != nil {
			return fmt.Errorf("from: %w", err)
		}
	default:
		return fmt.Errorf("it begins with the unknown line %q", name)
	}
	return nil
}

// textView is the page of a text.
type textView struct {
	Page    ui.Page
	Text    Agreement
	Edition string
	Past    bool   // it is not in force any more
	Now     string // address of the one in force
}

// text shows the edition in force, or the one that the address names.
func (p *Pages) text(name string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		a, err := p.edition(ctx, account.Consent{Document: name, Edition: cmp.Or(r.URL.Query().Get("edition"), p.Texts.Edition(name))})
		if err != nil {
			return err
		}
		v := textView{Page: web.Page(ctx, a.Title), Text: a, Past: a.Edition != p.Texts.Edition(name), Now: "/" + name}
		v.Edition = editionOf(ctx, a)
		return web.Render(w, r, http.StatusOK, textPage(v))
	}
}

// edition is a text in the language of the page: in force, or as it was kept.
func (p *Pages) edition(ctx context.Context, c account.Consent) (Agreement, error) {
	l := i18n.From(ctx)
	if c.Edition == p.Texts.Edition(c.Document) {
		return p.Texts.by[c.Document][l], nil
	}
	source, err := p.Accounts.TextOf(ctx, p.DB, c, l)
	if err != nil {
		return Agreement{}, err
	}
	return p.Texts.read(source, l)
}

func editionOf(ctx context.Context, a Agreement) string {
	return i18n.T(ctx, "texts.edition", "edition", a.Edition, "date", i18n.Date(ctx, a.From))
}
