package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/store"
)

// Report is what Verify found.
type Report struct {
	Seals  int64
	Events int64     // that are sealed and in order
	Head   Head      // of what is in order
	Tail   int64     // events that no seal closes yet; a busy portal has some of the last second
	Oldest time.Time // of the tail, zero when there is none
	Broken *Break    // the first place that is not in order, nil when everything is
}

// Break is a place where the chain is not what it was when it was sealed.
type Break struct {
	Seal int64
	Why  string
}

func (b *Break) Error() string { return fmt.Sprintf("audit is broken at seal %d: %s", b.Seal, b.Why) }

// Verify computes the chain of the database anew, in one snapshot. sign is that of the Sealer, nil when seals are unsigned.
// The known heads, noted elsewhere, must lie on the chain.
func Verify(ctx context.Context, db *store.DB, sign func(hash []byte) []byte, known ...Head) (Report, error) {
	var signs []func([]byte) []byte
	if sign != nil {
		signs = append(signs, sign)
	}
	return VerifyAny(ctx, db, signs, known...)
}

// VerifyAny is Verify when the Sealer's key was another one at other times: a seal is signed with one of them.
func VerifyAny(ctx context.Context, db *store.DB, signs []func(hash []byte) []byte, known ...Head) (Report, error) {
	var r Report
	err := db.Read(ctx, func(tx *store.Tx) error {
		r = Report{}
		return verify(ctx, tx, signs, known, &r)
	})
	if err != nil {
		return r, fmt.Errorf("verify audit: %w", err)
	}
	return r, nil
}

func verify(ctx context.Context, tx *store.Tx, signs []func([]byte) []byte, known []Head, r *Report) error {
	err := tx.QueryRow(ctx, `SELECT count(*), min(at) FROM audit_event WHERE seal IS NULL`).Scan(&r.Tail, store.NullTime(&r.Oldest))
	if err != nil {
		return err
	}
	for {
		next, err := sealAfter(ctx, tx, r.Head.Seq)
		if err != nil {
			return err
		}
		if next == nil {
			break
		}
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM audit_event WHERE seal = $1 AND seal IS NOT NULL ORDER BY id`, next.seq)
		if err != nil {
			return err
		}
		events, err := scan(rows)
		if err != nil {
			return err
		}
		if why := next.wrong(r.Head, events, signs, known); why != "" {
			r.Broken = &Break{r.Head.Seq + 1, why}
			return nil
		}
		r.Head = Head{next.seq, next.sum}
		r.Seals++
		r.Events += int64(len(events))
	}
	for _, k := range known {
		if k.Seq > r.Head.Seq {
			r.Broken = &Break{r.Head.Seq + 1, fmt.Sprintf("the chain ends before seal %d, which was noted elsewhere", k.Seq)}
			return nil
		}
	}
	// An event that names a seal which is not there: somebody removed the end of the chain and left its events.
	var stray int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE seal IS NOT NULL AND (seal > $1 OR seal < 1)`, r.Head.Seq).Scan(&stray); err != nil {
		return err
	}
	if stray > 0 {
		r.Broken = &Break{r.Head.Seq + 1, fmt.Sprintf("%d events name seals that are not there", stray)}
	}
	return nil
}

// stored is a seal as the database has it.
type stored struct {
	seal
	sum  []byte
	sign []byte
}

func sealAfter(ctx context.Context, tx *store.Tx, seq int64) (*stored, error) {
	var s stored
	err := store.One(tx.QueryRow(ctx, `SELECT seq, at, count, prev, hash, sign FROM audit_seal WHERE seq > $1 ORDER BY seq LIMIT 1`, seq).
		Scan(&s.seq, store.Time(&s.at), &s.count, &s.prev, &s.sum, &s.sign))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &s, err
}

// wrong says what is wrong with the seal that follows the head, nothing when it is in order.
func (s stored) wrong(head Head, events []event, signs []func([]byte) []byte, known []Head) string {
	if s.seq != head.Seq+1 {
		return fmt.Sprintf("seal %d is missing", head.Seq+1)
	}
	if !bytes.Equal(s.prev, head.Hash) {
		return "it does not follow the seal before it"
	}
	if s.count != int64(len(events)) {
		return fmt.Sprintf("it closed %d events, %d are there", s.count, len(events))
	}
	if !bytes.Equal(s.sum, s.hash(events)) {
		return "its events are not those that were sealed"
	}
	if len(signs) > 0 && !slices.ContainsFunc(signs, func(sign func([]byte) []byte) bool { return hmac.Equal(s.sign, sign(s.sum)) }) {
		return "its signature is not ours"
	}
	for _, k := range known {
		if k.Seq == s.seq && !bytes.Equal(k.Hash, s.sum) {
			return "it is not the one that was noted elsewhere: " + hex.EncodeToString(k.Hash)
		}
	}
	return ""
}
