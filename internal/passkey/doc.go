// Package passkey keeps the passkeys of persons, and apart from them those of staff (NewStaff): keys that their phone, computer or stick holds, and that sign a challenge after
// the owner's finger, face or PIN (WebAuthn Level 3, AUTH-1, AUTH-2).
//
// A ceremony is two requests. Add or SignIn hands out a challenge, bound to the browser; the browser answers, and the
// answer is judged in two parts, so that no transaction is open while a signature is verified:
//
//	challenge ──▶ browser signs ──▶ Judge: reads, verifies ──▶ Spend, in the caller's transaction: the challenge is
//	                                                            used up, the key's counter moves
//
// The browser carries the challenge along, sealed, so that whoever only looks at the page leaves nothing behind; one that was answered is
// kept until it has run out (Sweep). Of answers that use one challenge at once, one wins. A key whose counter went back is marked and
// opens nothing until its owner has removed it: there are two of it.
//
// The owner must be verified by the device (user verification), so a passkey
// alone is two factors: the thing and what unlocks it; and it is bound to the portal's address, so that it cannot be shown to a
// page that only looks like ours.
//
// It is a second step as well (Ask): after a password, and before an act that matters, one of the account's own keys is asked for, and
// what it signs proves that alone. After a password the device need not verify its owner, if the policy says so.
//
// Attestation is not asked for: any device that the person trusts will do, and what it is made of is nobody's business.
//
// It decides nothing about who may sign in: that is signin.
package passkey
