// Package credential holds what people show to get in, and the sessions they get for it: passwords, the devices their
// owners use, sessions of persons and of staff.
//
// It decides nothing about who may sign in when: that is signin. It answers three questions, each in one statement:
// what is needed to judge a password (Lookup), whose session a token is (Check), which sessions are open (Sessions).
//
// NewPassword judges a password that somebody wants to set: by the rules of form, by the policy's length, by lists of
// common passwords and by the operator's file of leaked ones. Of a password in force the lists alone are asked again, at each
// sign-in (Listed); an old one is reminded of, no more (REG-7).
//
// A token is random and is stored only as its hash. A session ends when it is idle too long, when it is too old, when it
// is closed, and all the person's sessions but the current one end when the password changes. It names the level of its
// account by asking the account each time, so that a person who was confirmed at a desk is so in the next request.
//
// A second factor is an authenticator app, the wish to be sent codes, or a sheet of backup codes (factor.go); passkeys are
// apart, in package passkey, as they open by themselves. A code of an app works once, and so does each of the sheet. A Pending is a sign-in whose password was
// right: it opens nothing.
//
// A device is a browser in which the owner has signed in. It has tries of its own, so that a stranger who guesses cannot
// lock the owner out (AUTH-4).
package credential
