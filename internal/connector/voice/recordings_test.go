package voice

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/zaf/g711"

	"okno/internal/i18n"
)

// script is what is said. Letters with an acute accent tell the synthesiser where the stress is.
var script = map[i18n.Lang]struct {
	voice string
	words map[Word]string
}{
	i18n.RU: {"ru", map[Word]string{
		"0": "ноль", "1": "один", "2": "два", "3": "три", "4": "четыре", "5": "пять", "6": "шесть", "7": "семь", "8": "восемь", "9": "девять",
		Greeting: "Ваш код, никому его не называйте.", Again: "Повторяю.",
	}},
	i18n.EN: {"en-gb", map[Word]string{
		"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine",
		Greeting: "Your code, tell it to nobody.", Again: "Once more.",
	}},
}

// TestTheRecordingsAreWhatTheirScriptMakes makes every recording anew. With OKNO_RECORD=1, which scripts/spoken sets, it writes
// them. Another version of espeak-ng speaks a little otherwise: then the new recording of each word must still be
// more like the one that is committed than like that of any other word.
func TestTheRecordingsAreWhatTheirScriptMakes(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		if os.Getenv("CI") != "" || os.Getenv("OKNO_RECORD") != "" {
			t.Fatal("no espeak-ng; scripts/need installs it")
		}
		t.Skip("SKIPPED: no espeak-ng; scripts/need installs it")
	}
	total := 0
	for l, s := range script {
		for _, w := range Words() {
			made := speak(t, s.voice, pace(w), s.words[w])
			total += len(made)
			if os.Getenv("OKNO_RECORD") != "" {
				if err := os.WriteFile(filepath.FromSlash(file(l, w)), made, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if bytes.Equal(made, Recording(l, w)) {
				continue
			}
			t.Logf("%s %q: this espeak-ng speaks otherwise", l, w)
			nearest, least := Word(""), math.Inf(1)
			for _, other := range Words() {
				if d := distance(bands(made), bands(Recording(l, other))); d < least {
					nearest, least = other, d
				}
			}
			if nearest != w {
				t.Errorf("%s: what the script says for %q sounds more like the recording of %q", l, w, nearest)
			}
		}
	}
	if total > 200_000 {
		t.Errorf("the recordings are %d bytes", total)
	}
}

// TestNoTwoWordsSoundTheSame keeps the measure of the test above honest: it tells the words apart, those of a hastier speaker too.
func TestNoTwoWordsSoundTheSame(t *testing.T) {
	for _, l := range i18n.Langs() {
		for _, w := range Words() {
			own := bands(Recording(l, w))
			hasty := append(own[:len(own)/3:len(own)/3], own[len(own)/3+2:]...)
			nearest, least := Word(""), math.Inf(1)
			for _, other := range Words() {
				d := distance(hasty, bands(Recording(l, other)))
				if d < least {
					nearest, least = other, d
				}
			}
			if nearest != w {
				t.Errorf("%s: %q is taken for %q", l, w, nearest)
			}
		}
	}
}

func TestEveryWordIsRecordedAndNothingElse(t *testing.T) {
	for _, l := range i18n.Langs() {
		found, err := spoken.ReadDir("spoken/" + string(l))
		if err != nil || len(found) != len(Words()) || len(script[l].words) != len(Words()) {
			t.Errorf("%s: %d recordings, %v", l, len(found), err)
		}
		for _, w := range Words() {
			if n := len(Recording(l, w)); n < Rate/5 || n > 5*Rate {
				t.Errorf("%s %q: %d samples", l, w, n)
			}
		}
	}
}

// pace is in words a minute: digits are to be written down, phrases only understood.
func pace(w Word) string {
	if len(w) == 1 {
		return "115"
	}
	return "140"
}

// speak lets espeak-ng say a text and makes a recording of it: 8 kHz, as loud as a telephone bears, silence cut off, mu-law.
func speak(t *testing.T, voice, pace, text string) []byte {
	t.Helper()
	wav, err := exec.Command("espeak-ng", "-v", voice, "-s", pace, "--stdout", text).Output()
	if err != nil {
		t.Fatal(err)
	}
	samples, rate, err := readWAV(wav)
	if err != nil {
		t.Fatal(err)
	}
	samples = slower(samples, rate)
	peak := 0.0
	for _, s := range samples {
		peak = max(peak, math.Abs(s))
	}
	first, last := -1, 0
	for i, s := range samples {
		if math.Abs(s) > peak/100 {
			last = i
			if first < 0 {
				first = i
			}
		}
	}
	made := make([]byte, 0, last-first+1)
	for _, s := range samples[first : last+1] {
		made = append(made, g711.EncodeUlawFrame(int16(s/peak*0.7*math.MaxInt16)))
	}
	return made
}

// readWAV reads 16 bits of one channel, whatever the sizes in the header say: into a pipe espeak-ng cannot know them.
func readWAV(b []byte) ([]float64, int, error) {
	if len(b) < 44 || string(b[:4]) != "RIFF" || string(b[36:40]) != "data" || binary.LittleEndian.Uint16(b[22:]) != 1 || binary.LittleEndian.Uint16(b[34:]) != 16 {
		return nil, 0, errors.New("not the WAV that espeak-ng writes")
	}
	var out []float64
	for b, rate := b[44:], int(binary.LittleEndian.Uint32(b[24:])); ; b = b[2:] {
		if len(b) < 2 {
			return out, rate, nil
		}
		out = append(out, float64(int16(binary.LittleEndian.Uint16(b)))) //nolint:gosec // that is what the bits mean
	}
}

// slower brings samples down to Rate through a windowed sinc that lets pass what a telephone does, up to 3.4 kHz.
func slower(in []float64, rate int) []float64 {
	const cut, half = 3400.0, 64
	step := float64(rate) / Rate
	out := make([]float64, int(float64(len(in))/step))
	for i := range out {
		at := float64(i) * step
		for k := int(at) - half; k <= int(at)+half; k++ {
			if k < 0 || k >= len(in) {
				continue
			}
			x := float64(k) - at
			w := 2 * cut / float64(rate)
			if x != 0 {
				w = math.Sin(2*math.Pi*cut*x/float64(rate)) / (math.Pi * x)
			}
			out[i] += in[k] * w * (0.5 + 0.5*math.Cos(math.Pi*x/(half+1)))
		}
	}
	return out
}

// bands is how loud a recording is in a dozen bands, every hundredth of a second: the shape of speech, without its fine grain.
func bands(sound []byte) [][12]float64 {
	const frame, hop = 256, 80
	var out [][12]float64
	for at := 0; at+frame <= len(sound); at += hop {
		var f [12]float64
		for b := range f {
			freq := 150 * math.Pow(3300.0/150, float64(b)/11)
			re, im := 0.0, 0.0
			for i := range frame {
				s := float64(g711.DecodeUlawFrame(sound[at+i])) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/frame))
				re += s * math.Cos(2*math.Pi*freq*float64(i)/Rate)
				im += s * math.Sin(2*math.Pi*freq*float64(i)/Rate)
			}
			f[b] = math.Log(1 + math.Hypot(re, im)/1e4)
		}
		out = append(out, f)
	}
	return out
}

// distance of two sounds, however fast each is spoken: dynamic time warping over their bands.
func distance(a, b [][12]float64) float64 {
	row := make([]float64, len(b)+1)
	for j := range row {
		row[j] = math.Inf(1)
	}
	row[0] = 0
	for _, x := range a {
		next := make([]float64, len(b)+1)
		next[0] = math.Inf(1)
		for j, y := range b {
			d := 0.0
			for k := range x {
				d += (x[k] - y[k]) * (x[k] - y[k])
			}
			next[j+1] = math.Sqrt(d) + min(row[j], row[j+1], next[j])
		}
		row = next
	}
	return row[len(b)] / float64(len(a)+len(b))
}
