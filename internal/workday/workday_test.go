package workday_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/workday"
)

var ctx = context.Background()

func day(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Number of working days a year in the official calendars; a slip in years.yaml shows here.
func TestWorkingDaysOfAYearAreAsPublished(t *testing.T) {
	for year, want := range map[int]int{2025: 247, 2026: 247} {
		y, known := (*workday.Calendar)(nil).Year(year)
		if n := y.WorkingDays(); !known || n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestAYearNobodyPublishedFollowsTheLabourCode(t *testing.T) {
	var cal *workday.Calendar
	for text, want := range map[string]bool{
		"2027-01-08": false, // holidays of January
		"2027-01-11": true,  // what falls on a weekend in January does not move by itself
		"2027-02-23": false, // a holiday
		"2027-05-03": false, // 1 May is a Saturday
		"2027-05-04": true,
		"2027-05-10": false, // 9 May is a Sunday
		"2027-06-14": false, // 12 June is a Saturday
		"2027-11-04": false,
		"2027-11-05": true,
		"2027-07-17": false, // a Saturday
	} {
		if d := day(t, text); cal.Works(d) != want {
			t.Errorf("%s (%s) is a working day: %v", text, d.Weekday(), !want)
		}
	}
	if got := cal.Known(day(t, "2026-11-29")); !got.Equal(day(t, "2027-01-01")) {
		t.Errorf("nothing is known since %s", got)
	}
}

// The eves of 2025 and 2026 in the official calendars.
func TestTheDayBeforeAHolidayIsAnHourShorter(t *testing.T) {
	want := map[string]bool{"2025-03-07": true, "2025-04-30": true, "2025-06-11": true, "2025-11-01": true, "2026-04-30": true, "2026-05-08": true, "2026-06-11": true, "2026-11-03": true}
	var cal *workday.Calendar
	for d := day(t, "2025-01-01"); d.Year() < 2027; d = d.AddDate(0, 0, 1) {
		if short := cal.Shorter(d) == time.Hour; short != want[d.Format(time.DateOnly)] {
			t.Errorf("%s is shorter: %v", d.Format(time.DateOnly), short)
		}
	}
}

func TestMistakesOfAYearAreToldWithLineFieldAndRemedy(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":         {"", "y.yaml:1:1: the file is empty"},
		"no year":         {"source: x\n", "y.yaml:1:1: year: \"\" is not one; write four digits"},
		"no source":       {"year: 2027\n", "y.yaml:1:1: source: is missing"},
		"unknown field":   {"year: 2027\nsource: x\nholliday: []\n", "y.yaml:3:1: holliday: there is no such field"},
		"no day":          {"year: 2027\nsource: x\noff: [2027-02-30]\n", "y.yaml:3:7: off: \"2027-02-30\" is not a day"},
		"another year":    {"year: 2027\nsource: x\noff: [2026-12-31]\n", "y.yaml:3:7: off: 2026-12-31 is not of 2027"},
		"off already":     {"year: 2027\nsource: x\noff:\n- 2027-05-01\n", "y.yaml:4:3: off: 2027-05-01 is a weekend or a holiday"},
		"works already":   {"year: 2027\nsource: x\nwork: [2027-02-24]\n", "y.yaml:3:8: work: 2027-02-24 is a working day without the decree"},
		"short and off":   {"year: 2027\nsource: x\nshort: [2027-05-01]\n", "y.yaml:3:9: short: nobody works on 2027-05-01"},
		"twice":           {"- year: 2027\n  source: x\n- year: 2027\n  source: x\n", "y.yaml:3:3: year: 2027 stands in the file twice"},
		"two documents":   {"year: 2027\nsource: x\noff: [2027-02-22, 2027-05-03, 2027-05-10, 2027-06-14]\nwork: [2027-02-20]\n---\nyear: 2028\nsource: x\n", "y.yaml:5:1: there is a second document (---)"},
		"in the second":   {"- year: 2027\n- year: 2028\n  source: x\n  off: [2028-05-01]\n", "y.yaml:4:9: off: 2028-05-01 is a weekend or a holiday"},
		"too few days":    {"year: 2027\nsource: x\noff: [2027-02-01, 2027-02-02, 2027-02-03, 2027-02-04, 2027-02-05, 2027-02-08, 2027-02-09, 2027-02-10]\n", "y.yaml:1:1: off, work: the year would have 244 working days"},
		"moves forgotten": {"year: 2027\nsource: x\n", "y.yaml:1:1: off, work: the year would have 252 working days"},
		"not YAML":        {"year: [", "y.yaml"},
	} {
		if years, err := workday.Parse("y.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %s", name, years, err, tt.want)
		}
	}
	if _, err := workday.Parse("y.json", []byte(`{"year": 2027, "source": "a decree", "off": ["2027-02-22", "2027-05-03", "2027-05-10", "2027-06-14"], "work": ["2027-02-20"]}`)); err != nil {
		t.Errorf("a file of JSON: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("year: 2027\nsource: x\noff: [2027-02-22]\n")
	f.Add("- {year: 2027}\n- 1\n- [")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		years, err := workday.Parse("y.yaml", []byte(text))
		for _, y := range years {
			if n := y.WorkingDays(); err == nil && (n < 200 || n > 300) {
				t.Errorf("%d has %d working days", y.Year, n)
			}
		}
	})
}

func TestAYearThatIsPutIsInForceOnEveryNode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here, there, life := &workday.Calendar{}, &workday.Calendar{}, t.Context()
		go there.Follow(life, db, slog.New(slog.NewTextHandler(io.Discard, nil)))
		moved := day(t, "2027-02-22")
		years, err := workday.Parse("y.yaml", []byte("year: 2027\nsource: a decree\noff: [2027-02-22, 2027-05-03, 2027-05-10, 2027-06-14]\nwork: [2027-02-20]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.Put(ctx, access.Actor{Kind: access.Person, ID: "p"}, db, "", years...); err == nil {
			t.Error("a person changed the calendar")
		}
		put, err := here.Put(ctx, access.SystemActor(), db, "anna", years...)
		if err != nil || len(put) != 1 || here.Works(moved) || !here.Works(day(t, "2027-02-20")) {
			t.Fatalf("%v, %v", put, err)
		}
		within(t, "the other node knows the year", func() bool { return !there.Works(moved) })
		if put, err := here.Put(ctx, access.SystemActor(), db, "anna", years...); err != nil || len(put) != 0 {
			t.Errorf("the same once more: %v, %v", put, err)
		}
		if got := there.Known(day(t, "2026-11-29")); !got.Equal(day(t, "2028-01-01")) {
			t.Errorf("nothing is known since %s", got)
		}
		if err := here.TakeBack(ctx, access.SystemActor(), db, "anna", 2027); err != nil || !here.Works(moved) {
			t.Fatal(err)
		}
		within(t, "the other node forgets the year", func() bool { return there.Works(moved) })
		if err := here.TakeBack(ctx, access.SystemActor(), db, "anna", 2027); !errors.Is(err, workday.ErrNotPut) {
			t.Errorf("taken back twice: %v", err)
		}
		all, err := workday.History(ctx, access.SystemActor(), db)
		if err != nil || len(all) != 2 || !all[0].Gone || all[1].By != "anna" || all[1].Year.Source != "a decree" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}
