package signature_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/fault"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

const day = 24 * time.Hour

var quiet = slog.New(slog.DiscardHandler)

func TestEveryCertificateThatDoesNotCountIsRefusedWithItsOwnReason(t *testing.T) {
	x := one(t)
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		for _, c := range []struct {
			name   string
			want   *fault.Error
			says   string // in the sentence
			change func(*x509.Certificate)
		}{
			{"expired", signature.ErrExpired, "17", func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = x.Clock.Now().Add(-400*day), x.Clock.Now().Add(-day)
			}},
			{"not yet", signature.ErrNotYet, "20", func(c *x509.Certificate) { c.NotBefore = x.Clock.Now().Add(2 * day) }},
			{"for encryption", signature.ErrUsage, "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }},
			{"for signing in only", signature.ErrUsage, "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }},
			{"of an authority", signature.ErrUsage, "", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }},
			{"without a class", signature.ErrNotQualified, "", func(c *x509.Certificate) { c.Policies = nil }},
			{"without the tools", signature.ErrNotQualified, "", func(c *x509.Certificate) { c.ExtraExtensions = nil }},
			{"with one tool", signature.ErrNotQualified, "", func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] }},
			{"that cannot be asked about", signature.ErrNotQualified, "", func(c *x509.Certificate) { c.OCSPServer, c.CRLDistributionPoints = nil, nil }},
			{"without SNILS", signature.ErrNoSNILS, "", func(c *x509.Certificate) { c.Subject.ExtraNames = without(c.Subject.ExtraNames, "1.2.643.100.3") }},
			{"with a SNILS that is none", signature.ErrNoSNILS, "", func(c *x509.Certificate) {
				c.Subject.ExtraNames = append(without(c.Subject.ExtraNames, "1.2.643.100.3"), pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{1, 2, 643, 100, 3}, Value: "11223344596"})
			}},
			{"without a surname", signature.ErrNoName, "", func(c *x509.Certificate) { c.Subject.ExtraNames = without(c.Subject.ExtraNames, "2.5.4.4") }},
			{"with a critical extension that nobody knows", signature.ErrUntrusted, "", func(c *x509.Certificate) {
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 643, 99, 1}, Critical: true, Value: []byte{5, 0}})
			}},
		} {
			_, err := x.Verify(t.Context(), sign(t, x.certificate(t, alg, c.change), text, sandbox.Form{}), signature.Check{Content: text})
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", alg, c.name, err, c.want)
				continue
			}
			if s := says(t, err); !strings.Contains(s, c.says) {
				t.Errorf("%s, %s: %q does not say %q", alg, c.name, s, c.says)
			}
		}
	}
}

func without(names []pkix.AttributeTypeAndValue, oid string) []pkix.AttributeTypeAndValue {
	var out []pkix.AttributeTypeAndValue
	for _, n := range names {
		if n.Type.String() != oid {
			out = append(out, n)
		}
	}
	return out
}

func TestOnlyAuthoritiesOfTheListAndWhatTheyMayIssueCount(t *testing.T) {
	x := one(t)
	ctx := t.Context()
	for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
		real, err := x.CA.Of(ctx, alg)
		if err != nil {
			t.Fatal(err)
		}
		ca := func(name string, parent *sandbox.CA, change func(*x509.Certificate)) *sandbox.CA {
			t.Helper()
			c, err := x.CA.Make(ctx, string(alg)+"-"+name, alg, parent, change)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		trusted := func(some ...*sandbox.CA) *sandbox.CA {
			t.Helper()
			if err := x.CA.Trust(some...); err != nil {
				t.Fatal(err)
			}
			return some[0]
		}
		deep := func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 1, false }
		root := ca("root", nil, nil)
		expired := ca("expired", root, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = x.Clock.Now().Add(-9*day), x.Clock.Now().Add(-day)
		})
		short := ca("short", root, nil)
		narrow := ca("narrow", root, func(c *x509.Certificate) {
			c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"inside.example"}
		})
		gone := ca("gone", root, nil)
		if err := x.CA.Revoke(gone.Certificate, root, 0); err != nil {
			t.Fatal(err)
		}
		dns := func(c *x509.Certificate) { c.DNSNames = []string{"outside.example"} }
		for _, c := range []struct {
			name   string
			by     *sandbox.CA
			change func(*x509.Certificate)
			good   bool
		}{
			{"the listed one", real, nil, true},
			{"another listed one", trusted(ca("other", root, nil), root), nil, true},
			{"two below the root", trusted(ca("lower", trusted(ca("upper", root, deep)), nil)), nil, true},
			{"an unlisted one below a listed root", ca("unlisted", root, nil), nil, false},
			{"a stranger", ca("stranger", ca("stranger-root", nil, nil), nil), nil, false},
			{"one that calls itself as the listed one", ca("impostor", nil, func(c *x509.Certificate) {
				c.Subject, c.SubjectKeyId = real.Certificate.Subject, real.Certificate.SubjectKeyId
			}), nil, false},
			{"one that expired", trusted(expired), nil, false},
			{"one below one that may have none below", trusted(ca("below", trusted(short), nil)), nil, false},
			{"one within its names", trusted(narrow), nil, true},
			{"one beyond its names", narrow, dns, false},
			{"one that was revoked", trusted(gone), nil, false},
		} {
			i, err := x.CA.Issue(ctx, c.by, anna, c.change)
			if err != nil {
				t.Fatal(err)
			}
			_, err = x.Verify(ctx, sign(t, i, text, sandbox.Form{}), signature.Check{Content: text})
			if c.good && err != nil || !c.good && !errors.Is(err, signature.ErrUntrusted) {
				t.Errorf("%s, %s: %v", alg, c.name, err)
			}
		}
	}
}

func TestAListWithWhatIsNoAuthorityIsRefusedAtStartAndChangesAreTakenUp(t *testing.T) {
	x := one(t)
	ctx := t.Context()
	i := x.certificate(t, sandbox.ECDSA, nil)
	below, err := x.CA.Make(ctx, "below", sandbox.ECDSA, i.By(), nil)
	if err != nil {
		t.Fatal(err)
	}
	block := i.Bundle()
	for name, files := range map[string]map[string][]byte{
		"a person":           {"a.pem": block[:bytes.Index(block, []byte("-----BEGIN PRIVATE"))]},
		"a key":              {"a.pem": i.Key},
		"nonsense":           {"a.crt": []byte("hello")},
		"one without a root": {"a.cer": below.Certificate.Raw},
	} {
		dir := t.TempDir()
		for f, text := range files {
			if err := os.WriteFile(filepath.Join(dir, f), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := signature.LoadAuthorities(dir, x.Clock.Now, quiet); err == nil || !strings.Contains(err.Error(), "accredited authorities") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signature.LoadAuthorities(filepath.Join(t.TempDir(), "none"), x.Clock.Now, quiet); err == nil {
		t.Error("a folder that is not there was read")
	}
	if l, err := signature.LoadAuthorities(filepath.Join(x.CA.Trusted(), "ecdsa.pem"), x.Clock.Now, quiet); err != nil || l.Len() != 2 {
		t.Errorf("a file with an authority and its root: %v", err)
	}
	good := sign(t, i, text, sandbox.Form{})
	if _, err := x.Verify(ctx, good, signature.Check{Content: text}); err != nil {
		t.Fatal(err)
	}
	rogue, err := x.CA.Make(ctx, "fresh", sandbox.ECDSA, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	later, err := x.CA.Issue(ctx, rogue, anna, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := sign(t, later, text, sandbox.Form{})
	if _, err := x.Verify(ctx, file, signature.Check{Content: text}); !errors.Is(err, signature.ErrUntrusted) {
		t.Errorf("before it was listed: %v", err)
	}
	if err := x.CA.Trust(rogue); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Verify(ctx, file, signature.Check{Content: text}); err != nil {
		t.Errorf("after it was listed: %v", err)
	}
}

func TestACertificateOfAnUnknownKeyIsLeftOutOfTheListAndTheOthersCount(t *testing.T) {
	x := one(t)
	file := sign(t, x.certificate(t, sandbox.ECDSA, nil), text, sandbox.Form{})
	write := func(name string, ders ...[]byte) {
		t.Helper()
		var out []byte
		for _, der := range ders {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		}
		if err := os.WriteFile(filepath.Join(x.CA.Trusted(), name), out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, unknown, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	known, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string, ca bool, of crypto.Signer, by *x509.Certificate, key crypto.Signer) *x509.Certificate {
		t.Helper()
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: x.Clock.Now().Add(-day), NotAfter: x.Clock.Now().Add(day),
			BasicConstraintsValid: true, IsCA: ca, KeyUsage: x509.KeyUsageCertSign}
		if by == nil {
			by = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, of.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		return c
	}
	old := issue("Yesterday's root", true, unknown, nil, unknown)
	below := issue("Below yesterday", true, known, old, unknown)
	write("old.pem", old.Raw, below.Raw)
	load := func() (*signature.Authorities, string, error) {
		t.Helper()
		var log bytes.Buffer
		l, err := signature.LoadAuthorities(x.CA.Trusted(), x.Clock.Now, slog.New(slog.NewTextHandler(&log, nil)))
		return l, log.String(), err
	}
	l, log, err := load()
	if err != nil {
		t.Fatalf("one certificate keeps all the others from counting: %v", err)
	}
	left := strings.Join(l.LeftOut(), "\n")
	if l.Len() != 2 || len(l.LeftOut()) != 2 || !strings.Contains(left, "CN=Yesterday's root: its key is of a sort that is not known") || !strings.Contains(left, "CN=Below yesterday: those above it are left out") {
		t.Errorf("%d count, and left out are\n%s", l.Len(), left)
	}
	if strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "count=2") || !strings.Contains(log, "Below yesterday") {
		t.Errorf("the log says at the start: %s", log)
	}
	for range 2 { // the list that was read before takes the change up, and says so once
		x.Clock.Advance(time.Minute)
		if _, err := x.Verify(t.Context(), file, signature.Check{Content: text}); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(x.Log.String(), "level=WARN"); n != 1 {
		t.Errorf("the log of a running portal warns %d times: %s", n, x.Log)
	}
	write("old.pem", issue("No authority", false, unknown, nil, unknown).Raw)
	if _, _, err := load(); err == nil || !strings.Contains(err.Error(), "it is no certificate of an authority") {
		t.Errorf("what is no authority, with an unknown key: %v", err)
	}
	write("old.pem", below.Raw)
	if _, _, err := load(); err == nil || !strings.Contains(err.Error(), "which is not in the list") {
		t.Errorf("one whose issuer is not there at all: %v", err)
	}
}

func TestAnAuthorityWhoseFileIsRemovedCertifiesNobodyAnyMore(t *testing.T) {
	x := one(t)
	gone, kept := sign(t, x.certificate(t, sandbox.ECDSA, nil), text, sandbox.Form{}), sign(t, x.certificate(t, sandbox.RSA, nil), text, sandbox.Form{})
	of := filepath.Join(x.CA.Trusted(), "ecdsa.pem")
	list, err := os.ReadFile(of)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		when   string
		change func() error
		want   error
	}{
		{"at first", func() error { return nil }, nil},
		{"after its file was removed", func() error { return os.Remove(of) }, signature.ErrUntrusted},
		{"when its file is back", func() error { return os.WriteFile(of, list, 0o600) }, nil},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		x.Clock.Advance(time.Minute)
		if _, err := x.Verify(t.Context(), gone, signature.Check{Content: text}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.when, err, c.want)
		}
		if _, err := x.Verify(t.Context(), kept, signature.Check{Content: text}); err != nil {
			t.Errorf("%s, another one: %v", c.when, err)
		}
	}
	if x.Log.Len() > 0 {
		t.Errorf("there was no trouble: %s", x.Log)
	}
}

func TestWhileAFileCannotBeReadTheListBeforeItCountsAndTheLogSaysSoOnce(t *testing.T) {
	x := one(t)
	i := x.certificate(t, sandbox.ECDSA, nil)
	file := sign(t, i, text, sandbox.Form{})
	own, more := filepath.Join(x.CA.Trusted(), "ecdsa.pem"), filepath.Join(x.CA.Trusted(), "more.pem")
	list, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file string, text []byte) func() error {
		return func() error { return os.WriteFile(file, text, 0o600) }
	}
	for _, c := range []struct {
		when        string
		change      func() error
		errs, wells int // lines of the log by then
		says        string
	}{
		{"at first", func() error { return nil }, 0, 0, ""},
		{"a file of nonsense", write(more, []byte("hello")), 1, 0, "more.pem: no certificate stands there"},
		{"it stays there", func() error { return nil }, 1, 0, ""},
		{"it is a key now", write(more, i.Key), 2, 0, "PRIVATE KEY"},
		{"it is taken away", func() error { return os.Remove(more) }, 2, 1, "can be used again"},
		{"all stays well", func() error { return nil }, 2, 1, ""},
		{"its own file is spoilt", write(own, list[:len(list)/2]), 3, 1, "ecdsa.pem"},
		{"its own file is mended", write(own, list), 3, 2, ""},
		{"the folder is away", func() error { return os.Rename(x.CA.Trusted(), x.CA.Trusted()+".away") }, 4, 2, ""},
		{"the folder is back", func() error { return os.Rename(x.CA.Trusted()+".away", x.CA.Trusted()) }, 4, 3, ""},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			x.Clock.Advance(time.Minute)
			if _, err := x.Verify(t.Context(), file, signature.Check{Content: text}); err != nil {
				t.Errorf("%s: %v", c.when, err)
			}
		}
		log := x.Log.String()
		if errs, wells := strings.Count(log, "cannot be used"), strings.Count(log, "can be used again"); errs != c.errs || wells != c.wells || !strings.Contains(log, c.says) {
			t.Errorf("%s: the log tells of trouble %d times, want %d, and of its end %d times, want %d:\n%s", c.when, errs, c.errs, wells, c.wells, log)
		}
	}
}

// keyOf is the private key of a bundle, as it is.
func keyOf(t *testing.T, bundle []byte) []byte {
	t.Helper()
	for {
		block, rest := pem.Decode(bundle)
		if block == nil {
			t.Fatal("no key")
		}
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return block.Bytes
		}
		bundle = rest
	}
}

func TestAFileThatIsNoGoodSignatureOfTheTextIsRefused(t *testing.T) {
	x := one(t)
	for _, alg := range []sandbox.Algorithm{sandbox.RSA, sandbox.ECDSA, sandbox.GOST512} {
		i := x.certificate(t, alg, nil)
		good := sign(t, i, text, sandbox.Form{Attached: true})
		broken := bytes.Clone(good)
		broken[len(broken)-1] ^= 1
		other, err := x.CA.Again(t.Context(), i.By(), i, sandbox.Person{Surname: "Другая", GivenName: "Вера", SNILS: "001-001-001 00"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pfx, err := i.PFX(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		more := func(args ...string) []byte { return sign(t, i, text, sandbox.Form{More: args}) }
		for _, c := range []struct {
			name string
			file []byte
			want *fault.Error
		}{
			{"a changed signature", broken, signature.ErrBroken},
			{"a changed text inside", bytes.Replace(good, []byte("1\r\n"), []byte("2\r\n"), 1), signature.ErrContent},
			{"of another text, detached", sign(t, i, []byte("other"), sandbox.Form{}), signature.ErrContent},
			{"of another text, attached", sign(t, i, []byte("other"), sandbox.Form{Attached: true}), signature.ErrContent},
			{"another's certificate for the same key", sign(t, i, text, sandbox.Form{Instead: other.Certificate}), signature.ErrBroken},
			{"of two", sign(t, i, text, sandbox.Form{Also: x.certificate(t, alg, nil)}), signature.ErrSeveral},
			{"without a certificate", more("-nocerts"), signature.ErrNoCertificate},
			{"without attributes", sign(t, i, text, sandbox.Form{Plain: true, More: []string{"-noattr"}}), signature.ErrPlain},
			{"of another kind of content", more("-econtent_type", "1.2.3.4"), signature.ErrBroken},
			{"a text", text, signature.ErrNotSignature},
			{"nothing", nil, signature.ErrNotSignature},
			{"a certificate", i.Certificate.Raw, signature.ErrNotSignature},
			{"a certificate in PEM", i.Bundle()[:bytes.Index(i.Bundle(), []byte("-----BEGIN PRIVATE"))], signature.ErrNotSignature},
			{"a key", i.Bundle(), signature.ErrKeyFile},
			{"a file with key and password", pfx, signature.ErrKeyFile},
			{"the same in base64", []byte(base64.StdEncoding.EncodeToString(pfx)), signature.ErrKeyFile},
			{"the same with an open length", slices.Concat([]byte{0x30, 0x80}, pfx[4:], []byte{0, 0}), signature.ErrKeyFile},
			{"half of it", pfx[:len(pfx)/2], signature.ErrKeyFile},
			{"a key without a shell", keyOf(t, i.Bundle()), signature.ErrKeyFile},
			{"an encrypted key", []byte{0x30, 0x20, 0x30, 0x1c, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13, 0x30}, signature.ErrKeyFile},
			{"an encrypted key of old", []byte{0x30, 0x20, 0x30, 0x1c, 6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3}, signature.ErrKeyFile},
			{"half a file", good[:len(good)/2], signature.ErrNotSignature},
			{"a file with a tail", append(bytes.Clone(good), 0), signature.ErrNotSignature},
			{"a deep one", bytes.Repeat([]byte{0x30, 0x80}, 5000), signature.ErrNotSignature},
			{"a promise of much", []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x06}, signature.ErrNotSignature},
			{"a large one", append(bytes.Clone(good), make([]byte, 1<<20)...), signature.ErrTooLarge},
		} {
			_, err := x.Verify(t.Context(), c.file, signature.Check{Content: text})
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", alg, c.name, err, c.want)
				continue
			}
			says(t, err)
		}
		if _, err := x.Verify(t.Context(), sign(t, i, text, sandbox.Form{}), signature.Check{}); !errors.Is(err, signature.ErrDetached) {
			t.Errorf("%s, a detached one without its text: %v", alg, err)
		}
		if alg != sandbox.GOST512 {
			if _, err := x.Verify(t.Context(), more("-md", "sha1"), signature.Check{Content: text}); !errors.Is(err, signature.ErrAlgorithm) {
				t.Errorf("%s with SHA-1: %v", alg, err)
			}
		}
	}
}

func TestThePolicyMayAllowFewerAlgorithmsAndOnlyCAdES(t *testing.T) {
	x := one(t)
	x.Policy.Signatures.Algorithms, x.Policy.Signatures.Plain = []string{"gost"}, "refuse"
	for alg, want := range map[sandbox.Algorithm]error{sandbox.ECDSA: signature.ErrAlgorithm, sandbox.RSA: signature.ErrAlgorithm, sandbox.GOST256: nil} {
		if _, err := x.Verify(t.Context(), sign(t, x.certificate(t, alg, nil), text, sandbox.Form{}), signature.Check{Content: text}); !errors.Is(err, want) {
			t.Errorf("%s: %v", alg, err)
		}
	}
	if _, err := x.Verify(t.Context(), sign(t, x.certificate(t, sandbox.GOST256, nil), text, sandbox.Form{Plain: true}), signature.Check{Content: text}); !errors.Is(err, signature.ErrPlain) {
		t.Errorf("one that is not CAdES: %v", err)
	}
}
