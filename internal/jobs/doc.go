// Package jobs does work later, surely: a job is written in the transaction of the verb that wants it, and runs once that
// transaction is committed, on this node or another, now or after the next start of the program.
//
//	enqueued ──> waiting ──> running ──> done
//	                ^           │
//	                ├── Retry ──┤   "not now": asked again later, as often as needed, is no failure
//	                ├── error ──┤   asked again with growing pauses, until the tries are used up
//	                            └─> dead: listed by Dead until somebody revives it, or a month has passed
//
// The queue is River (https://riverqueue.com) in the same database; see docs/adr/0002-jobs-on-river.md. What always holds:
//
//   - A job is enqueued if and only if its transaction commits.
//   - A job runs at least once. After a crash it may run twice: a handler begins by looking whether its work is done,
//     and ends with a write that is harmless the second time.
//   - Arguments hold identifiers only, never a code, a text, a contact or a name: rows of finished jobs outlive the person's
//     key. Types and values are checked when a job is registered and when it is enqueued.
//   - What a failed job says of its failure is stored without addresses, long numbers and foreign letters.
//   - Everybody is told of news by jobs: the package that has news defines the type and enqueues it; system names the one handler.
//   - River lives by the real clock. At takes moments of db.Now and converts; when the demo's clock is moved on, Advance
//     moves what is waiting.
//
// The package keeps no schedule by date and hour; Every is for sweeps that look at the state and may run at any moment.
package jobs
