package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/text/encoding/htmlindex"
)

// serveSMTP runs the mail server. It takes letters for everybody, from everybody, in plain text.
func (w *World) serveSMTP() {
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &mailSession{w: w}, nil
	}))
	srv.Domain = "mx.sandbox.invalid"
	srv.MaxMessageBytes = 10 << 20
	srv.MaxRecipients = 50
	srv.ReadTimeout, srv.WriteTimeout = 60*time.Second, 60*time.Second
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = slog.NewLogLogger(w.log.Handler(), slog.LevelDebug)
	w.wg.Go(func() {
		err := srv.Serve(&spoiltListener{Listener: w.smtp, w: w, system: "smtp"})
		if w.ctx.Err() == nil {
			w.log.Error("sandbox mail server", "error", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		srv.Shutdown(ctx) //nolint:errcheck // its connections are closed by the world
	})
}

// mailSession is one client of the mail server.
type mailSession struct {
	w  *World
	to []string
}

// Mail waits when the system is slow, before there is anything to deliver: a client that gave up is noticed.
func (s *mailSession) Mail(string, *smtp.MailOptions) error {
	if !s.w.faults.wait(s.w.ctx, "smtp") {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Closing"}
	}
	return nil
}

// Rcpt takes every address but those of the domain that exists in order to refuse.
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasSuffix(strings.ToLower(to), "@refused.invalid") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user " + to}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	text, id, err := readLetter(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Malformed letter"}
	}
	for _, to := range s.to {
		if err := s.w.outbox.add(Message{To: to, Channel: "email", Text: text, System: "smtp", ID: id}); err != nil {
			s.w.log.Error("sandbox mail server", "error", err)
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not stored"}
		}
	}
	return nil
}

func (s *mailSession) Reset()        { s.to = nil }
func (s *mailSession) Logout() error { return nil }

// readLetter returns the subject and the plain text of a letter as a person reads them, and the left half of its
// Message-ID.
func readLetter(raw []byte) (text, id string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", "", err
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "", "", err
	}
	plain, html, err := readPart(textproto.MIMEHeader(m.Header), m.Body, 0)
	if err != nil {
		return "", "", err
	}
	if plain == "" {
		plain = html
	}
	id, _, _ = strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<> "), "@")
	plain = strings.ReplaceAll(plain, "\r\n", "\n")
	return subject + "\n" + strings.TrimRight(plain, "\n"), id, nil
}

// readPart returns the first plain text and the first HTML within a part.
func readPart(h textproto.MIMEHeader, body io.Reader, depth int) (plain, html string, err error) {
	if depth > 5 {
		return "", "", errors.New("parts within parts within parts")
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		for mr := multipart.NewReader(body, params["boundary"]); ; {
			p, err := mr.NextRawPart()
			if errors.Is(err, io.EOF) {
				return plain, html, nil
			}
			if err != nil {
				return "", "", err
			}
			t, h, err := readPart(p.Header, p, depth+1)
			if err != nil {
				return "", "", err
			}
			if plain == "" {
				plain = t
			}
			if html == "" {
				html = h
			}
		}
	}
	if kind != "text/plain" && kind != "text/html" || strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		return "", "", nil
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	if set := strings.ToLower(params["charset"]); set != "" && set != "utf-8" && set != "us-ascii" {
		enc, err := htmlindex.Get(set)
		if err != nil {
			return "", "", err
		}
		body = enc.NewDecoder().Reader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return "", "", err
	}
	if kind == "text/html" {
		return "", string(b), nil
	}
	return string(b), "", nil
}

// spoiltListener is the ear of a system that keeps its connections: it knows them, hangs up at once when the
// system is down, and greets with nonsense when it is mad.
type spoiltListener struct {
	net.Listener
	w      *World
	system string
}

func (l *spoiltListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		switch l.w.faults.mode(l.system) {
		case Down:
			c.Close() //nolint:errcheck // hangs up
		case Garbage:
			l.w.wg.Go(func() { l.w.rave(c) })
		case OK, Slow:
			t := &trackedConn{Conn: c, conns: l.w.conns}
			l.w.conns.add(l.system, t)
			if l.w.ctx.Err() != nil {
				c.Close() //nolint:errcheck // the world ended meanwhile
			}
			return t, nil
		}
	}
}

// rave says something that is no protocol at all, and hangs up.
func (w *World) rave(c net.Conn) {
	defer c.Close()                                                                 //nolint:errcheck // done with it
	c.SetDeadline(time.Now().Add(time.Second))                                      //nolint:errcheck // then it fails below
	c.Write([]byte("\x00\x00\x00\x20 no such thing here \xff\xfe\x00\x01\r\n\r\n")) //nolint:errcheck // nobody minds
	io.CopyN(io.Discard, c, 64)                                                     //nolint:errcheck // so that it arrives before the hang-up
}

// trackedConn forgets itself when closed.
type trackedConn struct {
	net.Conn
	conns *conns
}

func (c *trackedConn) Close() error {
	c.conns.remove(c)
	return c.Conn.Close()
}
