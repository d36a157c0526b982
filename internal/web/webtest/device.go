package webtest

import (
	"github.com/chromedp/cdproto/webauthn"
)

// Device puts a device into the browser that keeps passkeys and whose owner is verified without a question, as a finger would be.
// What it returns takes it out again.
func (b *Browser) Device() (remove func()) {
	b.t.Helper()
	call(b, "switch passkeys on", webauthn.Enable, webauthn.EnableParams{})
	made := call(b, "put a device in", webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return func() {
		b.t.Helper()
		call(b, "take the device out", webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams(made))
	}
}
