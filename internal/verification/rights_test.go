package verification_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/rights"
	"okno/internal/store"
	"okno/internal/system"
)

// Whoever took an account over with somebody else's papers must not be able to destroy it before its owner is heard: whether the erasure
// was asked for before the takeover or after it.
func TestNothingThatWasTakenOverIsErasedWhileTheTakeoverCanBeUndone(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000301", old.ID, old)
		moved(t, x, old.ID)
		set := func(statement string, args ...any) {
			t.Helper()
			if err := x.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, statement, args...) }); err != nil {
				t.Fatal(err)
			}
		}
		now := x.DB.Now()
		set(`INSERT INTO erasure (account_id, asked_at, due_at) VALUES ($1, $2, $3)`, who.ID, now.Add(-14*24*time.Hour), now.Add(-time.Minute))
		gone := func(one access.Actor) bool {
			t.Helper()
			_, err := x.Ring.Person(ctx, x.DB, one.ID)
			if err != nil && !errors.Is(err, keyring.ErrNoKey) {
				t.Fatal(err)
			}
			return err != nil
		}
		if err := x.Rights.Sweep(ctx); err != nil || gone(who) || gone(old.Actor) {
			t.Fatalf("the sweep erases what may go back: %v", err)
		}
		if err := x.Rights.Erase(ctx, rights.EraseAccount{Account: who.ID}); err == nil || gone(who) || gone(old.Actor) {
			t.Fatalf("the job erases what may go back: %v", err)
		}
		var began time.Time
		if err := x.DB.QueryRow(ctx, `SELECT started_at FROM takeover WHERE new_id = $1`, who.ID).Scan(store.Time(&began)); err != nil {
			t.Fatal(err)
		}
		e, waits, err := x.Rights.Pending(ctx, x.DB, who.ID)
		if want := began.Add(x.Policy.Takeover.Undo); err != nil || !waits || !e.Held || !e.DueAt.Equal(want) {
			t.Errorf("it is due at %v, held %t, want %v: %v", e.DueAt, e.Held, want, err)
		}
		said(t, x, who.ID, "message.erasure_held")
		said(t, x, old.ID, "message.erasure_retired")
		inbox, err := x.Notices.Inbox(ctx, old.Actor, 20)
		if err != nil || len(inbox) == 0 || !strings.Contains(inbox[0].Note.Body.RU, x.Policy.Hotline.Phone) {
			t.Errorf("the owner does not read whom to call: %v", err)
		}
		past := x.DB.Now().Add(-x.Policy.Takeover.Undo - time.Minute)
		set(`UPDATE takeover SET started_at = $1 WHERE new_id = $2`, past, who.ID)
		set(`UPDATE erasure SET due_at = $1 WHERE account_id = $2`, past, who.ID)
		if err := x.Rights.Sweep(ctx); err != nil || !gone(who) || !gone(old.Actor) {
			t.Errorf("it waits for ever: %v", err)
		}
	})
}
