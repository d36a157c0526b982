package system

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"okno/internal/connector/call"
)

// newCalls counts calls of outside systems and how long they took: in seconds up to that of a telephone. Nobody is named but the system.
func newCalls() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "okno_call_seconds", Help: "How long calls of outside systems took, with their tries, by system and by what came of them.",
		Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"system", "outcome"})
}

// observed is what a connector tells of each call, counted.
func observed(calls *prometheus.HistogramVec) call.Observe {
	return func(system string, took time.Duration, err error) {
		calls.WithLabelValues(system, outcome(err)).Observe(took.Seconds())
	}
}

// outcome is a word for what came of a call. A refusal is an answer of a system that is well.
func outcome(err error) string {
	switch {
	case err == nil:
		return "answered"
	case errors.As(err, new(*call.Refusal)):
		return "refused"
	case errors.Is(err, call.ErrOpen):
		return "open"
	case errors.Is(err, call.ErrGarbage):
		return "garbage"
	case errors.Is(err, call.ErrSettings):
		return "settings"
	}
	return "unavailable"
}
