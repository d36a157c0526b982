package notification

import (
	"fmt"
	"net/url"
	"strings"

	"okno/internal/i18n"
)

// Letterhead is what every message of the portal bears: its name and its address. It composes what each channel carries, of a note and
// nothing else: what is looked at before it is sent (samples.go) is made by what makes what is sent.
type Letterhead struct {
	Name i18n.Text
	URL  *url.URL
}

// Letterhead is that of the service.
func (s *Service) Letterhead() Letterhead { return Letterhead{s.Name, s.URL} }

// Say makes a note of the messages key.subject and key.body, in which {link} is the address of path.
func (h Letterhead) Say(topic Topic, path, key string, args ...any) Note {
	args = append(args, "link", h.URL.JoinPath(path).String())
	n := Note{Topic: topic, Subject: i18n.Both(key+".subject", args...), Body: i18n.Both(Said(key, false), args...), Path: path}
	if brief := Said(key, true); brief != Said(key, false) {
		n.Brief = i18n.Both(brief, args...)
	}
	return n
}

// Said is the key of the words of a message, or of those of an SMS: what is long elsewhere is said briefly there, because every part is paid for.
func Said(key string, brief bool) string {
	if short := key + ".brief"; brief && i18n.Has(short) {
		return short
	}
	return key + ".body"
}

// Entry is a note as it stands in the inbox.
type Entry struct{ Subject, Text, Path string }

// Entry is the note in the inbox.
func (n Note) Entry(l i18n.Lang) Entry { return Entry{n.Subject.Lang(l), n.Body.Lang(l), n.Path} }

// stoppable reports whether letters of its like can be stopped: not those about safety, which go to every contact.
func (n Note) stoppable() bool { return n.Topic != Security && len(n.To) == 0 }

// SMS is the note as a text. No page but the one behind the link shows who has sent it, so it begins with that.
func (h Letterhead) SMS(l i18n.Lang, n Note) string {
	said := n.out()
	if n.Brief != (i18n.Text{}) {
		said = n.Brief
	}
	return h.Signed(l, unbound.Replace(said.Lang(l)))
}

// unbound makes spaces of those at which lines of a page do not break: dates have them, and one makes an English text twice as dear (Cut).
var unbound = strings.NewReplacer("\u00a0", " ")

// Signed is a text that says which portal it is from.
func (h Letterhead) Signed(l i18n.Lang, text string) string { return h.Name.Lang(l) + ": " + text }

// Letter is the note as a letter, without the one that it goes to. off is the name under which its like are stopped (Service.Off), ""
// when they cannot be.
func (h Letterhead) Letter(l i18n.Lang, n Note, off string) Letter {
	out := Letter{Subject: n.Subject.Lang(l), Text: h.Around(l, n.out().Lang(l))}
	if off != "" {
		out.Off = h.URL.JoinPath("notices", "off", off).String()
		out.Text += "\n\n" + l.T("message.notice_off", "link", out.Off)
	}
	return out
}

// Around is what every letter has before and after what it says.
func (h Letterhead) Around(l i18n.Lang, text string) string {
	return l.T("message.notice", "portal", h.Name.Lang(l), "text", text)
}

// Digest is the letter of the day. off is the name under which it is stopped (Service.Off of OfDay).
func (h Letterhead) Digest(l i18n.Lang, list []Note, off string) Letter {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%s\n%s\n\n", n.Subject.Lang(l), n.out().Lang(l))
	}
	out := Letter{Subject: l.N("message.digest", len(list)), Off: h.URL.JoinPath("notices", "off", off).String()}
	choose := h.URL.JoinPath("cabinet", "notices", "choice").String()
	out.Text = h.Around(l, strings.TrimSpace(b.String())) + "\n\n" + l.T("message.digest_off", "link", choose, "off", out.Off)
	return out
}

// titleMost is how many letters of a subject a screen gets: none shows more.
const titleMost = 120

// Screen is what a browser shows of a note.
type Screen struct {
	Title string    `json:"title"`
	Body  string    `json:"body"`
	Path  string    `json:"path"`
	Lang  i18n.Lang `json:"lang"`
}

// Screen is the note on a screen, which anybody may see: it says what sort of news there is and where to read it, no more than the subject
// of a letter does; what goes to the contacts alone is not in it.
func (h Letterhead) Screen(l i18n.Lang, n Note) Screen {
	title := []rune(n.Subject.Lang(l))
	if len(title) > titleMost {
		title = append(title[:titleMost-1], '…')
	}
	return Screen{string(title), l.T("message.push", "portal", h.Name.Lang(l)), "/" + strings.TrimPrefix(n.Path, "/"), l}
}

// Message is what each channel carries of one notice in one language. What is empty does not go over the channel.
type Message struct {
	Inbox  Entry
	Letter Letter
	SMS    string
	Push   Screen
}

// forChild is how those who act for the account are told what it is told.
func (h Letterhead) forChild(accountID string, n Note) Note {
	path := "cabinet/children/" + accountID
	if n.Topic == Visit { // whoever acts for the account answers there
		path = n.Path
	}
	link := h.URL.JoinPath(path).String()
	told := Note{Topic: n.Topic, Path: path, Over: n.Over, Until: n.Until, Subject: i18n.Both("message.for_child.subject", "subject", n.Subject),
		Body: forChild(n.Body, link)}
	if n.Brief != (i18n.Text{}) {
		told.Brief = forChild(n.Brief, link)
	}
	if out := n.out(); out != n.Body { // of those who act for the account it goes to the contacts only, too
		told.Out = forChild(out, link)
	}
	return told
}

func forChild(said i18n.Text, link string) i18n.Text {
	return i18n.Both("message.for_child.body", "text", said, "link", link)
}
