package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTheMostTriesOfADayAreThoseOfWhoeverNeverWaitsTooLong(t *testing.T) {
	for _, x := range []struct {
		l    Limit
		want int
	}{
		{Limit{Max: 10, Window: 24 * time.Hour, Block: 10 * time.Minute, Factor: 2, Ceiling: 2 * time.Hour}, 150}, // 5 blocks of 10 min to 2 h, then every 2 h
		{Limit{Max: 10, Window: 24 * time.Hour, Block: 2 * time.Hour}, 120},
		{Limit{Max: 10, Window: 24 * time.Hour}, 10},
		{Limit{Max: 5, Window: time.Hour}, 120},
		{Limit{Max: 5, Window: time.Minute, Block: 24 * time.Hour}, 4 * 24 * 60}, // always one short of the block
	} {
		if got := x.l.PerDay(); got != x.want {
			t.Errorf("%+v: %d a day, want %d", x.l, got, x.want)
		}
	}
}

func TestNoPolicyLetsMoreBeGuessedThanIsStated(t *testing.T) {
	for name, text := range map[string]string{
		"sign_in.others":            "sign_in: {others: {max: 100}}",
		"sign_in.device":            "sign_in: {device: {block: 1m, ceiling: 1m}}",
		"sign_in.second_factor":     "sign_in: {second_factor: {block: 5m, factor: 1, ceiling: 5m}}",
		"second_factor.others":      "second_factor: {others: {window: 1m}}",
		"second_factor.device":      "second_factor: {device: {block: 1s, ceiling: 1h, factor: 1}}",
		"second_factor.recover":     "second_factor: {recover: {block: 1m, ceiling: 1m}}",
		"code.guesses_per_contact_": "code: {guesses_per_contact_day: {register: 11}}",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The document states the chance to guess in a day; here it is derived from the policy's numbers, and from the most that any policy may say.
func TestTheChanceOfGuessingIsWhatTheDocumentSays(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	p := Default()
	g := p.Code.GuessesPerDay
	const code = 1e-6 // six digits
	steps := 3.0      // of time count at once, as staff.Step has it
	for _, x := range []struct {
		what        string
		tries, most int
		one         float64
	}{
		{"a code that was sent to a contact", g.Register + g.Recover + g.SignIn + g.KnownDevice, 30, code},
		{"a code of an authenticator app, by whoever has the password", p.SecondFactor.Others.PerDay(), mostStrangers, steps * float64(p.SecondFactor.Apps) * code},
		{"… at a browser of the owner’s", p.SecondFactor.Device.PerDay(), mostCodes, steps * float64(p.SecondFactor.Apps) * code},
		{"… at a recovery, by whoever has proved a contact", p.SecondFactor.Recover.PerDay(), mostCodes, steps * float64(p.SecondFactor.Apps) * code},
		{"a code of an employee’s app, by whoever has the password", p.SignIn.SecondFactor.PerDay(), mostCodes, steps * code},
		{"one of the backup codes, by whoever has the password", p.SecondFactor.Others.PerDay(), mostStrangers, float64(p.SecondFactor.BackupCodes) * 1e-20},
		{"a password", p.SignIn.Others.PerDay(), mostPasswords, 0},
	} {
		line := fmt.Sprintf("| %s | %d (%d) |", x.what, x.tries, x.most)
		if x.one > 0 {
			line += fmt.Sprintf(" %s |", scientific(float64(x.tries)*x.one))
		}
		if !strings.Contains(string(text), line) {
			t.Errorf("docs/security.md does not say %q", line)
		}
	}
	if p.SignIn.Device != p.SignIn.Others {
		t.Error("a browser of the owner's has other numbers for passwords than strangers, and the document speaks of one")
	}
}

// scientific writes 3e-05 as people do: 3·10⁻⁵.
func scientific(x float64) string {
	mantissa, exponent, _ := strings.Cut(fmt.Sprintf("%.1e", x), "e-")
	return strings.TrimSuffix(mantissa, ".0") + "·10⁻" + strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strings.TrimLeft(exponent, "0"))
}
