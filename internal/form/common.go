package form

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Words is a list of words: in lower case, one a line, sorted by their bytes. It is searched where it lies, so a list
// of tens of thousands costs its own length and nothing more.
type Words string

// has reports whether the word stands in the list.
func (w Words) has(word []byte) bool {
	for w != "" {
		middle := len(w) / 2
		start := strings.LastIndexByte(string(w[:middle]), '\n') + 1
		line, after := string(w[start:]), len(w)
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, after = line[:i], start+i+1
		}
		switch {
		case line == string(word):
			return true
		case line < string(word):
			w = w[after:]
		default:
			w = w[:start]
		}
	}
	return false
}

// PasswordCommon tells that a password is among the first that somebody would try who guesses, nil when it is not.
// The rules ask for four classes of characters, and people answer with a word they know, a capital letter in front
// and a year and a «!» behind; whoever guesses knows that too. So it is the core of the password that is looked up,
// in lower case: without what was put before and after it, with letters in place of the signs that look like them,
// and once if it is repeated. Keys and letters in a row are known without a list, Russian words from a list of ours,
// in transliteration and as they come out when one forgets to switch the layout. The lists hold the rest.
func PasswordCommon(s string, lists ...Words) *Problem {
	lists = append([]Words{russianWords()}, lists...)
	s = strings.ToLower(s)
	if unit := unitOf(s); unit < len(s) && (unit < PasswordMin || common(s[:unit], lists)) || common(s, lists) {
		return problem("form.password.common")
	}
	return nil
}

const (
	edge   = 7 // how far before the first letter and behind the last one a core is looked for
	slight = 6 // what stands beside a word may add so much and the whole is still easy to guess …
	little = 4 // … and so much beside a word of two or three letters
)

// common reports whether a password in lower case is a known core with little about it.
func common(s string, lists []Words) bool {
	first := strings.IndexFunc(s, latin)
	last := strings.LastIndexFunc(s, latin)
	if first < 0 {
		return dull(s)
	}
	for _, seen := range disguises(s) {
		for start := first; start >= max(0, first-edge); start-- {
			for end := last + 1; end <= min(len(s), last+1+edge); end++ {
				core, beside := seen[start:end], worth(s[:start])+worth(s[end:])
				if beside > slight || len(core) < 4 && beside > little {
					continue
				}
				if known(core, lists) {
					return true
				}
			}
		}
	}
	return false
}

// known reports whether a core is a row of keys, a word of a list, or one of them repeated.
func known(core []byte, lists []Words) bool {
	core = core[:unitOf(string(core))]
	return dull(string(core)) || slices.ContainsFunc(lists, func(w Words) bool { return w.has(core) })
}

func latin(r rune) bool { return r >= 'a' && r <= 'z' }

// What stands for what: the same key without shift, so that words typed in the other layout are found; and letters for
// the signs that look like them. Two signs stand for two letters, so there are two readings.
var (
	unshifted = strings.NewReplacer("{", "[", "}", "]", ":", ";", "<", ",", ">", ".", "~", "`")
	looksLike = [...]*strings.Replacer{
		strings.NewReplacer("@", "a", "4", "a", "8", "b", "(", "c", "3", "e", "6", "g", "9", "g", "1", "l", "!", "i", "|", "l", "0", "o", "$", "s", "5", "s", "7", "t", "+", "t", "2", "z"),
		strings.NewReplacer("@", "a", "4", "a", "8", "b", "(", "c", "3", "e", "6", "b", "9", "g", "1", "i", "!", "l", "|", "i", "0", "o", "$", "s", "5", "s", "7", "t", "+", "t", "2", "z"),
	}
)

// disguises are the readings of a password, all as long as it is.
func disguises(s string) [][]byte {
	out := [][]byte{[]byte(s)}
	for _, r := range []*strings.Replacer{unshifted, looksLike[0], looksLike[1]} {
		b := []byte(r.Replace(s))
		if !slices.ContainsFunc(out, func(o []byte) bool { return bytes.Equal(o, b) }) {
			out = append(out, b)
		}
	}
	return out
}

// rows are the keys and letters that hands and heads go along.
var rows = func() []string {
	out := []string{
		"qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "`1234567890-=", "!@#$%^&*()_+", "abcdefghijklmnopqrstuvwxyz",
		"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.", "qazwsxedcrfvtgbyhnujmikolp", "qweasdzxc", "1a2b3c4d5e6f7g8h9i", "a1b2c3d4e5f6g7h8i9",
	}
	for _, row := range out {
		back := []byte(row)
		slices.Reverse(back)
		out = append(out, string(back))
	}
	return out
}()

// dull reports whether s goes along a row of keys or letters, there or back, or is one character over and over.
func dull(s string) bool {
	if unitOf(s) == 1 {
		return true
	}
	return slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, s) })
}

// worth is how much what stands beside a word adds: a run of keys, or one key over and over, is as good as one character.
func worth(s string) int {
	if len(s) > 4*slight {
		return len(s)
	}
	n := 0
	for ; s != ""; n++ {
		run := len(s)
		for run > 1 && (!dull(s[:run]) || run == 2 && s[0] != s[1]) {
			run--
		}
		s = s[run:]
	}
	return n
}

// longestUnit is how long a piece is looked for that is repeated: a longer one is no word.
const longestUnit = 32

// unitOf is the length of the shortest beginning of s of which s is a repetition, the last one perhaps cut short; all of
// s when it is none. It takes two whole ones to be a repetition.
func unitOf(s string) int {
	for n := 1; n <= min(len(s)/2, longestUnit); n++ {
		if s[n:] == s[:len(s)-n] {
			return n
		}
	}
	return len(s)
}

//go:embed words.txt
var wordsText string

// russianWords are the words of words.txt as they are found in passwords, which have no Russian letters: in
// transliteration as in passports and as people write it, and in the other layout. They are made when they are first
// asked for.
var russianWords = sync.OnceValue(func() Words {
	var all []string
	for line := range strings.Lines(wordsText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			all = append(all, LatinLayout(word), Transliterate(word))
			for _, habit := range letters.Habits {
				all = append(all, Transliterate(replaceLetters(word, habit)))
			}
		}
	}
	slices.Sort(all)
	return Words(strings.Join(slices.Compact(all), "\n"))
})
