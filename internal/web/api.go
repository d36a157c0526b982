package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
)

// apiSession says whether somebody is signed in and how far their identity is proved. Scripts and outside checks ask it
// often, so its answers are made beforehand.
func (s *Server) apiSession(w http.ResponseWriter, r *http.Request) error {
	x, err := Session(r.Context())
	switch {
	case fault.KindOf(err) == fault.Unauthenticated && err != nil:
		return raw(w, http.StatusUnauthorized, nobody)
	case err != nil:
		return err
	}
	switch x.Level {
	case access.Simplified:
		return raw(w, http.StatusOK, simplified)
	case access.Standard:
		return raw(w, http.StatusOK, standard)
	case access.Confirmed:
		return raw(w, http.StatusOK, confirmed)
	}
	return fault.New(fault.Internal, "error.internal")
}

var (
	nobody     = []byte(`{"error":"signin"}` + "\n")
	simplified = []byte(`{"level":"simplified"}` + "\n")
	standard   = []byte(`{"level":"standard"}` + "\n")
	confirmed  = []byte(`{"level":"confirmed"}` + "\n")
)

// longestChecked is how many bytes of a value are looked at: more than any field takes.
const longestChecked = 2000

// fieldPassword is checked by what the server was given for it. Pages ask about one only when they find nothing wrong with
// it themselves, just before the form is sent: a half-typed one has no business on the wire.
const fieldPassword = "password"

var errChecks = fault.New(fault.TooMany, "error.busy")

// apiCheck says what is wrong with one value while it is typed (REG-9), by the very reader that takes it when the form is
// sent (form.Checks). It looks at the value, and at those of other fields that the check names; nothing is stored, logged, or
// looked up among people, so it can tell nobody whether a phone is known. Values come in the body alone: an address is
// written down on the way.
func (s *Server) apiCheck(w http.ResponseWriter, r *http.Request) error {
	if again, ok := s.checks.take(Neighbours(r), s.Policy.Live.ChecksByNet, s.Now()); !ok {
		return errChecks.At(again)
	}
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	name, value := f.Get("field"), cutTo(f.Get("value"), longestChecked)
	if name == fieldPassword && s.CheckPassword != nil {
		return JSON(w, http.StatusOK, checked{Error: said(ctx, s.CheckPassword(ctx, value))})
	}
	check, ok := form.CheckNamed(name)
	if !ok {
		return errNowhere
	}
	with := form.Others{}
	for _, other := range check.With {
		with[other] = cutTo(f.Get(other), longestChecked)
	}
	_, p := check.Read(value, with, form.DateOf(s.Now().In(i18n.Zone(ctx))))
	answer := checked{Error: said(ctx, p)}
	if p == nil {
		answer.Notice = said(ctx, check.Notice(value, with))
	}
	return JSON(w, http.StatusOK, answer)
}

type checked struct {
	Error  string `json:"error"`            // what is wrong and what to do about it; "" for nothing
	Notice string `json:"notice,omitempty"` // what is good to know about a value that is right
}

func said(ctx context.Context, p *form.Problem) string {
	if p == nil {
		return ""
	}
	return i18n.T(ctx, p.Key, p.Args...)
}

func cutTo(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// pace counts in memory what is cheap and asked often, by network and from one window to the next. A second node counts for
// itself, and a restart forgets: it bounds the load of one machine and keeps no secret.
type pace struct {
	mu    sync.Mutex
	until time.Time
	by    map[string]int
}

// mostNetworks is how many networks a window counts before it begins anew.
const mostNetworks = 50_000

// take counts one more of the network, or says when there is room again. "" is a network without a bound.
func (p *pace) take(network string, l policy.Limit, now time.Time) (time.Time, bool) {
	if network == "" {
		return time.Time{}, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !now.Before(p.until) || p.until.After(now.Add(l.Window)) || len(p.by) >= mostNetworks {
		p.until, p.by = now.Add(l.Window), map[string]int{}
	}
	if p.by[network] >= l.Max {
		return p.until, false
	}
	p.by[network]++
	return time.Time{}, true
}
