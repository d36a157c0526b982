package wallet

import (
	"context"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// ForForms are the documents of these kinds of whom the actor acts for, as forms are filled in from them, those first that end soonest: whole
// while sealed things are open to the actor, and with their numbers masked else. What goes into a form is recorded there.
func (s *Service) ForForms(ctx context.Context, who access.Actor, of ...kind.ID) ([]kind.Held, error) {
	if err := who.May(access.UseCabinet); err != nil || len(of) == 0 {
		return nil, err
	}
	args := []any{who.Whose()}
	names := make([]string, len(of))
	for i, k := range of {
		names[i] = string(k)
	}
	where := ` AND ` + store.InSQL("d.kind", names, &args)
	all, err := s.list(ctx, s.DB, who.Whose(), where+` ORDER BY CASE WHEN d.ends_at IS NULL THEN 1 ELSE 0 END, d.ends_at, d.id`, args[1:]...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	open := s.Opens(ctx, who) == nil
	out := make([]kind.Held, len(all))
	for i, d := range all {
		if !open {
			d.mask(d.Kind)
		}
		out[i] = kind.Held{ID: d.ID, Kind: d.Kind, Version: d.Number, Holder: d.Holder, Values: d.Values, Masked: d.sealed, Known: d.Register == Known, Gone: d.Register == Gone, At: d.MadeAt, EndsAt: d.EndsAt}
		if d.Register == Known {
			out[i].At = d.KnownAt
		}
	}
	return out, nil
}
