// Package smtp hands letters to a mail server.
//
// A letter goes out as plain text and, when it has HTML, as an alternative to it, with our id as its Message-ID:
// a letter that goes out twice, because the answer to the first got lost, is recognised by mail programs as one.
// Every letter has a connection of its own.
//
// What always holds: nothing from a letter gets into the headers but its subject, encoded, and one bare address
// of the receiver; the server's words, which tend to repeat the receiver, do not get into errors. With the
// default settings a letter leaves only over TLS with a certificate that verifies.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"okno/internal/connector/call"
	"okno/internal/notification"
)

// TLS is when the connection is encrypted.
type TLS string

// The ways. The zero value is the strictest of STARTTLS.
const (
	Mandatory     TLS = ""              // STARTTLS, or no letter
	Opportunistic TLS = "opportunistic" // STARTTLS when the server offers it
	Implicit      TLS = "implicit"      // from the first byte, usually port 465
	None          TLS = "none"          // never: for a server on the same machine
)

// Auth is how we say who we are.
type Auth string

// The ways. Plain and Login send the password as it is, and do so over TLS only.
const (
	NoAuth  Auth = ""
	Plain   Auth = "plain"
	Login   Auth = "login"
	CramMD5 Auth = "cram-md5"
	Scram   Auth = "scram-sha-256"
)

// Config is what the gateway needs.
type Config struct {
	Addr               string // host:port
	From               string // "Name <address>" or an address
	Hello              string // our name in EHLO; the domain of From when empty
	TLS                TLS
	TLSConfig          *tls.Config // default: the roots of the system
	Auth               Auth
	Username, Password string
	Limits             call.Limits
	Observe            call.Observe
	Now                func() time.Time
}

// Gateway is one mail server.
type Gateway struct {
	line *call.Line
	c    Config
	from *netmail.Address
	host string
	port int
	now  func() time.Time
}

var _ notification.MailGateway = (*Gateway)(nil)

// New returns the mail server of the settings. The error tells what is wrong with them.
func New(c Config) (*Gateway, error) {
	host, p, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("smtp: the address must be host:port: %w", err)
	}
	port, err := strconv.Atoi(p)
	if err != nil || host == "" {
		return nil, errors.New("smtp: the address must be host:port")
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("smtp: the sender is no address: %w", err)
	}
	switch c.TLS {
	case Mandatory, Opportunistic, Implicit, None:
	default:
		return nil, fmt.Errorf("smtp: unknown way of encryption %q", c.TLS)
	}
	if _, ok := auths[c.Auth]; !ok {
		return nil, fmt.Errorf("smtp: unknown way of authentication %q", c.Auth)
	}
	if c.Hello == "" {
		c.Hello = domain(from.Address)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Limits.Timeout <= 0 {
		c.Limits.Timeout = 10 * time.Second
	}
	c.Limits.Tries = 1 // sending is repeated by whoever keeps the letter, or it might go out twice
	return &Gateway{
		line: call.NewLine("smtp", c.Limits, c.Observe, c.Now),
		c:    c, from: from, host: host, port: port, now: c.Now,
	}, nil
}

var auths = map[Auth]mail.SMTPAuthType{
	NoAuth: mail.SMTPAuthNoAuth, Plain: mail.SMTPAuthPlain, Login: mail.SMTPAuthLogin,
	CramMD5: mail.SMTPAuthCramMD5, Scram: mail.SMTPAuthSCRAMSHA256,
}

// Name returns "smtp".
func (g *Gateway) Name() string { return g.line.Name() }

// State says what the circuit does with the next letter.
func (g *Gateway) State() call.State { return g.line.State() }

// SendMail hands one letter over. No error means that the server has taken it. call.ErrRejected means that this
// letter will never be taken, mostly because there is no such receiver.
func (g *Gateway) SendMail(ctx context.Context, l notification.Letter) error {
	m, err := g.message(l)
	if err != nil {
		return err
	}
	return g.line.Do(ctx, func(ctx context.Context) error {
		return g.talk(ctx, func(c *mail.Client, session *gosmtp.Client) error {
			err := c.SendWithSMTPClient(session, m)
			if m.IsDelivered() { // whatever the server said of RSET afterwards
				return nil
			}
			return g.verdict(ctx, err)
		})
	})
}

// Ping goes as far as a letter would and hangs up: connection, encryption, authentication. It does not move the
// circuit.
func (g *Gateway) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.c.Limits.Timeout)
	defer cancel()
	if err := g.talk(ctx, func(*mail.Client, *gosmtp.Client) error { return nil }); err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
}

var messageID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func (g *Gateway) message(l notification.Letter) (*mail.Msg, error) {
	rejected := func(code string) error {
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: code}
	}
	if !messageID.MatchString(l.ID) {
		return nil, errors.New("smtp: the id of a letter must be letters, digits, dots, dashes")
	}
	to, err := netmail.ParseAddress(l.To)
	if err != nil || to.Address != l.To { // also refuses a name, a list, a comment
		return nil, rejected("ADDRESS")
	}
	m := mail.NewMsg(mail.WithEncoding(mail.EncodingB64), mail.WithNoDefaultUserAgent())
	m.FromMailAddress(g.from)
	m.ToMailAddress(to)
	m.Subject(oneLine(l.Subject))
	m.SetMessageIDWithValue(l.ID + "@" + domain(g.from.Address))
	m.SetDateWithValue(g.now())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's holiday notice answers (RFC 3834)
	if l.Off != "" {                                   // mail programs show a button of their own (RFC 2369, RFC 8058)
		m.SetGenHeader("List-Unsubscribe", "<"+oneLine(l.Off)+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(mail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	}
	return m, nil
}

// oneLine makes spaces of everything that could end a header.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// talk opens a connection, which lives no longer than ctx, and hands it to do. What goes wrong before do knows
// nothing of any letter, so that it may be told in full.
func (g *Gateway) talk(ctx context.Context, do func(*mail.Client, *gosmtp.Client) error) error {
	hangUp := func() {}
	defer func() { hangUp() }()
	client, err := mail.NewClient(g.host, g.options(func(c net.Conn) {
		stop := context.AfterFunc(ctx, func() { c.Close() }) //nolint:errcheck // so that nobody waits for it
		hangUp = func() {
			stop()
			c.Close() //nolint:errcheck // whatever was to be said has been
		}
	})...)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := do(client, session); err != nil {
		return err
	}
	session.Quit() //nolint:errcheck // the letter is taken; politeness only
	return nil
}

func (g *Gateway) options(opened func(net.Conn)) []mail.Option {
	policy := map[TLS]mail.TLSPolicy{
		Mandatory: mail.TLSMandatory, Opportunistic: mail.TLSOpportunistic, Implicit: mail.NoTLS, None: mail.NoTLS,
	}[g.c.TLS]
	secure := &tls.Config{}
	if g.c.TLSConfig != nil {
		secure = g.c.TLSConfig.Clone()
	}
	secure.MinVersion = max(secure.MinVersion, tls.VersionTLS12)
	if secure.ServerName == "" {
		secure.ServerName = g.host
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		opened(c)
		if g.c.TLS != Implicit {
			return c, nil
		}
		t := tls.Client(c, secure)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return t, nil
	}
	opts := []mail.Option{
		mail.WithPort(g.port), mail.WithHELO(g.c.Hello), mail.WithTimeout(g.c.Limits.Timeout), mail.WithTLSPolicy(policy),
		mail.WithTLSConfig(secure), mail.WithDialContextFunc(dial), mail.WithoutNoop(), mail.WithSMTPAuth(auths[g.c.Auth]),
	}
	if g.c.Auth != NoAuth {
		opts = append(opts, mail.WithUsername(g.c.Username), mail.WithPassword(g.c.Password))
	}
	return opts
}

// verdict turns the library's error, which names the receiver, into one that does not. Five hundred and more
// about the receiver or the letter is final; about ourselves it is a matter of settings, which somebody mends.
func (g *Gateway) verdict(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *mail.SendError
	if !errors.As(err, &e) || e.ErrorCode() == 0 {
		return call.Bare(err)
	}
	if e.ErrorCode() >= 500 && e.Reason != mail.ErrSMTPMailFrom {
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: fmt.Sprintf("SMTP-%d", e.ErrorCode())}
	}
	return fmt.Errorf("%w: %s, code %d %s", call.ErrUnavailable, e.Reason, e.ErrorCode(), e.EnhancedStatusCode())
}
