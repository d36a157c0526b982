package appointment

import (
	"context"
	"strconv"
	"time"

	"okno/internal/i18n"
	"okno/internal/notification"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

// about is a note about an appointment. out, when it is not nil, makes the words that go to the contacts only.
func (s *Service) about(key, path string, args []any, out func([]any) (said, brief i18n.Text)) notification.Note {
	n := s.Notices.Say(notification.Visit, path, key, args...)
	if out != nil {
		n.Out, n.Brief = out(args)
	}
	return n
}

func (s *Service) where(ctx context.Context, start time.Time, who, place, address i18n.Text) []any {
	when := func(l i18n.Lang) string {
		return i18n.DateTime(i18n.WithZone(i18n.With(ctx, l), s.Zone), start)
	}
	return []any{"when", i18n.Text{RU: when(i18n.RU), EN: when(i18n.EN)}, "who", who, "place", place, "address", address}
}

// calendarOf is where the file for calendars of an appointment is.
func (s *Service) calendarOf(appointmentID string) []any {
	return []any{"calendar", s.Notices.URL.JoinPath("appointments", appointmentID, "visit.ics").String()}
}

// withAnswer asks, outside, whether the person comes.
func (s *Service) withAnswer(link string) func([]any) (said, brief i18n.Text) {
	address := s.Notices.URL.JoinPath("visit", link).String()
	return func(args []any) (said, brief i18n.Text) {
		args = append(args, "link", address)
		return i18n.Both("appointment.soon_out", args...), i18n.Both("appointment.soon_brief", args...)
	}
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples(ctx context.Context, now time.Time) []notification.Sample {
	tomorrow := now.In(s.Zone).AddDate(0, 0, 1)
	args := s.where(ctx, time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 10, 0, 0, 0, s.Zone),
		i18n.Both("sample.who"), i18n.Both("sample.place"), i18n.Both("sample.address"))
	args = append(args, s.calendarOf(notification.SampleID)...)
	path := "appointments/" + notification.SampleID
	var out []notification.Sample
	for _, key := range []string{"message.appointment_booked", "message.appointment_moved", "message.appointment_cancelled", "message.appointment_offer", "message.appointment_passed", "message.appointment_closed", "message.appointment_unheld"} {
		out = append(out, s.Notices.Letterhead().Sample(key, s.about(key, path, args, nil)))
	}
	link := notification.SampleID + "." + strconv.Itoa(1) + "." + notification.SampleToken
	return append(out, s.Notices.Letterhead().Sample("message.appointment_soon", s.about("message.appointment_soon", path, args, s.withAnswer(link))))
}
