package system

import (
	"strings"
	"testing"

	"okno/internal/connector/roadtest"
	"okno/internal/connector/xroad"
	"okno/internal/policy"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
)

// overXRoad are settings by which three registers are asked over X-Road and the others over plain HTTP.
func overXRoad(t *testing.T, s Settings, client string) (Settings, *sandbox.World) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	s.XRoad = XRoad{Server: w.XRoadURL(), Client: client}
	s.Registers = Registers{Passport: xroad.Scheme + w.XRoadService("passport"), SNILS: xroad.Scheme + w.XRoadService("snils"), INN: w.RegistersURL(), Civil: w.RegistersURL(),
		Income: xroad.Scheme + w.XRoadService("income"), Property: w.RegistersURL(), Others: everywhere(w.RegistersURL()).Others}
	return s, w
}

func TestEachRegisterIsReachedOverTheRoadThatItsAddressNames(t *testing.T) {
	s, w := overXRoad(t, Settings{}, sandbox.XRoadClient)
	o, err := connect(s, policy.Default(), discard, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := w.People()[0]
	who := verification.Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, SNILS: p.SNILS, INN: p.INN,
		Document: roadtest.Document(p)}
	answered := func(name string, want bool) {
		t.Helper()
		for _, r := range o.checks {
			a, err := r.Check(t.Context(), who)
			if r.Name() == name && (err == nil && a.Verdict == verification.Match) != want {
				t.Errorf("%s: %+v, %v", name, a.Verdict, err)
			}
		}
	}
	for _, name := range []string{"passport", "snils", "inn"} {
		answered(name, true)
	}
	if err := w.SetFault("xroad", sandbox.Down); err != nil { // then only those on that road are away
		t.Fatal(err)
	}
	answered("passport", false)
	answered("snils", false)
	answered("inn", true)
}

func TestTheDoctorTellsARoadThatDoesNotLetUsThroughFromARegisterThatIsAway(t *testing.T) {
	sound := soundSettings(t, storetest.Copy(t, store.SQLite))
	if err := Migrate(t.Context(), sound); err != nil {
		t.Fatal(err)
	}
	s, w := overXRoad(t, sound, sandbox.XRoadClient)
	if wrong, _, _ := verdicts(t, s); wrong != "" {
		t.Errorf("all is well, and the doctor says:\n%s", wrong)
	}
	s.XRoad.Client = "SBX/GOV/OTHER/PORTAL"
	if wrong, _, _ := verdicts(t, s); strings.Count(wrong, "does not let us through") != 3 || !strings.Contains(wrong, "xroad-client") {
		t.Errorf("no rights:\n%s", wrong)
	}
	s.XRoad.Client = sandbox.XRoadClient
	s.XRoad.Server = ""
	if wrong, _, _ := verdicts(t, s); !strings.Contains(wrong, "x-road: the server must be") {
		t.Errorf("no server:\n%s", wrong)
	}
	s.XRoad.Server = w.XRoadURL()
	if err := w.SetFault("xroad", sandbox.Down); err != nil {
		t.Fatal(err)
	}
	if wrong, _, _ := verdicts(t, s); strings.Count(wrong, "does not answer") != 3 {
		t.Errorf("the road is down:\n%s", wrong)
	}
}
