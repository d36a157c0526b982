package signature

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	sandbox "okno/internal/sandbox/authority"
)

// seeds are real files: signatures, a certificate, an answer.
func seeds(f *testing.F) (signatures [][]byte, answer []byte, asked *ocsp.Request) {
	f.Helper()
	ctx := f.Context()
	a, err := sandbox.Open(ctx, sandbox.Config{Dir: f.TempDir(), URL: "http://127.0.0.1:1"})
	if err != nil {
		f.Fatal(err)
	}
	by, err := a.Of(ctx, sandbox.ECDSA)
	if err != nil {
		f.Fatal(err)
	}
	i, err := a.Issue(ctx, by, sandbox.Person{Surname: "A", GivenName: "B", SNILS: "11223344595"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, form := range []sandbox.Form{{}, {Attached: true}, {PEM: true}, {Attached: true, More: []string{"-stream"}}, {Plain: true}, {More: []string{"-keyid"}}} {
		file, err := i.Sign(ctx, []byte("text"), form)
		if err != nil {
			f.Fatal(err)
		}
		signatures = append(signatures, file)
	}
	if answer, err = a.AnswerOf(ctx, by, ocsp.Response{Status: ocsp.Revoked, SerialNumber: big.NewInt(7), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now()}); err != nil {
		f.Fatal(err)
	}
	question, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: big.NewInt(7)}, by.Certificate, nil)
	if err != nil {
		f.Fatal(err)
	}
	if asked, err = ocsp.ParseRequest(question); err != nil {
		f.Fatal(err)
	}
	if got, err := parseAnswer(answer, asked); err != nil || got.status != statusRevoked {
		f.Fatalf("the seed itself: %v", err)
	}
	return signatures, answer, asked
}

func FuzzParse(f *testing.F) {
	signatures, _, _ := seeds(f)
	for _, s := range signatures {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if m, err := parse(file, 1<<20); err == nil {
			if m.signer.contentType == nil || len(m.signer.digestOf) == 0 || len(m.signer.attributes) == 0 || m.signer.keyID == nil && m.signer.serial == nil {
				t.Errorf("half a signer was read: %+v", m.signer)
			}
			m.certificate() //nolint:errcheck // it must not panic
		}
		der, err := normal(file)
		if err != nil {
			return
		}
		again, err := normal(der)
		if err != nil || !bytes.Equal(again, der) {
			t.Errorf("what is normal is not: %v\n%x\n%x", err, der, again)
		}
		if len(der) > len(file)+4*elements {
			t.Errorf("%d bytes became %d", len(file), len(der))
		}
	})
}

func FuzzAnswer(f *testing.F) {
	_, answer, asked := seeds(f)
	f.Add(answer)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := parseAnswer(raw, asked); err == nil && (len(a.body) == 0 || a.this.IsZero()) {
			t.Errorf("half an answer was read: %+v", a)
		}
	})
}
