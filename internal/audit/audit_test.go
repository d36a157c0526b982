package audit_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/id"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var (
	ctx    = context.Background()
	anna   = id.New()
	boris  = id.New()
	caseID = id.New()
	clerk  = access.Actor{Kind: access.Staff, ID: id.New(), Role: access.Officer, Unit: "rosreestr", SessionID: id.New()}
)

func record(t testing.TB, db *store.DB, events ...audit.Event) {
	t.Helper()
	err := db.Write(ctx, func(tx *store.Tx) error {
		for _, e := range events {
			if err := audit.Record(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func looked(subject string) audit.Event {
	return audit.Event{Action: "account.looked", Actor: clerk, Subject: subject, Object: "case/" + caseID, Detail: audit.Detail{"field": "snils", "reason": "decision"}}
}

// key signs as a key would that lies outside the database.
func key(hash []byte) []byte {
	m := hmac.New(sha256.New, []byte("kept elsewhere"))
	m.Write(hash) //nolint:errcheck // never fails
	return m.Sum(nil)
}

func sealed(t testing.TB, db *store.DB) audit.Head {
	t.Helper()
	head, _, err := (&audit.Sealer{DB: db, Sign: key}).Seal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func verify(t testing.TB, db *store.DB, known ...audit.Head) audit.Report {
	t.Helper()
	r, err := audit.Verify(ctx, db, key, known...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestThePersonSeesWhoLookedAtTheirDataAndNothingOfOthers(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		record(t, db, audit.Event{Action: "signin.done", Actor: access.Actor{Kind: access.Person, ID: anna}, Subject: anna})
		clock.Advance(time.Minute)
		record(t, db, looked(anna), looked(boris), audit.Event{Action: "platform.started", Actor: access.SystemActor()})
		clock.Advance(time.Minute)
		record(t, db, audit.Event{Action: "application.decided", Actor: clerk, Subject: anna, Object: "case/" + caseID, Detail: audit.Detail{"outcome": "granted"}})
		got, err := audit.About(ctx, db, anna, 10, "")
		if err != nil || len(got) != 3 {
			t.Fatalf("%d entries, %v; want 3", len(got), err)
		}
		for i, want := range []struct {
			action string
			own    bool
			role   access.Role
		}{{"application.decided", false, access.Officer}, {"account.looked", false, access.Officer}, {"signin.done", true, ""}} {
			if e := got[i]; e.Action != want.action || e.Own != want.own || e.Role != want.role {
				t.Errorf("entry %d: %+v, want %+v", i, e, want)
			}
		}
		e := got[1]
		if !e.At.Equal(db.Now().Add(-time.Minute)) || e.Kind != access.Staff || e.Unit != "rosreestr" || e.Object != "case/"+caseID || e.Detail["field"] != "snils" {
			t.Errorf("%+v", e)
		}
		if shown := fmt.Sprintf("%+v", got); strings.Contains(shown, clerk.ID) || strings.Contains(shown, clerk.SessionID) {
			t.Error("the person learns which employee it was")
		}
		page, err := audit.About(ctx, db, anna, 2, got[0].ID)
		if err != nil || len(page) != 2 || page[0].ID != got[1].ID {
			t.Errorf("the next page: %+v, %v", page, err)
		}
		if looks, err := audit.Looks(ctx, db, anna, 2, ""); err != nil || len(looks) != 2 || looks[0].ID != got[0].ID || looks[1].ID != got[1].ID {
			t.Errorf("looks: %+v, %v", looks, err)
		}
		record(t, db, audit.Event{Action: "signin.done", Actor: access.Actor{Kind: access.Person, ID: anna}, Subject: anna})
		if looks, err := audit.Looks(ctx, db, anna, 1, ""); err != nil || len(looks) != 1 || looks[0].ID != got[0].ID {
			t.Errorf("the person's own deed hides a look: %+v, %v", looks, err)
		}
		if none, err := audit.About(ctx, db, "", 10, ""); err != nil || len(none) != 0 {
			t.Errorf("about nobody: %+v, %v", none, err)
		}
	})
}

func TestAnEventHoldsNothingPersonal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, e := range map[string]audit.Event{
			"no action":           {},
			"sentence":            {Action: "looked at Anna"},
			"phone as subject":    {Action: "a", Subject: "79123456789"},
			"name as object":      {Action: "a", Object: "Анна"},
			"e-mail as actor":     {Action: "a", Actor: access.Actor{ID: "anna@example.ru"}},
			"SNILS in the detail": {Action: "a", Detail: audit.Detail{"field": "112-233-445.95"}},
			"text in the detail":  {Action: "a", Detail: audit.Detail{"reason": "the paper is bad"}},
			"unknown detail":      {Action: "a", Detail: audit.Detail{"name": "x"}},
		} {
			err := db.Write(ctx, func(tx *store.Tx) error { return audit.Record(ctx, tx, e) })
			if err == nil {
				t.Errorf("%s: recorded", name)
				continue
			}
			for _, secret := range []string{"Анна", "anna@", "79123456789", "445.95", "paper"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: the refusal repeats the value: %v", name, err)
				}
			}
		}
		counted, n := store.Counting(ctx)
		if err := db.Write(counted, func(tx *store.Tx) error { return audit.Record(counted, tx, looked(anna)) }); err != nil || n.Load() != 1 {
			t.Errorf("recording took %d statements, %v; want 1", n.Load(), err)
		}
	})
}

func TestTheChainHoldsAndTheTailIsReported(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if r := verify(t, db); r.Broken != nil || r.Seals != 0 || r.Tail != 0 {
			t.Errorf("of an empty audit: %+v", r)
		}
		s := &audit.Sealer{DB: db, Sign: key}
		if _, n, err := s.Seal(ctx); n != 0 || err != nil {
			t.Errorf("sealed %d of nothing, %v", n, err)
		}
		for i := range 3 {
			clock.Advance(time.Second)
			record(t, db, looked(anna), looked(boris))
			if head, n, err := s.Seal(ctx); n != 2 || err != nil || head.Seq != int64(i+1) {
				t.Errorf("seal %d closed %d, %v", head.Seq, n, err)
			}
		}
		record(t, db, looked(anna))
		clock.Advance(time.Minute)
		r := verify(t, db)
		if r.Broken != nil || r.Seals != 3 || r.Events != 6 || r.Tail != 1 || !r.Oldest.Equal(db.Now().Add(-time.Minute)) {
			t.Errorf("%+v", r)
		}
		if r, err := audit.Verify(ctx, db, nil); err != nil || r.Broken != nil {
			t.Errorf("without the key: %+v, %v", r, err)
		}
	})
}

// intrude does what an intruder does who owns the database: the triggers do not stop him.
func intrude(t *testing.T, tx *store.Tx, engine store.Engine, text string) {
	t.Helper()
	exec := func(text string) int64 {
		n, err := tx.Exec(ctx, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return n
	}
	if engine == store.Postgres {
		exec(`ALTER TABLE audit_event DISABLE TRIGGER ALL`)
		exec(`ALTER TABLE audit_seal DISABLE TRIGGER ALL`)
	} else {
		for _, trigger := range []string{"audit_event_final", "audit_event_kept", "audit_seal_final", "audit_seal_kept"} {
			exec(`DROP TRIGGER IF EXISTS ` + trigger)
		}
	}
	if exec(text) == 0 {
		t.Fatalf("the intruder changed nothing: %s", text)
	}
}

func TestEveryChangeBehindTheBackIsFoundAtItsPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for range 4 {
			record(t, db, looked(anna), looked(boris))
			sealed(t, db)
		}
		for _, c := range []struct {
			name, text string
			seal       int64
			why        string
		}{
			{"another actor", `UPDATE audit_event SET actor_id = 'somebody-else' WHERE id = (SELECT min(id) FROM audit_event WHERE seal = 2)`, 2, "not those that were sealed"},
			{"another moment", `UPDATE audit_event SET at = (SELECT at FROM audit_event WHERE seal = 1 LIMIT 1) WHERE seal = 3`, 3, "not those that were sealed"},
			{"another detail", `UPDATE audit_event SET detail = '{"field":"inn","reason":"decision"}' WHERE seal = 4`, 4, "not those that were sealed"},
			{"a field moved to its neighbour", `UPDATE audit_event SET actor_role = '', actor_unit = actor_role || actor_unit WHERE seal = 2`, 2, "not those that were sealed"},
			{"an event removed", `DELETE FROM audit_event WHERE id = (SELECT min(id) FROM audit_event WHERE seal = 3)`, 3, "1 are there"},
			{"an event hidden", `UPDATE audit_event SET seal = NULL WHERE id = (SELECT min(id) FROM audit_event WHERE seal = 3)`, 3, "1 are there"},
			{"an event moved to another seal", `UPDATE audit_event SET seal = 4 WHERE seal = 2`, 2, "0 are there"},
			{"an event slipped in", `INSERT INTO audit_event (id, at, action, actor_kind, actor_id, actor_role, actor_unit, session_id, subject, object, detail, seal)
				SELECT 'new', at, action, actor_kind, actor_id, actor_role, actor_unit, session_id, subject, object, detail, seal FROM audit_event WHERE id = (SELECT min(id) FROM audit_event WHERE seal = 1)`, 1, "3 are there"},
			{"a seal removed", `DELETE FROM audit_seal WHERE seq = 2`, 2, "seal 2 is missing"},
			{"the end removed, its events left", `DELETE FROM audit_seal WHERE seq = 4`, 4, "name seals that are not there"},
			{"a count changed", `UPDATE audit_seal SET count = 3 WHERE seq = 2`, 2, "it closed 3 events, 2 are there"},
			{"a seal's moment changed", `UPDATE audit_seal SET at = (SELECT at FROM audit_seal WHERE seq = 1) WHERE seq = 3`, 3, "not those that were sealed"},
			{"a hash changed", `UPDATE audit_seal SET hash = prev WHERE seq = 3`, 3, "not those that were sealed"},
			{"a link changed", `UPDATE audit_seal SET prev = hash WHERE seq = 3`, 3, "does not follow"},
			{"a signature changed", `UPDATE audit_seal SET sign = hash WHERE seq = 1`, 1, "signature is not ours"},
		} {
			t.Run(c.name, func(t *testing.T) {
				undo := errors.New("undo")
				err := db.Write(ctx, func(tx *store.Tx) error {
					intrude(t, tx, db.Engine(), c.text)
					var r audit.Report
					if err := audit.VerifyIn(ctx, tx, []func([]byte) []byte{key}, nil, &r); err != nil {
						return err
					}
					if r.Broken == nil || r.Broken.Seal != c.seal || !strings.Contains(r.Broken.Why, c.why) {
						t.Errorf("%+v, want broken at %d: …%s…", r.Broken, c.seal, c.why)
					}
					return undo
				})
				if !errors.Is(err, undo) {
					t.Fatal(err)
				}
			})
		}
		if r := verify(t, db); r.Broken != nil || r.Seals != 4 {
			t.Errorf("without forgeries: %+v", r)
		}
	})
}

func TestAChainMadeAnewOrCutOffIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var heads []audit.Head
		for range 3 {
			record(t, db, looked(anna))
			heads = append(heads, sealed(t, db))
		}
		if r := verify(t, db, heads...); r.Broken != nil || r.Head.Seq != 3 || !bytes.Equal(r.Head.Hash, heads[2].Hash) {
			t.Fatalf("%+v", r)
		}
		// He cuts off the end with its events: what is left is a valid chain, but a head noted elsewhere lies beyond it.
		if err := db.Write(ctx, func(tx *store.Tx) error {
			intrude(t, tx, db.Engine(), `DELETE FROM audit_event WHERE seal = 3`)
			intrude(t, tx, db.Engine(), `DELETE FROM audit_seal WHERE seq = 3`)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, db); r.Broken != nil || r.Seals != 2 {
			t.Fatalf("%+v", r)
		}
		if r := verify(t, db, heads...); r.Broken == nil || r.Broken.Seal != 3 {
			t.Errorf("the missing end was not noticed: %+v", r.Broken)
		}
		// He seals something else in its place, without the key.
		record(t, db, looked(boris))
		if _, _, err := (&audit.Sealer{DB: db}).Seal(ctx); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, db); r.Broken == nil || r.Broken.Seal != 3 || !strings.Contains(r.Broken.Why, "signature") {
			t.Errorf("a seal without our key was accepted: %+v", r.Broken)
		}
		if r, err := audit.Verify(ctx, db, nil, heads...); err != nil || r.Broken == nil || !strings.Contains(r.Broken.Why, "noted elsewhere") {
			t.Errorf("another seal in its place was accepted: %+v, %v", r.Broken, err)
		}
	})
}

func TestTheDatabaseRefusesToChangeTheAudit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		record(t, db, looked(anna), looked(boris))
		sealed(t, db)
		record(t, db, looked(anna))
		for _, text := range []string{
			`UPDATE audit_event SET actor_id = 'x'`, `UPDATE audit_event SET seal = 9 WHERE seal = 1`, `UPDATE audit_event SET seal = NULL WHERE seal = 1`,
			`UPDATE audit_event SET detail = '{}', seal = 2 WHERE seal IS NULL`, `DELETE FROM audit_event`, `DELETE FROM audit_event WHERE seal IS NULL`,
			`UPDATE audit_seal SET count = 1`, `DELETE FROM audit_seal`,
		} {
			err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, text); return err })
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", text, err)
			}
		}
		if r := verify(t, db); r.Broken != nil || r.Events != 2 || r.Tail != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// Several nodes seal while verbs record: no fork, no event twice, none forgotten, and nobody's verb fails.
func TestManySealersAndManyWritersMakeOneChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		stop, cancel := context.WithCancel(ctx)
		var sealers, writers sync.WaitGroup
		for range 3 {
			sealers.Go(func() {
				s := &audit.Sealer{DB: db, Sign: key, Every: 5 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
				if err := s.Run(stop); err != nil {
					t.Error(err)
				}
			})
		}
		const each = 40
		for range 4 {
			writers.Go(func() {
				for range each {
					record(t, db, looked(anna))
				}
			})
		}
		writers.Wait()
		cancel()
		sealers.Wait()
		if _, _, err := (&audit.Sealer{DB: db, Sign: key}).Seal(ctx); err != nil {
			t.Fatal(err)
		}
		r := verify(t, db)
		if r.Broken != nil || r.Events != 4*each || r.Tail != 0 {
			t.Errorf("%+v, want %d events in order", r, 4*each)
		}
		t.Logf("%d seals", r.Seals)
	})
}

func TestTheSealerFollowsWithinItsIntervalAndLeavesNoTailBehind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		run, cancel := context.WithCancel(ctx)
		done := make(chan error)
		go func() {
			done <- (&audit.Sealer{DB: db, Sign: key, Every: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}).Run(run)
		}()
		record(t, db, looked(anna))
		for end := time.Now().Add(10 * time.Second); verify(t, db).Events != 1; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not sealed")
			}
		}
		record(t, db, looked(boris))
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if r := verify(t, db); r.Tail != 0 || r.Events != 2 || r.Broken != nil {
			t.Errorf("after the stop: %+v", r)
		}
	})
}

func TestABacklogBecomesSeveralSeals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		many := make([]audit.Event, 2100)
		for i := range many {
			many[i] = looked(anna)
		}
		record(t, db, many...)
		run, cancel := context.WithCancel(ctx)
		defer cancel()
		done := make(chan error, 1)
		go func() {
			done <- (&audit.Sealer{DB: db, Sign: key, Every: time.Hour, Log: slog.New(slog.DiscardHandler)}).Run(run)
		}()
		for left, end := 1, time.Now().Add(time.Minute); left > 0; time.Sleep(5 * time.Millisecond) { // in its first turn, which may take its time
			if err := db.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE seal IS NULL`).Scan(&left); err != nil || time.Now().After(end) {
				t.Fatalf("%d are left without a seal: %v", left, err)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if r := verify(t, db); r.Seals != 2 || r.Events != 2100 || r.Tail != 0 || r.Broken != nil {
			t.Errorf("%+v", r)
		}
	})
}
