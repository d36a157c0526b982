package policy

import (
	"fmt"
	"slices"
	"time"
)

// Evidence is a sort of proof of who a person is. Its text is stored.
type Evidence string

// The sorts of evidence. A new way of proof adds its own here, and a line to levels in the policy file.
const (
	EvidenceSNILS    Evidence = "snils"    // the social fund knows the SNILS for this name and day of birth
	EvidenceDocument Evidence = "document" // the interior ministry knows the identity document for this person, and it is valid
	EvidencePresence Evidence = "presence" // an operator saw the person with the originals
	EvidenceBirth    Evidence = "birth"    // the civil-status register knows the birth certificate of this child, and they are a child still
	EvidenceParent   Evidence = "parent"   // a parent whose own account is Confirmed answers for the child, and the civil-status register knows them as such

	EvidenceINN Evidence = "inn" // the tax service knows the INN for this person; it gives no level, and is asked about again like the others

	EvidenceSignature Evidence = "signature" // a qualified electronic signature, whose authority saw the person
)

// Evidences lists every sort.
func Evidences() []Evidence {
	return []Evidence{EvidenceSNILS, EvidenceDocument, EvidencePresence, EvidenceBirth, EvidenceParent, EvidenceSignature, EvidenceINN}
}

// Binds reports whether the evidence ties a living person to the account; the others only say that such a person exists. A parent
// who is Confirmed ties their child: nobody displaces such an account from afar, the child takes it over at a desk.
func (e Evidence) Binds() bool {
	return e == EvidencePresence || e == EvidenceParent || e == EvidenceSignature
}

// Levels says which evidence gives which level (LVL-1). A level is given by any line of which everything stands.
type Levels struct {
	Standard  [][]Evidence  `yaml:"standard"`
	Confirmed [][]Evidence  `yaml:"confirmed"`
	Draft     time.Duration `yaml:"draft"`
	Recheck   time.Duration `yaml:"recheck"`
	Soon      time.Duration `yaml:"soon"`

	RecheckDoubt time.Duration `yaml:"recheck_doubt"`
	DoubtLasts   time.Duration `yaml:"doubt_lasts"`
}

func (l Levels) bounds() []bound {
	b := []bound{
		within("levels.draft", l.Draft, day, 90*day, "papers that nobody sends must not lie about"),
		within("levels.recheck", l.Recheck, 30*day, 365*day, "a lost or replaced document must be noticed, and a register is not asked for sport"),
		within("levels.recheck_doubt", l.RecheckDoubt, day, l.DoubtLasts, "a register restored from an old copy needs days to catch up, and the second answer must come while the first one counts"),
		within("levels.doubt_lasts", l.DoubtLasts, 7*day, 90*day, "two answers that lie far apart do not confirm each other"),
		within("levels.soon", l.Soon, day, 365*day, "a new document takes weeks, and who is told a year before forgets it again"),
	}
	lines := func(field string, lines [][]Evidence, need func([]Evidence) bool, why, remedy string) {
		b = append(b, holds(field, len(lines) > 0, "no evidence gives this level", "write a line such as [snils, document]"))
		for i, line := range lines {
			at := fmt.Sprintf("%s.%d", field, i+1)
			for _, e := range line {
				b = append(b, holds(at, slices.Contains(Evidences(), e), fmt.Sprintf("%q is no evidence we know", e), fmt.Sprintf("write some of %v", Evidences())))
			}
			b = append(b, holds(at, need(line), why, remedy))
		}
	}
	lines("levels.standard", l.Standard, func(x []Evidence) bool {
		child := slices.Contains(x, EvidenceBirth) && slices.Contains(x, EvidenceParent)
		return slices.Contains(x, EvidenceSNILS) && (slices.Contains(x, EvidenceDocument) || child)
	}, "Standard is SNILS and document checked in registers (LVL-1); of a child the birth certificate and the parent", "name snils and document, or snils, birth and parent in every line")
	lines("levels.confirmed", l.Confirmed, func(x []Evidence) bool {
		return slices.Contains(x, EvidenceSNILS) && slices.ContainsFunc(x, func(e Evidence) bool { return e.Binds() && e != EvidenceParent })
	}, "Confirmed needs the SNILS and something that ties the living person to the account (LVL-1)", "add presence or signature to every line")
	return append(b, bound{field: "levels.standard"}, bound{field: "levels.confirmed"})
}
