package contact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"okno/internal/i18n"
	"okno/internal/jobs"
)

// SendCode is the job that sends one code. It names the sending, not the code: the code is derived when it is sent.
type SendCode struct {
	Challenge string `json:"challenge"`
	Send      int64  `json:"send"`
}

// Kind names the job in the queue.
func (SendCode) Kind() string { return "contact.send_code" }

// JobPolicy tries often: a code is worth something for minutes only.
func (SendCode) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 30, First: time.Second, Longest: 15 * time.Second, Timeout: 40 * time.Second}
}

// SpeakCode is the job that calls and speaks one code.
type SpeakCode struct {
	Challenge string `json:"challenge"`
	Send      int64  `json:"send"`
}

// Kind names the job in the queue.
func (SpeakCode) Kind() string { return "contact.speak_code" }

// JobPolicy has time for a phone to ring, for the digits twice, and for a carrier that lets us wait at either end. Between two
// tries there is time for somebody to end another conversation.
func (SpeakCode) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 15, First: 5 * time.Second, Longest: 20 * time.Second, Timeout: 4 * time.Minute}
}

// ErrNoLine is a carrier that makes as many calls as it may: nothing was tried, nothing has failed, and soon there is a line.
var ErrNoLine = errors.New("no line is free for a call")

// Carrier takes messages to their recipients. An error means that no gateway took it, and that it is worth trying again.
type Carrier interface {
	SMS(ctx context.Context, id, to, body string) error
	Mail(ctx context.Context, id, to, subject, text, html string) error
	Call(ctx context.Context, id, to string, l i18n.Lang, digits string) error
}

// Sender does the job SendCode.
type Sender struct {
	*Service
	Carrier Carrier
	URL     *url.URL // of the portal
	Name    i18n.Text
	Alarm   func(ctx context.Context, rule string) // hears that the day's texts are used up; nil: nobody does
	Log     *slog.Logger                           // nil: nothing is told

	mu   sync.Mutex
	away map[string]time.Time // channels that nobody serves, and when that was written down
}

// useful loads the attempt of a sending and says whether its code is still of use: not proved, not blocked, not too old, not
// followed by a newer one.
func (s *Sender) useful(ctx context.Context, cid string, send int64) (row, Target, bool, error) {
	c, t, err := s.load(ctx, s.DB, cid)
	if errors.Is(err, ErrGone) {
		return row{}, Target{}, false, nil
	}
	return c, t, c.Send == send && c.Proved.IsZero() && c.BlockedAt.IsZero() && s.DB.Now().Before(c.ExpiresAt) && c.Account != silent, err
}

// Speak calls and says the code. A carrier that cannot place the call is asked again, as with SMS. A phone that rang is
// another matter: nobody's phone becomes a bell, so it rings no more often for one request than the policy says.
func (s *Sender) Speak(ctx context.Context, job SpeakCode) error {
	c, t, useful, err := s.useful(ctx, job.Challenge, job.Send)
	if err != nil || !useful {
		return err
	}
	left, err := s.room(ctx, s.DB, t, c.Known)
	if errors.Is(err, ErrCapped) {
		return nil // as with texts
	}
	if err != nil {
		return err
	}
	err = s.heard(ctx, byCall, s.Carrier.Call(ctx, fmt.Sprintf("%s-%d", c.ID, c.Send), t.Value, c.Lang, s.code(c)))
	if errors.Is(err, ErrNoLine) {
		return fmt.Errorf("%w: %w", err, jobs.Retry(2*time.Second))
	}
	var rang interface{ Fate() (outcome, code string) }
	if n, _ := jobs.Try(ctx); errors.As(err, &rang) && n >= s.Policy.Gateways.Voice.Rings {
		return nil
	}
	if err != nil {
		return err
	}
	return s.spent(ctx, t, c.Known, left)
}

// Do sends the code, unless it is of no use any more.
func (s *Sender) Do(ctx context.Context, job SendCode) error {
	c, t, useful, err := s.useful(ctx, job.Challenge, job.Send)
	if err != nil || !useful {
		return err
	}
	left, err := s.room(ctx, s.DB, t, c.Known)
	if errors.Is(err, ErrCapped) {
		return nil // it was asked for in the same moment; the page says so at the next press
	}
	if err != nil {
		return err
	}
	holder, err := s.Holder(ctx, s.DB, t)
	if err != nil {
		return err
	}
	mid := fmt.Sprintf("%s-%d", c.ID, c.Send)
	code := s.code(c)
	known := (c.Purpose == Register || c.Purpose == Add) && holder != ""
	if t.Kind == Phone {
		if err := s.heard(ctx, bySMS, s.Carrier.SMS(ctx, mid, t.Value, s.codeText(c.Purpose, c.Lang, code, known))); err != nil {
			return err
		}
		return s.spent(ctx, t, c.Known, left)
	}
	subject, text := s.codeLetter(c.Purpose, c.Lang, code, s.link(c), known)
	return s.heard(ctx, byMail, s.Carrier.Mail(ctx, mid, t.Value, subject, text, ""))
}

// codeText is the text with a code. known says that somebody has an account with the contact.
func (s *Sender) codeText(p Purpose, l i18n.Lang, code string, known bool) string {
	words := "message.code.sms"
	if p == SignIn {
		words = "message.code.signin" // whoever is asked for it by "the bank" sees what it opens
	}
	body := l.T(words, "portal", s.Name.Lang(l), "code", code)
	if known {
		body += "\n" + s.haveAccount(l)
	}
	// The last line lets the phone fill the code in by itself (REG-18): WICG "origin-bound one-time codes".
	return body + "\n@" + s.URL.Hostname() + " #" + code
}

func (s *Sender) haveAccount(l i18n.Lang) string {
	return l.T("message.code.have_account", "url", s.URL.JoinPath("signin").String())
}

// codeLetter is the letter with a code and a link.
func (s *Sender) codeLetter(p Purpose, l i18n.Lang, code, token string, known bool) (subject, text string) {
	note := ""
	if known {
		note = s.haveAccount(l)
	}
	link := s.URL.JoinPath(map[Purpose]string{Register: "register", Recover: "recover", Add: "cabinet/contacts", Keep: "cabinet/contacts"}[p], "link")
	link.RawQuery = "t=" + url.QueryEscape(token)
	args := []any{"portal", s.Name.Lang(l), "code", code, "link", link.String(), "note", note,
		"code_life", i18n.Duration(i18n.With(context.Background(), l), s.Policy.Code.EmailLifetime), "link_life", i18n.Duration(i18n.With(context.Background(), l), s.Policy.Code.LinkLifetime)}
	key := map[Purpose]string{Register: "message.register.", Recover: "message.recover.", Add: "message.add.", Keep: "message.keep.", SignIn: "message.signin."}[p]
	return l.T(key+"subject", args...), l.T(key+"text", args...)
}

// Sample is a message to a contact as somebody gets it who does not exist.
type Sample struct {
	Kind string // the key of its words
	In   func(l i18n.Lang) (sms, subject, text string)
}

// Samples are those of everything that goes to contacts which need not be anybody's yet: codes with links, and that a contact is free.
func (s *Sender) Samples(code, token string) []Sample {
	sample := func(kind string, p Purpose, known bool) Sample {
		return Sample{kind, func(l i18n.Lang) (sms, subject, text string) {
			subject, text = s.codeLetter(p, l, code, token, known)
			return s.codeText(p, l, code, known), subject, text
		}}
	}
	out := []Sample{sample("message.register", Register, false), sample("message.code.have_account", Register, true)}
	for _, p := range []Purpose{Recover, Add, Keep, SignIn} {
		out = append(out, sample("message."+string(p), p, false))
	}
	return append(out, Sample{"message.freed", func(l i18n.Lang) (sms, subject, text string) {
		subject, text = s.freedLetter(l)
		return s.freedText(l), subject, text
	}})
}
