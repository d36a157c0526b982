package procedure

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"okno/internal/workday"
)

// Span is a length of time as ISO 8601 writes it: P3D, P1M, PT30S. Days are days of a calendar; hours, minutes
// and seconds are exact.
type Span struct {
	Years, Months, Days int
	Exact               time.Duration
}

// IsZero reports whether the span has no length.
func (s Span) IsZero() bool { return s == Span{} }

var spanShape = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

// ParseSpan reads a duration of ISO 8601 without fractions.
func ParseSpan(text string) (Span, error) {
	m := spanShape.FindStringSubmatch(text)
	if m == nil || text[len(text)-1] == 'T' || text[len(text)-1] == 'P' {
		return Span{}, fmt.Errorf("%q is not a duration", text)
	}
	var n [7]int
	for i := range n {
		if m[i+1] == "" {
			continue
		}
		v, err := strconv.Atoi(m[i+1])
		if err != nil {
			return Span{}, fmt.Errorf("%q is not a duration: %w", text, err)
		}
		n[i] = v
	}
	exact := time.Duration(n[4])*time.Hour + time.Duration(n[5])*time.Minute + time.Duration(n[6])*time.Second
	return Span{Years: n[0], Months: n[1], Days: n[2]*7 + n[3], Exact: exact}, nil
}

// Resume is the moment at which a deadline passes that stood still from stopped until now: what was left of it then is left of
// it now, in days of its calendar when it is counted in days.
func (d Deadline) Resume(due, stopped, now time.Time, zone *time.Location, cal *workday.Calendar) time.Time {
	if stopped.After(due) {
		return due // it was over before it stopped
	}
	if d.In.Years == 0 && d.In.Months == 0 && d.In.Days == 0 {
		return due.Add(now.Sub(stopped))
	}
	left := 0
	end := dayOf(due, zone)
	for day := dayOf(stopped, zone); day.Before(end); day = day.AddDate(0, 0, 1) {
		if next := day.AddDate(0, 0, 1); d.Calendar != Working || cal.Works(next) {
			left++
		}
	}
	if left > 0 {
		return Deadline{In: Span{Days: left}, Calendar: d.Calendar}.Due(now, zone, cal)
	}
	last := now.In(zone) // it stopped on its last day, of which whoever has to act has one again
	if d.Calendar == Working && !cal.Works(last) {
		last = cal.After(last, 1)
	}
	return endOf(last, zone).UTC()
}

func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// Breach is what happens when a deadline passes.
type Breach string

// The breaches.
const (
	Escalate Breach = "escalate" // the agency's head is told, the case is marked; not while the applicant has to act
	Remind   Breach = "remind"   // the applicant, who has to act, is told once more
	Auto     Breach = "auto"     // the system causes Deadline.Event
)

// Deadline says until when somebody has to act. The zero Deadline is none.
type Deadline struct {
	In       Span
	Calendar Calendar
	Breach   Breach
	Event    Event // of Auto
}

// IsZero reports whether there is no deadline.
func (d Deadline) IsZero() bool { return d.In.IsZero() }

// Due is the moment at which the deadline of a state entered at from passes. A deadline in days is counted from
// the day after and lasts to the end of its last day in the zone (Civil Code, articles 191 and 194); one in
// hours, minutes and seconds is exact. cal says which days are working days; nil is the calendar that is built in.
func (d Deadline) Due(from time.Time, zone *time.Location, cal *workday.Calendar) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	if d.In.Years == 0 && d.In.Months == 0 && d.In.Days == 0 {
		return from.Add(d.In.Exact)
	}
	day := from.In(zone).AddDate(d.In.Years, d.In.Months, 0)
	if d.Calendar == Working {
		day = cal.After(day, d.In.Days)
	} else {
		day = day.AddDate(0, 0, d.In.Days)
	}
	return endOf(day, zone).Add(d.In.Exact).UTC()
}

func endOf(day time.Time, zone *time.Location) time.Time {
	y, m, n := day.Date()
	return time.Date(y, m, n, 23, 59, 59, 0, zone)
}

// Wait is how long to wait before the next try after so many failed: Base doubled each time up to Cap, of which
// the upper half is spread by a random number from 0 to 1, so that cases that failed together do not come back
// together.
func (r Retry) Wait(failed int, spread float64) time.Duration {
	wait := r.Base
	for i := 1; i < failed && wait < r.Cap; i++ {
		wait *= 2
	}
	if r.Cap > 0 {
		wait = min(wait, r.Cap)
	}
	return wait/2 + time.Duration(spread*float64(wait-wait/2))
}

// Again reports whether a register is to be asked again after so many tries failed.
func (r Retry) Again(failed int) bool { return r.Base > 0 && (r.Max == 0 || failed < r.Max) }
