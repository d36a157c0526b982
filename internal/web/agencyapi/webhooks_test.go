package agencyapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

func TestASystemSubscribesAnAddressAndSeesWhatWasSent(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, filed := waiting(t, x)
		c, other := agencySystem(t, x, unit), agencySystem(t, x, unit)
		hooks := base + "/webhooks"
		for name, bad := range map[string]struct {
			status int
			body   string
			field  string
		}{
			"nobody there":    {422, `{"url":"https://127.0.0.1:1/hooks"}`, "body:url"},
			"metadata":        {422, `{"url":"http://169.254.169.254/latest"}`, "body:url"},
			"private":         {422, `{"url":"https://10.1.2.3/"}`, "body:url"},
			"loopback of six": {422, `{"url":"https://[::1]/"}`, "body:url"},
			"no address":      {422, `{"url":"mailto:a@b"}`, "body:url"},
			"a password":      {422, `{"url":"https://user:pass@a.example/"}`, "body:url"},
			"a line break":    {422, `{"url":"https://a.example/\r\nHost: b"}`, "body:url"},
			"no such type":    {422, `{"url":"` + x.World.AgencyURL() + `","types":["case.paid"]}`, "body:types"},
			"nobody agrees":   {422, `{"url":"` + x.World.AgencyURL() + `/nowhere"}`, "body:url"},
		} {
			got := c.wants(t, bad.status, "POST", hooks, bad.body)
			if f := got.fields(); len(f) != 1 || f[0] != bad.field {
				t.Errorf("%s: %s", name, got.raw)
			}
		}
		c.wants(t, http.StatusBadRequest, "POST", hooks, `{`)
		c.wants(t, http.StatusUnsupportedMediaType, "POST", hooks, `{}`, "Content-Type: text/plain")
		c.wants(t, http.StatusRequestEntityTooLarge, "POST", hooks, `{"url":"`+strings.Repeat("a", 100_000)+`"}`)

		made := c.wants(t, http.StatusCreated, "POST", hooks, map[string]any{"url": x.World.AgencyURL(), "types": []string{"case.state-changed"}})
		at := made.header.Get("Location")
		if got := c.wants(t, http.StatusOK, "GET", at, nil); got.body["secret"] != nil || got.body["state"] != "active" {
			t.Errorf("the subscription: %s", got.raw)
		}
		if got := c.wants(t, http.StatusOK, "GET", hooks, nil); len(got.body["webhooks"].([]any)) != 1 || strings.Contains(string(got.raw), "whsec_") {
			t.Errorf("the subscriptions: %s", got.raw)
		}
		// Nobody else sees it, whatever is asked.
		for name := range c.doc.operations() {
			method, path, _ := strings.Cut(name, " ")
			if strings.Contains(path, "/webhooks/{id}") {
				other.wants(t, http.StatusNotFound, method, strings.NewReplacer(hooks+"/{id}", at, "{event}", filed.ID).Replace(path), nil)
				c.wants(t, http.StatusNotFound, method, strings.NewReplacer("{id}", "%00", "{event}", filed.ID).Replace(path), nil)
			}
		}
		x.World.AgencyAnswers(410, "")
		if _, err := x.Applications.Take(ctx, access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: unit}, filed.ID); err != nil {
			t.Fatal(err)
		}
		dead := ""
		for range 200 {
			if err := x.Webhooks.Look(ctx); err != nil {
				t.Fatal(err)
			}
			list := c.wants(t, http.StatusOK, "GET", at+"/deliveries?state=dead", nil).body["deliveries"].([]any)
			if len(list) == 1 {
				dead = list[0].(map[string]any)["event"].(string)
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		c.wants(t, http.StatusUnprocessableEntity, "GET", at+"/deliveries?state=lost", nil)
		c.wants(t, http.StatusConflict, "POST", at+"/deliveries/"+dead, nil)
		c.wants(t, http.StatusUnprocessableEntity, "POST", at+"/check", nil)
		x.World.AgencyAnswers(0, "")
		c.wants(t, http.StatusOK, "POST", at+"/check", nil)
		c.wants(t, http.StatusNotFound, "POST", at+"/deliveries/"+filed.ID, nil)
		c.wants(t, http.StatusAccepted, "POST", at+"/deliveries/"+dead, nil)
		if got := c.wants(t, http.StatusOK, "POST", at+"/secret", nil); got.str("secret") == made.str("secret") || got.body["previous_until"] == nil {
			t.Errorf("the new secret: %s", got.raw)
		}
		x.Policy.Webhooks.MostHooks = 1
		c.wants(t, http.StatusConflict, "POST", hooks, map[string]any{"url": x.World.AgencyURL()})
		c.wants(t, http.StatusNoContent, "DELETE", at, nil)
		c.wants(t, http.StatusNotFound, "GET", at, nil)
		if now := await(t, x, filed.ID, func(application.Case) bool { return true }); now.Version != 2 {
			t.Errorf("the case is at %d", now.Version)
		}
	})
}
