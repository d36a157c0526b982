package smtp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log" //nolint:depguard // the test mail server wants one
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"okno/internal/connector/call"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

func world(t *testing.T) *sandbox.World {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func gateway(t *testing.T, c Config) *Gateway {
	t.Helper()
	if c.From == "" {
		c.From = "Портал «Окно» <noreply@okno.example>"
	}
	if c.Limits == (call.Limits{}) {
		c.Limits = call.Limits{Timeout: 400 * time.Millisecond, Failures: 100}
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var letter = notification.Letter{
	ID: "01k9abc-1", To: "Anna.P@example.org", Subject: "Код подтверждения: 123456",
	Text: "Здравствуйте!\n\nВаш код 123456.\nhttps://okno.example/register/link?t=abc\n", HTML: "<p>Ваш код <b>123456</b></p>",
}

func TestALetterArrives(t *testing.T) {
	w := world(t)
	g := gateway(t, Config{Addr: w.SMTPAddr(), TLS: None})
	if err := g.SendMail(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	got := w.Outbox("anna.p@example.org")
	if len(got) != 1 || got[0].ID != "01k9abc-1" || got[0].Text != "Код подтверждения: 123456\nЗдравствуйте!\n\nВаш код 123456.\nhttps://okno.example/register/link?t=abc" {
		t.Errorf("%+v", got)
	}
	plain := letter
	plain.HTML = ""
	if err := g.SendMail(t.Context(), plain); err != nil || len(w.Outbox(letter.To)) != 2 {
		t.Errorf("without HTML: %v, %+v", err, w.Outbox(""))
	}
}

// box is a mail server that keeps letters as they came, and can do what the sandbox does not.
type box struct {
	mu      sync.Mutex
	letters []string
	to      []string
	secure  []bool
	user    string
}

func (b *box) last() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.letters) == 0 {
		return ""
	}
	return b.letters[len(b.letters)-1]
}

type boxSession struct {
	*box
	conn *smtp.Conn
}

func (s *boxSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *boxSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "portal" || password != "pa55" {
			return smtp.ErrAuthFailed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.user = user
		return nil
	}), nil
}
func (s *boxSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *boxSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	if strings.HasPrefix(to, "full@") {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox of " + to + " is full"}
	}
	return nil
}
func (s *boxSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, isTLS := s.conn.TLSConnectionState()
	s.letters, s.secure = append(s.letters, string(raw)), append(s.secure, isTLS)
	return nil
}
func (s *boxSession) Reset()        {}
func (s *boxSession) Logout() error { return nil }

func serve(t *testing.T, secure *tls.Config, implicit bool) (*box, string) {
	t.Helper()
	b := &box{}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &boxSession{b, c}, nil }))
	srv.Domain, srv.ErrorLog, srv.TLSConfig = "mx.example", log.New(io.Discard, "", 0), secure
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if implicit {
		l = tls.NewListener(l, secure)
	}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return b, at
}

func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.example"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

func TestTheHeadersAreOurs(t *testing.T) {
	b, at := serve(t, nil, false)
	when := time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)
	g := gateway(t, Config{Addr: at, TLS: None, Now: func() time.Time { return when }})
	evil := letter
	evil.Subject = "Код\r\nBcc: victim@example.org\r\n\r\n<script>\x00\u2028x"
	evil.Text = "text\r\n.\r\nMAIL FROM:<x@example.org>\r\n"
	if err := g.SendMail(t.Context(), evil); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(b.last()))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("Bcc"); got != "" || len(b.to) != 1 || b.to[0] != letter.To || len(b.letters) != 1 {
		t.Errorf("Bcc %q, receivers %v, %d letters", got, b.to, len(b.letters))
	}
	for k, want := range map[string]string{"Message-Id": "<01k9abc-1@okno.example>", "Auto-Submitted": "auto-generated", "To": "<Anna.P@example.org>", "User-Agent": "", "X-Mailer": ""} {
		if got := m.Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if d, err := m.Header.Date(); err != nil || !d.Equal(when) {
		t.Errorf("Date: %v, %v", d, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Address != "noreply@okno.example" || from[0].Name != "Портал «Окно»" {
		t.Errorf("From: %v, %v", from, err)
	}
	if strings.Contains(b.last(), "Код") {
		t.Error("Cyrillic went out uncoded: not every server takes eight bits")
	}
}

func TestReceiversThatAreNone(t *testing.T) {
	b, at := serve(t, nil, false)
	g := gateway(t, Config{Addr: at, TLS: None})
	for _, to := range []string{"", "anna", "a@b.example, c@d.example", "Anna <a@b.example>", "a@b.example\r\nBcc: c@d.example", "<a@b.example>", "a@b.example(x)", " a@b.example"} {
		l := letter
		l.To = to
		if err := g.SendMail(t.Context(), l); !errors.Is(err, call.ErrRejected) {
			t.Errorf("%q: %v", to, err)
		}
	}
	l := letter
	l.ID = "x>\r\nBcc: c@d.example"
	if err := g.SendMail(t.Context(), l); err == nil {
		t.Error("an id with a header in it was taken")
	}
	if len(b.letters) != 0 {
		t.Errorf("%d letters went out", len(b.letters))
	}
}

func TestEncryption(t *testing.T) {
	server, client := certificate(t)
	starttls, at := serve(t, server, false)
	implicit, atTLS := serve(t, server, true)
	plain, atPlain := serve(t, nil, false)
	for _, c := range []struct {
		name   string
		box    *box
		config Config
		secure bool
		sent   bool
	}{
		{"STARTTLS", starttls, Config{Addr: at, TLSConfig: client}, true, true},
		{"STARTTLS when offered", starttls, Config{Addr: at, TLS: Opportunistic, TLSConfig: client}, true, true},
		{"not offered, not demanded", plain, Config{Addr: atPlain, TLS: Opportunistic}, false, true},
		{"not offered", plain, Config{Addr: atPlain}, false, false},
		{"a certificate nobody knows", starttls, Config{Addr: at}, false, false},
		{"from the first byte", implicit, Config{Addr: atTLS, TLS: Implicit, TLSConfig: client}, true, true},
		{"from the first byte, unknown", implicit, Config{Addr: atTLS, TLS: Implicit}, false, false},
		{"with a password", starttls, Config{Addr: at, TLSConfig: client, Auth: Plain, Username: "portal", Password: "pa55"}, true, true},
		{"with a password, from the first byte", implicit, Config{Addr: atTLS, TLS: Implicit, TLSConfig: client, Auth: Plain, Username: "portal", Password: "pa55"}, true, true},
		{"with a wrong password", starttls, Config{Addr: at, TLSConfig: client, Auth: Plain, Username: "portal", Password: "wr0ng"}, true, false},
		{"a password without encryption", plain, Config{Addr: atPlain, TLS: None, Auth: Plain, Username: "portal", Password: "pa55"}, false, false},
	} {
		before := len(c.box.letters)
		g := gateway(t, c.config)
		err := g.SendMail(t.Context(), letter)
		if (err == nil) != c.sent || (len(c.box.letters) > before) != c.sent {
			t.Errorf("%s: %v, %d letters", c.name, err, len(c.box.letters)-before)
			continue
		}
		if err != nil && (!errors.Is(err, call.ErrUnavailable) || strings.Contains(err.Error(), "pa55") || strings.Contains(err.Error(), "wr0ng")) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.sent && c.box.secure[len(c.box.secure)-1] != c.secure {
			t.Errorf("%s: encrypted %t", c.name, !c.secure)
		}
		if ping := g.Ping(t.Context()); (ping == nil) != c.sent {
			t.Errorf("%s: ping %v", c.name, ping)
		}
	}
	if starttls.user != "portal" || implicit.user != "portal" {
		t.Errorf("signed in as %q and %q", starttls.user, implicit.user)
	}
}

func TestRefusals(t *testing.T) {
	w := world(t)
	l := letter
	l.To = "anna@refused.invalid"
	err := gateway(t, Config{Addr: w.SMTPAddr(), TLS: None}).SendMail(t.Context(), l)
	var no *call.Refusal
	if !errors.Is(err, call.ErrRejected) || !errors.As(err, &no) || no.Code != "SMTP-550" || strings.Contains(err.Error(), "anna") {
		t.Errorf("no such receiver: %v", err)
	}
	_, at := serve(t, nil, false)
	l.To = "full@example.org"
	err = gateway(t, Config{Addr: at, TLS: None}).SendMail(t.Context(), l)
	if !errors.Is(err, call.ErrUnavailable) || errors.Is(err, call.ErrRejected) || !strings.Contains(err.Error(), "452 4.2.2") || strings.Contains(err.Error(), "full@") {
		t.Errorf("a full mailbox: %v", err)
	}
}

func TestWhenTheServerIsUnwell(t *testing.T) {
	w := world(t)
	g := gateway(t, Config{Addr: w.SMTPAddr(), TLS: None})
	for _, mode := range []sandbox.Mode{sandbox.Slow, sandbox.Down, sandbox.Garbage} {
		if err := w.SetFault("smtp", mode); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err := g.SendMail(t.Context(), letter)
		if !errors.Is(err, call.ErrUnavailable) && !errors.Is(err, call.ErrGarbage) || errors.Is(err, call.ErrRejected) || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: %v", mode, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: noticed after %s", mode, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began = time.Now()
		err = g.SendMail(ctx, letter)
		cancel()
		if took := time.Since(began); err == nil || took > 300*time.Millisecond {
			t.Errorf("%s, little time: %v after %s", mode, err, took)
		}
	}
	if err := w.SetFault("smtp", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	if err := g.SendMail(t.Context(), letter); err != nil {
		t.Errorf("well again: %v", err)
	}
	if got := w.Outbox(letter.To); len(got) != 1 {
		t.Errorf("%d letters arrived, want the last only", len(got))
	}
}

func TestALetterThatWasTakenIsNotSentAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // a server that takes the letter and then falls over
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "220 mx\r\n")
		buf := make([]byte, 4096)
		for _, say := range []string{"250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"} {
			c.Read(buf)
			io.WriteString(c, say)
		}
		for got := ""; !strings.Contains(got, "\r\n.\r\n"); {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			got += string(buf[:n])
		}
		io.WriteString(c, "250 taken\r\n")
	}()
	if err := gateway(t, Config{Addr: l.Addr().String(), TLS: None}).SendMail(t.Context(), letter); err != nil {
		t.Errorf("taken, and yet %v", err)
	}
}

func TestSettings(t *testing.T) {
	good := Config{Addr: "mx.example:25", From: "a@b.example"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no port":          func(c *Config) { c.Addr = "mx.example" },
		"no host":          func(c *Config) { c.Addr = ":25" },
		"a port in words":  func(c *Config) { c.Addr = "mx.example:smtp" },
		"no sender":        func(c *Config) { c.From = "Портал" },
		"odd encryption":   func(c *Config) { c.TLS = "yes" },
		"odd sign-in":      func(c *Config) { c.Auth = "PLAIN" },
		"two senders":      func(c *Config) { c.From = "a@b.example, c@d.example" },
		"a sender with CR": func(c *Config) { c.From = "a@b.example\r\nX: y" },
	} {
		c := good
		if spoil(&c); func() error { _, err := New(c); return err }() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
