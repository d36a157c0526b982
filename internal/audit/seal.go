package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"okno/internal/store"
)

// Sealer chains the events of a database.
type Sealer struct {
	DB    *store.DB
	Sign  func(hash []byte) []byte // with a key outside the database; nil leaves seals unsigned
	Every time.Duration            // one second when 0
	Log   *slog.Logger             // slog.Default() when nil
}

// most events that one seal closes; a backlog becomes several seals.
const most = 2000

// Run seals until ctx ends, and once more then, so that a graceful stop leaves no tail.
func (s *Sealer) Run(ctx context.Context) error {
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	tick := time.NewTicker(cmp.Or(s.Every, time.Second))
	defer tick.Stop()
	var said time.Time
	for {
		last := ctx.Err() != nil
		work, cancel := ctx, func() {}
		if last {
			work, cancel = context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		}
		head, n, err := s.sealAll(work)
		cancel()
		switch {
		case err != nil && !last && ctx.Err() != nil: // it was told to stop in the middle
		case err != nil && !last:
			log.WarnContext(ctx, "audit was not sealed; the next turn tries again", "err", err)
		case err != nil:
			return err
		case n > 0 && (last || time.Since(said) > time.Hour):
			said = time.Now()
			log.InfoContext(ctx, "audit sealed", "seal", head.Seq, "head", hex.EncodeToString(head.Hash))
		}
		if last {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// sealAll makes seals until there is no tail.
func (s *Sealer) sealAll(ctx context.Context) (Head, int, error) {
	var head Head
	for total := 0; ; {
		var waiting bool
		if err := s.DB.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM audit_event WHERE seal IS NULL)`).Scan(&waiting); err != nil {
			return head, total, fmt.Errorf("seal audit: %w", err)
		}
		if !waiting {
			return head, total, nil
		}
		h, n, err := s.Seal(ctx)
		if err != nil {
			return head, total, err
		}
		head, total = h, total+n
		if n < most {
			return head, total, nil
		}
	}
}

// Head is the end of the chain: write it down elsewhere and nobody can shorten the chain unseen.
type Head struct {
	Seq  int64
	Hash []byte
}

// Seal makes one seal of what has none and says how many events it closed. Of two sealers at once one finds nothing to do;
// the chain has no fork, because a seal's number is its key.
//
// It runs in a transaction of the engine's ordinary level, not a serialisable one: a serialisable reader of all unsealed events
// would make every concurrent writer of an event a candidate for a collision. Nothing here needs more: the UPDATE itself
// says which rows it took.
func (s *Sealer) Seal(ctx context.Context) (Head, int, error) {
	head, n, err := s.seal(ctx)
	if errors.Is(store.One(err), store.ErrExists) {
		return Head{}, 0, nil // another node made this seal; what it left is for the next turn
	}
	if err != nil {
		return Head{}, 0, fmt.Errorf("seal audit: %w", err)
	}
	return head, n, nil
}

func (s *Sealer) seal(ctx context.Context) (Head, int, error) {
	tx, err := s.DB.Writer().BeginTx(ctx, nil)
	if err != nil {
		return Head{}, 0, err
	}
	defer tx.Rollback() //nolint:errcheck // a no-op after Commit
	link := seal{at: s.DB.Now(), prev: []byte{}}
	err = store.One(tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1`).Scan(&link.seq, &link.prev))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Head{}, 0, err
	}
	link.seq++
	rows, err := tx.QueryContext(ctx, `UPDATE audit_event SET seal = $1 WHERE seal IS NULL AND id IN (SELECT id FROM audit_event WHERE seal IS NULL ORDER BY id LIMIT $2)
		RETURNING `+columns, link.seq, most)
	if err != nil {
		return Head{}, 0, err
	}
	events, err := scan(rows)
	if err != nil {
		return Head{}, 0, err
	}
	if len(events) == 0 {
		return Head{link.seq - 1, link.prev}, 0, nil
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.id, b.id) }) // RETURNING promises no order
	link.count = int64(len(events))
	hash := link.hash(events)
	sign := []byte{}
	if s.Sign != nil {
		sign = s.Sign(hash)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO audit_seal (seq, at, count, prev, hash, sign) VALUES ($1, $2, $3, $4, $5, $6)`,
		link.seq, link.at, link.count, link.prev, hash, sign); err != nil {
		return Head{}, 0, err
	}
	if err := tx.Commit(); err != nil {
		return Head{}, 0, err
	}
	return Head{link.seq, hash}, len(events), nil
}

// seal is a row of audit_seal, without its hash.
type seal struct {
	seq   int64
	at    time.Time
	count int64
	prev  []byte
}

// event is a row of audit_event.
type event struct {
	id     string
	at     time.Time
	fields [9]string // action … detail, in the order of columns
}

const columns = `id, at, action, actor_kind, actor_id, actor_role, actor_unit, session_id, subject, object, detail`

// answers are rows of events, from a transaction of the store or of the sealer's own.
type answers interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

func scan(rows answers) ([]event, error) {
	defer rows.Close() //nolint:errcheck // Err says more
	var out []event
	for rows.Next() {
		var e event
		to := []any{&e.id, store.Time(&e.at)}
		for i := range e.fields {
			to = append(to, &e.fields[i])
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// encode is the one form in which an event is hashed: every field with its length before it, moments in microseconds, so that
// no two different events have the same bytes.
func (e event) encode(b []byte) []byte {
	b = appendText(b, e.id)
	b = binary.BigEndian.AppendUint64(b, uint64(e.at.UnixMicro())) //nolint:gosec // the bits matter, not the sign
	for _, f := range e.fields {
		b = appendText(b, f)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...) //nolint:gosec // fields are short
}

// hash is that of the link: its number, its moment, the link before, and every event in the order of identifiers.
func (l seal) hash(events []event) []byte {
	b := []byte("okno audit seal 1\n")
	b = binary.BigEndian.AppendUint64(b, uint64(l.seq))            //nolint:gosec // the bits matter, not the sign
	b = binary.BigEndian.AppendUint64(b, uint64(l.at.UnixMicro())) //nolint:gosec // as above
	b = appendText(b, string(l.prev))
	b = binary.BigEndian.AppendUint64(b, uint64(len(events)))
	h := sha256.New()
	h.Write(b) //nolint:errcheck // never fails
	for _, e := range events {
		b = e.encode(b[:0])
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b)))) //nolint:errcheck // never fails
		h.Write(b)                                                  //nolint:errcheck // never fails
	}
	return h.Sum(nil)
}
