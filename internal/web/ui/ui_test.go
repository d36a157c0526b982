package ui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"okno/internal/fault"
	"okno/internal/i18n"
)

var languages = map[string]context.Context{
	"ru": i18n.With(context.Background(), i18n.RU),
	"en": i18n.With(context.Background(), i18n.EN),
}

var russian = languages["ru"]

// visitor and resident are the two whom the public pages greet.
var (
	visitor = Page{
		Title: "Услуги", Path: "/services?q=загран&page=2", Hotline: "8 800 100-70-10", Home: true,
		Nav:    []Link{{Label: "Услуги", URL: "/services", Current: true}, {Label: "Помощь", URL: "/support"}},
		Footer: []Link{{Label: "Соглашение", URL: "/agreement"}},
	}
	resident = Page{
		Title: "Кабинет", Path: "/cabinet", Banner: "Демонстрация", Invalid: true, Larger: true,
		Person: &Person{Name: "Анна П.", Menu: []Link{{Label: "Сообщения", URL: "/inbox", Icon: IconMail, Count: "3"}}},
		Flash:  &Flash{Title: "Сохранено"},
		Attrs:  templ.Attributes{"data-level": "standard"},
	}
	officer = Desk{
		Title: "Новые", Path: "/desk", Unit: "МВД", Staff: "Смирнова О. В.", Role: "Инспектор",
		Queues: []Link{{Label: "Новые", URL: "/desk", Current: true, Count: "18"}, {Label: "Горит срок", URL: "/desk/late", Count: "2", Tone: Danger}},
		Pane:   templ.Raw("<h2>2026-000184</h2>"),
		Keys:   []Key{{Key: "A", Label: "одобрить"}},
	}
)

// around puts text into what has room for it.
func around(c templ.Component, text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Raw(text)), w)
	})
}

func render(t *testing.T, ctx context.Context, c templ.Component) (string, *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), root
}

func find(root *html.Node, ok func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			out = append(out, n)
		}
	}
	return out
}

func tag(names ...string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for _, x := range names {
			if n.Data == x {
				return true
			}
		}
		return false
	}
}

func attr(n *html.Node, name string) string { v, _ := lookup(n, name); return v }

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func byID(root *html.Node, id string) *html.Node {
	for _, n := range find(root, func(n *html.Node) bool { return attr(n, "id") == id }) {
		return n
	}
	return nil
}

// wiring is what must hold of everything we render; it returns what does not.
func wiring(root *html.Node) []string {
	var bad []string
	complain := func(n *html.Node, format string, args ...any) {
		bad = append(bad, fmt.Sprintf("<%s id=%q name=%q>: ", n.Data, attr(n, "id"), attr(n, "name"))+fmt.Sprintf(format, args...))
	}
	ids := map[string]int{}
	labels := map[string]bool{}
	for _, n := range find(root, func(*html.Node) bool { return true }) {
		if id, ok := lookup(n, "id"); ok {
			if ids[id]++; ids[id] > 1 {
				complain(n, "the id is taken twice")
			}
		}
		if n.Data == "label" {
			labels[attr(n, "for")] = text(n) != ""
		}
	}
	for _, n := range find(root, func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				complain(n, "%s is written into the page, which the policy forbids", a.Key)
			case a.Key == "for", a.Key == "aria-describedby", a.Key == "aria-labelledby", a.Key == "aria-controls", a.Key == "popovertarget":
				for _, id := range strings.Fields(a.Val) {
					if ids[id] == 0 {
						complain(n, "%s leads to #%s, which is not there", a.Key, id)
					}
				}
				if strings.TrimSpace(a.Val) == "" {
					complain(n, "%s is empty", a.Key)
				}
			case a.Key == "href" && strings.HasPrefix(a.Val, "#f-"):
				if ids[a.Val[1:]] == 0 {
					complain(n, "the link leads to %s, which is not there", a.Val)
				}
			}
		}
		switch n.Data {
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && !labels[attr(n, "id")] && attr(n, "aria-label") == "" {
				complain(n, "has no label")
			}
			if attr(n, "aria-invalid") == "true" && !explained(n) {
				complain(n, "is wrong and does not say why")
			}
		case "button", "a", "summary":
			if text(n) == "" && attr(n, "aria-label") == "" {
				complain(n, "has no words")
			}
		case "img":
			if _, ok := lookup(n, "alt"); !ok {
				complain(n, "has no alt")
			}
		case "svg":
			if attr(n, "aria-hidden") != "true" {
				complain(n, "a drawing speaks")
			}
		case "script":
			if attr(n, "src") == "" {
				complain(n, "is inline")
			}
		case "form":
			if attr(n, "method") != "get" && attr(n, "method") != "post" {
				complain(n, "does not say how it is sent")
			}
		}
	}
	return bad
}

// explained reports whether a wrong control, or the group it is in, is described.
func explained(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if strings.Contains(attr(n, "aria-describedby"), "-error") {
			return true
		}
	}
	return false
}

func TestEveryComponentIsWiredForThoseWhoDoNotSeeIt(t *testing.T) {
	choices := []Choice{{Value: "a", Label: "А", Description: "первая"}, {Value: "b", Label: "Б"}}
	for name, c := range map[string]templ.Component{
		"field":                Field{Name: "surname", Label: "Фамилия"},
		"field hint":           Field{Name: "surname", Label: "Фамилия", Description: "как в паспорте"},
		"field wrong":          Field{Name: "surname", Label: "Фамилия", Error: "введите фамилию"},
		"field hint and wrong": Field{Name: "surname", Label: "Фамилия", Description: "как в паспорте", Error: "введите фамилию", HideLabel: true},
		"field odd name":       Field{Name: "answers[0] dup", Label: "Ответ", Description: "один", Error: "нет"},
		"password":             Password{Name: "password", Label: "Пароль"},
		"password wrong":       Password{Name: "password", Label: "Пароль", New: true, Meter: true, Description: "латиницей", Error: "короткий"},
		"code":                 Code{Label: "Код", Description: "из СМС"},
		"code wrong":           Code{Label: "Код", Error: "не подошёл"},
		"textarea wrong":       Textarea{Name: "about", Label: "О чём", Error: "напишите"},
		"select wrong":         Select{Name: "year", Label: "Год", Choices: choices, Empty: "Выберите", Error: "выберите"},
		"radios":               Radios{Name: "how", Legend: "Как", Choices: choices},
		"radios wrong":         Radios{Name: "how", Legend: "Как", Choices: choices, Description: "выберите одно", Error: "выберите"},
		"checkboxes wrong":     Checkboxes{Name: "how", Legend: "Как", Choices: choices, Error: "выберите"},
		"checkbox":             Checkbox{Name: "yes", Label: "Да"},
		"checkbox wrong":       Checkbox{Name: "yes", Label: "Да", Error: "отметьте", Description: "обязательно"},
		"file wrong":           File{Name: "scan", Label: "Скан", Description: "до 5 МБ", Error: "больше 5 МБ"},
		"search":               Search{Action: "/services", Label: "Поиск"},
		"resend":               Resend{Action: "/again", Wait: 41, Call: "/call"},
		"table":                Table{Caption: "Дела", Columns: []Column{{Label: "Дело"}, {Label: "Действие", Hide: true}}, Rows: []Row{{Cells: []Cell{{Text: "1", URL: "/1"}, {Button: &PostButton{Action: "/1/take", Button: Button{Label: "Взять"}}}}}}},
		"pagination":           Pagination{Prev: "/1", Next: "/3"},
		"qr":                   QR{Src: "/qr.png", Alt: "Код"},
		"page, nobody":         around(visitor.Around(), "<h1>Услуги</h1>"),
		"page, somebody":       around(resident.Narrow(), "<h1>Кабинет</h1>"),
		"step":                 around(visitor.Step(Steps{Now: 2, Of: 3, Saved: true, Back: "/register"}), "<h1>Код</h1>"),
		"desk":                 around(officer.Around(), "<h1>Новые</h1>"),
		"desk at the door":     around(Desk{Title: "Вход"}.Around(), "<h1>Вход</h1>"),
		"storybook":            Storybook(resident),
	} {
		for lang, ctx := range languages {
			t.Run(name+"/"+lang, func(t *testing.T) {
				_, root := render(t, ctx, c)
				for _, complaint := range wiring(root) {
					t.Error(complaint)
				}
			})
		}
	}
}

// The check above must be able to find something.
func TestWiringComplains(t *testing.T) {
	root, err := html.Parse(strings.NewReader(`<p style="color:red" onclick="x()">a</p><input id="a" aria-invalid="true"><label for="b">b</label><input id="c" aria-describedby="d">
		<button></button><img src="x"><svg></svg><script>1</script><i id="a"></i><a href="#f-none">x</a><form></form>`))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(wiring(root)); got != 14 {
		t.Errorf("%d complaints, want 14:\n%s", got, strings.Join(wiring(root), "\n"))
	}
}

func TestAFieldThatIsWrongSaysSoAndWhy(t *testing.T) {
	_, root := render(t, russian, Field{Name: "snils", Label: "СНИЛС", Description: "11 цифр", Value: `11"2`, Error: "не сходится", Autocomplete: "off", Check: "snils", Required: true})
	in := byID(root, FieldID("snils"))
	for name, want := range map[string]string{
		"name": "snils", "value": `11"2`, "aria-invalid": "true", "aria-describedby": "f-snils-hint f-snils-error", "data-check": "snils", "autocomplete": "off", "required": "",
	} {
		if got, ok := lookup(in, name); !ok || got != want {
			t.Errorf("%s is %q (there: %v), want %q", name, got, ok, want)
		}
	}
	if got := text(byID(root, "f-snils-error")); got != "Ошибка: не сходится" {
		t.Errorf("the error reads %q", got)
	}
	_, fine := render(t, russian, Field{Name: "snils", Label: "СНИЛС"})
	if in := byID(fine, "f-snils"); attr(in, "aria-invalid") != "" || attr(in, "aria-describedby") != "" {
		t.Error("a field that is right is described as wrong")
	}
}

func TestTheErrorSummaryLeadsToTheFields(t *testing.T) {
	err := fmt.Errorf("register: %w", fault.Invalid(fault.F("phone", "ui.skip"), fault.F("how", "ui.nav.menu")))
	page := templ.Join(
		ErrorSummary{Errors: ErrorsOf(russian, err)},
		Field{Name: "phone", Label: "Телефон", Error: ErrorsOf(russian, err).Of("phone")},
		Radios{Name: "how", Legend: "Как", Choices: []Choice{{Value: "a", Label: "А"}, {Value: "b", Label: "Б"}}, Error: ErrorsOf(russian, err).Of("how")},
	)
	_, root := render(t, russian, page)
	summary := find(root, func(n *html.Node) bool { return attr(n, "class") == "ds-error-summary" })
	if len(summary) != 1 || attr(summary[0], "tabindex") != "-1" {
		t.Fatal("no summary that can take the focus")
	}
	if _, ok := lookup(summary[0], "autofocus"); !ok {
		t.Error("the summary does not take the focus")
	}
	var to []string
	for _, a := range find(summary[0], tag("a")) {
		target := byID(root, strings.TrimPrefix(attr(a, "href"), "#"))
		if target == nil || target.Data != "input" {
			t.Errorf("%q leads to no input", text(a))
			continue
		}
		to = append(to, attr(target, "name")+attr(target, "value"))
	}
	if got := strings.Join(to, " "); got != "phone howa" {
		t.Errorf("the summary leads to %q", got)
	}
	if s, _ := render(t, russian, ErrorSummary{}); s != "" {
		t.Errorf("without errors there is a summary: %s", s)
	}
}

func TestAFaultWithoutFieldsSpeaksForTheForm(t *testing.T) {
	got := ErrorsOf(russian, fault.New(fault.Conflict, "ui.brand"))
	if len(got) != 1 || got[0].Name != "" || got[0].Text != "Окно" {
		t.Errorf("got %v", got)
	}
	if got := ErrorsOf(russian, fmt.Errorf("broken pipe")); got != nil {
		t.Errorf("an error nobody may see became %v", got)
	}
}

func TestEveryPageHasWhatEveryPageMustHave(t *testing.T) {
	for name, c := range map[string]templ.Component{"nobody": around(visitor.Around(), "<h1>x</h1>"), "somebody": around(resident.Around(), "<h1>x</h1>")} {
		t.Run(name, func(t *testing.T) {
			_, root := render(t, russian, c)
			for _, landmark := range []string{"header", "main", "footer"} {
				if n := len(find(root, tag(landmark))); n != 1 {
					t.Errorf("%d <%s>", n, landmark)
				}
			}
			skip := find(root, tag("a"))[0]
			if attr(skip, "href") != "#main" || byID(root, "main") == nil {
				t.Error("the first link does not skip to the content")
			}
			if attr(find(root, tag("html"))[0], "lang") != "ru" {
				t.Error("the page does not say its language")
			}
			hotline := find(root, func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "tel:") })
			if want := name == "nobody"; (len(hotline) == 1) != want {
				t.Errorf("hotline shown: %v, want %v", len(hotline) == 1, want)
			}
			switches := map[string]string{}
			for _, b := range find(root, tag("button")) {
				switches[attr(b, "name")] = attr(b, "value")
			}
			if switches["lang"] != "en" {
				t.Error("no switch of language")
			}
			if want := map[string]string{"nobody": "larger", "somebody": "normal"}[name]; switches["type"] != want {
				t.Errorf("the switch of type offers %q, want %q", switches["type"], want)
			}
		})
	}
}

// Spaces and digits are Latin: a typeface that is asked for only when they are laid out breaks the lines anew when it comes.
func TestTheTypefacesOfEveryPageAreAskedForBeforeItIsLaidOut(t *testing.T) {
	for name, c := range map[string]templ.Component{"a person's": resident.Around(), "a desk": officer.Around()} {
		_, root := render(t, russian, c)
		var early []string
		for _, l := range find(root, tag("link")) {
			if attr(l, "rel") == "preload" && attr(l, "as") == "font" {
				early = append(early, attr(l, "href"))
			}
		}
		if want := []string{URL("golos-cyrillic.woff2"), URL("golos-latin.woff2")}; !slices.Equal(early, want) {
			t.Errorf("%s: %v are asked for early, not %v", name, early, want)
		}
	}
}

func TestTheProblemLinkNamesThePage(t *testing.T) {
	_, root := render(t, russian, visitor.Around())
	for _, a := range find(root, tag("a")) {
		if strings.HasPrefix(attr(a, "href"), "/support?") {
			if want := "/support?page=%2Fservices%3Fq%3D%D0%B7%D0%B0%D0%B3%D1%80%D0%B0%D0%BD%26page%3D2"; attr(a, "href") != want {
				t.Errorf("got %s, want %s", attr(a, "href"), want)
			}
			return
		}
	}
	t.Error("no way to report a problem")
}

func TestSigningOutIsNotALink(t *testing.T) {
	for name, c := range map[string]templ.Component{"/signout": resident.Around(), "/desk/signout": officer.Around()} {
		_, root := render(t, russian, c)
		forms := find(root, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == name })
		if len(forms) != 1 || attr(forms[0], "method") != "post" {
			t.Errorf("%s is not a form that is posted", name)
		}
	}
}

func TestTheTitleSaysFirstThatSomethingIsWrong(t *testing.T) {
	_, root := render(t, russian, resident.Around())
	if got := text(find(root, tag("title"))[0]); got != "Ошибка: Кабинет — Окно" {
		t.Errorf("the title is %q", got)
	}
}

func TestThePageCarriesItsState(t *testing.T) {
	_, root := render(t, russian, resident.Around())
	if got := attr(byID(root, "main"), "data-level"); got != "standard" {
		t.Errorf("data-level is %q", got)
	}
}

func TestWhatPeopleTypeIsNotMarkup(t *testing.T) {
	s, _ := render(t, russian, templ.Join(
		Field{Name: "a", Label: "<b>", Value: `"><script>`, Error: "<i>"},
		LinkButton{Label: "x", URL: "javascript:alert(1)"},
		List{Items: []Item{{Title: "<u>", URL: "javascript:alert(1)"}}},
		Facts{List: []Fact{{Label: "a", Value: "<script>"}}},
	))
	for _, bad := range []string{"<script>", "<b>", "<i>", "<u>", "javascript:"} {
		if strings.Contains(s, bad) {
			t.Errorf("%s got into the page", bad)
		}
	}
}

func TestAPageInOneLanguageHasNoneOfTheOther(t *testing.T) {
	_, root := render(t, languages["en"], Storybook(Page{Title: "All", Path: "/demo/ui", Hotline: "8 800"}))
	for n := range root.Descendants() {
		if n.Type != html.TextNode || attr(n.Parent, "lang") == "ru" || attr(n.Parent.Parent, "lang") == "ru" {
			continue
		}
		if strings.ContainsFunc(n.Data, func(r rune) bool { return r >= 'А' && r <= 'я' }) {
			t.Errorf("%q stands on the English page", strings.TrimSpace(n.Data))
		}
		if strings.HasPrefix(strings.TrimSpace(n.Data), "ui.") {
			t.Errorf("the message %s is missing", n.Data)
		}
	}
}

func TestEveryIconIsDrawn(t *testing.T) {
	for _, i := range Icons() {
		if s, _ := render(t, russian, i); !strings.Contains(s, "<path") && !strings.Contains(s, "<circle") && !strings.Contains(s, "<rect") {
			t.Errorf("%s is empty", i)
		}
	}
	if err := Icon("unicorn").Render(russian, &bytes.Buffer{}); err == nil {
		t.Error("an icon that is not there was drawn")
	}
}

func TestCountdownsReadAsMinutes(t *testing.T) {
	for seconds, want := range map[int]string{0: "0:00", 9: "0:09", 41: "0:41", 252: "4:12", 3600: "60:00"} {
		if got := clock(seconds); got != want {
			t.Errorf("clock(%d) = %s, want %s", seconds, got, want)
		}
	}
}

func TestThePagesThatNameTheOldestBrowsersNameThoseThatTheBuildKnows(t *testing.T) {
	build, err := os.ReadFile("build.mjs")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("['chrome%s', 'firefox%s', 'safari%s']", Chrome, Firefox, Safari)
	if !strings.Contains(string(build), want) {
		t.Errorf("build.mjs is not made for %s", want)
	}
}
