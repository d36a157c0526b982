// Package staff holds the employees on the other side of the counter: who they are, in which agency or centre,
// in which role. They are made by the operator (okno staff add), sign in with a password and a code of an authenticator
// app or a passkey that they have added (package passkey), and what they look at is recorded by whoever shows it.
//
// An employee is active or dismissed; a dismissed one's sessions end at once, because every request asks anew.
package staff
