package journeys

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/sandbox/specimen"
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

// playings are the pairs every change is tried in; with OKNO_ALL=1 every language meets every engine and browser.
func playings() []playing {
	if os.Getenv("OKNO_ALL") == "" {
		return []playing{
			{i18n.RU, store.SQLite, "desktop"},
			{i18n.EN, store.Postgres, "phone"},
			{i18n.RU, store.Postgres, "without scripts"},
		}
	}
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

// inOneBrowser are long stories that Chromium plays in one language only, to keep every change's tests short; without scripts
// they are played in the other pair, and OKNO_ALL=1 plays them everywhere.
var inOneBrowser = map[string]i18n.Lang{
	"child": i18n.RU, "contacts": i18n.RU, "foreigner": i18n.EN, "my-data": i18n.EN, "originals": i18n.RU, "register-by-call": i18n.EN, "second-factor": i18n.RU, "signature": i18n.RU, "standard": i18n.RU, "takeover": i18n.EN, "untie": i18n.RU,
}

// spared reports whether a playing leaves a story to another.
func (p playing) spared(story string) bool {
	l, one := inOneBrowser[story]
	return one && os.Getenv("OKNO_ALL") == "" && os.Getenv("OKNO_STORY") == "" && p.look != "without scripts" && p.lang != l
}

// TestJourneys plays every story, each on a portal of its own. OKNO_STORY picks stories by name.
func TestJourneys(t *testing.T) {
	stories := stories(t)
	program := build(t)
	chromium := webtest.Start(t, film(t))
	only, err := regexp.Compile(os.Getenv("OKNO_STORY"))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range playings() {
		t.Run(how.String(), func(t *testing.T) {
			t.Parallel()
			seen := &screens{}
			for _, file := range stories {
				name := strings.TrimSuffix(file, ".txt")
				if !only.MatchString(name) || how.spared(name) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					world := begin(t, program, how.engine)
					p := play{world: world, lang: how.lang, screens: seen, shots: string(how.lang) + "-" + how.look, open: browsers(chromium, world, how)}
					p.run(t, file)
				})
			}
		})
	}
}

// filmed is what the camera of every browser sees: the passport of resident 2.
const filmed = "passport.jpg"

// film makes a film of it.
func film(t *testing.T) string {
	t.Helper()
	shot, err := os.ReadFile(filepath.Join("testdata", filmed))
	if err != nil {
		t.Fatal(err)
	}
	moving, err := specimen.Film(shot, 30)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "camera.mjpeg")
	if err := os.WriteFile(file, moving, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
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

func stories(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.txt")
	if err != nil || len(found) == 0 {
		t.Fatalf("no stories: %v", err)
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
	for _, file := range append(stories(t), parts...) {
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
