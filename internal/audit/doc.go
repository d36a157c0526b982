// Package audit keeps who did what to whom, so that nobody can change it unseen and everybody can read what was done to
// their own data.
//
// A verb records its event in its own transaction, as one plain INSERT: what did not happen is not recorded, what happened
// is. The rows are not chained there, because then every writer would wait for the one before. A single sealer follows
// and closes, once a second, all events that have no seal yet:
//
//	event event event      event event            event
//	└──────┬────────┘      └────┬────┘             (tail: not sealed yet)
//	     seal 1 ────hash────> seal 2 ────hash────> …
//
// A seal is the hash of its events and of the seal before it, signed with a key that is not in the database. Verify computes
// everything anew and says where the chain breaks first. Who cuts the end off whole leaves a valid, shorter chain: give Verify
// a head that was written down elsewhere (the log has one an hour) and it notices that too.
//
// What always holds:
//   - An event names accounts, employees and things by identifier. It never holds a name, a contact, a number of a paper or a
//     text: it outlives the person's key. Record refuses values that could be such (id.Plain) and keys that are not in Keys.
//   - Triggers refuse to change or remove an event or a seal on both engines. That is a fence against mistakes; the proof
//     is the chain.
//   - The sealer may run on every node: a seal has one number, and who comes second gives way.
//
// Recording a look is recording, too: showing a person's data to an employee is an event with the person as Subject.
package audit
