// Package signin decides who gets in: which proofs, under which limits, and how access is recovered.
//
// Signing in by a password (AUTH-1) reads once, hashes, and writes once:
//
//	one statement: account, password, device, buckets ──▶ blocked? ──▶ hash (no transaction is open)
//	      ──▶ right: session while buckets and password are as they were, device or cleared bucket, audit
//	      ──▶ wrong: buckets, audit
//
// Wrong passwords are counted in buckets: the contact that was typed from this network; the contact, and its account, from all
// browsers the owner never used; and the account from this browser when its owner did use it. A browser that is the owner's is
// judged by its own bucket alone, so that no stranger can lock the owner out (AUTH-4). Blocks grow and end by themselves. Those
// of a contact are said; that of the account, which binds guesses at all its contacts together, makes every password wrong and
// is never said, because it would tell that two contacts are one person's.
//
// Many tries at once are worth what they are worth one by one: the session is opened only if no try was counted since the
// buckets were read. Otherwise they are judged again, in the same transaction, and the right password may be refused too.
//
// Staff are judged by network and, over all networks, by wrong codes of the app that came with the right password.
//
// For a contact that belongs to nobody everything is done alike: the same statement, a hash of the same cost, the same
// buckets under a name that stands for the contact, the same words. Neither text nor time tells whether an account exists.
//
// Recovery (AUTH-5) proves a contact by a code or a link, then sets a new password and closes all sessions. A contact
// that belongs to nobody gets the same pages and no message.
package signin
