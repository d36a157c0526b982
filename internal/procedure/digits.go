package procedure

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
)

// someones is how many digits may be somebody's number: a passport for travel has nine, and no other has fewer.
const someones = 9

// largest is how many steps the program of a pattern may have that is looked through.
const largest = 1000

// holdsNumber reports whether some text of at most so many characters that the pattern takes holds someones digits, whatever stands
// between them. It walks every road through the pattern: what may stand beside an unanchored match counts, and an assertion about a
// line or a word is taken to hold, so that it errs only by finding a number where there is none. It finds one in what is too large, too.
func holdsNumber(pattern *regexp.Regexp, length int) bool {
	parsed, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil {
		return true
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > largest {
		return true
	}
	w := digitWalk{prog: prog, length: min(length, someones+(someones+1)*len(prog.Inst))} // a longer road goes in circles
	digit := make([]bool, len(prog.Inst))
	for pc := range prog.Inst {
		digit[pc] = takesDigit(&prog.Inst[pc])
	}
	here := w.nowhere()
	for at := 0; at <= w.length && !w.found; at++ {
		w.enter(here, prog.Start, at, at) // a match may begin here, with digits alone before it
		next := w.nowhere()
		for pc, digits := range here {
			if digits == unreached || !reads(&prog.Inst[pc]) || at == w.length {
				continue
			}
			if digit[pc] {
				digits++
			}
			w.enter(next, int(prog.Inst[pc].Out), digits, at+1)
		}
		here = next
	}
	return w.found
}

// digitWalk looks for a text with someones digits.
type digitWalk struct {
	prog   *syntax.Prog
	length int
	found  bool
}

const unreached = -1

// nowhere is, by instruction, the most digits with which it is reached: none is yet.
func (w *digitWalk) nowhere() []int { return slices.Repeat([]int{unreached}, len(w.prog.Inst)) }

// enter notes that the instruction is reached after so many digits among the first characters of the text, and goes on to all that
// follow without a character.
func (w *digitWalk) enter(best []int, pc, digits, at int) {
	digits = min(digits, someones)
	if best[pc] >= digits {
		return
	}
	best[pc] = digits
	i := &w.prog.Inst[pc]
	switch i.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		w.enter(best, int(i.Out), digits, at)
		w.enter(best, int(i.Arg), digits, at)
	case syntax.InstCapture, syntax.InstNop:
		w.enter(best, int(i.Out), digits, at)
	case syntax.InstEmptyWidth:
		op := syntax.EmptyOp(i.Arg)
		switch {
		case op&syntax.EmptyBeginText != 0 && at > 0:
		case op&syntax.EmptyEndText != 0:
			w.found = w.found || digits >= someones
		default:
			w.enter(best, int(i.Out), digits, at)
		}
	case syntax.InstMatch: // all that may follow are digits
		w.found = w.found || digits+w.length-at >= someones
	case syntax.InstFail, syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
	}
}

// reads reports whether the instruction takes a character.
func reads(i *syntax.Inst) bool {
	return i.Op == syntax.InstRune || i.Op == syntax.InstRune1 || i.Op == syntax.InstRuneAny || i.Op == syntax.InstRuneAnyNotNL
}

// takesDigit reports whether the instruction takes a digit of any script.
func takesDigit(i *syntax.Inst) bool {
	if !reads(i) {
		return false
	}
	for _, r := range unicode.Nd.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			if i.MatchRune(c) {
				return true
			}
		}
	}
	for _, r := range unicode.Nd.R32 {
		for c := r.Lo; c <= r.Hi; c += r.Stride {
			if i.MatchRune(rune(c)) { //nolint:gosec // a character
				return true
			}
		}
	}
	return false
}
