package system

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/sandbox"
	"okno/internal/store"
)

// told is how many people the test below has told of a document that ends: several transactions of reminders, and more letters than go out
// between two looks at the database.
const told = 320

// TestNobodyIsToldTwiceWhenThePortalIsKilledInTheMiddle kills the portal while it tells a few hundred people of documents that end, and once
// more while it sends what it told. Each person reads of it once. What a carrier took may come to it again, for nobody can know that it was
// taken; then it comes under the ID under which it came before and says the same, so that a carrier that drops repeats delivers one.
func TestNobodyIsToldTwiceWhenThePortalIsKilledInTheMiddle(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		people := expiring(t, s)
		db, err := store.Open(t.Context(), s.Database, store.Options{MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // it was only read
		count := func(text string) (n int) {
			t.Helper()
			if err := db.QueryRow(t.Context(), text).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		const notices = `SELECT count(*) FROM notice WHERE topic = 'document'`
		kill := func(what string, now func() bool) {
			t.Helper()
			p := spawn(t, s)
			await(t, what, now)
			if err := p.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.Wait() //nolint:errcheck // it was killed
		}
		kill("the first that are told", func() bool { return count(notices) > 0 })
		first, sent := count(notices), len(taken(t, s))
		kill("the first that is sent", func() bool { return len(taken(t, s)) > sent })
		t.Logf("at the first kill %d of %d were told and %d messages taken, at the second %d and %d", first, told, sent, count(notices), len(taken(t, s)))
		p := spawn(t, s)
		defer func() {
			p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
			if err := p.Wait(); err != nil {
				t.Errorf("it does not stop gracefully: %v", err)
			}
		}()
		await(t, "the end of the telling", func() bool {
			return count(notices) >= told && count(`SELECT count(*) FROM river_job WHERE kind = 'notification.deliver' AND CAST(state AS TEXT) <> 'completed'`) == 0
		})
		for _, row := range everyRow(t, db, `SELECT account_id, count(*) FROM notice WHERE topic = 'document' GROUP BY account_id HAVING count(*) <> 1`) {
			t.Errorf("%s has %v notices of one term", row[0], row[1])
		}
		if n := count(`SELECT count(DISTINCT account_id) FROM notice WHERE topic = 'document'`); n != told {
			t.Errorf("%d of %d were told", n, told)
		}
		byID, got, again := map[string]string{}, map[string]string{}, 0
		for _, m := range taken(t, s) {
			if !people[m.To] {
				continue
			}
			if m.ID == "" {
				t.Fatalf("a message to %s has no ID by which a carrier could drop its repeat", m.To)
			}
			if text, ok := byID[m.To+m.ID]; ok { // an ID is one of its receiver: the reference of SMPP has 16 bits, so two people may have the same
				if again++; text != m.Text {
					t.Errorf("to %s two messages came under one ID: %q and %q", m.To, text, m.Text)
				}
			}
			if before, ok := got[m.To]; ok && before != m.ID {
				t.Errorf("%s is sent two messages, which no carrier can take for one: %s, %s", m.To, before, m.ID)
			}
			byID[m.To+m.ID], got[m.To] = m.Text, m.ID
		}
		if len(got) != told {
			t.Errorf("%d of %d were sent a message", len(got), told)
		}
		t.Logf("%d messages were handed to a carrier twice", again)
	})
}

// expiring makes so many people, each with a document that ends soon, half of them to be told by mail and half over a phone, and says where
// they are reached.
func expiring(t *testing.T, s Settings) map[string]bool {
	t.Helper()
	s.Addr = "127.0.0.1:0"
	x, err := New(t.Context(), s, discard)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // the portal of the test opens it anew
	out := map[string]bool{}
	err = x.DB.Write(t.Context(), func(tx *store.Tx) error {
		for i := range told {
			to := contact.Target{Kind: contact.Email, Value: fmt.Sprintf("ends%d@example.org", i)}
			if i%2 == 0 {
				to = phoneOf(i)
			}
			out[to.Value] = true
			if err := x.expires(context.WithoutCancel(t.Context()), tx, to, time.Duration(10+i%40)*24*time.Hour); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (x *System) expires(ctx context.Context, tx *store.Tx, to contact.Target, in time.Duration) error {
	one := id.New()
	key, err := x.Ring.NewPerson(ctx, tx, one)
	if err != nil {
		return err
	}
	if err := x.Accounts.Create(ctx, tx, key, account.New{ID: one, Profile: account.Profile{Surname: "Проверкина", GivenName: "Анна"}, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
		return err
	}
	if err := x.Contacts.Attach(ctx, tx, key, one, to); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO wallet_document (id, account_id, kind, version, register_state, ends_at, reminded, created_at, changed_at) VALUES ($1, $2, 'driving-licence', 1, '', $3, 0, $4, $4)`,
		id.New(), one, tx.Now().Add(in), tx.Now())
	return err
}

// taken are the messages that the carriers of the demo took, as they wrote them down.
func taken(t *testing.T, s Settings) []sandbox.Message {
	t.Helper()
	f, err := os.Open(filepath.Join(s.Data, "sandbox", "outbox.jsonl"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var out []sandbox.Message
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m sandbox.Message
		if json.Unmarshal(lines.Bytes(), &m) == nil { // one that a kill tore is no message
			out = append(out, m)
		}
	}
	return out
}
