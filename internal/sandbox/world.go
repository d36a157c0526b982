package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What the carriers of the sandbox want to hear before they take a text.
const (
	SMPPSystemID   = "okno"
	SMPPPassword   = "sandbox"
	KannelUser     = "okno"
	KannelPassword = "sandbox"
)

// Config is where the world listens and what it goes by. Only Dir is needed.
type Config struct {
	Dir string // of the outbox

	// Addresses to listen on; 127.0.0.1:0 when empty.
	RegistersAddr, XRoadAddr, SMTPAddr, SMPPAddr, KannelAddr, VoiceAddr, AuthorityAddr, AgencyAddr, PushAddr string

	Slow time.Duration    // how late a slow system is; 8 s
	Now  func() time.Time // default: time.Now
	Log  *slog.Logger     // default: nowhere
}

// World is the outside world while it runs.
type World struct {
	people    []*Resident
	newcomers []*Resident // who have no SNILS
	newborn   *Resident   // likewise, a child of residents
	guests    []*Resident // who have another document than a passport of Russia
	fund      *fund
	outbox    *outbox
	pushes    *pushService
	faults    *faults
	conns     *conns
	agency    agency
	now       func() time.Time
	log       *slog.Logger

	registers, xroad, smtp, smpp, kannel, agencyAt, pushAt net.Listener
	voice                                                  net.PacketConn
	signatures                                             *signatures

	bySNILS    map[string]*Resident
	byINN      map[string]*Resident
	byPassport map[string]*Resident

	byDocument, byCertificate map[string]*Resident

	requests atomic.Int64 // numbers of register requests
	courts   sync.Map     // parents whose rights ended: certificate and the parent's birthday
	lost     sync.Map     // certificates of birth that the register holds no more

	ctx    context.Context //nolint:containedctx // the life of the world
	end    context.CancelFunc
	wg     sync.WaitGroup
	ending sync.Once
	closed error
}

// Start opens the listeners and serves until Close, or until ctx ends.
func Start(ctx context.Context, c Config) (*World, error) {
	if c.Slow <= 0 {
		c.Slow = 8 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	box, err := openOutbox(c.Dir, c.Now)
	if err != nil {
		return nil, err
	}
	given, err := openFund(c.Dir)
	if err != nil {
		return nil, errors.Join(err, box.close())
	}
	w := &World{outbox: box, fund: given, faults: newFaults(c.Slow), conns: newConns(), pushes: &pushService{browsers: map[string]*pushBrowser{}}, now: c.Now, log: c.Log}
	w.ctx, w.end = context.WithCancel(context.WithoutCancel(ctx))
	w.populate()
	for _, l := range []struct {
		at   string
		what *net.Listener
	}{{c.RegistersAddr, &w.registers}, {c.XRoadAddr, &w.xroad}, {c.SMTPAddr, &w.smtp}, {c.SMPPAddr, &w.smpp}, {c.KannelAddr, &w.kannel}, {c.AgencyAddr, &w.agencyAt}, {c.PushAddr, &w.pushAt}} {
		if l.at == "" {
			l.at = "127.0.0.1:0"
		}
		if *l.what, err = (&net.ListenConfig{}).Listen(ctx, "tcp", l.at); err != nil {
			return nil, errors.Join(fmt.Errorf("start the sandbox: %w", err), w.Close())
		}
	}
	if c.VoiceAddr == "" {
		c.VoiceAddr = "127.0.0.1:0"
	}
	if w.voice, err = (&net.ListenConfig{}).ListenPacket(ctx, "udp", c.VoiceAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("start the sandbox: %w", err), w.Close())
	}
	if w.signatures, err = openSignatures(ctx, filepath.Join(c.Dir, "authority"), c.AuthorityAddr, w.people, c.Now); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	w.serveHTTP(w.signatures.listen, w.spoil("authority", w.signatures.ca.Handler().ServeHTTP))
	w.serveHTTP(w.registers, w.registerRoutes())
	w.serveHTTP(w.xroad, w.xroadRoutes())
	w.serveHTTP(w.kannel, w.kannelRoutes())
	w.serveHTTP(w.agencyAt, w.agencyRoutes())
	w.serveHTTP(w.pushAt, w.pushRoutes())
	w.serveSMTP()
	w.serveSMPP()
	if err := w.serveVoice(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	context.AfterFunc(ctx, func() { w.Close() }) //nolint:errcheck // whoever calls Close gets the error
	return w, nil
}

// RegistersURL is the address of the registers.
func (w *World) RegistersURL() string { return "http://" + w.registers.Addr().String() }

// KannelURL is the address of the carrier sms2.
func (w *World) KannelURL() string { return "http://" + w.kannel.Addr().String() }

// SMPPAddr is host:port of the carrier sms1.
func (w *World) SMPPAddr() string { return w.smpp.Addr().String() }

// VoiceAddr is host:port where telephones are called by SIP, over UDP.
func (w *World) VoiceAddr() string { return w.voice.LocalAddr().String() }

// SMTPAddr is host:port of the mail server.
func (w *World) SMTPAddr() string { return w.smtp.Addr().String() }

// Outbox returns what has arrived for to, or for everybody when to is empty, the latest first.
func (w *World) Outbox(to string) []Message { return w.outbox.find(to, 0) }

// People returns the residents, with the incomes that the tax service knows of today; foreigners and others without a passport of
// Russia come last.
func (w *World) People() []Resident {
	all := slices.Concat(w.people, w.guests)
	out := make([]Resident, len(all))
	for i, p := range all {
		out[i] = *p
		out[i].Incomes = p.incomes(w.now())
	}
	return out
}

// Residents are the people of every sandbox, without one being started.
func Residents() []Resident {
	var out []Resident
	for _, p := range residents() {
		out = append(out, *p)
	}
	return out
}

// Close hangs up on everybody and waits until nothing of the world runs.
func (w *World) Close() error {
	w.ending.Do(func() {
		w.end()
		for _, l := range []net.Listener{w.registers, w.xroad, w.smtp, w.smpp, w.kannel, w.agencyAt, w.pushAt} {
			if l != nil {
				l.Close() //nolint:errcheck // nothing to be done
			}
		}
		if w.signatures != nil {
			w.signatures.listen.Close() //nolint:errcheck // likewise
		}
		if w.voice != nil {
			w.voice.Close() //nolint:errcheck // likewise
		}
		w.conns.drop("")
		w.wg.Wait()
		w.closed = w.outbox.close()
	})
	return w.closed
}

// populate settles the residents and makes the indexes of the registers.
func (w *World) populate() {
	w.people, w.newcomers, w.guests = residents(), newcomers(), guests(w.now())
	w.byDocument, w.byCertificate = map[string]*Resident{}, map[string]*Resident{}
	w.bySNILS, w.byINN, w.byPassport = map[string]*Resident{}, map[string]*Resident{}, map[string]*Resident{}
	w.newborn = newborn(w.people)
	w.byCertificate[w.newborn.proof()] = w.newborn
	for _, p := range w.newcomers {
		w.byINN[p.INN], w.byPassport[p.Passport.Series+p.Passport.Number] = p, p
	}
	for _, p := range slices.Concat(w.people, w.guests) {
		w.bySNILS[digits(p.SNILS)] = p
		w.byINN[p.INN] = p
		if p.Passport != nil {
			w.byPassport[p.Passport.Series+p.Passport.Number] = p
		}
		if p.Document != nil {
			w.byDocument[p.Document.key()] = p
			w.byDocument["tax/"+docTypes[p.Document.Kind]+"/"+sign(p.Document.Series+p.Document.Number)] = p
		}
		if c := p.BirthCertificate; c != nil {
			w.byCertificate[sign(c.Series+c.Number)] = p
			w.byDocument["tax/03/"+sign(c.Series+c.Number)] = p
		}
		if p.Old == nil {
			continue
		}
		if o := p.Old.Document; o != nil {
			w.byDocument[o.key()] = p
		}
		if o := p.Old.BirthCertificate; o != nil {
			w.byCertificate[sign(o.Series+o.Number)] = p
		}
		if o := p.Old.Passport; o != nil {
			w.byPassport[o.Series+o.Number] = p
		}
		if p.Old.SNILS != "" {
			w.bySNILS[digits(p.Old.SNILS)] = p
		}
		if p.Old.INN != "" {
			w.byINN[p.Old.INN] = p
		}
	}
}

func (w *World) serveHTTP(l net.Listener, h http.Handler) {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return w.ctx },
	}
	context.AfterFunc(w.ctx, func() { srv.Close() }) //nolint:errcheck // hangs up on everybody
	w.wg.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) && w.ctx.Err() == nil {
			w.log.Error("sandbox", "error", err)
		}
	})
}

// conns remembers the connections of systems that keep them open, to drop them.
type conns struct {
	mu   sync.Mutex
	open map[net.Conn]string
}

func newConns() *conns { return &conns{open: map[net.Conn]string{}} }

func (c *conns) add(system string, n net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[n] = system
}

func (c *conns) remove(n net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, n)
}

// drop closes the connections of system, or all when system is empty.
func (c *conns) drop(system string) {
	c.mu.Lock()
	var gone []net.Conn
	for n, s := range c.open {
		if s == system || system == "" {
			gone = append(gone, n)
		}
	}
	c.mu.Unlock()
	for _, n := range gone {
		n.Close() //nolint:errcheck // that is the point
	}
}
