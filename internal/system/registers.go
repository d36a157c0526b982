package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"okno/internal/application"
	"okno/internal/connector/call"
	"okno/internal/connector/civil"
	"okno/internal/connector/clamd"
	"okno/internal/connector/insurance"
	"okno/internal/connector/kannel"
	"okno/internal/connector/owned"
	"okno/internal/connector/passport"
	"okno/internal/connector/property"
	"okno/internal/connector/register"
	"okno/internal/connector/smpp"
	"okno/internal/connector/smtp"
	"okno/internal/connector/tax"
	"okno/internal/connector/voice"
	"okno/internal/connector/webpush"
	"okno/internal/connector/xroad"
	"okno/internal/files"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/sandbox"
	"okno/internal/verification"
	"okno/internal/wallet"
)

// outside is every connector of the portal.
type outside struct {
	checks []verification.Register
	fund   verification.Fund // gives out SNILS; nil without the social fund's address

	children []mandate.Register
	asked    map[string]application.Register
	owned    []wallet.Register
	texts    []notification.SMSGateway
	letters  []notification.MailGateway
	voices   []notification.VoiceGateway
	scanner  files.Scanner // nil when none is set
	pings    []pinger
	close    []func() error
}

// pinger is a connector as the doctor sees it.
type pinger interface {
	Name() string
	Ping(ctx context.Context) error
}

func limits(timeout call.Limits, b policy.Breaker) call.Limits {
	timeout.Failures, timeout.Rest = b.Failures, b.Pause
	return timeout
}

// connect makes the connectors that the settings name. A register without an address cannot be asked, and the start says
// so when a service needs it. A circuit rests by the clock now, which is the portal's, as a demonstration moves it. observe hears
// of every call. Both may be nil.
func connect(s Settings, p *policy.Policy, log *slog.Logger, now func() time.Time, observe call.Observe) (*outside, error) {
	o := &outside{asked: map[string]application.Register{}}
	if err := o.registers(s.Registers, roads(s, p, log, now, observe)); err != nil {
		return nil, err
	}
	if err := o.gateways(s, p, observe); err != nil {
		return nil, err
	}
	return o, nil
}

// roads is how a register is reached by its address: over plain HTTP, or over X-Road, which is built when the first one needs it.
func roads(s Settings, p *policy.Policy, log *slog.Logger, now func() time.Time, observe call.Observe) func(address string) (call.Config, error) {
	var road *xroad.Road
	return func(address string) (call.Config, error) {
		c := call.Config{URL: address, Token: s.Registers.Token, MaxBytes: int64(p.Registers.MaxBody), Now: now, Observe: observe,
			Limits: limits(call.Limits{Timeout: p.Registers.Timeout, Tries: 2}, p.Registers.Breaker)}
		if !strings.HasPrefix(address, xroad.Scheme) {
			return c, nil
		}
		var err error
		if road == nil {
			x := s.XRoad
			if road, err = xroad.New(xroad.Config{Server: x.Server, Client: x.Client, Cert: x.Cert, Key: x.Key, CA: x.CA, AnyHash: x.AnyHash, Timeout: p.Registers.Timeout, Log: log}); err != nil {
				return c, fmt.Errorf("settings: %w", err)
			}
		}
		c.URL, err = road.Address(address)
		c.Transport = road
		return c, err
	}
}

// everywhere are registers that all have one address, as in a demo.
func everywhere(address string) Registers {
	others := map[string]string{}
	for name := range sandbox.Agencies() {
		others[name] = address
	}
	return Registers{Passport: address, SNILS: address, INN: address, Civil: address, Income: address, Property: address, Licence: address, Medical: address,
		Vehicles: address, Insurers: address, Others: others}
}

func (o *outside) registers(s Registers, conf func(address string) (call.Config, error)) error {
	for _, x := range []struct {
		address string
		make    func(call.Config) (verification.Register, error)
	}{
		{s.Passport, func(c call.Config) (verification.Register, error) { return passport.New(c) }},
		{s.SNILS, func(c call.Config) (verification.Register, error) { return insurance.New(c) }},
		{s.INN, func(c call.Config) (verification.Register, error) { return tax.NewINN(c) }},
		{s.Civil, func(c call.Config) (verification.Register, error) { return civil.New(c) }},
	} {
		if x.address == "" {
			continue
		}
		c, err := conf(x.address)
		if err != nil {
			return err
		}
		r, err := x.make(c)
		if err != nil {
			return err
		}
		o.checks = append(o.checks, r)
		if f, ok := r.(verification.Fund); ok {
			o.fund = f
		}
		if c, ok := r.(mandate.Register); ok {
			o.children = append(o.children, c)
		}
		if q, ok := r.(pinger); ok {
			o.pings = append(o.pings, q)
		}
	}
	if s.Income != "" {
		c, err := conf(s.Income)
		if err != nil {
			return err
		}
		r, err := tax.NewIncome(c)
		if err != nil {
			return err
		}
		o.asked["fns.income"] = caller{r}
		o.pings = append(o.pings, r)
	}
	if s.Property != "" {
		c, err := conf(s.Property)
		if err != nil {
			return err
		}
		r, err := property.New(c)
		if err != nil {
			return err
		}
		o.asked["rosreestr.extract"] = caller{r}
		o.pings = append(o.pings, r)
	}
	if err := o.wallets(s, conf); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Others)) {
		c, err := conf(s.Others[name])
		if err != nil {
			return err
		}
		r, err := register.New(name, c)
		if err != nil {
			return err
		}
		o.asked[name] = r
		o.pings = append(o.pings, r)
	}
	return nil
}

// wallets makes the registers that know documents of people's wallets.
func (o *outside) wallets(s Registers, conf func(address string) (call.Config, error)) error {
	for _, x := range []struct {
		address string
		make    func(call.Config) (*owned.Register, error)
	}{{s.Licence, owned.NewLicences}, {s.Medical, owned.NewPolicies}, {s.Vehicles, owned.NewVehicles}, {s.Insurers, owned.NewInsurers}, {s.Civil, owned.NewBirths}} {
		if x.address == "" {
			continue
		}
		c, err := conf(x.address)
		if err != nil {
			return err
		}
		r, err := x.make(c)
		if err != nil {
			return err
		}
		if o.owned = append(o.owned, r); r.Name() != "civil" { // which is pinged already
			o.pings = append(o.pings, r)
		}
	}
	return nil
}

// caller makes a register that answers with facts one that a process can ask: an answer is the event "found", a refusal
// "none".
type caller struct {
	register interface {
		Call(ctx context.Context, in map[string]any) (map[string]any, error)
	}
}

// fate is a refusal of a system that is well.
type fate interface{ Fate() (outcome, code string) }

// Ask asks the register.
func (c caller) Ask(ctx context.Context, in map[string]any) (string, map[string]any, error) {
	data, err := c.register.Call(ctx, in)
	if err == nil {
		return "found", data, nil
	}
	var refusal interface {
		error
		fate
	}
	if !errors.As(err, &refusal) {
		return "", nil, err
	}
	if outcome, _ := refusal.Fate(); outcome == "not_found" || outcome == "differs" {
		return "none", nil, nil
	}
	return "", nil, fmt.Errorf("the register refused the question: %w", err)
}

// texter is a gateway of SMS.
type texter interface {
	notification.SMSGateway
	pinger
}

// gateways makes those that have an address; texts go in the order of the policy.
func (o *outside) gateways(s Settings, p *policy.Policy, observe call.Observe) error {
	lim := limits(call.Limits{Timeout: p.Gateways.Timeout, Tries: 1}, p.Gateways.Breaker)
	texts := map[string]texter{}
	if s.SMPP.Addr != "" {
		g, err := smpp.New(smpp.Config{Name: "sms1", Addr: s.SMPP.Addr, SystemID: s.SMPP.SystemID, Password: s.SMPP.Password, Source: s.SMPP.Source, Limits: lim, Observe: observe})
		if err != nil {
			return err
		}
		texts[g.Name()], o.close = g, append(o.close, g.Close)
	}
	if s.Kannel.URL != "" {
		g, err := kannel.New(kannel.Config{Name: "sms2", Username: s.Kannel.Username, Password: s.Kannel.Password, Source: s.Kannel.Source, Config: call.Config{URL: s.Kannel.URL, Limits: lim, Observe: observe}})
		if err != nil {
			return err
		}
		texts[g.Name()] = g
	}
	for _, name := range p.Gateways.SMSOrder {
		if g, ok := texts[name]; ok {
			o.texts, o.pings = append(o.texts, g), append(o.pings, g)
		}
	}
	if s.Clamd.Addr != "" {
		c, err := clamd.New(clamd.Config{Addr: s.Clamd.Addr, Limits: lim, Observe: observe})
		if err != nil {
			return err
		}
		o.scanner, o.pings = c, append(o.pings, c)
	}
	if s.SMTP.Addr != "" {
		g, err := smtp.New(smtp.Config{Addr: s.SMTP.Addr, From: s.SMTP.From, TLS: smtpTLS(s.SMTP.TLS), Auth: smtpAuth(s.SMTP.Auth), Username: s.SMTP.Username, Password: s.SMTP.Password, Limits: lim, Observe: observe})
		if err != nil {
			return err
		}
		o.letters, o.pings = append(o.letters, g), append(o.pings, g)
	}
	if s.Voice.Addr != "" {
		v := p.Gateways.Voice
		g, err := voice.New(voice.Config{Addr: s.Voice.Addr, Transport: s.Voice.Transport, Username: s.Voice.Username, Password: s.Voice.Password, Caller: s.Voice.Caller,
			External: s.Voice.External, AtOnce: min(v.AtOnce, max(1, s.Workers/2)), Ring: v.Ring, Limits: lim, Observe: observe})
		if err != nil {
			return err
		}
		o.voices, o.pings = append(o.voices, g), append(o.pings, g)
	}
	return nil
}

// pushing is how browsers are told. Push services may write to the portal's address, or to its postmaster when it has none of the web.
func pushing(n policy.Notices, u *url.URL, observe call.Observe, now func() time.Time) notification.Push {
	p := notification.Push{TTL: n.PushTTL, Most: n.PushBrowsers}
	if len(n.PushHosts) == 0 && len(n.PushInside) == 0 {
		return p
	}
	contact := u.String()
	if u.Scheme != "https" {
		contact = "postmaster@" + u.Hostname()
	}
	p.Gateway = webpush.New(webpush.Config{Timeout: n.PushTimeout, Hosts: n.PushHosts, Inside: n.PushInside, Contact: contact, Observe: observe, Now: now})
	return p
}

func smtpTLS(s string) smtp.TLS {
	if s == "starttls" {
		return smtp.Mandatory
	}
	return smtp.TLS(s)
}

func smtpAuth(s string) smtp.Auth {
	if s == "none" {
		return smtp.NoAuth
	}
	return smtp.Auth(s)
}

// Loopback reports whether an address is one of this machine.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
