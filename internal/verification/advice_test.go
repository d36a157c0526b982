package verification

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okno/internal/i18n"
)

// codes of the registers that check papers, as the sandbox says them. Extracts and incomes (EGR, FNS-4…) are answers to cases, whose
// definitions have words of their own.
var codes = regexp.MustCompile(`"((?:MVD-|SFR-|ZAGS-|FNS-[0-3])\d{2,3})"`)

// fine are the codes of answers that need no remedy.
var fine = map[string]bool{"MVD-000": true, "SFR-000": true, "FNS-000": true, "ZAGS-000": true, "SFR-600": true, "SFR-604": true, "SFR-605": true, "SFR-610": true, "SFR-611": true}

// LVL-3.
func TestEveryCodeOfARegisterHasWordsAndARemedyInBothLanguagesAndAFieldToCorrect(t *testing.T) {
	files, err := filepath.Glob("../sandbox/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	said := map[string]bool{}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codes.FindAllStringSubmatch(string(src), -1) {
			said[m[1]] = true
		}
	}
	if len(said) < 20 {
		t.Fatalf("the sandbox says only %v", said)
	}
	general := map[string]bool{}
	for _, v := range []Verdict{Mismatch, NotFound, Invalid} {
		a, _ := Advise(Answer{Verdict: v, Code: "XYZ-999"})
		general[a.Wrong] = true
	}
	for code := range said {
		if fine[code] {
			continue
		}
		a, found := Advise(Answer{Register: register(code), Verdict: Mismatch, Code: code, Fields: map[string]bool{"surname": true, "patronymic": false}})
		if !found || general[a.Wrong] || a.Code != code {
			t.Errorf("%s has no words of its own: %+v", code, a)
			continue
		}
		if a.Field == "" {
			t.Errorf("%s names no field", code)
		}
		for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
			if wrong := l.T(a.Wrong, "code", code); !strings.HasPrefix(wrong, code+": ") || !i18n.Has(a.Wrong) {
				t.Errorf("%s in %s: %q", code, l, wrong)
			}
			if remedy := l.T(a.Remedy); !i18n.Has(a.Remedy) || len(remedy) < 40 {
				t.Errorf("%s in %s: no remedy: %q", code, l, remedy)
			}
		}
	}
}

func register(code string) string {
	return map[string]string{"MVD": "passport", "SFR": "snils", "FNS": "inn", "ZAG": "civil"}[code[:3]]
}

func TestADifferentNameLeadsToThePartThatDiffers(t *testing.T) {
	for field, same := range map[string]map[string]bool{
		"surname":    {"surname": false, "given_name": false, "patronymic": true},
		"given_name": {"surname": true, "given_name": false},
		"patronymic": {"surname": true, "given_name": true, "patronymic": false},
		"snils":      {}, // the register says no more than that something differs
	} {
		if a, _ := Advise(Answer{Register: "snils", Verdict: Mismatch, Code: "SFR-210", Fields: same}); a.Field != field {
			t.Errorf("%v leads to %q, want %s", same, a.Field, field)
		}
	}
}

func TestACodeThatNobodyKnowsIsShownWithAGeneralRemedy(t *testing.T) {
	for _, v := range []Verdict{Mismatch, NotFound, Invalid, "of a later version"} {
		a, found := Advise(Answer{Register: "passport", Verdict: v, Code: "MVD-999"})
		if !found || a.Field != "passport_number" || !strings.Contains(i18n.RU.T(a.Wrong, "code", a.Code), "MVD-999") || !i18n.Has(a.Remedy) {
			t.Errorf("%s: %+v", v, a)
		}
	}
	if a, found := Advise(Answer{Verdict: Match, Code: "MVD-000"}); found {
		t.Errorf("of a match it says %+v", a)
	}
}
