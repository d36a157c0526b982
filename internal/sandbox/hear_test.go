package sandbox

import (
	"bytes"
	"testing"

	"github.com/zaf/g711"

	"okno/internal/connector/voice"
	"okno/internal/i18n"
)

func pause(hundredths int) []byte { return bytes.Repeat([]byte{0xff}, hundredths*hundredth) }

func say(l i18n.Lang, words ...voice.Word) []byte {
	sound := pause(50)
	for _, w := range words {
		sound = append(append(sound, voice.Recording(l, w)...), pause(35)...)
	}
	return sound
}

func TestATelephoneHearsEveryDigitInBothLanguages(t *testing.T) {
	for l, greeting := range map[i18n.Lang]string{i18n.RU: "Ваш код, никому его не называйте: ", i18n.EN: "Your code, tell it to nobody: "} {
		for _, digits := range []string{"012345", "678901"} {
			words := []voice.Word{voice.Greeting}
			for _, d := range digits {
				words = append(words, voice.Word(d))
			}
			sound := say(l, words...)
			through := bytes.Clone(sound)
			for i, b := range through {
				through[i] = g711.Alaw2UlawFrame(g711.Ulaw2AlawFrame(b))
			}
			torn := bytes.Clone(sound)
			for at := 0; at+160 < len(torn); at += 160 * 10 { // every tenth packet is lost
				copy(torn[at:], pause(2))
			}
			for name, x := range map[string][]byte{"clean": sound, "through A-law": through, "torn": torn} {
				if lang, got := Heard(x); lang != l || got != greeting+digits {
					t.Errorf("%s %s, %s: %s %q", l, digits, name, lang, got)
				}
			}
		}
	}
}

func TestATelephoneHearsNothingInSilenceAndNoise(t *testing.T) {
	noise := pause(300)
	for i := range noise {
		noise[i] = byte(i * i * 31 >> 3) //nolint:gosec // noise is noise
	}
	for name, x := range map[string][]byte{"nothing": nil, "silence": pause(300), "noise": noise} {
		if _, got := Heard(x); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	cough := append(append([]byte{}, noise[:8000]...), pause(40)...)
	if _, got := Heard(append(cough, say(i18n.RU, "4", "2")...)); got != "42" {
		t.Errorf("after noise: %q", got)
	}
}
