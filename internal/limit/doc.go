// Package limit is the one rate limiter and lock-out of the portal.
//
// A Rule says how often something may be tried in a window of time and, when that is used up, how long it is blocked. A bucket
// counts the tries of one key by one rule: an account from one device, a contact, a network prefix. The whole state of a
// bucket is one short text, so that a page which needs several buckets reads them inside its own statement (StateSQL, Parse) and
// decides on values.
//
//	open ──try──> open ──the last try that is allowed──> full ──> open again, as tries leave the window   (Block = 0)
//	                                                   blocked ─> open and empty, with one strike more    (Block > 0)
//
// What always holds:
//
//   - A rule without a block allows at most Max tries in any window, wherever the window begins.
//   - A rule with a block blocks at the Max-th try in a window and is empty afterwards. Blocks grow by Factor with each strike, never above
//     Ceiling; strikes are forgotten one by one in quiet times. No block is for ever, and a refused try makes none longer: who
//     hammers at a closed door does not lock out its owner.
//   - Tries of one key never touch another.
//   - Taking is a read and a write in a serialisable transaction: two at once are never both the last one.
//   - Keys are identifiers or keyed hashes made by the caller, never a contact or an address.
//
// A limit by network prefix must not block by itself: a mobile operator stands behind one address. The caller shows a challenge.
// The lock-out of REG-5 that only support lifts is not here: it is a fact about an attempt and belongs to contact.
package limit
