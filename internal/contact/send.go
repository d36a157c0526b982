package contact

import (
	"context"
	"errors"
	"fmt"
	"net/url"
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

// Carrier takes messages to their recipients. An error means that no gateway took it, and that it is worth trying again.
type Carrier interface {
	SMS(ctx context.Context, id, to, body string) error
	Mail(ctx context.Context, id, to, subject, text, html string) error
}

// Sender does the job SendCode.
type Sender struct {
	*Service
	Carrier Carrier
	URL     *url.URL // of the portal
	Name    i18n.Text
	Alarm   func(ctx context.Context, rule string) // hears that the day's texts are used up; nil: nobody does
}

// Do sends the code, unless it is of no use any more: proved, blocked, too old, or followed by a newer one.
func (s *Sender) Do(ctx context.Context, job SendCode) error {
	c, t, err := s.load(ctx, s.DB, job.Challenge)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Send != job.Send || !c.Proved.IsZero() || !c.BlockedAt.IsZero() || !s.DB.Now().Before(c.ExpiresAt) || c.Account == silent {
		return nil
	}
	if err := s.capped(ctx, s.DB, t); errors.Is(err, ErrCapped) {
		return nil // it was asked for in the same moment; the page says so at the next press
	} else if err != nil {
		return err
	}
	holder, err := s.Holder(ctx, s.DB, t)
	if err != nil {
		return err
	}
	mid := fmt.Sprintf("%s-%d", c.ID, c.Send)
	code := s.code(c)
	note := ""
	if c.Purpose != Recover && holder != "" {
		note = c.Lang.T("message.code.have_account", "url", s.URL.JoinPath("signin").String())
	}
	if t.Kind == Phone {
		body := c.Lang.T("message.code.sms", "portal", s.Name.Lang(c.Lang), "code", code)
		if note != "" {
			body += "\n" + note
		}
		// The last line lets the phone fill the code in by itself (REG-18): WICG "origin-bound one-time codes".
		if err := s.Carrier.SMS(ctx, mid, t.Value, body+"\n@"+s.URL.Hostname()+" #"+code); err != nil {
			return err
		}
		return s.spent(ctx, t)
	}
	link := s.URL.JoinPath(map[Purpose]string{Register: "register", Recover: "recover", Add: "cabinet/contacts"}[c.Purpose], "link")
	link.RawQuery = "t=" + url.QueryEscape(s.link(c))
	args := []any{"portal", s.Name.Lang(c.Lang), "code", code, "link", link.String(), "note", note,
		"code_life", i18n.Duration(i18n.With(ctx, c.Lang), s.Policy.Code.EmailLifetime), "link_life", i18n.Duration(i18n.With(ctx, c.Lang), s.Policy.Code.LinkLifetime)}
	key := map[Purpose]string{Register: "message.register.", Recover: "message.recover.", Add: "message.add."}[c.Purpose]
	return s.Carrier.Mail(ctx, mid, t.Value, c.Lang.T(key+"subject", args...), c.Lang.T(key+"text", args...), "")
}
