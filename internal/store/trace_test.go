package store_test

import (
	"errors"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/trace"
)

func TestATraceTellsOfTransactionsAndNotOfStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		spans := tracetest.NewInMemoryExporter()
		tracer := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test"))
		ctx, request := tracer.Request(t.Context(), "")
		read := func(tx *store.Tx) error {
			var s string
			return tx.QueryRow(ctx, `SELECT CAST($1 AS TEXT)`, "Verkhova").Scan(&s)
		}
		if err := db.Read(ctx, read); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, read); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("Verkhova may not")
		if err := db.Write(ctx, func(*store.Tx) error { return refused }); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		var s string
		if err := db.QueryRow(ctx, `SELECT CAST($1 AS TEXT)`, "Verkhova").Scan(&s); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(ctx, `SELECT 1`)
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
		if err := db.Write(t.Context(), read); err != nil { // outside of traces
			t.Fatal(err)
		}
		got := spans.GetSpans()
		for i, want := range []string{"store.read", "store.write", "store.write", "store.query", "store.query"} {
			if i >= len(got) || got[i].Name != want {
				t.Fatalf("span %d of %d is not %s", i, len(got), want)
			}
			facts := map[string]string{}
			for _, a := range got[i].Attributes {
				facts[string(a.Key)] = a.Value.String()
			}
			more := len(facts) - 1
			if want == "store.write" {
				more--
			}
			if facts["okno.engine"] != string(db.Engine()) || want == "store.write" && facts["okno.tries"] != "1" || more != 0 || len(got[i].Events) > 0 {
				t.Errorf("%s says %v, %v", want, facts, got[i].Events)
			}
			if got[i].SpanContext.TraceID().String() != request.ID() {
				t.Errorf("%s is in another trace", want)
			}
		}
		if len(got) != 5 {
			t.Errorf("%d spans: there is one outside of the request", len(got))
		}
	})
}
