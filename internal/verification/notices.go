package verification

import (
	"okno/internal/access"
	"okno/internal/notification"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

func (s *Service) aboutLevel(l access.Level) notification.Note {
	return s.Notices.Say(notification.Identity, "cabinet", "message.level."+string(l))
}

func (s *Service) aboutLoss(why Why) notification.Note {
	return s.aboutCheck("message.lost." + string(why))
}

func (s *Service) aboutCheck(key string) notification.Note {
	return s.Notices.Say(notification.Identity, "cabinet/identity", key)
}

func (s *Service) aboutSNILS(r SNILSRequest, key string) notification.Note {
	where := "cabinet/snils"
	if r.ofChild() { // their parents read it
		where = "cabinet/children"
	}
	return s.Notices.Say(notification.Identity, where, key)
}

func (s *Service) erasureDropped() notification.Note {
	return s.Notices.Say(notification.Security, "cabinet/data", "message.erasure_dropped")
}

// retired is for whoever had the account that another took over, tookOver for whoever has that one.
func (s *Service) retired(takeover string) notification.Note {
	return s.Notices.Say(notification.Security, "help", "message.retired", s.called(takeover)...)
}

func (s *Service) tookOver(takeover string) notification.Note {
	return s.Notices.Say(notification.Security, "cabinet", "message.took_over", s.called(takeover)...)
}

func (s *Service) called(takeover string) []any {
	return []any{"phone", s.Policy.Hotline.Phone, "number", spoken(number(takeover))}
}

// undone is for whoever gets an account back, partly without contacts; undoneHere for whoever loses it again.
func (s *Service) undone(partly bool) notification.Note {
	key := "message.undone"
	if partly {
		key = "message.undone_partly"
	}
	return s.Notices.Say(notification.Security, "signin", key, "phone", s.Policy.Hotline.Phone)
}

func (s *Service) undoneHere() notification.Note {
	return s.Notices.Say(notification.Security, "cabinet/identity", "message.lost.undone", "phone", s.Policy.Hotline.Phone)
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples() []notification.Sample {
	var out []notification.Sample
	add := func(kind string, n notification.Note) {
		out = append(out, s.Notices.Letterhead().Sample(kind, n))
	}
	for _, l := range []access.Level{access.Simplified, access.Standard, access.Confirmed} {
		add("message.level."+string(l), s.aboutLevel(l))
	}
	for _, why := range []Why{Expired, Voided, Differs, Displaced, Grown} {
		add("message.lost."+string(why), s.aboutLoss(why))
	}
	for _, key := range []string{"message.refused", "message.taken", "message.check_paused"} {
		add(key, s.aboutCheck(key))
	}
	for _, key := range []string{"message.snils_assigned", "message.snils_refused", "message.snils_late", "message.snils_came", "message.snils_letter_lost", "message.snils_held"} {
		add(key, s.aboutSNILS(SNILSRequest{}, key))
	}
	add("message.erasure_dropped", s.erasureDropped())
	add("message.retired", s.retired(notification.SampleID))
	add("message.took_over", s.tookOver(notification.SampleID))
	add("message.undone", s.undone(false))
	add("message.undone_partly", s.undone(true))
	add("message.lost.undone", s.undoneHere())
	return out
}
