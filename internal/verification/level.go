package verification

import (
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/policy"
)

// Way is how identity is proved. Its text is stored.
type Way string

// The ways.
const (
	WayRegisters Way = "registers" // the person's own: papers are entered in the cabinet and asked about in the registers
	WayCentre    Way = "centre"    // an operator of a service centre saw the person with the originals
	WaySignature Way = "signature" // the person signed a text of the portal by a qualified electronic signature (LVL-9)
	WayParent    Way = "parent"    // a Confirmed parent answers for the child, and the civil-status register knows both
	WayInsured   Way = "insured"   // the parent gave the child's SNILS, which the social fund matched
)

// gives is the evidence that a proof of each way leaves behind when its registers matched. A new way is a line here.
var gives = map[Way][]policy.Evidence{
	WayRegisters: {policy.EvidenceSNILS, policy.EvidenceDocument},
	WayCentre:    {policy.EvidenceSNILS, policy.EvidenceDocument, policy.EvidencePresence},
	WaySignature: {policy.EvidenceSNILS, policy.EvidenceSignature},
	WayParent:    {policy.EvidenceBirth, policy.EvidenceParent},
	WayInsured:   {policy.EvidenceSNILS},
}

// Why is the reason for which evidence ended. Its text is stored.
type Why string

// The reasons.
const (
	Replaced  Why = "replaced"  // newer evidence of the same sort stands
	Expired   Why = "expired"   // the document ran out: a passport at 20 and at 45, another on its last day
	Voided    Why = "voided"    // the register says that the document is no longer valid
	Differs   Why = "differs"   // what the register says of it has come to differ (LVL-13)
	Displaced Why = "displaced" // somebody proved the same SNILS more strongly (REG-11)
	Joined    Why = "joined"    // the same person's newer account took over (REG-12)
	Undone    Why = "undone"    // the takeover for which it was given was a mistake
	Grown     Why = "grown"     // the child has come to the age at which a certificate of birth says no more who somebody is
)

// Evidence is one thing that stands behind who a person is.
type Evidence struct {
	ID      string
	Kind    policy.Evidence
	Way     Way
	At      time.Time
	Until   time.Time // zero: no end is known
	EndedAt time.Time // zero: it stands
	Why     Why
	AskedAt time.Time // when the person had the register asked, until it answers
	Checked time.Time // when the register said last, asked again, that all is as it was
	Said    Answer    // the register's word by which it ended, or by which it is in doubt while it stands, without what the register holds; zero: none

	reminded bool // that the document ends
}

// Stands reports whether the evidence counts at that moment.
func (e Evidence) Stands(now time.Time) bool {
	return e.EndedAt.IsZero() && (e.Until.IsZero() || now.Before(e.Until))
}

// VoidsNumber reports whether it ended because the fund has said that the number counts no more. Only a desk takes another then.
func (e Evidence) VoidsNumber() bool { return e.Kind == policy.EvidenceSNILS && e.Why == Voided }

// LevelOf is the level that the rules give to what stands (LVL-1). An account exists by a proved contact, so the least is Simplified.
func LevelOf(rules policy.Levels, have []Evidence, now time.Time) access.Level {
	stands := map[policy.Evidence]bool{}
	for _, e := range have {
		if e.Stands(now) {
			stands[e.Kind] = true
		}
	}
	all := func(line []policy.Evidence) bool {
		return !slices.ContainsFunc(line, func(k policy.Evidence) bool { return !stands[k] })
	}
	switch {
	case slices.ContainsFunc(rules.Confirmed, all):
		return access.Confirmed
	case slices.ContainsFunc(rules.Standard, all):
		return access.Standard
	}
	return access.Simplified
}

// Lost is the newest evidence of each sort that ended and was not followed by one that stands: why a level went down, and what
// to bring in order.
func Lost(have []Evidence, now time.Time) []Evidence {
	var out []Evidence
	for _, kind := range policy.Evidences() {
		var last Evidence
		for _, e := range have { // by age
			if e.Kind == kind {
				last = e
			}
		}
		if last.ID == "" || last.Stands(now) {
			continue
		}
		if last.EndedAt.IsZero() { // it ran out and the sweep has not come by
			last.EndedAt, last.Why, last.Said = last.Until, over(kind), Answer{}
		}
		out = append(out, last)
	}
	return out
}

// Fell reports whether the level would be higher if what was lost still stood.
func Fell(rules policy.Levels, have []Evidence, now time.Time) bool {
	all := slices.Clone(have)
	for _, e := range Lost(have, now) {
		all = append(all, Evidence{ID: e.ID, Kind: e.Kind})
	}
	return LevelOf(rules, all, now) != LevelOf(rules, have, now)
}

// over is why evidence of that kind ends on its day.
func over(kind policy.Evidence) Why {
	if kind == policy.EvidenceBirth {
		return Grown
	}
	return Expired
}

// RunsOut is when the document of the profile proves nothing any more, zero when that is not known: see form.Identity.Ends.
func RunsOut(p account.Profile, zone *time.Location) time.Time {
	if p.Document == nil {
		return time.Time{}
	}
	var born form.Date
	if born.UnmarshalText([]byte(p.BirthDate)) != nil {
		born = form.Date{}
	}
	end := p.Document.Ends(born)
	if end.IsZero() {
		return time.Time{}
	}
	return end.In(zone)
}
