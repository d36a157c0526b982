package trace_test

import (
	"context"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func tracer(o ...sdk.TracerProviderOption) (*trace.Tracer, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	return trace.New(sdk.NewTracerProvider(append(o, sdk.WithSyncer(spans))...).Tracer("test")), spans
}

func TestWithoutATracerNothingIsAllocated(t *testing.T) {
	var off *trace.Tracer
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "thing")
	if n := testing.AllocsPerRun(100, func() {
		ctx, request := off.Request(ctx, parent)
		ctx, job := off.Job(ctx, "test.job", parent)
		ctx, part := trace.Within(ctx, "store.write")
		ctx, call := trace.Calling(ctx, "sms1")
		for _, s := range []trace.Span{request, job, part, call} {
			s.Name("x")
			s.Word(trace.Outcome, "x")
			s.Count(trace.Tries, 1)
			s.Fail()
			s.End()
			if s.ID() != "" || trace.Cause(ctx) != "" {
				t.Error("something is traced")
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPartsBelongToTheTraceTheyAreIn(t *testing.T) {
	x, spans := tracer()
	if _, s := trace.Within(t.Context(), "store.read"); s.ID() != "" {
		t.Error("a part of nothing is traced")
	}
	ctx, request := x.Request(t.Context(), "")
	cause := trace.Cause(ctx)
	_, part := trace.Within(ctx, "store.write")
	_, job := x.Job(ctx, "test.job", cause)
	job.End()
	part.End()
	request.Name("POST /x")
	request.End()
	got := map[string]tracetest.SpanStub{}
	for _, s := range spans.GetSpans() {
		got[s.Name] = s
	}
	root := got["POST /x"].SpanContext
	if p := got["store.write"].Parent; p.SpanID() != root.SpanID() {
		t.Errorf("the part has the parent %v", p)
	}
	j := got["test.job"]
	if j.Parent.IsValid() || j.SpanContext.TraceID() == root.TraceID() || len(j.Links) != 1 || j.Links[0].SpanContext.SpanID() != root.SpanID() {
		t.Errorf("the job is not a trace of its own that points to the request: %+v", j)
	}
	if request.ID() != root.TraceID().String() || !strings.Contains(cause, request.ID()) {
		t.Errorf("id %s, cause %s, trace %s", request.ID(), cause, root.TraceID())
	}
}

func TestWhatIsNotInTheSampleHasNoParts(t *testing.T) {
	x, spans := tracer(sdk.WithSampler(sdk.NeverSample()))
	ctx, request := x.Request(t.Context(), "")
	_, part := trace.Within(ctx, "store.write")
	part.End()
	request.End()
	if part.ID()+request.ID() != "" || trace.Cause(ctx) != "" || len(spans.GetSpans()) > 0 {
		t.Errorf("%d spans", len(spans.GetSpans()))
	}
}

func TestOnlyATraceparentIsContinued(t *testing.T) {
	x, spans := tracer()
	for in, want := range map[string]bool{parent: true, "": false, "Иванова": false, parent + "-79123456789": false, "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01": false} {
		spans.Reset()
		_, s := x.Request(t.Context(), in)
		s.End()
		if got := spans.GetSpans()[0].Parent.IsValid(); got != want {
			t.Errorf("%q is continued: %v", in, got)
		}
		spans.Reset()
		_, s = x.Job(t.Context(), "test.job", in)
		s.End()
		if got := len(spans.GetSpans()[0].Links) == 1; got != want {
			t.Errorf("a job points to %q: %v", in, got)
		}
	}
}

func TestAPanicIsNotExported(t *testing.T) {
	x, spans := tracer()
	func() {
		defer func() { recover() }() //nolint:errcheck // it is ours
		_, s := x.Request(t.Context(), "")
		defer s.End()
		panic("the phone of ivan@example.ru")
	}()
	if got := spans.GetSpans(); len(got) != 1 || len(got[0].Events) > 0 || len(got[0].Attributes) > 0 {
		t.Errorf("%+v", got)
	}
}
