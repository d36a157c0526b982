// Package rights is what a person may demand of whoever keeps their data: a copy of everything, and that it be erased.
//
//	Allow ──password──▶ data_export, for some minutes ──Export──▶ ZIP: data.json, index.html, files
//
//	Ask ──password──▶ waiting ──Remind──▶ waiting ──due──▶ begun ──▶ done
//	                     │ ▲                 │
//	                     ▼ └──── Ask ────────┤
//	                  TakeBack ◀─────────────┘
//
// The package names nobody's tables but its own. Each package that keeps something of persons gives it away and erases it
// (Holder), and system hands them in. A test there walks through the schema and fails when a table with something of a person is
// neither given nor excused (TestEverythingHeldOfAPersonIsInTheirCopy).
//
// Asking changes nothing at first: until the day comes the person goes on as before, is told by every channel, and can take it back
// by one button after signing in. Then the bytes of files are deleted, the rows are taken out, and the key is destroyed
// (keyring.Forget), in this order, so that an erasure that was interrupted is finished by running it again.
//
// What always holds:
//   - Copy and erasure are asked for with the password, also by whoever is signed in already.
//   - Of both the person is told by every channel at once.
//   - A copy is of one moment of the database, made by a fixed number of statements, however much there is.
//   - Nothing is erased with an account that took over another while that can be undone (Takeover); the retired one's contacts are told.
//   - An erasure that is begun cannot be taken back, and one that was taken back is never begun.
//   - Which children go with a person is settled when the erasure begins, and each has an erasure of its own from then on.
//   - What stays names nobody: identifiers, times, numbers, kinds and outcomes.
package rights
