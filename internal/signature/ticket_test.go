package signature_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"okno/internal/fault"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

// shows has somebody show a certificate for the text, and gives the ticket.
func shows(t *testing.T, x *world, c signature.Challenge, i *sandbox.Identity) string {
	t.Helper()
	var shown *x509.Certificate
	if i != nil {
		shown = i.Certificate
	}
	p, ticket, err := x.Present(t.Context(), c.ID, shown)
	if err != nil || p != c.Purpose || len(ticket) < 32 {
		t.Fatalf("%s, %q, %v", p, ticket, err)
	}
	return ticket
}

func TestACertificateShownByTLSProvesWhoOneIsOnce(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.GOST256} {
			c := begin(t, x, browser, signature.SignIn)
			ticket := shows(t, x, c, x.certificate(t, alg, nil))
			got, err := x.Redeem(t.Context(), c.ID, browser, signature.SignIn, ticket)
			if err != nil || got.SNILS != "11223344595" || got.Surname != "Новикова" || got.Print == "" || got.Issuer == "" {
				t.Fatalf("%+v, %v", got, err)
			}
			if _, err := x.Redeem(t.Context(), c.ID, browser, signature.SignIn, ticket); !errors.Is(err, signature.ErrSpent) {
				t.Errorf("once more: %v", err)
			}
			if _, _, err := x.Present(t.Context(), c.ID, nil); !errors.Is(err, signature.ErrSpent) {
				t.Errorf("a certificate for a text that is used: %v", err)
			}
		}
	})
}

func TestACertificateShownByTLSIsHeldToTheRulesForThoseThatSign(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		revoked := x.certificate(t, sandbox.ECDSA, nil)
		if err := x.CA.Revoke(revoked.Certificate, revoked.By(), 0); err != nil {
			t.Fatal(err)
		}
		strange, err := x.CA.Make(t.Context(), "strange", sandbox.ECDSA, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := x.CA.Issue(t.Context(), strange, anna, nil)
		if err != nil {
			t.Fatal(err)
		}
		with := func(change func(*x509.Certificate)) *sandbox.Identity {
			return x.certificate(t, sandbox.ECDSA, change)
		}
		for _, c := range []struct {
			name string
			i    *sandbox.Identity
			want *fault.Error
		}{
			{"none", nil, signature.ErrNotShown},
			{"expired", with(func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = x.Clock.Now().Add(-400*day), x.Clock.Now().Add(-day)
			}), signature.ErrExpired},
			{"revoked", revoked, signature.ErrRevoked},
			{"of a stranger", foreign, signature.ErrUntrusted},
			{"without SNILS", with(func(c *x509.Certificate) { c.Subject.ExtraNames = without(c.Subject.ExtraNames, "1.2.643.100.3") }), signature.ErrNoSNILS},
			{"not qualified", with(func(c *x509.Certificate) { c.Policies = nil }), signature.ErrNotQualified},
			{"for servers", with(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), signature.ErrUsage},
		} {
			text := begin(t, x, browser, signature.SignIn)
			ticket := shows(t, x, text, c.i)
			_, err := x.Redeem(t.Context(), text.ID, browser, signature.SignIn, ticket)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
				continue
			}
			says(t, err)
			if _, err := x.Redeem(t.Context(), text.ID, browser, signature.SignIn, ticket); !errors.Is(err, signature.ErrTicket) {
				t.Errorf("%s, told twice: %v", c.name, err)
			}
			good := shows(t, x, text, with(nil))
			if _, err := x.Redeem(t.Context(), text.ID, browser, signature.SignIn, good); err != nil {
				t.Errorf("%s, and then a good one: %v", c.name, err)
			}
		}
		clients := with(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		text := begin(t, x, browser, signature.SignIn)
		if _, err := x.Redeem(t.Context(), text.ID, browser, signature.SignIn, shows(t, x, text, clients)); err != nil {
			t.Errorf("for clients: %v", err)
		}
	})
}

// Whoever leads somebody else to the host where certificates are shown gains nothing.
func TestATicketIsOnlyForTheBrowserAndTheTextThatAskedAndForTwoMinutes(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		i := x.certificate(t, sandbox.ECDSA, nil)
		theirs := signature.Holder{Browser: "another-browser", Network: "192.0.2.0/24"}
		c, other := begin(t, x, browser, signature.SignIn), begin(t, x, theirs, signature.SignIn)
		ticket := shows(t, x, c, i)
		for name, err := range map[string]error{
			"another browser": why(x.Redeem(t.Context(), c.ID, theirs, signature.SignIn, ticket)),
			"another purpose": why(x.Redeem(t.Context(), c.ID, browser, signature.Confirm, ticket)),
		} {
			if !errors.Is(err, signature.ErrChallenge) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, err := range map[string]error{
			"another text": why(x.Redeem(t.Context(), other.ID, theirs, signature.SignIn, ticket)),
			"a guess":      why(x.Redeem(t.Context(), c.ID, browser, signature.SignIn, "guess")),
			"nothing":      why(x.Redeem(t.Context(), c.ID, browser, signature.SignIn, "")),
		} {
			if !errors.Is(err, signature.ErrTicket) {
				t.Errorf("%s: %v", name, err)
			}
		}
		x.Clock.Advance(2 * time.Minute)
		if _, err := x.Redeem(t.Context(), c.ID, browser, signature.SignIn, ticket); !errors.Is(err, signature.ErrTicket) {
			t.Errorf("after two minutes: %v", err)
		}
		for range x.Policy.Signatures.Tries - 1 {
			shows(t, x, c, nil)
		}
		if _, _, err := x.Present(t.Context(), c.ID, i.Certificate); !errors.Is(err, signature.ErrTries) {
			t.Errorf("after the last try: %v", err)
		}
		if err := x.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnAuthorityThatDoesNotAnswerCostsWhoeverShowsACertificateNoTry(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		i := x.certificate(t, sandbox.ECDSA, nil)
		c := begin(t, x, browser, signature.SignIn)
		x.Web.down.Store(true)
		for range x.Policy.Signatures.Tries + 1 {
			if _, err := x.Redeem(t.Context(), c.ID, browser, signature.SignIn, shows(t, x, c, i)); !errors.Is(err, signature.ErrCannotCheck) {
				t.Fatal(err)
			}
		}
		x.Web.down.Store(false)
		if _, err := x.Redeem(t.Context(), c.ID, browser, signature.SignIn, shows(t, x, c, i)); err != nil {
			t.Error(err)
		}
	})
}

func why(_ signature.Signer, err error) error { return err }
