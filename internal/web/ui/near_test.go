package ui_test

import (
	"strings"
	"testing"

	"okno/internal/web/webtest"
)

// LVL-12.
func TestTheNearestPlacesComeFirstByAPositionThatLeavesTheBrowserNowhere(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Phone())
	b.Open("/near")
	b.Run(nil, `() => { navigator.geolocation.getCurrentPosition = (ok, no) => no({ code: 1 }) }`)
	b.Press("Ближайшие ко мне")
	b.Await("the refusal", func(p *webtest.Page) bool { return p.Sees("Не сказано, где вы") })
	b.Run(nil, `() => { navigator.geolocation.getCurrentPosition = ok => ok({ coords: { latitude: 56.1, longitude: 37 } }) }`)
	sent := len(b.Sent())
	b.Press("Ближайшие ко мне")
	text := b.Await("the order", func(p *webtest.Page) bool { return p.Sees("Сначала ближайшие") }).Text()
	if north, south := strings.Index(text, "Север 11,1 км"), strings.Index(text, "Юг 233,5 км"); north < 0 || south < north {
		t.Errorf("North at %d, South at %d: %s", north, south, text)
	}
	if got := b.Sent()[sent:]; len(got) != 0 {
		t.Errorf("the position, or something, was sent: %+v", got)
	}
}

// SRV-7: a list of several pages is sorted by the server, which is told the district that is nearest and no more.
func TestOfAListOfSeveralPagesTheBrowserChoosesTheNearestDistrict(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Phone())
	b.Open("/near/pages")
	b.Run(nil, `() => { navigator.geolocation.getCurrentPosition = ok => ok({ coords: { latitude: 55.6, longitude: 37 } }) }`)
	b.Fill("К кому", "врач")
	b.Press("Ближайшие ко мне")
	b.Await("the answer to the form", func(p *webtest.Page) bool { return p.URL.RawQuery != "" })
	if got := b.Page().URL.Query(); got.Get("area") != "N/2" || got.Get("q") != "врач" || len(got) != 2 {
		t.Errorf("the portal is told %v", got)
	}
}
