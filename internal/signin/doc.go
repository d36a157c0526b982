// Package signin decides who gets in: which proofs, under which limits, and how access is recovered.
//
// Signing in by a password (AUTH-1) reads once, hashes, and writes once:
//
//	one statement: account, password, device, buckets ──▶ blocked? ──▶ hash (no transaction is open)
//	      ──▶ right: session while buckets and password are as they were, device or cleared bucket, audit
//	      ──▶ wrong: buckets, audit
//
// Wrong passwords are counted in buckets: the contact that was typed from this network; the contact, and its account, from all
// browsers the owner never used; whichever contacts from this network, in browsers that are not their owners'; and the account from
// this browser when its owner did use it. A browser that is the owner's is judged by its own bucket alone, so that no stranger can lock
// the owner out (AUTH-4). Blocks grow and end by themselves. Those of a contact are said; that of the account, which binds guesses at
// all its contacts together, makes every password wrong and is never said, because it would tell that two contacts are one person's.
// That of whichever contacts blocks nobody, for a whole operator may stand behind one network: beyond it each try solves a puzzle or
// waits (package gate).
//
// Many tries at once are worth what they are worth one by one: the session is opened only if no try was counted since the
// buckets were read. Otherwise they are judged again, in the same transaction, and the right password may be refused too.
//
// After the right password a second factor may be asked for (AUTH-2, second.go): of whoever has switched one on, and of everybody on a
// level for which the policy says so. Then no session is opened but a sign-in that waits, for minutes, in this browser:
//
//	right password ──▶ waits: passkey, app, code to the phone, code to the e-mail, backup code ──right──▶ session
//	                     └──fourth wrong, or too late──▶ the password again
//
// Nothing of it shows before the right password, and wrong codes are counted only after it: whoever does not know the password can
// spend nothing. A browser that its owner wished to be remembered is not asked; before acts that matter it is (again.go). The browser
// becomes one of the owner's with the session, not with the password.
//
// A passkey opens a session by itself (AUTH-1, passkey.go): the device has verified its owner, and a signature cannot be guessed, so no
// code is asked for and no try is counted. One of which there is a copy opens nothing any more, and its owner hears of it once.
//
// A qualified signature opens the account that holds its SNILS (AUTH-3, signature.go). Below Confirmed that may be a stranger's claim: so
// such a session is not a fresh one there, and what changes how the owner comes in waits for the password (fresh.go).
//
// Staff are judged by network and, over all networks, by wrong codes of the app that came with the right password. In place of the
// code they may show a passkey of theirs (staff_key.go).
//
// For a contact that belongs to nobody everything is done alike: the same statement, a hash of the same cost, the same
// buckets under a name that stands for the contact, the same words. Neither text nor time tells whether an account exists.
//
// A temporary password opens nothing but the page on which it is replaced (AUTH-6, replace.go), and so does one on the lists of common
// and leaked passwords, always after a second factor. An operator of a service centre issues one, with a term and with backup codes, to a
// Confirmed person who has lost phone and e-mail (temporary.go).
//
// A browser that signs in for the first time is told to the owner (AUTH-8, arrival.go), and who says that it was not them pauses what changes
// the ways in (notme.go).
//
// Recovery (AUTH-5) proves a contact by a code or a link, of an account that holds more than a phone may open something else as well, a
// passkey or a signature among others (recover_second.go), then sets a new password and closes all sessions. With the proof the browser
// is given a secret, by which alone the recovery goes on: whoever has copied the browser's name takes nothing over. A contact that
// belongs to nobody gets the same pages and no message.
package signin
