package xroad

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"okno/internal/connector/call"
)

// Scheme begins the address of a register that is asked over X-Road: xroad://INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE.
const Scheme = "xroad://"

// Config is our security server and who we are there.
type Config struct {
	Server  string        // https://host:port
	Client  string        // INSTANCE/CLASS/MEMBER/SUBSYSTEM
	Cert    string        // file of the certificate that we show to the server, PEM; "" when it asks for none
	Key     string        // file of its key
	CA      string        // file of the certificate that the server shows, PEM; "" for those that the system trusts
	AnyHash bool          // take an answer whose hash is not that of our request
	Timeout time.Duration // of connecting; 5 s
	Log     *slog.Logger  // default: nowhere
}

// Road is the way through our security server. It may be used by many at once.
type Road struct {
	server  *url.URL
	client  string
	anyHash bool
	log     *slog.Logger
	http    http.RoundTripper
}

// New returns the road. The error tells what is wrong with the settings.
func New(c Config) (*Road, error) {
	server, err := url.Parse(c.Server)
	if err != nil || server.Host == "" || (server.Scheme != "http" && server.Scheme != "https") || strings.Trim(server.Path, "/") != "" {
		return nil, errors.New("x-road: the server must be http(s)://host")
	}
	client, err := identifier(c.Client, 3, 4)
	if err != nil {
		return nil, fmt.Errorf("x-road: the client must be INSTANCE/CLASS/MEMBER/SUBSYSTEM: %w", err)
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	secure, err := c.tls()
	if err != nil {
		return nil, fmt.Errorf("x-road: %w", err)
	}
	return &Road{server: server, client: client, anyHash: c.AnyHash, log: c.Log, http: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: c.Timeout}).DialContext,
		TLSClientConfig:     secure,
		TLSHandshakeTimeout: c.Timeout,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     60 * time.Second,
		DisableCompression:  true, // the hash is over the headers, and compressing would add one
	}}, nil
}

// tls is how we and the server know each other.
func (c Config) tls() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if (c.Cert == "") != (c.Key == "") {
		return nil, errors.New("a certificate needs its key, and a key its certificate")
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("our certificate: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("the server's certificate: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("the server's certificate: there is none in the file")
		}
	}
	return out, nil
}

// Address is what call.Config.URL must be for the register whose address is xroad://….
func (r *Road) Address(register string) (string, error) {
	id, ok := strings.CutPrefix(register, Scheme)
	if !ok {
		return "", fmt.Errorf("x-road: %q does not begin with %s", register, Scheme)
	}
	path, err := identifier(id, 4, 5)
	if err != nil {
		return "", fmt.Errorf("x-road: a register is %sINSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE: %w", Scheme, err)
	}
	return strings.TrimSuffix(r.server.String(), "/") + "/r1/" + path, nil
}

// part is what an identifier may hold: PR-REST 4.8 advises against everything else, and forbids what would change the path.
var part = regexp.MustCompile(`^[A-Za-z0-9'()+,.=?_-]{1,255}$`)

// identifier checks an identifier of at least and at most so many parts and escapes each.
func identifier(id string, least, most int) (string, error) {
	parts := strings.Split(id, "/")
	if len(parts) < least || len(parts) > most {
		return "", fmt.Errorf("%q has %d parts", id, len(parts))
	}
	for i, p := range parts {
		if !part.MatchString(p) || strings.Trim(p, ".") == "" {
			return "", fmt.Errorf("%q is no part of an identifier", p)
		}
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/"), nil
}

// RoundTrip takes one question over the road.
func (r *Road) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodHead {
		return r.ping(req)
	}
	sent, body, err := r.address(req)
	if err != nil {
		return nil, err
	}
	resp, err := r.http.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	if err := r.complaint(sent, resp); err != nil {
		return nil, err
	}
	if err := r.answers(sent, body, resp); err != nil {
		resp.Body.Close() //nolint:errcheck // it is not read
		return nil, err
	}
	r.log.DebugContext(req.Context(), "x-road answered", "service", service(sent), "id", sent.Header.Get(headerID), "request", plain(resp.Header.Get(headerRequest)))
	return resp, nil
}

// The headers. Go writes them with its own capitals, which HTTP does not mind.
const (
	headerClient  = "X-Road-Client"
	headerID      = "X-Road-Id"
	headerUser    = "X-Road-Userid"
	headerIssue   = "X-Road-Issue"
	headerService = "X-Road-Service"
	headerRequest = "X-Road-Request-Id"
	headerHash    = "X-Road-Request-Hash"
	headerError   = "X-Road-Error"
)

// address makes the message of the question: a transport must not change what it was given.
func (r *Road) address(req *http.Request) (*http.Request, []byte, error) {
	body, err := whole(req)
	if err != nil {
		return nil, nil, err
	}
	sent := req.Clone(req.Context())
	sent.Body, sent.ContentLength = reader(body), int64(len(body))
	sent.GetBody = nil
	for _, h := range []string{headerClient, headerID, headerUser, headerIssue, headerService, headerRequest, headerHash} {
		sent.Header.Del(h)
	}
	sent.Header.Set("Accept-Encoding", "identity") // said here, so that nobody adds another
	sent.Header.Set(headerClient, r.client)
	sent.Header.Set(headerID, uuid())
	if m := call.MatterOf(req.Context()); m != (call.Matter{}) {
		if m.Issue != "" {
			sent.Header.Set(headerIssue, m.Issue)
		}
		if m.User != "" {
			sent.Header.Set(headerUser, "RU"+m.User)
		}
	}
	return sent, body, nil
}

// answers reports whether resp is an answer to what was sent.
func (r *Road) answers(sent *http.Request, body []byte, resp *http.Response) error {
	switch {
	case resp.Header.Get(headerID) != sent.Header.Get(headerID):
		return &call.Failed{Why: call.ErrGarbage, What: "x-road answered another message"}
	case resp.Header.Get(headerService) != "" && resp.Header.Get(headerService) != service(sent):
		return &call.Failed{Why: call.ErrGarbage, What: "another service answered over x-road"}
	case r.anyHash:
		return nil
	case resp.Header.Get(headerHash) != hash(sent, body, resp.Header.Get(headerRequest)):
		return &call.Failed{Why: call.ErrGarbage, What: "what x-road answered is not what we sent: the hash of the request differs"}
	}
	return nil
}

// service is the identifier of the service that was asked, escaped as in its address.
func service(sent *http.Request) string {
	parts := strings.Split(strings.TrimPrefix(sent.URL.EscapedPath(), "/r1/"), "/")
	return strings.Join(parts[:min(5, len(parts))], "/")
}

// uuid is a random one, version 4.
func uuid() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // never fails since Go 1.24
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ping asks the provider which of its services we may use, instead of bothering the register: the answer tells of the road, of our
// certificate, and of our rights.
func (r *Road) ping(req *http.Request) (*http.Response, error) {
	id := strings.Split(service(req), "/")
	if len(id) < 4 {
		return nil, &call.Failed{Why: call.ErrSettings, What: "no service is named"}
	}
	ask, err := http.NewRequestWithContext(req.Context(), http.MethodGet, r.server.JoinPath("r1").String()+"/"+strings.Join(id[:len(id)-1], "/")+"/allowedMethods", nil)
	if err != nil {
		return nil, err
	}
	ask.Header.Set("Accept", "application/json")
	sent, _, err := r.address(ask)
	if err != nil {
		return nil, err
	}
	resp, err := r.http.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	if err := r.complaint(sent, resp); err != nil {
		return nil, err
	}
	codes, err := allowed(resp)
	if err != nil {
		return nil, err
	}
	if code, err := url.PathUnescape(id[len(id)-1]); err != nil || !slices.Contains(codes, code) {
		return nil, &call.Failed{Why: call.ErrSettings, What: "the service is not among those that the provider lets us use"}
	}
	return resp, nil
}

// told writes down a complaint, once and where operators look.
func (r *Road) told(ctx context.Context, level slog.Level, text string, sent *http.Request, kind, detail string) {
	r.log.Log(ctx, level, text, "service", service(sent), "type", plain(kind), "detail", plain(detail), "id", sent.Header.Get(headerID))
}

// plain is s if it is a short word, which cannot be about a person.
func plain(s string) string {
	if !call.Word(s) {
		return "?"
	}
	return s
}
