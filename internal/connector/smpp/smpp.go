package smpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"okno/internal/connector/call"
	"okno/internal/notification"
)

// Config is what the gateway needs.
type Config struct {
	Name                           string      // in logs and metrics; "smpp" when empty
	Addr                           string      // host:port
	TLS                            *tls.Config // nil: plain TCP, as carriers mostly have it inside a tunnel
	SystemID, Password, SystemType string
	Source                         string        // who the text is from: up to 11 letters and digits, or a number
	Enquire                        time.Duration // between two enquire_link; 30 s
	Limits                         call.Limits
	Observe                        call.Observe
	Now                            func() time.Time
}

// Gateway is one carrier.
type Gateway struct {
	c    Config
	line *call.Line

	binding chan struct{} // held by whoever opens the session, so that one does
	mu      sync.Mutex
	session *session
	closed  bool
}

var _ notification.SMSGateway = (*Gateway)(nil)

// New returns the carrier of the settings, without connecting. The error tells what is wrong with them.
func New(c Config) (*Gateway, error) {
	if c.Name == "" {
		c.Name = "smpp"
	}
	if host, _, err := net.SplitHostPort(c.Addr); err != nil || host == "" {
		return nil, fmt.Errorf("%s: the address must be host:port", c.Name)
	}
	if len(c.SystemID) > 15 || len(c.Password) > 8 || len(c.SystemType) > 12 { // SMPP 3.4, 4.1.1: with the final zero 16, 9, 13
		return nil, fmt.Errorf("%s: system id, password or system type is longer than SMPP allows", c.Name)
	}
	if _, err := source(c.Source); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	if c.Enquire <= 0 {
		c.Enquire = 30 * time.Second
	}
	if c.Limits.Timeout <= 0 {
		c.Limits.Timeout = 5 * time.Second
	}
	c.Limits.Tries = 1 // sending is repeated by whoever keeps the text, or it might go out twice
	return &Gateway{c: c, line: call.NewLine(c.Name, c.Limits, c.Observe, c.Now), binding: make(chan struct{}, 1)}, nil
}

// Name returns the name of the settings.
func (g *Gateway) Name() string { return g.c.Name }

// State says what the circuit does with the next text.
func (g *Gateway) State() call.State { return g.line.State() }

// SendSMS hands one text over, in as many parts as it needs. call.ErrRejected means that this text will never be
// taken, mostly because there is no such number.
func (g *Gateway) SendSMS(ctx context.Context, t notification.Text) error {
	to := call.Digits(t.To)
	parts, enc := split(t.Body)
	if len(to) < 7 || len(to) > 15 || len(parts) > 255 {
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: "ADDRESS"}
	}
	return g.line.Do(ctx, func(ctx context.Context) error {
		s, err := g.bound(ctx)
		if err != nil {
			return err
		}
		for i, octets := range parts {
			sm, err := g.submit(to, octets, enc, reference(t.ID), i+1, len(parts))
			if err != nil {
				return err
			}
			resp, err := s.ask(ctx, sm)
			if err != nil {
				return err
			}
			if err := g.verdict(resp); err != nil {
				return err
			}
		}
		return nil
	})
}

// Ping binds a session of its own and lets it go. It does not move the circuit.
func (g *Gateway) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.c.Limits.Timeout)
	defer cancel()
	s, err := g.bind(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", g.Name(), err)
	}
	s.unbind()
	return nil
}

// Close unbinds. Texts that wait for an answer get an error, and later ones too.
func (g *Gateway) Close() error {
	g.mu.Lock()
	s := g.session
	g.session, g.closed = nil, true
	g.mu.Unlock()
	if s != nil {
		s.unbind()
	}
	return nil
}

// bound returns the session, opening one when there is none. Several callers wait for the one who opens it.
func (g *Gateway) bound(ctx context.Context) (*session, error) {
	select {
	case g.binding <- struct{}{}:
		defer func() { <-g.binding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	g.mu.Lock()
	s, closed := g.session, g.closed
	g.mu.Unlock()
	if closed {
		return nil, net.ErrClosed
	}
	if s != nil && s.alive() {
		return s, nil
	}
	s, err := g.bind(ctx)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		s.close()
		return nil, net.ErrClosed
	}
	g.session = s
	return s, nil
}

func (g *Gateway) bind(ctx context.Context) (*session, error) {
	return bind(ctx, func(ctx context.Context) (net.Conn, error) {
		if g.c.TLS != nil {
			return (&tls.Dialer{Config: g.c.TLS}).DialContext(ctx, "tcp", g.c.Addr)
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", g.c.Addr)
	}, g.c.SystemID, g.c.Password, g.c.SystemType, g.c.Limits.Timeout, g.c.Enquire)
}

// submit makes the submit_sm of part n of total.
func (g *Gateway) submit(to string, octets []byte, enc data.Encoding, ref uint16, n, total int) (*pdu.SubmitSM, error) {
	sm, ok := pdu.NewSubmitSM().(*pdu.SubmitSM)
	if !ok {
		return nil, errors.New("the library makes something else of submit_sm")
	}
	var err error
	if sm.SourceAddr, err = source(g.c.Source); err != nil {
		return nil, err
	}
	if sm.DestAddr, err = pdu.NewAddressWithTonNpiAddr(data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, to); err != nil {
		return nil, err
	}
	if err := sm.Message.SetMessageDataWithEncoding(octets, enc); err != nil {
		return nil, err
	}
	if total > 1 {
		sm.EsmClass |= data.SM_UDH_GSM
		sm.Message.SetUDH(header(ref, n, total))
	}
	sm.RegisterOptionalParam(pdu.Field{Tag: pdu.TagUserMessageReference, Data: []byte{byte(ref >> 8), byte(ref)}})
	return sm, nil
}

// source is the sender's address: a number in the international form, a short number, or a name.
func source(s string) (pdu.Address, error) {
	num := strings.TrimPrefix(s, "+")
	switch {
	case num == "":
		return pdu.NewAddressWithTonNpi(data.GSM_TON_UNKNOWN, data.GSM_NPI_UNKNOWN), nil
	case call.Digits(num) == num && len(num) > 8 && len(num) <= 15:
		return pdu.NewAddressWithTonNpiAddr(data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, num)
	case call.Digits(num) == num && len(num) <= 8:
		return pdu.NewAddressWithTonNpiAddr(data.GSM_TON_NETWORK, data.GSM_NPI_E164, num)
	case len(s) > 11 || !notification.Plain(s):
		return pdu.Address{}, errors.New("the sender must be a number, or a name of up to 11 Latin letters and digits")
	}
	return pdu.NewAddressWithTonNpiAddr(data.GSM_TON_ALPHANUMERIC, data.GSM_NPI_UNKNOWN, s)
}

// verdict reads the answer to a submit_sm.
func (g *Gateway) verdict(p pdu.PDU) error {
	status := p.GetHeader().CommandStatus
	switch {
	case p.IsGNack():
		return call.Garbage("generic_nack, status %#x", uint32(status)) //nolint:gosec // as the standard prints it
	case status == data.ESME_ROK:
		if _, ok := p.(*pdu.SubmitSMResp); !ok {
			return call.Garbage("something else than submit_sm_resp")
		}
		return nil
	case status == data.ESME_RINVDSTADR, status == data.ESME_RINVDSTTON, status == data.ESME_RINVDSTNPI:
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: fmt.Sprintf("SMPP-%#x", uint32(status))} //nolint:gosec // likewise
	}
	return fmt.Errorf("%w: submit_sm refused, status %#x", call.ErrUnavailable, uint32(status)) //nolint:gosec // likewise
}
