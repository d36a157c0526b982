package files

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// batch is how many names are looked up by one statement.
const batch = 100

// haveSQL asks which of batch names are those of a row's bytes: its own id, or another name when they were sealed anew.
var haveSQL = func() string {
	var b strings.Builder
	b.WriteString(`($1`)
	for i := 2; i <= batch; i++ {
		fmt.Fprintf(&b, ", $%d", i)
	}
	b.WriteString(`)`)
	return `SELECT id FROM file WHERE bytes = '' AND id IN ` + b.String() + ` UNION ALL SELECT bytes FROM file WHERE bytes <> '' AND bytes IN ` + b.String()
}()

// Sweep deletes the bytes that have lain without a row for longer than the grace: never kept, dropped, or half written
// by a process that was killed. It returns how many it deleted. A job runs it daily.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	swept := 0
	var old []string
	flush := func() error {
		n, err := s.sweep(ctx, old)
		swept, old = swept+n, old[:0]
		return err
	}
	before := s.now().Add(-grace)
	err := s.Bucket.Each(ctx, func(name string, at time.Time) error {
		if !at.Before(before) {
			return nil
		}
		if old = append(old, name); len(old) < batch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return swept, fmt.Errorf("sweep files: %w", err)
	}
	return swept, nil
}

func (s *Store) sweep(ctx context.Context, names []string) (int, error) {
	if len(names) == 0 {
		return 0, nil
	}
	ids := make([]any, batch)
	for i := range ids {
		ids[i] = ""
		if i < len(names) {
			ids[i] = names[i][strings.LastIndexByte(names[i], '/')+1:]
		}
	}
	rows, err := s.DB.Query(ctx, haveSQL, ids...)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	have := map[string]bool{}
	for rows.Next() {
		var fileID string
		if err := rows.Scan(&fileID); err != nil {
			return 0, err
		}
		have[where(fileID)] = true
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	n := 0
	for _, name := range names {
		if have[name] {
			continue
		}
		if err := s.Bucket.Delete(ctx, name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
