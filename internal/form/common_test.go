package form

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// list stands for the one that is built in elsewhere.
const list = Words("1qaz!qaz\nbaseball\niloveyou\nkvzrt\nletmein\nliverpool\npassword\nsunshine\ntrustno1\nzaq12wsx")

func TestAWordThatEverybodyTriesIsNoPasswordHoweverItIsDressedUp(t *testing.T) {
	for why, passwords := range map[string][]string{
		"a word with a year and a sign":     {"Password1!", "Sunshine-2024", "2024-Sunshine", "!Password!", "Letmein!!2024??"},
		"signs that look like letters":      {"P@ssw0rd", "P@$$w0rd!", "$unsh1ne!!", "L1verp00l!", "B@s3ball7", "!l0veyou9"},
		"a word that holds digits":          {"Trustno1!", "Zaq12wsx!", "1qaz!QAZ"},
		"a word repeated":                   {"PasswordPassword1!", "Sunshinesunshine!1"},
		"next to nothing repeated":          {"aA1!aA1!", "K7q#K7q#K7q#", "Abcabcabc1!", "Aaaaaaa1!", "Zz1!Zz1!Zz1!Zz1!"},
		"keys in a row":                     {"Qwerty-123!", "Qwertyuiop1!", "Asdfgh!12", "1q2w3e4R!", "Qwe123!@#", "!QAZ2wsx", "Poiuytrewq1!"},
		"letters in a row":                  {"Abcdef1!", "Aa123456!", "Zyxwvu!1"},
		"a Russian word, transliterated":    {"Privet!2", "Moskva1987!", "Parol-2026", "Nastya!1995", "Nastia!1995", "Nastja!1995", "Spasibo#1", "Gosuslugi1!"},
		"as nobody transliterates by rules": {"Lubov-777", "Ljubov-777", "Lyubov-777", "Liubov-777", "Solnyshko1!", "Zvezda#12", "4ert-666"},
		"a Russian word, the other layout":  {"Ghbdtn-2024", "Gfhjkm123!", "Vjcrdf#1", "K.,jdm-99", "K>,jdm-99", ";bpYm123", "Cjkywt!12"},
	} {
		for _, p := range passwords {
			if PasswordCommon(p, list) == nil {
				t.Errorf("%s: %s is taken", why, p)
			}
		}
	}
}

func TestAPasswordOfItsOwnIsTaken(t *testing.T) {
	for _, p := range []string{
		"Gr0mkaya!", "Quiet-River-9", "Vesna-2026-okno", "Sunshine-Lighthouse-47", "zhuk+Lampa7oblako", "xK9#mQ2$vL", "Tr4mvai-Ok", "password:Kvitnjavok8",
		"Sunshine#83620477", // too much beside the word to be guessed first
		"Qq83610#wZ", "K7q#mZ2!", "Privet.Sosed5-etazh", "Kvz#8361",
	} {
		if PasswordCommon(p, list) != nil {
			t.Errorf("%s is refused", p)
		}
		if Password(p) != nil {
			t.Errorf("%s is against the rules, and proves nothing here", p)
		}
	}
}

func TestTheRefusalOfACommonPasswordSaysWhyAndWhatToDo(t *testing.T) {
	p := PasswordCommon("Password1!", list)
	if p == nil || p.Key != "form.password.common" {
		t.Fatalf("refused by %v", p)
	}
	said(t, p)
}

func TestEveryWordOfAListIsFoundAndNothingElse(t *testing.T) {
	for n := range 40 {
		var in, all []string
		for i := range n {
			in, all = append(in, fmt.Sprintf("w%03d", 2*i+1)), append(all, fmt.Sprintf("w%03d", 2*i))
		}
		for _, w := range []Words{Words(strings.Join(in, "\n")), Words(strings.Join(in, "\n") + "\n")} {
			for _, word := range in {
				if !w.has([]byte(word)) {
					t.Errorf("%d words: %s is not found", n, word)
				}
			}
			for _, word := range append(all, "w", "w0000", "x", "a") {
				if w.has([]byte(word)) {
					t.Errorf("%d words: %s is found", n, word)
				}
			}
		}
	}
}

func TestOurWordsAreSortedAndFitForPasswords(t *testing.T) {
	words := strings.Split(string(russianWords()), "\n")
	if !slices.IsSorted(words) || len(words) < 3000 {
		t.Errorf("%d words, sorted: %t", len(words), slices.IsSorted(words))
	}
	for _, w := range words {
		if len(w) < 2 || strings.ContainsFunc(w, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q can be in no password", w)
		}
	}
}

func BenchmarkPasswordCommon(b *testing.B) {
	var many []string
	for i := range 40_000 {
		many = append(many, fmt.Sprintf("word%05d", i))
	}
	long := Words(strings.Join(many, "\n"))
	for name, p := range map[string]string{"own": "Vesna-2026-okno", "common": "P@ssw0rd!", "trimmed": "1234567Kvitnjavok!1234567", "longest": strings.Repeat("aB3$kT9-qLm2#", 18) + "1234567"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				PasswordCommon(p, long)
			}
		})
	}
}
