package sandbox

import (
	"encoding/json"
	"testing"
)

// asked is what an open register answers.
func asked(t *testing.T, w *World, register string, values map[string]any) agencyAnswer {
	t.Helper()
	status, body, err := ask(t, w.RegistersURL()+"/agencies/v1/"+register, agencyQuestion{register, values})
	var a agencyAnswer
	if err != nil || status != 200 || json.Unmarshal([]byte(body), &a) != nil || a.Register != register {
		t.Fatalf("%s: %d %s %v", register, status, body, err)
	}
	return a
}

func TestWhatStandsInTheWayOfACarIsToldByItsVIN(t *testing.T) {
	w := start(t, t.TempDir())
	snils := w.People()[0].SNILS
	for _, tt := range []struct{ vin, insured, taken, looked, ordered string }{
		{"XTA210990Y2766389", "issued", "cancelled", "clear", "ordered"},
		{"xta210990y2766389", "issued", "cancelled", "clear", "ordered"},
		{"XTA210990Y276638W", "issued", "cancelled", "clear", "ordered"},
		{"XTA210990Y2766307", "insured", "none", "clear", "ordered"},
		{"XTA210990Y2766399", "none", "none", "clear", "ordered"},
		{"XTA210990Y2766313", "issued", "cancelled", "wanted", "ordered"},
		{"XTA210990Y2766331", "issued", "cancelled", "arrested", "ordered"},
		{"XTA210990Y2766300", "issued", "cancelled", "none", "ordered"},
		{"XTA210990Y2766305", "issued", "kept", "clear", "ordered"},
		{"XTA210990Y2766366", "issued", "kept", "wanted", "ordered"},
		{"XTA210990Y2766304", "issued", "cancelled", "clear", "none"},
	} {
		of := map[string]any{"snils": snils, "vin": tt.vin, "year": 2020, "power": 113, "from": "2026-04-02", "admitted": "named", "number": "2026-000001", "plates": "new", "region": "78"}
		policy := asked(t, w, "osago.issue", of)
		back := asked(t, w, "osago.cancel", map[string]any{"snils": snils, "policy": policy.Data["number"], "number": "2026-000001"})
		car := asked(t, w, "mvd.vehicle", of)
		entry := asked(t, w, "mvd.vehicle-register", of)
		plates := asked(t, w, "mvd.plates-order", map[string]any{"snils": snils, "plate": entry.Data["plate"], "kind": "square", "number": "2026-000001"})
		if policy.Outcome != tt.insured || back.Outcome != tt.taken || car.Outcome != tt.looked || entry.Outcome != "registered" || plates.Outcome != tt.ordered {
			t.Errorf("%s: %s, %s, %s, %s, %s", tt.vin, policy.Outcome, back.Outcome, car.Outcome, entry.Outcome, plates.Outcome)
		}
		if policy.Outcome == "issued" && (policy.Data["from"] != "2026-04-02" || policy.Data["until"] != "2027-04-01") {
			t.Errorf("%s: a policy of %v", tt.vin, policy.Data)
		}
	}
}

func TestACarOfOneOfTheFamousMeetsNoObstacle(t *testing.T) {
	w := start(t, t.TempDir())
	seen := map[any]bool{}
	for _, p := range w.People()[:famous] {
		of := map[string]any{"snils": p.SNILS, "vin": "XTA210990Y2766389", "from": "2026-04-02", "number": "2026-000001"}
		policy, entry := asked(t, w, "osago.issue", of), asked(t, w, "mvd.vehicle-register", of)
		if car := asked(t, w, "mvd.vehicle", of); policy.Outcome != "issued" || car.Outcome != "clear" || entry.Outcome != "registered" {
			t.Errorf("%s %s: %s, %s, %s", p.GivenName, p.Surname, policy.Outcome, car.Outcome, entry.Outcome)
		}
		for _, number := range []any{policy.Data["number"], entry.Data["certificate"]} {
			if seen[number] {
				t.Errorf("%v was given out twice", number)
			}
			seen[number] = true
		}
	}
}

func TestACarThatIsNotNewKeepsItsNumberWhenThatIsAskedFor(t *testing.T) {
	w := start(t, t.TempDir())
	snils := w.People()[0].SNILS
	for vin, keeps := range map[string]bool{"XTA210990Y2766389": true, "XTA210990Y2766300": false} {
		of := map[string]any{"snils": snils, "vin": vin, "number": "2026-000001", "region": "78", "plates": "keep"}
		was, kept := asked(t, w, "mvd.vehicle", of).Data["plate"], asked(t, w, "mvd.vehicle-register", of).Data["plate"]
		of["plates"] = "new"
		given := asked(t, w, "mvd.vehicle-register", of).Data["plate"]
		if (kept == was) != keeps || given == was || given == nil || kept == nil {
			t.Errorf("%s: it was %v, kept as %v, and a new one is %v", vin, was, kept, given)
		}
		if again := asked(t, w, "mvd.vehicle-register", of).Data["plate"]; again != given {
			t.Errorf("the same question: %v, then %v", given, again)
		}
	}
}

func TestPlatesAreOrderedAlsoByANumberInLatinLetters(t *testing.T) {
	w := start(t, t.TempDir())
	snils := w.People()[0].SNILS
	for _, plate := range []string{"А123ВС77", "a 123 bc 77"} {
		if a := asked(t, w, "mvd.plates-order", map[string]any{"snils": snils, "plate": plate, "number": "2026-000001"}); a.Outcome != "ordered" || a.Data["plate"] != "А123ВС77" {
			t.Errorf("%s: %s %v", plate, a.Outcome, a.Data)
		}
	}
	if a := asked(t, w, "mvd.plates-order", map[string]any{"snils": "11223344595", "plate": "А123ВС77"}); a.Outcome != "none" {
		t.Errorf("of nobody: %+v", a)
	}
}
