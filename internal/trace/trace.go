package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	otel "go.opentelemetry.io/otel/trace"
)

// Key names a fact of a span. These are all there are: a fact is a pattern, a kind, a code, a count or a duration of ours,
// never what a person or an outside system said.
type Key string

// The keys.
const (
	Method  Key = "http.request.method"
	Route   Key = "http.route" // the pattern, never the address
	Status  Key = "http.response.status_code"
	Ref     Key = "okno.ref" // the reference number that the log and the page of an error have
	Engine  Key = "okno.engine"
	Tries   Key = "okno.tries"
	Try     Key = "okno.try"
	Outcome Key = "okno.outcome"
	Waited  Key = "okno.waited_ms"
)

// Tracer begins traces; a nil one begins none.
type Tracer struct{ otel otel.Tracer }

// New makes a Tracer of the SDK's.
func New(t otel.Tracer) *Tracer { return &Tracer{t} }

// Span is a part of a trace that has begun. The zero value is a part of none, and does nothing.
type Span struct{ otel otel.Span }

type tracerKey struct{}

// Request begins the span of a request, whose name comes when its route is known. parent is a traceparent (W3C) that is to
// be continued, "" when none is. A tracestate is never taken over: it would be exported, and holds whatever its sender likes.
func (t *Tracer) Request(ctx context.Context, parent string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	return t.begin(otel.ContextWithRemoteSpanContext(ctx, parsed(parent)), "request", otel.WithSpanKind(otel.SpanKindServer))
}

// Job begins the span of one run of a job, which points to the Cause in whose trace it was enqueued. It does not continue
// that trace: a job may run days later, and many times.
func (t *Tracer) Job(ctx context.Context, kind, cause string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	o := []otel.SpanStartOption{otel.WithSpanKind(otel.SpanKindConsumer), otel.WithNewRoot()}
	if by := parsed(cause); by.IsValid() {
		o = append(o, otel.WithLinks(otel.Link{SpanContext: by}))
	}
	return t.begin(ctx, kind, o...)
}

func (t *Tracer) begin(ctx context.Context, name string, o ...otel.SpanStartOption) (context.Context, Span) {
	ctx, span := t.otel.Start(ctx, name, o...)
	if !span.IsRecording() { // not in the sample: nor are its parts, and they need not look for it
		return ctx, Span{}
	}
	return context.WithValue(ctx, tracerKey{}, t), Span{span}
}

// Within begins a part of the trace that ctx is in, if it is in one.
func Within(ctx context.Context, name string) (context.Context, Span) {
	t, ok := ctx.Value(tracerKey{}).(*Tracer)
	if !ok {
		return ctx, Span{}
	}
	ctx, span := t.otel.Start(ctx, name)
	return ctx, Span{span}
}

// Calling is Within for a call of an outside system, by the name it has in the log.
func Calling(ctx context.Context, system string) (context.Context, Span) {
	t, ok := ctx.Value(tracerKey{}).(*Tracer)
	if !ok {
		return ctx, Span{}
	}
	ctx, span := t.otel.Start(ctx, "call "+system, otel.WithSpanKind(otel.SpanKindClient))
	return ctx, Span{span}
}

// Cause is how the trace that ctx is in can be pointed to later, "" when it is in none. It is random, and says nothing of
// anybody.
func Cause(ctx context.Context) string {
	if ctx.Value(tracerKey{}) == nil {
		return ""
	}
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c[parentHeader]
}

const parentHeader = "traceparent"

// parsed is the zero SpanContext of what is no traceparent.
func parsed(parent string) otel.SpanContext {
	if parent == "" {
		return otel.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{parentHeader: parent})
	return otel.SpanContextFromContext(ctx)
}

// ID is the identifier of the trace, for the log; "" when there is none.
func (s Span) ID() string {
	if s.otel == nil {
		return ""
	}
	return s.otel.SpanContext().TraceID().String()
}

// Name gives the span another name.
func (s Span) Name(name string) {
	if s.otel != nil {
		s.otel.SetName(name)
	}
}

// Word notes a fact that is one of a closed set of ours.
func (s Span) Word(k Key, v string) {
	if s.otel != nil {
		s.otel.SetAttributes(attribute.String(string(k), v))
	}
}

// Count notes a number.
func (s Span) Count(k Key, n int64) {
	if s.otel != nil {
		s.otel.SetAttributes(attribute.Int64(string(k), n))
	}
}

// Fail marks the span as one that went wrong. Why is in the log.
func (s Span) Fail() {
	if s.otel != nil {
		s.otel.SetStatus(codes.Error, "")
	}
}

// End ends the span.
func (s Span) End() {
	if s.otel != nil {
		s.otel.End() // called from here it does not see a panic that goes on, whose words it would export
	}
}
