package webtest

import (
	"slices"
	"strings"
	"testing"
)

func parsed(t *testing.T, body string) *Page {
	t.Helper()
	p, err := Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	p.Header.Set("Content-Security-Policy", "default-src 'self'")
	return p
}

const head = `<!doctype html><html lang="ru"><head><title>Окно</title><meta name="viewport" content="width=device-width"></head><body><main><h1>Окно</h1>`

func TestTextIsWhatAPersonReads(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"spaces of any sort are one", "<p>6&nbsp;000 \u202f₽\n\n  в  год</p>", "6 000 ₽ в год"},
		{"blocks part words, spans do not", "<p>раз</p><p>д<b>ва</b></p>три<br>четыре", "раз два три четыре"},
		{"what has no width is gone", "сло\u00adво\u200b", "слово"},
		{"what is hidden is not read", `<p hidden>a</p><script>b</script><template>c</template><dialog>d</dialog><div popover>e</div>видно`, "видно"},
		{"an open dialog is read", `<dialog open>видно</dialog>`, "видно"},
		{"closed details show their summary", `<details><summary>Ещё</summary>тайна</details>`, "Ещё"},
		{"open details show all", `<details open><summary>Ещё</summary>явно</details>`, "Ещё явно"},
		{"without scripts noscript is read", `<noscript><p>Без сценариев</p></noscript>`, "Без сценариев"},
	} {
		if got := TextOf(parsed(t, c.html).Root); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAFieldIsFoundByLabelThenNameThenAutocomplete(t *testing.T) {
	p := parsed(t, head+`<form>
		<label for="a">Фамилия</label><input id="a" name="first">
		<label>Имя <input name="second" autocomplete="section-x given-name"></label>
		<input aria-label="Отчество (если есть)" name="third">
		<span id="l">Серия</span><span id="m">паспорта</span><input aria-labelledby="l m" name="fourth">
		<input type="hidden" name="hid" value="1"><input type="submit" name="go" value="Дальше">
		<label for="x">Пароль</label><input id="x" name="p1" autocomplete="new-password"><label for="y">Снова</label><input id="y" name="p2" autocomplete="new-password"></form>`)
	for _, c := range []struct{ find, want string }{
		{"Фамилия", "first"}, {"Имя", "second"}, {"given-name", "second"}, {"third", "third"}, {"Отчество", "third"}, {"Серия паспорта", "fourth"}, {"p2", "p2"},
	} {
		n, err := p.Field(c.find)
		if err != nil || Attr(n, "name") != c.want {
			t.Errorf("Field(%q) = %v, want %s", c.find, err, c.want)
		}
	}
	for find, want := range map[string]string{"new-password": "2 fields answer", "Возраст": "no field «Возраст»; there is «Фамилия» (first)", "hid": "no field", "go": "no field"} {
		if _, err := p.Field(find); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Field(%q): %v, want %q", find, err, want)
		}
	}
}

func TestEqualButtonsAreToldApartByTheWordsBesideThem(t *testing.T) {
	p := parsed(t, `<body><header><a href="/s">Войти</a><button>Закрыть</button></header><main><a href="/m">Войти</a>
		<ul><li>Chrome <button name="c">Закрыть</button></li><li>Firefox <button name="f">Закрыть</button></li></ul>
		<button aria-label="Удалить снимок">×</button><button><span aria-hidden="true">EN</span> <span>English</span></button><dialog><button>Да</button></dialog></main>`)
	if a, err := p.Link("Войти"); err != nil || Attr(a, "href") != "/m" {
		t.Errorf("of two links the one in main is meant: %v", err)
	}
	if b, err := p.Button("Закрыть", "Firefox"); err != nil || Attr(b, "name") != "f" {
		t.Errorf("the button beside Firefox: %v", err)
	}
	if _, err := p.Button("Закрыть"); err == nil || !strings.Contains(err.Error(), "3 of a kind") {
		t.Errorf("three equal buttons: %v", err)
	}
	if _, err := p.Button("Закрыть", "Opera"); err == nil {
		t.Error("a button is found beside words that are not there")
	}
	if _, err := p.Button("Удалить"); err != nil {
		t.Errorf("a button by how its name begins: %v", err)
	}
	if _, err := p.Button("English"); err != nil {
		t.Errorf("a button by what is read aloud: %v", err)
	}
	if _, err := p.Button("Да"); err == nil {
		t.Error("a button in a closed dialog is found")
	}
}

func TestAPageHasOnePrimaryButton(t *testing.T) {
	p := parsed(t, `<body><header><button class="ds-button">Войти</button></header><main><button class="ds-button" data-variant="tertiary">Назад</button><button class="ds-button big">Дальше</button>`)
	if b, err := p.Primary(); err != nil || Name(b) != "Дальше" {
		t.Errorf("the primary button: %v", err)
	}
	if _, err := parsed(t, `<main><button class="ds-button">А</button><button class="ds-button" data-variant="primary">Б</button>`).Primary(); err == nil || !strings.Contains(err.Error(), "«А», «Б»") {
		t.Errorf("two of them: %v", err)
	}
}

func TestWhatAPageMarksForMachinesIsRead(t *testing.T) {
	p := parsed(t, `<main data-level="confirmed"><b data-reference>4K2X-<i>Q7PA</i></b>`)
	for name, want := range map[string]string{"level": "confirmed", "reference": "4K2X-Q7PA"} {
		if got, ok := p.Data(name); !ok || got != want {
			t.Errorf("data-%s = %q, want %q", name, got, want)
		}
	}
	if v, ok := p.Data("turn"); ok {
		t.Errorf("data-turn is not there and is %q", v)
	}
}

func TestThePathOfAnElementLeadsToIt(t *testing.T) {
	p := parsed(t, head+`<p>текст</p><div><input name="a"><input name="b"></div>`)
	n, err := p.Field("b")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := path(n), ":root>:nth-child(2)>:nth-child(1)>:nth-child(3)>:nth-child(2)"; got != want {
		t.Errorf("path = %s, want %s", got, want)
	}
}

func TestEveryRuleCatchesWhatItIsFor(t *testing.T) {
	for _, c := range []struct {
		name, html string
		status     int
		spoil      func(*Page)
		want       string
	}{
		{name: "a good page", html: head},
		{name: "no language", html: strings.Replace(head, ` lang="ru"`, "", 1), want: "html has no lang"},
		{name: "no title", html: strings.Replace(head, "<title>Окно</title>", "", 1), want: "there is no title"},
		{name: "two h1", html: head + "<h1>Ещё</h1>", want: "there are 2 of <h1>, not one"},
		{name: "no main", html: strings.Replace(head, "<main>", "", 1), want: "there are 0 of <main>, not one"},
		{name: "no viewport", html: strings.Replace(head, `name="viewport"`, "", 1), want: "no meta viewport: a phone would show a shrunken desktop page"},
		{name: "no label", html: head + `<input name="x">`, want: `the field "x" has no label`},
		{name: "an empty button", html: head + `<button></button>`, want: "a button has no words on it: :root>:nth-child(2)>:nth-child(1)>:nth-child(2)"},
		{name: "an icon with words", html: head + `<button><svg aria-label="Найти"></svg></button>`},
		{name: "a name with the words in it", html: head + `<button aria-label="Удалить: паспорт">Удалить</button><button aria-label="Удалить">×</button>`},
		{name: "a name without the words", html: head + `<a href="/" aria-label="Убрать паспорт">Удалить</a>`, want: "the a «Удалить» has the name «Убрать паспорт», which is without its words"},
		{name: "no alt", html: head + `<img src="a.png">`, want: "a picture has no alt: a.png"},
		{name: "a password that no program fills in", html: head + `<input type="password" name="p" aria-label="П">`, want: `the field "p" has autocomplete="", not one of ["current-password" "new-password"]`},
		{name: "a login of no name", html: head + `<input name="login" aria-label="Л" autocomplete="off">`, want: `the field "login" has autocomplete="off", not one of ["username"]`},
		{name: "a code that no telephone fills in", html: head + `<input name="code" aria-label="К">`, want: `the field "code" has autocomplete="", not one of ["one-time-code" "off"]`},
		{name: "fields that programs know", html: head + `<input name="login" aria-label="Л" autocomplete="username"><input type="password" name="p" aria-label="П" autocomplete="new-password"><input name="code" aria-label="К" autocomplete="one-time-code">`},
		{name: "an id twice", html: head + `<p id="a"></p><p id="a"></p>`, want: `the id "a" stands twice`},
		{name: "a description that is not there", html: head + `<p aria-describedby="b"></p>`, want: `aria-describedby of a p points at "b", which is not there`},
		{name: "a label for nothing", html: head + `<label for="c">В</label>`, want: `the label «В» is for "c", which is not there`},
		{name: "a link to nowhere", html: head + `<a href="#d">Г</a>`, want: "the link «Г» leads to #d, which is not there"},
		{name: "an inline script", html: head + `<script>1</script>`, want: "there is an inline script"},
		{name: "data in a script", html: head + `<script type="application/json">{}</script>`},
		{name: "an inline sheet", html: head + `<style>a{}</style>`, want: "there is an inline style sheet"},
		{name: "a style", html: head + `<p style="color:red">`, want: "a p has a style attribute"},
		{name: "a handler", html: head + `<p onclick="x()">`, want: "a p has a handler in an attribute: onclick"},
		{name: "a script in a link", html: head + `<a href=" JavaScript:x()">Д</a>`, want: "the href of a a is a script"},
		{name: "no policy", html: head, spoil: func(p *Page) { p.Header.Del("Content-Security-Policy") }, want: "no Content-Security-Policy"},
		{name: "a loose policy", html: head, spoil: func(p *Page) { p.Header.Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline'") },
			want: "the Content-Security-Policy allows what is unsafe: default-src 'self' 'unsafe-inline'"},
		{name: "an empty policy", html: head, spoil: func(p *Page) { p.Header.Set("Content-Security-Policy", "img-src 'self'") },
			want: "the Content-Security-Policy says nothing of scripts: img-src 'self'"},
		{name: "errors well told", status: 422, html: head + `<ds-error-summary><a href="#e">Укажите</a></ds-error-summary><label for="e">Е</label><input id="e" aria-invalid="true" aria-describedby="w"><p id="w">Укажите</p>`},
		{name: "a group well told", status: 422, html: head + `<div data-error-summary><a href="#e">Выберите</a></div><fieldset aria-describedby="w"><legend>Ж</legend><label><input id="e" type="radio" aria-invalid="true">З</label><p id="w">Выберите</p></fieldset>`},
		{name: "no summary", status: 422, html: head + `<label for="e">Е</label><input id="e" aria-invalid="true" aria-describedby="w"><p id="w">Укажите</p>`, want: "a page of status 422 has no error summary"},
		{name: "a summary without links", status: 422, html: head + `<ds-error-summary>Ошибка</ds-error-summary><label for="e">Е</label><input id="e" aria-invalid="true" aria-describedby="w"><p id="w">Укажите</p>`, want: "the error summary has no links to the fields"},
		{name: "no field marked", status: 422, html: head + `<ds-error-summary id="s"><a href="#s">Ошибка</a></ds-error-summary>`, want: "a page of status 422 marks no field with aria-invalid"},
		{name: "a mark without words", status: 422, html: head + `<ds-error-summary><a href="#e">Ошибка</a></ds-error-summary><label for="e">Е</label><input id="e" aria-invalid="true">`, want: "the field «Е» is marked wrong and does not say what is"},
		{name: "errors on a page that says all is well", html: head + `<label for="e">Е</label><input id="e" aria-invalid="true" aria-describedby="w"><p id="w">Укажите</p>`, want: "fields are marked wrong on a page of status 200, not 422"},
		{name: "a form that was not sent", html: head + `<form method="post" data-unsent></form>`, spoil: func(p *Page) { p.Method = "POST" }},
		{name: "a page in answer to a POST", html: head, spoil: func(p *Page) { p.Method = "POST" }, want: "a POST was answered with a page of status 200 instead of a redirect"},
		{name: "an empty place", html: head + "<p>Код ушёл на {to}</p>", want: `the page shows "{to}"`},
		{name: "a broken format", html: head + "<p>%!d(string=x)</p>", want: `the page shows "%!d(string=x)"`},
		{name: "a fallen server", html: head, status: 500, want: "the server failed with status 500"},
	} {
		p := parsed(t, c.html)
		if c.status != 0 {
			p.Status = c.status
		}
		if c.spoil != nil {
			c.spoil(p)
		}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := p.Problems(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

func TestAMessageWithPlacesMatchesWhateverStandsInThem(t *testing.T) {
	e := Wild("Отправили код на {to}. Осталось {n}")
	if !e.MatchString("Так. Отправили код на +7 912 ···-··-89. Осталось 3 попытки") || e.MatchString("Отправили код") {
		t.Error(e)
	}
	if Wild("1 + 1 = 2?").MatchString("11 = ") {
		t.Error("a message is read as an expression")
	}
}
