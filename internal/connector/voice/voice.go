package voice

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/zaf/g711"

	"okno/internal/connector/call"
	"okno/internal/notification"
)

// Config is what the gateway needs.
type Config struct {
	Name               string // in logs and metrics; "voice" when empty
	Addr               string // of the trunk, host:port
	Transport          string // udp or tcp; udp when empty
	Username, Password string // for a trunk that asks; both empty when it knows us by our address
	Caller             string // the number people see; the user name when empty
	External           string // our IP address as the trunk sees it, when that is not the one of the network card

	AtOnce int           // calls at the same time; 4
	Ring   time.Duration // until it is answered; 30 s
	Limits call.Limits   // Timeout is for each answer of the trunk

	Observe call.Observe
}

// What a phone may do with a call, as codes of the Refusal.
const (
	Busy     = "BUSY"
	NoAnswer = "NO_ANSWER"
	Declined = "DECLINED"
	HungUp   = "HUNG_UP" // answered, and gone before the code was said once
	NoNumber = "NO_NUMBER"
)

// NotHeard is the outcome of a call that reached a phone, after which nobody has heard the code.
const NotHeard call.Outcome = "not_heard"

// longest is how long a call is, once answered: twice what the recordings take.
const longest = time.Minute

// Gateway is one trunk.
type Gateway struct {
	c     Config
	line  *call.Line
	lines chan struct{} // one in it for each call under way
}

var _ notification.VoiceGateway = (*Gateway)(nil)

// Hush takes the SIP library's own log away, which has numbers in it, before anything of it runs. The log is one for the whole
// program, so this is done once.
var Hush = sync.OnceFunc(func() {
	mute := slog.New(slog.DiscardHandler)
	sip.SetDefaultLogger(mute)
	media.SetDefaultLogger(mute)
})

// New returns the trunk of the settings, without a word to it. The error tells what is wrong with them.
func New(c Config) (*Gateway, error) {
	if c.Name == "" {
		c.Name = "voice"
	}
	if c.Transport == "" {
		c.Transport = "udp"
	}
	if c.Transport != "udp" && c.Transport != "tcp" {
		return nil, fmt.Errorf("%s: the transport must be udp or tcp", c.Name)
	}
	if host, port, err := net.SplitHostPort(c.Addr); err != nil || host == "" || port == "" {
		return nil, fmt.Errorf("%s: the address must be host:port", c.Name)
	}
	if c.External != "" && net.ParseIP(c.External) == nil {
		return nil, fmt.Errorf("%s: our address as the trunk sees it must be an IP address", c.Name)
	}
	if c.Caller == "" {
		c.Caller = c.Username
	}
	if c.Caller = strings.TrimPrefix(c.Caller, "+"); !call.Word(c.Caller) || strings.ContainsAny(c.Caller, ":/") {
		return nil, fmt.Errorf("%s: the caller must be a number, or a name of Latin letters and digits", c.Name)
	}
	if (c.Username == "") != (c.Password == "") {
		return nil, fmt.Errorf("%s: a user without a password, or a password without a user", c.Name)
	}
	if c.AtOnce <= 0 {
		c.AtOnce = 4
	}
	if c.Ring <= 0 {
		c.Ring = 30 * time.Second
	}
	if c.Limits.Timeout <= 0 {
		c.Limits.Timeout = 5 * time.Second
	}
	Hush()
	whole := c.Limits
	whole.Tries = 1 // a phone that rings twice is a nuisance: whoever keeps the work decides
	whole.Timeout = 2*c.Limits.Timeout + c.Ring + longest
	return &Gateway{c: c, line: call.NewLine(c.Name, whole, c.Observe, nil), lines: make(chan struct{}, c.AtOnce)}, nil
}

// Name returns the name of the settings.
func (g *Gateway) Name() string { return g.c.Name }

// State says what the circuit does with the next call.
func (g *Gateway) State() call.State { return g.line.State() }

// Call makes one call and says the code. No error means that whoever took the phone has heard it at least once.
func (g *Gateway) Call(ctx context.Context, s notification.Spoken) error {
	to := call.Digits(s.To)
	if len(to) < 7 || len(to) > 15 || s.Digits == "" || call.Digits(s.Digits) != s.Digits {
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: NoNumber}
	}
	select {
	case g.lines <- struct{}{}:
		defer func() { <-g.lines }()
	default:
		return fmt.Errorf("%s: %d calls are under way: %w", g.Name(), g.c.AtOnce, notification.ErrNoLine)
	}
	return g.line.Do(ctx, func(ctx context.Context) error {
		p, err := g.phone(ctx)
		if err != nil {
			return err
		}
		defer p.Close() //nolint:errcheck // the call is over
		d, err := g.dial(ctx, p, to)
		if err != nil {
			return err
		}
		defer d.Close() //nolint:errcheck // likewise
		return g.speak(ctx, p.gone, d, speech(s.Lang, s.Digits))
	})
}

// phone is the user agent of one call, or of one question to the trunk.
type phone struct {
	*sipgo.UserAgent
	client *sipgo.Client
	diago  *diago.Diago
	trunk  sip.Uri
	gone   context.Context //nolint:containedctx // ends when the other side hangs up
}

// phone makes a user agent on the address from which this machine reaches the trunk.
func (g *Gateway) phone(ctx context.Context) (*phone, error) {
	host, port, err := net.SplitHostPort(g.c.Addr)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the port of the trunk is no number: %w", err)
	}
	probe, err := (&net.Dialer{}).DialContext(ctx, "udp", g.c.Addr) // sends nothing: it asks the system for the way
	if err != nil {
		return nil, fmt.Errorf("no way to the trunk: %w", bare(err))
	}
	local, _, err := net.SplitHostPort(probe.LocalAddr().String())
	probe.Close() //nolint:errcheck // nothing was sent
	if err != nil {
		return nil, err
	}
	ua, err := sipgo.NewUA(sipgo.WithUserAgent(g.c.Caller), sipgo.WithUserAgentHostname(cmp.Or(g.c.External, local)))
	if err != nil {
		return nil, err
	}
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientHostname(cmp.Or(g.c.External, local)),
		sipgo.WithClientConnectionAddr(net.JoinHostPort(local, "0")))
	if err != nil {
		return nil, errors.Join(err, ua.Close())
	}
	// Whoever answers and hangs up at once may do so before diago has written the call down, and then it would not find it.
	gone, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	bye := func(next sipgo.RequestHandler) sipgo.RequestHandler {
		return func(req *sip.Request, tx sip.ServerTransaction) {
			next(req, tx) // which answers; then the socket may be closed
			if req.Method == sip.BYE {
				hangUp()
			}
		}
	}
	d := diago.NewDiago(ua, diago.WithClient(client), diago.WithServerRequestMiddleware(bye),
		diago.WithTransport(diago.Transport{Transport: g.c.Transport, BindHost: local, ExternalHost: g.c.External}))
	return &phone{ua, client, d, sip.Uri{Scheme: "sip", Host: host, Port: n, UriParams: sip.NewParams(), Headers: sip.NewParams()}, gone}, nil
}

// dial rings until the phone is answered.
func (g *Gateway) dial(ctx context.Context, p *phone, to string) (*diago.DialogClientSession, error) {
	callee := p.trunk
	callee.User = "+" + to
	d, err := p.diago.NewDialog(callee, diago.NewDialogOptions{Transport: g.c.Transport})
	if err != nil {
		return nil, fmt.Errorf("make a call: %w", bare(err))
	}
	opts := diago.InviteClientOptions{Username: g.c.Username, Password: g.c.Password}
	opts.WithCaller("", g.c.Caller, p.Hostname())

	// Without a word from the trunk the invitation is given up at once; once something rings, it is taken back properly.
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	silent := time.AfterFunc(g.c.Limits.Timeout, func() { giveUp(sipgo.WaitAnswerForceCancelErr) })
	defer silent.Stop()
	ringing := false
	opts.OnResponse = func(r *sip.Response) error {
		silent.Stop()
		if r.IsProvisional() && !ringing {
			ringing = true
			time.AfterFunc(g.c.Ring, func() { giveUp(errRangOut) })
		}
		return nil
	}
	err = d.Invite(ctx, opts)
	if err == nil {
		err = d.Ack(ctx)
	}
	if err == nil {
		return d, nil
	}
	d.Close() //nolint:errcheck // there was no call
	return nil, g.verdict(err, context.Cause(ctx))
}

// errRangOut ends the ringing.
var errRangOut = errors.New("nobody answers")

// verdict says what became of an invitation that led to no call. The library's errors have the answer of the trunk in them,
// and that has the number: only the status goes on.
func (g *Gateway) verdict(err, cause error) error {
	refusal := func(o call.Outcome, code string) error {
		return &call.Refusal{System: g.Name(), Outcome: o, Code: code}
	}
	var answer *sipgo.ErrDialogResponse
	switch {
	case errors.Is(cause, errRangOut):
		return refusal(NotHeard, NoAnswer)
	case errors.Is(cause, sipgo.WaitAnswerForceCancelErr):
		return errors.New("the trunk does not answer")
	case !errors.As(err, &answer):
		return bare(err)
	}
	switch status := answer.Res.StatusCode; status {
	case 486, 600:
		return refusal(NotHeard, Busy)
	case 408, 480, 487:
		return refusal(NotHeard, NoAnswer)
	case 603:
		return refusal(NotHeard, Declined)
	case 404, 410, 484, 604:
		return refusal(call.Rejected, NoNumber)
	case 401, 403, 407:
		return fmt.Errorf("the trunk refuses us, status %d: its user, its password, or our address", status)
	default:
		return fmt.Errorf("the trunk refuses the call, status %d", status)
	}
}

// speak says what is to be said and hangs up.
func (g *Gateway) speak(ctx, gone context.Context, d *diago.DialogClientSession, parts [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	defer func() {
		if gone.Err() != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.c.Limits.Timeout)
		defer cancel()
		d.Hangup(ctx) //nolint:errcheck // then the other side finds out by the silence
	}()
	p := player{w: d.RTPPacketWriter, payload: media.CodecAudioFromSession(d.MediaSession()).PayloadType, due: time.Now()}
	for n, sound := range parts {
		if err := p.play(ctx, gone, sound); err != nil {
			switch {
			case n > 0: // the code was said once; who hangs up then has had enough of it
				return nil
			case gone.Err() != nil:
				return &call.Refusal{System: g.Name(), Outcome: NotHeard, Code: HungUp}
			}
			return bare(err)
		}
	}
	return nil
}

// player sends packets of 20 ms, each when it is due. One that is late hurries the next, so that a machine with other things
// to do stumbles and does not drawl.
type player struct {
	w       *media.RTPPacketWriter
	payload uint8
	due     time.Time
	began   bool
}

// play sends a sound, unless one of the two ends before.
func (p *player) play(ctx, gone context.Context, sound []byte) error {
	const packet = Rate / 50
	for len(sound) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-gone.Done():
			return gone.Err()
		case <-time.After(time.Until(p.due)):
		}
		b := bytes.Repeat([]byte{quiet}, packet)
		n := copy(b, sound)
		if p.payload == media.CodecAudioAlaw.PayloadType {
			b = g711.Ulaw2Alaw(b)
		}
		if _, err := p.w.WriteSamples(b, packet, !p.began, p.payload); err != nil {
			return err
		}
		sound, p.began, p.due = sound[n:], true, p.due.Add(time.Second/50)
	}
	return nil
}

// Ping asks the trunk for its OPTIONS. Any answer but a refusal of our password says that it is there. It does not move the circuit.
func (g *Gateway) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.c.Limits.Timeout)
	defer cancel()
	p, err := g.phone(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", g.Name(), err)
	}
	defer p.Close() //nolint:errcheck // it was only asked
	req := sip.NewRequest(sip.OPTIONS, p.trunk)
	req.SetTransport(strings.ToUpper(g.c.Transport))
	res, err := p.client.Do(ctx, req)
	if err == nil && g.c.Password != "" && (res.StatusCode == 401 || res.StatusCode == 407) {
		res, err = p.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: g.c.Username, Password: g.c.Password})
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: the trunk does not answer: %w", g.Name(), bare(err))
	case res.StatusCode == 401, res.StatusCode == 403, res.StatusCode == 407, res.StatusCode >= 500:
		return fmt.Errorf("%s: the trunk refuses us, status %d", g.Name(), res.StatusCode)
	}
	return nil
}

// bare is an error without what a library put into it: a SIP message has the number in it.
func bare(err error) error {
	var op *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, sip.ErrTransactionTimeout):
		return errors.New("the trunk does not answer")
	case errors.Is(err, sip.ErrTransactionTransport):
		return errors.New("the trunk is not reached")
	}
	return errors.New("the call broke off")
}
