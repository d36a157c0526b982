package application

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/store"
)

// Template is a text of advice that an agency's desk keeps, so that the same advice is given in the same words. It is written in
// both languages; the applicant's is what is sent. Words in braces stand for what is so of the case.
type Template struct {
	ID        string
	Service   string // "" for every service of the agency
	Title     string // how officers find it
	Text      i18n.Text
	Version   int64
	ChangedAt time.Time
}

// Placeholders are the words that a text may hold in braces.
func Placeholders() []string {
	return []string{"number", "service", "filed", "reason", "law", "remedy"}
}

var braced = regexp.MustCompile(`\{([^{}]*)\}`)

// words of the case for the placeholders, in the language.
func (c Case) words(l i18n.Lang, reason string, zone *time.Location) map[string]string {
	r, _ := c.Def.Reason(reason)
	return map[string]string{"number": c.Number, "service": c.Def.Title.Lang(l), "filed": i18n.Date(i18n.WithZone(i18n.With(context.Background(), l), zone), c.SubmittedAt), "reason": r.Title.Lang(l), "law": r.Law.Lang(l), "remedy": r.Remedy.Lang(l)}
}

func filled(text string, words map[string]string) string {
	return braced.ReplaceAllStringFunc(text, func(m string) string { return words[m[1:len(m)-1]] })
}

// in lists the words in braces of a text, sorted, each once.
func in(text string) []string {
	var out []string
	for _, m := range braced.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The refusals of texts.
var (
	ErrTemplates = fault.New(fault.TooMany, "application.templates")
	ErrStaleText = fault.New(fault.Conflict, "application.template_stale") // somebody else has changed it meanwhile
)

// wrong says what is wrong with a text, by fields.
func (t Template) wrong(most int) []fault.Field {
	var out []fault.Field
	if n := utf8.RuneCountInString(t.Title); n == 0 || n > longestName {
		out = append(out, fault.F("title", "application.template_title"))
	}
	for _, x := range []struct{ field, text string }{{"ru", t.Text.RU}, {"en", t.Text.EN}} {
		n := utf8.RuneCountInString(x.text)
		unknown := slices.ContainsFunc(in(x.text), func(w string) bool { return !slices.Contains(Placeholders(), w) })
		switch {
		case n == 0:
			out = append(out, fault.F(x.field, "application.template_text"))
		case n > most:
			out = append(out, fault.F(x.field, "application.template_long", "n", n, "most", most))
		case unknown || strings.ContainsAny(braced.ReplaceAllString(x.text, ""), "{}"):
			out = append(out, fault.F(x.field, "application.template_word"))
		}
	}
	if len(out) == 0 && !slices.Equal(in(t.Text.RU), in(t.Text.EN)) {
		out = append(out, fault.F("en", "application.template_differs"))
	}
	return out
}

// SaveTemplate keeps a text: a new one without an id, else over the version that was read. It is for the head of the desk.
func (s *Service) SaveTemplate(ctx context.Context, who access.Actor, t Template) (Template, error) {
	if err := who.May(access.LeadDesk); err != nil {
		return Template{}, err
	}
	t.Title, t.Text.RU, t.Text.EN = strings.TrimSpace(t.Title), strings.TrimSpace(t.Text.RU), strings.TrimSpace(t.Text.EN)
	wrong := t.wrong(s.Policy.Cases.TemplateText)
	if def, ok := s.Catalogue.ByCode(t.Service); t.Service != "" && (!ok || def.Owner.Code != who.Unit) {
		wrong = append(wrong, fault.F("service", "application.no_service"))
	}
	if err := fault.Check(wrong...); err != nil {
		return Template{}, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t.ChangedAt = tx.Now()
		if t.ID != "" {
			return tx.QueryRow(ctx, `UPDATE advice_template SET service = $1, title = $2, ru = $3, en = $4, version = version + 1, changed_at = $5
				WHERE id = $6 AND unit = $7 AND version = $8 RETURNING version`, t.Service, t.Title, t.Text.RU, t.Text.EN, tx.Now(), t.ID, who.Unit, t.Version).Scan(&t.Version)
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM advice_template WHERE unit = $1`, who.Unit).Scan(&n); err != nil {
			return err
		}
		if n >= s.Policy.Cases.TemplatesMost {
			return ErrTemplates
		}
		t.Version = 1
		made := id.At(tx.Now())
		if _, err := tx.Exec(ctx, `INSERT INTO advice_template (id, unit, service, title, ru, en, version, changed_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)`,
			made, who.Unit, t.Service, t.Title, t.Text.RU, t.Text.EN, tx.Now()); err != nil {
			return err
		}
		t.ID = made
		return nil
	})
	switch err := store.One(err); {
	case errors.Is(err, store.ErrNotFound):
		return Template{}, ErrStaleText
	case errors.Is(err, store.ErrExists):
		return Template{}, fault.Invalid(fault.F("title", "application.template_taken"))
	default:
		return t, err
	}
}

// RemoveTemplate forgets a text. It is for the head of the desk.
func (s *Service) RemoveTemplate(ctx context.Context, who access.Actor, templateID string) error {
	if err := who.May(access.LeadDesk); err != nil {
		return err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		return store.Touched(tx.Exec(ctx, `DELETE FROM advice_template WHERE id = $1 AND unit = $2`, templateID, who.Unit))
	})
	if errors.Is(err, store.ErrStale) {
		return ErrMissing
	}
	return err
}

// Templates lists the texts of the officer's agency by title: those for the service and for every service, or all when it is "".
func (s *Service) Templates(ctx context.Context, who access.Actor, service string) ([]Template, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	return s.templates(ctx, `unit = $1 AND ($2 = '' OR service IN ('', $2))`, who.Unit, service)
}

// Template finds a text of the officer's agency.
func (s *Service) Template(ctx context.Context, who access.Actor, templateID string) (Template, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Template{}, err
	}
	list, err := s.templates(ctx, `unit = $1 AND id = $2`, who.Unit, templateID)
	if err != nil {
		return Template{}, err
	}
	if len(list) == 0 {
		return Template{}, ErrMissing
	}
	return list[0], nil
}

func (s *Service) templates(ctx context.Context, condition string, args ...any) ([]Template, error) {
	rows, err := s.DB.Query(ctx, `SELECT id, service, title, ru, en, version, changed_at FROM advice_template WHERE `+condition+` ORDER BY title, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("texts of advice: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Template
	for rows.Next() {
		var t Template
		if err := rows.Scan(&t.ID, &t.Service, &t.Title, &t.Text.RU, &t.Text.EN, &t.Version, store.Time(&t.ChangedAt)); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// Advise is what the text says of the case, in the applicant's language. reason is the code of the one that was chosen, "" before that.
func (s *Service) Advise(ctx context.Context, who access.Actor, caseID, templateID, reason string) (string, error) {
	t, err := s.Template(ctx, who, templateID)
	if err != nil {
		return "", err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return "", err
	}
	if t.Service != "" && t.Service != c.Service {
		return "", ErrMissing
	}
	lang, err := s.Language(ctx, c)
	if err != nil {
		return "", err
	}
	return s.advice(t, c, lang, reason), nil
}

// advice fills a text in. Whoever has chosen no reason yet sees the word in braces, and not a gap.
func (s *Service) advice(t Template, c Case, l i18n.Lang, reason string) string {
	words := c.words(l, reason, s.Zone)
	for w, v := range words {
		if v == "" {
			words[w] = "{" + w + "}"
		}
	}
	return filled(t.Text.Lang(l), words)
}

// Language is the one in which the applicant is written to.
func (s *Service) Language(ctx context.Context, c Case) (i18n.Lang, error) {
	a, err := s.Accounts.Get(ctx, s.DB, c.AccountID)
	return a.Lang, err
}
