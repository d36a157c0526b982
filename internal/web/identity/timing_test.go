package identity_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

// Whether a contact has an account shows nowhere in words (TestNobodyLearnsFrom…). Here the time of an answer is looked at: somebody's
// and nobody's contacts are typed in turns that chance decides, the medians are compared, and how often chance alone would part them
// as far is counted by shuffling. A difference is one that is both sure and large enough to be of use over a network, twice in a row
// with the same sign: what a busy machine does to single answers moves no median that far twice.

const (
	timedTries = 80                     // of each contact at each door
	timedSure  = 0.001                  // so seldom chance parts the medians as far
	timedFloor = 300 * time.Microsecond // … and beyond that, and a twentieth of the answer, it is of use to somebody
	shuffles   = 1200
)

// parted is how far the medians of two samples are from each other, and how often chance would part them as far.
func parted(a, b []time.Duration, dice *rand.Rand) (apart time.Duration, chance float64) {
	apart = median(a) - median(b)
	all := slices.Concat(a, b)
	far := 0
	for range shuffles {
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if (median(all[:len(a)]) - median(all[len(a):])).Abs() >= apart.Abs() {
			far++
		}
	}
	return apart, float64(far+1) / (shuffles + 1)
}

func median(all []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(all))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// told reports whether the two samples tell the contacts apart: +1 when a takes longer, -1 when b does, 0 when nobody can say.
func told(a, b []time.Duration, dice *rand.Rand) int {
	if (median(a) - median(b)).Abs() < max(timedFloor, min(median(a), median(b))/20) {
		return 0
	}
	apart, chance := parted(a, b, dice)
	switch {
	case chance > timedSure:
		return 0
	case apart > 0:
		return 1
	}
	return -1
}

func TestTimesAreToldApartWhenTheyDifferAndNotWhenTheyDoNot(t *testing.T) {
	sample := func(seed uint64, mean float64) []time.Duration {
		dice := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test that can be repeated
		out := make([]time.Duration, timedTries)
		for i := range out {
			ms := mean + 0.3*dice.NormFloat64() + dice.ExpFloat64()
			if dice.IntN(20) == 0 {
				ms += 50 // the machine did something else
			}
			out[i] = time.Duration(math.Max(ms, 0.1) * float64(time.Millisecond))
		}
		return out
	}
	dice := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a test that can be repeated
	for seed := range uint64(8) {
		if told(sample(seed, 5), sample(seed+100, 5), dice) != 0 {
			t.Errorf("seed %d: two of one distribution are told apart", seed)
		}
		if a, b := told(sample(seed, 7), sample(seed+100, 5), dice), told(sample(seed, 5), sample(seed+100, 7), dice); a != 1 || b != -1 {
			t.Errorf("seed %d: 7 ms are told from 5 by %+d, 5 from 7 by %+d", seed, a, b)
		}
		if told(sample(seed, 5.05), sample(seed+100, 5), dice) != 0 {
			t.Errorf("seed %d: a difference of no use is told", seed)
		}
	}
}

// timed is one contact at a door.
type timed struct{ who, typed string }

// ask posts the form from a browser and a network that were never seen, and returns how long the answer took.
func (x *portal) ask(t *testing.T, path string, form url.Values, n, want int) time.Duration {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.7:4000", n/250, n%250)
	r.AddCookie(&http.Cookie{Name: "okno_browser", Value: fmt.Sprintf("stranger-at-the-door-%09d", n)})
	w := httptest.NewRecorder()
	began := time.Now()
	x.server.ServeHTTP(w, r)
	took := time.Since(began)
	if w.Code != want {
		t.Fatalf("%s: %d instead of %d: %s", path, w.Code, want, w.Body)
	}
	return took
}

// It runs where times are worth something: a machine that does other things beside would fail it for nothing, so scripts/test has a step of
// its own for it.
func TestTheTimeOfAnAnswerTellsNobodyWhetherAnAccountExists(t *testing.T) {
	if os.Getenv("OKNO_TIMES") == "" {
		t.Skip("times are measured with OKNO_TIMES=1 only, on a machine that does nothing else")
	}
	each(t, func(t *testing.T, x *portal) {
		const many = 1_000_000 // no limit is what is measured
		for _, n := range []*int{&x.Policy.SignIn.Network.Max, &x.Policy.SignIn.Others.Max, &x.Policy.SignIn.Crowd.Max, &x.Policy.Code.SendsPerHour.Max,
			&x.Policy.Code.SendsPerDay.Max, &x.Policy.Gate.SendsByNet.Max, &x.Policy.Code.GuessesPerDay.Recover, &x.Policy.Code.GuessesPerDay.Register} {
			*n = many
		}
		x.Hasher = keyring.NewHasher(x.Ring, keyring.HasherConfig{}) // as dear as it is: one that is left out shows
		x.SignIn.Hasher, x.Registrations.Hasher = x.Hasher, x.Hasher
		raise := func(to, snils string, level access.Level) {
			t.Helper()
			s, err := x.Credentials.Check(t.Context(), x.Register(t, signintest.Visitor(to), to))
			if err != nil {
				t.Fatal(err)
			}
			if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
				_, err := x.Accounts.Update(t.Context(), tx, s.OwnerID, func(a *account.Account) error {
					if a.Level, a.Profile.SNILS = level, snils; level == access.Confirmed {
						a.ConfirmedAt = tx.Now()
					}
					return nil
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		raise("+79123456701", "", access.Simplified)
		raise("anna@example.ru", "", access.Simplified)
		raise("+79123456702", "11223344595", access.Confirmed)
		raise("boris@example.ru", "08765430300", access.Confirmed)
		jobstest.Settle(t, x.Jobs)
		if err := x.Jobs.Stop(t.Context()); err != nil { // codes wait: nothing else writes meanwhile
			t.Fatal(err)
		}
		wrong := func(to string) url.Values { return url.Values{"login": {to}, "password": {"Nevernyj-2026-reka"}} }
		recover := func(to string) url.Values { return url.Values{"login": {to}} }
		register := func(field string) func(string) url.Values {
			return func(to string) url.Values {
				return url.Values{"surname": {"Проверкина"}, "given_name": {"Анна"}, field: {to}, "terms": {"on"}, "data": {"on"}}
			}
		}
		phones := []timed{{"nobody", "+79123456799"}, {"a newcomer", "+79123456701"}, {"a Confirmed person", "+79123456702"}}
		mails := []timed{{"nobody", "nobody@example.ru"}, {"a newcomer", "anna@example.ru"}, {"a Confirmed person", "boris@example.ru"}}
		doors := []struct {
			name, path string
			want       int
			form       func(string) url.Values
			contacts   []timed // nobody's first
		}{
			{"sign-in by phone", "/signin", http.StatusUnprocessableEntity, wrong, phones},
			{"sign-in by e-mail", "/signin", http.StatusUnprocessableEntity, wrong, mails},
			{"sign-in by SNILS", "/signin", http.StatusUnprocessableEntity, wrong, []timed{{"nobody", "160-722-394 47"}, {"a Confirmed person", "112-233-445 95"}}},
			{"recovery by phone", "/recover", http.StatusSeeOther, recover, phones},
			{"recovery by e-mail", "/recover", http.StatusSeeOther, recover, mails},
			{"registration by phone", "/register", http.StatusSeeOther, register("phone"), phones},
			{"registration by e-mail", "/register", http.StatusSeeOther, register("email"), mails},
		}
		dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2)) //nolint:gosec // whose turn it is
		asked := 0
		measure := func(path string, want int, form func(string) url.Values, contacts []timed) [][]time.Duration {
			out := make([][]time.Duration, len(contacts))
			for round := range timedTries + 5 {
				x.clock.Advance(61 * time.Second) // a code may be sent again
				for _, i := range dice.Perm(len(contacts)) {
					took := x.ask(t, path, form(contacts[i].typed), asked, want)
					asked++
					if round >= 5 { // the first find everything cold
						out[i] = append(out[i], took)
					}
				}
			}
			return out
		}
		for _, d := range doors {
			first := measure(d.path, d.want, d.form, d.contacts)
			signs := make([]int, len(first))
			suspect := false
			for i := 1; i < len(first); i++ {
				signs[i] = told(first[i], first[0], dice)
				suspect = suspect || signs[i] != 0
				t.Logf("%s: %s %v, nobody %v", d.name, d.contacts[i].who, median(first[i]), median(first[0]))
			}
			if !suspect {
				continue
			}
			second := measure(d.path, d.want, d.form, d.contacts)
			for i := 1; i < len(second); i++ {
				if signs[i] != 0 && told(second[i], second[0], dice) == signs[i] {
					t.Errorf("%s: %s is told from nobody by time: %v and %v, then %v and %v", d.name, d.contacts[i].who, median(first[i]), median(first[0]), median(second[i]), median(second[0]))
				}
			}
		}
	})
}
