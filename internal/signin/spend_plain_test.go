package signin_test

import (
	"errors"
	"slices"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/trace"
)

// A hash takes as long as a hundred statements: a transaction that was open meanwhile would hold its connection, or on SQLite everybody's writing.
func TestASignInReadsOnceHashesWithNoTransactionOpenAndWritesOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		for _, c := range []struct {
			name, browser, login, password string
			want                           error
		}{
			{"in a known browser", "anna", phone, signintest.Password, nil},
			{"in a new browser", "new", phone, signintest.Password, nil},
			{"a wrong password", "stranger", phone, "Wrong-Pass-1234", signin.ErrWrong},
			{"a wrong one, in the owner's", "anna", phone, "Wrong-Pass-1234", signin.ErrWrong},
			{"a contact that belongs to nobody", "stranger", "+79160000000", "Wrong-Pass-1234", signin.ErrWrong},
			{"a SNILS that belongs to nobody", "stranger", "112-233-445 95", "Wrong-Pass-1234", signin.ErrWrong},
			{"after wrong ones, in the owner's", "anna", phone, signintest.Password, nil},
			{"after wrong ones, in a new browser", "newer", phone, signintest.Password, nil},
		} {
			spans := tracetest.NewInMemoryExporter()
			in, request := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test")).Request(ctx, "")
			in, n := store.Counting(in)
			if _, err := w.SignIn.SignIn(in, signintest.Visitor(c.browser), c.login, c.password); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			var did []string
			for i, s := range spans.GetSpans() {
				if s.SpanContext.TraceID().String() != request.ID() {
					continue
				}
				did = append(did, s.Name)
				if i > 0 && s.StartTime.Before(spans.GetSpans()[i-1].EndTime) {
					t.Errorf("%s: %s began while %s was open", c.name, s.Name, did[len(did)-2])
				}
			}
			if !slices.Equal(did, []string{"store.query", "password.hash", "store.write"}) {
				t.Errorf("%s: %q", c.name, did)
			}
			if n.Load() > 1+3 {
				t.Errorf("%s: %d statements, want one and at most three in the transaction", c.name, n.Load())
			}
		}
	})
}
