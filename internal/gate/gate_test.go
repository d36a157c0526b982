package gate_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	altcha "github.com/altcha-org/altcha-lib-go"

	"okno/internal/gate"
	"okno/internal/keyring/keyringtest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

const net = "203.0.113.0/24"

func each(t *testing.T, body func(t *testing.T, g *gate.Gate, clock *storetest.Clock)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := policy.Default()
		p.Gate.SendsByNet.Max, p.Gate.Puzzle = 5, 1000
		body(t, &gate.Gate{DB: db, Ring: keyringtest.Ring(t), Policy: p}, clock)
	})
}

func admit(g *gate.Gate, kind string, p gate.Pass) error {
	return g.DB.Write(ctx, func(tx *store.Tx) error { return g.Admit(ctx, tx, kind, p) })
}

// flood sends until the network meets the gate.
func flood(t *testing.T, g *gate.Gate, network string) {
	t.Helper()
	for range g.Policy.Gate.SendsByNet.Max {
		if err := admit(g, "register", gate.Pass{Network: network}); err != nil {
			t.Fatal(err)
		}
	}
	if err := admit(g, "register", gate.Pass{Network: network}); !errors.Is(err, gate.ErrMeet) {
		t.Fatalf("beyond the limit: %v", err)
	}
}

// solve does the work that the page's script does.
func solve(t *testing.T, puzzle string) string {
	t.Helper()
	var c altcha.Challenge
	if err := json.Unmarshal([]byte(puzzle), &c); err != nil {
		t.Fatal(err)
	}
	s, err := altcha.SolveChallenge(c.Challenge, c.Salt, altcha.SHA256, int(c.MaxNumber), 0, nil)
	if err != nil || s == nil {
		t.Fatalf("not solved: %v", err)
	}
	return answer(t, c, int64(s.Number))
}

func answer(t *testing.T, c altcha.Challenge, n int64) string {
	t.Helper()
	text, err := json.Marshal(altcha.Payload{Algorithm: c.Algorithm, Challenge: c.Challenge, Number: n, Salt: c.Salt, Signature: c.Signature})
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

func offer(t *testing.T, g *gate.Gate, kind string, p gate.Pass) gate.Offer {
	t.Helper()
	o, err := g.Offer(kind, p)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAFloodMeetsThePuzzleAndOthersMeetNothing(t *testing.T) {
	each(t, func(t *testing.T, g *gate.Gate, _ *storetest.Clock) {
		flood(t, g, net)
		for name, p := range map[string]gate.Pass{"another network": {Network: "198.51.100.0/24"}, "a network of staff": {}} {
			if err := admit(g, "register", p); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range 10 { // a network is never shut: each form that is solved is taken
			p := gate.Pass{Network: net}
			p.Solution = solve(t, offer(t, g, "register", p).Puzzle)
			if err := admit(g, "register", p); err != nil {
				t.Errorf("solved, form %d: %v", i, err)
			}
		}
	})
}

func TestASolvedPuzzleIsForOneFormOneNetworkOneUse(t *testing.T) {
	each(t, func(t *testing.T, g *gate.Gate, clock *storetest.Clock) {
		flood(t, g, net)
		flood(t, g, "198.51.100.0/24")
		p := gate.Pass{Network: net}
		o := offer(t, g, "register", p)
		p.Solution = solve(t, o.Puzzle)
		if err := admit(g, "recover", p); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("for another form: %v", err)
		}
		if err := admit(g, "register", gate.Pass{Network: "198.51.100.0/24", Solution: p.Solution}); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("from another network: %v", err)
		}
		err := g.DB.Write(ctx, func(tx *store.Tx) error {
			if err := g.Admit(ctx, tx, "register", p); err != nil {
				t.Error(err)
			}
			return errors.New("the form is refused for another reason")
		})
		if err == nil {
			t.Fatal("not refused")
		}
		if err := admit(g, "register", p); err != nil {
			t.Errorf("after another refusal: %v", err)
		}
		var c altcha.Challenge
		if err := json.Unmarshal([]byte(o.Puzzle), &c); err != nil {
			t.Fatal(err)
		}
		again := strings.TrimRight(p.Solution, "=")
		for name, s := range map[string]string{"replayed": p.Solution, "replayed, written otherwise": again, "a wrong number": answer(t, c, c.MaxNumber+1), "nonsense": "%%%", "nothing": ""} {
			if err := admit(g, "register", gate.Pass{Network: net, Solution: s}); !errors.Is(err, gate.ErrMeet) {
				t.Errorf("%s: %v", name, err)
			}
		}
		c.Salt += "0" // moves a digit from the number into the salt
		if err := admit(g, "register", gate.Pass{Network: net, Solution: answer(t, c, 1)}); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("spliced: %v", err)
		}
		old := solve(t, offer(t, g, "register", gate.Pass{Network: net}).Puzzle)
		clock.Advance(61 * time.Minute)
		flood(t, g, net)
		if err := admit(g, "register", gate.Pass{Network: net, Solution: old}); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("an hour old: %v", err)
		}
	})
}

func TestWithoutScriptsTheTicketIsTakenOnceItIsRipe(t *testing.T) {
	each(t, func(t *testing.T, g *gate.Gate, clock *storetest.Clock) {
		flood(t, g, net)
		p := gate.Pass{Network: net}
		p.Ticket = offer(t, g, "register", p).Ticket
		clock.Advance(g.Policy.Gate.Wait - 2*time.Second)
		if err := admit(g, "register", p); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("too soon: %v", err)
		}
		if o := offer(t, g, "register", p); o.Ticket != p.Ticket {
			t.Error("pressing too soon begins the wait again")
		}
		clock.Advance(3 * time.Second)
		if err := admit(g, "recover", p); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("for another form: %v", err)
		}
		if err := admit(g, "register", p); err != nil {
			t.Errorf("ripe: %v", err)
		}
		if err := admit(g, "register", p); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("used twice: %v", err)
		}
		if o := offer(t, g, "register", p); o.Ticket == p.Ticket {
			t.Error("a used ticket is offered again")
		}
	})
}

func TestOfManyWhoBringOneSolutionAtOnceOneIsTaken(t *testing.T) {
	each(t, func(t *testing.T, g *gate.Gate, _ *storetest.Clock) {
		flood(t, g, net)
		p := gate.Pass{Network: net}
		p.Solution = solve(t, offer(t, g, "register", p).Puzzle)
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for range 8 {
			wg.Go(func() {
				err := admit(g, "register", p)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					taken++
				} else if !errors.Is(err, gate.ErrMeet) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken != 1 {
			t.Errorf("one solution was taken %d times", taken)
		}
	})
}
