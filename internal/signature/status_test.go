package signature_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

// signedBy is a file of a fresh certificate, and the certificate.
func (x *world) signedBy(t *testing.T, alg sandbox.Algorithm) (*sandbox.Identity, func() (signature.Signer, error)) {
	t.Helper()
	i := x.certificate(t, alg, nil)
	file := sign(t, i, text, sandbox.Form{})
	return i, func() (signature.Signer, error) { return x.Verify(t.Context(), file, signature.Check{Content: text}) }
}

func TestARevokedCertificateIsRefusedWithTheDayWhicheverWayItIsLearnt(t *testing.T) {
	x := one(t)
	for _, alg := range []sandbox.Algorithm{sandbox.RSA, sandbox.GOST256, sandbox.GOST512} {
		for way, instead := range map[signature.Source]func(http.ResponseWriter, *http.Request) bool{signature.ByOCSP: nil, signature.ByList: noOCSP} {
			x.Web.answer(instead)
			i, verify := x.signedBy(t, alg)
			if got, err := verify(); err != nil || got.Revocation != way {
				t.Fatalf("%s by %s: %+v, %v", alg, way, got.Revocation, err)
			}
			if err := x.CA.Revoke(i.Certificate, i.By(), 0); err != nil {
				t.Fatal(err)
			}
			if _, err := verify(); err != nil {
				t.Errorf("%s by %s: what was heard a moment ago was not used: %v", alg, way, err)
			}
			x.Clock.Advance(x.Policy.Signatures.Status.Refresh + time.Second)
			_, err := verify()
			if !errors.Is(err, signature.ErrRevoked) {
				t.Fatalf("%s by %s: %v", alg, way, err)
			}
			if s := says(t, err); !strings.Contains(s, "18") || !strings.Contains(s, "ноября") {
				t.Errorf("%s by %s: %s", alg, way, s)
			}
		}
	}
}

func TestWhatCannotBeCheckedNowIsRefusedAsJustThat(t *testing.T) {
	x := one(t)
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		_, verify := x.signedBy(t, alg)
		x.Web.down.Store(true)
		_, err := verify()
		if !errors.Is(err, signature.ErrCannotCheck) {
			t.Fatalf("%s, while the authority is down: %v", alg, err)
		}
		if s := says(t, err); !strings.Contains(s, "Попробуйте") {
			t.Error(s)
		}
		if strings.Contains(err.Error(), "Новикова") || strings.Contains(err.Error(), "11223344595") {
			t.Errorf("the error names the person: %v", err)
		}
		x.Web.down.Store(false)
		if _, err := verify(); err != nil {
			t.Errorf("%s, when it is back: %v", alg, err)
		}
	}
}

func TestWhatAnAuthorityPublishedCountsUntilTheHourThatItNamed(t *testing.T) {
	for way, instead := range map[string]func(http.ResponseWriter, *http.Request) bool{"ocsp": nil, "crl": noOCSP} {
		t.Run(way, func(t *testing.T) {
			x := one(t)
			x.Web.answer(instead)
			_, verify := x.signedBy(t, sandbox.ECDSA)
			good := func(when string) {
				t.Helper()
				if _, err := verify(); err != nil {
					t.Errorf("%s: %v", when, err)
				}
			}
			good("at first")
			calls := x.Web.count(way)
			good("at once again")
			if n := x.Web.count(way); n != calls {
				t.Errorf("it was asked for again: %d calls", n-calls)
			}
			x.Web.down.Store(true)
			x.Clock.Advance(50 * time.Minute) // past the refreshing, before the next one that was promised
			good("while the authority is away")
			if x.Web.count(way) == calls {
				t.Error("nothing newer was asked for")
			}
			x.Clock.Advance(12 * time.Hour)
			if _, err := verify(); !errors.Is(err, signature.ErrCannotCheck) {
				t.Errorf("after the hour that was named: %v", err)
			}
		})
	}
}

func TestOneListServesEverybodyOfItsAuthority(t *testing.T) {
	x := one(t)
	x.Web.answer(noOCSP)
	for range 3 {
		if _, verify := x.signedBy(t, sandbox.ECDSA); func() error { _, err := verify(); return err }() != nil {
			t.Fatal("refused")
		}
	}
	if n := x.Web.count("crl"); n != 2 { // of the authority, and of its root
		t.Errorf("lists were fetched %d times", n)
	}
}

func TestAListThatIsNotWholeOrNotOfNowOrNotTheAuthoritysIsNotBelieved(t *testing.T) {
	x := one(t)
	ctx := t.Context()
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		by, err := x.CA.Of(ctx, alg)
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := x.CA.Make(ctx, "stranger-"+string(alg), alg, nil, func(c *x509.Certificate) {
			c.Subject, c.SubjectKeyId = by.Certificate.Subject, by.Certificate.SubjectKeyId
		})
		if err != nil {
			t.Fatal(err)
		}
		list := func(c *sandbox.CA, change func(*x509.RevocationList)) []byte {
			t.Helper()
			out, err := x.CA.ListOf(ctx, c, change)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		extension := func(last int, critical bool, value string) func(*x509.RevocationList) {
			return func(l *x509.RevocationList) {
				l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, last}, Critical: critical, Value: []byte(value)}}
			}
		}
		now := x.Clock.Now()
		for name, c := range map[string]struct {
			list []byte
			good bool
		}{
			"a good one":               {list(by, nil), true},
			"a good one in PEM":        {pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list(by, nil)}), true},
			"of users, with its place": {list(by, extension(28, true, "\x30\x03\x81\x01\xff")), true},
			"of authorities only":      {list(by, extension(28, true, "\x30\x03\x82\x01\xff")), false},
			"of some reasons":          {list(by, extension(28, true, "\x30\x04\x83\x02\x07\x80")), false},
			"indirect":                 {list(by, extension(28, true, "\x30\x03\x84\x01\xff")), false},
			"a delta":                  {list(by, extension(27, true, "\x02\x01\x01")), false},
			"of yesterday": {list(by, func(l *x509.RevocationList) {
				l.ThisUpdate, l.NextUpdate = now.Add(-26*time.Hour), now.Add(-2*time.Hour)
			}), false},
			"of tomorrow": {list(by, func(l *x509.RevocationList) {
				l.ThisUpdate, l.NextUpdate = now.Add(26*time.Hour), now.Add(28*time.Hour)
			}), false},
			"another key's":         {list(stranger, nil), false},
			"another authority's":   {list(mustCA(t, x, sandbox.ECDSA, "else"), nil), false},
			"nonsense":              {[]byte("<html>It works!</html>"), false},
			"with a changed number": {changed(list(by, nil)), false},
			"too long":              {make([]byte, 1<<20+1), false},
		} {
			x.Web.answer(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/"+string(alg)+".crl" {
					w.Write(c.list) //nolint:errcheck // a test
					return true
				}
				return noOCSP(w, r)
			})
			x.Clock.Advance(0)
			y := *x
			y.Service = signature.New(x.Config) // with nothing in mind
			_, verify := y.signedBy(t, alg)
			if _, err := verify(); c.good && err != nil || !c.good && !errors.Is(err, signature.ErrCannotCheck) {
				t.Errorf("%s, %s: %v", alg, name, err)
			}
		}
	}
}

func mustCA(t *testing.T, x *world, alg sandbox.Algorithm, name string) *sandbox.CA {
	t.Helper()
	c, err := x.CA.Make(t.Context(), name, alg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// changed is a list whose last byte before the signature's is another.
func changed(list []byte) []byte {
	out := bytes.Clone(list)
	at := bytes.Index(out, []byte{0x55, 0x1d, 0x14}) // the number of the list
	out[at+8] ^= 1
	return out
}

func TestAnOlderListDoesNotReplaceANewerOne(t *testing.T) {
	x := one(t)
	x.Web.answer(noOCSP)
	i, verify := x.signedBy(t, sandbox.ECDSA)
	old, err := x.CA.List(t.Context(), "ecdsa")
	if err != nil {
		t.Fatal(err)
	}
	x.Clock.Advance(time.Minute)
	if err := x.CA.Revoke(i.Certificate, i.By(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(); !errors.Is(err, signature.ErrRevoked) {
		t.Fatal(err)
	}
	x.Clock.Advance(time.Hour)
	x.Web.answer(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/ecdsa.crl" {
			w.Write(old) //nolint:errcheck // a test
			return true
		}
		return noOCSP(w, r)
	})
	if _, err := verify(); !errors.Is(err, signature.ErrRevoked) {
		t.Errorf("an older list made the certificate good: %v", err)
	}
}

func TestAnAnswerThatIsNotTheAuthoritysOrNotAboutTheCertificateIsNotBelieved(t *testing.T) {
	x := one(t)
	ctx := t.Context()
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		by, err := x.CA.Of(ctx, alg)
		if err != nil {
			t.Fatal(err)
		}
		person := x.certificate(t, alg, nil)
		usage := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }
		nocheck := func(c *x509.Certificate) {
			usage(c)
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}}
		}
		responder := func(c *sandbox.CA, change func(*x509.Certificate)) *sandbox.Identity {
			t.Helper()
			i, err := x.CA.Issue(ctx, c, sandbox.Person{Surname: "OCSP"}, change)
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		gone := responder(by, usage)
		if err := x.CA.Revoke(gone.Certificate, by, 0); err != nil {
			t.Fatal(err)
		}
		now := x.Clock.Now()
		said := ocsp.Response{Status: ocsp.Good, ThisUpdate: now.Add(-time.Second), NextUpdate: now.Add(time.Hour)}
		stranger := mustCA(t, x, alg, "ocsp-stranger-"+string(alg))
		for _, c := range []struct {
			name   string
			by     *sandbox.Identity
			change func(*ocsp.Response)
			of     *sandbox.CA
			way    signature.Source
		}{
			{"by whom it named", responder(by, nocheck), nil, by, signature.ByOCSP},
			{"by one whose own standing is in the list", responder(by, usage), nil, by, signature.ByOCSP},
			{"without a next one", responder(by, nocheck), func(r *ocsp.Response) { r.NextUpdate = time.Time{} }, by, signature.ByOCSP},
			{"by one that was revoked", gone, nil, by, signature.ByList},
			{"by a person", person, nil, by, signature.ByList},
			{"by one that expired", responder(by, func(c *x509.Certificate) { nocheck(c); c.NotBefore, c.NotAfter = now.Add(-9*day), now.Add(-day) }), nil, by, signature.ByList},
			{"by a stranger's", responder(stranger, nocheck), nil, by, signature.ByList},
			{"of another authority", responder(by, nocheck), nil, stranger, signature.ByList},
			{"about another", responder(by, nocheck), func(r *ocsp.Response) { r.SerialNumber = person.Certificate.SerialNumber }, by, signature.ByList},
			{"that it does not know it", responder(by, nocheck), func(r *ocsp.Response) { r.Status = ocsp.Unknown }, by, signature.ByList},
			{"of yesterday", responder(by, nocheck), func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-26*time.Hour), now.Add(-25*time.Hour) }, by, signature.ByList},
			{"of an hour ago, without a next one", responder(by, nocheck), func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-time.Hour), time.Time{} }, by, signature.ByList},
		} {
			x.Web.answer(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/"+string(alg)+"/ocsp" {
					return false
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				q, err := ocsp.ParseRequest(body)
				if err != nil {
					t.Error(err)
					return true
				}
				a := said
				if a.SerialNumber = q.SerialNumber; c.change != nil {
					c.change(&a)
				}
				out, err := sandbox.AnswerBy(ctx, c.of, c.by, a)
				if err != nil {
					t.Error(err)
				}
				w.Write(out) //nolint:errcheck // a test
				return true
			})
			_, verify := x.signedBy(t, alg)
			if got, err := verify(); err != nil || got.Revocation != c.way {
				t.Errorf("%s, %s: checked by %q, want %q; %v", alg, c.name, got.Revocation, c.way, err)
			}
		}
	}
}

func TestNothingIsFetchedForACertificateOfAStranger(t *testing.T) {
	x := one(t)
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		x.certificate(t, alg, nil) // so that there is a list
		i, err := x.CA.Issue(t.Context(), mustCA(t, x, alg, "fetcher-"+string(alg)), anna, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := x.Web.count("ocsp") + x.Web.count("crl")
		if _, err := x.Verify(t.Context(), sign(t, i, text, sandbox.Form{}), signature.Check{Content: text}); !errors.Is(err, signature.ErrUntrusted) {
			t.Error(err)
		}
		if x.Web.count("ocsp")+x.Web.count("crl") != before {
			t.Error("something was fetched")
		}
	}
}
