package signin

import (
	"context"
	"strings"
	"time"

	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/notification"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

func (s *Service) aboutSecurity(key string) notification.Note {
	return s.Notices.Say(notification.Security, securityPage, key)
}

func (s *Service) aboutContacts(key string, args ...any) notification.Note {
	return s.Notices.Say(notification.Security, contactsPage, key, args...)
}

func (s *Service) aboutUntying(masked, token string) notification.Note {
	link := s.Notices.URL.JoinPath("untie")
	link.RawQuery = "t=" + token
	return s.aboutContacts("message.untie_asked", "contact", masked, "hours", int(s.Policy.Contacts.UntieWait.Hours()), "cancel", link.String())
}

func (s *Service) aboutDevice(a credential.Arrival, link string) notification.Note {
	return s.came("message.new_device", securityPage, a, link)
}

func (s *Service) aboutPassword(a credential.Arrival, link string) notification.Note {
	return s.came("message.password_changed", "recover", a, link)
}

func (s *Service) aboutDisavowal(key string, until time.Time) notification.Note {
	link := s.Notices.URL.JoinPath(securityPage).String()
	return note(securityPage, key, func(l i18n.Lang, brief bool) string {
		return l.T(notification.Said(key, brief), "time", s.moment(l, until, brief), "link", link)
	})
}

// aboutContact tells of a change of a contact, aboutMeans of one of what the account is opened by.
func aboutContact(what string, t contact.Target, link string) notification.Note {
	return disavowable(contactsPage, "message.contact."+what, link, same("contact", t.Masked()))
}

func aboutMeans(key, link string) notification.Note {
	return disavowable(securityPage, key, link, same())
}

// notMe is the address at which a person says not to have done it.
func (s *Service) notMe(token string) string {
	link := s.Notices.URL.JoinPath("not-me")
	link.RawQuery = "t=" + token
	return link.String()
}

// note is a note about the safety of the account whose words are not the same arguments in both languages, nor in an SMS and elsewhere.
func note(path, key string, body func(l i18n.Lang, brief bool) string) notification.Note {
	return notification.Note{Topic: notification.Security, Path: path, Subject: i18n.Text{RU: i18n.RU.T(key + ".subject"), EN: i18n.EN.T(key + ".subject")},
		Body: i18n.Text{RU: body(i18n.RU, false), EN: body(i18n.EN, false)}, Brief: i18n.Text{RU: body(i18n.RU, true), EN: body(i18n.EN, true)}}
}

// came is a note that says where somebody came from, when, and how.
func (s *Service) came(key, path string, a credential.Arrival, link string) notification.Note {
	return disavowable(path, key, link, func(l i18n.Lang, brief bool) []any {
		device, network := a.Agent, a.Network
		if device == "" {
			device = l.T("message.new_device.unknown")
		}
		if network == "" {
			network = l.T("message.new_device.nowhere")
		}
		return []any{"device", device, "network", network, "way", way(l, a.Methods), "time", s.moment(l, a.At, brief)}
	})
}

// disavowable is a note that ends with how one says "it was not me". The link goes to the contacts alone: whoever has got in reads the
// inbox and the copy of the data, too, and would use up the pauses that the owner has.
func disavowable(path, key, link string, args func(l i18n.Lang, brief bool) []any) notification.Note {
	say := func(l i18n.Lang, brief bool, end string) string {
		return l.T(notification.Said(key, brief), append(args(l, brief), "disavow", end)...)
	}
	n := note(path, key, func(l i18n.Lang, brief bool) string {
		if brief { // for an SMS
			return say(l, true, l.T("message.disavow.out", "link", link))
		}
		return say(l, false, l.T("message.disavow.inbox"))
	})
	out := func(l i18n.Lang) string { return say(l, false, l.T("message.disavow.out", "link", link)) }
	n.Out = i18n.Text{RU: out(i18n.RU), EN: out(i18n.EN)}
	return n
}

// same are words that both languages have in common.
func same(args ...any) func(i18n.Lang, bool) []any {
	return func(i18n.Lang, bool) []any { return args }
}

// way says by what somebody came in.
func way(l i18n.Lang, methods string) string {
	var words []string
	for m := range strings.FieldsSeq(methods) {
		if key := "security.proved." + m; i18n.Has(key) {
			words = append(words, l.T(key))
		}
	}
	return strings.Join(words, ", ")
}

// moment is a day and an hour of the portal, with its zone: whoever reads it may be in another.
func (s *Service) moment(l i18n.Lang, at time.Time, brief bool) string {
	zone, err := time.LoadLocation(s.Policy.TimeZone)
	if err != nil {
		zone = time.UTC // the policy was checked at the start
	}
	return i18n.Told(i18n.WithZone(i18n.With(context.Background(), l), zone), at, brief)
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples(now time.Time) []notification.Sample {
	var out []notification.Sample
	add := func(kind string, n notification.Note) {
		out = append(out, s.Notices.Letterhead().Sample(kind, n))
	}
	link := s.notMe(notification.SampleToken)
	came := credential.Arrival{Agent: "Firefox, Windows", Methods: "pwd sms", Network: "192.0.2.0/24", At: now}
	add("message.new_device", s.aboutDevice(came, link))
	add("message.password_changed", s.aboutPassword(came, link))
	for _, what := range []string{"added", "removed", "main"} {
		add("message.contact."+what, aboutContact(what, notification.SamplePhone(), link))
	}
	for _, what := range []string{"reserved", "unreserved"} {
		add("message.contact."+what, aboutContact(what, notification.SampleMail(), link))
	}
	for _, key := range []string{"message.passkey_added", "message.passkey_renamed", "message.passkey_removed", "message.factor.app_added", "message.factor.app_renamed", "message.factor.app_removed",
		"message.factor.codes_on", "message.factor.codes_off", "message.factor.backup_made", "message.temporary", "message.factor.questions_set", "message.factor.questions_removed"} {
		add(key, aboutMeans(key, link))
	}
	for _, key := range []string{"message.passkey_cloned", "message.lifted"} {
		add(key, s.aboutSecurity(key))
	}
	for _, key := range []string{"message.disavowed", "message.disavowed_only"} {
		add(key, s.aboutDisavowal(key, now.Add(s.Policy.Alert.Pause)))
	}
	phone := notification.SamplePhone().Masked()
	add("message.recover_held", s.aboutContacts("message.recover_held", "contact", phone))
	add("message.confirm_again", s.aboutContacts("message.confirm_again", "contacts", phone))
	add("message.untie_asked", s.aboutUntying(phone, notification.SampleID+"."+notification.SampleToken))
	for _, key := range []string{"message.untied", "message.untie_cancelled", "message.untie_freed", "message.untie_gone"} {
		add(key, s.aboutContacts(key))
	}
	return out
}
