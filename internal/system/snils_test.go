package system

import (
	"os"
	"strings"
	"testing"

	"okno/internal/catalogue"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/verification"
)

// Every end of an application for a SNILS is an event of each state that waits for it, and what the application is made of is asked.
func TestEveryEndOfAnApplicationForASNILSMovesTheCase(t *testing.T) {
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, d := range list.All() {
		for _, st := range d.Steps() {
			if st.Inside == "" {
				continue
			}
			asked++
			for _, end := range verification.SNILSEnds() {
				if _, err := d.Move(st.State, procedure.Event(end), procedure.BySystem); err != nil {
					t.Errorf("%s: the state %s of %s: %v", end, st.State, d.Code, err)
				}
			}
		}
	}
	if asked != 2 {
		t.Errorf("%d states ask the portal", asked)
	}
}

// The page of the SNILS counts the term by the policy, a case by its definition: a person reads one day on both.
func TestTheTermOfASNILSIsThatOfThePolicy(t *testing.T) {
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	d, _ := list.ByCode(issueOfSNILS)
	want := procedure.Span{Days: policy.Default().SNILS.Term}
	waits := 0
	for _, st := range d.Steps() {
		if st.Inside != issueOfSNILS {
			continue
		}
		if waits++; st.Deadline.In != want || st.Deadline.Calendar != procedure.Working {
			t.Errorf("the state %s waits %v by %s, the page %v working days", st.State, st.Deadline.In, st.Deadline.Calendar, want)
		}
	}
	if waits != 2 {
		t.Errorf("%d states wait for the fund, and two did", waits)
	}
}

func TestAnApplicationGoesToTheFundByAServiceOfTheFundsAlone(t *testing.T) {
	text, err := os.ReadFile("../catalogue/services/snils.yaml")
	if err != nil {
		t.Fatal(err)
	}
	there := &outside{fund: nobodys{}}
	for name, tt := range map[string]struct {
		o        *outside
		old, new string
		want     string
	}{
		"as it is":           {o: there},
		"no fund":            {o: &outside{}, want: "no address is set"},
		"somebody else's":    {o: there, old: "code: sfr", new: "code: town", want: "for services of sfr alone"},
		"nothing so called":  {o: there, old: "portal:sfr.snils", new: "portal:sfr.pension", want: "the portal has nothing of that name"},
		"a question missing": {o: there, old: "/certificate/number", new: "/certificate/digits", want: "no question /certificate/number"},
	} {
		t.Run(name, func(t *testing.T) {
			src := string(text)
			if tt.old != "" {
				src = strings.ReplaceAll(src, tt.old, tt.new)
			}
			if tt.new == "/certificate/digits" {
				at := strings.LastIndex(src, "        number: {type: string")
				src = src[:at] + strings.Replace(src[at:], "number:", "digits:", 1)
			}
			def, err := procedure.Compile("snils.yaml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			switch err := tt.o.inside(def); {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// nobodys is a fund that is there and is not asked.
type nobodys struct{ verification.Fund }
