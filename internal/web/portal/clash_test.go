package portal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/application"
	"okno/internal/signin/signintest"
	"okno/internal/system/systemtest"
	"okno/internal/web/webtest"
)

// SRV-2: whatever an answer is made of, one that was changed in another tab is said to be so where it is asked, and is not sent again before
// the person has touched it.
func TestInChromiumAnAnswerOfSeveralInputsThatClashesIsHeldBackWhole(t *testing.T) {
	chromium := webtest.Start(t)
	services := systemtest.Services(t)
	file := filepath.Join(services, "tent.yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("    helpers:\n", "    place: {$ref: 'okno:address'}\n    days: {type: array, uniqueItems: true, items: {type: string, enum: [sat, sun]}}\n    helpers:\n",
		"  /helpers: {", "  /place: {label: {ru: Место, en: Place}}\n  /days: {label: {ru: Дни, en: Days}, options: {sat: {ru: Суббота, en: Saturday}, sun: {ru: Воскресенье, en: Sunday}}}\n  /helpers: {",
		"[/size, /helpers]", "[/size, /place, /days, /helpers]").Replace(string(src))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	withServices(t, os.DirFS(services), func(t *testing.T, x counter) {
		base := served(t, x)
		who, _ := x.Person(t, phone)
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.Begin(ctx, who, "town.tent"); err != nil {
			t.Fatal(err)
		}
		draft := func() application.Draft {
			t.Helper()
			d, err := x.cases.Draft(ctx, who, "town.tent")
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		elsewhere := func(helper, street string, days ...string) {
			t.Helper()
			typed := map[string][]string{"helpers": {""}, "helpers.0.name": {helper}, "place.region": {"69"}, "place.city": {"Ржев"}, "place.street": {street}, "place.house": {"1"}, "days": days}
			if _, err := x.cases.SavePage(ctx, who, "town.tent", "size", typed); err != nil && draft().Answers.Text("/place/street") != street {
				t.Fatal(err)
			}
		}
		elsewhere("Павел", "ул. Мира")
		b := chromium.Browser(t, base, webtest.Desktop())
		b.Open("/come/" + token)
		b.Open("/services/fair-tent/apply/size")

		elsewhere("Пётр", "ул. Лесная", "sun")
		b.Run(nil, `() => { // all at once, as a browser fills in a form
			const form = document.getElementById('form').elements
			form['helpers.0.name'].value = 'Иван'
			form['place.street'].value = 'ул. Садовая'
			document.getElementById('f-days').checked = true
			form['place.street'].dispatchEvent(new Event('change', { bubbles: true }))
		}`)
		told := func(p *webtest.Page) int {
			n := 0
			for _, name := range []string{"helpers.0.name", "place.index", "days"} {
				for _, words := range p.All("p", "id", "f-"+name+"-error") {
					if strings.Contains(webtest.TextOf(words), "в другой вкладке") {
						n++
					}
				}
			}
			return n
		}
		b.Await("that all three were changed elsewhere", func(p *webtest.Page) bool { return told(p) == 3 })
		b.Axe()
		b.Shot("clashes")

		// Typing on elsewhere sends none of them, and the words stay.
		b.Fill("Размер", "3")
		b.Keys("\t")
		b.Await("the size to be kept", func(*webtest.Page) bool { return draft().Answers.Get("/size") != nil })
		a := draft().Answers
		if a.Text("/helpers/0/name") != "Пётр" || a.Text("/place/street") != "ул. Лесная" || len(a.Get("/days").([]any)) != 1 || told(b.Page()) != 3 {
			t.Errorf("kept is %v, and %d are said", a, told(b.Page()))
		}

		// What is touched counts as it stands here, all of it.
		b.Fill("Дом", "5")
		b.Keys("\t")
		b.Await("the words about the address to go", func(p *webtest.Page) bool { return told(p) == 2 })
		b.Await("the address to be kept", func(*webtest.Page) bool { return draft().Answers.Text("/place/house") == "5" })
		if a := draft().Answers; a.Text("/place/street") != "ул. Садовая" || a.Text("/helpers/0/name") != "Пётр" {
			t.Errorf("kept is %v", a)
		}
		b.Tick("Воскресенье", true)
		b.Await("the days to be kept", func(p *webtest.Page) bool { return told(p) == 1 && len(draft().Answers.Get("/days").([]any)) == 2 })
	})
}
