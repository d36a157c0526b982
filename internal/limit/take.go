package limit

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"okno/internal/store"
)

// Taken is a try that is to be counted: the rule, and the whole key of the bucket. A key begins with the name of what is
// counted and goes on with identifiers or keyed hashes ("signin.device:01k…:9f3a…"), never with a contact or an address.
type Taken struct {
	Rule  Rule
	Key   string
	Times int // so many tries at once, as far as they are allowed; 0 is one
}

// Take counts one try of the key if the rule allows it.
func Take(ctx context.Context, tx *store.Tx, r Rule, key string) (Verdict, error) {
	vs, err := take(ctx, tx, false, []Taken{{Rule: r, Key: key}})
	if err != nil {
		return Verdict{}, err
	}
	return vs[0], nil
}

// TakeAll counts one try in every bucket if all of them allow it, and none otherwise: what was refused by one limit does not
// use up another. The verdicts stand in the order of the wants; see Refused.
func TakeAll(ctx context.Context, tx *store.Tx, wants ...Taken) ([]Verdict, error) {
	return take(ctx, tx, true, wants)
}

// TakeEach counts one try in every bucket that allows it, each by itself: for what has happened already, a wrong password.
func TakeEach(ctx context.Context, tx *store.Tx, wants ...Taken) ([]Verdict, error) {
	return take(ctx, tx, false, wants)
}

// take is one reading and one writing statement, whatever the number of buckets.
func take(ctx context.Context, tx *store.Tx, together bool, wants []Taken) ([]Verdict, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	states, err := read(ctx, tx, wants)
	if err != nil {
		return nil, err
	}
	verdicts, changed := decide(wants, states, together, tx.Now())
	if len(changed) == 0 {
		return verdicts, nil
	}
	var values []string
	var args []any
	for _, c := range changed {
		n := len(args)
		values = append(values, fmt.Sprintf("($%d, $%d, $%d)", n+1, n+2, n+3))
		args = append(args, c.key, c.bucket.text(), store.Moment(c.expires))
	}
	err = tx.Do(ctx, `INSERT INTO limit_bucket (key, state, expires_at) VALUES `+strings.Join(values, ", ")+`
		ON CONFLICT (key) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at`, args...)
	if err != nil {
		return nil, fmt.Errorf("count a try: %w", err)
	}
	return verdicts, nil
}

type change struct {
	key     string
	bucket  bucket
	expires time.Time
}

// decide is pure: what the buckets say to the wants, and which of them change.
func decide(wants []Taken, states map[string]bucket, together bool, now time.Time) ([]Verdict, []change) {
	verdicts := make([]Verdict, len(wants))
	after := make(map[string]bucket, len(wants))
	var changed []change
	refused := false
	for i, w := range wants {
		key := w.Key
		b, seen := after[key]
		if !seen {
			b = states[key]
		}
		if b, verdicts[i] = count(w.Rule, b, now); !verdicts[i].Allowed {
			refused = true
			continue
		}
		for range w.Times - 1 {
			more, v := count(w.Rule, b, now)
			if !v.Allowed {
				break
			}
			b, verdicts[i] = more, v
		}
		after[key] = b
		changed = appendChange(changed, change{key, b, expires(w.Rule, b, now)})
	}
	if !together || !refused {
		return verdicts, changed
	}
	for i, w := range wants {
		if verdicts[i].Allowed { // it was not counted after all
			verdicts[i] = look(w.Rule, states[w.Key], now)
		}
	}
	return verdicts, nil
}

// appendChange keeps one change for a key: a statement must not touch a row twice.
func appendChange(cs []change, c change) []change {
	for i := range cs {
		if cs[i].key == c.key {
			cs[i] = c
			return cs
		}
	}
	return append(cs, c)
}

func read(ctx context.Context, q store.Querier, wants []Taken) (map[string]bucket, error) {
	marks := make([]string, len(wants))
	args := make([]any, len(wants))
	for i, w := range wants {
		marks[i] = "$" + strconv.Itoa(i+1)
		args[i] = w.Key
	}
	rows, err := q.Query(ctx, `SELECT key, state FROM limit_bucket WHERE key IN (`+strings.Join(marks, ", ")+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read limits: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	states := map[string]bucket{}
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, fmt.Errorf("read limits: %w", err)
		}
		if states[key], err = parse(text); err != nil {
			return nil, err
		}
	}
	return states, rows.Err()
}

// Look says what the rule allows the key now, without counting.
func Look(ctx context.Context, q store.Querier, r Rule, key string) (Verdict, error) {
	vs, err := LookAll(ctx, q, Taken{Rule: r, Key: key})
	if err != nil {
		return Verdict{}, err
	}
	return vs[0], nil
}

// LookAll is Look for several buckets in one statement.
func LookAll(ctx context.Context, q store.Querier, wants ...Taken) ([]Verdict, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	states, err := read(ctx, q, wants)
	if err != nil {
		return nil, err
	}
	out := make([]Verdict, len(wants))
	for i, w := range wants {
		out[i] = look(w.Rule, states[w.Key], q.Now())
	}
	return out, nil
}

// StateSQL is a scalar subquery for the state of the bucket whose key the expression gives: it lets a package read a bucket
// in its own statement. It is never NULL; scan it into a string and give that to Parse.
func StateSQL(keyExpr string) string {
	return `COALESCE((SELECT state FROM limit_bucket WHERE key = ` + keyExpr + `), '')`
}

// Seen is a bucket as it was read, by StateSQL or See: its whole key, and its state, "" when it was not there.
type Seen struct{ Key, State string }

// See reads the states of the buckets in one statement, in the order of the keys.
func See(ctx context.Context, q store.Querier, keys ...string) ([]Seen, error) {
	out := make([]Seen, len(keys))
	list := make([]string, len(keys))
	args, into := make([]any, len(keys)), make([]any, len(keys))
	for i, k := range keys {
		out[i].Key, args[i], into[i] = k, k, &out[i].State
		list[i] = StateSQL("$" + strconv.Itoa(i+1))
	}
	if len(keys) == 0 {
		return nil, nil
	}
	if err := q.QueryRow(ctx, `SELECT `+strings.Join(list, ", "), args...).Scan(into...); err != nil {
		return nil, fmt.Errorf("read limits: %w", err)
	}
	return out, nil
}

// UnchangedSQL is a condition that every bucket is still as it was seen, also one that was not there: who judged by it long
// ago, before a hash, makes it part of what he writes, so that tries counted meanwhile are not overlooked. It returns args
// with its own appended.
func UnchangedSQL(args []any, seen ...Seen) (string, []any) {
	all := []string{"TRUE"}
	for _, x := range seen {
		args = append(args, x.Key, x.State)
		all = append(all, StateSQL(fmt.Sprintf("$%d", len(args)-1))+fmt.Sprintf(" = $%d", len(args)))
	}
	return strings.Join(all, " AND "), args
}

// Parse says what the rule allows at now to the key whose state was read by StateSQL; "" is a key that was never tried. A state
// that cannot be read counts as none: the next try writes it anew.
func Parse(r Rule, state string, now time.Time) Verdict {
	b, err := parse(state)
	if err != nil {
		b = bucket{}
	}
	return look(r, b, now)
}

// Clear forgets the tries of the keys, blocks and strikes as well.
func Clear(ctx context.Context, tx *store.Tx, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	marks := make([]string, len(keys))
	args := make([]any, len(keys))
	for i, k := range keys {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), k
	}
	if err := tx.Do(ctx, `DELETE FROM limit_bucket WHERE key IN (`+strings.Join(marks, ", ")+`)`, args...); err != nil {
		return fmt.Errorf("clear limits: %w", err)
	}
	return nil
}

// Sweep removes buckets that say nothing any more and returns how many; jobs.Every runs it.
func Sweep(ctx context.Context, db *store.DB) (int, error) {
	const batch = 500
	for total := 0; ; {
		var n int64
		err := db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec(ctx, `DELETE FROM limit_bucket WHERE key IN (SELECT key FROM limit_bucket WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, tx.Now(), batch)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("sweep limits: %w", err)
		}
		total += int(n)
		if n < batch {
			return total, nil
		}
	}
}
