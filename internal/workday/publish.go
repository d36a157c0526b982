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

// topic is how nodes hear of a change.
const topic = "workdays"

// Put puts the years in force on every node, all or none. A year that is in force as it is given is left. by is who, when the actor has
// no identifier of its own: a command does not know whose it is.
func (c *Calendar) Put(ctx context.Context, who access.Actor, db *store.DB, by string, years ...Year) (put []Year, err error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	err = db.WriteNext(ctx, func(tx *store.Tx) error {
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
	err := db.WriteNext(ctx, func(tx *store.Tx) error {
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
func History(ctx context.Context, who access.Actor, q store.Querier) ([]Change, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
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

func changes(rows *store.Rows, err error) (out []Change, _ error) {
	err = store.Each(rows, err, func(r *store.Rows) error {
		var c Change
		var year int
		var content string
		if err := r.Scan(&c.Serial, &year, &content, &c.By, store.Time(&c.At)); err != nil {
			return err
		}
		if c.Gone = content == ""; !c.Gone {
			if err := json.Unmarshal([]byte(content), &c.Year); err != nil {
				return fmt.Errorf("year %d: %w", year, err)
			}
		}
		c.Year.Year = year
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read years: %w", err)
	}
	return out, nil
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if serial := last(in); serial >= c.serial.Load() { // one that read earlier may come later
		c.set(years)
		c.serial.Store(serial)
	}
	return nil
}

// Follow takes in each change, of this node or another, until ctx ends. One that cannot be taken in is told of once.
func (c *Calendar) Follow(ctx context.Context, db *store.DB, log *slog.Logger) {
	told := int64(0)
	db.Follow(ctx, topic, func() {
		var serial int64
		if err := db.QueryRow(ctx, `SELECT COALESCE(max(serial), 0) FROM workday_year`).Scan(&serial); err != nil || serial <= c.serial.Load() {
			return // a database that is away, others tell
		}
		if err := c.Update(ctx, db); err != nil {
			if told != serial {
				log.ErrorContext(ctx, "the production calendar cannot be taken in: it stays as it is on this node", "change", serial, "err", err)
			}
			told = serial
			return
		}
		log.InfoContext(ctx, "the production calendar was changed", "change", serial)
	})
}
