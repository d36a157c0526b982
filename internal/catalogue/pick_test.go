package catalogue

import (
	"slices"
	"testing"
)

func TestAFewTextsAreSearchedAsPeopleWrite(t *testing.T) {
	texts := []Text{
		{"Выписка из реестра недвижимости", "№ 26-000417 · Росреестр · 12 ноября"},
		{"Загранпаспорт", "№ 26-000391 · МВД"},
		{"Полис ОСАГО", "действует до 3 января 2027"},
		{"Ваше заявление одобрено", "Выписка из реестра готова"},
		{"Driving licence", "valid until 2030"},
	}
	for query, want := range map[string][]int{
		"выписка":           {0, 3},
		"выписку из реестр": {0, 3},
		"dsgbcrf":           {0, 3}, // the other layout
		"000391":            {1},
		"26-000417":         {0},
		"загран":            {1},
		"загранпаспрт":      {1}, // a slip
		"осаго январь":      {2},
		"licences":          {4},
		"выписка из":        {0, 3},
		"паспорт за рубеж":  nil,
		"где мой полис":     {2},
		"выписка осаго":     nil,
		"":                  nil,
		"!?":                nil,
		"трактор":           nil,
	} {
		if got := Pick(query, texts); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

func FuzzPick(f *testing.F) {
	f.Add("выписка", "Выписка из реестра")
	f.Add("ghbdtn", "\xff\x00")
	f.Fuzz(func(t *testing.T, query, text string) {
		if got := Pick(query, []Text{{text, query}}); len(got) > 1 {
			t.Errorf("one text is found %d times", len(got))
		}
	})
}
