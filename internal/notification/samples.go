package notification

import (
	"okno/internal/contact"
	"okno/internal/i18n"
)

// Whoever answers for the words of the portal looks at every message before anybody gets it. Each package that tells people something
// lists samples of it: made by the functions that make what it tells, about nobody.

// Sample is a notice of one kind as somebody gets it who does not exist.
type Sample struct {
	Kind   string // the key of its words
	About  Topic  // what it is about, or Codes
	Soon   bool   // it does not wait for the letter of the day
	RU, EN Message
}

// Lang is the sample in the language.
func (s Sample) Lang(l i18n.Lang) Message {
	if l == i18n.EN {
		return s.EN
	}
	return s.RU
}

// Codes is what samples are about that are no notices: codes and links that somebody asked for, to a contact that may be nobody's yet.
const Codes Topic = "codes"

// What samples are filled in with. No account, case or contact is called so: the first identifiers are of 1970, cases are counted from one,
// and neither a mobile number of +7 900 000 nor a name under .example is anybody's.
const (
	SampleID     = "00000000000000000000000000"
	SampleNumber = "2026-000000"
	SampleToken  = "0000000000000000000000000000000000000000000"
	SampleCode   = "000000"
)

// SamplePhone and SampleMail are the contacts in samples.
func SamplePhone() contact.Target { return contact.Target{Kind: contact.Phone, Value: "+79000000000"} }

// SampleMail is the other.
func SampleMail() contact.Target {
	return contact.Target{Kind: contact.Email, Value: "somebody@mail.example"}
}

// sampleOff looks as Service.Off does.
func sampleOff(t Topic) string { return SampleID + "." + string(t) + "." + SampleToken }

// Sample is the note as it is told.
func (h Letterhead) Sample(kind string, n Note) Sample {
	off := ""
	if n.stoppable() {
		off = sampleOff(n.Topic)
	}
	in := func(l i18n.Lang) Message {
		m := Message{Inbox: n.Entry(l)}
		if n.over(OverEmail) {
			m.Letter = h.Letter(l, n, off)
		}
		if n.over(OverSMS) {
			m.SMS = h.SMS(l, n)
		}
		if n.over(OverPush) {
			m.Push = h.Screen(l, n)
		}
		return m
	}
	return Sample{Kind: kind, About: n.Topic, Soon: n.Soon, RU: in(i18n.RU), EN: in(i18n.EN)}
}

// Direct is a message that goes to a contact and nowhere else.
func Direct(kind string, about Topic, in func(i18n.Lang) Message) Sample {
	return Sample{Kind: kind, About: about, RU: in(i18n.RU), EN: in(i18n.EN)}
}

// Samples are those of the package itself: what a parent gets of a child's notice, and the letter of the day, of the notices given.
func (h Letterhead) Samples(of ...Note) []Sample {
	return []Sample{
		h.Sample("message.for_child", h.forChild(SampleID, of[0])),
		Direct("message.digest", of[0].Topic, func(l i18n.Lang) Message { return Message{Letter: h.Digest(l, of, sampleOff(OfDay))} }),
	}
}
