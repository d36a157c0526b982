package appointment

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// File is an appointment for a calendar.
type File struct {
	Host, URL    string // of the portal, of its page
	Title, Place string
	Made         time.Time
}

// Calendar makes a file that calendars take in (RFC 5545). A time that was moved takes the place of the one before: it has its UID, and a
// higher SEQUENCE.
func (a Appointment) Calendar(f File) string {
	c := ics.NewCalendar()
	c.SetProductId("-//Okno//Appointments//EN")
	c.SetMethod(ics.MethodPublish)
	e := c.AddEvent(a.Root + "@" + f.Host)
	e.SetDtStampTime(f.Made)
	e.SetStartAt(a.Start)
	e.SetEndAt(a.End)
	e.SetSequence(a.Sequence)
	e.SetSummary(f.Title)
	e.SetLocation(f.Place)
	e.SetURL(f.URL)
	e.SetStatus(ics.ObjectStatusConfirmed)
	var b strings.Builder
	c.SerializeTo(&b) //nolint:errcheck // a builder takes everything
	return b.String()
}
