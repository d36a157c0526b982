package catalogue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// Edition is a version of a service for as long as it was the last word: from one publication to the next.
type Edition struct {
	Version string
	Note    string    // of the publication
	File    bool      // it is what the files have, not what was published
	Since   time.Time // zero: it was there before anything was published
	Until   time.Time // zero: nothing was published after it
	InForce bool      // this node serves it
}

// Editions lists those of a service, the latest first. What the files had before is told of as what they have now: nothing else of it is
// kept. The latest is not in force on a node that could not take it in; then an earlier one is.
func (c *Catalogue) Editions(ctx context.Context, who access.Actor, q store.Querier, code string) ([]Edition, error) {
	acts, err := c.History(ctx, who, q, code)
	if err != nil {
		return nil, err
	}
	file := ""
	if d, ok := c.base[code]; ok {
		file = d.Version
	}
	out := []Edition{{Version: file, File: true}}
	for _, p := range slices.Backward(acts) {
		out[len(out)-1].Until = p.At
		e := Edition{Version: p.Version, Note: p.Note, Since: p.At}
		if p.Version == "" {
			e.Version, e.File = file, true
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	out = slices.DeleteFunc(out, func(e Edition) bool { return e.Version == "" }) // there was no such service then
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w", code, ErrUnknown)
	}
	if d, ok := c.ByCode(code); ok {
		if i := slices.IndexFunc(out, func(e Edition) bool { return e.Version == d.Version }); i >= 0 {
			out[i].InForce = true
		}
	}
	return out, nil
}

// Latest is the last publication of each service of which there was any.
func (c *Catalogue) Latest(ctx context.Context, who access.Actor, q store.Querier) (map[string]Publication, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	rows, err := readInForce(ctx, q)
	out := map[string]Publication{}
	for _, p := range rows {
		out[p.Service] = p.Publication
	}
	return out, err
}

// Last is the version of each of the services that was published last: also of one that is not in force any more, and of none of which nothing
// ever was. Content is its text.
func (c *Catalogue) Last(ctx context.Context, q store.Querier, codes []string) (map[string]string, error) {
	out := map[string]string{}
	var args []any
	rows, err := q.Query(ctx, `SELECT service, version FROM publication WHERE serial IN (
		SELECT max(serial) FROM publication WHERE `+store.InSQL("service", codes, &args)+` AND version <> '' GROUP BY service)`, args...)
	err = store.Each(rows, err, func(r *store.Rows) error {
		var code, version string
		err := r.Scan(&code, &version)
		out[code] = version
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what was published last: %w", err)
	}
	return out, nil
}

// Content is a version of a service as it was published; store.ErrNotFound when it never was.
func (c *Catalogue) Content(ctx context.Context, q store.Querier, code, version string) ([]byte, error) {
	var content []byte
	err := store.One(q.QueryRow(ctx, `SELECT content FROM publication WHERE service = $1 AND version = $2 ORDER BY serial DESC LIMIT 1`, code, version).Scan(&content))
	return content, err
}

// After is the first publication after that one which this node has taken in; store.ErrNotFound when there is none.
func (c *Catalogue) After(ctx context.Context, q store.Querier, serial int64) (Publication, error) {
	list, err := publications(q.Query(ctx, `SELECT `+publicationColumns+`, content FROM publication WHERE serial > $1 AND serial <= $2 ORDER BY serial LIMIT 1`, serial, c.shelf().serial))
	if err != nil {
		return Publication{}, err
	}
	if len(list) == 0 {
		return Publication{}, store.ErrNotFound
	}
	return list[0].Publication, nil
}
