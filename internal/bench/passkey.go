package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"

	"okno/internal/access"
	"okno/internal/passkey"
	"okno/internal/store"
	"okno/internal/system"
)

// device is what a person signs in with by a passkey: a key of curve P-256 that stays with its maker, so that it counts nothing.
type device struct {
	ID, Handle []byte // of the key, and of its owner
	Key        []byte // PKCS #8
}

// The flags of an authenticator (WebAuthn, 6.1).
const (
	present  = 1 << 0
	verified = 1 << 2
	attested = 1 << 6 // a new key follows
)

var b64 = base64.RawURLEncoding //nolint:gochecknoglobals // as WebAuthn writes bytes

// named is the address of a portal on this machine by the name to which passkeys are bound; there are none at a bare address.
func named(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return "localhost:" + port
}

// clientData is what the browser says of the page (WebAuthn, 5.8.1).
func clientData(what, challenge, host string) []byte {
	return fmt.Appendf(nil, `{"type":"webauthn.%s","challenge":"%s","origin":"http://%s","crossOrigin":false}`, what, challenge, host)
}

// authenticatorData is what the device says (WebAuthn, 6.1).
func authenticatorData(flags byte) []byte {
	site := sha256.Sum256([]byte("localhost"))
	return append(append(site[:], flags), 0, 0, 0, 0)
}

// newDevice makes a key for the options that a portal gave, and the answer that a browser would send.
func newDevice(host, owner string, options []byte) (device, []byte, error) {
	var o struct{ Challenge string }
	if err := json.Unmarshal(options, &o); err != nil {
		return device{}, nil, err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return device{}, nil, err
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return device{}, nil, err
	}
	d := device{ID: make([]byte, 16), Handle: []byte(owner)}
	if _, err := rand.Read(d.ID); err != nil {
		return device{}, nil, err
	}
	if d.Key, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		return device{}, nil, err
	}
	said := append(authenticatorData(present|verified|attested), make([]byte, 16)...) // of no known make
	said = append(binary.BigEndian.AppendUint16(said, uint16(len(d.ID))), d.ID...)
	// COSE (RFC 9053, 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}
	said = slices.Concat(said, []byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
	// CBOR: {"fmt": "none", "attStmt": {}, "authData": …}
	attestation := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(said))}, said)
	answer, err := json.Marshal(map[string]any{"id": b64.EncodeToString(d.ID), "rawId": b64.EncodeToString(d.ID), "type": "public-key",
		"response": map[string]string{"clientDataJSON": b64.EncodeToString(clientData("create", o.Challenge, host)), "attestationObject": b64.EncodeToString(attestation)}})
	return d, answer, err
}

// sign answers a challenge.
func (d device) sign(host, challenge string) ([]byte, error) {
	key, err := x509.ParsePKCS8PrivateKey(d.Key)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("bench: a device with another key than it made")
	}
	page, said := clientData("get", challenge, host), authenticatorData(present|verified)
	of := sha256.Sum256(page)
	digest := sha256.Sum256(append(slices.Clone(said), of[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"id": b64.EncodeToString(d.ID), "rawId": b64.EncodeToString(d.ID), "type": "public-key",
		"response": map[string]string{"clientDataJSON": b64.EncodeToString(page), "authenticatorData": b64.EncodeToString(said),
			"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(d.Handle)}})
}

// devices gives everybody a passkey.
func devices(ctx context.Context, x *system.System, host string, all []person) ([]login, error) {
	out := make([]login, len(all))
	added := make([]passkey.Added, len(all))
	for i, p := range all {
		who := access.Actor{Kind: access.Person, ID: p.account, Level: access.Simplified}
		c, err := x.Passkeys.Add(ctx, who, p.browser, "Anna")
		if err != nil {
			return nil, err
		}
		d, answer, err := newDevice(host, p.account, c.Options)
		if err != nil {
			return nil, err
		}
		if added[i], err = x.Passkeys.JudgeAdded(ctx, who, p.browser, c.ID, "Key", answer); err != nil {
			return nil, fmt.Errorf("the passkey of person %d: %w", i, err)
		}
		out[i] = login{Phone: p.phone, Browser: p.browser, Device: d}
	}
	return out, x.DB.WriteRows(ctx, func(tx *store.Tx) error {
		for _, a := range added {
			if _, err := x.Passkeys.Keep(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

var (
	ticketInPage    = regexp.MustCompile(`name="challenge" value="([^"]+)"`)
	challengeInPage = regexp.MustCompile(`&#34;challenge&#34;:&#34;([\w-]+)&#34;`)
)

// passkey signs people in by their passkeys: the page is fetched for its challenge, and the answer is sent.
func (w *worker) passkey(o order) done {
	o.Addr = w.aim.Addr
	host := named(o.Addr)
	return together(o, func(l *line) (bool, error) {
		who := &w.aim.Logins[int(w.next.Add(1)-1)%len(w.aim.Logins)]
		j := jar{"okno_browser": who.Browser}
		a, err := l.do(request(host, "/signin/passkey", j.String(), nil), true)
		if err != nil {
			return true, err
		}
		page, err := plain(a)
		if err != nil {
			return true, err
		}
		ticket, challenge := ticketInPage.FindStringSubmatch(page), challengeInPage.FindStringSubmatch(page)
		if ticket == nil || challenge == nil {
			return true, fmt.Errorf("GET /signin/passkey: %d, and no challenge in it", a.status)
		}
		answer, err := who.Device.sign(host, challenge[1])
		if err != nil {
			return true, err
		}
		return true, l.post(host, j, "/signin/passkey", "/cabinet", url.Values{"challenge": {ticket[1]}, "answer": {string(answer)}})
	})
}

// passkeys measures sign-ins by a passkey, page and answer, beside those by a password.
func (b *bench) passkeys(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	host := named(p.Addr)
	p.URL = "http://" + host
	all, err := b.populate(ctx, p, b.People, access.Simplified, false)
	if err != nil {
		return err
	}
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	logins, err := devices(ctx, x, host, all)
	if err = errors.Join(err, x.Close()); err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := c[0].do(order{Do: "aim", Addr: p.Addr, Logins: logins}); err != nil {
		return err
	}
	if _, err := c[1].do(order{Do: "aim", Addr: p.Addr, Want: 303, Requests: each(all, func(x person) []byte { return x.signIn(host) })}); err != nil {
		return err
	}
	keys := &side{child: c[0], order: order{Do: "passkey", Conns: 8}, who: s}
	words := &side{child: c[1], order: order{Do: "load", Conns: 8}, who: s}
	if err := b.alternate(nil, keys, words); err != nil {
		return err
	}
	ratio := keys.perCore() / words.perCore()
	goal, met := atLeast(ratio, 10)
	b.add("sign-ins by passkey ÷ by password, per core", e, fmt.Sprintf("%.1f", ratio), goal, met, "%.0f/s beside %.0f/s; CPU of one with its page: server %s, database %s; generator %.0f %% of the cores",
		keys.perSecond(), words.perSecond(), ms(keys.each(keys.cost.server)), ms(keys.each(keys.cost.database)), 100*keys.gen.Seconds()/keys.wall.Seconds()/float64(cores))
	return nil
}
