// Package contact holds phones and e-mails, and proves who holds them.
//
// A contact belongs to one account; it is stored sealed and found by a keyed hash. Before it counts, its holder
// proves control of it by a challenge: a six-digit code by SMS or by a call that speaks it, or a letter with both a code and a link.
//
// The code is derived from the challenge and the number of the sending by a keyed hash: nothing is stored that
// would let in whoever reads the database, and a sending repeated after a crash carries the same code.
//
//	Start ──▶ sent ──right code──▶ proved (once)
//	           │ ▲ └─fourth wrong──▶ blocked ──support lifts (REG-5)──▶ sent
//	           └─┘ new code: same tries
//
// A proved attempt stays proved: beginning again with the same contact is another attempt, with codes and links of its own.
//
// What always holds:
//   - A challenge is an attempt: this browser with this contact. Its wrong tries, and its block, are nobody else's.
//   - Whatever number of browsers guesses, a contact takes no more guesses a day than the policy says, counted apart for
//     registration, for recovery, for second factors, and for browsers that the owner has used: a stranger spends none of the owner's.
//   - A code proves what it was asked for: one that is a second factor (Purpose SignIn) is bound by its Subject to the sign-in, the
//     session or the recovery that waits for it, and opens no other.
//   - What a page shows does not depend on whether the contact belongs to an account. The letter or SMS says it,
//     to whoever holds the contact (REG-6).
//   - Whoever has proved control of a contact that another account holds may ask to untie it: its owner is told and may
//     cancel, and after the wait the contact is free. The asker gets the contact and never the account (untie.go).
package contact
