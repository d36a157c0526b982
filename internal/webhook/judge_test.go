package webhook

import (
	"errors"
	"net/url"
	"testing"
	"time"
)

func TestWhatAnAddressAnswersIsTakenAsItIsMeant(t *testing.T) {
	for status, want := range map[int]struct {
		sent, gone, away, goOn bool
	}{
		200: {sent: true, goOn: true}, 201: {sent: true, goOn: true}, 202: {sent: true, goOn: true}, 204: {sent: true, goOn: true},
		203: {away: true}, 226: {away: true}, 301: {away: true}, 307: {away: true}, 401: {away: true}, 403: {away: true}, 404: {away: true}, 408: {away: true},
		410: {gone: true}, 429: {away: true}, 400: {goOn: true}, 413: {goOn: true}, 415: {goOn: true}, 422: {goOn: true}, 500: {away: true}, 503: {away: true},
	} {
		v := judge(Reply{Status: status, RetryAfter: 48 * time.Hour}, nil)
		if v.sent != want.sent || v.gone != want.gone || v.away != want.away || v.goOn != want.goOn || v.status != status {
			t.Errorf("%d is taken as %+v", status, v)
		}
		if v.away && v.rest != longestRest {
			t.Errorf("%d with Retry-After rests for %v", status, v.rest)
		}
	}
	if v := judge(Reply{}, errors.New("no route")); !v.away || v.goOn || v.why != "no route" {
		t.Errorf("an address that is not reached is taken as %+v", v)
	}
}

func TestNewsAreOfOneSort(t *testing.T) {
	for want, n := range map[Type]News{
		Submitted: {Version: 1, Turn: "agency"}, StateChanged: {Version: 2, Turn: "agency"}, InfoRequested: {Version: 3, Turn: "applicant"}, Decided: {Version: 4, Turn: "none", Outcome: "granted"},
	} {
		if got := n.kind(); got != want {
			t.Errorf("%+v is %s, not %s", n, got, want)
		}
	}
}

func TestTypesHaveTheNameOfThePortalBeforeThem(t *testing.T) {
	for address, want := range map[string]string{"https://okno.example.ru": "ru.example.okno.case.decided.v1", "http://localhost:8080": "localhost.case.decided.v1", "http://127.0.0.1:80": "127.0.0.1.case.decided.v1"} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Service{URL: u}).TypeName(Decided); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
