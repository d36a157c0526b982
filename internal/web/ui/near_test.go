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
