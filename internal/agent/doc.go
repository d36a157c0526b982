// Package agent is an agency's own information system: it does what an officer does, over a machine interface, and is known by a token.
//
//	Register ──▶ agent of one agency, with scopes ──▶ token ──Rotate──▶ another beside it ──overlap──▶ the first has ended
//	                                                    │                                                  ▲
//	                                                    └────────── Revoke, Close, or its days are over ───┘
//
// An agent is an access.Actor of a kind of its own, bound to its agency. Which cases it sees and what it may do with them is decided
// where it is decided for officers (package application); a token only ever says less. Whatever it sees of a person is recorded under
// its agency, and the person reads it.
//
// What always holds:
//   - A token is shown once. Its hash is stored; until the page has shown it, it lies sealed, for minutes.
//   - Every request asks the database, so a token that was revoked opens nothing on any node from that moment on.
//   - A token ends by itself. Its agent and the desk are told beforehand.
//   - A request that names an Idempotency-Key is done once: what it was answered is written in the transaction of the act, and given
//     again to whoever repeats the request. Another request under the same key is refused.
package agent
