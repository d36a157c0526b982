package application

import (
	"strings"
	"time"

	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
)

// What people are told, in one place: so that it can be looked at before it is told to anybody.

// arrived is what the person is told on arriving in the state, in the words of the definition.
func arrived(h notification.Letterhead, def *procedure.Definition, st procedure.Step, caseID, number string) notification.Note {
	path := "applications/" + caseID
	link := h.URL.JoinPath(path).String()
	say := func(l i18n.Lang) string { return st.Notice.Say(l, number, def.Title.Lang(l), link) }
	var over []notification.Over
	for _, c := range st.Notice.Channels {
		over = append(over, notification.Over(c))
	}
	return notification.Note{Topic: notification.Case, Path: path, Over: over, Soon: st.Turn == procedure.TurnApplicant, // a deadline runs for the person
		Subject: i18n.Text{RU: def.Title.RU + ": " + lowerFirst(st.Title.RU), EN: def.Title.EN + ": " + lowerFirst(st.Title.EN)},
		Body:    i18n.Text{RU: say(i18n.RU), EN: say(i18n.EN)}}
}

func lowerFirst(s string) string {
	for i, r := range s {
		return strings.ToLower(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// reminder is how the applicant, whose turn it is, is told so once more.
func reminder(n notification.Note) notification.Note {
	n.Subject = i18n.Both("application.reminder", "subject", n.Subject)
	return n
}

func carriedNote(h notification.Letterhead, caseID, number string, service i18n.Text) notification.Note {
	return h.Say(notification.Case, "applications/"+caseID, "message.carried", "service", service, "number", number)
}

func infectedNote(h notification.Letterhead, caseID, number, name string) notification.Note {
	return h.Say(notification.Case, "applications/"+caseID, "message.attachment_infected", "name", name, "number", number)
}

// complained is what the person is told of a complaint; the words are on the page of the case.
func complained(h notification.Letterhead, what, caseID, number string, service i18n.Text, due time.Time) notification.Note {
	return h.Say(notification.Case, "applications/"+caseID, "complaint.notice."+what, "number", number, "title", service, "due", due.Format("02.01.2006"))
}

// reminderOf ends the kind of a sample that is told a second time.
const reminderOf = ".reminder"

// Sampled says of which state the sample is, and whether it is the reminder.
func Sampled(x notification.Sample) (st procedure.State, again bool) {
	name, again := strings.CutSuffix(x.Kind, reminderOf)
	return procedure.State(name), again
}

// SampledAs is the kind that a sample of an earlier version has in this one; false when its state is gone.
func SampledAs(def *procedure.Definition, kind string) (string, bool) {
	st, again := Sampled(notification.Sample{Kind: kind})
	now, ok := def.StateOf(st)
	if again {
		return string(now) + reminderOf, ok
	}
	return string(now), ok
}

// Samples are those of everything that the definition tells an applicant, in the order of its states. Nothing is told of a state that has none.
func Samples(h notification.Letterhead, def *procedure.Definition) []notification.Sample {
	var out []notification.Sample
	for _, st := range def.Steps() {
		if st.Notice == nil {
			continue
		}
		n := arrived(h, def, st, notification.SampleID, notification.SampleNumber)
		out = append(out, h.Sample(string(st.State), n))
		if st.Reminds() {
			out = append(out, h.Sample(string(st.State)+reminderOf, reminder(n)))
		}
	}
	return out
}

// OwnSamples are those of what is told about cases of every service.
func OwnSamples(h notification.Letterhead, now time.Time) []notification.Sample {
	const id, number = notification.SampleID, notification.SampleNumber
	service := i18n.Both("sample.service")
	out := []notification.Sample{
		h.Sample("message.carried", carriedNote(h, id, number, service)),
		h.Sample("message.attachment_infected", infectedNote(h, id, number, "sample.pdf")),
		h.Sample("message.service_changed", changedNote(h, service, "services")),
		h.Sample("message.service_gone", goneNote(h, service)),
	}
	for _, what := range []string{"received", string(ComplaintUpheld), string(ComplaintDismissed)} {
		out = append(out, h.Sample("complaint.notice."+what, complained(h, what, id, number, service, now)))
	}
	return out
}
