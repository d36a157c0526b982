package web

import (
	"slices"

	"okno/internal/verification"
	"okno/internal/web/ui"
)

// Registering in full is one sitting (REG-2): after the account is made, the pages of the papers follow one another.
//
//	/register … password ─▶ welcome ─▶ papers: person ─▶ passport ─▶ numbers ─▶ addresses ─▶ scan ─▶ contact ─▶ review ─▶ registers: Standard
//	                          └ later ─▶ wanted, or the cabinet, which leads on to the first page that is missing
//
// Those of scans and of the other contact may be passed by, and come once: what is corrected from the review comes back to it. Pages of two
// packages stand in it.
const (
	Welcome      = "/cabinet/welcome"          // the account is made: papers now, or later
	WantedPath   = "/cabinet/wanted"           // leads to what KeepWanted remembers
	Papers       = "/cabinet/identity/papers"  // leads to the first page that is not filled in
	ScanStep     = "/cabinet/identity/scan"    // scans of the papers
	ContactStep  = "/cabinet/identity/contact" // the phone or the e-mail that the account does not have
	PapersReview = "/cabinet/identity/review"  // all of it, before it goes to the registers
	IdentityPath = "/cabinet/identity"         // what came of it
)

// PaperStep is the page of a step.
func PaperStep(s verification.Step) string { return Papers + "/" + string(s) }

// Sitting says how far along the page of that address is.
func Sitting(at string) ui.Steps {
	var all []string
	for _, s := range verification.Steps() {
		all = append(all, PaperStep(s))
	}
	all = append(all, ScanStep, ContactStep, PapersReview)
	i := slices.Index(all, at)
	s := ui.Steps{Now: i + 1, Of: len(all), Saved: true, Back: IdentityPath}
	if i > 0 {
		s.Back = all[i-1]
	}
	return s
}
