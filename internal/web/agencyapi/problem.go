package agencyapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
)

// The refusals of the interface itself.
var (
	errScope     = fault.New(fault.Denied, "agencyapi.scope")
	errNowhere   = fault.New(fault.Missing, "agencyapi.nowhere")
	errMethod    = fault.New(fault.Missing, "agencyapi.method")
	errMedia     = fault.New(fault.InvalidInput, "agencyapi.media")
	errLarge     = fault.New(fault.InvalidInput, "agencyapi.large")
	errMalformed = fault.New(fault.InvalidInput, "agencyapi.malformed")
	errNoVersion = fault.New(fault.InvalidInput, "agencyapi.no_version")
	errVersion   = fault.New(fault.Conflict, "agencyapi.version")
	errInternal  = fault.New(fault.Internal, "error.internal")
)

// statuses are those of refusals for which HTTP has a word of its own.
var statuses = map[string]int{
	errMethod.Key: http.StatusMethodNotAllowed, errMedia.Key: http.StatusUnsupportedMediaType, errLarge.Key: http.StatusRequestEntityTooLarge,
	errMalformed.Key: http.StatusBadRequest, errNoVersion.Key: http.StatusPreconditionRequired, errVersion.Key: http.StatusPreconditionFailed,
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Type     string       `json:"type"`
	Title    string       `json:"title"`
	Status   int          `json:"status"`
	Detail   string       `json:"detail"`
	Remedy   string       `json:"remedy"`
	Code     string       `json:"code"`
	Instance string       `json:"instance"`
	Errors   []fieldError `json:"errors"`
}

type fieldError struct {
	In     string `json:"in"`
	Name   string `json:"name"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy"`
}

// refuse tells what went wrong. It says nothing when an answer is on its way already.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	f, ok := fault.Of(err)
	if !ok {
		f = errInternal
	}
	p := problem{Type: page + "#" + f.Key, Status: f.Kind.Status(), Code: f.Key, Instance: "urn:okno:request:" + web.Reference(ctx), Errors: []fieldError{}}
	if status, ok := statuses[f.Key]; ok {
		p.Status = status
	}
	words := func(key string, kind fault.Kind, args []any) (reason, remedy string) {
		reason, remedy = i18n.T(ctx, key, args...), i18n.T(ctx, "agencyapi.kind."+kindWord(kind))
		if over := "agencyapi.reason." + key; i18n.Has(over) {
			reason = i18n.T(ctx, over, args...)
		}
		if own := "agencyapi.remedy." + key; i18n.Has(own) {
			remedy = i18n.T(ctx, own, args...)
		}
		return reason, remedy
	}
	p.Title = i18n.T(ctx, "agencyapi.title."+kindWord(f.Kind))
	p.Detail, p.Remedy = words(f.Key, f.Kind, f.Args)
	for _, x := range f.Fields {
		e := fieldError{In: "body", Name: x.Name, Code: x.Key}
		if in, name, ok := strings.Cut(x.Name, ":"); ok {
			e.In, e.Name = in, name
		}
		e.Reason, e.Remedy = words(x.Key, fault.InvalidInput, x.Args)
		p.Errors = append(p.Errors, e)
	}
	h := w.Header()
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="okno", error="invalid_token"`)
	}
	if f.Is(errScope) {
		h.Set("WWW-Authenticate", `Bearer realm="okno", error="insufficient_scope"`)
	}
	if wait := f.RetryAt.Sub(web.Now(ctx)); !f.RetryAt.IsZero() && wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	body, err := json.Marshal(p)
	if err != nil {
		return // texts and numbers are always JSON
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(body) //nolint:errcheck // whoever asked has gone
}

func kindWord(k fault.Kind) string {
	if k == fault.Unauthenticated {
		return "token" // who has no token is not asked to sign in
	}
	return web.KindWord(k)
}

// read takes the body of a request: one JSON object of what T knows, and nothing else.
func read[T any](r *http.Request, most int64) (T, error) {
	var v T
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") || r.Header.Get("Content-Encoding") != "" {
		return v, errMedia
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	var large *http.MaxBytesError
	if errors.As(err, &large) || int64(len(text)) > most {
		return v, errLarge.Say("most", int(most))
	}
	if err != nil {
		return v, errMalformed.Because(err)
	}
	return v, parse(text, &v)
}

// parse reads one JSON object.
func parse(text []byte, into any) error {
	if !utf8.Valid(text) {
		return errMalformed
	}
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) == 0 || t[0] != '{' {
		return errMalformed // null would be an object without anything
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fault.Invalid(fault.F(wrong.Field, "agencyapi.wrong_type", "type", wrong.Type.String()))
	case err != nil && strings.HasPrefix(err.Error(), "json: unknown field "):
		name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		return fault.Invalid(fault.F("body", "agencyapi.unknown_field", "field", shortened(name))) // the name is the sender's: it is told, and not logged
	case err != nil:
		return errMalformed // and not because of err, which would tell the log what was sent
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errMalformed
	}
	return nil
}

func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// answer answers in JSON.
func answer(w http.ResponseWriter, status int, v any) error { return web.JSON(w, status, v) }
