// Package signin decides who gets in: which proofs, under which limits, and how access is recovered.
//
// Signing in by a password (AUTH-1) reads once, hashes, and writes once:
//
//	one statement: account, password, device, buckets ──▶ blocked? ──▶ hash (no transaction is open)
//	      ──▶ right: session, device or cleared bucket, audit      wrong: buckets, audit
//
// Wrong passwords are counted in three buckets: the account from this network, the account from all browsers its owner
// never used, and the account from this browser when its owner did use it. A browser that is the owner's is judged by its own
// bucket alone, so that no stranger can lock the owner out (AUTH-4). Blocks grow and end by themselves.
//
// For a contact that belongs to nobody everything is done alike: the same statement, a hash of the same cost, the same
// buckets under a name that stands for the contact, the same words. Neither text nor time tells whether an account exists.
//
// Recovery (AUTH-5) proves a contact by a code or a link, then sets a new password and closes all sessions. A contact
// that belongs to nobody gets the same pages and no message.
package signin
