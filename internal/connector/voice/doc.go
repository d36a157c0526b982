// Package voice calls a telephone by SIP and says a code, digit by digit, twice, in Russian or English.
//
// A call goes over a trunk: a carrier's SIP address that takes our calls, told by its password or by our address.
//
//	free line? ── INVITE ──▶ rings ── answered ──▶ greeting, digits ─ again, digits ──▶ BYE
//	    │            │          │                          └─ hung up before the digits were said: HUNG_UP
//	 ErrNoLine  unavailable   BUSY, DECLINED, NO_ANSWER (then CANCEL), NO_NUMBER
//
// What always holds:
//   - Errors tell apart what the phone did (a call.Refusal with one of the codes above) from what the trunk did
//     (call.ErrUnavailable: not reached, no line of its own, our password refused). Neither the number nor the code is in
//     them, and the SIP library, which would log both, has no log.
//   - A call that has no free line of ours is not queued: whoever keeps the work tries again, and no worker waits.
//   - A call ends: ringing, speaking and hanging up are bounded each.
//
// Each call has a socket and a user agent of its own, so nothing of one call outlives it or meets another; a portal makes
// a few calls a minute, not thousands. The audio is G.711, mu-law or A-law, whichever the other side takes first. It is
// not encrypted, no more than the telephone network is: put a tunnel between the portal and a carrier that is far away.
//
// The recordings lie in spoken/, made by scripts/spoken with espeak-ng from the words in recordings_test.go, and are
// committed: 125 KB of data of our own, so that neither a build nor a server needs a synthesiser.
//
// SIP is github.com/emiago/sipgo, RTP and the dialog github.com/emiago/diago.
package voice
