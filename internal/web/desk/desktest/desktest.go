// Package desktest opens a desk for tests: the identity half of the portal with a server, and staff who are signed in.
package desktest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"okno/internal/access"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/policy"
	"okno/internal/signin/signintest"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/webtest"
)

// Base is where the pages believe to stand.
const Base = "http://localhost:8080"

// Floor is a desk's surroundings.
type Floor struct {
	*signintest.World
	Server *web.Server
	Queue  *jobs.Client // takes jobs of the desk's own and does none: tests call the work themselves

	hired atomic.Int64
}

// Open builds it on a test's database.
func Open(t *testing.T, db *store.DB) *Floor {
	t.Helper()
	f := &Floor{World: signintest.New(t, db), Queue: jobstest.New(t, db)}
	var err error
	f.Server, err = web.New(web.Config{URL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Demo: true, Sessions: f.Credentials, Now: db.Now, Policy: policy.Default(),
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	(&desk.Pages{SignIn: f.SignIn, Credentials: f.Credentials}).Mount(f.Server)
	enter := func(w http.ResponseWriter, r *http.Request) error {
		web.SignIn(r, r.PathValue("token"))
		return web.Redirect(w, r, "/entered")
	}
	f.Server.Handle("GET /desk/enter/{token}", enter)
	f.Server.Handle("GET /enter/{token}", enter)
	f.Server.Handle("GET /entered", func(w http.ResponseWriter, _ *http.Request) error { return web.JSON(w, http.StatusOK, true) })
	return f
}

// Browser is a new browser without scripts that nobody is signed in with.
func (f *Floor) Browser(t *testing.T) *webtest.Client {
	t.Helper()
	return webtest.Serve(t, Base, f.Server)
}

// Hire makes an employee and returns who they are and their browser.
func (f *Floor) Hire(t *testing.T, role access.Role, unit string) (access.Actor, *webtest.Client) {
	t.Helper()
	ctx := context.Background()
	e, _, err := f.Staff.Add(ctx, access.SystemActor(), staff.New{Login: fmt.Sprintf("%s.%d", role, f.hired.Add(1)), Name: "Сотрудник " + string(role), Role: role, Unit: unit, Encoded: "-"})
	if err != nil {
		t.Fatal(err)
	}
	var token string
	err = f.DB.Write(ctx, func(tx *store.Tx) error {
		token, err = f.Credentials.Open(ctx, tx, access.Staff, e.ID, "", signintest.Visitor(e.Login))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return access.Actor{Kind: access.Staff, ID: e.ID, Role: role, Unit: unit}, f.enter(t, "/desk/enter/"+token)
}

// Person registers a person by phone or e-mail and returns who they are and their browser.
func (f *Floor) Person(t *testing.T, to string) (access.Actor, *webtest.Client) {
	t.Helper()
	token := f.Register(t, signintest.Visitor(to), to)
	s, err := f.Credentials.Check(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return s.Actor(), f.enter(t, "/enter/"+token)
}

func (f *Floor) enter(t *testing.T, at string) *webtest.Client {
	t.Helper()
	c := f.Browser(t)
	if got := c.Get(at).StatusCode; got != http.StatusOK { //nolint:bodyclose // the client reads it whole
		t.Fatalf("entering: %d", got)
	}
	return c
}
