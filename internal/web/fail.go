package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

var errNotLocal = errors.New("web: a redirect must lead to a page of the portal")

// errInternal is what people are told of everything that is not a fault.
var errInternal = fault.New(fault.Internal, "error.internal")

// fail shows the error, once, in the way that fits whoever asked.
func (s *Server) fail(v *visit, r *http.Request, err error) {
	v.err = err
	if v.w.begun() {
		return // it is too late to say anything else; the log has it
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		v.w.status = statusGone
		return
	}
	f := told(err)
	if f.Kind == fault.Unauthenticated && !machine(r) && !wantsStream(r) {
		s.toSignIn(v, r)
		return
	}
	status := statusOf(err, f)
	when := v.later(r.Context(), f.RetryAt)
	var problem error
	if machine(r) {
		problem = JSON(&v.w, status, refusal{Error: i18n.T(r.Context(), f.Key, f.Args...), Reference: v.ref})
	} else {
		problem = Render(&v.w, r, status, s.failure(v, r, status, f, when))
	}
	if problem != nil {
		v.err = errors.Join(err, problem)
		if !v.w.begun() {
			text(&v.w, http.StatusInternalServerError, []byte(v.ref+"\n")) //nolint:errcheck // nothing is left to be done
		}
	}
}

// statusGone is what the log calls a request whose visitor left before the answer.
const statusGone = 499

// told is the part of the error that a person may hear.
func told(err error) *fault.Error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	if f, ok := fault.Of(err); ok {
		return f
	}
	return errInternal
}

// statusOf is the status of a fault. Three refusals of the edge have statuses of their own.
func statusOf(err error, f *fault.Error) int {
	switch {
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errHost):
		return http.StatusMisdirectedRequest
	case errors.Is(f, errTooLarge):
		return http.StatusRequestEntityTooLarge
	}
	return f.Kind.Status()
}

// refusal is an error in JSON.
type refusal struct {
	Error     string `json:"error"`
	Reference string `json:"reference"`
}

// failure is the page of an error.
type failure struct {
	Page      ui.Page
	Desk      *ui.Desk // on pages of a workplace
	Title     string
	Text      string
	When      string // when to try again
	Again     string // address to try again; empty when that makes no sense
	Home      string
	Help      string // where to tell support
	Reference string
}

// failure must not fail: it asks the database for nothing that is not known already.
func (s *Server) failure(v *visit, r *http.Request, status int, f *fault.Error, when string) failurePage {
	ctx := r.Context()
	x := failure{
		Title: i18n.T(ctx, "error.title."+KindWord(f.Kind)), Text: i18n.T(ctx, f.Key, f.Args...),
		When: when, Home: "/", Help: "/support?ref=" + v.ref, Reference: v.ref,
	}
	if r.Method == http.MethodGet && (status >= 500 || f.Kind == fault.TooMany) {
		x.Again = v.path()
	}
	x.Page = v.frame(ctx, x.Title)
	if desk(r) {
		x.Home, x.Help = deskHome, ""
		x.Desk = &ui.Desk{Title: x.Title, Path: x.Page.Path, Larger: x.Page.Larger, Home: deskHome}
		if v.checked && v.refused == nil {
			x.Desk.Staff, x.Desk.Role = v.name, i18n.T(ctx, "web.role."+string(v.session.Role))
		}
	} else if v.checked && v.refused == nil {
		name := v.name
		if name == "" {
			name = i18n.T(ctx, "web.person")
		}
		x.Page.Person = &ui.Person{Name: name, Menu: v.links(ctx, s.Menu)}
	}
	return failurePage{x}
}

// later tells programs (Retry-After) and people when to come back.
func (v *visit) later(ctx context.Context, at time.Time) string {
	now := v.server.Now()
	wait := at.Sub(now)
	if at.IsZero() || wait <= 0 {
		return ""
	}
	v.w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	return i18n.T(ctx, "error.when", "time", moment(ctx, now, at))
}

// moment says a time of today by its minute and any other with its day. Nobody is called back too early: a time to come is rounded up.
func moment(ctx context.Context, now, at time.Time) string {
	z := i18n.Zone(ctx)
	if at.After(now) { // the minute that begins when the wait is over; what was is said by the minute in which it was
		at = at.Add(time.Minute - 1)
	}
	if at.In(z).YearDay() == now.In(z).YearDay() && at.In(z).Year() == now.In(z).Year() {
		return i18n.Clock(ctx, at)
	}
	return i18n.DateTime(ctx, at)
}

// Moment says when something was or will be: «14:02» for today, «18 ноября, 14:02» for any other day.
func Moment(ctx context.Context, at time.Time) string { return moment(ctx, Now(ctx), at) }

// KindWord is the name of a kind of refusal for programs.
func KindWord(k fault.Kind) string {
	switch k {
	case fault.InvalidInput:
		return "invalid"
	case fault.Unauthenticated:
		return "signin"
	case fault.Denied:
		return "denied"
	case fault.Missing:
		return "missing"
	case fault.Conflict:
		return "conflict"
	case fault.TooMany:
		return "too_many"
	case fault.Unavailable:
		return "unavailable"
	case fault.Internal:
	}
	return "internal"
}
