package system

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"okno/internal/web/identity"
)

// tokens is the host at which people show certificates by TLS.
type tokens struct {
	addr    string
	config  *tls.Config
	handler http.Handler
}

// certificateHeader is where the proxy puts the certificate that a person showed to it: PEM, escaped as in an address
// (nginx: $ssl_client_escaped_cert).
const certificateHeader = "X-Client-Cert"

// newTokens reads the settings of the host; nil when there is none.
func newTokens(s Token) (*tokens, error) {
	if s.Addr == "" {
		return nil, nil //nolint:nilnil // no host is no error
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("settings: signature-token-url (OKNO_SIGNATURE_TOKEN_URL) is not the address of a host of its own, https://…")
	}
	pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
	if err != nil {
		return nil, fmt.Errorf("settings: signature-token-cert, signature-token-key (OKNO_SIGNATURE_TOKEN_CERT, …_KEY): %w", err)
	}
	t := &tokens{addr: s.Addr, config: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		ClientAuth: tls.RequestClientCert, SessionTicketsDisabled: true}} // a session that goes on would show a certificate without its token
	return t, nil
}

// shown is the certificate that the person showed: to us, or, when a proxy is set, to it. Then only the proxy is listened to, and it is
// known by its own certificate: whatever address it comes from, nobody else's header counts, and without a proxy no header does.
func shown(proxy *x509.Certificate) func(*http.Request) (*x509.Certificate, error) {
	return func(r *http.Request) (*x509.Certificate, error) {
		var peer *x509.Certificate
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			peer = r.TLS.PeerCertificates[0]
		}
		if proxy == nil {
			return peer, nil
		}
		if peer == nil || !bytes.Equal(peer.Raw, proxy.Raw) {
			return nil, identity.ErrNotProxy
		}
		values := r.Header.Values(certificateHeader)
		if len(values) > 1 {
			return nil, identity.ErrNotProxy // one of them may be the person's own
		}
		if len(values) == 0 || values[0] == "" {
			return nil, nil //nolint:nilnil // they showed none
		}
		text, err := url.PathUnescape(values[0]) // no plus is a space in base64
		block, rest := pem.Decode([]byte(text))
		if err != nil || block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fmt.Errorf("the proxy passed no certificate in %s", certificateHeader)
		}
		return x509.ParseCertificate(block.Bytes)
	}
}

// proxyOf reads the certificate of the proxy; nil when none is set.
func proxyOf(file string) (*x509.Certificate, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // none is no error
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator's
	if err != nil {
		return nil, fmt.Errorf("settings: signature-token-proxy (OKNO_SIGNATURE_TOKEN_PROXY): %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("settings: signature-token-proxy (OKNO_SIGNATURE_TOKEN_PROXY) holds no certificate (PEM)")
	}
	return x509.ParseCertificate(block.Bytes)
}

// mountTokens gives the host its pages.
func (x *System) mountTokens(who *identity.Pages) error {
	s := x.Settings.Signature
	t, err := newTokens(s.Token)
	if err != nil || t == nil {
		return err
	}
	if s.Authorities == "" && !x.Settings.Demo {
		return errors.New("settings: signature-token-addr (OKNO_SIGNATURE_TOKEN_ADDR) is set and signature-authorities is not: no certificate would count")
	}
	proxy, err := proxyOf(s.Token.Proxy)
	if err != nil {
		return err
	}
	x.tokens = t
	who.Token = strings.TrimSuffix(s.Token.URL, "/")
	t.handler = who.Shown(shown(proxy), func(err error) { x.Log.Warn("a certificate was not taken", "error", err.Error()) })
	return nil
}

// run serves the host until ctx ends.
func (t *tokens) run(ctx context.Context, ln net.Listener, log *slog.Logger) error {
	srv := &http.Server{Handler: t.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)} // handshakes of strangers fail all day
	srv.SetKeepAlivesEnabled(false)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		srv.Shutdown(late) //nolint:errcheck // whoever is late shows the certificate again
	})
	defer stop()
	if err := srv.Serve(tls.NewListener(ln, t.config)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
