package web

import (
	"context"
	"net/http"
	"net/netip"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// trace begins the span of a request when tracing is on. It is not otelhttp's, which writes down the address as it
// was asked for, tokens and all; ours names the route. Only trusted proxies may continue a trace of theirs.
func (s *Server) trace(ctx context.Context, r *http.Request) (context.Context, func(*visit)) {
	if s.Tracer == nil {
		return ctx, nil
	}
	if s.proxied(r) {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, span := s.Tracer.Start(ctx, method(r), trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(v *visit) {
		span.SetName(v.pattern())
		span.SetAttributes(
			attribute.String("http.request.method", method(r)), attribute.String("http.route", v.pattern()),
			attribute.Int("http.response.status_code", v.w.status), attribute.String("okno.reference", v.ref))
		if v.w.status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// proxied reports whether a trusted proxy brought the request.
func (s *Server) proxied(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(s.Policy.Network.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) })
}
