package jobs_test

import (
	"context"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func eachEngine(b *testing.B, body func(b *testing.B, db *store.DB)) {
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		b.Run(string(e), func(b *testing.B) {
			if e == store.Postgres && os.Getenv(storetest.Env) == "" {
				b.Skipf("%s is not set", storetest.Env)
			}
			body(b, storetest.Open(b, e, nil))
		})
	}
}

// portal is a client as a node of the portal has it.
func portal(b *testing.B, db *store.DB) *jobs.Client {
	b.Helper()
	if err := jobs.Migrate(ctx, db); err != nil {
		b.Fatal(err)
	}
	c, err := jobs.New(db, jobs.Config{Workers: 16})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// How long after its commit a single job begins.
func BenchmarkCommitToRun(b *testing.B) {
	eachEngine(b, func(b *testing.B, db *store.DB) {
		c := portal(b, db)
		ran := make(chan time.Time, 1)
		jobs.Handle(c, func(context.Context, ping) error { ran <- time.Now(); return nil })
		jobstest.Start(b, c)
		var took []time.Duration
		for i := range b.N {
			time.Sleep(15 * time.Millisecond) // one at a time, as on a quiet portal
			enqueue(b, db, c, ping{ID: "a", N: i})
			committed := time.Now()
			took = append(took, (<-ran).Sub(committed))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		b.ReportMetric(0, "ns/op")
	})
}

// How many jobs a second pass through, when many wait.
func BenchmarkDrain(b *testing.B) {
	eachEngine(b, func(b *testing.B, db *store.DB) {
		c := portal(b, db)
		var ran atomic.Int64
		jobs.Handle(c, func(context.Context, ping) error { ran.Add(1); return nil })
		before := cpu(b)
		for i := 0; i < b.N; i += 100 {
			var many []jobs.Args
			for j := i; j < min(i+100, b.N); j++ {
				many = append(many, ping{ID: "a", N: j})
			}
			enqueue(b, db, c, many...)
		}
		enqueued := cpu(b)
		b.ResetTimer()
		jobstest.Start(b, c)
		for ran.Load() < int64(b.N) {
			time.Sleep(5 * time.Millisecond)
		}
		if err := c.Stop(ctx); err != nil { // what has run is also written down as done
			b.Fatal(err)
		}
		b.ReportMetric(float64((enqueued-before).Microseconds())/float64(b.N), "cpu-µs/enqueue")
		b.ReportMetric(float64((cpu(b)-enqueued).Microseconds())/float64(b.N), "cpu-µs/run")
		b.ReportMetric(float64(ran.Load())/b.Elapsed().Seconds(), "jobs/s")
	})
}

// What a client costs that has nothing to do: CPU of this process per second, in thousandths of a core.
func BenchmarkIdle(b *testing.B) {
	eachEngine(b, func(b *testing.B, db *store.DB) {
		c := portal(b, db)
		jobs.Handle(c, func(context.Context, ping) error { return nil })
		jobstest.Start(b, c)
		time.Sleep(2 * time.Second)
		const look = 5 * time.Second
		before := cpu(b)
		time.Sleep(look)
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/look.Seconds()/1000, "millicores")
		b.ReportMetric(0, "ns/op")
	})
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
