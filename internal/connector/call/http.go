package call

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"okno/internal/id"
)

// Config is what a connector needs to speak HTTP with one system.
type Config struct {
	URL       string // of the system; the connector adds its own path
	Token     string // sent as a bearer token when set
	MaxBytes  int64  // of an answer; 1 MiB
	Limits    Limits
	Transport http.RoundTripper // default: a transport of its own
	Observe   Observe
	Now       func() time.Time // default: time.Now
}

// Client asks one system over HTTP.
type Client struct {
	line  *Line
	base  *url.URL
	token string
	max   int64
	http  *http.Client
	now   func() time.Time
}

// NewClient returns a client of the system called name. The error tells what is wrong with the settings.
func NewClient(name string, c Config) (*Client, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("%s: the address must be http(s)://host", name)
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: c.Limits.orDefault().Timeout}).DialContext,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     60 * time.Second,
			TLSHandshakeTimeout: c.Limits.orDefault().Timeout,
		}
	}
	return &Client{
		line:  NewLine(name, c.Limits, c.Observe, c.Now),
		base:  base,
		token: c.Token,
		max:   c.MaxBytes,
		now:   c.Now,
		http: &http.Client{
			Transport:     c.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Name returns the name of the system.
func (c *Client) Name() string { return c.line.Name() }

// State says what the circuit does with the next call.
func (c *Client) State() State { return c.line.State() }

// Now is the clock of the settings, as times are stored: UTC, microseconds.
func (c *Client) Now() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// Checked is an answer that knows whether it makes sense. Whatever says no is garbage.
type Checked interface{ Check() error }

// Post sends in as JSON and returns the answer. All tries carry one X-Request-Id, so that the system can tell
// a repetition from a second question. Post is for questions: asking one twice must change nothing.
func Post[A Checked](ctx context.Context, c *Client, path string, in any) (A, error) {
	var got A
	body, err := json.Marshal(in)
	if err != nil {
		return got, fmt.Errorf("%s: encode the question: %w", c.Name(), err)
	}
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	err = c.Send(ctx, path, h, body, func(status int, answer []byte) error {
		if status != http.StatusOK {
			return Garbage("status %d", status)
		}
		var a A
		if json.Unmarshal(answer, &a) != nil { // its error may quote the answer
			return Garbage("%d bytes, not the JSON of an answer", len(answer))
		}
		if err := a.Check(); err != nil {
			return Garbage("%w", err)
		}
		got = a
		return nil
	})
	return got, err
}

// Send posts body to path and hands status and body of the answer to read, once a try; the error of read is
// the outcome. Statuses from 400 do not get that far: 400 and 422 are ErrRejected, the others failures.
func (c *Client) Send(ctx context.Context, path string, h http.Header, body []byte, read func(status int, answer []byte) error) error {
	request := id.New()
	return c.line.Do(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), bytes.NewReader(body))
		if err != nil {
			return Bare(err)
		}
		for k, v := range h {
			req.Header[k] = v
		}
		req.Header.Set("X-Request-Id", request)
		req.Header.Set("User-Agent", "okno")
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return Bare(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(resp.Body, c.max+1))
		if err != nil {
			return Bare(err)
		}
		switch s := resp.StatusCode; {
		case int64(len(answer)) > c.max:
			return Garbage("longer than %d bytes", c.max)
		case s == http.StatusBadRequest || s == http.StatusUnprocessableEntity:
			return &Refusal{System: c.Name(), Outcome: Rejected, Code: fmt.Sprintf("HTTP-%d", s)}
		case s >= 400: // also 401 to 404: our settings are wrong, which is nobody's case to be refused for
			return fmt.Errorf("%w: status %d", ErrUnavailable, s)
		default:
			return read(s, answer)
		}
	})
}

// Ping tells whether anything at the address answers HTTP within one try. It asks nothing of the system and
// does not move its circuit.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.line.limits.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.base.String(), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name(), Bare(err))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", c.Name(), ErrUnavailable, Bare(err))
	}
	return resp.Body.Close()
}

// Garbage returns an ErrGarbage that says what was wrong with the answer, which must not quote it.
func Garbage(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrGarbage, fmt.Errorf(format, args...))
}

// Bare keeps of an error what it says of the network, and drops the rest: libraries like to quote the address,
// the receiver, or the beginning of an answer that they could not read.
func Bare(err error) error {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var failed *Failed
	switch {
	case errors.As(err, &failed):
		return failed
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return context.DeadlineExceeded
	case errors.As(err, &op):
		return op
	case errors.As(err, &cert):
		return cert
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return Garbage("the connection broke, or the answer was not of the protocol")
}
