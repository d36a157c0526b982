// Package passkeytest is a device that keeps passkeys, for tests.
package passkeytest

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	vw "github.com/descope/virtualwebauthn"

	"okno/internal/passkey"
)

// Device is what a person holds in the hand: one key, which it makes anew for whoever asks.
type Device struct {
	Auth vw.Authenticator
	Key  vw.Credential
}

// New is a device with a key.
func New() *Device {
	for {
		d := &Device{vw.NewAuthenticator(), vw.NewCredential(vw.KeyTypeEC2)}
		if len(d.Key.Key.AttestationData()) == 77 { // the library shortens a coordinate that begins with zeros, and no device does
			return d
		}
	}
}

// Site is a page at an address.
func Site(origin string) vw.RelyingParty {
	return vw.RelyingParty{ID: "localhost", Name: "Окно", Origin: origin}
}

// Make answers the challenge of Add on the page at an address.
func (d *Device) Make(t testing.TB, origin string, c passkey.Challenge) []byte {
	t.Helper()
	o, err := vw.ParseAttestationOptions(string(c.Options))
	if err != nil {
		t.Fatal(err)
	}
	var asked struct {
		User struct{ ID string }
	}
	if err := json.Unmarshal(c.Options, &asked); err != nil {
		t.Fatal(err)
	}
	if d.Auth.Options.UserHandle, err = base64.RawURLEncoding.DecodeString(asked.User.ID); err != nil {
		t.Fatal(err)
	}
	return []byte(vw.CreateAttestationResponse(Site(origin), d.Auth, d.Key, *o))
}

// Sign answers the challenge of SignIn on the page at an address.
func (d *Device) Sign(t testing.TB, origin string, c passkey.Challenge) []byte {
	t.Helper()
	o, err := vw.ParseAssertionOptions(string(c.Options))
	if err != nil {
		t.Fatal(err)
	}
	d.Key.Counter++
	return []byte(vw.CreateAssertionResponse(Site(origin), d.Auth, d.Key, *o))
}

// Excluded reports whether a challenge of Add says that the device's key is there already.
func (d *Device) Excluded(t testing.TB, c passkey.Challenge) bool {
	t.Helper()
	o, err := vw.ParseAttestationOptions(string(c.Options))
	if err != nil {
		t.Fatal(err)
	}
	return d.Key.IsExcludedForAttestation(*o)
}
