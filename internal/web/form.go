package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// Form is what a person typed, as it was typed. A page that refuses it shows it again from here.
type Form struct {
	values url.Values
	files  map[string][]File
	full   bool // files came and were let go: too many are on their way
}

// ReadForm reads the form of a POST. One larger than allowed is refused with the status 413.
func ReadForm(r *http.Request) (Form, error) {
	err := r.ParseForm()
	f := Form{values: r.PostForm}
	if err == nil {
		err = f.readParts(r)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), errors.Is(err, errTooLarge):
		return Form{}, errTooLarge.Because(err)
	case err != nil:
		return Form{}, fault.New(fault.InvalidInput, "error.form").Because(fmt.Errorf("read form: %w", err))
	}
	return f, nil
}

// longForm is how many bytes the form of a service may take. What may be typed on one page of it is bounded where the service is defined
// (procedure.MostTyped), and a letter takes up to twelve bytes: a Russian one six, № nine, a pictogram twelve.
const longForm = 2 << 20

// ReadLongForm is ReadForm of a page of a service, on which more may be typed than on others.
func ReadLongForm(r *http.Request) (Form, error) {
	v := visitOf(r.Context())
	if v.body != nil && !v.large {
		r.Body = http.MaxBytesReader(v.w.ResponseWriter, v.body, longForm)
	}
	return ReadForm(r)
}

// Get is the first value of the field, "" when there is none. What no database takes (zero bytes, broken UTF-8) is gone.
func (f Form) Get(name string) string { return clean(f.values.Get(name)) }

// All are the values of the field.
func (f Form) All(name string) []string {
	var out []string
	for _, v := range f.values[name] {
		out = append(out, clean(v))
	}
	return out
}

// On reports whether the box is ticked.
func (f Form) On(name string) bool { return f.values.Get(name) != "" }

// Values are all the fields with their values, for forms that are data (package form).
func (f Form) Values() url.Values {
	out := make(url.Values, len(f.values))
	for name := range f.values {
		out[name] = f.All(name)
	}
	return out
}

// Identity is an identity document as it was typed on a page with ui.Identity: its kind and the fields of every kind that the page knows.
// When another reports true, nothing is to be read yet: another kind was chosen, and the page is to ask for its fields.
func (f Form) Identity() (typed map[string]string, another bool) {
	typed = map[string]string{}
	blank := true
	for _, about := range form.Papers() {
		for _, part := range about.Parts {
			if _, sent := f.values[part.Name]; sent {
				typed[part.Name] = f.Get(part.Name)
				blank = blank && form.Blank(typed[part.Name])
			}
		}
	}
	kind, shown := f.Get("document_kind"), f.Get("document_shown")
	if kind != "" {
		typed["document_kind"] = kind
	}
	// The button that chooses is the first of its form, so the Enter key presses it too: with fields filled in that is sending.
	return typed, shown != "" && kind != shown || f.On("document_choose") && blank
}

func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "")
}

// Refused reads what is wrong with the fields of a form out of err. When it returns false, err is about something else
// and is for the Server to show. A refusal of the whole is hung on the field whole, so that the summary leads somewhere.
//
//	if errs, ok := web.Refused(ctx, err, "login"); ok {
//		return web.Render(w, r, http.StatusUnprocessableEntity, page(view{Errors: errs, …}))
//	}
func Refused(ctx context.Context, err error, whole string) (ui.Errors, bool) {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.InvalidInput {
		return nil, false
	}
	if len(f.Fields) == 0 {
		return ui.Errors{{Name: whole, Text: i18n.T(ctx, f.Key, f.Args...)}}, true
	}
	return ui.ErrorsOf(ctx, f), true
}

// Setback is a refusal that is not about what was typed: too many tries, something is away, somebody was faster. The form is
// shown again under it, with everything that was typed.
type Setback struct {
	Status int
	Text   string
	When   string // when to try again, "" when that is not known
}

// SetBack reads a setback out of err and tells programs when to come back. When it returns false, err is for the Server to show.
func SetBack(r *http.Request, err error) (*Setback, bool) {
	f, ok := fault.Of(err)
	if !ok {
		return nil, false
	}
	switch f.Kind {
	case fault.TooMany, fault.Unavailable, fault.Conflict:
	case fault.Internal, fault.InvalidInput, fault.Unauthenticated, fault.Denied, fault.Missing:
		return nil, false
	}
	v, ctx := visitOf(r.Context()), r.Context()
	v.err = err
	return &Setback{Status: f.Kind.Status(), Text: i18n.T(ctx, f.Key, f.Args...), When: v.later(ctx, f.RetryAt)}, true
}
