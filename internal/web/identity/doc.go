// Package identity is the pages on which a person becomes known to the portal: registering, signing in, getting back
// in, and looking after the account's security; and the texts people agree to.
//
//	/register ─▶ /register/code ─▶ /register/password ─▶ /cabinet/welcome ─▶ the papers (web.Sitting), or later: next= or /cabinet
//	                 │    └ /register/taken
//	                 └ /register/link (from a letter)
//	/signin   ─▶ /signin/second where a second factor is asked for ─▶ /signin/password in place of a temporary one ─▶ next= or /cabinet
//	/signin/passkey ─▶ next= or /cabinet
//	/recover  ─▶ /recover/code ─▶ /recover/second where the contact is not enough ─▶ /recover/password ─▶ /cabinet
//
// /signin/again asks somebody who is signed in to prove it once more before an act that matters, and leads back: of whoever came in by a
// signature alone it asks for the password, and where a second factor was waived for that factor.
//
// One page asks one thing. Where a person stands is kept by the capability (registration, signin) for this browser, so
// any page of a road opens at the step it is at, and leaving loses nothing. The first page is the exception: what
// is typed there is kept only from the moment both consents are given with it (REG-8).
//
// What the pages show never depends on whether an account exists, until a code has proved control of the contact.
package identity
