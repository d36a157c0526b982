package identity_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/i18n"
	"okno/internal/web/identity"
)

const text = "edition: 7\nfrom: 2027-01-01\ntitle: Правила\n\nВедёт {operator}.\n\n## Раздел\n- раз\n- два\n"

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestAnOperatorReplacesATextByItsOwn(t *testing.T) {
	own := fstest.MapFS{"terms.ru.md": file(text), "terms.en.md": file(text)}
	x, err := identity.LoadTexts(own, map[string]i18n.Text{"operator": {RU: "Министерство", EN: "Ministry"}})
	if err != nil {
		t.Fatal(err)
	}
	if x.Edition("terms") != "7" || x.Edition("privacy") != "2026-11-01" {
		t.Errorf("editions %q and %q", x.Edition("terms"), x.Edition("privacy"))
	}
}

func TestATextThatCannotBeAgreedToStopsTheStart(t *testing.T) {
	for name, c := range map[string]struct{ ru, en, want string }{
		"two editions":      {text, strings.Replace(text, "edition: 7", "edition: 8", 1), "edition"},
		"no edition":        {strings.Replace(text, "edition: 7\n", "", 1), text, "must begin"},
		"an unknown line":   {"kind: x\n" + text, text, "unknown line"},
		"no date":           {strings.Replace(text, "2027-01-01", "soon", 1), text, "from"},
		"nothing to read":   {"edition: 7\nfrom: 2027-01-01\ntitle: x\n\n", text, "says nothing"},
		"an empty place":    {text + "\n{somebody}\n", text, "{somebody}"},
		"one language only": {text, "", "terms.en.md"},
	} {
		own := fstest.MapFS{"terms.ru.md": file(c.ru)}
		if c.en != "" {
			own["terms.en.md"] = file(c.en)
		}
		if _, err := identity.LoadTexts(own, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheModelTextsHaveNoEmptyPlaces(t *testing.T) {
	if _, err := identity.LoadTexts(nil, nil); err != nil {
		t.Fatal(err)
	}
}
