// Package roadtest runs the test of a connector once for each road to the registers: plain HTTP, and X-Road.
package roadtest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/xroad"
	"okno/internal/sandbox"
)

// Each runs body with a sandbox of its own and the way to one of its registers, by each road.
func Each(t *testing.T, system string, c sandbox.Config, body func(t *testing.T, w *sandbox.World, conf call.Config)) {
	t.Helper()
	for _, way := range []string{"http", "xroad"} {
		t.Run(way, func(t *testing.T) {
			c.Dir, c.Slow = t.TempDir(), 2*time.Second
			w, err := sandbox.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
			conf := call.Config{URL: w.RegistersURL(), Limits: call.Limits{Timeout: 300 * time.Millisecond, Tries: 2, Pause: time.Millisecond, Failures: 100}}
			if way == "xroad" {
				conf.URL, conf.Transport = Road(t, w, system)
			}
			body(t, w, conf)
		})
	}
}

// Road is the way to a register of the sandbox over its security server.
func Road(t testing.TB, w *sandbox.World, system string) (string, *xroad.Road) {
	t.Helper()
	r, err := xroad.New(xroad.Config{Server: w.XRoadURL(), Client: sandbox.XRoadClient})
	if err != nil {
		t.Fatal(err)
	}
	at, err := r.Address(xroad.Scheme + w.XRoadService(system))
	if err != nil {
		t.Fatal(err)
	}
	return at, r
}

// WhenUnwell spoils the system in each of the ways that there are, and asks a few times: garbage is of several kinds. What a call says
// must be an error of the sort, and hold none of the secrets, which are a person's.
func WhenUnwell(t *testing.T, w *sandbox.World, system string, ask func() error, secrets ...string) {
	t.Helper()
	for mode, want := range unwell(t) {
		if err := w.SetFault(system, mode); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			err := ask()
			if err == nil || !want(err) {
				t.Errorf("%s: %v", mode, err)
				continue
			}
			if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(err.Error(), s) }) {
				t.Errorf("%s: the error tells about a person: %v", mode, err)
			}
		}
	}
}

// unwell are the faults of a register, and whether an error is what a connector must make of them on the road of the test. A register
// that speaks no HTTP is garbage to who asks it directly, and away to who asks over a road that heard the garbage itself.
func unwell(t *testing.T) map[sandbox.Mode]func(error) bool {
	t.Helper()
	is := func(these ...error) func(error) bool {
		return func(err error) bool {
			return slices.ContainsFunc(these, func(e error) bool { return errors.Is(err, e) }) && !errors.As(err, new(*call.Refusal))
		}
	}
	garbage := is(call.ErrGarbage)
	if strings.HasSuffix(t.Name(), "/xroad") {
		garbage = is(call.ErrGarbage, call.ErrUnavailable)
	}
	return map[sandbox.Mode]func(error) bool{sandbox.Slow: is(call.ErrUnavailable), sandbox.Down: is(call.ErrUnavailable), sandbox.Garbage: garbage}
}
