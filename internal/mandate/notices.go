package mandate

import (
	"context"
	"time"

	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/notification"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

func (s *Service) aboutChild(childID, key string) notification.Note {
	return s.Notices.Say(notification.Identity, page(childID), key)
}

func (s *Service) aboutRefusal(requestID string) notification.Note {
	return s.Notices.Say(notification.Identity, "cabinet/child-request/"+requestID, "message.child.refused")
}

func (s *Service) aboutAge(path, key string) notification.Note {
	return s.Notices.Say(notification.Identity, path, key, "age", s.Policy.Children.UntilAge)
}

func (s *Service) aboutDoubt(childID, code string, again time.Time) notification.Note {
	return s.Notices.Say(notification.Identity, page(childID), "message.child.doubted", "code", code, "date", form.DateOf(again.In(s.Zone)).Dotted())
}

func (s *Service) aboutLoss(code string) notification.Note {
	return s.Notices.Say(notification.Security, "cabinet/children", "message.child.lost", "code", code)
}

// toParent is for those who act for the child beside the one who did something.
func (s *Service) toParent(childID, key string) notification.Note {
	return s.Notices.Say(notification.Security, page(childID), key)
}

// invitation is what the child reads at the contact.
func (s *Service) invitation(ctx context.Context, until time.Time) notification.Note {
	n := s.Notices.Say(notification.Security, "recover", "message.hand_over")
	n.Alone = true
	link := s.Notices.URL.JoinPath("recover").String()
	in := func(l i18n.Lang, brief bool) string {
		return l.T(notification.Said("message.hand_over", brief), "link", link, "until", i18n.Date(i18n.WithZone(i18n.With(ctx, l), s.Zone), until))
	}
	n.Body, n.Brief = i18n.Text{RU: in(i18n.RU, false), EN: in(i18n.EN, false)}, i18n.Text{RU: in(i18n.RU, true), EN: in(i18n.EN, true)}
	return n
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples(ctx context.Context, now time.Time) []notification.Sample {
	const child, code = notification.SampleID, "SAMPLE"
	var out []notification.Sample
	add := func(kind string, n notification.Note) {
		out = append(out, s.Notices.Letterhead().Sample(kind, n))
	}
	for _, key := range []string{"message.child.opened", "message.child.joined", "message.child.insured"} {
		add(key, s.aboutChild(child, key))
	}
	for _, key := range []string{"message.child.another", "message.child.handing", "message.child.handed", "message.child.other_lost"} {
		add(key, s.toParent(child, key))
	}
	add("message.child.refused", s.aboutRefusal(notification.SampleID))
	add("message.child.near", s.aboutAge(page(child), "message.child.near"))
	add("message.child.over", s.aboutAge("cabinet/children", "message.child.over"))
	add("message.child.doubted", s.aboutDoubt(child, code, now.Add(s.Policy.Children.RecheckDoubt)))
	add("message.child.lost", s.aboutLoss(code))
	add("message.hand_over", s.invitation(ctx, now.Add(24*time.Hour)))
	return out
}
