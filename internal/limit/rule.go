package limit

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"okno/internal/policy"
)

// Rule says how often one key may be tried; the numbers are the policy's.
type Rule = policy.Rule

// Verdict is what a bucket says.
type Verdict struct {
	Rule    string
	Allowed bool      // Take: this try was allowed; Look: one more would be
	Left    int       // tries that would still be allowed now
	Until   time.Time // when Left is 0: from when on there is one again
}

// Refused finds among verdicts the refusal that lasts longest.
func Refused(vs ...Verdict) (Verdict, bool) {
	var worst Verdict
	found := false
	for _, v := range vs {
		if !v.Allowed && (!found || v.Until.After(worst.Until)) {
			worst, found = v, true
		}
	}
	return worst, found
}

// bucket is the state of a key; the zero value is a key that was never tried.
type bucket struct {
	Hits    []hit `json:"h,omitempty"`
	Strikes int   `json:"s,omitempty"` // blocks so far, as counted when the last one began
	Until   int64 `json:"u,omitempty"` // end of the last block, Unix milliseconds
}

// hit is n tries that count until one window after at. It is stored as a pair.
type hit struct {
	at int64 // Unix milliseconds
	n  int
}

func (h hit) MarshalJSON() ([]byte, error) { return json.Marshal([2]int64{h.at, int64(h.n)}) }
func (h *hit) UnmarshalJSON(b []byte) error {
	var p [2]int64
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	h.at, h.n = p[0], int(p[1])
	return nil
}

// exact tries are remembered one by one up to this many; beyond, they are gathered in tenths of the window and count until
// their tenth has left it. That is never laxer, and the state stays short.
const exact = 16

// count counts one try at now if it is allowed.
func count(r Rule, b bucket, now time.Time) (bucket, Verdict) {
	b = settle(r, b, now)
	if v := look(r, b, now); !v.Allowed {
		return b, v
	}
	at := latest(r, now)
	if n := len(b.Hits); n > 0 && b.Hits[n-1].at == at {
		b.Hits[n-1].n++
	} else {
		b.Hits = append(b.Hits, hit{at, 1})
	}
	if r.Block > 0 && b.tries() >= r.Max {
		b = bucket{Strikes: b.Strikes + 1, Until: ceilMilli(now.Add(block(r, b.Strikes)))}
	}
	v := look(r, b, now)
	v.Allowed = true
	return b, v
}

// look says what the bucket allows at now.
func look(r Rule, b bucket, now time.Time) Verdict {
	b = settle(r, b, now)
	v := Verdict{Rule: r.Name}
	if until := time.UnixMilli(b.Until).UTC(); b.Until > 0 && until.After(now) {
		v.Until = until
		return v
	}
	v.Left = max(r.Max-b.tries(), 0)
	v.Allowed = v.Left > 0
	for over, i := b.tries()-r.Max, 0; over >= 0 && i < len(b.Hits); i++ { // so many must leave the window before there is one again
		over -= b.Hits[i].n
		v.Until = time.UnixMilli(b.Hits[i].at).Add(r.Window).UTC()
	}
	return v
}

// settle forgets what is over at now. Clocks of nodes differ a little, so what lies in the near future is brought to where the
// rule can have put it; what lies far in the future was written before the clock was set back, and is forgotten.
func settle(r Rule, b bucket, now time.Time) bucket {
	var hits []hit
	for _, h := range b.Hits {
		at := time.UnixMilli(h.at)
		if h.n <= 0 || !at.Add(r.Window).After(now) || at.After(now.Add(2*r.Window)) {
			continue
		}
		h.at = min(h.at, latest(r, now))
		if n := len(hits); n > 0 && hits[n-1].at == h.at {
			hits[n-1].n += h.n
			continue
		}
		hits = append(hits, h)
	}
	b.Hits = hits
	ms := now.UnixMilli()
	if time.UnixMilli(b.Until).After(now.Add(2 * longest(r))) {
		b.Until = ms
	}
	b.Until = min(b.Until, ceilMilli(now.Add(longest(r))))
	if quiet := ms - b.Until; b.Strikes > 0 && quiet > 0 {
		gone := quiet / forget(r).Milliseconds()
		b.Strikes = int(max(int64(b.Strikes)-gone, 0))
		if gone > 0 {
			b.Until += gone * forget(r).Milliseconds()
		}
		if b.Strikes == 0 {
			b.Until = 0
		}
	}
	return b
}

func (b bucket) tries() int {
	n := 0
	for _, h := range b.Hits {
		n += h.n
	}
	return n
}

// block is the length of the block after so many strikes.
func block(r Rule, strikes int) time.Duration {
	d := float64(r.Block) * math.Pow(max(r.Factor, 1), float64(strikes))
	if d >= float64(longest(r)) { // also when it is beyond every number
		return longest(r)
	}
	return time.Duration(d)
}

func longest(r Rule) time.Duration { return max(r.Block, r.Ceiling) }

// forget is the quiet time after which one strike is forgotten.
func forget(r Rule) time.Duration { return max(r.Window, longest(r), time.Second) }

// latest is the moment, in milliseconds, at which a try made now is put down: now, or the end of its tenth of the window.
func latest(r Rule, now time.Time) int64 {
	ms := ceilMilli(now)
	if r.Max <= exact {
		return ms
	}
	slot := max(r.Window.Milliseconds()/10, 1)
	return (ms + slot - 1) / slot * slot
}

// expires is when the bucket says no more than its absence.
func expires(r Rule, b bucket, now time.Time) time.Time {
	end := now
	if n := len(b.Hits); n > 0 {
		end = time.UnixMilli(b.Hits[n-1].at).Add(r.Window)
	}
	if b.Strikes > 0 {
		if t := time.UnixMilli(b.Until).Add(time.Duration(b.Strikes) * forget(r)); t.After(end) {
			end = t
		}
	}
	return end
}

// ceilMilli is the first whole millisecond not before t: a block is never shorter than the rule says.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

func parse(text string) (bucket, error) {
	var b bucket
	if text == "" {
		return b, nil
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return b, fmt.Errorf("limit: state of a bucket: %w", err)
	}
	return b, nil
}

func (b bucket) text() string {
	out, err := json.Marshal(b)
	if err != nil {
		panic("limit: numbers are always JSON: " + err.Error())
	}
	return string(out)
}
