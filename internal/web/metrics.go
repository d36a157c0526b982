package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	took *prometheus.HistogramVec
}

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "okno_http_request_seconds", Help: "How long requests took, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})}
	r.MustRegister(m.took)
	return m
}

func (m *metrics) seen(v *visit, took time.Duration) {
	m.took.WithLabelValues(v.pattern(), statusWord(v.w.status)).Observe(took.Seconds())
}

// statusWord spares the common statuses an allocation.
func statusWord(status int) string {
	switch status {
	case http.StatusOK:
		return "200"
	case http.StatusSeeOther:
		return "303"
	case http.StatusUnauthorized:
		return "401"
	case http.StatusNotFound:
		return "404"
	}
	return strconv.Itoa(status)
}

// Metrics is what Prometheus reads. It belongs on a listener of its own.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{Registry: s.Registry})
}
