package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"okno/internal/access"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

type ping struct {
	ID string `json:"id"`
	N  int    `json:"n"`
}

func (ping) Kind() string { return "test.ping" }
func (ping) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 3, First: time.Millisecond, Longest: 5 * time.Millisecond}
}

type once struct {
	ID string `json:"id"`
}

func (once) Kind() string           { return "test.once" }
func (once) JobPolicy() jobs.Policy { return jobs.Policy{Once: true} }

func enqueue(t testing.TB, db *store.DB, c *jobs.Client, args ...jobs.Args) {
	t.Helper()
	if err := db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, args...) }); err != nil {
		t.Fatal(err)
	}
}

// seen collects what handlers were given.
type seen struct {
	mu  sync.Mutex
	all []ping
}

func (s *seen) add(p ping) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, p)
	n := 0
	for _, q := range s.all {
		if q == p {
			n++
		}
	}
	return n
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func TestAJobRunsIfAndOnlyIfItsTransactionCommits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var s seen
		jobs.Handle(c, func(_ context.Context, p ping) error { s.add(p); return nil })
		jobstest.Start(t, c)
		no := errors.New("no")
		if err := db.Write(ctx, func(tx *store.Tx) error { return errors.Join(c.Enqueue(ctx, tx, ping{ID: "lost"}), no) }); !errors.Is(err, no) {
			t.Fatal(err)
		}
		enqueue(t, db, c, ping{ID: "kept", N: 1}, ping{ID: "kept", N: 2})
		jobstest.Settle(t, c)
		if s.count() != 2 || s.add(ping{ID: "kept", N: 1}) != 2 || s.add(ping{ID: "kept", N: 2}) != 2 {
			t.Errorf("ran %v, want each of the two kept jobs once", s.all)
		}
	})
}

func TestAJobActsAsTheSystemAndKnowsItsTry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		got := make(chan string, 9)
		jobs.Handle(c, func(ctx context.Context, _ ping) error {
			n, of := jobs.Try(ctx)
			got <- fmt.Sprintf("%s %d/%d", access.From(ctx).Kind, n, of)
			if n == 1 {
				return errors.New("once more")
			}
			return nil
		})
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a"})
		for _, want := range []string{"system 1/3", "system 2/3"} {
			select {
			case s := <-got:
				if s != want {
					t.Errorf("got %q, want %q", s, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("never ran: %s", want)
			}
		}
	})
}

func TestAFailingJobIsTriedAndThenListedAsDead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var runs atomic.Int64
		jobs.Handle(c, func(_ context.Context, p ping) error {
			if runs.Add(1) > 3 {
				return nil
			}
			if p.N == 2 {
				panic("the phone of ivan@example.ru is +7 912 345-67-89")
			}
			return errors.New("550 no such user Иван Петров <ivan@example.ru>, code 482913, case 01arz3ndektsv4rrffq69g5fav")
		})
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a", N: 1})
		var dead []jobs.Dead
		eventually(t, "the job is dead", func() bool {
			var err error
			if dead, err = c.Dead(ctx, 10); err != nil {
				t.Fatal(err)
			}
			return len(dead) == 1
		})
		if d := dead[0]; d.Kind != "test.ping" || d.Tries != 3 || time.Since(d.At) > time.Minute || !strings.Contains(d.Args, `"id"`) {
			t.Errorf("dead job %+v", d)
		}
		if got, want := dead[0].Reason, "550 no such user … <…>, code …, case 01arz3ndektsv4rrffq69g5fav"; got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
		if err := c.Revive(ctx, dead[0].ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the revived job runs", func() bool { return runs.Load() == 4 })
		jobstest.Settle(t, c)
		if dead, err := c.Dead(ctx, 10); err != nil || len(dead) != 0 {
			t.Errorf("after its revival %v, %v", dead, err)
		}
		for what, id := range map[string]int64{"what is done": dead[0].ID, "what never was": dead[0].ID + 99} {
			if err := c.Revive(ctx, id); !errors.Is(err, jobs.ErrNotDead) {
				t.Errorf("%s is revived: %v", what, err)
			}
		}

		runs.Store(0)
		enqueue(t, db, c, ping{ID: "b", N: 2}) // a panic is an error like others
		eventually(t, "the panicking job is dead", func() bool { dead, _ = c.Dead(ctx, 10); return len(dead) == 1 })
		if strings.Contains(dead[0].Reason, "912") || strings.Contains(dead[0].Reason, "ivan") || !strings.HasPrefix(dead[0].Reason, "panic: ") {
			t.Errorf("reason %q", dead[0].Reason)
		}
	})
}

func TestNothingPersonalIsStoredWithFailures(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		jobs.Handle(c, func(context.Context, ping) error {
			return fmt.Errorf("register: %w", errors.New("person Сидорова Анна 112-233-445 95 not found at anna.s@mail.ru"))
		})
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a"})
		eventually(t, "the job is dead", func() bool { d, _ := c.Dead(ctx, 1); return len(d) == 1 })
		var errs string
		if err := db.QueryRow(ctx, `SELECT `+jobs.Text(db, "errors")+` FROM river_job`).Scan(&errs); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Сидорова", "112-233", "anna"} {
			if strings.Contains(errs, secret) {
				t.Errorf("river_job holds %q: %s", secret, errs)
			}
		}
		if !strings.Contains(errs, "register: person") {
			t.Errorf("the reason was lost: %s", errs)
		}
	})
}

func TestRetryIsNoFailureAndCancelIsTheEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var runs atomic.Int64
		jobs.Handle(c, func(ctx context.Context, p ping) error {
			if p.N == 9 {
				return fmt.Errorf("gone: %w", jobs.Cancel(errors.New("case closed")))
			}
			if n, _ := jobs.Try(ctx); n != 1 {
				return fmt.Errorf("try %d: asking to be run later was counted as a failure", n)
			}
			if runs.Add(1) <= 5 { // more often than there are tries
				return fmt.Errorf("register is down: %w", jobs.Retry(time.Millisecond))
			}
			return nil
		})
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a"})
		eventually(t, "six runs", func() bool { return runs.Load() == 6 })
		jobstest.Settle(t, c)
		if dead, err := c.Dead(ctx, 10); err != nil || len(dead) != 0 {
			t.Errorf("dead %v, %v", dead, err)
		}
		enqueue(t, db, c, ping{ID: "b", N: 9})
		jobstest.Settle(t, c)
		dead, err := c.Dead(ctx, 10)
		if err != nil || len(dead) != 1 || dead[0].Tries != 1 {
			t.Errorf("dead %+v, %v; want one after one try", dead, err)
		}
	})
}

func TestTheSameSweepIsNotQueuedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var runs atomic.Int64
		jobs.Handle(c, func(context.Context, once) error { runs.Add(1); return nil })
		for range 3 {
			enqueue(t, db, c, once{"a"})
		}
		enqueue(t, db, c, once{"b"}, once{"b"})
		jobstest.Start(t, c)
		jobstest.Settle(t, c)
		if runs.Load() != 2 {
			t.Errorf("%d runs, want one for a and one for b", runs.Load())
		}
		enqueue(t, db, c, once{"a"}) // the first one is done
		jobstest.Settle(t, c)
		if runs.Load() != 3 {
			t.Errorf("%d runs, want 3: what is done is no hindrance", runs.Load())
		}
	})
}

func TestAJobForLaterWaitsForTheClockOfThePortal(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		c := jobstest.New(t, db)
		var s seen
		jobs.Handle(c, func(_ context.Context, p ping) error { s.add(p); return nil })
		jobstest.Start(t, c)
		at := func(p ping, after time.Duration) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, jobs.At(p, tx.Now().Add(after))) }); err != nil {
				t.Fatal(err)
			}
		}
		at(ping{ID: "past"}, -time.Hour)
		at(ping{ID: "day"}, 24*time.Hour)
		at(ping{ID: "week"}, 7*24*time.Hour)
		jobstest.Settle(t, c)
		if s.count() != 1 {
			t.Fatalf("ran %v, want only what was due", s.all)
		}
		for i, step := range []time.Duration{23 * time.Hour, time.Hour, 6*24*time.Hour - time.Minute, time.Minute} {
			clock.Advance(step)
			if err := c.Advance(ctx, step); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, c)
			if want := []int{1, 2, 2, 3}[i]; s.count() != want {
				t.Errorf("after step %d ran %v, want %d", i, s.all, want)
			}
		}
	})
}

func TestAJobThatHasJustAskedToRunLaterIsMovedWithTheClock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var runs atomic.Int64
		jobs.Handle(c, func(context.Context, ping) error { runs.Add(1); return jobs.Retry(time.Hour) })
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a"})
		for n := range int64(5) {
			eventually(t, "the run", func() bool { return runs.Load() > n })
			if settled, err := c.Settle(ctx, time.Minute); err != nil || !settled {
				t.Fatalf("settled %v, %v", settled, err)
			}
			if err := c.Advance(ctx, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestPeriodicWorkRunsSoonAfterTheStartAndWhenTheClockIsMoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var runs atomic.Int64
		c.Every(time.Hour, "test.sweep", func(context.Context) error { runs.Add(1); return errors.New("fails") })
		jobstest.Start(t, c)
		eventually(t, "the first run", func() bool { return runs.Load() == 1 })
		jobstest.Settle(t, c)
		if err := c.Advance(ctx, time.Hour); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the second run", func() bool { return runs.Load() == 2 })
		jobstest.Settle(t, c)
		if dead, err := c.Dead(ctx, 10); err != nil || len(dead) != 0 {
			t.Errorf("a failed sweep waits for its next turn and is not dead: %v, %v", dead, err)
		}
	})
}

type (
	named struct {
		Name string `json:"name"`
	}
	nested  struct{ Person struct{ Name string } }
	blob    struct{ Body []byte }
	money   struct{ Sum float64 }
	moment  struct{ At time.Time }
	private struct{ id string } //nolint:unused // that is what is wrong with it
	good    struct {
		ID    string   `json:"id"`
		Cases []string `json:"cases"`
		N     int64    `json:"n"`
		Yes   bool     `json:"yes"`
	}
)

func (named) Kind() string   { return "test.named" }
func (nested) Kind() string  { return "test.nested" }
func (blob) Kind() string    { return "test.blob" }
func (money) Kind() string   { return "test.money" }
func (moment) Kind() string  { return "test.moment" }
func (private) Kind() string { return "test.private" }
func (good) Kind() string    { return "test.good" }
func (p *ping2) Kind() string {
	return "test.ping2"
}

type ping2 struct{ ID string }

func handle[A jobs.Args](c *jobs.Client) {
	jobs.Handle(c, func(context.Context, A) error { return nil })
}

func TestArgumentsHoldIdentifiersOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, register := range map[string]func(*jobs.Client){
			"struct": handle[nested], "bytes": handle[blob], "float": handle[money], "time": handle[moment], "not exported": handle[private], "pointer": handle[*ping2],
			"twice": func(c *jobs.Client) { handle[good](c); handle[good](c) },
		} {
			c := jobstest.New(t, db)
			register(c)
			if err := c.Start(ctx); err == nil {
				t.Errorf("%s: a client with such a handler started", name)
				c.Stop(ctx) //nolint:errcheck // the test failed already
			}
		}
		c := jobstest.New(t, db)
		handle[good](c)
		handle[named](c)
		jobstest.Start(t, c)
		enqueue(t, db, c, good{ID: "01arz3ndektsv4rrffq69g5fav", Cases: []string{"income-2025"}, N: 79123456789, Yes: true}, named{""})
		for _, a := range []jobs.Args{named{"Иван"}, named{"ivan@example.ru"}, named{"+79123456789"}, named{"79123456789"}, named{"482913"}, named{"two words"}, good{Cases: []string{"a", "112-233-445 95"}}} {
			err := db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, a) })
			if err == nil {
				t.Errorf("enqueued %+v", a)
			} else if n, ok := a.(named); ok && strings.Contains(err.Error(), n.Name) {
				t.Errorf("the refusal repeats the value: %v", err)
			}
		}
	})
}

func TestAJobNobodyHandlesIsRefusedByAClientThatWorks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		front, err := jobs.New(db, jobs.Config{}) // serve --only=identity
		if err != nil {
			t.Fatal(err)
		}
		if err := front.Start(ctx); err != nil {
			t.Fatal(err)
		}
		c := jobstest.New(t, db)
		var s seen
		jobs.Handle(c, func(_ context.Context, p ping) error { s.add(p); return nil })
		enqueue(t, db, front, ping{ID: "front"})
		jobstest.Start(t, c)
		eventually(t, "what another node enqueued runs", func() bool { return s.count() == 1 })
		if err := db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, once{"a"}) }); err == nil {
			t.Error("enqueued a job for which no handler was named")
		}
	})
}

func TestWhoEnqueuesWhileTheClientStartsWaitsForNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		jobs.Handle(c, func(context.Context, ping) error { return nil })
		began, written := make(chan struct{}), make(chan error, 1)
		go func() {
			written <- db.Write(ctx, func(tx *store.Tx) error {
				close(began)
				time.Sleep(100 * time.Millisecond) // while the start comes to where it needs the database
				return c.Enqueue(ctx, tx, ping{ID: "a"})
			})
		}()
		<-began
		started := make(chan error, 1)
		go func() { started <- c.Start(ctx) }()
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the start and the transaction wait for each other")
		}
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, c)
		if err := c.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAGracefulStopFinishesWhatRunsAndLosesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		started, release := make(chan struct{}, 100), make(chan struct{})
		var s seen
		jobs.Handle(c, func(ctx context.Context, p ping) error {
			started <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
			s.add(p)
			return nil
		})
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		many := make([]jobs.Args, 20)
		for i := range many {
			many[i] = ping{ID: "a", N: i}
		}
		enqueue(t, db, c, many...)
		for range 4 { // as many as there are workers
			<-started
		}
		stopped := make(chan error)
		go func() { stopped <- c.Stop(ctx) }()
		time.Sleep(20 * time.Millisecond)
		close(release)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		ran := s.count()
		if ran < 4 || ran > 8 {
			t.Errorf("%d jobs ran before the stop, want the four that had begun and no more than a handful", ran)
		}
		again := jobstest.New(t, db)
		jobs.Handle(again, func(_ context.Context, p ping) error { s.add(p); return nil })
		jobstest.Start(t, again)
		jobstest.Settle(t, again)
		if s.count() != 20 {
			t.Errorf("%d jobs ran in all, want 20, each once", s.count())
		}
	})
}

func TestAStopThatMayNotWaitInterruptsAndTheJobRunsAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		started := make(chan struct{})
		jobs.Handle(c, func(ctx context.Context, _ ping) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, c, ping{ID: "a"})
		<-started
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := c.Stop(short); err != nil {
			t.Fatal(err)
		}
		again := jobstest.New(t, db)
		var s seen
		jobs.Handle(again, func(ctx context.Context, p ping) error {
			if n, _ := jobs.Try(ctx); n != 1 {
				t.Errorf("the interruption was counted as a failure: try %d", n)
			}
			s.add(p)
			return nil
		})
		jobstest.Start(t, again)
		eventually(t, "the interrupted job runs", func() bool { return s.count() == 1 })
	})
}

// Handlers write, workers fetch and complete, and verbs enqueue, all over the one writing connection of SQLite.
func TestWorkersAndVerbsDoNotStarveEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		var first, second atomic.Int64
		jobs.Handle(c, func(ctx context.Context, p ping) error {
			first.Add(1)
			return db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, once{fmt.Sprintf("n-%d", p.N)}) })
		})
		jobs.Handle(c, func(ctx context.Context, _ once) error {
			second.Add(1)
			return db.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `DELETE FROM person_key WHERE owner = 'nobody'`)
				return err
			})
		})
		jobstest.Start(t, c)
		const verbs, each = 5, 15
		began := time.Now()
		var wg sync.WaitGroup
		for v := range verbs {
			wg.Go(func() {
				for i := range each {
					enqueue(t, db, c, ping{ID: "a", N: v*1000 + i})
				}
			})
		}
		wg.Wait()
		jobstest.Settle(t, c)
		t.Logf("%d jobs in %v", 2*verbs*each, time.Since(began).Round(time.Millisecond))
		if first.Load() != verbs*each || second.Load() != verbs*each {
			t.Errorf("%d and %d ran, want %d each", first.Load(), second.Load(), verbs*each)
		}
		if dead, err := c.Dead(ctx, 10); err != nil || len(dead) != 0 {
			t.Errorf("dead %+v, %v", dead, err)
		}
	})
}

func TestSeveralNodesShareTheWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var s seen
		var by [2]atomic.Int64
		for i := range by {
			c := jobstest.New(t, db)
			jobs.Handle(c, func(_ context.Context, p ping) error { by[i].Add(1); s.add(p); return nil })
			jobstest.Start(t, c)
		}
		front := jobstest.New(t, db)
		for i := range 30 {
			enqueue(t, db, front, ping{ID: "a", N: i})
		}
		jobstest.Settle(t, front)
		if s.count() != 30 {
			t.Errorf("%d ran, want each of 30 once", s.count())
		}
		t.Logf("%d and %d", by[0].Load(), by[1].Load())
	})
}

// unprepared runs body on databases that River has not seen: those of storetest.Each have its tables.
func unprepared(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		db, err := store.Open(ctx, storetest.DSN(t, e), store.Options{MaxConns: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		body(t, db)
	})
}

// version is that of River's tables.
func version(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(ctx, `SELECT MAX(version) FROM river_migration WHERE line = 'main'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	unprepared(t, func(t *testing.T, db *store.DB) {
		nodes := 3
		if db.Engine() == store.SQLite {
			nodes = 1 // it has one process
		}
		var wg sync.WaitGroup
		for range nodes {
			wg.Go(func() {
				if err := jobs.Migrate(ctx, db); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		before := version(t, db)
		if err := jobs.Migrate(ctx, db); err != nil {
			t.Error(err)
		}
		if now := version(t, db); now != before {
			t.Errorf("version %d became %d", before, now)
		}
	})
}

func TestTablesOfAnOlderLibraryAreBroughtUp(t *testing.T) {
	unprepared(t, func(t *testing.T, db *store.DB) {
		const old = 5
		var err error
		if db.Engine() == store.SQLite {
			err = raise(rivermigrate.New(riversqlite.New(db.Writer()), nil))(old)
		} else {
			err = raise(rivermigrate.New(riverpgxv5.New(db.Pool()), nil))(old)
		}
		if err != nil {
			t.Fatal(err)
		}
		if v := version(t, db); v != old {
			t.Fatalf("the older library has version %d", v)
		}
		if err := jobs.Migrate(ctx, db); err != nil {
			t.Fatal(err)
		}
		if v := version(t, db); v <= old {
			t.Errorf("version %d was left as it was", v)
		}
	})
}

// raise migrates as far as a version.
func raise[TTx any](m *rivermigrate.Migrator[TTx], err error) func(to int) error {
	return func(to int) error {
		if err != nil {
			return err
		}
		_, err := m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: to})
		return err
	}
}

// The library tells of every start and stop; the log of the portal does not.
func TestTheLibraryIsSilentWhenAllIsWell(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := jobs.Migrate(ctx, db); err != nil {
			t.Fatal(err)
		}
		var out safeBuffer
		c, err := jobs.New(db, jobs.Config{Workers: 2, Log: slog.New(slog.NewTextHandler(&out, nil))})
		if err != nil {
			t.Fatal(err)
		}
		jobs.Handle(c, func(context.Context, ping) error { return nil })
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, c, ping{ID: "a"})
		jobstest.Settle(t, c)
		if err := c.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if s := out.String(); s != "" {
			t.Errorf("the log says:\n%s", s)
		}
	})
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
