package catalogue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"okno/internal/procedure"
	"okno/internal/store"
)

// Catalogue is every service of the portal. What it answers is of one moment; a publication changes what it answers next.
type Catalogue struct {
	// Fits says what of a published definition this portal cannot do: ask a register that has no address, print a paper that is
	// not known. nil is never at a loss. It is set before anything is taken in.
	Fits func(*procedure.Definition) error

	base    volumes
	current atomic.Pointer[shelf]

	mu       sync.Mutex // of what follows, and of taking a publication in
	compiled map[string]*procedure.Definition

	judging sync.Mutex // of what follows
	judged  map[string]procedure.Issues
}

func (c *Catalogue) shelf() *shelf { return c.current.Load() }

// ErrBroken means that what was published cannot be taken in: by a program of another version, or by settings that lack a register.
var ErrBroken = errors.New("catalogue: what was published cannot be taken in")

// topic is how nodes hear of a publication.
const topic = "services"

// Update takes in what was published. When that cannot be done the catalogue stays as it is.
func (c *Catalogue) Update(ctx context.Context, q store.Querier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	in, err := readInForce(ctx, q)
	if err != nil {
		return err
	}
	over, err := c.compile(in)
	if err != nil {
		return err
	}
	if last(in) == c.shelf().serial { // it stands there already; before anything was published it is what the files have
		return nil
	}
	next, err := c.base.under(over).shelf()
	if err != nil {
		return fmt.Errorf("%w:\n%w", ErrBroken, err)
	}
	next.serial = last(in)
	if next.serial >= c.shelf().serial { // one that read earlier may come later
		c.current.Store(next)
	}
	return nil
}

// under is the volumes with others in front of them.
func (v volumes) under(over volumes) volumes {
	out := maps.Clone(v)
	maps.Copy(out, over)
	return out
}

// compile compiles what is in force, each version once in the life of the catalogue. c.mu is held.
func (c *Catalogue) compile(in []inForce) (volumes, error) {
	if c.compiled == nil {
		c.compiled = map[string]*procedure.Definition{}
	}
	over := volumes{}
	var broken []error
	for _, row := range in {
		if row.Version == "" {
			continue
		}
		d, known := c.compiled[row.Version]
		if !known {
			var err error
			if d, err = c.read(row); err != nil {
				broken = append(broken, err)
				continue
			}
			c.compiled[row.Version] = d
		}
		over[d.Code] = volume{Definition: d, file: row.file()}
	}
	if err := errors.Join(broken...); err != nil {
		return nil, fmt.Errorf("%w:\n%w", ErrBroken, err)
	}
	return over, nil
}

// read reads a row that was published. A definition that this program reads otherwise than the one that published it is broken:
// cases would be pinned to another version than the history names.
func (c *Catalogue) read(row inForce) (*procedure.Definition, error) {
	d, err := procedure.Stored(row.file(), row.content)
	switch {
	case err != nil:
		return nil, err
	case d.Version != row.Version || d.Code != row.Service:
		return nil, fmt.Errorf("%s: the content is that of %s, version %.12s", row.file(), d.Code, d.Version)
	case c.Fits == nil:
		return d, nil
	}
	return d, c.Fits(d)
}

// Follow takes in each publication, of this node or another, until ctx ends. One that cannot be taken in is told of once; the portal goes
// on with the services that it has.
func (c *Catalogue) Follow(ctx context.Context, db *store.DB, log *slog.Logger) {
	refused := int64(0)
	db.Follow(ctx, topic, func() {
		var last int64
		if err := db.QueryRow(ctx, `SELECT COALESCE(max(serial), 0) FROM publication`).Scan(&last); err != nil {
			return // the database is away, which others tell
		}
		if last <= c.shelf().serial || last == refused {
			return
		}
		switch err := c.Update(ctx, db); {
		case errors.Is(err, ErrBroken):
			refused = last
			log.ErrorContext(ctx, "what was published cannot be taken in: the services stay as they are on this node", "publication", last, "err", err)
		case err == nil:
			log.InfoContext(ctx, "services were published", "publication", c.shelf().serial)
		}
	})
}
