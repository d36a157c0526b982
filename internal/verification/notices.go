package verification

import (
	"cmp"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/policy"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

func (s *Service) aboutLevel(l access.Level) notification.Note {
	return s.Notices.Say(notification.Identity, "cabinet", "message.level."+string(l))
}

// number is the sort of number that the loss is of, "" for a document.
func (x loss) number() string {
	if len(x.kinds) == 1 && (x.kinds[0] == policy.EvidenceSNILS || x.kinds[0] == policy.EvidenceINN) {
		return string(x.kinds[0])
	}
	return ""
}

// aboutLoss says why evidence ended and what to do. fell says that the level went down by it.
func (s *Service) aboutLoss(x loss, fell bool) notification.Note {
	what := "message.kept."
	if fell || x.why == Displaced {
		what = "message.lost."
	}
	var said []Answer
	if x.said.Verdict != "" {
		said = []Answer{x.said}
	}
	about, where, remedies := string(x.why), "cabinet/identity", true
	if number := x.number(); number != "" {
		about, remedies = number, !Evidence{Kind: x.kinds[0], Why: x.why}.VoidsNumber()
	}
	if x.child { // their parents read it
		where = "cabinet/children"
	}
	return s.aboutAnswers(where, what+about, said, remedies)
}

// aboutAnswers is aboutCheck in words that tell what registers said: the letter each with its code and, with remedies, what to do about it,
// an SMS the codes.
func (s *Service) aboutAnswers(where, key string, said []Answer, remedies bool) notification.Note {
	in := func(l i18n.Lang) (body, brief string) {
		var told, codes []string
		for _, a := range said {
			x, found := Advise(a)
			if !found {
				continue
			}
			register := l.T("desk.register.short." + a.Register)
			line := register + ", " + l.T(x.Wrong, "code", x.Code)
			if remedies {
				line += " " + l.T(x.Remedy)
			}
			told = append(told, line)
			codes = append(codes, register+": "+x.Code)
		}
		args := []any{"said", strings.Join(told, "\n"), "codes", strings.Join(codes, ", "), "link", s.Notices.Letterhead().URL.JoinPath(where).String()}
		return l.T(notification.Said(key, false), args...), l.T(notification.Said(key, true), args...)
	}
	n := s.Notices.Say(notification.Identity, where, key)
	var brief i18n.Text
	n.Body.RU, brief.RU = in(i18n.RU)
	n.Body.EN, brief.EN = in(i18n.EN)
	if n.Brief != (i18n.Text{}) {
		n.Brief = brief
	}
	return n
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

// sampled are the ways in which evidence ends, each with what a register may say.
var sampled = []loss{
	{why: Expired},
	{why: Voided, said: Answer{Register: "passport", Verdict: Invalid, Code: "MVD-102"}},
	{why: Differs, said: Answer{Register: "passport", Verdict: Mismatch, Code: "MVD-113"}},
	{why: Voided, kinds: []policy.Evidence{policy.EvidenceSNILS}, said: Answer{Register: "snils", Verdict: Invalid, Code: "SFR-202"}},
	{why: Differs, kinds: []policy.Evidence{policy.EvidenceINN}, said: Answer{Register: "inn", Verdict: Mismatch, Code: "FNS-311"}},
	{why: Displaced},
	{why: Grown},
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
	for _, x := range sampled {
		about := cmp.Or(x.number(), string(x.why))
		add("message.lost."+about, s.aboutLoss(x, true))
		if x.why != Displaced {
			add("message.kept."+about, s.aboutLoss(x, false))
		}
	}
	add("message.refused", s.aboutAnswers("cabinet/identity", "message.refused", []Answer{{Register: "passport", Verdict: NotFound, Code: "MVD-101"}, {Register: "snils", Verdict: Mismatch, Code: "SFR-211"}}, true))
	for _, key := range []string{"message.taken", "message.check_again", "message.check_paused"} {
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
