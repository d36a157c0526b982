// Package procedure is the definition of one service: what is asked, who acts when, how it ends.
//
// A definition is one YAML file of the format svc/v1: texts in both languages, the data as a JSON Schema, the
// pages that ask for it, where answers are filled in from, the process as a state chart that says whose turn it
// is, the reasons for which it may be refused with law and remedy, the papers it gives, what the person is told
// when, and tests of all that. Compile turns a file into a Definition or says, for every mistake at once, in
// which line and column it is and what is wrong in plain words; a definition that compiles can be run:
//
//   - every state can be reached, every state that is not an end has an exit for the party it waits for and a
//     deadline (or a reason to have none), and an end can be reached from it;
//   - every refusal has reasons, every reason a law and a remedy, and an officer who refuses gives both;
//   - every question has a label and every text both languages;
//   - every expression fits the types of what it looks at (package rule);
//   - the tests in the file pass.
//
// A case moves by events. Events that an action names are an officer's or the applicant's; the others are the
// system's: what a register answered, or a deadline that passed.
//
//	          +-------- retry --------+
//	          v                       |
//	submitted --> [turn: system, call: registry:fns.income] --found--> done     (final: success -> granted)
//	                                  |
//	                                  +----none----> empty    (final: refuse  -> refused)
//
// Everything here is pure: no clock, no storage, no register. The package application stores cases and pins each
// to the Version of its definition, which is the hash of the file's content, so that old cases run on by the
// rules under which they were filed (Canonical gives the text to keep). A register is told who it is asked about
// from the profile alone: a value that says who somebody is cannot be typed into a call, so that no definition
// can ask about somebody else.
//
// Diff says what a new version changes for people: only words, nothing that was right, a name, or something that was
// right and is not any more. Renamed and StateOf find what an earlier version called otherwise (renamedFrom).
//
// The format is described in format.md.
package procedure
