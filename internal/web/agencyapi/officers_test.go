package agencyapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/staff"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

// OPS-2: an agency's system gives a case to an employee, as a head does at the desk.
func TestAnAgencysSystemGivesACaseToAnEmployee(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		person, filed := waiting(t, x)
		hire := func(login, unit string, services ...string) staff.Employee {
			e, _, err := x.Staff.Add(ctx, access.SystemActor(), staff.New{Login: login, Name: "Имя " + login, Role: access.Officer, Unit: unit, Encoded: "-", Services: services})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		nina, zoya, stranger := hire("nina", unit), hire("zoya", unit, "rosreestr.right"), hire("vlad", other)
		c, at := agencySystem(t, x, unit, access.CasesAssign, access.CasesRead), base+"/cases/"+filed.ID+"/officer"
		list := c.wants(t, http.StatusOK, "GET", base+"/officers", nil)
		if text := string(list.raw); !strings.Contains(text, `"name":"Имя nina"`) || !strings.Contains(text, `"services":["rosreestr.right"]`) || strings.Contains(text, stranger.ID) {
			t.Errorf("the employees: %s", text)
		}
		body := func(to string) map[string]string { return map[string]string{"officer": to, "words": "Срочное"} }
		match := `If-Match: "1"`
		for name, to := range map[string]string{"another agency's": stranger.ID, "who does not see it": zoya.ID, "nobody": filed.ID, "no id": "nina"} {
			if got := c.wants(t, http.StatusUnprocessableEntity, "POST", at, body(to), match); got.fields()[0] != "body:officer" {
				t.Errorf("%s: %s", name, got.raw)
			}
		}
		long := map[string]string{"officer": nina.ID, "words": strings.Repeat("а", 1001)}
		if got := c.wants(t, http.StatusUnprocessableEntity, "POST", at, long, match); got.fields()[0] != "body:words" {
			t.Errorf("a long note: %s", got.raw)
		}
		c.wants(t, http.StatusPreconditionRequired, "POST", at, body(nina.ID))
		c.wants(t, http.StatusPreconditionFailed, "POST", at, body(nina.ID), `If-Match: "7"`)
		c.wants(t, http.StatusBadRequest, "POST", at, "{", match)
		c.wants(t, http.StatusUnsupportedMediaType, "POST", at, "{}", match, "Content-Type: text/plain")
		c.wants(t, http.StatusRequestEntityTooLarge, "POST", at, `{"officer":"`+strings.Repeat("a", 200_000)+`"}`, match)
		from := func(to, had string) map[string]string { return map[string]string{"officer": to, "from": had} }
		c.wants(t, http.StatusConflict, "POST", at, from(nina.ID, stranger.ID), match)
		if got := c.wants(t, http.StatusUnprocessableEntity, "POST", at, from(nina.ID, "nina"), match); got.fields()[0] != "body:from" {
			t.Errorf("from whom that is no id: %s", got.raw)
		}
		gave := c.wants(t, http.StatusOK, "POST", at, body(nina.ID), match, "Idempotency-Key: give")
		if again := c.wants(t, http.StatusOK, "POST", at, body(nina.ID), match, "Idempotency-Key: give"); again.header.Get("Idempotency-Replayed") != "true" || string(again.raw) != string(gave.raw) {
			t.Errorf("a request that is repeated is answered otherwise: %s", again.raw)
		}
		c.wants(t, http.StatusConflict, "POST", at, body(nina.ID), match) // she has it
		olga := hire("olga", unit)
		c.wants(t, http.StatusConflict, "POST", at, from(olga.ID, ""), match) // the version is the same, and somebody has it
		one := c.wants(t, http.StatusOK, "GET", base+"/cases/"+filed.ID, nil)
		if gave.body["officer"] != nina.ID || one.body["officer"] != nina.ID || one.body["version"] != 1.0 {
			t.Errorf("given: %s; the case: %s", gave.raw, one.raw)
		}
		deeds, err := x.Applications.Deeds(ctx, nina.Actor(), filed.ID)
		if err != nil || len(deeds) != 1 || deeds[0].Deed != application.Assigned || deeds[0].Note != "Срочное" {
			t.Errorf("the history that officers read: %+v, %v", deeds, err)
		}
		c.wants(t, http.StatusOK, "POST", at, from(olga.ID, nina.ID), match)
		if now, err := x.Applications.Get(ctx, olga.Actor(), filed.ID); err != nil || now.Officer != olga.ID {
			t.Errorf("given on from whom the agent saw: %s has it, %v", now.Officer, err)
		}
		if now, err := x.Applications.Get(ctx, person, filed.ID); err != nil || now.Version != filed.Version || !now.DueAt.Equal(filed.DueAt) {
			t.Errorf("for the applicant the case moved: %+v, %v", now.Version, err)
		}
	})
}

// OPS-2: a list by deadlines has what is due, and nothing of what has ended.
func TestAnAgencysSystemListsCasesByTheirDeadline(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, filed := waiting(t, x)
		if filed.DueAt.IsZero() {
			t.Fatal("the case has no deadline")
		}
		c := agencySystem(t, x, unit)
		has := func(query string) bool {
			got := c.wants(t, http.StatusOK, "GET", base+"/cases?limit=200&"+query, nil)
			return strings.Contains(string(got.raw), filed.ID)
		}
		moment := func(d time.Duration) string { return filed.DueAt.Add(d).UTC().Format(time.RFC3339Nano) }
		for query, want := range map[string]bool{
			"due_after=" + moment(0): true, "due_after=" + moment(time.Second): false, "due_before=" + moment(0): false, "due_before=" + moment(time.Second): true,
			"due_after=" + moment(-time.Hour) + "&due_before=" + moment(time.Hour): true, "overdue=true": false, "overdue=false": true, "turn=none&due_after=" + moment(-time.Hour): false,
		} {
			if has(query) != want {
				t.Errorf("%s: %v, want %v", query, !want, want)
			}
		}
		later(t, x, fmt.Sprintf("PT%dM", int(filed.DueAt.Sub(x.DB.Now()).Minutes())+1))
		if now, err := x.Applications.Get(ctx, access.SystemActor(), filed.ID); err != nil || has("overdue=true") != (now.Outcome == "" && now.DueAt.Before(x.DB.Now())) || now.DueAt.Equal(filed.DueAt) && !has("overdue=true") {
			t.Errorf("after the deadline, %s of %s: overdue %v, %v", now.DueAt, now.State, has("overdue=true"), err)
		}
	})
}

// OPS-2: what officers see beside the answers, an agency's system reads, too.
func TestAnAgencysSystemReadsTheComparisonThatOfficersSee(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, filed := waiting(t, x)
		c := agencySystem(t, x, unit)
		one := c.wants(t, http.StatusOK, "GET", base+"/cases/"+filed.ID, nil)
		officer := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: unit}
		seen, err := x.Applications.Get(ctx, officer, filed.ID)
		if err != nil {
			t.Fatal(err)
		}
		desk, list := seen.Compare(), one.body["comparison"].([]any)
		if len(desk) == 0 || len(list) != len(desk) {
			t.Fatalf("the desk compares %d answers, the interface %d", len(desk), len(list))
		}
		for i, d := range desk {
			m := list[i].(map[string]any)
			if m["pointer"] != d.Pointer || m["verdict"] != string(d.Verdict) || m["filed"] != d.Filed || m["said"] != d.Said {
				t.Errorf("the desk compares %+v, the interface says %v", d, m)
			}
		}
	})
}

// OPS-2: what was corrected when more was asked for is read as it was before.
func TestAnAgencysSystemReadsWhatAnswersWereBeforeTheyWereCorrected(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		person, _ := waiting(t, x)
		const stall = "town.stall"
		d, err := x.Applications.Begin(ctx, person, stall)
		if err != nil {
			t.Fatal(err)
		}
		typed := map[string][]string{"region": {"77"}, "hall": {"north"}, "from": {"01.04.2026"}, "to": {"01.05.2026"}, "goods.0.name": {"bread"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"},
			"goods.1.name": {"nails"}, "goods.1.food": {"false"}}
		for _, page := range d.Form.Pages {
			if _, err := x.Applications.SavePage(ctx, person, stall, page.ID, typed); err != nil {
				t.Fatalf("page %s: %v", page.ID, err)
			}
		}
		filed, err := x.Applications.Submit(ctx, person, stall, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		c, at := agencySystem(t, x, "town"), base+"/cases/"+filed.ID
		one := c.wants(t, http.StatusOK, "GET", at, nil)
		if earlier := one.body["earlier"].([]any); len(earlier) != 0 {
			t.Errorf("nothing was corrected: %v", earlier)
		}
		c.wants(t, http.StatusOK, "POST", at+"/events", map[string]any{"event": "ask", "fields": []string{"/goods"}, "advice": "Какой хлеб?"}, "If-Match: "+one.header.Get("ETag"))
		if _, _, err := x.Applications.Amend(ctx, person, filed.ID, application.Correction{Typed: map[string][]string{"goods.0.name": {"rye bread"}}}); err != nil {
			t.Fatal(err)
		}
		one = c.wants(t, http.StatusOK, "GET", at, nil)
		was := map[string]any{}
		for _, e := range one.body["earlier"].([]any) {
			m := e.(map[string]any)
			was[m["pointer"].(string)] = m["value"]
		}
		if was["/goods/0/name"] != "bread" || !strings.Contains(string(one.raw), "rye bread") {
			t.Errorf("what was corrected: %v in %s", was, one.raw)
		}
	})
}
