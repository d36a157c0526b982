package limit

import (
	"testing"
	"time"

	"okno/internal/policy"
)

// What the policy says of the tries of a day holds for whoever comes back in the first moment in which they may.
func TestNoGuesserHasMoreTriesADayThanThePolicySays(t *testing.T) {
	p := policy.Default()
	for _, r := range []Rule{p.SignIn.Others.Rule("others"), p.SignIn.Device.Rule("device"), p.SecondFactor.Others.Rule("second"), p.SecondFactor.Device.Rule("second here"), p.SignIn.SecondFactor.Rule("staff"),
		{Name: "slow", Limit: policy.Limit{Max: 4, Window: time.Hour, Block: time.Hour, Factor: 3, Ceiling: 5 * time.Hour}}} {
		best := 0
		for short := range 2 { // …, or stops one short of the block
			start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
			now, n, b := start, 0, bucket{}
			for now.Before(start.Add(24 * time.Hour)) {
				v := look(r, b, now)
				if !v.Allowed || short == 1 && v.Left == 1 {
					if v.Until.After(now) {
						now = v.Until
					} else {
						now = now.Add(time.Minute)
					}
					continue
				}
				b, _ = count(r, b, now)
				n++
			}
			best = max(best, n)
		}
		if most := r.PerDay(); best != most {
			t.Errorf("%s: %d tries in a day, the policy says %d", r.Name, best, most)
		}
	}
}
