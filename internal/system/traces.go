package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"okno/internal/trace"
)

// The bounds of exporting: a collector that is slow or away costs people nothing, and us a little memory.
const (
	traceQueue  = 2048             // spans that wait; further ones are lost
	traceSend   = 5 * time.Second  // for the collector to take a batch
	traceFlush  = 3 * time.Second  // for the last ones, when the portal stops
	traceSilent = 10 * time.Minute // between two complaints in the log
)

// checked says what is wrong with the settings, and completes the address as collectors have it.
func (t Traces) checked() (Traces, error) {
	if t.Endpoint == "" {
		return t, nil
	}
	u, err := url.Parse(t.Endpoint)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return t, errors.New("settings: traces-endpoint (OKNO_TRACES_ENDPOINT) must be http(s)://host:port of a collector that takes OTLP over HTTP")
	}
	if !(t.Ratio > 0 && t.Ratio <= 1) {
		return t, fmt.Errorf("settings: traces-ratio (OKNO_TRACES_RATIO) is %v; it must be more than 0 and at most 1", t.Ratio)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	t.Endpoint = u.String()
	return t, nil
}

// client speaks OTLP with the collector. It does not repeat: what repeats holds up what comes after.
func (t Traces) client() otlptrace.Client {
	return otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(t.Endpoint), otlptracehttp.WithTimeout(traceSend),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
}

// traces starts the export when there is where to. Nothing of the SDK is global: whoever begins traces is given x.Tracer.
func (x *System) traces(ctx context.Context) error {
	s := x.Settings.Traces
	if s.Endpoint == "" {
		return nil
	}
	out, err := otlptrace.New(ctx, s.client())
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&exporter{SpanExporter: out, log: x.Log}, sdk.WithMaxQueueSize(traceQueue), sdk.WithExportTimeout(traceSend)),
		sdk.WithSampler(sdk.ParentBased(sample{sdk.TraceIDRatioBased(s.Ratio)})),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "okno"))),
		sdk.WithoutPanicRecording()) // the words of a panic may be about somebody
	x.Tracer = trace.New(provider.Tracer("okno"))
	x.closers = append(x.closers, func() error {
		late, cancel := context.WithTimeout(context.Background(), traceFlush)
		defer cancel()
		if err := provider.Shutdown(late); err != nil {
			x.Log.Warn("the last traces were not exported", "err", err)
		}
		return nil // no reason to call the stop a failure
	})
	return nil
}

// sample takes a share of all traces, and every job whose request was taken: half a story explains nothing.
type sample struct{ sdk.Sampler }

func (s sample) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	for _, by := range p.Links {
		if by.SpanContext.IsSampled() {
			return sdk.AlwaysSample().ShouldSample(p)
		}
	}
	return s.Sampler.ShouldSample(p)
}

// exporter tells the portal's log, rarely, that the collector does not take spans. The SDK would tell standard error, each time.
type exporter struct {
	sdk.SpanExporter
	log *slog.Logger

	mu   sync.Mutex
	lost int
	told time.Time
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost += len(spans)
	if e.told.IsZero() || time.Since(e.told) > traceSilent {
		e.log.Warn("traces are not exported; the portal goes on without", "spans", e.lost, "err", err)
		e.lost, e.told = 0, time.Now()
	}
	return nil
}

// traces asks the collector to take a batch without spans.
func (d *doctor) traces(ctx context.Context) {
	t := d.s.Traces
	if t.Endpoint == "" {
		d.fine("traces", "they are not exported")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, traceSend)
	defer cancel()
	c := t.client()
	if err := errors.Join(c.Start(ctx), c.UploadTraces(ctx, nil)); err != nil {
		d.doubt("traces", t.Endpoint+" does not take them: "+trimmed(err), "see traces-endpoint (OKNO_TRACES_ENDPOINT) and the collector; the portal works without")
		return
	}
	u, err := url.Parse(t.Endpoint)
	if err == nil && u.Scheme == "http" && !Loopback(u.Host) && !Loopback(u.Host+":80") {
		d.doubt("traces", t.Endpoint+" takes them, without encryption", "name the collector as https://…, unless the network between is yours")
		return
	}
	d.fine("traces", fmt.Sprintf("%s takes them, %v of all", t.Endpoint, t.Ratio))
}
