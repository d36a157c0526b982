package procedure

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Calendar is how days of a deadline are counted.
type Calendar string

// The calendars.
const (
	AllDays Calendar = "all"        // every day
	Working Calendar = "ru-working" // working days of the Russian production calendar
)

//go:embed calendar.json
var calendarJSON []byte

// production is the Russian production calendar: the holidays of article 112 of the Labour Code, and for each
// year for which the Government has moved days off, where it moved them. A year that is not in the file follows
// the article's own rule: a holiday that falls on a weekend moves to the next working day, except in January.
var production = func() (c struct {
	Holidays []string // MM-DD
	Years    map[string]struct{ Off, Work []string }
}) {
	if err := json.Unmarshal(calendarJSON, &c); err != nil {
		panic(fmt.Sprintf("procedure: calendar.json: %v", err)) // embedded and read by every test
	}
	return c
}()

// Workday reports whether people work on the day of the moment, in the moment's own zone.
func Workday(t time.Time) bool {
	iso := t.Format(time.DateOnly)
	if year, known := production.Years[strconv.Itoa(t.Year())]; known {
		if slices.Contains(year.Off, iso) {
			return false
		}
		if slices.Contains(year.Work, iso) {
			return true
		}
		return !weekend(t) && !Holiday(t)
	}
	return !weekend(t) && !Holiday(t) && !moved(t)
}

func weekend(t time.Time) bool {
	return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}

// Holiday reports whether the day of the moment is a holiday by law, in its own zone.
func Holiday(t time.Time) bool { return slices.Contains(production.Holidays, t.Format("01-02")) }

// Receives reports whether the production calendar leaves the day to those who receive people: a Saturday in their hours is a day like
// others, unless it is a holiday.
func Receives(t time.Time) bool { return weekend(t) && !Holiday(t) || Workday(t) }

// moved reports whether the day is off because a holiday fell on the weekend before it.
func moved(t time.Time) bool {
	for back := 1; back <= 4; back++ {
		day := t.AddDate(0, 0, -back)
		if Holiday(day) && weekend(day) && day.Month() != time.January {
			return true
		}
		if !Holiday(day) && !weekend(day) {
			return false
		}
	}
	return false
}

// addWorkdays is the n-th working day after the day.
func addWorkdays(day time.Time, n int) time.Time {
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if Workday(day) {
			n--
		}
	}
	return day
}
