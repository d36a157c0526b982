package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/trace"
)

func TestATracePointsFromAJobToWhoWantedItAndItsArgumentsDoNot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		spans := tracetest.NewInMemoryExporter()
		tracer := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test"))
		if err := jobs.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		c, err := jobs.New(db, jobs.Config{Workers: 2, Tracer: tracer})
		if err != nil {
			t.Fatal(err)
		}
		jobs.Handle(c, func(ctx context.Context, p ping) error {
			if n, _ := jobs.Try(ctx); p.N == 1 && n == 1 {
				return errors.New("no: Verkhova, +7 912 345-67-89")
			}
			return db.Write(ctx, func(*store.Tx) error { return nil })
		})
		jobstest.Start(t, c)
		jobstest.Settle(t, c)
		spans.Reset()

		ctx, request := tracer.Request(t.Context(), "")
		if err := db.Write(ctx, func(tx *store.Tx) error { return c.Enqueue(ctx, tx, ping{ID: "a", N: 1}) }); err != nil {
			t.Fatal(err)
		}
		request.End()
		enqueue(t, db, c, ping{ID: "b", N: 2}) // by nobody whom a trace follows
		var runs []tracetest.SpanStub
		eventually(t, "three runs", func() bool {
			runs = runs[:0]
			for _, s := range spans.GetSpans() {
				if s.Name == "test.ping" {
					runs = append(runs, s)
				}
			}
			return len(runs) == 3
		})
		var pointing int
		outcomes := map[string]int{}
		for _, s := range runs {
			if len(s.Links) == 1 && s.Links[0].SpanContext.TraceID().String() == request.ID() {
				pointing++
			}
			if s.Parent.IsValid() || len(s.Events) > 0 || s.Status.Description != "" {
				t.Errorf("a run says too much: %+v", s)
			}
			for _, a := range s.Attributes {
				outcomes[string(a.Key)+"="+a.Value.String()]++
			}
		}
		if pointing != 2 || outcomes["okno.outcome=done"] != 2 || outcomes["okno.outcome=failed"] != 1 || outcomes["okno.try=2"] != 1 || len(outcomes) != 4 {
			t.Errorf("%d runs point to the request; they say %v", pointing, outcomes)
		}
		rows, err := db.Query(t.Context(), `SELECT `+jobs.Text(db, "args")+`, `+jobs.Text(db, "metadata")+` FROM river_job WHERE kind = 'test.ping'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var args, beside string
			if err := rows.Scan(&args, &beside); err != nil {
				t.Fatal(err)
			}
			var a ping
			d := json.NewDecoder(strings.NewReader(args))
			d.DisallowUnknownFields()
			if err := d.Decode(&a); err != nil {
				t.Errorf("arguments %s: %v", args, err)
			}
			if strings.Contains(beside, "okno_cause") != (a.ID == "a") {
				t.Errorf("beside the arguments of %s stands %s", a.ID, beside)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	})
}
