package agencyapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"okno/internal/fault"
	"okno/internal/policy"
)

// FuzzBody sends what comes: it is an order that says the same when it is written again, or a fault that repeats nothing of it for the
// log.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"event":"take"}`, `{"event":"refuse","reason":"data-mismatch","advice":"Исправьте"}`, `{}`, `null`, `[]`, `{"event":7}`, `{"event":"a","event":"b"}`,
		`{"иванов":1}`, `{"event":"\u0000"}`, `{"advice":"\ud800"}`, `{"event":"take"} x`, strings.Repeat("[", 100), "\xff", `{"EVENT":"take"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		o, err := read[order](r, 64_000)
		if err == nil {
			err = o.check()
		}
		if err != nil {
			if _, ok := fault.Of(err); !ok {
				t.Fatalf("%q: %v is no fault", text, err)
			}
			if !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "иванов") || len(err.Error()) > 300 {
				t.Errorf("%q: the log is told %q", text, err)
			}
			return
		}
		again, err := json.Marshal(o)
		var same order
		if err != nil || parse(again, &same) != nil || !reflect.DeepEqual(o, same) || same.check() != nil {
			t.Errorf("%q is %+v, and written again %+v", text, o, same)
		}
	})
}

// FuzzList asks for lists: what is asked of the database is bounded, and a place in the list comes back as it was given.
func FuzzList(f *testing.F) {
	for _, s := range []string{"", "turn=agency&limit=2", "limit=99999999999999999999", "cursor=MTAwMC4wMWs", "updated_after=2026-11-27T10:00:00Z", "state=%00", "a=b&a=c", "limit=-1"} {
		f.Add(s)
	}
	x := &API{Policy: policy.Default()}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := x.filter(q)
		if err != nil {
			if _, ok := fault.Of(err); !ok {
				t.Errorf("%q: %v is no fault", query, err)
			}
			return
		}
		if got.Most < 1 || got.Most > x.Policy.Agency.LongestPage || strings.ContainsAny(string(got.State)+string(got.Turn)+got.Service+got.After.ID, "\x00' \n") {
			t.Errorf("%q asks for %+v", query, got)
		}
		if q.Has("cursor") {
			if again, ok := markOf(cursorOf(got.After)); !ok || again != got.After {
				t.Errorf("%q: %+v comes back as %+v", query, got.After, again)
			}
		}
	})
}
