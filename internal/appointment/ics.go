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

// Called reports whether a calendar may be told of the appointment: that it is, or that it is no more. One that was moved is told by the file of
// the time that took its place; to cancel it would take that one away, too. Of what was only held no calendar knows: its file would take
// away the visit that it was to take the place of.
func (a Appointment) Called() bool { return a.State == Booked || a.off() }

func (a Appointment) off() bool {
	return a.HeldUntil.IsZero() && (a.State == Cancelled || a.State == Closed)
}

// Calendar makes a file that calendars take in (RFC 5545). A time that was moved takes the place of the one before: it has its UID, and a
// higher SEQUENCE. One that was cancelled is taken away by the file of METHOD CANCEL (RFC 5546): it has the UID, too, and a SEQUENCE above that
// of every file that there was of it.
func (a Appointment) Calendar(f File) string {
	c := ics.NewCalendar()
	c.SetProductId("-//Okno//Appointments//EN")
	method, status, sequence := ics.MethodPublish, ics.ObjectStatusConfirmed, a.Sequence
	if a.off() {
		method, status, sequence = ics.MethodCancel, ics.ObjectStatusCancelled, a.Sequence+1
	}
	c.SetMethod(method)
	e := c.AddEvent(a.Root + "@" + f.Host)
	e.SetDtStampTime(f.Made)
	e.SetStartAt(a.Start)
	e.SetEndAt(a.End)
	e.SetSequence(sequence)
	e.SetSummary(f.Title)
	e.SetLocation(f.Place)
	e.SetURL(f.URL)
	e.SetStatus(status)
	var b strings.Builder
	c.SerializeTo(&b) //nolint:errcheck // a builder takes everything
	return b.String()
}
