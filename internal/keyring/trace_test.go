package keyring_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/keyring/keyringtest"
	"okno/internal/trace"
)

func TestATraceTellsHowLongAPasswordTookAndNothingOfIt(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tracer := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test"))
	ctx, _ := tracer.Request(t.Context(), "")
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	stored, err := h.Hash(ctx, "Quiet-River-9")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{stored, h.Dummy()} { // nor whether there is an account
		if _, _, err := h.Verify(ctx, s, "Quiet-River-9"); err != nil {
			t.Fatal(err)
		}
	}
	got := spans.GetSpans()
	if len(got) != 3 {
		t.Fatalf("%d spans", len(got))
	}
	for _, s := range got {
		if s.Name != "password.hash" || len(s.Attributes) != 1 || string(s.Attributes[0].Key) != "okno.waited_ms" || strings.Contains(fmt.Sprintf("%+v", s), "River") {
			t.Errorf("%+v", s)
		}
	}
}
