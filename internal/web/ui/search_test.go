package ui_test

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"okno/internal/web/webtest"
)

// SRV-1: services are offered while one types, to the keyboard and the screen reader too.
func TestServicesAreOfferedWhileOneTypes(t *testing.T) {
	h, base := build(t)
	chromium := webtest.Start(t)
	for _, look := range []struct {
		name string
		webtest.Look
	}{{"desktop", webtest.Desktop()}, {"phone", webtest.Phone()}} {
		t.Run(look.name, func(t *testing.T) {
			b := chromium.Browser(t, base, look.Look)
			b.Open("/search")
			state := func(name string) string {
				in, err := b.Page().Field("Поиск услуги")
				if err != nil {
					t.Fatal(err)
				}
				return webtest.Attr(in, name)
			}
			if state("role") != "combobox" || state("aria-expanded") != "false" || state("aria-autocomplete") != "list" {
				t.Errorf("role %q, expanded %q", state("role"), state("aria-expanded"))
			}
			b.Fill("Поиск услуги", "загран")
			b.Await("services and how many", func(p *webtest.Page) bool {
				return p.Sees("Загранпаспорт") && p.Sees("Нашлось 2 услуги")
			})
			if got, _ := url.ParseQuery(h.posted("/suggest")); got.Get("q") != "загран" {
				t.Errorf("%q was asked", got)
			}
			if state("aria-expanded") != "true" {
				t.Error("the box does not say that its list is open")
			}
			b.Axe()
			b.Shot("suggest-" + look.name)

			b.Keys(kb.ArrowDown)
			if got := state("aria-activedescendant"); got != "f-q-list-0" {
				t.Errorf("the first arrow leads to %q", got)
			}
			b.Keys(kb.ArrowDown + kb.ArrowDown) // past the end: back in the box
			if got := state("aria-activedescendant"); got != "" {
				t.Errorf("past the end is %q", got)
			}
			b.Keys(kb.Escape)
			if state("aria-expanded") != "false" || b.Value("Поиск услуги") != "загран" {
				t.Errorf("after Escape: open %s, «%s»", state("aria-expanded"), b.Value("Поиск услуги"))
			}

			b.Fill("Поиск услуги", "ъъ")
			b.Await("that there is nothing", func(p *webtest.Page) bool { return p.Sees("Ничего не нашлось") })
			if state("aria-expanded") != "false" {
				t.Error("an empty list is open")
			}

			b.Fill("Поиск услуги", "паспорт")
			b.Await("services", func(p *webtest.Page) bool { return p.Sees("Загранпаспорт") })
			b.Keys(kb.ArrowUp + kb.Enter)
			b.Await("the chosen service", func(p *webtest.Page) bool { return p.URL.Path == "/desk" })

			b.Open("/search")
			b.Fill("Поиск услуги", "паспорт")
			b.Await("services", func(p *webtest.Page) bool { return p.Sees("Загранпаспорт") })
			b.Keys(kb.Enter) // nothing is chosen: the form
			b.Await("what the form leads to", func(p *webtest.Page) bool { return p.URL.Path == "/story" })
		})
	}
}
