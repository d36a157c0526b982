package web

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"okno/internal/trace"
	"okno/internal/web/ui"
)

// trace begins the span of a request when tracing is on; probes and files are left out, as they are of the log. It is not
// otelhttp's, which writes down the address as it was asked for, tokens and all; ours names the route.
//
// Only trusted proxies may continue a trace of theirs: a stranger's traceparent would let them choose whether their
// requests are recorded, and tie the requests of many people into one trace.
func (s *Server) trace(ctx context.Context, r *http.Request) (context.Context, trace.Span) {
	if s.Tracer == nil || probe(r) || strings.HasPrefix(r.URL.Path, ui.Prefix) {
		return ctx, trace.Span{}
	}
	parent := ""
	if s.proxied(r) {
		parent = r.Header.Get("Traceparent")
	}
	return s.Tracer.Request(ctx, parent)
}

// traced ends the span of a request.
func (v *visit) traced() {
	if v.span.ID() == "" {
		return
	}
	name := v.pattern()
	if !strings.Contains(name, " ") { // it takes every method, or there is no such page
		name = method(v.r) + " " + name
	}
	v.span.Name(name)
	v.span.Word(trace.Method, method(v.r))
	v.span.Word(trace.Route, v.pattern())
	v.span.Count(trace.Status, int64(v.w.status))
	v.span.Word(trace.Ref, v.ref)
	if v.w.status >= 500 {
		v.span.Fail()
	}
	v.span.End()
}

// proxied reports whether a trusted proxy brought the request.
func (s *Server) proxied(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(s.Policy.Network.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) })
}
