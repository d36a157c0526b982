package place

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const sound = `
- code: a
  kind: clinic
  name: {ru: А}
  town: {ru: Город}
  address: {ru: Улица}
  at: {lat: 55, lon: 37}
  hours: {mon-fri: '8:00-13:00 14:00-20:00', sat: '9:00-12:00'}
  desks:
    - {code: a-1, kind: doctor, name: {ru: Врач}, slot: 15m}
`

func TestAListWithMistakesTellsThemAll(t *testing.T) {
	if _, err := Parse([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"an unknown field", "kind: clinic", "kynd: clinic", "kynd"},
		{"an unknown kind", "kind: clinic", "kind: shop", "shop"},
		{"a code twice", "code: a-1", "code: a", "given twice"},
		{"no name", "name: {ru: А}", "name: {en: A}", "no name"},
		{"nowhere", "at: {lat: 55, lon: 37}", "at: {lat: 155, lon: 37}", "degrees"},
		{"hours backwards", "9:00-12:00", "12:00-9:00", "12:00-9:00"},
		{"hours over each other", "14:00-20:00", "12:00-20:00", "before the time before"},
		{"a day twice", "sat:", "fri:", "twice"},
		{"no such day", "mon-fri", "mon-xxx", "mon-xxx"},
		{"no slot", "slot: 15m", "slot: 1s", "slot"},
		{"more of a party than seats", "slot: 15m", "slot: 15m, party: 3", "do not fit"},
		{"a date that is none", "slot: 15m", "slot: 15m, dates: {2026-02-30: '9:00-12:00'}", "2026-02-30"},
		{"a date without hours", "slot: 15m", "slot: 15m, dates: {2026-02-28: ''}", "stands in off"},
		{"a date that is closed, too", "slot: 15m", "slot: 15m, off: [2026-02-28], dates: {2026-02-28: '9:00-12:00'}", "leave one"},
		{"a day off that is none", "slot: 15m", "slot: 15m, off: [2026-02-30]", "2026-02-30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(sound, c.from, c.to, 1)
			if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something about %q", err, c.want)
			}
		})
	}
	_, err := Parse([]byte(strings.NewReplacer("kind: clinic", "kind: shop", "slot: 15m", "slot: 1s").Replace(sound)))
	if err == nil || !strings.Contains(err.Error(), "shop") || !strings.Contains(err.Error(), "slot") {
		t.Errorf("two mistakes: %v", err)
	}
}

func TestADeskKeepsTheHoursOfItsPlaceUnlessItHasItsOwn(t *testing.T) {
	list, err := Parse([]byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	x := list[0]
	if got := x.Desks[0].Hours[time.Monday]; len(got) != 2 || got[1].String() != "14:00–20:00" || x.Desks[0].Seats != 1 || x.Desks[0].Party != 1 || x.Unit != "a" {
		t.Errorf("the desk is %+v of %s", x.Desks[0], x.Unit)
	}
	lines := x.Hours.Lines()
	if len(lines) != 2 || lines[0].First != time.Monday || lines[0].Last != time.Friday || lines[1].First != time.Saturday {
		t.Errorf("the week reads %+v", lines)
	}
	x.Off = []string{"2026-11-30"}
	if day := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC); x.Open(day) != nil || x.Open(day.AddDate(0, 0, 1)) == nil {
		t.Error("a day off is open, or the next is not")
	}
}

func TestPlacesOfTheChosenDistrictComeFirstAndThenTheNearest(t *testing.T) {
	embedded := embedded()
	near := Near(embedded, Areas(embedded), embedded[1].Area())
	if near[0].Area() != embedded[1].Area() || near[1].Area() != embedded[1].Area() {
		t.Errorf("first are %s, %s", near[0].Code, near[1].Code)
	}
	for i := 3; i < len(near); i++ {
		if embedded[1].At.To(near[i-1].At) > embedded[1].At.To(near[i].At)+3 { // the middle of the district is within a kilometre or two of it
			t.Errorf("%s stands before %s, which is nearer", near[i-1].Code, near[i].Code)
		}
	}
	if moscow, petersburg := (Point{55.7558, 37.6173}), (Point{59.9343, 30.3351}); moscow.To(petersburg) < 630 || moscow.To(petersburg) > 640 {
		t.Errorf("%f km", moscow.To(petersburg))
	}
	if got := Near(embedded, Areas(embedded), "nowhere"); got[0].Code != embedded[0].Code {
		t.Error("an unknown district sorted the list")
	}
}

func TestAChangedFileIsTakenInAndOneWithAMistakeIsNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "places.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(sound)
	synctest.Test(t, func(t *testing.T) {
		b, err := Read(file)
		if err != nil || len(b.All()) != 1 {
			t.Fatalf("%d places, %v", len(b.All()), err)
		}
		ctx, stop := context.WithCancel(t.Context())
		go b.Follow(ctx, file, time.Second, slog.New(slog.DiscardHandler))
		time.Sleep(1500 * time.Millisecond) // it knows now what the file was
		write(strings.Replace(sound, "{ru: А}", "{ru: Б}", 1))
		time.Sleep(2 * time.Second)
		if got := b.All()[0].Name.RU; got != "Б" {
			t.Errorf("the place is called %s", got)
		}
		write("- code: [")
		time.Sleep(2 * time.Second)
		if got := b.All(); len(got) != 1 || got[0].Name.RU != "Б" {
			t.Errorf("the list is %+v", got)
		}
		stop()
		synctest.Wait()
	})
}

func TestAPlaceClosesAnHourEarlierOnTheEveOfAHolidayUnlessItSaysOtherwise(t *testing.T) {
	list, err := Parse([]byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	x, eve := list[0], time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		change func(*Place)
		day    time.Time
		want   string
	}{
		"a day like others":          {func(*Place) {}, eve.AddDate(0, 0, -1), "20:00"},
		"the eve":                    {func(*Place) {}, eve, "19:00"},
		"the eve, whole":             {func(p *Place) { p.Eves = true }, eve, "20:00"},
		"the eve of who never rests": {func(p *Place) { p.Desks = []Desk{{Holidays: true}} }, eve, "20:00"},
		"the holiday":                {func(*Place) {}, eve.AddDate(0, 0, 1), ""},
	} {
		p, last := x, ""
		tt.change(&p)
		if spans := p.OpenOn(tt.day, nil); len(spans) > 0 {
			last = clock(spans[len(spans)-1].To)
		}
		if last != tt.want {
			t.Errorf("%s: open until %q, want %q", name, last, tt.want)
		}
	}
	hour := []Span{{9 * time.Hour, 13 * time.Hour}, {14 * time.Hour, 14*time.Hour + 30*time.Minute}}
	if got := Shorten(hour, time.Hour); len(got) != 1 || got[0].To != 12*time.Hour+30*time.Minute || hour[1].To != 14*time.Hour+30*time.Minute {
		t.Errorf("an hour less is %v of %v", got, hour)
	}
}

func TestADayWithHoursOfItsOwnHasThoseWhateverTheWeekAndTheCalendarSay(t *testing.T) {
	// A holiday on a Friday, a Sunday, and the eve of the holiday.
	const dates = "  dates: {2026-06-12: '10:00-12:00', 2026-06-14: '10:00-16:00', 2026-06-11: '8:00-20:00'}\n"
	list, err := Parse([]byte(strings.NewReplacer("  desks:\n", dates+"  desks:\n    - {code: a-2, kind: doctor, name: {ru: Врач}, slot: 15m, hours: {fri-sun: '11:00-20:00'}, off: [2026-06-14]}\n    - {code: a-3, kind: doctor, name: {ru: Врач}, slot: 15m, dates: {2026-06-12: '15:00-16:00'}}\n").Replace(sound)))
	if err != nil {
		t.Fatal(err)
	}
	x := list[0]
	day := func(d int) time.Time { return time.Date(2026, 6, d, 12, 0, 0, 0, time.UTC) }
	for d, want := range map[int]string{11: "[8:00–20:00]", 12: "[10:00–12:00]", 13: "[9:00–12:00]", 14: "[10:00–16:00]", 15: "[8:00–13:00 14:00–20:00]"} {
		if got := fmt.Sprint(x.OpenOn(day(d), nil)); got != want {
			t.Errorf("on the %dth of June the place is open %s, want %s", d, got, want)
		}
	}
	for i, want := range [][]string{ // own week and a day off; own date; those of the place
		{"[]", "[11:00–12:00]", ""}, {"[8:00–20:00]", "[15:00–16:00]", "[10:00–16:00]"}, {"[8:00–20:00]", "[10:00–12:00]", "[10:00–16:00]"},
	} {
		for n, d := range []int{11, 12, 14} {
			spans, own := x.Desks[i].Dates.On(day(d))
			if got := fmt.Sprint(spans); own != (want[n] != "") || own && got != want[n] {
				t.Errorf("the desk %s has %s on the %dth of June, want %s", x.Desks[i].Code, got, d, want[n])
			}
		}
	}
}
