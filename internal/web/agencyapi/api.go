package agencyapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/web"
	"okno/internal/webhook"
)

// API is the interface.
type API struct {
	Agents       *agent.Service
	Applications *application.Service
	Attachments  *application.Attachments
	Catalogue    *catalogue.Catalogue
	Policy       *policy.Policy
	Webhooks     *webhook.Service

	described described
}

// Base is where the interface stands.
const Base = "/api/agency/v1"

// Mount adds the interface to the server.
func (x *API) Mount(s *web.Server) error {
	var err error
	if x.described, err = describe(s.URL); err != nil {
		return err
	}
	s.Handle("GET "+Base+"/openapi.json", x.open(x.description))
	s.Handle("GET "+Base+"/token", x.door("", x.token))
	s.Handle("GET "+Base+"/cases", x.door(access.ReadCases, x.list))
	s.Handle("GET "+Base+"/cases/{id}", x.door(access.ReadCases, x.look))
	s.Handle("GET "+Base+"/cases/{id}/register", x.door(access.ReadCases, x.register))
	s.Handle("GET "+Base+"/cases/{id}/events", x.door(access.ReadCases, x.events))
	s.Handle("POST "+Base+"/cases/{id}/events", x.door(access.DecideCases, x.act))
	s.Handle("POST "+Base+"/cases/{id}/officer", x.door(access.AssignCases, x.handOver))
	s.Handle("GET "+Base+"/officers", x.door(access.AssignCases, x.officers))
	s.Handle("GET "+Base+"/cases/{id}/files", x.door(access.ReadFiles, x.files))
	s.Handle("GET "+Base+"/cases/{id}/files/{file}", x.door(access.ReadFiles, x.file))
	s.Handle("GET "+Base+"/webhooks", x.door(access.Subscribe, x.webhooks))
	s.Handle("POST "+Base+"/webhooks", x.door(access.Subscribe, x.subscribe))
	s.Handle("GET "+Base+"/webhooks/{id}", x.door(access.Subscribe, x.webhook))
	s.Handle("DELETE "+Base+"/webhooks/{id}", x.door(access.Subscribe, x.unsubscribe))
	s.Handle("POST "+Base+"/webhooks/{id}/secret", x.door(access.Subscribe, x.newSecret))
	s.Handle("POST "+Base+"/webhooks/{id}/check", x.door(access.Subscribe, x.checkAgain))
	s.Handle("GET "+Base+"/webhooks/{id}/deliveries", x.door(access.Subscribe, x.deliveries))
	s.Handle("POST "+Base+"/webhooks/{id}/deliveries/{event}", x.door(access.Subscribe, x.sendAgain))
	s.Handle("/api/agency/", x.open(x.nowhere(s)))
	s.Handle("GET "+page, x.page)
	return nil
}

// open speaks the language of whoever asks, and tells what goes wrong as a problem.
func (x *API) open(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r = r.WithContext(i18n.With(r.Context(), spoken(r.Header.Get("Accept-Language"))))
		w.Header().Set("Content-Language", string(i18n.From(r.Context())))
		w.Header().Set("Vary", "Accept-Language")
		if err := h(w, r); err != nil {
			refuse(w, r, err)
			return err // for the log
		}
		return nil
	}
}

// door lets agents through whose token has what the permission needs; "" needs no more than a token.
func (x *API) door(need access.Permission, h web.Handler) web.Handler {
	return x.open(func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		who, t, err := x.Agents.Enter(ctx, bearer(r))
		if !t.ExpiresAt.IsZero() {
			x.warn(w, t, web.Now(ctx))
		}
		if err != nil {
			return err
		}
		web.Note(ctx, "agent", who.ID)
		if need != "" && who.May(need) != nil {
			return errScope.Say("scope", string(scopeFor(need)))
		}
		return h(w, r.WithContext(context.WithValue(access.With(ctx, who), tokenKey{}, t)))
	})
}

type tokenKey struct{}

// warn tells the agent how long its token works.
func (x *API) warn(w http.ResponseWriter, t agent.Token, now time.Time) {
	w.Header().Set("Okno-Token-Expires", t.ExpiresAt.Format(time.RFC3339))
	if t.ReplacedBy != "" {
		w.Header().Set("Okno-Token-Warning", "replaced")
		return
	}
	if t.ExpiresAt.Sub(now) <= x.Policy.Agency.WarnBefore {
		w.Header().Set("Okno-Token-Warning", "expires")
	}
}

// scopeFor is the scope that opens the permission.
func scopeFor(p access.Permission) access.Scope {
	for _, s := range access.Scopes() {
		if (access.Actor{Kind: access.Agent, Scopes: string(s)}).May(p) == nil {
			return s
		}
	}
	return ""
}

// bearer is the token of the request, "" when it shows none or several.
func bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// spoken is the language of ours that is liked best: Russian when none is named, as on the portal.
func spoken(accept string) i18n.Lang {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return i18n.RU
	}
	for _, t := range tags {
		base, _ := t.Base()
		if l, ok := i18n.Parse(base.String()); ok {
			return l
		}
	}
	return i18n.RU
}

// nowhere answers addresses under which there is nothing, and methods that an address does not take.
func (x *API) nowhere(s *web.Server) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var allowed []string
		for _, pattern := range s.Routes() {
			if method, path, ok := strings.Cut(pattern, " "); ok && fits(path, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			return errNowhere
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return errMethod
	}
}

// fits reports whether the path is one of the pattern's.
func fits(pattern, path string) bool {
	if !strings.HasPrefix(pattern, Base+"/") {
		return false
	}
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") {
			return false
		}
	}
	return true
}

func tag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }
