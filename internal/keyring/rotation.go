package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/store"
)

// Rotation brings everything that is sealed or indexed under old secrets under the new ones, while everybody works. The
// packages that own the columns say which they are; what is left to do is seen in the rows themselves.
type Rotation struct {
	DB      *store.DB
	Ring    *Ring
	Sealed  []Sealed
	Indexed []Indexed
	Hashed  []Hashed
	Fixed   []Fixed
	Signs   []Signing

	Batch  int           // rows of one transaction; 100 when 0
	Share  float64       // of the time in which it works, the rest is a pause; 0.5 when 0
	Settle time.Duration // for how long every node must have held the keys before a change; a minute when 0
}

// Sealed is a column that the master keyset itself seals (Ring.System).
type Sealed struct {
	Table, Row, Column string
	Where              string // which rows; all when empty
}

// Indexed is a column of blind indexes of a sealed value.
type Indexed struct {
	Table, Row, Column string
	Ahead              string // the column for the other root; "" when each row is moved in place, where a race between the versions harms nobody
	Sealed             string // the column with the value
	Owner              string // the column with the owner of the value's key; "" for the master keyset
	Kind               string // an expression with a word that Value needs, mostly a column; "" for none
	Dead               string // a column with the time from which nothing derived from the index is in anybody's hands; "" for at once
	Value              func(kind string, plain []byte) (column, value string, err error)
}

// Hashed is a column of hashes of passwords.
type Hashed struct{ Table, Column, Where string }

// Fixed are rows that a rotation cannot move: while any is there the old master key stays.
type Fixed struct{ Name, Table, Where string }

// Signing is an index that serves as a key of signatures: what it signed must be verifiable when its root is gone.
type Signing struct{ Column, Value string }

func (s Sealed) name() string  { return s.Table + "." + s.Column }
func (x Indexed) name() string { return x.Table + "." + x.Column }
func (h Hashed) name() string  { return h.Table + "." + h.Column }

// Progress is what a step has moved so far.
type Progress struct {
	Step  string
	Moved int // since this run began
	Left  int // when it began; rows that came under the old secrets meanwhile are seen at the end
}

// step is one column on its way.
type step struct {
	name, target string
	left         func(ctx context.Context) (int, error)
	page         func(ctx context.Context, after string, n int) (moves []move, end string, err error)
	set          string // the statement that makes moves; in it v are their rows: the row's name, what comes and what was
}

// move is the change of one row. It touches no row that somebody changed meanwhile.
type move struct {
	row       string
	next, was []byte
}

// Reseal does all there is to do, and can be done, with the secrets as the ring holds them: keys of persons and columns that
// old master keys sealed are sealed with the primary one, and indexes follow the roots. It returns what is left, which is
// what nodes with old secrets wrote meanwhile, or what has to live out its time. Killed, it goes on where it was.
func (r *Rotation) Reseal(ctx context.Context, tell func(Progress)) (int, error) {
	left := 0
	for _, s := range r.steps() {
		n, err := r.walk(ctx, s, tell)
		if err != nil {
			return left, fmt.Errorf("reseal %s: %w", s.name, err)
		}
		left += n
	}
	return left, nil
}

// steps are those for the secrets as they are: the order does not matter.
func (r *Rotation) steps() []step {
	h := r.Ring.held.Load()
	steps := []step{r.persons(h)}
	for _, s := range r.Sealed {
		steps = append(steps, r.sealed(h, s))
	}
	for _, x := range r.Indexed {
		steps = append(steps, r.indexed(h, x)...)
	}
	return steps
}

// walk moves the rows of a step, round after round until a round finds none that it can move, and says how many are left.
func (r *Rotation) walk(ctx context.Context, s step, tell func(Progress)) (int, error) {
	p := Progress{Step: s.name}
	for {
		var err error
		if p.Left, err = s.left(ctx); err != nil || p.Left == 0 {
			return p.Left, err
		}
		before := p.Moved
		if err := r.round(ctx, s, &p, tell); err != nil {
			return 0, err
		}
		if p.Moved == before {
			return s.left(ctx)
		}
	}
}

func (r *Rotation) round(ctx context.Context, s step, p *Progress, tell func(Progress)) error {
	batch, share := r.Batch, r.Share
	if batch <= 0 {
		batch = 100
	}
	if share <= 0 || share > 1 {
		share = 0.5
	}
	last, err := r.resume(ctx, s)
	if err != nil {
		return err
	}
	for {
		began := time.Now()
		moves, end, err := s.page(ctx, last, batch)
		if err != nil {
			return err
		}
		n, err := r.save(ctx, s, moves, end)
		if err != nil {
			return err
		}
		if p.Moved += n; tell != nil {
			tell(*p)
		}
		if last = end; end == "" {
			return nil
		}
		if len(moves) == 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(float64(time.Since(began)) * (1/share - 1))):
		}
	}
}

// resume is the row after which the step goes on: where it was when it ran last for the same target, "" at the beginning.
func (r *Rotation) resume(ctx context.Context, s step) (string, error) {
	var last string
	err := store.One(r.DB.QueryRow(ctx, `SELECT last_row FROM key_progress WHERE step = $1 AND target = $2`, s.name, s.target).Scan(&last))
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return last, err
}

// save makes the moves, by one statement, and notes how far the step has come, at once.
func (r *Rotation) save(ctx context.Context, s step, moves []move, end string) (int, error) {
	var n int64
	err := r.DB.WriteRows(ctx, func(tx *store.Tx) error {
		n = 0
		if len(moves) > 0 {
			text, args := r.statement(s, moves, tx.Now())
			var err error
			if n, err = tx.Exec(ctx, text, args...); err != nil {
				return err
			}
		}
		return tx.Do(ctx, `INSERT INTO key_progress (step, target, last_row, done, moved_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (step) DO UPDATE SET last_row = excluded.last_row, moved_at = excluded.moved_at, target = excluded.target,
				done = CASE WHEN key_progress.target = excluded.target THEN key_progress.done ELSE 0 END + excluded.done`,
			s.name, s.target, end, n, tx.Now())
	})
	return int(n), err
}

// statement puts the moves into the step's statement: $1 is the present moment for those that ask for it.
func (r *Rotation) statement(s step, moves []move, now time.Time) (string, []any) {
	bytes := "BYTEA" // which SQLite would take for a number
	if r.DB.Engine() == store.SQLite {
		bytes = "BLOB"
	}
	var args []any
	if strings.Contains(s.set, "$1") {
		args = append(args, now)
	}
	var rows strings.Builder
	for i, m := range moves {
		if i > 0 {
			rows.WriteString(", ")
		}
		n := len(args)
		fmt.Fprintf(&rows, "(CAST($%d AS TEXT), CAST($%d AS %s), CAST($%d AS %s))", n+1, n+2, bytes, n+3, bytes)
		args = append(args, m.row, m.next, m.was)
	}
	return strings.Replace(s.set, "moves", "(VALUES "+rows.String()+")", 1), args
}

func (r *Rotation) count(text string, args ...any) func(ctx context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		n := 0
		err := store.One(r.DB.QueryRow(ctx, text, args...).Scan(&n))
		return n, err
	}
}

// persons are the keys of persons, which the master keyset wraps.
func (r *Rotation) persons(h *held) step {
	return step{
		name: "person_key.wrapped", target: fmt.Sprintf("%x", h.primary),
		left: r.count(`SELECT count(*) FROM person_key WHERE substr(wrapped, 1, 5) <> $1`, []byte(h.primary)),
		page: func(ctx context.Context, after string, n int) ([]move, string, error) {
			return r.rows(ctx, `SELECT owner, '', '', wrapped, NULL, NULL, NULL FROM person_key WHERE owner > $1 ORDER BY owner LIMIT $2`, after, n, func(x found) (*move, error) {
				if string(x.sealed[:min(5, len(x.sealed))]) == h.primary {
					return nil, nil //nolint:nilnil // nothing to do
				}
				secret, err := h.master.Decrypt(x.sealed, wrapPlace(x.id))
				if err != nil {
					return nil, fmt.Errorf("key of %s: not sealed with this master keyset: %w", x.id, ErrSealed)
				}
				defer clear(secret)
				next, err := h.master.Encrypt(secret, wrapPlace(x.id))
				if err != nil {
					return nil, err
				}
				return &move{x.id, next, x.sealed}, nil
			})
		},
		set: `UPDATE person_key SET wrapped = v.column2 FROM moves AS v WHERE person_key.owner = v.column1 AND person_key.wrapped = v.column3`,
	}
}

// found is a row as a step reads it.
type found struct {
	id, owner, kind               string
	sealed, index, ahead, wrapped []byte
}

// rows reads a page and says what is to be done with it. end is its last row, "" when the page is empty.
func (r *Rotation) rows(ctx context.Context, text, after string, n int, decide func(found) (*move, error)) (moves []move, end string, err error) {
	rows, err := r.DB.Query(ctx, text, after, n)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var x found
		if err := rows.Scan(&x.id, &x.owner, &x.kind, &x.sealed, &x.index, &x.ahead, &x.wrapped); err != nil {
			return nil, "", err
		}
		end = x.id
		m, err := decide(x)
		if err != nil {
			return nil, "", err
		}
		if m != nil {
			moves = append(moves, *m)
		}
	}
	return moves, end, rows.Err()
}

// and is a condition beside others.
func and(where string) string {
	if where == "" {
		return ""
	}
	return " AND " + where
}

func (r *Rotation) sealed(h *held, s Sealed) step {
	prefix := string([]byte{format1}) + h.primary
	return step{
		name: s.name(), target: fmt.Sprintf("%x", h.primary),
		left: r.count(`SELECT count(*) FROM `+s.Table+` WHERE substr(`+s.Column+`, 1, 6) <> $1`+and(s.Where), []byte(prefix)),
		page: func(ctx context.Context, after string, n int) ([]move, string, error) {
			text := `SELECT ` + s.Row + `, '', '', ` + s.Column + `, NULL, NULL, NULL FROM ` + s.Table + ` WHERE ` + s.Row + ` > $1` + and(s.Where) + ` ORDER BY ` + s.Row + ` LIMIT $2`
			return r.rows(ctx, text, after, n, func(x found) (*move, error) {
				if string(x.sealed[:min(6, len(x.sealed))]) == prefix {
					return nil, nil //nolint:nilnil // nothing to do
				}
				plain, err := r.Ring.System().Open(s.Table, s.Column, x.id, x.sealed)
				if err != nil {
					return nil, err
				}
				defer clear(plain)
				return &move{x.id, r.Ring.System().Seal(s.Table, s.Column, x.id, plain), x.sealed}, nil
			})
		},
		set: setting(s.Table, s.Row, s.Column, s.Column),
	}
}

// setting is the statement that sets a column of the rows whose other column is what it was.
func setting(table, row, column, was string) string {
	return `UPDATE ` + table + ` SET ` + column + ` = v.column2 FROM moves AS v WHERE ` + table + `.` + row + ` = v.column1 AND ` + table + `.` + was + ` = v.column3`
}

// indexed is what a column of indexes needs with these roots:
//
//	a root comes      the column for it is filled:     (old, -)   -> (old, new)
//	a root goes       rows are asked by the new one:   (old, new) -> (new, new)
//	no root rotates   the second column is emptied:    (new, new) -> (new, -)
//
// A row is never in a state in which its value could be taken again: before anybody writes (new, new), everybody has
// written (old, new), and before anybody writes (new, -), everybody has written (new, new).
func (r *Rotation) indexed(h *held, x Indexed) []step {
	switch {
	case x.Ahead == "" && h.former:
		return []step{r.replace(h, x)}
	case x.Ahead == "":
		return nil
	case h.ahead == nil:
		return []step{r.empty(x)}
	case h.former:
		return []step{r.fill(h, x), r.follow(h, x)}
	}
	return []step{r.fill(h, x)}
}

// page reads rows of the column with all that decide may need.
func (r *Rotation) page(x Indexed, decide func(found) (*move, error)) func(ctx context.Context, after string, n int) ([]move, string, error) {
	or := func(column, none string) string {
		if column == "" {
			return none
		}
		return x.Table + "." + column
	}
	wrapped := `NULL`
	if x.Owner != "" {
		wrapped = WrappedSQL(x.Table + "." + x.Owner)
	}
	kind := `''`
	if x.Kind != "" {
		kind = x.Kind
	}
	text := `SELECT ` + x.Row + `, ` + or(x.Owner, `''`) + `, ` + kind + `, ` + x.Sealed + `, ` + x.Column + `, ` + or(x.Ahead, `NULL`) + `, ` + wrapped +
		` FROM ` + x.Table + ` WHERE ` + x.Row + ` > $1 ORDER BY ` + x.Row + ` LIMIT $2`
	return func(ctx context.Context, after string, n int) ([]move, string, error) {
		return r.rows(ctx, text, after, n, decide)
	}
}

// fill indexes rows beforehand.
func (r *Rotation) fill(h *held, x Indexed) step {
	return step{x.Table + "." + x.Ahead, h.ahead.name(), r.unfilled(h, x), r.page(x, func(f found) (*move, error) {
		if f.index == nil || h.ahead.made(f.ahead) {
			return nil, nil //nolint:nilnil // nothing to do
		}
		next, err := r.anew(h.ahead, x, f)
		return &move{f.id, next, f.index}, err
	}), setting(x.Table, x.Row, x.Ahead, x.Column)}
}

// follow lets the column follow the one that was filled.
func (r *Rotation) follow(h *held, x Indexed) step {
	return step{x.name(), h.roots[0].name(), r.behind(h, x), r.page(x, func(f found) (*move, error) {
		if f.index == nil || h.roots[0].made(f.index) || !h.roots[0].made(f.ahead) {
			return nil, nil //nolint:nilnil // there already, or to be filled first
		}
		return &move{f.id, f.ahead, f.index}, nil
	}), setting(x.Table, x.Row, x.Column, x.Column) + ` AND ` + x.Table + `.` + x.Ahead + ` = v.column2`}
}

// empty clears the second column.
func (r *Rotation) empty(x Indexed) step {
	return step{x.Table + "." + x.Ahead, "-", r.count(`SELECT count(*) FROM ` + x.Table + ` WHERE ` + x.Ahead + ` IS NOT NULL`), r.page(x, func(f found) (*move, error) {
		if f.ahead == nil {
			return nil, nil //nolint:nilnil // nothing to do
		}
		return &move{f.id, nil, f.ahead}, nil
	}), setting(x.Table, x.Row, x.Ahead, x.Ahead)}
}

// replace moves a column that has no second one beside it, each row when it is dead.
func (r *Rotation) replace(h *held, x Indexed) step {
	set := setting(x.Table, x.Row, x.Column, x.Column)
	if x.Dead != "" {
		set += ` AND ` + x.Table + `.` + x.Dead + ` <= $1`
	}
	return step{x.name(), h.roots[0].name(), r.behind(h, x), r.page(x, func(f found) (*move, error) {
		if f.index == nil || h.roots[0].made(f.index) {
			return nil, nil //nolint:nilnil // nothing to do
		}
		next, err := r.anew(h.roots[0], x, f)
		return &move{f.id, next, f.index}, err
	}), set}
}

func (x *root) name() string { return fmt.Sprintf("%x", x.id) }

// made reports whether the root made the index.
func (x *root) made(index []byte) bool { return len(index) > 4 && string(index[:4]) == string(x.id[:]) }

// anew is the index of the row's value under the root. Who was forgotten is found by nothing.
func (r *Rotation) anew(to *root, x Indexed, f found) ([]byte, error) {
	key := r.Ring.System()
	if x.Owner != "" {
		var err error
		if key, err = r.Ring.Unwrap(f.owner, f.wrapped); errors.Is(err, ErrNoKey) {
			return append(to.id[:len(to.id):len(to.id)], random(sumLen)...), nil
		} else if err != nil {
			return nil, err
		}
	}
	plain, err := key.Open(x.Table, x.Sealed, f.id, f.sealed)
	if err != nil {
		return nil, err
	}
	column, value, err := x.Value(f.kind, plain)
	if err != nil {
		return nil, fmt.Errorf("value of %s of %s: %w", x.name(), f.id, err)
	}
	return to.index(column, value), nil
}

// behind counts rows that are not asked by the root in force.
func (r *Rotation) behind(h *held, x Indexed) func(context.Context) (int, error) {
	return r.count(`SELECT count(*) FROM `+x.Table+` WHERE `+x.Column+` IS NOT NULL AND substr(`+x.Column+`, 1, 4) <> $1`, h.roots[0].id[:])
}

// unfilled counts rows that are not indexed ahead under the root that is to be.
func (r *Rotation) unfilled(h *held, x Indexed) func(context.Context) (int, error) {
	return r.count(`SELECT count(*) FROM `+x.Table+` WHERE `+x.Column+` IS NOT NULL AND (`+x.Ahead+` IS NULL OR substr(`+x.Ahead+`, 1, 4) <> $1)`, h.ahead.id[:])
}
