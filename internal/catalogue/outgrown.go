package catalogue

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"okno/internal/procedure"
	"okno/internal/store"
)

// Outgrown is a version that goes on although this program would not publish it today: it was stored before the program learnt to refuse
// what is in it.
type Outgrown struct {
	Service, Version string
	InForce          bool             // new cases begin with it
	Cases            int              // under way by it; whoever keeps cases counts them
	Issues           procedure.Issues // what is refused today; where in the file does not matter, the content is kept without lines
}

// Outgrown says which of what was published and is in force would be refused today.
func (c *Catalogue) Outgrown(ctx context.Context, q store.Querier) ([]Outgrown, error) {
	in, err := readInForce(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Outgrown
	for _, row := range in {
		if row.Version == "" {
			continue
		}
		if is := c.Refused(row.Version, row.file(), row.content); len(is) > 0 {
			out = append(out, Outgrown{Service: row.Service, Version: row.Version, InForce: true, Issues: is})
		}
	}
	slices.SortFunc(out, func(a, b Outgrown) int { return cmp.Compare(a.Service, b.Service) })
	return out, nil
}

// Refused is what Compile would refuse of a stored definition, nothing when it would publish it. A version is judged once in the life of
// the catalogue.
func (c *Catalogue) Refused(version, file string, content []byte) procedure.Issues {
	c.judging.Lock()
	defer c.judging.Unlock()
	is, judged := c.judged[version]
	if judged {
		return is
	}
	if _, err := procedure.Compile(file, content); err != nil && !errors.As(err, &is) {
		is = procedure.Issues{{File: file, Line: 1, Col: 1, Text: err.Error()}}
	}
	if c.judged == nil {
		c.judged = map[string]procedure.Issues{}
	}
	c.judged[version] = is
	return is
}
