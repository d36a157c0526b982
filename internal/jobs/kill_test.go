package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// victim names the database in the environment of a process that is going to be killed.
const victim = "OKNO_TEST_JOBS_VICTIM"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(victim); dsn != "" {
		if err := die(dsn); err != nil {
			fmt.Println(err)
		}
		os.Exit(1) // it should have been killed
	}
	os.Exit(m.Run())
}

// die enqueues ten jobs, begins the first, says so, and never finishes it.
func die(dsn string) error {
	db, err := store.Open(ctx, dsn, store.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	c, err := jobs.New(db, jobs.Config{Workers: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	jobs.Handle(c, func(context.Context, ping) error {
		fmt.Println("running")
		select {}
	})
	if err := c.Start(ctx); err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx *store.Tx) error {
		for i := range 10 {
			if err := c.Enqueue(ctx, tx, ping{ID: "a", N: i}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	time.Sleep(time.Minute)
	return nil
}

// kill -9 while a job runs and nine wait: at the next start all ten run, and within seconds, not when some timer says that the
// node has been silent for long enough.
func TestWhatAKilledProcessLeftRunsAtTheNextStart(t *testing.T) {
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			dsn := storetest.DSN(t, e)
			db, err := store.Open(ctx, dsn, store.Options{MaxConns: 8})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // the test is over
			c := jobstest.New(t, db)

			cmd := exec.Command(os.Args[0]) //nolint:gosec // this very test
			cmd.Env = append(os.Environ(), victim+"="+dsn)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			var leader, next string
			eventually(t, "the victim leads", func() bool { return db.QueryRow(ctx, `SELECT leader_id FROM river_leader`).Scan(&leader) == nil })
			if kill := cmd.Process.Kill(); kill != nil || err != nil || strings.TrimSpace(line) != "running" {
				t.Fatalf("the victim said %q, %v; %v", line, err, kill)
			}
			cmd.Wait() //nolint:errcheck // it was killed

			var s seen
			jobs.Handle(c, func(_ context.Context, p ping) error { s.add(p); return nil })
			began := time.Now()
			jobstest.Start(t, c)
			// The server frees the lock of a dead process when it reads the end of its connection: on a busy machine not in the very
			// moment, and then the next look finds it.
			eventually(t, "the dead process leads no more", func() bool {
				return db.QueryRow(ctx, `SELECT leader_id FROM river_leader`).Scan(&next) != nil || next != leader
			})
			eventually(t, "all ten jobs run", func() bool { return s.count() >= 10 })
			jobstest.Settle(t, c)
			t.Logf("after %v", time.Since(began).Round(time.Millisecond))
			for i := range 10 {
				if n := s.add(ping{ID: "a", N: i}); n != 2 {
					t.Errorf("job %d ran %d times, want once", i, n-1)
				}
			}
		})
	}
}

// A node that lives keeps what it runs, however many others start beside it.
func TestANodeThatLivesKeepsItsJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := jobstest.New(t, db)
		started, release := make(chan struct{}), make(chan struct{})
		var s seen
		jobs.Handle(c, func(_ context.Context, p ping) error {
			close(started)
			<-release
			s.add(p)
			return nil
		})
		jobstest.Start(t, c)
		enqueue(t, db, c, ping{ID: "a"})
		<-started
		other := jobstest.New(t, db)
		jobs.Handle(other, func(_ context.Context, p ping) error { s.add(p); return nil })
		jobstest.Start(t, other)
		time.Sleep(300 * time.Millisecond)
		if s.count() != 0 {
			t.Error("another node took the job of a node that lives")
		}
		close(release)
		jobstest.Settle(t, c)
		if s.count() != 1 {
			t.Errorf("it ran %d times", s.count())
		}
	})
}
