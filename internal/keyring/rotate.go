package keyring

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"okno/internal/store"
)

// ErrNotReady is of a change of the secrets that would break somebody now; the words after it say who, and what to do.
var ErrNotReady = errors.New("keyring: not yet")

// Which are the secrets that an operator rotates.
type Which struct{ Master, Index bool }

// Stage adds a master key and an index root to the files. Neither is used alone yet: the key opens, and rows are indexed under
// the root beside the one in force.
func (r *Rotation) Stage(w Which) error {
	c := r.Ring.config
	if w.Master {
		if err := Stage(c.MasterPath); err != nil {
			return err
		}
	}
	if w.Index {
		return StageRoot(c.IndexPath)
	}
	return nil
}

// Rotate puts what was staged in force. It refuses while a running node could not read what others then write, and while a row
// is not indexed under the new root: its value could be taken again by whoever asks by the new one alone.
func (r *Rotation) Rotate(ctx context.Context, w Which) error {
	h, c := r.Ring.held.Load(), r.Ring.config
	if w.Master && h.seals == len(h.keys)-1 || w.Index && (h.ahead == nil || h.former) {
		return ErrNotStaged
	}
	if w.Master {
		if err := r.all(ctx, word("opens", h.keys[len(h.keys)-1])); err != nil {
			return err
		}
	}
	if w.Index {
		if err := r.all(ctx, "ahead:"+h.ahead.name()); err != nil {
			return err
		}
		if err := r.none(ctx, "are not indexed under the new root: okno keys reseal", func(s step) bool { return s.target == h.ahead.name() }); err != nil {
			return err
		}
		if err := RotateRoot(c.IndexPath); err != nil {
			return err
		}
	}
	if w.Master {
		return Rotate(c.MasterPath)
	}
	return nil
}

// Retire takes the old master keys and the root that goes out of the files. It refuses while a running node still uses one, and
// while anything is sealed or indexed under one, and says how much. A root that passwords are still hashed under stays in the
// file for them alone; Retire takes it out when there is none left.
func (r *Rotation) Retire(ctx context.Context, w Which) error {
	h, c := r.Ring.held.Load(), r.Ring.config
	if w.Master {
		if err := r.all(ctx, word("seals", h.keys[h.seals])); err != nil {
			return err
		}
		if err := r.none(ctx, "are sealed with an old master key: okno keys reseal", func(s step) bool { return s.target == fmt.Sprintf("%x", h.primary) }); err != nil {
			return err
		}
		for _, f := range r.Fixed {
			if n, err := r.count(`SELECT count(*) FROM ` + f.Table + ` WHERE ` + f.Where)(ctx); err != nil || n > 0 {
				return errors.Join(err, fmt.Errorf("%w: %d %s are sealed with a master key and cannot be moved", ErrNotReady, n, f.Name))
			}
		}
	}
	var kept map[string]int
	if w.Index {
		if h.ahead != nil && !h.former {
			return fmt.Errorf("%w: the new root is not in force: okno keys rotate", ErrNotReady)
		}
		if err := r.all(ctx, "indexes:"+h.roots[0].name()); err != nil {
			return err
		}
		err := r.none(ctx, "are indexed under the old root: okno keys reseal; attempts to prove a contact live out their links first, a day at most",
			func(s step) bool { return h.former && s.target == h.roots[0].name() })
		if err != nil {
			return err
		}
		if kept, err = r.Peppers(ctx); err != nil {
			return err
		}
		if err := r.keepSigning(ctx, h); err != nil {
			return err
		}
		if err := RetireRoot(c.IndexPath, func(id [4]byte) bool { return kept[hex.EncodeToString(id[:])] > 0 }); err != nil {
			return err
		}
	}
	if w.Master {
		return Retire(c.MasterPath)
	}
	return nil
}

// none refuses when a step has anything left.
func (r *Rotation) none(ctx context.Context, why string, of func(step) bool) error {
	for _, s := range r.steps() {
		if !of(s) {
			continue
		}
		if n, err := s.left(ctx); err != nil {
			return fmt.Errorf("count %s: %w", s.name, err)
		} else if n > 0 {
			return fmt.Errorf("%w: %d rows of %s %s", ErrNotReady, n, s.name, why)
		}
	}
	return nil
}

// Peppers counts the passwords under each root, by its name. Whoever signs in moves their own to the root in force.
func (r *Rotation) Peppers(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	for _, x := range r.Ring.held.Load().peppers {
		for _, h := range r.Hashed {
			n, err := r.count(`SELECT count(*) FROM `+h.Table+` WHERE `+h.Column+` LIKE $1`+and(h.Where), "%,k="+x.name()+"$%")(ctx)
			if err != nil {
				return nil, fmt.Errorf("count %s: %w", h.name(), err)
			}
			out[x.name()] += n
		}
	}
	return out, nil
}

// keepSigning seals what signatures need of roots that may go now, so that what they signed can be verified later.
func (r *Rotation) keepSigning(ctx context.Context, h *held) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range h.peppers[1:] {
			for _, s := range r.Signs {
				row := x.name() + " " + s.Column
				err := tx.Do(ctx, `INSERT INTO root_key (id, name, sealed) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
					row, s.Column, r.Ring.System().Seal("root_key", "sealed", row, x.index(s.Column, s.Value)))
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// RootKeys are the column of keys that outlived their root: the master keyset seals them.
func RootKeys() Sealed { return Sealed{Table: "root_key", Row: "id", Column: "sealed"} }

// Signed is the index under every root there ever was, the one in force first: for verifying what it signed.
func (r *Ring) Signed(ctx context.Context, q store.Querier, column, value string) ([][]byte, error) {
	var out [][]byte
	for _, x := range r.held.Load().peppers {
		out = append(out, x.index(column, value))
	}
	rows, err := q.Query(ctx, `SELECT id, sealed FROM root_key WHERE name = $1 ORDER BY id`, column)
	if err != nil {
		return nil, fmt.Errorf("keys of roots that are gone: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var row string
		var sealed []byte
		if err := rows.Scan(&row, &sealed); err != nil {
			return nil, err
		}
		plain, err := r.system.Open("root_key", "sealed", row, sealed)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(o []byte) bool { return Equal(o, plain) }) {
			out = append(out, plain)
		}
	}
	return out, rows.Err()
}

// Status is how far a rotation has come.
type Status struct {
	Keys  []string // of the master keyset, each with what it does
	Roots []string // of the index, each with what it does and the passwords under it
	Steps []Left
	Nodes []Holder

	UnderWay bool // a key or a root is staged, or an old one is not retired; roots that only passwords need do not count
}

// Left is what a step has to do yet.
type Left struct {
	Step       string
	Left, Done int
}

// Status counts what there is to do.
func (r *Rotation) Status(ctx context.Context) (Status, error) {
	var out Status
	h := r.Ring.held.Load()
	out.UnderWay = len(h.keys) > 1 || len(h.roots) > 1 || h.ahead != nil
	for i, k := range h.keys {
		does := "seals"
		if i < h.seals {
			does = "old, opens"
		} else if i > h.seals {
			does = "staged, opens"
		}
		out.Keys = append(out.Keys, fmt.Sprintf("%08x  %s", k, does))
	}
	peppers, err := r.Peppers(ctx)
	if err != nil {
		return out, err
	}
	for _, x := range h.peppers {
		does := "for passwords alone"
		switch {
		case x == h.roots[0]:
			does = "in force"
		case x == h.ahead:
			does = "staged, indexes beside"
		case slices.Contains(h.roots, x):
			does = "goes, still asked by"
		}
		out.Roots = append(out.Roots, fmt.Sprintf("%s  %s, %d passwords", x.name(), does, peppers[x.name()]))
	}
	for _, s := range r.steps() {
		l := Left{Step: s.name}
		if l.Left, err = s.left(ctx); err != nil {
			return out, fmt.Errorf("count %s: %w", s.name, err)
		}
		err := store.One(r.DB.QueryRow(ctx, `SELECT done FROM key_progress WHERE step = $1 AND target = $2`, s.name, s.target).Scan(&l.Done))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return out, err
		}
		out.Steps = append(out.Steps, l)
	}
	out.Nodes, err = r.Holders(ctx)
	return out, err
}
