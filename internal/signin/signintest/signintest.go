// Package signintest builds the identity half of the portal on a test's database, with a carrier that keeps what was sent.
package signintest

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
	"okno/internal/notification"
	"okno/internal/passkey"
	"okno/internal/policy"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/staff"
	"okno/internal/store"
)

// World is the identity half with its outbox.
type World struct {
	DB            *store.DB
	Ring          *keyring.Ring
	Policy        *policy.Policy
	Jobs          *jobs.Client
	Accounts      *account.Service
	Contacts      *contact.Service
	Gate          *gate.Gate
	Credentials   *credential.Service
	Passkeys      *passkey.Service
	Staff         *staff.Service
	Notices       *notification.Service
	Registrations *registration.Service
	SignIn        *signin.Service
	Outbox        *Outbox
	Alarms        chan string // the caps on texts that were reached
	Hasher        *keyring.Hasher
}

// New builds it and starts its jobs.
func New(t *testing.T, db *store.DB) *World {
	t.Helper()
	w := &World{DB: db, Ring: keyringtest.Ring(t), Policy: policy.Default(), Outbox: &Outbox{}, Alarms: make(chan string, 16)}
	w.Hasher = keyringtest.Hasher(t, w.Ring)
	w.Jobs = jobstest.New(t, db)
	u := &url.URL{Scheme: "http", Host: "localhost:8080"}
	name := i18n.Text{RU: "Окно", EN: "Okno"}
	w.Accounts = &account.Service{DB: db, Ring: w.Ring}
	w.Contacts = &contact.Service{DB: db, Ring: w.Ring, Policy: w.Policy, Jobs: w.Jobs, Calls: true}
	w.Gate = &gate.Gate{DB: db, Ring: w.Ring, Policy: w.Policy}
	w.Credentials = &credential.Service{DB: db, Ring: w.Ring, Policy: w.Policy}
	w.Staff = &staff.Service{DB: db, Ring: w.Ring}
	gateways := &notification.Gateways{Texts: []notification.SMSGateway{w.Outbox}, Letters: []notification.MailGateway{w.Outbox}, Voices: []notification.VoiceGateway{w.Outbox}, Log: slog.New(slog.DiscardHandler)}
	w.Notices = &notification.Service{DB: db, Ring: w.Ring, Accounts: w.Accounts, Contacts: w.Contacts, Jobs: w.Jobs, Gateways: gateways, URL: u, Name: name,
		Night: notification.Night{Since: w.Policy.Notices.NightSince, Until: w.Policy.Notices.NightUntil}, Zone: time.UTC,
		Daytime: notification.Daytime{At: w.Policy.Notices.DigestAt, Most: w.Policy.Notices.DigestMost},
		Push:    notification.Push{Gateway: w.Outbox, TTL: w.Policy.Notices.PushTTL, Most: w.Policy.Notices.PushBrowsers}}
	w.Registrations = &registration.Service{DB: db, Ring: w.Ring, Policy: w.Policy, Hasher: w.Hasher, Accounts: w.Accounts, Contacts: w.Contacts, Gate: w.Gate,
		Credentials: w.Credentials, Editions: func() registration.Editions { return registration.Editions{Terms: "1", Privacy: "1"} }}
	var err error
	if w.Passkeys, err = passkey.New(db, w.Ring, w.Policy, u, name.RU); err != nil {
		t.Fatal(err)
	}
	staffKeys, err := passkey.NewStaff(db, w.Ring, w.Policy, u, name.RU)
	if err != nil {
		t.Fatal(err)
	}
	w.SignIn = &signin.Service{StaffKeys: staffKeys, DB: db, Ring: w.Ring, Policy: w.Policy, Hasher: w.Hasher, Accounts: w.Accounts, Contacts: w.Contacts, Gate: w.Gate, Credentials: w.Credentials,
		Passkeys: w.Passkeys, Staff: w.Staff, Notices: w.Notices, Jobs: w.Jobs, Log: slog.New(slog.DiscardHandler), Clock: time.Now}
	sender := &contact.Sender{Service: w.Contacts, Carrier: gateways, URL: u, Name: name,
		Alarm: func(_ context.Context, rule string) { w.Alarms <- rule }}
	t.Cleanup(func() { sender.CountTexts(context.Background()) }) //nolint:errcheck // nothing is written when the database is another test's
	jobs.Handle(w.Jobs, sender.Do)
	jobs.Handle(w.Jobs, sender.Speak)
	jobs.Handle(w.Jobs, sender.Freed)
	jobs.Handle(w.Jobs, w.SignIn.UntieAsked)
	jobs.Handle(w.Jobs, w.SignIn.UntieDue)
	jobs.Handle(w.Jobs, w.SignIn.AskToConfirm)
	jobs.Handle(w.Jobs, w.Notices.Deliver)
	jobs.Handle(w.Jobs, w.Notices.SendDigest)
	jobstest.Start(t, w.Jobs)
	return w
}

// Visitor is somebody at a browser; each name is a browser and network of its own.
func Visitor(name string) credential.Visitor {
	return credential.Visitor{Browser: "browser-" + name, Prefix: "net-" + name, Agent: "Chrome, Linux", Lang: i18n.RU}
}

// Password is good enough for every test.
const Password = "Vesna-2026-okno"

// Register makes an account with the contact in the visitor's browser and returns the token of its session.
func (w *World) Register(t *testing.T, v credential.Visitor, to string) string {
	t.Helper()
	ctx := context.Background()
	d := registration.Details{Surname: "Проверкина", GivenName: "Анна", Terms: true, Data: true}
	if strings.Contains(to, "@") {
		d.Email = to
	} else {
		d.Phone = to
	}
	if _, err := w.Registrations.Begin(ctx, v, d); err != nil {
		t.Fatalf("begin: %v", err)
	}
	if _, err := w.Registrations.Confirm(ctx, v, w.Code(t, to)); err != nil {
		t.Fatalf("confirm: %v", err)
	}
	token, err := w.Registrations.Finish(ctx, v, Password, Password)
	if err != nil {
		t.Fatalf("finish: %v", err)
	}
	return token
}

// Code waits for the jobs and reads the newest code that was sent to the contact.
func (w *World) Code(t *testing.T, to string) string {
	t.Helper()
	jobstest.Settle(t, w.Jobs)
	all := w.Outbox.To(to)
	for i := len(all) - 1; i >= 0; i-- { // a notice may have come after it
		if code := regexp.MustCompile(`\b\d{6}\b`).FindString(all[i].Body); code != "" {
			return code
		}
	}
	t.Fatalf("no code in the %d messages to %s", len(all), to)
	return ""
}

// Last waits for the jobs and returns the newest message to the contact.
func (w *World) Last(t *testing.T, to string) Message {
	t.Helper()
	jobstest.Settle(t, w.Jobs)
	all := w.Outbox.To(to)
	if len(all) == 0 {
		t.Fatalf("nothing was sent to %s", to)
	}
	return all[len(all)-1]
}

// Message is what a carrier took.
type Message struct {
	ID, To, Subject, Body, Off string
	TTL                        time.Duration // of what is pushed
}

// Outbox is a carrier that keeps what it takes.
type Outbox struct {
	mu   sync.Mutex
	all  []Message
	Full int // so many calls find no line free

	Crash int             // so many letters are taken, and whoever sent them does not hear of it
	Gone  map[string]bool // addresses of browsers that their push service does not know any more
}

// Name is the gateway's name.
func (o *Outbox) Name() string { return "outbox" }

// SendSMS keeps a text.
func (o *Outbox) SendSMS(_ context.Context, m notification.Text) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, Message{ID: m.ID, To: m.To, Body: m.Body})
	return nil
}

// SendMail keeps a letter.
func (o *Outbox) SendMail(_ context.Context, m notification.Letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, Message{ID: m.ID, To: m.To, Subject: m.Subject, Body: m.Text, Off: m.Off})
	if o.Crash > 0 {
		o.Crash--
		return errors.New("killed before the answer came")
	}
	return nil
}

// SendPush keeps what is pushed, under the address of the browser.
func (o *Outbox) SendPush(_ context.Context, p notification.Pushed) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Gone[p.To.Endpoint] {
		return notification.ErrGone
	}
	o.all = append(o.all, Message{ID: p.Topic, To: p.To.Endpoint, Body: string(p.Payload), TTL: p.TTL})
	return nil
}

// Takes takes every address of the web.
func (o *Outbox) Takes(endpoint string) bool { return strings.HasPrefix(endpoint, "https://") }

// Call keeps what is said in a call, the digits behind the language.
func (o *Outbox) Call(_ context.Context, m notification.Spoken) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Full > 0 {
		o.Full--
		return notification.ErrNoLine
	}
	o.all = append(o.all, Message{ID: m.ID, To: m.To, Subject: "call", Body: string(m.Lang) + " " + m.Digits})
	return nil
}

// To lists what was sent to the contact, in order.
func (o *Outbox) To(to string) []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []Message
	for _, m := range o.all {
		if m.To == to {
			out = append(out, m)
		}
	}
	return out
}

// Confirm raises whoever the token signs in to Confirmed, as an operator at a desk would.
func (w *World) Confirm(t *testing.T, token string) string {
	t.Helper()
	ctx := context.Background()
	s, err := w.Credentials.Check(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := w.Accounts.Update(ctx, tx, s.OwnerID, func(a *account.Account) error {
			a.Level, a.ConfirmedAt = access.Confirmed, tx.Now()
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.OwnerID
}
