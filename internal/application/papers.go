package application

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/store"
)

// prepared are papers that are made and not yet issued.
type prepared struct {
	service *document.Service
	drafts  []document.Draft
}

// issue issues the papers in the transaction that ends the case.
func (p prepared) issue(ctx context.Context, tx *store.Tx) error {
	for _, d := range p.drafts { // one or two a case
		if _, err := p.service.Issue(ctx, tx, d); err != nil {
			return fmt.Errorf("issue a paper: %w", err)
		}
	}
	return nil
}

// errEmpty is an answer of a register that does not hold what was asked for.
var errEmpty = errors.New("application: the answer holds nothing of what was asked for")

// words are what the papers of the state say that the case is about to reach, in the order of the state's outputs, and the language that they
// are said in. ErrNoPaper says that there is not what one of them needs.
func (s *Service) words(ctx context.Context, c Case, st procedure.Step, act Act) ([]document.Content, i18n.Lang, error) {
	if len(st.Outputs) == 0 {
		return nil, "", nil
	}
	a, err := s.Accounts.Get(ctx, s.DB, c.AccountID)
	if err != nil {
		return nil, "", err
	}
	secret, err := s.secret(ctx, s.DB, a)
	if err != nil {
		return nil, "", err
	}
	c.Content.Profile = maps.Clone(c.Content.Profile) // it is the caller's, who goes on with it
	masking(c.Content.Profile, secret)
	if c.By == "" { // who acts for a child was seen
		c.Content.Profile.Mask(a.Level)
	}
	filed, answer := c.Form(s.Zone), act.Data
	if answer == nil {
		answer = c.Content.Data
	}
	var out []document.Content
	for _, o := range st.Outputs { // one or two a case
		content, err := document.Compose(document.Kind(o.Template), document.Source{Title: o.Title, Agency: c.Def.Owner.Name, Unit: c.Unit,
			Person: a.Profile, Asked: c.Def.Inputs(c.State, c.Content.Answers, c.Content.Profile, c.facts()), Answer: answer,
			Facts: stated(o.State(filed, c.Content.Answers, c.Content.Profile, c.facts(), answer))})
		if errors.Is(err, document.ErrNothing) {
			return nil, "", ErrNoPaper.Because(errEmpty)
		}
		if err != nil {
			err = fmt.Errorf("compose %s for case %s: %w", o.Name, c.ID, err)
			if errors.Is(err, document.ErrAnswer) {
				err = ErrNoPaper.Because(err)
			}
			return nil, "", err
		}
		out = append(out, content)
	}
	return out, a.Lang, nil
}

// render makes the papers of the state that the case is about to reach, outside any transaction.
func (s *Service) render(ctx context.Context, c Case, to procedure.State, act Act) (prepared, error) {
	out := prepared{service: s.Papers}
	st, _ := c.Def.Step(to)
	words, lang, err := s.words(ctx, c, st, act)
	if err != nil {
		return out, err
	}
	for i, o := range st.Outputs {
		d, err := s.Papers.Prepare(ctx, c.AccountID, document.New{Kind: document.Kind(o.Template), Content: words[i], CaseID: c.ID, Lang: lang})
		if err != nil {
			return out, fmt.Errorf("make %s for case %s: %w", o.Name, c.ID, err)
		}
		out.drafts = append(out.drafts, d)
	}
	return out, nil
}

func stated(lines []procedure.Stated) []document.Stated {
	out := make([]document.Stated, len(lines))
	for i, l := range lines {
		out[i] = document.Stated{Label: l.Label, Value: l.Value, Open: l.Open, Needed: l.Answered}
	}
	return out
}

// facts is what a register may be told of the case.
func (c Case) facts() procedure.Case {
	return procedure.Case{ID: c.ID, Number: c.Number, SubmittedAt: c.SubmittedAt, Answer: c.Content.Data}
}
