package workday

import (
	_ "embed"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Year is what was decreed of a year.
type Year struct {
	Year     int      `json:"year"`
	Source   string   `json:"source"`             // the decree
	Holidays []string `json:"holidays,omitempty"` // MM-DD; those of the Labour Code when empty
	Off      []string `json:"off,omitempty"`      // YYYY-MM-DD: days off that are neither weekends nor holidays
	Work     []string `json:"work,omitempty"`     // YYYY-MM-DD: weekends on which people work
	Short    []string `json:"short,omitempty"`    // YYYY-MM-DD: working days an hour shorter, beside the eves of holidays
}

//go:embed years.yaml
var builtin []byte

var embedded = func() map[int]Year {
	years, err := Parse("years.yaml", builtin)
	if err != nil {
		panic("workday: " + err.Error()) // embedded, and read by every test
	}
	return byYear(years)
}()

// law are the holidays of article 112 of the Labour Code.
var law = []string{"01-01", "01-02", "01-03", "01-04", "01-05", "01-06", "01-07", "01-08", "02-23", "03-08", "05-01", "05-09", "06-12", "11-04"}

func byYear(years []Year) map[int]Year {
	out := map[int]Year{}
	for _, y := range years {
		out[y.Year] = y
	}
	return out
}

// Calendar is the calendar in force. The zero Calendar, and nil, is the one embedded here. A day is that of a moment in the moment's own zone.
type Calendar struct {
	put    atomic.Pointer[map[int]Year] // by year, instead of what is embedded
	serial atomic.Int64                 // of the last change that was taken in
	mu     sync.Mutex                   // held while one is taken in
}

// Of is a calendar that knows these years beside the embedded ones.
func Of(years ...Year) *Calendar {
	c := &Calendar{}
	c.set(byYear(years))
	return c
}

func (c *Calendar) set(years map[int]Year) { c.put.Store(&years) }

// Edition is another number whenever something was taken in.
func (c *Calendar) Edition() int64 {
	if c == nil {
		return 0
	}
	return c.serial.Load()
}

// Year is what was decreed of a year, and whether anything is known of it.
func (c *Calendar) Year(n int) (y Year, known bool) {
	if c != nil {
		if put := c.put.Load(); put != nil {
			if y, known = (*put)[n]; known {
				return y, true
			}
		}
	}
	y, known = embedded[n]
	return y, known
}

// Known is the first moment of which nothing is known: the new year after the last of the years known without a gap from now on.
func (c *Calendar) Known(now time.Time) time.Time {
	n := now.Year()
	for {
		if _, known := c.Year(n); !known {
			return time.Date(n, time.January, 1, 0, 0, 0, 0, now.Location())
		}
		n++
	}
}

// Works reports whether people work on the day.
func (c *Calendar) Works(t time.Time) bool {
	y, known := c.Year(t.Year())
	return y.works(t, known)
}

func (y Year) works(t time.Time, known bool) bool {
	iso := t.Format(time.DateOnly)
	switch {
	case slices.Contains(y.Off, iso):
		return false
	case slices.Contains(y.Work, iso):
		return true
	case known:
		return !weekend(t) && !y.holiday(t)
	}
	return !weekend(t) && !y.holiday(t) && !y.moved(t)
}

func weekend(t time.Time) bool {
	return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}

// holiday reports whether the day is a holiday by law.
func (c *Calendar) holiday(t time.Time) bool {
	y, _ := c.Year(t.Year())
	return y.holiday(t)
}

func (y Year) holiday(t time.Time) bool {
	days := y.Holidays
	if len(days) == 0 {
		days = law
	}
	return slices.Contains(days, t.Format("01-02"))
}

// Receives reports whether the calendar leaves the day to those who receive people: a Saturday in their hours is a day like others,
// unless it is a holiday.
func (c *Calendar) Receives(t time.Time) bool { return weekend(t) && !c.holiday(t) || c.Works(t) }

// Shorter is by how much the day is shorter than its hours say: by an hour on the working day before a holiday (article 95 of the
// Labour Code), and where the decree says so. The eve of the new year is one, too.
func (c *Calendar) Shorter(t time.Time) time.Duration {
	y, _ := c.Year(t.Year())
	if c.Works(t) && (slices.Contains(y.Short, t.Format(time.DateOnly)) || c.holiday(t.AddDate(0, 0, 1))) {
		return time.Hour
	}
	return 0
}

// moved reports whether the day is off because a holiday fell on the weekend before it.
func (y Year) moved(t time.Time) bool {
	for back := 1; back <= 4; back++ {
		day := t.AddDate(0, 0, -back)
		if y.holiday(day) && weekend(day) && day.Month() != time.January {
			return true
		}
		if !y.holiday(day) && !weekend(day) {
			return false
		}
	}
	return false
}

// After is the n-th working day after the day.
func (c *Calendar) After(day time.Time, n int) time.Time {
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.Works(day) {
			n--
		}
	}
	return day
}

// WorkingDays counts those of the year.
func (y Year) WorkingDays() (n int) {
	for d := time.Date(y.Year, time.January, 1, 12, 0, 0, 0, time.UTC); d.Year() == y.Year; d = d.AddDate(0, 0, 1) {
		if y.works(d, true) {
			n++
		}
	}
	return n
}
