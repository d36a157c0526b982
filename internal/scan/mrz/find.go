package mrz

import "strings"

// Find looks for a zone in the lines that a reader saw in a picture, among whatever else it saw. exact says that no line had to be
// stretched or shortened: then no sign was seen twice, which matters for names, for which no check digit stands. ok is false when
// nothing looks like a zone; one that is found need not be Sound.
func Find(text string) (z Zone, exact, ok bool) {
	var lines []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = plain(l); len(l) >= 24 {
			lines = append(lines, l)
		}
	}
	best := 0
	for i := range lines {
		for _, f := range []Format{Internal, TD3, TD2, TD1} {
			n, length := 2, map[Format]int{Internal: 44, TD3: 44, TD2: 36, TD1: 30}[f]
			if f == TD1 {
				n = 3
			}
			if i+n > len(lines) {
				continue
			}
			raw, near, same := lines[i:i+n], true, true
			for _, l := range raw {
				near = near && len(l) >= length-5 && len(l) <= length+5
				same = same && len(l) == length
			}
			if !near || f == Internal != strings.HasPrefix(Mend(raw[:1], Internal)[0], "PNRUS") && f != TD1 && f != TD2 {
				continue
			}
			got, err := Parse(Mend(raw, f))
			if err != nil || got.Format != f {
				continue
			}
			score := 1
			for _, c := range got.Checks {
				if c.OK {
					score += 2
				}
			}
			if got.Sound() {
				score += 20
			}
			if same {
				score += 10
			}
			if score > best {
				best, z, exact, ok = score, got, same, true
			}
		}
	}
	return z, exact, ok
}
