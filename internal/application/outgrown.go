package application

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"okno/internal/catalogue"
	"okno/internal/store"
)

// Outgrown lists the versions that go on although nobody could publish them today: those that are published and in force, and those by which
// cases are under way.
func Outgrown(ctx context.Context, q store.Querier, list *catalogue.Catalogue) ([]catalogue.Outgrown, error) {
	out, err := list.Outgrown(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT d.version, d.service, d.content, c.n FROM definition d
		JOIN (SELECT definition, COUNT(*) AS n FROM application WHERE outcome = '' GROUP BY definition) c ON c.definition = d.version`)
	err = store.Each(rows, err, func(r *store.Rows) error {
		var x catalogue.Outgrown
		var content []byte
		if err := r.Scan(&x.Version, &x.Service, &content, &x.Cases); err != nil {
			return err
		}
		if i := slices.IndexFunc(out, func(o catalogue.Outgrown) bool { return o.Version == x.Version }); i >= 0 {
			out[i].Cases = x.Cases
			return nil
		}
		if def, ok := list.ByCode(x.Service); ok && def.Version == x.Version {
			return nil // from a file, and compiled when the program started
		}
		if x.Issues = list.Refused(x.Version, x.Service, content); len(x.Issues) > 0 {
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("versions of open cases: %w", err)
	}
	slices.SortStableFunc(out, func(a, b catalogue.Outgrown) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}
