package procedure

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/form"
)

func goodSource(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func good(t testing.TB) *Definition {
	t.Helper()
	d, err := Compile("good.yaml", []byte(goodSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAGoodDefinitionCompiles(t *testing.T) {
	d := good(t)
	if d.Code != "town.tree" || d.Slug != "plant-a-tree" || d.Level != access.Standard || !d.Online() || d.Kind() != Service {
		t.Errorf("%+v", d)
	}
	open := func(l access.Level) bool { return d.Admits(access.Actor{Kind: access.Person, Level: l}) == nil }
	if open(access.Simplified) || !open(access.Standard) || !open(access.Confirmed) || open("") {
		t.Error("it is open to other levels than it says")
	}
	if len(d.Version) != 64 {
		t.Errorf("version %q", d.Version)
	}
}

// Each case spoils the good definition in one place; at is the text at which the complaint must point.
func TestEveryMistakeIsNamedWithItsPlace(t *testing.T) {
	src := goodSource(t)
	for _, tt := range []struct {
		name     string
		old, new string
		at       string // the complaint points at this text of the spoiled file
		want     string
	}{
		{"another format", "svc/v1", "svc/v2", "svc/v2", `apiVersion is "svc/v2"; this program reads svc/v1`},
		{"a key with a slip", "summary:", "sumary:", "sumary:", `the definition has no key "sumary"; did you mean "summary"?`},
		{"a missing key", "slug: plant-a-tree\n", "", "apiVersion", `the definition has no "slug"`},
		{"a code that is no code", "code: town.tree", "code: Tree", "Tree", `code is "Tree"; it must look like fns.income-certificate`},
		{"a code of another agency", "code: town.tree", "code: city.tree", "city.tree", `the code "city.tree" must begin with the owner's code: town.`},
		{"a text in one language", "title: {ru: Посадить дерево, en: Plant a tree}", "title: {ru: Посадить дерево}", "{ru: Посадить дерево}", "title has no English text (en)"},
		{"a text that was not translated", "en: Plant a tree", "en: Посадить дерево", "{ru: Посадить дерево, en: Посадить", "the English text of title is the Russian one"},
		{"a text in a third language", "en: A tree by your house", "de: Ein Baum", "de: Ein", `summary has no key "de"`},
		{"a key twice", "slug: plant-a-tree", "slug: plant-a-tree\nslug: again", "slug: again", `the key "slug" stands here a second time; the first is in line 3`},
		{"an anchor", "slug: plant-a-tree", "slug: &a plant-a-tree", "&a plant-a-tree", "anchors and aliases are not used in definitions: write the text out"},
		{"a text that says nothing", "{ru: Дерево у вашего дома", "{ru: '-'", "'-'", "summary says nothing: there is not a letter in «-»; write what is to be read there"},
		{"a translation that says nothing", "en: A tree by your house", "en: '-'", "'-'", "summary says nothing in English: there is not a letter in «-»; write what is to be read there"},
		{"a tag", "slug: plant-a-tree", "slug: !!binary aaaa", "!!binary", "tags such as !!binary are not used in definitions"},
		{"no YAML", "access: {assurance: standard}", "access: {assurance: standard", "access:", "this is not YAML: did not find expected ',' or '}'"},
		{"a level that does not exist", "assurance: standard", "assurance: strong", "strong", `assurance is "strong"; it may be simplified, standard, confirmed`},
		{"a channel that does not exist", "channels: [online]", "channels: [online, pigeon]", "pigeon", `a channel is "pigeon"; it may be online, office, centre, phone`},
		{"a service that is not online", "channels: [online]", "channels: [office]", "[office]", "a Service is filed on line: add the channel online, or make it kind: Information"},
		{"a term that is no duration", "term: P5D", "term: 5 days", "5 days", `the term is "5 days"; it must be a duration such as PT30S, PT1H or P5D`},

		{"a keyword with a slip", "maxLength: 20", "maxLenght: 20", "maxLenght", `"maxLenght" is not known of a value of type string; did you mean "maxLength"?`},
		{"a keyword of another type", "fence: {type: boolean}", "fence: {type: boolean, minimum: 1}", "minimum: 1}", `"minimum" is not known of a value of type boolean; known are type`},
		{"a type that does not exist", "fence: {type: boolean}", "fence: {type: bool}", "bool}", `the type of /fence is "bool"; it may be object, array, string, integer, number, boolean`},
		{"a required answer that is not described", "required: [who, kind, year]", "required: [who, kind, year, soil]", "soil]", `data requires "soil", which it does not describe`},
		{"an open object", "type: object\n  additionalProperties: false\n  required: [who", "type: object\n  additionalProperties: true\n  required: [who", "true", "additionalProperties of data must be false: what is not described is not taken"},
		{"a pattern that is none", "'^[a-z]+$'", "'^[a-z+$'", "'^[a-z+$'", "the pattern of /wish cannot be read"},
		{"a text of any length", "maxLength: 20, ", "", "{type: string, pattern", "/wish has no maxLength: say how long a text may be"},
		{"an unknown function", "years(today, 0, 2)", "days(today)", "'days", `x-options of /year is "days(today)"; the only function is years(today, 1, 5)`},
		{"years the wrong way round", "years(today, 0, 2)", "years(today, 5, 2)", "'years(today, 5", "x-options of /year: the first offset must not be greater than the second"},
		{"a check that does not exist", "x-check: phone", "x-check: telex", "telex", `x-check of /who/phone is "telex", which is no kind of field`},

		{"a view of nothing", "  /fence: {label", "  /fense: {label", "/fense", "view names /fense, which the data does not describe; did you mean /fence?"},
		{"no label", "  /fence: {label: {ru: Ограда, en: Fence}}\n", "", "/who/surname: {label", "/fence has no label in view"},
		{"an option without a label", ", fir: {ru: Ель, en: Fir}", "", "{label: {ru: Порода", `/kind has no label for the option "fir"`},
		{"a label of no option", "fir: {ru: Ель, en: Fir}", "fir: {ru: Ель, en: Fir}, elm: {ru: Вяз, en: Elm}", "elm:", `the options of /kind has no key "elm"`},
		{"a pattern without words", ", wrong: {ru: Только латиница, en: Latin letters only}", "", "{label: {ru: Пожелание", "/wish has a pattern and no text for what does not match it (wrong)"},
		{"words without a pattern", "  /year: {label: {ru: Год, en: Year}}", "  /year: {label: {ru: Год, en: Year}, wrong: {ru: Нет, en: No}}", "{ru: Нет, en: No}", "/year has no pattern, so its text wrong would never be said"},
		{"a condition that cannot be read", "when: d.kind == 'oak'}", "when: d.kind = 'oak'}", "d.kind = 'oak'", `the condition of /wish: this is not understood: token recognition error at: '= ' (character 8)`},
		{"a condition on a value with a slip", "when: d.kind == 'oak'}", "when: d.kind == 'oek'}", "d.kind == 'oek'", "the condition of /wish compares /kind with 'oek' (character 11), which it never is; did you mean 'oak'?"},
		{"a condition on any value but one with a slip", "when: d.kind == 'oak'}", "when: d.kind != 'oek'}", "d.kind != 'oek'", "the condition of /wish compares /kind with 'oek' (character 11), which it never is; did you mean 'oak'?"},
		{"a condition on a value that there is not", "when: d.kind == 'oak'}", "when: \"d.kind in ['oak', 'palm']\"}", "\"d.kind in", "the condition of /wish compares /kind with 'palm' (character 19), which it never is; it may be fir, oak"},
		{"a condition on nothing", "when: d.kind == 'oak'}", "when: d.kinds == 'oak'}", "d.kinds", "the condition of /wish: there is no kinds there (character 2); did you mean kind?"},
		{"a required answer asked sometimes", "/year: {label: {ru: Год, en: Year}}", "/year: {label: {ru: Год, en: Year}, when: d.kind == 'oak'}", "d.kind == 'oak'}", "/year is asked only sometimes, so the schema must not require it; say required: true here"},
		{"a page that asks for nothing there is", "fields: [/fence]", "fields: [/fense]", "/fense]", "the page fence asks for /fense, which the data does not describe; did you mean /fence?"},
		{"an answer asked nowhere", "fields: [/kind, /year, /wish, /height]", "fields: [/kind, /year, /wish]", "{type: integer, minimum", "/height is asked on no page"},
		{"an answer asked twice", "fields: [/fence]", "fields: [/fence, /kind]", "/kind]", "/kind is asked a second time"},
		{"a page that depends on a later one", "{id: who, title: {ru: Кто, en: Who},", "{id: who, title: {ru: Кто, en: Who}, when: d.fence,", "d.fence,", "the condition of the page who looks at /fence, which is asked on no earlier page"},
		{"two pages of one id", "{id: fence,", "{id: tree,", "tree, title: {ru: Ограда", `there is a page "tree" already`},

		{"a fact nobody knows", "profile.phone", "profile.shoesize", "profile.shoesize", `from of the prefill of /who/phone is "profile.shoesize"; a profile knows no such thing`},
		{"a fact with a slip", "profile.phone", "profile.phon", "profile.phon", `from of the prefill of /who/phone is "profile.phon"; did you mean profile.phone?`},
		{"a prefill of nothing", "to: /who/phone", "to: /who/fax", "/who/fax", "prefill fills /who/fax, which the data does not describe"},
		{"a required answer that may stay empty", "lock: always, onFail: block", "lock: always, onFail: later", "later", "/who/surname may stay empty (onFail: later), so the schema must not require it"},
		{"an optional answer that blocks", "lock: never, onFail: manual", "lock: never, onFail: block", "block}\npages", "/who/phone keeps the form from being sent (onFail: block), so the schema must require it"},

		{"no such initial state", "initial: filed", "initial: field", "field\n", `the initial state "field" does not exist`},
		{"an event to nowhere", "on: {take: looking,", "on: {take: locking,", "locking", `the state filed goes to "locking" on "take"; there is no such state`},
		{"a state without a turn", "      turn: agency\n      title: {ru: Решаем", "      title: {ru: Решаем", "title: {ru: Решаем", `the state deciding has no "turn"`},
		{"a state without a deadline", "      deadline: {none: the season decides}\n", "", "turn: agency\n      title: {ru: Решаем", `the state deciding has no "deadline"`},
		{"no deadline and no reason", "{none: the season decides}", "{none: ''}", "''", "say why the state deciding has no deadline"},
		{"a deadline that does nothing known", "breach: escalate", "breach: explode", "explode", `breach of the deadline of the state filed is "explode"; it may be escalate, remind or auto:EVENT`},
		{"tries that end and a wait that does not", "deadline: {in: PT24H, breach: 'auto:silence'}\n      on: {place: deciding, none: full, silence: full}", "deadline: {none: it answers}\n      on: {place: deciding, none: full}", "{none: it answers}", "the state looking asks its register 5 times and then stands still for ever: give its deadline a breach that moves the case on (auto:EVENT), or leave out max of retry"},
		{"tries that end and somebody who is told", "deadline: {in: PT24H, breach: 'auto:silence'}\n      on: {place: deciding, none: full, silence: full}", "deadline: {in: PT24H, breach: escalate}\n      on: {place: deciding, none: full}", "{in: PT24H, breach: escalate}", "the state looking asks its register 5 times and then stands still for ever"},
		{"a page that nobody sees", "title: {ru: Ограда, en: Fence}, when: d.kind == 'oak'", "title: {ru: Ограда, en: Fence}, when: 'false'", "'false'", "the condition of the page fence looks at no answer, no fact and no day, so that it always holds or never: leave it out, or what it is said of"},
		{"an agency that is reminded", "breach: escalate", "breach: remind", "remind", "breach of the deadline of the state filed is remind, but only an applicant is reminded: say escalate, which tells the head of the agency's desk, or auto:EVENT"},
		{"an applicant of whom the agency is told", "{in: P10D, breach: 'auto:withdraw'}", "{in: P10D, breach: escalate}", "escalate}\n      on: {answer", "breach of the deadline of the state fixing is escalate, but the case waits for the applicant, whom the agency cannot hurry: say remind or auto:EVENT"},
		{"a deadline's event that the state does not know", "auto:silence", "auto:silense", "'auto:silense'", `the deadline of the state looking causes the event "silense", which the state does not know (on)`},
		{"a state nobody comes to", "ask: fixing, ", "", "fixing:", "the state fixing can never be reached from filed"},
		{"a state without a way out", "on: {answer: filed, withdraw: gone}", "on: {answer: fixing, withdraw: fixing}", "fixing:", "from the state fixing no end can be reached"},
		{"an event nobody causes", "on: {approve: planted, refuse: refused}", "on: {approve: planted, refuse: refused, wind: gone}", "wind: gone", "nobody causes the event wind in the state deciding: describe it in actions, or make it the deadline's"},
		{"an officer who acts out of turn", "on: {answer: filed, withdraw: gone}", "on: {answer: filed, withdraw: gone, approve: planted}", "approve: planted}", "an officer causes approve, but in the state fixing it is not the agency's turn"},
		{"a turn without an exit", "      turn: agency\n      title: {ru: Решаем", "      turn: applicant\n      title: {ru: Решаем", "deciding:\n", "the state deciding waits for the applicant, who has no way out of it"},
		{"a refusal without reasons", ", reasons: [no-place], reapply: copy", "", "refuse, title: {ru: Мест", "the state full is a refusal without reasons"},
		{"a reason that is not described", "reasons: [bad-soil, no-place]", "reasons: [bad-soil, no-plaice]", "no-plaice", `the state refused names the reason "no-plaice", which is not described`},
		{"a reason without a remedy", ", remedy: {ru: Позже, en: Later}", "", "{title: {ru: Нет места", `the reason no-place has no "remedy"`},
		{"a reason never used", "reasons: [bad-soil, no-place]", "reasons: [no-place]", "bad-soil:", "the reason bad-soil is never used"},
		{"a refusal in which nobody chooses", "reasons: [no-place], reapply: copy", "reasons: [no-place, bad-soil], reapply: copy", "none: full", "nobody chooses the reason when none leads to full, so that state must have exactly one"},
		{"a deadline that refuses by an officer's action", "      deadline: {none: the season decides}\n      on: {approve", "      deadline: {in: P9D, breach: 'auto:refuse'}\n      on: {approve", "refuse: refused}", "the deadline of the state deciding refuses by refuse, too, and then nobody chooses the reason: give the deadline an event of its own, to a refusal with exactly one"},
		{"deadlines that go round", "in: P3D, calendar: ru-working, breach: escalate}\n      on: {take: looking, ask: fixing, withdraw: gone}\n    fixing:\n      turn: applicant\n      title: {ru: Ответьте, en: Answer}\n      explain: {ru: Ваш ход, en: Your turn}\n      deadline: {in: P10D, breach: 'auto:withdraw'}", "in: P3D, calendar: ru-working, breach: 'auto:ask'}\n      on: {take: looking, ask: fixing, withdraw: gone}\n    fixing:\n      turn: applicant\n      title: {ru: Ответьте, en: Answer}\n      explain: {ru: Ваш ход, en: Your turn}\n      deadline: {in: P10D, breach: 'auto:answer'}", "filed:\n", "deadlines alone lead from the state filed back to it (filed, fixing, filed), so that a case which nobody touches goes round for ever: let one of them end otherwise"},
		{"an officer who refuses without a word", "require: [reason, advice]", "require: [reason]", "refuse: {by: officer", "the action refuse refuses, so it must require reason and advice"},
		{"a paper that is not described", "output: [passport]", "output: [pasport]", "pasport", `the state planted gives the paper "pasport", which is not among the outputs`},
		{"a paper never given", ", output: [passport]", "", "passport:", "the output passport is never used"},
		{"an action never used", "    ask: {by: officer", "    wait: {by: officer, title: {ru: Ждать, en: Wait}}\n    ask: {by: officer", "wait:", "the action wait is never used"},
		{"an end that goes on", "gone: {final: cancel,", "gone: {final: cancel, on: {x: filed},", "{x: filed}", `the state gone is an end and cannot have "on"`},
		{"a call of the portal with something", "registry:town.places", "portal:town.places", "{surname: p.surname, kind", "the state looking asks the portal, which knows the case and its answers: leave with out"},
		{"a call without an address", "registry:town.places", "town.places", "town.places", `call of the state looking is "town.places"; it must look like registry:fns.income`},
		{"a call that gives up at once", "      retry: {base: PT10S, cap: PT1M, max: 5}\n", "", "turn: system", "the state looking asks a register and does not say how to ask again when it is down (retry)"},
		{"a call about somebody else", "surname: p.surname, kind", "surname: d.who.surname, kind", "d.who.surname", "with.surname of the state looking is d.who.surname, which a person types; a register is asked only about the applicant: take it from the profile (p.)"},
		{"a call about somebody else under the name of a fact", "surname: p.surname, kind: d.kind", "surname: p.surname, snils: d.kind", "d.kind, number: c", "with.snils of the state looking is an answer, and snils is a fact of the applicant: take it from the profile (p.snils)"},
		{"a call by somebody whom nobody has checked", "access: {assurance: standard}", "access: {assurance: simplified}", "registry:town.places", "the state looking asks a register, and nobody has checked who applies: assurance must be standard or confirmed"},
		{"a passport shown below Confirmed", "from: profile.surname", "from: profile.passport_number", "profile.passport_number", "the prefill of /who/surname fills in profile.passport_number, which is shown from the level confirmed on: raise assurance to confirmed, or let it be typed"},
		{"an INN shown below Confirmed", "from: profile.surname", "from: profile.inn", "profile.inn", "the prefill of /who/surname fills in profile.inn, which is shown from the level confirmed on"},
		{"a call with nothing", "kind: d.kind", "kind: d.king", "d.king", "with.kind of the state looking is d.king; the data does not describe /king; did you mean /kind?"},
		{"a call with an unknown value", "number: c.number", "number: c.owner", "c.owner", `with.number of the state looking is "c.owner"; it must be p.FACT, d.ANSWER, r.KEY, c.id, c.number or c.submitted_at`},
		{"a call in somebody else's turn", "      on: {approve: planted", "      call: registry:town.places\n      on: {approve: planted", "registry:town.places\n      on", "only a state whose turn is system asks a register or has a part (call, with, retry, begin, takeBack)"},

		{"an end nobody hears of", "  refused: {channels: [inbox], text: {ru: Отказ, en: Refused}}\n", "", "planted: {channels", `nobody is told of the state "refused": an end, or a turn of the applicant, needs a notice`},
		{"a notice of no state", "  full: {channels", "  fool: {channels", "fool:", `notify names the state "fool", which the process does not have`},
		{"a placeholder that does not exist", "'Дерево {number}: {link}', en: 'Tree {number}: {link}'", "'Дерево {name}: {link}', en: 'Tree {name}: {link}'", "{ru: 'Дерево {name}", "the notice of planted has the placeholder {name}; it may have {number}, {service}, {link}"},
		{"different placeholders", "en: 'Tree {number}: {link}'", "en: 'Tree {number}'", "{ru: 'Дерево {number}", "the two languages of the notice of planted have different placeholders"},

		{"a test that fails", "expect: {valid: true, pages: [who, tree, fence]}", "expect: {valid: false, pages: [who, tree, fence]}", "false, pages", "the test an oak expects the form to be wrong, but it is right"},
		{"a test of other complaints", "wrong: [/height]", "wrong: [/year]", "[/year], pages", "the test a fir without a height expects complaints about /year, but they are about /height"},
		{"a test of other pages", "wrong: [/height], pages: [who, tree]", "wrong: [/height], pages: [who]", "[who]}", "the test a fir without a height expects the pages who, but they are who, tree"},
		{"a test of another road", "path: [filed, looking, deciding, planted]", "path: [filed, planted]", "[filed, planted]", "the test planted expects the path filed, planted, but it is filed, looking, deciding, planted"},
		{"a test of another outcome", "events: [take, none], expect: {outcome: refused}", "events: [take, none], expect: {outcome: granted}", "granted}}\n  - {name: refused", "the test full expects the outcome granted, but it is refused"},
		{"a test that cannot go on", "events: [take, none]", "events: [none]", "none], expect", "the test full cannot go on: none in state filed of town.tree: the state does not know the event"},
		{"a test by the wrong party", "'officer:refuse'", "'applicant:refuse'", "'applicant:refuse'", "the test refused cannot go on: refuse by applicant in state deciding of town.tree: the event is another party's"},
		{"an end no test comes to", "  - {name: full, events: [take, none], expect: {outcome: refused}}\n", "", "- name: an oak", "no test ends in the state full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(src, tt.old) < 1 {
				t.Fatalf("the good definition has no %q to spoil", tt.old)
			}
			spoiled := strings.Replace(src, tt.old, tt.new, 1)
			d, err := Compile("bad.yaml", []byte(spoiled))
			if d != nil || err == nil {
				t.Fatal("it compiled")
			}
			var issues Issues
			if !errors.As(err, &issues) {
				t.Fatalf("the error is a %T: %v", err, err)
			}
			want := place(t, spoiled, tt.at) + ": " + tt.want
			for _, i := range issues {
				if strings.HasPrefix(i.String(), want) {
					return
				}
			}
			t.Errorf("got\n%s\nwant %s", err, want)
		})
	}
}

// place is where the text first stands: "bad.yaml:LINE:COL".
func place(t *testing.T, src, at string) string {
	t.Helper()
	before, _, ok := strings.Cut(src, at)
	if !ok {
		t.Fatalf("the spoiled definition has no %q", at)
	}
	line := strings.Count(before, "\n") + 1
	col := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
	return fmt.Sprintf("bad.yaml:%d:%d", line, col)
}

func TestAllMistakesAreSaidAtOnce(t *testing.T) {
	src := strings.NewReplacer("slug: plant-a-tree", "slug: Plant a tree", "assurance: standard", "assurance: strong",
		"output: [passport]", "output: [pasport]", "onFail: manual", "onFail: shrug").Replace(goodSource(t))
	_, err := Compile("bad.yaml", []byte(src))
	var issues Issues
	if !errors.As(err, &issues) || len(issues) < 4 {
		t.Fatalf("got %v", err)
	}
	for i := 1; i < len(issues); i++ {
		if issues[i].Line < issues[i-1].Line {
			t.Errorf("not in the order of the file:\n%s", err)
		}
	}
}

func TestAnInformationPageNeedsNoProcess(t *testing.T) {
	const page = `apiVersion: svc/v1
kind: Information
code: town.pool
slug: pool
owner: {code: town, name: {ru: Город, en: Town}, short: {ru: Город, en: Town}}
title: {ru: Бассейн, en: Pool}
summary: {ru: Плавать, en: Swim}
catalog:
  lifeEvents: [health]
  channels: [office]
  outcome: {ru: Абонемент, en: A pass}
  processing: {term: P1D, text: {ru: День, en: A day}}
  cost: {ru: Бесплатно, en: Free}
  law: []
  papers: []
  steps: [{ru: Придите, en: Come}]
  where: [{ru: В бассейн, en: To the pool}]
`
	d, err := Compile("pool.yaml", []byte(page))
	if err != nil {
		t.Fatal(err)
	}
	if d.Online() || d.Kind() != Information || len(d.Steps()) != 0 {
		t.Errorf("%+v", d)
	}
	begins := strings.NewReplacer("  steps:", "  start: /pool/pass\n  steps:", "channels: [office]", "channels: [online, office]").Replace(page)
	if d, err := Compile("pool.yaml", []byte(begins)); err != nil || d.Catalog.Start != "/pool/pass" || d.Online() {
		t.Errorf("a page that leads to another of the portal: %v", err)
	}
	if _, err := Compile("good.yaml", []byte(strings.Replace(goodSource(t), "  channels:", "  start: /pool/pass\n  channels:", 1))); err == nil {
		t.Error("a service with a form of its own starts elsewhere")
	}
	for _, spoiled := range []string{
		strings.Replace(page, "channels: [office]", "channels: [online]", 1),
		strings.Replace(page, "  where: [{ru: В бассейн, en: To the pool}]\n", "", 1),
		strings.Replace(page, "  steps: [{ru: Придите, en: Come}]\n", "", 1),
		strings.Replace(page, "  steps:", "  start: /pool/pass\n  steps:", 1), // without the channel online
		strings.Replace(begins, "/pool/pass", "https://pool.example/pass", 1),
		strings.Replace(begins, "/pool/pass", "//pool.example", 1),
		strings.Replace(begins, "/pool/pass", "/pool/pass?for=me", 1),
		strings.Replace(begins, "/pool/pass", "/../pass", 1),
		page + "process: {}\n",
	} {
		if _, err := Compile("pool.yaml", []byte(spoiled)); err == nil {
			t.Errorf("it compiled:\n%s", spoiled)
		}
	}
}

func TestTheVersionIsOfTheContentAndNotOfTheWriting(t *testing.T) {
	src := goodSource(t)
	first := good(t)
	for name, other := range map[string]string{
		"a comment":     "# planted by the town\n" + src,
		"another order": strings.Replace(src, "code: town.tree\nslug: plant-a-tree", "slug: plant-a-tree\ncode: town.tree", 1),
		"other quotes":  strings.Replace(src, "code: town.tree", "code: 'town.tree'", 1),
		"canonical":     string(first.Canonical()),
	} {
		d, err := Compile("other.yaml", []byte(other))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Version != first.Version {
			t.Errorf("%s changes the version", name)
		}
	}
	changed, err := Compile("other.yaml", []byte(strings.Replace(src, "ru: Дуб", "ru: Дубок", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if changed.Version == first.Version {
		t.Error("another word is the same version")
	}
}

func TestACopyOfTheCanonicalTextCannotSpoilIt(t *testing.T) {
	d := good(t)
	d.Canonical()[0] = 'x'
	if d.Canonical()[0] != '{' {
		t.Error("the definition was changed from outside")
	}
}

func TestFilesOutOfBoundsAreRefused(t *testing.T) {
	for name, src := range map[string]string{
		"empty":         "",
		"only comments": "# nothing\n",
		"a list":        "- a\n- b\n",
		"a word":        "hello",
		"two documents": goodSource(t) + "---\na: b\n",
		"too large":     "a: " + strings.Repeat("x", maxBytes),
		"too deep":      "a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"not text":      "\x00\x01\xff",
		"a key list":    "? [a, b]\n: c\n",
	} {
		if _, err := Compile("x.yaml", []byte(src)); err == nil || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A register is asked only about the applicant, whatever the field is called that somebody else's number is typed into.
func TestNoRegisterIsAskedWithATextThatMayNameSomebodyElse(t *testing.T) {
	src, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]string{
		"^[a-z]+$":        "",
		"^[0-9]{11}$":     `its pattern takes "11223344595"`,
		"^[0-9 ]{10,14}$": `its pattern takes "`,
		"^[А-Я][а-я]+$":   `its pattern takes "Иванова"`,
		".":               `its pattern takes "`,
		"":                "give /wish a pattern",

		"^n[0-9]{11}$":                      "its pattern takes 9 digits and more",
		"^[a-z0-9]{9}$":                     "its pattern takes 9 digits and more",
		"^([0-9]{3}x){3}[0-9]{2}$":          "its pattern takes 9 digits and more",
		"^(n|[a-z]([0-9]|-)*)$":             "its pattern takes 9 digits and more",
		"^n":                                "its pattern takes 9 digits and more",
		"n$":                                "its pattern takes 9 digits and more",
		`^n\d{4}-\d{6}\z`:                   "its pattern takes 9 digits and more",
		"^n[٠-٩]{11}$":                      "its pattern takes 9 digits and more",
		"^(?i)n[^a-z]{4} ?[^a-z]{6}$":       "its pattern takes 9 digits and more",
		"^[A-Z0-9]{17}$":                    "its pattern takes 9 digits and more", // no number of a vehicle as the portal knows it
		"^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$":   "",
		"^[A-Z][0-9]{3}[A-Z]{2}[0-9]{2,3}$": "",
		"^[0-9]{2}[A-Z]{2}[0-9]{6}$":        "",
		"^[A-Z]([0-9]{4}|[A-Z][0-9]{8})$":   "",
	} {
		text := strings.Replace(string(src), "kind: d.kind, number", "kind: d.kind, holder: d.wish, number", 1)
		if text = strings.Replace(text, "'^[a-z]+$'", "'"+pattern+"'", 1); pattern == "" {
			text = strings.Replace(strings.Replace(text, ", pattern: ''", "", 1), "wrong: {ru: Только латиница, en: Latin letters only}, ", "", 1)
		}
		switch _, err := Compile("bad.yaml", []byte(text)); {
		case want == "" && err != nil && strings.Contains(err.Error(), "with.holder"):
			t.Errorf("%s: %v", pattern, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "with.holder of the state looking") || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// A part of an address by itself takes whatever is typed, too.
func TestNoRegisterIsAskedWithAPartOfAnAddressThatMayNameSomebody(t *testing.T) {
	for _, part := range []string{"index", "district", "city", "street", "house", "building", "flat"} {
		for pattern, want := range map[string]string{"": "give /wish a pattern", ", pattern: '^[0-9]{11}$'": `its pattern takes "11223344595"`, ", pattern: '^n[0-9]{11}$'": "9 digits and more", ", pattern: '^[0-9]{1,4}$'": ""} {
			text := strings.NewReplacer("kind: d.kind, number", "kind: d.kind, where: d.wish, number", "maxLength: 20, pattern: '^[a-z]+$'", "x-check: address."+part+pattern).Replace(goodSource(t))
			switch _, err := Compile("bad.yaml", []byte(text)); {
			case want == "" && err != nil && strings.Contains(err.Error(), "with.where"):
				t.Errorf("%s%s: %v", part, pattern, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), "with.where of the state looking") || !strings.Contains(err.Error(), want)):
				t.Errorf("%s%s: %v", part, pattern, err)
			}
		}
	}
}

// Neither a number nor a day of birth that somebody types is what a register is asked with.
func TestNoRegisterIsAskedWithANumberThatMayBeSomebodys(t *testing.T) {
	for _, tt := range []struct{ with, height, fence, want string }{
		{"tall: d.height", "{type: integer, minimum: 1, maximum: 99999999}", "", ""},
		{"tall: d.height", "{type: number, minimum: -40, maximum: 40}", "", ""},
		{"tall: d.height", "{type: integer}", "", "give /height a minimum and a maximum"},
		{"tall: d.height", "{type: integer, minimum: 1}", "", "give /height a minimum and a maximum"},
		{"tall: d.height", "{type: integer, maximum: 40}", "", "give /height a minimum and a maximum"}, // it may be negative
		{"tall: d.height", "{type: integer, minimum: 1, maximum: 100000000}", "", "give /height a minimum and a maximum"},
		{"since: d.fence", "", "{type: string, format: date}", ""},
		{"born: d.fence", "", "{type: string, format: date}", "its name says that somebody was born on it"},
		{"childBirthday: d.fence", "", "{type: string, format: date}", "its name says that somebody was born on it"},
	} {
		text := strings.Replace(goodSource(t), "kind: d.kind, number", "kind: d.kind, "+tt.with+", number", 1)
		if tt.height != "" {
			text = strings.Replace(text, "{type: integer, minimum: 1, maximum: 40}", tt.height, 1)
		}
		if tt.fence != "" {
			text = strings.Replace(strings.Replace(text, "fence: {type: boolean}", "fence: "+tt.fence, 1), "/fence: 'true'", "/fence: '2026-03-01'", 1)
		}
		switch _, err := Compile("bad.yaml", []byte(text)); {
		case tt.want == "" && err != nil:
			t.Errorf("%s of %s%s: %v", tt.with, tt.height, tt.fence, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s of %s%s: %v", tt.with, tt.height, tt.fence, err)
		}
	}
}

// Places after the point hold no number of somebody's either.
func TestANumberWithAFractionReachesARegisterWithEightDigits(t *testing.T) {
	d := changed(t, "kind: d.kind, number", "kind: d.kind, tall: d.height, number", "{type: integer, minimum: 1, maximum: 40}", "{type: number, minimum: 1, maximum: 5000}")
	for typed, want := range map[float64]float64{1122.3344595: 1122.3345, 98.6: 98.6, 4000: 4000} {
		if got := d.Inputs("looking", form.Answers{"height": typed}, nil, Case{})["tall"]; got != want {
			t.Errorf("%v is asked as %v", typed, got)
		}
	}
}

func TestWhatIsStoredIsReadThoughItWouldBeRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"a text that may name somebody": {"kind: d.kind, number", "kind: d.kind, holder: d.wish, tall: d.height, number"},
		"a wait without an end":         {"in: PT24H, breach: 'auto:silence'", "in: PT24H, breach: escalate"},
		"an agency that is reminded":    {"breach: escalate", "breach: remind"},
		"a test that fails":             {"expect: {outcome: refused}", "expect: {outcome: granted}"},
	} {
		text := []byte(strings.Replace(strings.Replace(goodSource(t), change[0], change[1], 1), "'^[a-z]+$'", "'.'", 1))
		if _, err := Compile("x.yaml", text); err == nil {
			t.Errorf("%s is published", name)
		}
		if d, err := Stored("x.yaml", text); err != nil || d.Code != "town.tree" || d.Start() != "filed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Stored("x.yaml", []byte("apiVersion: svc/v9\n")); err == nil {
		t.Error("what cannot be read is read")
	}
}

func TestTheManualNamesEveryThingWhoseNumberMayBeAskedWith(t *testing.T) {
	text, err := os.ReadFile("../../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range things {
		if !strings.Contains(string(text), "`"+pattern+"`") {
			t.Errorf("it has no %s", pattern)
		}
	}
}

// What may be typed on one page, or in one answer to the agency, goes on its way in one form: a definition that allows more is refused.
func TestNoPageTakesMoreTextThanOneFormBrings(t *testing.T) {
	src, err := os.ReadFile("testdata/clock.yaml")
	if err != nil {
		t.Fatal(err)
	}
	form := func(note, edit string) string {
		return strings.NewReplacer("    fence: {type: boolean}\n", "    fence: {type: boolean}\n    why: {type: string, maxLength: 90000}\n    note: {type: string, maxLength: "+note+"}\n",
			"  /fence: {label", "  /why: {label: {ru: Зачем, en: Why}}\n  /note: {label: {ru: Заметка, en: Note}}\n  /fence: {label",
			"[/kind, /year,", "[/kind, /year, /why, /note,", "edit: [/wish]", "edit: ["+edit+"]").Replace(string(src))
	}
	if _, err := Compile("tree.yaml", []byte(form("59900", "/wish, /why, /note"))); err != nil {
		t.Error(err)
	}
	_, err = Compile("tree.yaml", []byte(form("90000", "/wish, /why, /note")))
	for _, want := range []string{"tree.yaml:", "the page tree takes up to 180020 letters, and one form takes 150000: shorten maxLength or maxItems there, or part it", "the answer that the state fixing opens takes up to 180020 letters"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if _, err := Stored("tree.yaml", []byte(form("90000", "/wish"))); err != nil {
		t.Errorf("cases that are under way by it stop: %v", err)
	}
}
