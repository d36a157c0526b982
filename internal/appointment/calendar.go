package appointment

import (
	"time"

	"okno/internal/place"
	"okno/internal/workday"
)

// Span is a time of a working day, from midnight.
type Span = place.Span

// Calendar is when a resource receives people.
type Calendar struct {
	Zone     *time.Location
	Week     place.Week
	Slot     time.Duration
	Capacity int               // people at once: more than one for a group
	Holidays bool              // receives on holidays of the production calendar, too
	Eves     bool              // keeps its hours on the eve of a holiday
	Days     *workday.Calendar // nil: the one that is built in
	Off      map[string]bool   // days on which it does not receive, YYYY-MM-DD
	Dates    place.Dates       // days that have hours of their own
}

// Resource is a doctor, a window, a room.
type Resource struct {
	ID       string
	Kind     string // what people come for
	Calendar Calendar
	Party    int // people of one visit, one when 0
}

// Resource is the desk of the code with its place, as appointments see it.
func (s *Service) Resource(code string) (place.Place, place.Desk, Resource, bool) {
	p, d, ok := s.Places.Desk(code)
	if !ok {
		return p, d, Resource{}, false
	}
	return p, d, s.resource(d), true
}

func (s *Service) resource(d place.Desk) Resource {
	off := map[string]bool{}
	for _, day := range d.Off {
		off[day] = true
	}
	return Resource{ID: d.Code, Kind: d.Kind, Party: d.Party, Calendar: Calendar{Zone: s.Zone, Week: d.Hours, Slot: d.Slot, Capacity: d.Seats, Holidays: d.Holidays, Eves: d.Eves, Days: s.Workdays, Off: off, Dates: d.Dates}}
}

// Slot is a time to come.
type Slot struct {
	Start, End time.Time
	Free       int
}

// day lists the slots of the day of the moment, in the resource's own zone.
func (c Calendar) day(at time.Time) []Slot {
	at = at.In(c.Zone)
	var slots []Slot
	for _, s := range c.hours(at) {
		for from := s.From; from+c.Slot <= s.To; from += c.Slot {
			// By the clock on the wall, which a change of summer time moves.
			start := time.Date(at.Year(), at.Month(), at.Day(), 0, int(from/time.Minute), 0, 0, c.Zone)
			slots = append(slots, Slot{Start: start.UTC(), End: start.Add(c.Slot).UTC(), Free: c.Capacity})
		}
	}
	return slots
}

// hours are those of the day of the moment, which is in the zone: none on a day off, an hour less on the eve of a holiday. A day with
// hours of its own has those, and no others.
func (c Calendar) hours(at time.Time) []Span {
	if own, ok := c.Dates.On(at); ok {
		return own
	}
	switch {
	case c.Off[at.Format(time.DateOnly)], !c.Holidays && !c.Days.Receives(at):
		return nil
	case c.Holidays || c.Eves: // it does not rest with others
		return c.Week[at.Weekday()]
	}
	return place.Shorten(c.Week[at.Weekday()], c.Days.Shorter(at))
}

// slot is the one that starts at the moment.
func (c Calendar) slot(start time.Time) (Slot, bool) {
	for _, s := range c.day(start) {
		if s.Start.Equal(start) {
			return s, true
		}
	}
	return Slot{}, false
}
