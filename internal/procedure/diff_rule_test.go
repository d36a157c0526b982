package procedure

import (
	"slices"
	"strings"
	"testing"

	"okno/internal/form"
)

// rewritten compiles a definition with some of its texts replaced by others.
func rewritten(t testing.TB, src string, oldnew ...string) *Definition {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(src, oldnew[i]) {
			t.Fatalf("the definition has no %q", oldnew[i])
		}
		src = strings.ReplaceAll(src, oldnew[i], oldnew[i+1])
	}
	d, err := Compile("rewritten.yaml", []byte(src))
	if err != nil {
		t.Fatalf("%v\nof\n%s", err, strings.Join(oldnew, "\n"))
	}
	return d
}

var (
	// name of a good is title now
	titled = []string{"/goods/*/name: {", "/goods/*/title: {renamedFrom: /goods/*/name, ", "          name: {type", "          title: {type", "required: [name, food]", "required: [title, food]",
		"fields: [/goods/*/name", "fields: [/goods/*/title", "at: /goods/*/name", "at: /goods/*/title", "row.name", "row.title", "/goods/0/name", "/goods/0/title", "/goods/1/name", "/goods/1/title"}
	// goods are wares now
	wares = []string{"goods", "wares", "  /wares: {", "  /wares: {renamedFrom: /goods, "}
)

// Whoever changes rows, rules, lists, files, or who does what, is told what it means for drafts and for cases under way.
func TestAChangeOfRowsRulesListsFilesAndRightsIsToldForWhatItIs(t *testing.T) {
	rows := stall(t)
	const plan = "attachments:\n  - {id: plan, title: {ru: План, en: Plan}, types: [pdf, png], max: 2MB, count: {min: 1, max: 3}, minPixels: [300, 400], page: what}\nprocess:\n"
	filed := strings.NewReplacer("process:\n", plan, "pages: [where, when, what]}", "pages: [where, when, what], attachments: [plan]}").Replace(rows)
	for _, tt := range []struct {
		name   string
		src    string
		change []string
		want   []string
	}{
		{"a rule comes", rows, []string{"rules:\n", "rules:\n  - {id: no-night, at: /from, assert: d.from != date('2026-01-01'), message: {ru: Не в праздник, en: No holiday}}\n"},
			[]string{"breaking   the rule no-night: is new: a draft that breaks it cannot be sent before it is mended"}},
		{"a rule goes", rows, []string{"  - {id: in-order, at: /to, assert: d.from <= d.to, message: {ru: Последний день раньше первого, en: The last day is before the first}}\n", "", "wrong: [/to, /goods]", "wrong: [/goods]"},
			[]string{"compatible the rule in-order: is gone, and what it refused is taken"}},
		{"a rule demands more", rows, []string{"<= 90'", "<= 60'"},
			[]string{"breaking   the rule not-long: demands days(d.from, d.to) <= 60 instead of days(d.from, d.to) <= 90: a draft may have to be mended"}},
		{"a rule holds more often", rows, []string{"at: /to, when: d.region == '77', assert", "at: /to, assert"},
			[]string{"breaking   the rule not-long: holds always, not only when d.region == '77'"}},
		{"a rule holds less often", rows, []string{"at: /to, assert: d.from", "at: /to, when: d.region == '78', assert: d.from"}, []string{"compatible the rule in-order: holds only when d.region == '78'"}},
		{"a rule says it otherwise", rows, []string{"en: 90 days at most", "en: Ninety days"}, []string{"text       the rule not-long: message says something else"}},
		{"an entry goes", rows, []string{"    - {code: south, within: \"77\", ru: Южный павильон, en: South hall}\n", ""},
			[]string{"breaking   the dictionary halls: the entry south is gone: whoever chose it in a draft has to choose again"}},
		{"an entry comes", rows, []string{"halls:\n", "halls:\n    - {code: west, within: \"77\", ru: Запад, en: West}\n"}, []string{"compatible the dictionary halls: the entry west is new"}},
		{"an entry stands elsewhere", rows, []string{"south, within: \"77\"", "south, within: \"78\""}, []string{"breaking   the dictionary halls: the entry south is within 78 instead of 77"}},
		{"an entry's words", rows, []string{"en: South hall", "en: The south"}, []string{"text       the dictionary halls: the entry south says something else"}},
		{"any hall of all regions", rows, []string{"{dict: halls, within: /region}", "{dict: halls}", "wrong: [/hall, /to, /guardian", "wrong: [/to, /guardian"},
			[]string{"compatible the field /hall: is chosen from all entries, not from those within /region alone"}},
		{"a country instead of a region", rows, []string{"region: {type: string, x-ref: {dict: regions}}", "region: {type: string, x-ref: {dict: places}}", "  halls:\n", "  places: [{code: \"77\", ru: Москва, en: Moscow}, {code: \"78\", ru: Петербург, en: Petersburg}]\n  halls:\n"},
			[]string{"compatible the dictionary places: is new", "breaking   the field /region: is chosen from the dictionary places instead of regions, and not all of its entries are there"}},
		{"fewer rows", rows, []string{"maxItems: 5", "maxItems: 3"}, []string{"breaking   the field /goods: maxItems is narrower: 3 instead of 5"}},
		{"a question more in each row", rows, []string{"          food: {type: boolean}\n", "          food: {type: boolean}\n          weight: {type: integer, minimum: 1, maximum: 9}\n", "  /goods/*/food: {", "  /goods/*/weight: {label: {ru: Вес, en: Weight}}\n  /goods/*/food: {", "[/goods/*/name, ", "[/goods/*/name, /goods/*/weight, "},
			[]string{"compatible the field /goods/*/weight: is new and may stay empty"}},
		{"a question less in each row", rows, []string{"          licence: {type: string, maxLength: 20, pattern: '^[0-9]+$'}\n", "", "  /goods/*/licence: {label: {ru: Номер разрешения, en: Number of the permit}, wrong: {ru: Только цифры, en: Digits only}, when: row.food, required: true}\n", "",
			", /goods/*/licence]", "]", ", /goods/0/licence: '12'", "", ", /goods/0/licence: '1'", "", ", /goods/1/licence]", "]"}, []string{"breaking   the field /goods/*/licence: is gone, and what was answered has no place"}},
		{"the questions of a row in another order", rows, []string{"[/goods/*/name, /goods/*/food,", "[/goods/*/food, /goods/*/name,"}, []string{"compatible the field /goods: the questions of a row are asked in another order"}},
		{"a question of each row has another name", rows, titled, []string{"migration  the field /goods/*/name: is /goods/*/title now"}},
		{"the rows have another name", rows, wares, []string{"migration  the field /goods: is /wares now", "compatible the page what: asks for /wares instead of /goods"}},
		{"the applicant may change less", rows, []string{"edit: [/goods, /hall]", "edit: [/goods]"}, []string{"breaking   the state fixing: /hall cannot be changed any more, and an officer may have asked for it"}},
		{"the applicant may change more", rows, []string{"edit: [/goods, /hall]", "edit: [/goods, /hall, /to]"}, []string{"compatible the state fixing: /to can be changed"}},
		{"the time runs on", rows, []string{"      clock: pause\n", ""}, []string{"breaking   the state fixing: the deadline that ran before does not stand still here any more"}},
		{"the time stands still", strings.Replace(rows, "      clock: pause\n", "", 1), []string{"      edit:", "      clock: pause\n      edit:"}, []string{"compatible the state fixing: the deadline that ran before stands still here"}},
		{"a second officer", rows, []string{"approve: {by: officer,", "approve: {by: officer, fourEyes: true,"}, []string{"breaking   the action approve: a second officer must confirm it, in open cases too"}},
		{"no second officer", strings.Replace(rows, "approve: {by: officer,", "approve: {by: officer, fourEyes: true,", 1), []string{"approve: {by: officer, fourEyes: true,", "approve: {by: officer,"},
			[]string{"breaking   the action approve: one officer does it alone, nobody confirms"}},
		{"smaller files", filed, []string{"max: 2MB", "max: 1MB"}, []string{"breaking   the attachment plan: a file may have 1MB instead of 2MB"}},
		{"larger files", filed, []string{"max: 2MB", "max: 3MB"}, []string{"compatible the attachment plan: a file may have 3MB instead of 2MB"}},
		{"fewer types", filed, []string{"types: [pdf, png]", "types: [png]"}, []string{"breaking   the attachment plan: the type pdf is gone"}},
		{"more files needed", filed, []string{"{min: 1, max: 3}", "{min: 2, max: 3}"}, []string{"breaking   the attachment plan: 2 files must be sent instead of 1"}},
		{"fewer files taken", filed, []string{"{min: 1, max: 3}", "{min: 1, max: 2}"}, []string{"breaking   the attachment plan: 2 files at most instead of 3"}},
		{"a finer picture", filed, []string{"[300, 400]", "[600, 800]"}, []string{"breaking   the attachment plan: a picture needs 600×800 pixels instead of 300×400"}},
		{"a file asked for more often", strings.Replace(filed, "page: what}\nprocess", "page: what, when: d.region == '77'}\nprocess", 1), []string{"page: what, when: d.region == '77'}", "page: what}"},
			[]string{"breaking   the attachment plan: is asked always and must be answered; it was asked when d.region == '77'"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range Diff(rewritten(t, tt.src), rewritten(t, tt.src, tt.change...)) {
				if c.Place != "the tests" {
					got = append(got, c.String())
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("%d things are told, not %d:\n%s", len(got), len(tt.want), strings.Join(got, "\n"))
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, want) }) {
					t.Errorf("%q is not told:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

func TestAnswersInRowsAreFoundUnderTheirEarlierNames(t *testing.T) {
	rows := func() form.Answers {
		return form.Answers{"region": "77", "goods": []any{map[string]any{"name": "bread", "food": true}, map[string]any{"name": "nails"}}}
	}
	for _, tt := range []struct {
		name           string
		change         []string
		group, in, was string
		now, opened    string
	}{
		{"the answer", titled, "/goods", "title", "/goods/*/name", "/goods/*/title", "/goods"},
		{"the rows", wares, "/wares", "name", "/goods/*/name", "/wares/*/name", "/wares"},
		{"both", slices.Concat(titled, []string{"renamedFrom: /goods/*/name", "renamedFrom: NAME"}, wares, []string{"renamedFrom: NAME", "renamedFrom: /goods/*/name"}), "/wares", "title", "/goods/*/name", "/wares/*/title", "/wares"},
		{"both, one after the other", slices.Concat(titled, wares), "/wares", "title", "/goods/*/name", "/wares/*/title", "/wares"},
	} {
		d := rewritten(t, stall(t), tt.change...)
		before := rows()
		a := d.Renamed(before)
		for i, want := range []string{"bread", "nails"} {
			at := form.InRow(tt.group+"/*/"+tt.in, i)
			if got := a.Text(at); got != want {
				t.Errorf("%s: %s is %q, not %q", tt.name, at, got, want)
			}
			if tt.in != "name" && a.Get(form.InRow(tt.group+"/*/name", i)) != nil {
				t.Errorf("%s: the old name is still there", tt.name)
			}
		}
		if a.Get(form.InRow(tt.group+"/*/food", 0)) != true || a.Text("/region") != "77" {
			t.Errorf("%s: something else was lost: %v", tt.name, a)
		}
		if got := d.PointerOf(tt.was); got != tt.now {
			t.Errorf("%s: %s is %s, not %s", tt.name, tt.was, got, tt.now)
		}
		if got := d.PointerOf("/goods"); got != tt.opened {
			t.Errorf("%s: /goods is %s, not %s", tt.name, got, tt.opened)
		}
		if before.Text("/goods/0/name") != "bread" {
			t.Errorf("%s: the answers of before were changed", tt.name)
		}
	}
}

func TestAnEarlierNameInRowsIsOfTheSameRows(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"/name", "one stands in rows and the other does not"},
		{"/wares/*/name", "the rows /goods were never /wares"},
		{"/goods/*/food", "the data still describes /goods/*/food"},
		{"/goods/*", "it must look like /birth_date"},
	} {
		_, err := Compile("x.yaml", []byte(strings.Replace(stall(t), "/goods/*/name: {", "/goods/*/name: {renamedFrom: "+tt.name+", ", 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
