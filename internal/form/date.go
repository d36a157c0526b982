package form

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Date is a day of the calendar, in no zone: a day of birth, a day of issue. The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of the moment in the moment's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// String is the day as it is stored: 2026-11-18.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	if d.Year < 0 || d.Year > 9999 || d.Month < 0 || d.Month > 99 || d.Day < 0 || d.Day > 99 {
		return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
	}
	digit := func(n int) byte { return byte('0' + n%10) } //nolint:gosec // below ten
	y, m := d.Year, int(d.Month)
	return string([]byte{digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), '-', digit(m / 10), digit(m), '-', digit(d.Day / 10), digit(d.Day)})
}

// Dotted is the day as it is typed and shown in forms: 18.11.2026.
func (d Date) Dotted() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d.%02d.%04d", d.Day, d.Month, d.Year)
}

// In is midnight at the start of the day in the zone.
func (d Date) In(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// Add is the day so many years, months and days later. What does not exist runs on: one year after 29 February
// is 1 March, which is also when a person born on that day is a year older by law.
func (d Date) Add(years, months, days int) Date {
	return DateOf(d.In(time.UTC).AddDate(years, months, days))
}

// Birthday is the moment, by the civil day of the zone, at which somebody born on the day that born has, as it is stored, comes to that
// age; zero when it is no day.
func Birthday(born string, age int, zone *time.Location) time.Time {
	var d Date
	if d.UnmarshalText([]byte(born)) != nil || d.IsZero() {
		return time.Time{}
	}
	return d.Add(age, 0, 0).In(zone)
}

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.In(time.UTC).Before(e.In(time.UTC)) }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return e.Before(d) }

// Age is the number of full years of somebody born on d on the day of today.
func (d Date) Age(today Date) int {
	n := today.Year - d.Year
	if d.Add(n, 0, 0).After(today) {
		n--
	}
	return n
}

// MarshalText makes a Date the text 2026-11-18 in JSON and YAML.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fmt.Errorf("date: %w", err)
	}
	*d = DateOf(t)
	return nil
}

var (
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[ ./-]+(\d{1,2})[ ./-]+(\d{4})$`)
	yearFirst = regexp.MustCompile(`^(\d{4})[ ./-]+(\d{1,2})[ ./-]+(\d{1,2})$`)
	shortYear = regexp.MustCompile(`^\d{1,2}[ ./-]+\d{1,2}[ ./-]+\d{2}$`)
	together  = regexp.MustCompile(`^(\d\d)(\d\d)(\d{4})$`)
)

// ParseDate reads a day typed as 18.11.2026, 18/11/2026, 18112026 or 2026-11-18.
func ParseDate(s string) (Date, *Problem) {
	s = oneLine(s)
	if s == "" {
		return Date{}, problem("form.date.empty")
	}
	if plainly(s) { // as most are typed
		return day(number(s[6:]), number(s[3:5]), number(s[:2]))
	}
	var y, m, d string
	if t, err := time.Parse(time.DateOnly, s); err == nil { // as answers are stored
		return day(t.Year(), int(t.Month()), t.Day())
	}
	if p := dayFirst.FindStringSubmatch(s); p != nil {
		d, m, y = p[1], p[2], p[3]
	} else if p := yearFirst.FindStringSubmatch(s); p != nil {
		y, m, d = p[1], p[2], p[3]
	} else if p := together.FindStringSubmatch(s); p != nil {
		d, m, y = p[1], p[2], p[3]
	} else if shortYear.MatchString(s) {
		return Date{}, problem("form.date.short_year")
	} else {
		return Date{}, problem("form.date.format")
	}
	return day(number(y), number(m), number(d))
}

// plainly reports whether it is typed as 18.11.2026.
func plainly(s string) bool {
	if len(s) != len("18.11.2026") {
		return false
	}
	for i := range len(s) {
		dot := i == 2 || i == 5
		if dot != (s[i] == '.') || !dot && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

func day(y, m, d int) (Date, *Problem) {
	switch {
	case y < 1:
		return Date{}, problem("form.date.format")
	case m > 12 && m <= 31 && d >= 1 && d <= 12:
		return Date{}, problem("form.date.swapped")
	case m < 1 || m > 12:
		return Date{}, problem("form.date.month", "month", m)
	case d < 1 || d > 31:
		return Date{}, problem("form.date.day", "day", d)
	}
	last := time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if d > last {
		return Date{}, problem("form.date.no_such_day", "month", fmt.Sprintf("%02d.%04d", m, y), "last", last)
	}
	return Date{y, time.Month(m), d}, nil
}

// number is for text that a regular expression found to be a few digits.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// oldest is an age that nobody alive has: a birth date further back is a slip.
const oldest = 120

// BirthDate reads a day of birth: not in the future and not further back than people live.
func BirthDate(s string, today Date) (Date, *Problem) {
	if Blank(s) {
		return Date{}, problem("form.birth.empty")
	}
	d, p := ParseDate(s)
	switch {
	case p != nil:
		return Date{}, p
	case d.After(today):
		return d, problem("form.birth.future")
	case d.Add(oldest, 0, 0).Before(today):
		return d, problem("form.birth.old", "year", d.Year)
	}
	return d, nil
}
