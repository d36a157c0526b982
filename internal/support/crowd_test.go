package support_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/support"
)

// from is a question of a visitor with a browser of the name, "" for one that does not name itself.
func from(browser, network string) support.New {
	n := question("Вопрос")
	n.Browser, n.Network = browser, network
	return n
}

func TestACrowdedNetworkIsNotShutOutButSlowed(t *testing.T) {
	timed(t, func(t *testing.T, x world, clock *storetest.Clock) {
		ctx, nobody, net := context.Background(), access.Actor{}, "203.0.113.0/24"
		must := func(who access.Actor, n support.New) {
			t.Helper()
			if _, err := x.Ask(ctx, who, n); err != nil {
				t.Fatal(err)
			}
		}
		x.World.Policy.Support.QuestionsByNet.Max = 2
		wait := x.World.Policy.Support.Wait
		must(nobody, from("a", net))
		must(nobody, from("b", net))

		others := x.Ticket(id.New(), "")
		clock.Advance(wait)
		n := from("c", net)
		n.Ticket = x.Ticket(n.ID, "")
		for _, c := range []struct{ name, ticket string }{
			{"just opened", n.Ticket}, {"no ticket", ""}, {"nonsense", "1.2"}, {"another question's", others},
			{"dated back", strconv.FormatInt(clock.Now().Add(-time.Minute).Unix(), 10) + "." + strings.SplitN(n.Ticket, ".", 2)[1]},
		} {
			early := n
			early.Ticket = c.ticket
			_, err := x.Ask(ctx, nobody, early)
			if f, ok := fault.Of(err); !errors.Is(err, support.ErrWait) || !ok || !f.RetryAt.After(clock.Now()) || f.RetryAt.After(clock.Now().Add(wait)) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		must(nobody, from("c", "198.51.100.0/24")) // their neighbours
		must(nobody, from("c", ""))                // a network of staff
		must(x.person(t, "+79120000001"), from("d", net))

		clock.Advance(wait / 2)
		if again := x.Ticket(n.ID, n.Ticket); again != n.Ticket {
			t.Error("sending too soon begins the wait again")
		}
		clock.Advance(wait / 2)
		pictured := n
		pictured.Files = []support.Upload{{Name: "экран.png", Data: png}}
		_, err := x.Ask(ctx, nobody, pictured)
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Key != "support.files_crowd" {
			t.Errorf("files of a crowd: %v", err)
		}
		must(nobody, n)
		must(nobody, n) // sent twice: it is one question, and the ticket is good for no other
		if list, err := x.Queue(ctx, desk, support.Open, 10); err != nil || len(list) != 6 {
			t.Errorf("%d questions, %v", len(list), err)
		}
		late := from("e", net)
		late.Ticket = x.Ticket(late.ID, "")
		clock.Advance(3 * time.Hour)
		if fresh := x.Ticket(late.ID, late.Ticket); fresh == late.Ticket {
			t.Error("tickets can be hoarded")
		}
	})
}

func TestBrowsersWithoutANameShareOneBucketOfTheirNetwork(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := context.Background()
		x.World.Policy.Support.QuestionsPer.Max = 2
		for i := range 3 {
			_, err := x.Ask(ctx, access.Actor{}, from("", "203.0.113.0/24"))
			if (i < 2 && err != nil) || (i == 2 && !errors.Is(err, support.ErrWait)) {
				t.Fatalf("question %d: %v", i+1, err)
			}
		}
		for _, other := range []support.New{from("", "198.51.100.0/24"), from("named", "203.0.113.0/24")} {
			if _, err := x.Ask(ctx, access.Actor{}, other); err != nil {
				t.Errorf("%q of %s: %v", other.Browser, other.Network, err)
			}
		}
	})
}

func TestOneQuestionTakesSoManyRepliesADay(t *testing.T) {
	timed(t, func(t *testing.T, x world, clock *storetest.Clock) {
		ctx := context.Background()
		x.World.Policy.Support.RepliesPer.Max = 2
		q, err := x.Ask(ctx, access.Actor{}, question("Вопрос"))
		if err != nil {
			t.Fatal(err)
		}
		reply := func() error { return x.Reply(ctx, access.Actor{}, q.ID, x.Token(q.ID), "Ещё") }
		for range 2 {
			if err := reply(); err != nil {
				t.Fatal(err)
			}
		}
		err = reply()
		if f, ok := fault.Of(err); !errors.Is(err, support.ErrReplies) || !ok || !f.RetryAt.After(clock.Now()) {
			t.Errorf("the third reply: %v", err)
		}
		if err := x.Answer(ctx, desk, q.ID, "Ответ"); err != nil {
			t.Errorf("the desk is stopped by it: %v", err)
		}
		if got, err := x.Get(ctx, access.Actor{}, q.ID, x.Token(q.ID)); err != nil || len(got.Messages) != 4 {
			t.Errorf("the talk has %d turns, %v", len(got.Messages), err)
		}
		clock.Advance(25 * time.Hour)
		if err := reply(); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

func TestAFileIsKeptUnderANameThatFitsIt(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		n := question("Вопрос")
		n.Files = []support.Upload{{Name: "скан\u202e.hta", Data: []byte("%PDF-1.7 <script>")}}
		q, err := x.Ask(context.Background(), access.Actor{}, n)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := x.Look(context.Background(), desk, q.ID)
		if err != nil || len(seen.Files) != 1 || seen.Files[0].Name != "скан.pdf" || seen.Files[0].Media != files.PDF {
			t.Errorf("the desk sees %+v, %v", seen.Files, err)
		}
	})
}

func TestAVisitorsQuestionIsErasedWhenItsTimeIsOver(t *testing.T) {
	timed(t, func(t *testing.T, x world, clock *storetest.Clock) {
		ctx, nobody := context.Background(), access.Actor{}
		ask := func(who access.Actor) string {
			t.Helper()
			n := question("Вопрос")
			n.Browser, n.Files = n.ID, []support.Upload{{Name: "экран.png", Data: png}}
			q, err := x.Ask(ctx, who, n)
			if err != nil {
				t.Fatal(err)
			}
			return q.ID
		}
		answer := func(q string) string {
			t.Helper()
			if err := x.Answer(ctx, desk, q, "Ответ"); err != nil {
				t.Fatal(err)
			}
			return q
		}
		person := x.person(t, "+79120000001")
		open, own, gone := ask(nobody), answer(ask(person)), []string{answer(ask(nobody)), ask(nobody)}
		if err := x.Close(ctx, desk, gone[1]); err != nil {
			t.Fatal(err)
		}
		clock.Advance(x.World.Policy.Support.Keep)
		if err := x.Service.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for _, q := range gone {
			if _, err := x.Look(ctx, desk, q); err != nil {
				t.Errorf("one is erased before its time: %v", err)
			}
		}
		fresh := answer(ask(nobody))
		clock.Advance(time.Second)
		for range 2 {
			if err := x.Service.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range gone {
			if _, err := x.Look(ctx, desk, q); !errors.Is(err, support.ErrMissing) {
				t.Errorf("one is still there: %v", err)
			}
			if _, err := x.World.Ring.Person(ctx, x.World.DB, q); !errors.Is(err, keyring.ErrNoKey) {
				t.Errorf("its key is still there: %v", err)
			}
			for _, count := range []string{`SELECT count(*) FROM file WHERE owner = $1`, `SELECT count(*) FROM question_message WHERE question_id = $1`, `SELECT count(*) FROM question_file WHERE question_id = $1`} {
				var n int
				if err := store.One(x.World.DB.QueryRow(ctx, count, q).Scan(&n)); err != nil || n != 0 {
					t.Errorf("%s: %d, %v", count, n, err)
				}
			}
		}
		for _, q := range []string{open, own, fresh} {
			if seen, err := x.Look(ctx, desk, q); err != nil || len(seen.Files) != 1 {
				t.Errorf("one that waits, an account's, or a new one is gone: %v", err)
			}
		}
	})
}
