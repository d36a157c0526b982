package agencyapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

func TestAnAgencysSystemDoesWhatAnOfficerDoes(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		c := agencySystem(t, x, unit)
		at := base + "/cases/" + filed.ID

		list := c.wants(t, http.StatusOK, "GET", base+"/cases?turn=agency&service="+extract, nil)
		if n := len(list.body["cases"].([]any)); n != 1 || strings.Contains(string(list.raw), filed.Content.Profile[procedure.Surname].Value) {
			t.Fatalf("%d cases wait, or the list names a person: %s", n, list.raw)
		}
		one := c.wants(t, http.StatusOK, "GET", at, nil)
		if !strings.Contains(string(one.raw), filed.Content.Profile[procedure.Surname].Value) || !strings.Contains(string(one.raw), filed.Content.Answers.Text("/property/cadastral_number")) {
			t.Errorf("the case lacks the person or the answers: %s", one.raw)
		}
		for _, f := range one.body["applicant"].([]any) {
			if m := f.(map[string]any); m["fact"] == string(procedure.Surname) && m["source"].(map[string]any)["verified"] != true {
				t.Errorf("the surname was confirmed by a register, and that is not told: %v", m)
			}
		}
		c.wants(t, http.StatusPreconditionRequired, "POST", at+"/events", map[string]string{"event": "take"})
		c.wants(t, http.StatusPreconditionFailed, "POST", at+"/events", map[string]string{"event": "take"}, `If-Match: "7"`)
		c.wants(t, http.StatusConflict, "POST", at+"/events", map[string]string{"event": "approve"}, "If-Match: "+one.header.Get("ETag"))
		c.wants(t, http.StatusForbidden, "POST", at+"/events", map[string]string{"event": "withdraw"}, "If-Match: "+one.header.Get("ETag"))
		took := c.wants(t, http.StatusOK, "POST", at+"/events", map[string]string{"event": "take"}, "If-Match: "+one.header.Get("ETag"), "Idempotency-Key: take-1")
		if again := c.wants(t, http.StatusOK, "POST", at+"/events", map[string]string{"event": "take"}, "If-Match: "+one.header.Get("ETag"), "Idempotency-Key: take-1"); !bytes.Equal(again.raw, took.raw) || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("ETag") != took.header.Get("ETag") {
			t.Errorf("a request that is repeated is answered otherwise: %s", again.raw)
		}
		bare := c.wants(t, http.StatusUnprocessableEntity, "POST", at+"/events", map[string]string{"event": "refuse"}, "If-Match: "+took.header.Get("ETag"))
		if got := bare.fields(); !slices.Equal(got, []string{"body:reason", "body:advice"}) {
			t.Errorf("a refusal without a reason is told about %v", got)
		}
		c.wants(t, http.StatusOK, "POST", at+"/events", map[string]string{"event": "approve"}, "If-Match: "+took.header.Get("ETag"))
		await(t, x, filed.ID, func(c application.Case) bool { return c.Outcome == procedure.Granted })
		if reg := c.wants(t, http.StatusOK, "GET", at+"/register", nil); reg.body["answer"] == nil {
			t.Errorf("what the register answered is not there: %s", reg.raw)
		}
		files := c.wants(t, http.StatusOK, "GET", at+"/files", nil).body["files"].([]any)
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		if got := c.wants(t, http.StatusOK, "GET", at+"/files/"+files[0].(map[string]any)["id"].(string), nil); !bytes.HasPrefix(got.raw, []byte("%PDF-")) {
			t.Errorf("the file is no PDF: %.40q", got.raw)
		}
		c.wants(t, http.StatusNotFound, "GET", at+"/files/"+filed.ID, nil)
		events := c.wants(t, http.StatusOK, "GET", at+"/events", nil).body["events"].([]any)
		if len(events) != 4 {
			t.Errorf("%d events: %v", len(events), events)
		}
		sees(t, x, person, filed.ID)
		reads(t, x, person)
	})
}

// sees holds that the person reads of every look, and by whom.
func sees(t *testing.T, x *system.System, person access.Actor, caseID string) {
	t.Helper()
	looks, err := audit.Looks(ctx, x.DB, person.ID, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	did := map[string]int{}
	for _, e := range looks {
		if e.Kind == access.Agent && e.Unit == unit {
			did[e.Action]++
		}
	}
	if did["application.viewed"] != 2 || did["document.opened"] != 1 || did["application.moved"] != 2 {
		t.Errorf("the person reads of %v by the agency's system: two looks, a paper and two moves there were (case %s)", did, caseID)
	}
}

// reads holds that the cabinet tells it in words.
func reads(t *testing.T, x *system.System, person access.Actor) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, x.URL.String()+"/demo/signin", strings.NewReader("person="+person.ID))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	x.Web.ServeHTTP(w, r)
	for _, path := range []string{"/cabinet/access", "/cabinet/security"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.URL.String()+path, http.NoBody)
		for _, c := range w.Result().Cookies() { //nolint:bodyclose // a recorder's
			r.AddCookie(c)
		}
		page := httptest.NewRecorder()
		x.Web.ServeHTTP(page, r)
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Информационная система ведомства") {
			t.Errorf("%s answers %d and does not tell of the agency's system", path, page.Code)
		}
	}
}

// Whatever is asked about a case of another agency: it is not there.
func TestATokenOfOneAgencyFindsNothingOfAnother(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		mine := agencySystem(t, x, unit)
		mine.wants(t, http.StatusOK, "GET", base+"/cases/"+filed.ID, nil)
		c := agencySystem(t, x, other)
		tried := 0
		for name := range c.doc.operations() {
			method, path, _ := strings.Cut(name, " ")
			if !strings.Contains(path, "/cases/{id}") {
				continue
			}
			tried++
			path = strings.NewReplacer("{id}", filed.ID, "{file}", filed.ID).Replace(path)
			var body any
			if method == "POST" {
				body = map[string]string{"event": "take"}
			}
			if strings.HasSuffix(path, "/officer") {
				body = map[string]string{"officer": filed.ID}
			}
			if got := c.wants(t, http.StatusNotFound, method, path, body, `If-Match: "1"`); got.str("code") != "application.missing" {
				t.Errorf("%s tells another agency %s", name, got.raw)
			}
		}
		if tried < 6 {
			t.Errorf("only %d addresses were tried", tried)
		}
		if list := c.wants(t, http.StatusOK, "GET", base+"/cases?limit=100", nil); strings.Contains(string(list.raw), filed.ID) {
			t.Errorf("another agency's list has the case")
		}
		if now, err := x.Applications.Get(ctx, person, filed.ID); err != nil || now.Version != filed.Version {
			t.Errorf("the case moved: %v, %v", now.Version, err)
		}
	})
}

func TestATokenOpensWhatItsScopesSayAndNothingElse(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, filed := waiting(t, x)
		for _, scope := range access.Scopes() {
			c := agencySystem(t, x, unit, scope)
			c.wants(t, http.StatusOK, "GET", base+"/token", nil)
			for name, op := range c.doc.operations() {
				need, _ := op["x-scope"].(string)
				if need == "" || need == string(scope) {
					continue
				}
				method, path, _ := strings.Cut(name, " ")
				path = strings.NewReplacer("{id}", filed.ID, "{file}", filed.ID, "{event}", filed.ID).Replace(path)
				var body any
				if method == "POST" {
					body = map[string]string{}
				}
				got := c.wants(t, http.StatusForbidden, method, path, body, `If-Match: "1"`)
				if got.str("code") != "agencyapi.scope" || !strings.Contains(got.str("detail"), need) {
					t.Errorf("%s with %s: %s", name, scope, got.raw)
				}
			}
		}
	})
}

func TestATokenThatEndedOpensNothingFromThatMomentOn(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		a, first := register(t, x, unit)
		c := &client{x: x, doc: described(t, x), lang: "en"}
		for name, h := range map[string][]string{
			"none": nil, "a stranger's": {"Authorization: Bearer okno_agt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "another scheme": {"Authorization: Basic " + first.Secret},
			"two": {"Authorization: Bearer " + first.Secret, "Authorization: Bearer " + first.Secret}, "of a session": {"Cookie: okno=" + first.Secret},
			"half": {"Authorization: Bearer " + first.Secret[:20]}, "zero bytes": {"Authorization: Bearer okno_agt_\x00"},
		} {
			got := c.wants(t, http.StatusUnauthorized, "GET", base+"/token", nil, h...)
			if got.str("code") != "agent.token" || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("%s: %s", name, got.raw)
			}
		}
		second, err := x.Agents.Rotate(ctx, admin(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		c.token = first.Secret
		if got := c.wants(t, http.StatusOK, "GET", base+"/token", nil); got.body["replaced"] != true || got.header.Get("Okno-Token-Warning") != "replaced" {
			t.Errorf("a token that was replaced does not say so: %s", got.raw)
		}
		later(t, x, "P2D")
		if got := c.wants(t, http.StatusUnauthorized, "GET", base+"/token", nil); got.str("code") != "agent.expired" {
			t.Errorf("after the overlap: %s", got.raw)
		}
		c.token = second.Secret
		if got := c.wants(t, http.StatusOK, "GET", base+"/token", nil); got.header.Get("Okno-Token-Warning") != "" {
			t.Errorf("a new token warns: %s", got.header)
		}
		if list, err := x.Agents.List(ctx, admin()); err != nil || list[0].Tokens[0].UsedAt.IsZero() {
			t.Errorf("when the token was used last is not known: %v", err)
		}
		later(t, x, "P80D")
		if got := c.wants(t, http.StatusOK, "GET", base+"/token", nil); got.header.Get("Okno-Token-Warning") != "expires" {
			t.Errorf("a token near its end does not warn: %s", got.header)
		}
		if err := x.Agents.Revoke(ctx, admin(), second.ID); err != nil {
			t.Fatal(err)
		}
		if got := c.wants(t, http.StatusUnauthorized, "GET", base+"/token", nil); got.str("code") != "agent.revoked" {
			t.Errorf("a revoked token: %s", got.raw)
		}
		third, err := x.Agents.Rotate(ctx, admin(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		c.token = third.Secret
		later(t, x, "P91D")
		c.wants(t, http.StatusUnauthorized, "GET", base+"/token", nil)
	})
}

func TestARequestUnderItsKeyIsDoneOnceHoweverOftenItComes(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		c := agencySystem(t, x, unit)
		at := base + "/cases/" + filed.ID + "/events"
		statuses := make([]reply, 6)
		var wg sync.WaitGroup
		for i := range statuses {
			wg.Go(func() {
				statuses[i] = c.call(t, "POST", at, map[string]string{"event": "take"}, `If-Match: "1"`, "Idempotency-Key: one")
			})
		}
		wg.Wait()
		for _, got := range statuses {
			if got.status != http.StatusOK || got.body["version"] != 2.0 {
				t.Errorf("one of several at once: %d %s", got.status, got.raw)
			}
		}
		if now, err := x.Applications.Get(ctx, person, filed.ID); err != nil || now.Version != 2 {
			t.Errorf("the case moved %d times, %v", now.Version-1, err)
		}
		for name, got := range map[string]reply{
			"another body":    c.call(t, "POST", at, map[string]string{"event": "release"}, `If-Match: "1"`, "Idempotency-Key: one"),
			"another version": c.call(t, "POST", at, map[string]string{"event": "take"}, `If-Match: "2"`, "Idempotency-Key: one"),
		} {
			if got.status != http.StatusUnprocessableEntity || got.str("code") != "agent.key" {
				t.Errorf("%s under the same key: %d %s", name, got.status, got.raw)
			}
		}
		// The key is the agent's own.
		if got := agencySystem(t, x, unit).call(t, "POST", at, map[string]string{"event": "release"}, `If-Match: "2"`, "Idempotency-Key: one"); got.status != http.StatusOK {
			t.Errorf("another system's key: %d %s", got.status, got.raw)
		}
	})
}

func TestWhatIsNoRequestIsRefusedWithItsFieldItsReasonAndItsRemedy(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		c := agencySystem(t, x, unit)
		at := base + "/cases/" + filed.ID + "/events"
		match := `If-Match: "1"`
		for name, x := range map[string]struct {
			status  int
			body    any
			headers []string
			field   string
		}{
			"oversized":               {413, `{"event":"take","advice":"` + strings.Repeat("а", 100_000) + `"}`, []string{match}, ""},
			"more than the edge lets": {413, `{"event":"take","advice":"` + strings.Repeat("a", 400_000) + `"}`, []string{match}, ""},
			"a form":                  {415, "event=take", []string{match, "Content-Type: application/x-www-form-urlencoded"}, ""},
			"no type":                 {415, `{"event":"take"}`, []string{match, "Content-Type: -"}, ""},
			"another charset":         {415, `{"event":"take"}`, []string{match, "Content-Type: application/json; charset=utf-16"}, ""},
			"compressed":              {415, `{"event":"take"}`, []string{match, "Content-Encoding: gzip"}, ""},
			"torn":                    {400, `{"event":"ta`, []string{match}, ""},
			"two objects":             {400, `{"event":"take"}{"event":"take"}`, []string{match}, ""},
			"null":                    {400, `null`, []string{match}, ""},
			"a list":                  {400, `[]`, []string{match}, ""},
			"no UTF-8":                {400, "{\"event\":\"\xff\"}", []string{match}, ""},
			"deep":                    {400, `{"event":` + strings.Repeat("[", 20_000) + `}`, []string{match}, ""},
			"nothing":                 {422, `{}`, []string{match}, "body:event"},
			"an unknown field":        {422, `{"event":"take","Фамилия":"Иванов"}`, []string{match}, "body:body"},
			"a number":                {422, `{"event":7}`, []string{match}, "body:event"},
			"a bell":                  {422, `{"event":"take","advice":"\u0007"}`, []string{match}, "body:advice"},
			"a zero byte":             {422, `{"event":"take","reason":"\u0000"}`, []string{match}, "body:reason"},
			"a weak tag":              {400, `{"event":"take"}`, []string{`If-Match: W/"1"`}, "header:If-Match"},
			"any version":             {400, `{"event":"take"}`, []string{`If-Match: *`}, "header:If-Match"},
			"two versions":            {400, `{"event":"take"}`, []string{match, `If-Match: "2"`}, "header:If-Match"},
			"a key with a line break": {400, `{"event":"take"}`, []string{match, "Idempotency-Key: a\r\nSet-Cookie: b"}, "header:Idempotency-Key"},
			"a long key":              {400, `{"event":"take"}`, []string{match, "Idempotency-Key: " + strings.Repeat("k", 256)}, "header:Idempotency-Key"},
			"an empty key":            {400, `{"event":"take"}`, []string{match, "Idempotency-Key: "}, "header:Idempotency-Key"},
			"an unknown event":        {409, `{"event":"fly"}`, []string{match}, ""},
		} {
			for _, c.lang = range []string{"ru", "en"} {
				got := c.call(t, "POST", at, x.body, x.headers...)
				if got.status != x.status || x.field != "" && !slices.Equal(got.fields(), []string{x.field}) || got.header.Get("Content-Language") != c.lang || got.header.Get("Set-Cookie") != "" {
					t.Errorf("%s in %s: %d %s", name, c.lang, got.status, got.raw)
				}
			}
		}
		for query, field := range map[string]string{
			"turn=mine": "query:turn", "limit=0": "query:limit", "limit=x": "query:limit", "cursor=AAAA": "query:cursor", "cursor=%00": "query:cursor", "state=%00": "query:state", "service=%27+OR+1%3D1": "query:service",
			"updated_after=yesterday": "query:updated_after", "updated_after=0000-01-01T00:00:00Z": "query:updated_after", "person=1": "query:query", "due_after=soon": "query:due_after", "due_before=2026-11-27": "query:due_before", "overdue=1": "query:overdue", "state=a&state=b": "query:state",
		} {
			if got := c.wants(t, http.StatusUnprocessableEntity, "GET", base+"/cases?"+query, nil); !slices.Equal(got.fields(), []string{field}) {
				t.Errorf("%s: %s", query, got.raw)
			}
		}
		for _, path := range []string{"/cases/%00", "/cases/..%2f..%2fcases", "/cases/" + strings.Repeat("a", 3000), "/cases/" + filed.ID + "/files/%00"} {
			c.wants(t, http.StatusNotFound, "GET", base+path, nil)
		}
		for _, path := range []string{"/nothing", "/cases/" + filed.ID + "/secret"} {
			if got := c.wants(t, http.StatusNotFound, "GET", base+path, nil); got.str("code") != "agencyapi.nowhere" {
				t.Errorf("%s: %s", path, got.raw)
			}
		}
		if got := c.wants(t, http.StatusMethodNotAllowed, "DELETE", base+"/cases/"+filed.ID, nil); got.header.Get("Allow") != "GET" {
			t.Errorf("a method that is not taken: %v", got.header)
		}
		if now, err := x.Applications.Get(ctx, person, filed.ID); err != nil || now.Version != filed.Version {
			t.Errorf("something moved the case: %v", err)
		}
	})
}

func TestWhoAsksTooOftenIsToldWhenToComeAgain(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		x.Policy.Agency.PerToken.Max, x.Policy.Agency.PerToken.Window = 3, time.Minute
		c, neighbour := agencySystem(t, x, unit), agencySystem(t, x, unit)
		for range 3 {
			c.wants(t, http.StatusOK, "GET", base+"/token", nil)
		}
		if got := c.wants(t, http.StatusTooManyRequests, "GET", base+"/cases", nil); got.header.Get("Retry-After") == "" || got.header.Get("Retry-After") == "0" {
			t.Errorf("when to come again is not told: %v", got.header)
		}
		neighbour.wants(t, http.StatusOK, "GET", base+"/token", nil)
		later(t, x, "PT2M")
		c.wants(t, http.StatusOK, "GET", base+"/token", nil)
	})
}

// A walk by pages sees every case once, in the order in which they moved, and one that moves meanwhile again.
func TestAWalkThroughTheCasesMissesNone(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		want := map[string]bool{filed.ID: true}
		for range 6 {
			d, err := x.Applications.Begin(ctx, person, extract)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range d.Form.Pages {
				if _, err := x.Applications.SavePage(ctx, person, extract, p.ID, map[string][]string{"property.cadastral_number": {filed.Content.Answers.Text("/property/cadastral_number")}, "property.owner": {"true"}, "extract.kind": {"object"}}); err != nil {
					t.Fatal(err)
				}
			}
			c, err := x.Applications.Submit(ctx, person, extract, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			want[c.ID] = true
		}
		c := agencySystem(t, x, unit, access.CasesRead)
		got, at, pages := map[string]int{}, base+"/cases?limit=2&state=submitted", 0
		last := ""
		for cursor := any(""); cursor != nil; pages++ {
			page := c.wants(t, http.StatusOK, "GET", at+fmt.Sprintf("%s", cursor), nil)
			for _, one := range page.body["cases"].([]any) {
				m := one.(map[string]any)
				got[m["id"].(string)]++
				if m["updated_at"].(string) < last && len(m["updated_at"].(string)) == len(last) {
					t.Errorf("out of order: %s after %s", m["updated_at"], last)
				}
				last = m["updated_at"].(string)
			}
			if cursor = page.body["next_cursor"]; cursor != nil {
				cursor = "&cursor=" + cursor.(string)
			}
		}
		if len(got) != len(want) || pages != 4 {
			t.Errorf("%d of %d cases on %d pages", len(got), len(want), pages)
		}
		for id, n := range got {
			if !want[id] || n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
		now := x.DB.Now().UTC().Format(time.RFC3339Nano)
		if page := c.wants(t, http.StatusOK, "GET", base+"/cases?updated_after="+now, nil); len(page.body["cases"].([]any)) != 0 {
			t.Errorf("something moved after now: %s", page.raw)
		}
		if _, err := x.Applications.Take(ctx, access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: unit}, filed.ID); err != nil {
			t.Fatal(err)
		}
		if page := c.wants(t, http.StatusOK, "GET", base+"/cases?updated_after="+now, nil); len(page.body["cases"].([]any)) != 1 || !strings.Contains(string(page.raw), filed.ID) {
			t.Errorf("the case that moved: %s", page.raw)
		}
	})
}

// List, case, history, files and acts go through one rule: they agree for whoever asks.
func TestListCaseFilesAndActsAgreeOnWhoSees(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, filed := waiting(t, x)
		all := "cases:read cases:decide files:read webhooks"
		for name, who := range map[string]access.Actor{
			"agent": {Kind: access.Agent, ID: "a", Unit: unit, Scopes: all}, "another agency's": {Kind: access.Agent, ID: "b", Unit: other, Scopes: all}, "no agency's": {Kind: access.Agent, ID: "c", Scopes: all},
			"officer": {Kind: access.Staff, ID: "d", Role: access.Officer, Unit: unit}, "another officer": {Kind: access.Staff, ID: "e", Role: access.Officer, Unit: other},
			"admin": {Kind: access.Staff, ID: "f", Role: access.Admin, Unit: unit}, "without scopes": {Kind: access.Agent, ID: "g", Unit: unit}, "stranger": {Kind: access.Person, ID: "h", Level: access.Confirmed}, "nobody": {},
		} {
			_, err := x.Applications.Look(ctx, who, filed.ID)
			looks := err == nil
			list, _, err := x.Applications.Changed(ctx, who, application.ChangeFilter{Most: 100})
			lists := err == nil && slices.ContainsFunc(list, func(c application.Case) bool { return c.ID == filed.ID })
			_, err = x.Applications.PapersOf(ctx, who, filed.ID)
			files := err == nil
			_, err = x.Applications.Do(ctx, who, filed.ID, application.Act{Event: "fly"})
			acts := errors.Is(err, application.ErrMoved) // it is theirs to act, and there is no such act
			if want := name == "agent" || name == "officer"; looks != want || lists != want || files != want || acts != want {
				t.Errorf("%s: looks %v, lists %v, files %v, acts %v; want %v", name, looks, lists, files, acts, want)
			}
		}
	})
}

func TestTheDescriptionAndTheRoutesAreTheSame(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		doc := described(t, x)
		var routes []string
		for _, r := range x.Web.Routes() {
			if strings.Contains(r, base+"/") {
				routes = append(routes, r)
			}
		}
		slices.Sort(routes)
		if names := slices.Sorted(maps.Keys(doc.operations())); !slices.Equal(names, routes) {
			t.Errorf("described:\n%s\nthere are:\n%s", strings.Join(names, "\n"), strings.Join(routes, "\n"))
		}
		for name, op := range doc.operations() { // every scope that the door asks for is told
			c := &client{x: x, doc: doc, lang: "ru"}
			method, path, _ := strings.Cut(name, " ")
			got := c.call(t, method, path, nil)
			if open := op["security"] != nil; open != (got.status == http.StatusOK) || !open && got.status != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d", name, got.status)
			}
		}
		for _, lang := range []string{"ru", "en"} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.URL.String()+base+"/openapi.json", http.NoBody)
			r.Header.Set("Accept-Language", lang)
			x.Web.ServeHTTP(w, r)
			var d map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || d["openapi"] != "3.1.0" || strings.Contains(w.Body.String(), `"ru":`) {
				t.Errorf("the description in %s: %v", lang, err)
			}
			if russian := strings.ContainsAny(w.Body.String(), "абвгдежз"); russian != (lang == "ru") {
				t.Errorf("the description in %s is in another language", lang)
			}
			w = httptest.NewRecorder()
			r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.URL.String()+"/developers/agency-api", http.NoBody)
			r.AddCookie(&http.Cookie{Name: "okno_lang", Value: lang})
			x.Web.ServeHTTP(w, r)
			for name := range doc.operations() {
				if !strings.Contains(w.Body.String(), name) {
					t.Errorf("the page in %s lacks %s", lang, name)
				}
			}
		}
	})
}

// SRV-5: a system reads what was complained of and how the head answered, and does nothing more in a case that it decided wrongly.
func TestAnAgencysSystemReadsOfTheComplaintAndIsKeptFromTheCaseThatItDecided(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		c := agencySystem(t, x, unit)
		at := base + "/cases/" + filed.ID
		one := c.wants(t, http.StatusOK, "GET", at, nil)
		if list := one.body["complaints"].([]any); len(list) != 0 {
			t.Errorf("nobody complained: %v", list)
		}
		took := c.wants(t, http.StatusOK, "POST", at+"/events", map[string]string{"event": "take"}, "If-Match: "+one.header.Get("ETag"))
		c.wants(t, http.StatusOK, "POST", at+"/events", map[string]string{"event": "refuse", "reason": "data-mismatch", "advice": "Проверьте номер"}, "If-Match: "+took.header.Get("ETag"))
		if _, err := x.Applications.Complain(ctx, person, filed.ID, application.NewComplaint{Ground: application.AgainstRefusal, Text: "Номер верный"}); err != nil {
			t.Fatal(err)
		}
		hire := func(login string, role access.Role) access.Actor {
			e, _, err := x.Staff.Add(ctx, access.SystemActor(), staff.New{Login: login, Name: login, Role: role, Unit: unit, Encoded: "-"})
			if err != nil {
				t.Fatal(err)
			}
			return access.Actor{Kind: access.Staff, ID: e.ID, Role: role, Unit: unit}
		}
		officer, head := hire("zoya", access.Officer), hire("vera", access.Head)
		complaint := func() (map[string]any, string) {
			got := c.wants(t, http.StatusOK, "GET", at, nil)
			list := got.body["complaints"].([]any)
			if len(list) != 1 {
				t.Fatalf("%d complaints: %s", len(list), got.raw)
			}
			return list[0].(map[string]any), got.header.Get("ETag")
		}
		if m, _ := complaint(); m["state"].(map[string]any)["code"] != "open" || m["ground"].(map[string]any)["code"] != "refusal" || m["text"] != "Номер верный" || m["answer"] != nil || m["decided_at"] != nil {
			t.Errorf("the open complaint: %v", m)
		}
		if _, err := x.Applications.Judge(ctx, head, filed.ID, application.Ruling{Uphold: true, Reasons: "Номер верный", Note: "Проверьте снова", To: officer.ID}); err != nil {
			t.Fatal(err)
		}
		m, etag := complaint()
		if m["state"].(map[string]any)["code"] != "upheld" || m["answer"] != "Номер верный" || m["note"] != "Проверьте снова" || m["decided_at"] == nil {
			t.Errorf("the upheld complaint: %v", m)
		}
		if got := c.wants(t, http.StatusConflict, "POST", at+"/events", map[string]string{"event": "approve"}, "If-Match: "+etag); got.str("code") != "complaint.first" {
			t.Errorf("the system that decided before: %s", got.raw)
		}
	})
}
