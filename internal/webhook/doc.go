// Package webhook tells agencies' systems what happens to their cases, by requests to addresses that they named.
//
//	a case moves ──Publish, in its transaction──▶ waits ──Drain──▶ sent
//	                                              ▲   │
//	                                              └───┤ the address is away, or says no: again after growing pauses
//	                                                  └──▶ dead: for days in vain, or the address is gone ──Again──▶ waits
//
// What is sent is a CloudEvent (1.0, structured JSON) that names a case and its state and says nothing of persons: whoever wants to know
// more asks by the case's id, and that is recorded. It is signed as Standard Webhooks has it (webhook-id, webhook-timestamp,
// webhook-signature); after a change of the secret by both for a while.
//
// What always holds:
//   - Who was subscribed when the case moved is sent the news, and after a crash, too: the row is written with the move.
//   - The id of an event stays the same however often it is sent, so that what came twice is known by its id. The order is not promised.
//   - Nothing is sent to an address that has not said by the handshake (OPTIONS, WebHook-Request-Origin) that it wants it.
//   - An address that is away rests, and costs one try per pause however much waits for it. One message that an address does not take
//     holds up no other.
//   - 410 ends a subscription. Retry-After is obeyed. Redirects are not followed, and inner networks are not called (connector/hook).
package webhook
