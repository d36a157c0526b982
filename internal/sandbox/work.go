package sandbox

// remembered is for how many years back the social fund tells where somebody has worked.
const remembered = 12

// workHistory is where somebody has worked, as the social fund knows it: the years for which they earned something at their first employer,
// those that follow each other as one. Whoever earned to the end of last year works there still. What they did beside it, studied
// or lived on otherwise, it does not know.
func (w *World) workHistory(p *Resident, q agencyQuestion) (string, map[string]any) {
	if strange(p, q) {
		return "none", nil
	}
	now := w.now()
	var periods []any
	var last map[string]any
	for year := now.Year() - remembered; year < now.Year(); year++ {
		if len(p.income(year).Payers) == 0 {
			last = nil
			continue
		}
		if last == nil {
			last = map[string]any{"from": iso(day(year, 1, 1)), "what": "work", "place": p.trades[0].name, "position": positions[made("position", p.SNILS)%uint64(len(positions))]}
			periods = append(periods, last)
		}
		last["to"], last["now"] = iso(day(year, 12, 31)), false
	}
	if len(periods) == 0 {
		return "none", nil
	}
	if last != nil {
		delete(last, "to")
		last["now"] = true
	}
	return "found", map[string]any{"periods": periods}
}
