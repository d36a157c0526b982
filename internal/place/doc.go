// Package place knows where people go: service centres, bank branches, clinics, receptions of agencies (LVL-12), and who receives
// them there (SRV-7).
//
// A place is data. The list is a YAML file that the operator keeps (--places, OKNO_PLACES; docs/appointments.md); without one it is
// the list embedded here. A running portal looks at the file again and again and takes a changed one in at once; one with a mistake is
// told of in the log, and the list stays as it was: a list that quietly loses a clinic is worse than one of yesterday.
//
//	file ──Parse──▶ every mistake at once, or a list ──▶ Book ──▶ All, Of, Desk, Near
//
// What always holds:
//
//   - Codes are unique, of places and of desks, and a desk's hours lie on its slots: whoever reads the list need not ask.
//   - What a Book answers is of one moment; readers need no lock.
//   - Where a person is, is told to nobody: the page sorts by a position in the browser, and the server by a district at most.
package place
