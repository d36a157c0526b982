package stamp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestOldPapersAreVerifiedAfterTheKeyWasChanged(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, ctx := newService(t, db), t.Context()
		first, err := s.Make(ctx)
		if err != nil {
			t.Fatal(err)
		}
		sign := func() ([]byte, string) {
			t.Helper()
			k, err := s.Signer(ctx)
			if err != nil {
				t.Fatal(err)
			}
			at := db.Now()
			pdf, err := k.Fill(small(k, "first page", "second page"), at)
			if err != nil {
				t.Fatal(err)
			}
			p := somePaper()
			p.IssuedAt = at
			code, err := k.Code(p, 5000)
			if err != nil {
				t.Fatal(err)
			}
			return pdf, code
		}
		published := func() List {
			t.Helper()
			l, err := s.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			l, err = ParseList(text) // as others have it
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		counts := func(what string, pdf []byte, code string, want State) {
			t.Helper()
			l := published()
			if v := Verify(pdf, l); v.State != want {
				t.Errorf("%s: the file is %s, want %s", what, v.State, want)
			}
			if _, _, err := Read(code, l); (err == nil) != (want == Whole) {
				t.Errorf("%s: the code: %v", what, err)
			}
		}
		oldPDF, oldCode := sign()
		counts("at once", oldPDF, oldCode, Whole)

		clock.Advance(24 * time.Hour)
		next, err := s.Stage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Stage(ctx); !errors.Is(err, ErrStaged) {
			t.Errorf("staged twice: %v", err)
		}
		if e, ok := published().key(next.ID); !ok || !e.Since.IsZero() {
			t.Errorf("the next key is published as %+v, %t", e, ok)
		}
		if k, err := s.Signer(ctx); err != nil || k.ID != first.ID {
			t.Errorf("the staged key signs already: %v", err)
		}
		if err := s.Revoke(ctx, first.ID, Leaked); err == nil {
			t.Error("the key in force was revoked, and nothing is there to sign by")
		}
		stale := *s.clone()
		if _, err := s.Rotate(ctx, time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rotate(ctx, time.Hour); !errors.Is(err, ErrNoNext) {
			t.Errorf("rotated twice: %v", err)
		}
		text, err := os.ReadFile(s.Path)
		if err != nil || bytes.Count(text, []byte("PRIVATE KEY-----\n")) != 2 {
			t.Errorf("the file holds other than one private key after the rotation: %v", err)
		}
		newPDF, newCode := sign()
		counts("the new key", newPDF, newCode, Whole)
		counts("the old paper after the rotation", oldPDF, oldCode, Whole)

		if k, err := stale.Signer(ctx); err != nil || k.ID != first.ID {
			t.Errorf("a node that has the old file for a moment cannot sign: %v", err)
		}
		clock.Advance(2 * time.Hour)
		if _, err := stale.Signer(ctx); !errors.Is(err, ErrOut) {
			t.Errorf("a node signs with the old key for ever: %v", err)
		}

		if err := s.Revoke(ctx, first.ID, Reason("bored")); err == nil {
			t.Error("revoked for no reason")
		}
		if err := s.Revoke(ctx, first.ID, Leaked); err != nil {
			t.Fatal(err)
		}
		if err := s.Revoke(ctx, first.ID, Leaked); err == nil {
			t.Error("revoked twice")
		}
		counts("the old paper after the revocation", oldPDF, oldCode, Revoked)
		counts("the new paper after the revocation", newPDF, newCode, Whole)
		if pem := string(published().PEM()); strings.Count(pem, "BEGIN CERTIFICATE") != 1 {
			t.Errorf("the certificate of a revoked key is offered: %s", pem)
		}
	})
}

// clone is another node with the file as it is now.
func (s *Service) clone() *Service {
	path := s.Path + ".node"
	text, err := os.ReadFile(s.Path)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		panic(err)
	}
	return &Service{DB: s.DB, Path: path, Name: s.Name, Address: s.Address, Life: s.Life}
}

func TestAKeyFileIsNeverOverwrittenAndNeverForOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := newService(t, db), t.Context()
		if _, err := s.Signer(ctx); err == nil || !strings.Contains(err.Error(), "okno keys papers make") {
			t.Errorf("without a file: %v", err)
		}
		if _, err := s.Make(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Make(ctx); !errors.Is(err, ErrThere) {
			t.Errorf("made twice: %v", err)
		}
		info, err := os.Stat(s.Path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v, %v", info.Mode(), err)
		}
		if err := os.Chmod(s.Path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := s.clone().Signer(ctx); err != nil {
			t.Fatal(err)
		}
		open := &Service{DB: db, Path: s.Path}
		if _, err := open.Signer(ctx); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("a file that everybody may read: %v", err)
		}
		off := &Service{DB: db}
		if err := off.Ready(ctx); err != nil || off.Signs() {
			t.Errorf("a portal without a key does not start: %v", err)
		}
		if _, err := off.Signer(ctx); err == nil {
			t.Error("a portal without a key signs")
		}
	})
}

func TestAFileThatIsNoKeyFileIsRefusedWithoutRepeatingIt(t *testing.T) {
	k := newTestKey(t)
	good, err := keysText([]*Key{k})
	if err != nil {
		t.Fatal(err)
	}
	certificate := chainText(k.chain)
	other, err := keysText([]*Key{newTestKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	large, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(large)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"empty":             nil,
		"words":             []byte("secret words"),
		"a certificate":     certificate,
		"no certificate":    good[:bytes.Index(good, []byte("-----BEGIN CERT"))],
		"of another key":    append(bytes.Clone(good[:bytes.Index(good, []byte("-----BEGIN CERT"))]), chainText(newTestKey(t).chain)...),
		"three keys":        bytes.Join([][]byte{good, other, good}, nil),
		"words behind":      append(bytes.Clone(good), "secret words"...),
		"another curve":     append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), certificate...),
		"a stranger's cert": append(bytes.Clone(good), chainText(newTestKey(t).chain)...),
	} {
		if keys, err := parseKeys(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
	if keys, err := parseKeys(append(good, other...)); err != nil || len(keys) != 2 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

// An authority that the operator chose gives the key a certificate; papers of before keep theirs and stay good.
func TestAnAuthorityMayVouchForTheKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := newService(t, db), t.Context()
		k, err := s.Make(ctx)
		if err != nil {
			t.Fatal(err)
		}
		at := db.Now()
		old, err := k.Fill(small(k, "a", "b"), at)
		if err != nil {
			t.Fatal(err)
		}
		request, err := s.Request()
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(request)
		asked, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil || asked.CheckSignature() != nil {
			t.Fatal(err)
		}
		root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: at, NotAfter: at.Add(year), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
		issue := func(c *x509.Certificate, public any) *x509.Certificate {
			der, err := x509.CreateCertificate(rand.Reader, c, ca, public, root)
			if err != nil {
				t.Fatal(err)
			}
			out, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		top := issue(ca, &root.PublicKey)
		own := issue(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: asked.Subject, NotBefore: at, NotAfter: at.Add(year), KeyUsage: x509.KeyUsageDigitalSignature}, asked.PublicKey)
		for name, chain := range map[string][]byte{"none": nil, "in the wrong order": chainText([]*x509.Certificate{top, own}), "of another key": chainText(newTestKey(t).chain)} {
			if _, err := s.Certify(ctx, chain); !errors.Is(err, ErrChain) {
				t.Errorf("certificates %s: %v", name, err)
			}
		}
		if _, err := s.Certify(ctx, chainText([]*x509.Certificate{own, top})); err != nil {
			t.Fatal(err)
		}
		now, err := s.Signer(ctx)
		if err != nil || now.ID != k.ID || len(now.chain) != 2 {
			t.Fatalf("%+v, %v", now, err)
		}
		fresh, err := now.Fill(small(now, "a", "b"), at)
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for name, pdf := range map[string][]byte{"of before": old, "of now": fresh} {
			if v := Verify(pdf, l); !v.Genuine() {
				t.Errorf("the paper %s is %s", name, v.State)
			}
		}
	})
}

func TestAListThatDoesNotAgreeWithItselfIsRefused(t *testing.T) {
	k := newTestKey(t)
	text, err := json.Marshal(listOf(k))
	if err != nil {
		t.Fatal(err)
	}
	if l, err := ParseList(text); err != nil || len(l.Keys) != 1 || l.Keys[0].ID != k.ID {
		t.Fatalf("%+v, %v", l, err)
	}
	other, err := json.Marshal(listOf(newTestKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":          "",
		"a page":           "<html>",
		"another name":     strings.Replace(string(text), k.ID, "aaaaaaaaaaaaaaaa", 1),
		"no date":          strings.Replace(string(text), `"as_of"`, `"of"`, 1),
		"no certificate":   strings.Replace(string(text), `"x5c"`, `"x6c"`, 1),
		"two lists in one": string(text) + string(other),
		"too long":         strings.Repeat(" ", MostList) + string(text),
	} {
		if _, err := ParseList([]byte(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func FuzzParseList(f *testing.F) {
	k := newTestKey(f)
	text, err := json.Marshal(listOf(k))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"issuer":"x","as_of":"2026-01-01T00:00:00Z","keys":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseList(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseList(again); err != nil {
			t.Errorf("a list that was read is not read again: %s", again)
		}
	})
}
