// Package application is casework: a person fills in a form, files it, and follows what becomes of it.
//
//	Begin ──▶ draft ──SavePage…──▶ Submit ──▶ case: states of the service's definition ──▶ granted │ refused │ withdrawn
//	            ▲                                                                                     │
//	            └──────────────────────────── Reapply: the answers are copied ────────────────────────┘
//
// What a service asks and how its cases run is data (procedure); this package keeps the data and makes the moves. A move
// is made by the applicant, by an officer of the agency, or by the system: a state whose turn is the system's asks a
// register in a job, and the register's answer is the event. While the register is away the case waits, says so, and is
// tried again with growing pauses; nothing is lost by a restart, because the job is in the database.
//
// A service changes while its cases run. Each stays on the version it began with until an operator has Carry take the open ones
// along; what cannot go without a loss stays, and is named with the reason.
//
// A service may consist of others (SRV-8): its case begins a case of each in turn, lasts as long as they do, and takes back what was
// granted when the rest fails (part.go).
//
// What always holds:
//   - A form sent twice is one case: the case has the draft's id, and the draft is consumed by its deletion.
//   - A case runs on the definition it began with, found by its hash.
//   - Every move is one transaction: state, history, papers, record, notice, and the next job.
//   - Papers are rendered before that transaction, never in it.
//   - Who sees a case is decided by one function, sees: its applicant, the officers of its agency, and the agency's own system. A queue
//     on a desk shows nothing of persons; an officer who opens a case is recorded.
//   - A case that an officer took and left goes back into the queue, and a draft nobody went on with is erased.
package application
