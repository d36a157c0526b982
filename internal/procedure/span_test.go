package procedure

import (
	"testing"
	"time"
	_ "time/tzdata"

	"okno/internal/workday"
)

func moscow(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDeadlinesInDaysLastToTheEndOfTheirLastDay(t *testing.T) {
	z := moscow(t)
	for _, tt := range []struct {
		name, from, in string
		calendar       Calendar
		want           string // in Moscow
	}{
		{"three days", "2026-03-02T10:00:00+03:00", "P3D", AllDays, "2026-03-05T23:59:59+03:00"},
		{"late in the evening counts from the next day", "2026-03-02T23:59:00+03:00", "P1D", AllDays, "2026-03-03T23:59:59+03:00"},
		{"the day is the portal's, not UTC's", "2026-03-02T22:30:00Z", "P1D", AllDays, "2026-03-04T23:59:59+03:00"},
		{"working days skip the weekend", "2026-03-13T10:00:00+03:00", "P1D", Working, "2026-03-16T23:59:59+03:00"},
		{"and a holiday that moved from Sunday", "2026-03-06T10:00:00+03:00", "P1D", Working, "2026-03-10T23:59:59+03:00"},
		{"and the May holidays", "2026-04-30T10:00:00+03:00", "P5D", Working, "2026-05-08T23:59:59+03:00"},
		{"and the New Year", "2025-12-30T10:00:00+03:00", "P1D", Working, "2026-01-12T23:59:59+03:00"},
		{"a working Saturday counts", "2025-10-31T10:00:00+03:00", "P1D", Working, "2025-11-01T23:59:59+03:00"},
		{"from a weekend", "2026-03-14T10:00:00+03:00", "P1D", Working, "2026-03-16T23:59:59+03:00"},
		{"a month", "2026-01-31T10:00:00+03:00", "P1M", AllDays, "2026-03-03T23:59:59+03:00"},
		{"a week", "2026-03-02T10:00:00+03:00", "P1W", AllDays, "2026-03-09T23:59:59+03:00"},
		{"hours are exact", "2026-03-02T10:00:30+03:00", "PT24H", AllDays, "2026-03-03T10:00:30+03:00"},
		{"minutes too", "2026-03-02T23:59:00+03:00", "PT2M", Working, "2026-03-03T00:01:00+03:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			in, err := ParseSpan(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			got := Deadline{In: in, Calendar: tt.calendar}.Due(from.UTC(), z, nil)
			if got.In(z).Format(time.RFC3339) != tt.want {
				t.Errorf("due %s, want %s", got.In(z).Format(time.RFC3339), tt.want)
			}
		})
	}
	if !(Deadline{}).Due(time.Now(), z, nil).IsZero() {
		t.Error("no deadline is due")
	}
}

func TestADecreedDayMovesADeadline(t *testing.T) {
	decreed := workday.Of(workday.Year{Year: 2027, Source: "a decree", Off: []string{"2027-02-22"}, Work: []string{"2027-02-20"}})
	friday := time.Date(2027, 2, 19, 12, 0, 0, 0, time.UTC)
	for days, want := range map[int][2]string{1: {"2027-02-22", "2027-02-20"}, 2: {"2027-02-24", "2027-02-24"}, 3: {"2027-02-25", "2027-02-25"}} {
		d := Deadline{In: Span{Days: days}, Calendar: Working}
		if got := [2]string{d.Due(friday, time.UTC, nil).Format(time.DateOnly), d.Due(friday, time.UTC, decreed).Format(time.DateOnly)}; got != want {
			t.Errorf("%d days by the law alone and by the decree: %v, want %v", days, got, want)
		}
	}
	d := Deadline{In: Span{Days: 1}, Calendar: Working} // what is left of a term is counted by the calendar of the day on which it goes on
	if got := d.Resume(friday, friday.AddDate(0, 0, -1), friday, time.UTC, decreed).Format(time.DateOnly); got != "2027-02-20" {
		t.Errorf("a day that was left ends on %s", got)
	}
}

func TestSpansAreReadAsISO8601WritesThem(t *testing.T) {
	for text, want := range map[string]Span{
		"P3D": {Days: 3}, "P2W": {Days: 14}, "P1Y2M3D": {Years: 1, Months: 2, Days: 3}, "PT30S": {Exact: 30 * time.Second},
		"P1DT2H3M4S": {Days: 1, Exact: 2*time.Hour + 3*time.Minute + 4*time.Second}, "PT0S": {},
	} {
		if got, err := ParseSpan(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "3D", "P-1D", "P1.5D", "PT1D", "P1H", " P1D", "P1D ", "P99999999D"} {
		if got, err := ParseSpan(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"P3D", "PT1H30M", "P1Y2M3W4DT5H6M7S", "P", "PT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span, err := ParseSpan(s)
		if err == nil && (span.Days < 0 || span.Months < 0 || span.Years < 0 || span.Exact < 0) {
			t.Errorf("%q is %+v", s, span)
		}
	})
}
