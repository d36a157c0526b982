package signature

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // OCSP names keys and issuers by it; nothing is proven by it
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
	"golang.org/x/sync/singleflight"

	"okno/internal/i18n"
)

// Source is how it was seen that a certificate is not revoked.
type Source string

// The sources.
const (
	ByOCSP Source = "ocsp"
	ByList Source = "crl"
)

// Publisher gets what authorities publish about their certificates. An address is of a certificate that an accredited authority issued;
// whether it may be called is the publisher's matter.
type Publisher interface {
	List(ctx context.Context, address string) ([]byte, error)                 // of revoked certificates
	Ask(ctx context.Context, address string, question []byte) ([]byte, error) // by OCSP
}

// word is what an authority says of one certificate.
type word struct {
	revoked   bool
	revokedAt time.Time
}

// published is what an authority published, once it was seen to be genuine.
type published struct {
	this, next time.Time // the time for which it was made; when it is replaced at the latest
	fetched    time.Time
	answer     word            // of OCSP
	list       map[string]word // by number
}

// cache keeps what was published.
type cache struct {
	flights singleflight.Group
	mu      sync.Mutex
	kept    map[string]published
}

// mostKept bounds the cache: lists of authorities, and answers of those who signed within hours.
const mostKept = 2000

func (c *cache) get(key string) (published, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.kept[key]
	return p, ok
}

func (c *cache) put(key string, p published, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]published{}
	}
	if len(c.kept) >= mostKept {
		for k, v := range c.kept {
			if v.next.Before(now) {
				delete(c.kept, k)
			}
		}
		for k := range c.kept { // any: it is asked for again
			if len(c.kept) < mostKept {
				break
			}
			delete(c.kept, k)
		}
	}
	c.kept[key] = p
}

// current is what an authority published under the key: from the cache while it is young, else asked for anew, and, when that fails,
// from the cache as long as the authority itself said that it counts.
func (s *Service) current(ctx context.Context, key string, fetch func(context.Context) (published, error)) (published, error) {
	now := s.DB.Now()
	old, have := s.cache.get(key)
	have = have && now.Before(old.next)
	if have && now.Before(old.fetched.Add(s.Policy.Signatures.Status.Refresh)) {
		return old, nil
	}
	got, err, _ := s.cache.flights.Do(key, func() (any, error) {
		p, err := fetch(context.WithoutCancel(ctx)) // others wait for it, too; the publisher has its own time limit
		if err != nil {
			return published{}, err
		}
		if p.fetched = now; have && p.this.Before(old.this) {
			p = old // somebody plays an older one to us
			p.fetched = now
		}
		s.cache.put(key, p, now)
		return p, nil
	})
	if err != nil && have {
		return old, nil
	}
	p, _ := got.(published)
	return p, err
}

// lateness is how much the clocks of authorities may be ahead of ours.
const lateness = 5 * time.Minute

// standing sees that nobody in the chain is revoked: the person's certificate, and those of authorities below the root. It returns how
// that of the person's was seen.
func (s *Service) standing(ctx context.Context, chain []*x509.Certificate) (Source, error) {
	var by Source
	for i := range len(chain) - 1 {
		w, source, err := s.ask(ctx, chain[i], chain[i+1])
		if errors.Is(err, errSilent) {
			return "", ErrNotQualified.Because(err)
		}
		if err != nil {
			return "", ErrCannotCheck.Because(err)
		}
		if i == 0 {
			by = source
		}
		if !w.revoked {
			continue
		}
		if i > 0 {
			return "", ErrUntrusted
		}
		return "", ErrRevoked.Say("at", i18n.Date(ctx, w.revokedAt))
	}
	return by, nil
}

// errSilent is a certificate about which nobody would say whether it is revoked.
var errSilent = errors.New("the certificate names nobody who tells whether it is revoked")

// mostAddresses of one kind are tried.
const mostAddresses = 3

// ask says what the authority publishes about a certificate of its own: by OCSP, or else by its list.
func (s *Service) ask(ctx context.Context, c, issuer *x509.Certificate) (word, Source, error) {
	answers, lists := addresses(c.OCSPServer), addresses(c.CRLDistributionPoints)
	if len(answers)+len(lists) == 0 {
		return word{}, "", errSilent
	}
	var err error
	for _, address := range answers {
		w, aerr := s.byOCSP(ctx, address, c, issuer)
		if aerr == nil {
			return w, ByOCSP, nil
		}
		err = errors.Join(err, aerr)
	}
	for _, address := range lists {
		w, aerr := s.byList(ctx, address, c, issuer)
		if aerr == nil {
			return w, ByList, nil
		}
		err = errors.Join(err, aerr)
	}
	return word{}, "", err
}

// addresses are those that are of the web; LDAP is of inner networks.
func addresses(all []string) []string {
	var out []string
	for _, a := range all {
		if u, err := url.Parse(a); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && len(out) < mostAddresses {
			out = append(out, a)
		}
	}
	return out
}

func (s *Service) byList(ctx context.Context, address string, c, issuer *x509.Certificate) (word, error) {
	p, err := s.current(ctx, "crl "+keyed(issuer)+" "+address, func(ctx context.Context) (published, error) {
		raw, err := s.Publisher.List(ctx, address)
		if err != nil {
			return published{}, err
		}
		return s.readList(ctx, raw, issuer)
	})
	if err != nil {
		return word{}, err
	}
	return p.list[string(c.SerialNumber.Bytes())], nil
}

// keyed tells one key of an authority from another of the same name.
func keyed(c *x509.Certificate) string {
	sum := sha1.Sum(c.RawSubjectPublicKeyInfo) //nolint:gosec // see the import
	return string(sum[:])
}

var (
	oidListPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidNumber    = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidAuthority = asn1.ObjectIdentifier{2, 5, 29, 35}
)

func unusable(what, why string) error {
	return fmt.Errorf("%s cannot be used: %s", what, why)
}

// readList reads a list of revoked certificates, and believes it only when it is this authority's, whole, and of now.
func (s *Service) readList(ctx context.Context, raw []byte, issuer *x509.Certificate) (published, error) {
	if block, _ := pem.Decode(raw); block != nil {
		raw = block.Bytes
	}
	l, err := x509.ParseRevocationList(raw)
	if err != nil {
		return published{}, unusable("the list", "it cannot be read")
	}
	now := s.DB.Now()
	switch {
	case !bytes.Equal(l.RawIssuer, issuer.RawSubject):
		return published{}, unusable("the list", "it is another authority's")
	case l.ThisUpdate.After(now.Add(lateness)) || l.NextUpdate.IsZero() || !l.NextUpdate.After(now):
		return published{}, unusable("the list", "it is not of now")
	case issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return published{}, unusable("the list", "the authority may not sign one")
	}
	for _, e := range l.Extensions {
		switch {
		case e.Id.Equal(oidListPoint):
			if !wholeList(e.Value) {
				return published{}, unusable("the list", "it is not of all certificates and all reasons")
			}
		case e.Critical && !e.Id.Equal(oidNumber) && !e.Id.Equal(oidAuthority): // among them the mark of a delta
			return published{}, unusable("the list", "it holds what we do not understand")
		}
	}
	how, err := schemeOf(outerAlgorithm(l.Raw), nil)
	if err != nil {
		return published{}, err
	}
	if err := s.signed(ctx, issuer, how, l.RawTBSRevocationList, l.Signature); err != nil {
		return published{}, err
	}
	p := published{this: l.ThisUpdate, next: l.NextUpdate, list: make(map[string]word, len(l.RevokedCertificateEntries))}
	for _, e := range l.RevokedCertificateEntries {
		for _, x := range e.Extensions {
			if x.Critical { // certificates of another issuer
				return published{}, unusable("the list", "it holds what we do not understand")
			}
		}
		p.list[string(e.SerialNumber.Bytes())] = word{true, e.RevocationTime.UTC()}
	}
	return p, nil
}

// wholeList reads an issuing distribution point: it may say where the list is, and that it is of users only.
func wholeList(value []byte) bool {
	in := cryptobyte.String(value)
	var point, skipped cryptobyte.String
	if !in.ReadASN1(&point, tag.SEQUENCE) || !point.ReadOptionalASN1(&skipped, nil, tag.Tag(0).ContextSpecific().Constructed()) ||
		!point.ReadOptionalASN1(&skipped, nil, tag.Tag(1).ContextSpecific()) {
		return false
	}
	return point.Empty() && in.Empty()
}

// outerAlgorithm is what a certificate or a list says to be signed by.
func outerAlgorithm(raw []byte) (name asn1.ObjectIdentifier) {
	in := cryptobyte.String(raw)
	var all, body, algorithm cryptobyte.String
	if !in.ReadASN1(&all, tag.SEQUENCE) || !all.ReadASN1(&body, tag.SEQUENCE) || !all.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&name) {
		return nil
	}
	return name
}

func (s *Service) byOCSP(ctx context.Context, address string, c, issuer *x509.Certificate) (word, error) {
	question, err := ocsp.CreateRequest(c, issuer, nil)
	if err != nil {
		return word{}, err
	}
	asked, err := ocsp.ParseRequest(question)
	if err != nil {
		return word{}, err
	}
	p, err := s.current(ctx, "ocsp "+keyed(issuer)+" "+string(c.SerialNumber.Bytes())+" "+address, func(ctx context.Context) (published, error) {
		raw, err := s.Publisher.Ask(ctx, address, question)
		if err != nil {
			return published{}, err
		}
		return s.readAnswer(ctx, raw, asked, issuer)
	})
	return p.answer, err
}

// single is an answer of OCSP, as it was read.
type single struct {
	responder    cryptobyte.String // with its tag: a name or the hash of a key
	status       tag.Tag
	revokedAt    time.Time
	this, next   time.Time
	body         []byte // that is signed
	algorithm    asn1.ObjectIdentifier
	signature    []byte
	certificates []*x509.Certificate
}

// statuses are the tags of a certificate's status.
var (
	statusGood    = tag.Tag(0).ContextSpecific()
	statusRevoked = tag.Tag(1).ContextSpecific().Constructed()
)

// readAnswer reads an answer of OCSP, and believes it only when it is about the certificate that was asked about, of now, and signed by
// its authority or by whom the authority named for that.
func (s *Service) readAnswer(ctx context.Context, raw []byte, asked *ocsp.Request, issuer *x509.Certificate) (published, error) {
	a, err := parseAnswer(raw, asked)
	if err != nil {
		return published{}, err
	}
	now := s.DB.Now()
	next := a.next
	if next.IsZero() { // the responder would have something newer any moment
		next = a.this.Add(lateness)
	}
	if a.this.After(now.Add(lateness)) || !next.After(now) {
		return published{}, unusable("the answer", "it is not of now")
	}
	responder, err := s.responder(ctx, a, issuer, now)
	if err != nil {
		return published{}, err
	}
	how, err := schemeOf(a.algorithm, nil)
	if err != nil {
		return published{}, err
	}
	if err := s.signed(ctx, responder, how, a.body, a.signature); err != nil {
		return published{}, err
	}
	p := published{this: a.this, next: next}
	switch a.status {
	case statusGood:
	case statusRevoked:
		p.answer = word{true, a.revokedAt.UTC()}
	default:
		return published{}, unusable("the answer", "it does not know the certificate")
	}
	return p, nil
}

// responder finds who signed the answer: the authority, or one with a certificate for that, issued by that very authority.
func (s *Service) responder(ctx context.Context, a single, issuer *x509.Certificate, now time.Time) (*x509.Certificate, error) {
	if a.by(issuer) {
		return issuer, nil
	}
	for _, c := range a.certificates {
		if !a.by(c) || !bytes.Equal(c.RawIssuer, issuer.RawSubject) || !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) ||
			now.Before(c.NotBefore) || now.After(c.NotAfter) {
			continue
		}
		how, err := schemeOf(outerAlgorithm(c.Raw), nil)
		if err != nil {
			return nil, err
		}
		if err := s.signed(ctx, issuer, how, c.RawTBSCertificate, c.Signature); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidNoCheck) }) {
			return c, nil
		}
		for _, address := range addresses(c.CRLDistributionPoints) { // its own standing, by the list only: not by itself
			if w, err := s.byList(ctx, address, c, issuer); err == nil && !w.revoked {
				return c, nil
			}
		}
	}
	return nil, unusable("the answer", "whoever signed it may not")
}

// by says whether the answer calls itself one of the certificate's owner.
func (a single) by(c *x509.Certificate) bool {
	in := a.responder
	var id, hash cryptobyte.String
	var t tag.Tag
	if !in.ReadAnyASN1(&id, &t) {
		return false
	}
	if t == tag.Tag(1).ContextSpecific().Constructed() {
		return bytes.Equal(id, c.RawSubject)
	}
	return t == tag.Tag(2).ContextSpecific().Constructed() && id.ReadASN1(&hash, tag.OCTET_STRING) && bytes.Equal(hash, keyHash(c))
}

// keyHash is the SHA-1 of a key's bits.
func keyHash(c *x509.Certificate) []byte {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var info, algorithm cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&info, tag.SEQUENCE) || !info.ReadASN1(&algorithm, tag.SEQUENCE) || !info.ReadASN1BitString(&bits) {
		return nil
	}
	sum := sha1.Sum(bits.RightAlign()) //nolint:gosec // see the import
	return sum[:]
}

var (
	oidBasicAnswer = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNoCheck     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)

var errAnswer = unusable("the answer", "it cannot be read")

// parseAnswer reads an OCSP response (RFC 6960) and picks what it says of the certificate that was asked about. The library's own reader
// wants to check signatures while it reads, and knows no GOST.
func parseAnswer(raw []byte, asked *ocsp.Request) (single, error) {
	var a single
	in := cryptobyte.String(raw)
	var response, outer, holder, octets cryptobyte.String
	var status int
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&response, tag.SEQUENCE) || !in.Empty() || !response.ReadASN1Enum(&status) {
		return a, errAnswer
	}
	if status != 0 {
		return a, unusable("the answer", fmt.Sprintf("the responder refused, %d", status))
	}
	if !response.ReadASN1(&outer, tag.Tag(0).ContextSpecific().Constructed()) || !outer.ReadASN1(&holder, tag.SEQUENCE) || !holder.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidBasicAnswer) || !holder.ReadASN1(&octets, tag.OCTET_STRING) {
		return a, errAnswer
	}
	var basic, body, algorithm, certificates cryptobyte.String
	var bits asn1.BitString
	var some bool
	if !octets.ReadASN1(&basic, tag.SEQUENCE) || !octets.Empty() || !basic.ReadASN1Element(&body, tag.SEQUENCE) || !basic.ReadASN1(&algorithm, tag.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&a.algorithm) || !basic.ReadASN1BitString(&bits) || !basic.ReadOptionalASN1(&certificates, &some, tag.Tag(0).ContextSpecific().Constructed()) {
		return a, errAnswer
	}
	a.body, a.signature = body, bits.RightAlign()
	if some {
		var list, one cryptobyte.String
		if !certificates.ReadASN1(&list, tag.SEQUENCE) {
			return a, errAnswer
		}
		for !list.Empty() && len(a.certificates) < 4 {
			if !list.ReadASN1Element(&one, tag.SEQUENCE) {
				return a, errAnswer
			}
			if c, err := x509.ParseCertificate(one); err == nil {
				a.certificates = append(a.certificates, c)
			}
		}
	}
	var data, singles, skipped cryptobyte.String
	var produced time.Time
	var t tag.Tag
	if !body.ReadASN1(&data, tag.SEQUENCE) || !data.ReadOptionalASN1(&skipped, nil, tag.Tag(0).ContextSpecific().Constructed()) || !data.ReadAnyASN1Element(&a.responder, &t) ||
		!data.ReadASN1GeneralizedTime(&produced) || !data.ReadASN1(&singles, tag.SEQUENCE) {
		return a, errAnswer
	}
	for !singles.Empty() {
		var one cryptobyte.String
		if !singles.ReadASN1(&one, tag.SEQUENCE) {
			return a, errAnswer
		}
		about, err := a.read(one, asked)
		if err != nil || about {
			return a, err
		}
	}
	return a, unusable("the answer", "it is about another certificate")
}

// read reads what is said of one certificate; the bool says whether it is the one that was asked about.
func (a *single) read(in cryptobyte.String, asked *ocsp.Request) (bool, error) {
	var id, algorithm, name, key, status, next cryptobyte.String
	serial := new(big.Int)
	var hash asn1.ObjectIdentifier
	var has bool
	if !in.ReadASN1(&id, tag.SEQUENCE) || !id.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&hash) || !id.ReadASN1(&name, tag.OCTET_STRING) ||
		!id.ReadASN1(&key, tag.OCTET_STRING) || !id.ReadASN1Integer(serial) || !in.ReadAnyASN1(&status, &a.status) || !in.ReadASN1GeneralizedTime(&a.this) ||
		!in.ReadOptionalASN1(&next, &has, tag.Tag(0).ContextSpecific().Constructed()) || has && !next.ReadASN1GeneralizedTime(&a.next) {
		return false, errAnswer
	}
	if !hash.Equal(oidSHA1) || !bytes.Equal(name, asked.IssuerNameHash) || !bytes.Equal(key, asked.IssuerKeyHash) || serial.Cmp(asked.SerialNumber) != 0 {
		a.next = time.Time{}
		return false, nil
	}
	if a.status == statusRevoked {
		var reason cryptobyte.String
		var why int // RFC 5280, 5.3.1; whatever it is, the certificate does not count
		if !status.ReadASN1GeneralizedTime(&a.revokedAt) || !status.ReadOptionalASN1(&reason, &has, tag.Tag(0).ContextSpecific().Constructed()) || has && !reason.ReadASN1Enum(&why) {
			return false, errAnswer
		}
	}
	return true, nil
}
