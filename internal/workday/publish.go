package workday

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/store"
)

// Change is one act: a year was put, or taken back to what is embedded.
type Change struct {
	Serial int64
	Year   Year
	Gone   bool // it was taken back; of Year the number alone is there
	By     string
	At     time.Time
}

// ErrNotPut means that a year cannot be taken back: nobody put it.
var ErrNotPut = errors.New("the year was not put: what is in force is built in")

// topic is how nodes hear of a change, look how often one looks for what it did not hear of, as for services.
const (
	topic = "workdays"
	look  = 500 * time.Millisecond
)

// Put puts the years in force on every node, all or none. A year that is in force as it is given is left. by is who, when the actor has
// no identifier of its own: a command does not know whose it is.
func (c *Calendar) Put(ctx context.Context, who access.Actor, db *store.DB, by string, years ...Year) (put []Year, err error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	err = write(ctx, db, func(tx *store.Tx) error {
		put = nil
		in, err := lastOf(ctx, tx)
		if err != nil {
			return err
		}
		serial := last(in)
		for _, y := range years {
			if was, ok := in[y.Year]; ok && !was.Gone && same(was.Year, y) {
				continue
			}
			serial++
			if err := keep(ctx, tx, who, by, serial, y.Year, &y); err != nil {
				return err
			}
			put = append(put, y)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return put, c.Update(ctx, db)
}

// TakeBack leaves of a year what is embedded, or nothing.
func (c *Calendar) TakeBack(ctx context.Context, who access.Actor, db *store.DB, by string, year int) error {
	if err := who.May(access.ManagePlatform); err != nil {
		return err
	}
	err := write(ctx, db, func(tx *store.Tx) error {
		in, err := lastOf(ctx, tx)
		if err != nil {
			return err
		}
		if was, ok := in[year]; !ok || was.Gone {
			return fmt.Errorf("%d: %w", year, ErrNotPut)
		}
		return keep(ctx, tx, who, by, last(in)+1, year, nil)
	})
	if err != nil {
		return err
	}
	return c.Update(ctx, db)
}

// write is db.Write; who was overtaken by another, whose serial was the next, decides anew.
func write(ctx context.Context, db *store.DB, fn func(tx *store.Tx) error) error {
	var err error
	for range 5 {
		if err = db.Write(ctx, fn); !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return err
}

func same(a, b Year) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// keep writes a change; no content takes the year back.
func keep(ctx context.Context, tx *store.Tx, who access.Actor, by string, serial int64, year int, y *Year) error {
	content, action := "", "workday.taken_back"
	if y != nil {
		text, err := json.Marshal(y)
		if err != nil {
			return err
		}
		content, action = string(text), "workday.put"
	}
	if err := tx.Do(ctx, `INSERT INTO workday_year (serial, year, content, actor, at) VALUES ($1, $2, $3, $4, $5)`, serial, year, content, cmp.Or(who.ID, by), tx.Now()); err != nil {
		return fmt.Errorf("put %d: %w", year, err)
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Object: "workday/" + strconv.Itoa(year)}); err != nil {
		return err
	}
	return tx.Notify(ctx, topic)
}

// History lists what was put, the latest first.
func History(ctx context.Context, q store.Querier) ([]Change, error) {
	return changes(q.Query(ctx, `SELECT serial, year, content, actor, at FROM workday_year ORDER BY serial DESC`))
}

func lastOf(ctx context.Context, q store.Querier) (map[int]Change, error) {
	all, err := changes(q.Query(ctx, `SELECT serial, year, content, actor, at FROM workday_year WHERE serial IN (SELECT max(serial) FROM workday_year GROUP BY year)`))
	out := map[int]Change{}
	for _, c := range all {
		out[c.Year.Year] = c
	}
	return out, err
}

func last(in map[int]Change) (n int64) {
	for _, c := range in {
		n = max(n, c.Serial)
	}
	return n
}

func changes(rows *store.Rows, err error) ([]Change, error) {
	if err != nil {
		return nil, fmt.Errorf("read years: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Change
	for rows.Next() {
		var c Change
		var year int
		var content string
		if err := rows.Scan(&c.Serial, &year, &content, &c.By, store.Time(&c.At)); err != nil {
			return nil, err
		}
		if c.Gone = content == ""; !c.Gone {
			if err := json.Unmarshal([]byte(content), &c.Year); err != nil {
				return nil, fmt.Errorf("year %d: %w", year, err)
			}
		}
		c.Year.Year = year
		out = append(out, c)
	}
	return out, rows.Err()
}

// Update takes in what was put.
func (c *Calendar) Update(ctx context.Context, q store.Querier) error {
	in, err := lastOf(ctx, q)
	if err != nil {
		return err
	}
	years := map[int]Year{}
	for n, x := range in {
		if !x.Gone {
			years[n] = x.Year
		}
	}
	if serial := last(in); serial >= c.serial.Load() { // one that read earlier may come later
		c.set(years)
		c.serial.Store(serial)
	}
	return nil
}

// Follow takes in each change, of this node or another, until ctx ends.
func (c *Calendar) Follow(ctx context.Context, db *store.DB, log *slog.Logger) {
	news, stop := db.Listen(topic)
	defer stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-tick.C:
		}
		var serial int64
		if err := db.QueryRow(ctx, `SELECT COALESCE(max(serial), 0) FROM workday_year`).Scan(&serial); err != nil || serial <= c.serial.Load() {
			continue // a database that is away, others tell
		}
		if err := c.Update(ctx, db); err != nil {
			log.ErrorContext(ctx, "the production calendar cannot be taken in: it stays as it is on this node", "change", serial, "err", err)
			continue
		}
		log.InfoContext(ctx, "the production calendar was changed", "change", serial)
	}
}
