package main

import (
	"slices"
	"strings"
	"testing"

	"okno/internal/id"
)

func TestAListOfErasuresIsReadWholeOrNotAtAll(t *testing.T) {
	a, b := id.New(), id.New()
	for name, c := range map[string]struct {
		text string
		want []string
		says string
	}{
		"as it was printed": {a + "\n" + b + "\n", []string{a, b}, ""},
		"cut by an editor":  {"\r\n " + a + " \r\n\n" + b, []string{a, b}, ""},
		"none":              {"", nil, ""},
		"something else":    {a + "\nanna@example.ru\n", nil, "line 2"},
	} {
		got, err := identifiers(strings.NewReader(c.text))
		if !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
