package rights

import (
	"context"
	"time"

	"okno/internal/i18n"
	"okno/internal/notification"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

func (s *Service) exported() notification.Note {
	return s.Notices.Say(notification.Security, "cabinet/security", "message.export")
}

func (s *Service) takenBack() notification.Note {
	return s.Notices.Say(notification.Security, "cabinet/data", "message.erasure_taken_back")
}

// aboutDay says on which day an account will be erased.
func (s *Service) aboutDay(key string, due time.Time) notification.Note {
	n := s.Notices.Say(notification.Security, "cabinet/data", key)
	n.Body, n.Brief = s.dated(key, due, "link", s.Notices.URL.JoinPath("cabinet/data").String())
	return n
}

// aboutRetired says it to whoever had an account that the erased one took over.
func (s *Service) aboutRetired(number string, due time.Time) notification.Note {
	n := s.Notices.Say(notification.Security, "help", "message.erasure_retired")
	n.Body, n.Brief = s.dated("message.erasure_retired", due, "phone", s.Policy.Hotline.Phone, "number", number, "link", s.Notices.URL.JoinPath("help").String())
	return n
}

// dated is what a message with a day in it says, which each language writes in its way, and how an SMS says it.
func (s *Service) dated(key string, due time.Time, args ...any) (said, brief i18n.Text) {
	in := func(l i18n.Lang, brief bool) string {
		day := i18n.Told(i18n.WithZone(i18n.With(context.Background(), l), s.zone()), due, brief)
		return l.T(notification.Said(key, brief), append([]any{"day", day}, args...)...)
	}
	return i18n.Text{RU: in(i18n.RU, false), EN: in(i18n.EN, false)}, i18n.Text{RU: in(i18n.RU, true), EN: in(i18n.EN, true)}
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples(now time.Time) []notification.Sample {
	h, due := s.Notices.Letterhead(), now.Add(s.Policy.Rights.EraseAfter)
	out := []notification.Sample{h.Sample("message.export", s.exported()), h.Sample("message.erasure_taken_back", s.takenBack()),
		h.Sample("message.erasure_retired", s.aboutRetired("0000-0000", due))}
	for _, key := range []string{"message.erasure", "message.erasure_near", "message.erasure_held"} {
		out = append(out, h.Sample(key, s.aboutDay(key, due)))
	}
	return out
}
