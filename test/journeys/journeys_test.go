package journeys

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

// playing is in which language, on which engine and in which sort of browser a story is played.
type playing struct {
	lang   i18n.Lang
	engine store.Engine
	look   string
}

func (p playing) String() string { return fmt.Sprintf("%s on %s, %s", p.lang, p.engine, p.look) }

// looks are the sorts of browsers. Without scripts there are two: Chromium with scripts off and a Client,
// which has no styles either.
var looks = map[string]webtest.Look{
	"desktop":         webtest.Desktop(),
	"phone":           webtest.Phone(),
	"dark":            {Dark: true},
	"keyboard":        {Keyboard: true},
	"scripts off":     {NoScript: true},
	"without scripts": {},
}

// playings are the ways in which a story is played for every change; with OKNO_ALL=1 every language meets every engine and browser. A
// story that OKNO_STORY asks for is played as if it were short, too.
func playings(story string) []playing {
	short := []playing{
		{i18n.RU, store.SQLite, "desktop"},
		{i18n.EN, store.Postgres, "phone"},
		{i18n.RU, store.Postgres, "without scripts"},
	}
	one, long := inOneBrowser[story]
	switch {
	case os.Getenv("OKNO_ALL") != "":
		return all()
	case !long:
		return short
	}
	other := playing{i18n.RU, store.SQLite, "without scripts"}
	if one.lang == i18n.RU {
		other.lang = i18n.EN
	}
	if one.engine == store.SQLite {
		other.engine = store.Postgres
	}
	own := []playing{one, other}
	if os.Getenv("OKNO_STORY") == "" {
		return own
	}
	return append(short, own...)
}

// all are the playings there are.
func all() []playing {
	var all []playing
	for _, l := range i18n.Langs() {
		for _, e := range []store.Engine{store.SQLite, store.Postgres} {
			for _, look := range []string{"desktop", "phone", "dark", "keyboard", "scripts off", "without scripts"} {
				all = append(all, playing{l, e, look})
			}
		}
	}
	return all
}

// inOneBrowser are the stories that Chromium plays once, to keep every change's tests short: on a phone, in this language and on this
// engine. Without scripts they are played in the other language and on the other engine. The rest, which come past the home page, the
// registration and the help, are played in a wide window, too.
var inOneBrowser = map[string]playing{
	"appointment":            {i18n.RU, store.Postgres, "phone"},
	"car":                    {i18n.EN, store.Postgres, "phone"},
	"child":                  {i18n.EN, store.SQLite, "phone"},
	"confirmed":              {i18n.RU, store.Postgres, "phone"},
	"contacts":               {i18n.RU, store.Postgres, "phone"},
	"driving-licence":        {i18n.EN, store.SQLite, "phone"},
	"extract-attached":       {i18n.EN, store.SQLite, "phone"},
	"flat-remodelling":       {i18n.RU, store.Postgres, "phone"},
	"foreigner":              {i18n.EN, store.Postgres, "phone"},
	"handover":               {i18n.RU, store.SQLite, "phone"},
	"income-certificate":     {i18n.EN, store.SQLite, "phone"},
	"inn":                    {i18n.RU, store.SQLite, "phone"},
	"international-passport": {i18n.RU, store.Postgres, "phone"},
	"my-data":                {i18n.RU, store.Postgres, "phone"},
	"notice-texts":           {i18n.EN, store.Postgres, "phone"},
	"originals":              {i18n.RU, store.SQLite, "phone"},
	"property-right":         {i18n.EN, store.Postgres, "phone"},
	"recover":                {i18n.EN, store.SQLite, "phone"},
	"register-by-call":       {i18n.RU, store.Postgres, "phone"},
	"register-by-email":      {i18n.EN, store.SQLite, "phone"},
	"register-extract":       {i18n.RU, store.Postgres, "phone"},
	"second-factor":          {i18n.EN, store.SQLite, "phone"},
	"sign-in":                {i18n.EN, store.Postgres, "phone"},
	"signature":              {i18n.EN, store.SQLite, "phone"},
	"snils":                  {i18n.RU, store.Postgres, "phone"},
	"standard":               {i18n.EN, store.Postgres, "phone"},
	"taken":                  {i18n.RU, store.SQLite, "phone"},
	"takeover":               {i18n.EN, store.Postgres, "phone"},
	"temporary-password":     {i18n.RU, store.Postgres, "phone"},
	"untie":                  {i18n.RU, store.SQLite, "phone"},
	"wallet":                 {i18n.EN, store.SQLite, "phone"},
	"wrong-codes":            {i18n.RU, store.Postgres, "phone"},
	"wrong-password":         {i18n.EN, store.Postgres, "phone"},
	"work-history":           {i18n.EN, store.Postgres, "phone"},
}

// asked are the stories that OKNO_STORY asks for: names, or parts of them, with | between.
func asked(t testing.TB, stories []string) []string {
	t.Helper()
	picked := map[string]bool{}
	for _, part := range strings.Split(os.Getenv("OKNO_STORY"), "|") {
		only, err := regexp.Compile(part)
		if err != nil {
			t.Fatal(err)
		}
		some := false
		for _, s := range stories {
			if only.MatchString(s) {
				picked[s], some = true, true
			}
		}
		if !some {
			t.Fatalf("OKNO_STORY: no story is called %q", part)
		}
	}
	return slices.Sorted(maps.Keys(picked))
}

// TestJourneys plays every story, each on a portal of its own. OKNO_STORY picks stories by name.
func TestJourneys(t *testing.T) {
	played := map[playing][]string{}
	for _, story := range asked(t, stories(t)) {
		for _, how := range playings(story) {
			played[how] = append(played[how], story)
		}
	}
	program := build(t)
	begun := demo(t, program)
	for how := range played {
		begun.Make(t, how.engine)
	}
	chromium := webtest.Start(t, film(t))
	seen := map[string]*screens{} // of a language and a look
	for _, how := range all() {
		if len(played[how]) == 0 {
			continue
		}
		shots := string(how.lang) + "-" + how.look
		if seen[shots] == nil {
			seen[shots] = &screens{}
		}
		screens := seen[shots]
		t.Run(how.String(), func(t *testing.T) {
			t.Parallel()
			for _, story := range played[how] {
				t.Run(story, func(t *testing.T) {
					t.Parallel()
					dsn, dir := begun.Copy(t, how.engine)
					world, _ := start(t, program, dir, dsn)
					p := play{world: world, lang: how.lang, screens: screens, shots: shots, open: browsers(chromium, world, how)}
					p.run(t, story+".txt")
				})
			}
		})
	}
}

// TestEveryStoryMeetsBothLanguagesBothEnginesAPhoneAndABrowserWithoutScripts looks at what is played for every change.
func TestEveryStoryMeetsBothLanguagesBothEnginesAPhoneAndABrowserWithoutScripts(t *testing.T) {
	t.Setenv("OKNO_ALL", "")
	t.Setenv("OKNO_STORY", "")
	known := stories(t)
	for _, story := range known {
		met := map[string]bool{}
		for _, how := range playings(story) {
			if looks[how.look].Phone {
				met["a phone"] = true
			}
			met[string(how.lang)], met[string(how.engine)], met[how.look] = true, true, true
		}
		for _, want := range []string{string(i18n.RU), string(i18n.EN), string(store.SQLite), string(store.Postgres), "a phone", "without scripts"} {
			if !met[want] {
				t.Errorf("%s does not meet %s", story, want)
			}
		}
	}
	for story := range inOneBrowser {
		if !slices.Contains(known, story) {
			t.Errorf("inOneBrowser: no story is called %q", story)
		}
	}
}

func TestAStoryThatIsNotThereIsNotAskedForInVain(t *testing.T) {
	known := []string{"child", "register-by-call", "register-by-phone"}
	for names, want := range map[string]string{
		"":               "[child register-by-call register-by-phone]",
		"register":       "[register-by-call register-by-phone]",
		"^child$|by-cal": "[child register-by-call]",
	} {
		t.Setenv("OKNO_STORY", names)
		if got := fmt.Sprint(asked(t, known)); got != want {
			t.Errorf("%q: %s, want %s", names, got, want)
		}
	}
	t.Setenv("OKNO_STORY", "child|chlid")
	if got := webtest.Complaints(t, func(w testing.TB) { asked(w, known) }); !strings.Contains(got, `no story is called "chlid"`) {
		t.Errorf("complaint %q", got)
	}
}

// browsers opens browsers of the look of this playing; what a story says of a person's comes on top.
func browsers(chromium *webtest.Chromium, world World, how playing) func(testing.TB, webtest.Look) webtest.Visitor {
	return func(t testing.TB, own webtest.Look) webtest.Visitor {
		if how.look == "without scripts" {
			c := webtest.NewClient(t, world.URL())
			c.Lang = own.Lang
			return c
		}
		look := looks[how.look]
		if own.Phone {
			look.Width, look.Height, look.Phone = own.Width, own.Height, true
		}
		look.Dark, look.Keyboard, look.Lang = look.Dark || own.Dark, look.Keyboard || own.Keyboard, own.Lang
		return chromium.Browser(t, world.URL(), look)
	}
}

// stories are the names of the stories.
func stories(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.txt")
	if err != nil || len(found) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for i, file := range found {
		found[i] = strings.TrimSuffix(file, ".txt")
	}
	return found
}

// TestStoriesCanBeTold reads every story and part: each line has a form somebody knows, each part is there and
// used, each message is one the portal has.
func TestStoriesCanBeTold(t *testing.T) {
	parts, err := filepath.Glob("parts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	files := slices.Clone(parts)
	for _, story := range stories(t) {
		files = append(files, story+".txt")
	}
	for _, file := range files {
		steps, err := load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, s := range steps {
			for _, arg := range s.args {
				for _, braced := range inBraces.FindAllString(arg, -1) {
					m := isKey.FindStringSubmatch(braced)
					if m == nil && !strings.Contains(braced, "|") {
						t.Errorf("%s: %s is neither a key nor «Russian | English»", s, braced)
					}
					if m != nil && !i18n.Has(m[1]) {
						t.Errorf("%s: the portal has no message %s", s, m[1])
					}
				}
			}
			if part := s.args["PART"]; part != "" {
				used[part] = true
				if _, err := os.Stat(filepath.Join("parts", part+".txt")); err != nil {
					t.Errorf("%s: there is no such part", s)
				}
			}
		}
	}
	for _, file := range parts {
		if name := strings.TrimSuffix(filepath.Base(file), ".txt"); !used[name] {
			t.Errorf("no story plays the part %s", name)
		}
	}
}
