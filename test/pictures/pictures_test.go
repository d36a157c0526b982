// Package pictures photographs a running demo for people who look at pages:
//
//	OKNO_PICTURES=http://localhost:8080 OKNO_SHOTS=docs/pictures go test ./test/pictures
//
// Each line of shots.txt is a picture: its name, the person of the demo (by the order of /demo; - for nobody), the width, the path.
package pictures

import (
	_ "embed"
	"os"
	"strconv"
	"strings"
	"testing"

	"okno/internal/web/webtest"
)

//go:embed shots.txt
var shots string

func TestPictures(t *testing.T) {
	base := os.Getenv("OKNO_PICTURES")
	if base == "" {
		t.Skip("OKNO_PICTURES names no running demo: no pictures are wanted")
	}
	list := shots
	if more := os.Getenv("OKNO_PICTURES_OF"); more != "" {
		list = more
	}
	chromium := webtest.Start(t)
	for line := range strings.Lines(list) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.HasPrefix(line, "#") {
			continue
		}
		width, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		b := chromium.Browser(t, base, webtest.Look{Width: width, Height: 900, Phone: width < 500, Dark: strings.Contains(f[0], "dark")})
		if person, err := strconv.Atoi(f[1]); err == nil {
			b.Open("/demo")
			signIn(t, b, person)
		}
		for _, step := range f[3:] {
			if to, ok := strings.CutPrefix(step, "follow:"); ok {
				b.Follow(strings.ReplaceAll(to, "_", " "))
				continue
			}
			b.Open(step)
		}
		b.Shot(f[0])
	}
}

// signIn presses the one-click button of the person.
func signIn(t *testing.T, b *webtest.Browser, person int) {
	t.Helper()
	people := b.Page().All("h3")
	if person >= len(people) {
		t.Fatalf("the demo shows %d people", len(people))
	}
	b.Press("Войти", webtest.TextOf(people[person]))
}
