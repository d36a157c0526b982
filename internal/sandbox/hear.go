package sandbox

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/zaf/g711"

	"okno/internal/connector/voice"
	"okno/internal/i18n"
)

// Heard is what somebody who listens to a call writes down: digits, and the phrases between them. It goes by the sound alone.
// What is not among the recordings is passed over.
//
// Where it is loud, every recording is laid over what follows; the one that correlates best is what was said. Packets that
// were lost, or that came in A-law, take little from the correlation; another word is far away.
func Heard(ulaw []byte) (i18n.Lang, string) {
	sound := make([]float64, len(ulaw))
	for i, b := range ulaw {
		sound[i] = float64(g711.DecodeUlawFrame(b))
	}
	var lang i18n.Lang // of the first word that was understood: nobody changes it in the middle
	var said strings.Builder
	known := sounds(i18n.Langs()...)
	for at := loud(sound, 0); at < len(sound); {
		l, w, n := match(sound[at:], known)
		if n == 0 { // not a recording: on behind the next silence
			at = loud(sound, still(sound, at))
			continue
		}
		if lang == "" {
			lang, known = l, sounds(l)
		}
		switch {
		case len(w) == 1:
			said.WriteString(string(w))
		case w == voice.Greeting:
			said.WriteString(phrases[l][0])
		default:
			said.WriteString(phrases[l][1])
		}
		at = loud(sound, at+n)
	}
	return lang, strings.TrimSpace(said.String())
}

// known is a recording that a sound is compared with.
type known struct {
	lang  i18n.Lang
	word  voice.Word
	sound []float64
}

func sounds(langs ...i18n.Lang) []known {
	var out []known
	for _, l := range langs {
		for _, w := range voice.Words() {
			k := known{lang: l, word: w}
			for _, b := range voice.Recording(l, w) {
				k.sound = append(k.sound, float64(g711.DecodeUlawFrame(b)))
			}
			out = append(out, k)
		}
	}
	return out
}

// phrases are how the greeting and "once more" are written down.
var phrases = map[i18n.Lang][2]string{
	i18n.RU: {"Ваш код, никому его не называйте: ", ". Повторяю: "},
	i18n.EN: {"Your code, tell it to nobody: ", ". Once more: "},
}

const (
	hundredth = voice.Rate / 100
	threshold = 600           // of silence as telephones have it
	slack     = 4 * hundredth // a packet may be lost where a word begins
)

// loud is where it is loud again, not before from.
func loud(sound []float64, from int) int {
	for i := from; i < len(sound); i++ {
		if math.Abs(sound[i]) > threshold/4 {
			return max(from, i-slack)
		}
	}
	return len(sound)
}

// still is where it has been still for a fifth of a second.
func still(sound []float64, from int) int {
	quiet := 0
	for i := from; i < len(sound); i++ {
		if quiet++; math.Abs(sound[i]) > threshold {
			quiet = 0
		}
		if quiet == 20*hundredth {
			return i
		}
	}
	return len(sound)
}

// match is the recording that a sound begins with, and where that one ends; 0 when there is none.
func match(sound []float64, all []known) (i18n.Lang, voice.Word, int) {
	var lang i18n.Lang
	var word voice.Word
	end, best := 0, 0.6
	for _, k := range all {
		for _, lag := range align(sound, k.sound[:10*hundredth]) {
			if lag+len(k.sound)*3/4 > len(sound) {
				continue
			}
			if c := correlation(sound[lag:], k.sound, 1); c > best {
				lang, word, end, best = k.lang, k.word, lag+len(k.sound), c
			}
		}
	}
	return lang, word, min(end, len(sound))
}

// align finds the places, near the beginning of a sound, where it is most like the beginning of another: a vowel is like itself a
// few milliseconds later, so the best place by the beginning alone may be the next best by the whole.
func align(sound, start []float64) []int {
	type place struct {
		lag  int
		like float64
	}
	var found []place
	before, now := 0.0, 0.0
	for lag := 0; lag <= 2*slack && lag < len(sound); lag++ {
		next := correlation(sound[lag:], start, 3)
		if lag > 0 && now >= before && now > next {
			found = append(found, place{lag - 1, now})
		}
		before, now = now, next
	}
	slices.SortFunc(found, func(a, b place) int { return cmp.Compare(b.like, a.like) })
	var lags []int
	for _, p := range found[:min(len(found), 6)] {
		lags = append(lags, p.lag)
	}
	return lags
}

// correlation of two sounds over the length of the shorter, by every so many samples: 1 when they are the same but for loudness.
func correlation(a, b []float64, every int) float64 {
	var ab, aa, bb float64
	for i := 0; i < min(len(a), len(b)); i += every {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
