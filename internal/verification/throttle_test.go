package verification

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/keyring/keyringtest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var (
	ctx    = context.Background()
	anna   = Papers{Document: *form.PassportOf("4510", "123456", "", "", ""), SNILS: "11223344595", INN: "500100732259"}
	window = policy.Default().Registers.ChecksPerDocument.Window
	most   = policy.Default().Registers.ChecksPerDocument.Max
)

func throttled(t *testing.T, body func(t *testing.T, s *Service, clock *storetest.Clock, try func(who string, p Papers) error)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ring := keyringtest.Ring(t)
		s := &Service{DB: db, Ring: ring, Policy: policy.Default(), Accounts: &account.Service{DB: db, Ring: ring}}
		body(t, s, clock, func(who string, p Papers) error {
			if _, err := s.Accounts.Get(ctx, db, who); errors.Is(err, account.ErrMissing) {
				made(t, s, who, nil)
			}
			return db.Write(ctx, func(tx *store.Tx) error {
				a, err := s.Accounts.Get(ctx, tx, who)
				if err != nil {
					return err
				}
				return s.throttle(ctx, tx, a, p)
			})
		})
	})
}

// G13: no register is an oracle for other people's papers.
func TestOnePersonTriesFewPapersInAWindowAndIsToldWhenTheNextTryIsPossible(t *testing.T) {
	throttled(t, func(t *testing.T, _ *Service, clock *storetest.Clock, try func(string, Papers) error) {
		began := clock.Now()
		for i := range most {
			if err := try("anna", Papers{Document: *form.PassportOf("4510", fmt.Sprintf("%06d", i), "", "", "")}); err != nil {
				t.Fatalf("try %d: %v", i+1, err)
			}
			clock.Advance(time.Minute)
		}
		err := try("anna", Papers{Document: *form.PassportOf("4510", "999999", "", "", "")})
		f, ok := fault.Of(err)
		if !errors.Is(err, ErrChecks) || !ok || f.Kind != fault.TooMany || !f.RetryAt.Equal(began.Add(window)) {
			t.Fatalf("%v, again at %v, want %v", err, f, began.Add(window))
		}
		if err := try("boris", Papers{Document: *form.PassportOf("4510", "999999", "", "", "")}); err != nil {
			t.Errorf("another person, and a paper whose check was refused: %v", err)
		}
		clock.Advance(f.RetryAt.Sub(clock.Now()))
		if err := try("anna", Papers{Document: *form.PassportOf("4510", "999999", "", "", "")}); err != nil {
			t.Errorf("at the moment that was promised: %v", err)
		}
	})
}

func TestOneDocumentIsTriedFewTimesFromWhateverAccounts(t *testing.T) {
	for name, p := range map[string]Papers{"passport": {Document: anna.Document}, "SNILS": {SNILS: anna.SNILS}, "INN": {INN: anna.INN}} {
		t.Run(name, func(t *testing.T) {
			throttled(t, func(t *testing.T, _ *Service, clock *storetest.Clock, try func(string, Papers) error) {
				for i := range most {
					if err := try(fmt.Sprintf("account-%d", i), p); err != nil {
						t.Fatal(err)
					}
				}
				if err := try("account-new", p); !errors.Is(err, ErrChecks) {
					t.Errorf("a fresh account goes on with the paper: %v", err)
				}
				if err := try("account-new", Papers{Document: *form.PassportOf("4510", "777777", "", "", "")}); err != nil {
					t.Errorf("its own paper suffers: %v", err)
				}
				clock.Advance(window)
				if err := try("account-new", p); err != nil {
					t.Errorf("for ever: %v", err)
				}
			})
		})
	}
}

func TestARefusedCheckUsesUpNothing(t *testing.T) {
	throttled(t, func(t *testing.T, _ *Service, _ *storetest.Clock, try func(string, Papers) error) {
		for i := range most { // the passport is used up by others
			if err := try(fmt.Sprintf("stranger-%d", i), Papers{Document: anna.Document}); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 * most {
			if err := try("anna", anna); !errors.Is(err, ErrChecks) {
				t.Fatal(err)
			}
		}
		if err := try("anna", Papers{SNILS: anna.SNILS, INN: anna.INN}); err != nil {
			t.Errorf("the refused tries were counted: %v", err)
		}
	})
}

func TestOfManyTriesAtOnceNoMoreThanTheLimitGetThrough(t *testing.T) {
	throttled(t, func(t *testing.T, _ *Service, _ *storetest.Clock, try func(string, Papers) error) {
		var wg sync.WaitGroup
		errs := make([]error, 3*most)
		for i := range errs {
			wg.Go(func() { errs[i] = try(fmt.Sprintf("account-%d", i), anna) })
		}
		wg.Wait()
		through := 0
		for _, err := range errs {
			switch {
			case err == nil:
				through++
			case !errors.Is(err, ErrChecks):
				t.Error(err)
			}
		}
		if through != most {
			t.Errorf("%d got through, want %d", through, most)
		}
	})
}

func TestCountingChecksKeepsNoNumberOfAPaper(t *testing.T) {
	throttled(t, func(t *testing.T, s *Service, _ *storetest.Clock, try func(string, Papers) error) {
		if err := try("anna", anna); err != nil {
			t.Fatal(err)
		}
		rows, err := s.DB.Query(ctx, `SELECT key || state FROM limit_bucket`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var kept string
			if err := rows.Scan(&kept); err != nil {
				t.Fatal(err)
			}
			n++
			for _, number := range []string{anna.Document.Number, anna.SNILS, anna.INN} {
				if strings.Contains(kept, number) {
					t.Errorf("%s is kept", number)
				}
			}
		}
		if err := rows.Err(); err != nil || n != 4 {
			t.Errorf("%d buckets, want 4: %v", n, err)
		}
	})
}

// made makes an account; profile, when not nil, says what it holds.
func made(t *testing.T, s *Service, name string, profile func(*account.Profile)) {
	t.Helper()
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := s.Ring.NewPerson(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := s.Accounts.Create(ctx, tx, key, account.New{ID: name, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil || profile == nil {
			return err
		}
		_, err = s.Accounts.Update(ctx, tx, name, func(a *account.Account) error { profile(&a.Profile); return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// asked leaves an own proof in which each register has answered so about those papers.
func asked(t *testing.T, s *Service, name string, p Papers, verdicts map[string]Verdict) {
	t.Helper()
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := s.Ring.Person(ctx, tx, name)
		if err != nil {
			return err
		}
		proof := Proof{ID: "proof-" + name, Way: WayRegisters, AccountID: name, Papers: p, key: key}
		if _, err := tx.Exec(ctx, `INSERT INTO proof (id, account_id, way, operator, unit, state, round, created_at) VALUES ($1, $2, $3, '', '', 'checking', 1, $4)`,
			proof.ID, name, string(WayRegisters), tx.Now()); err != nil {
			return err
		}
		for register, verdict := range verdicts {
			if _, err := tx.Exec(ctx, `INSERT INTO register_check (proof_id, register, round, state, asked_at) VALUES ($1, $2, 1, 'asking', $3)`, proof.ID, register, tx.Now()); err != nil {
				return err
			}
			if err := s.note(ctx, tx, AskRegisters{Proof: proof.ID, Round: 1}, proof, reply{register: register, answer: Answer{Register: register, Verdict: verdict}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Whatever strangers do with somebody's numbers, in whatever order: neither the account that holds the papers nor one for which the
// register matched them waits for it. A stranger is whoever knows the numbers and not whose they are.
func TestNoSequenceOfAStrangersChecksKeepsTheOwnerWaiting(t *testing.T) {
	throttled(t, func(t *testing.T, s *Service, clock *storetest.Clock, try func(string, Papers) error) {
		made(t, s, "anna", func(p *account.Profile) {
			p.SNILS, p.INN, p.Document = anna.SNILS, anna.INN, &anna.Document
		})
		made(t, s, "matched", nil)
		mistyped := anna
		mistyped.SNILS = "00000000000"
		asked(t, s, "matched", mistyped, map[string]Verdict{"passport": Match, "snils": NotFound})
		for i := range 8 {
			made(t, s, fmt.Sprintf("stranger-%d", i), nil)
		}
		owners := map[string]Papers{"anna": anna, "matched": {Document: anna.Document}}
		used := map[string][]time.Time{}
		random, refused := rand.New(rand.NewPCG(1, 2)), 0 //nolint:gosec // a test that runs the same each time
		for step := range 600 {
			switch n := random.IntN(10); {
			case n < 7:
				papers := []Papers{anna, {Document: anna.Document}, {SNILS: anna.SNILS}, {INN: anna.INN}}[random.IntN(4)]
				if errors.Is(try(fmt.Sprintf("stranger-%d", random.IntN(8)), papers), ErrChecks) {
					refused++
				}
			case n < 8:
				clock.Advance(time.Duration(random.IntN(90)) * time.Minute)
			default:
				who := []string{"anna", "matched"}[random.IntN(2)]
				recent := 0
				for _, at := range used[who] {
					if clock.Now().Sub(at) < window {
						recent++
					}
				}
				if recent == most {
					continue // the owner's own share is used up by the owner
				}
				if err := try(who, owners[who]); err != nil {
					t.Fatalf("step %d: %s after %d own checks: %v", step, who, recent, err)
				}
				used[who] = append(used[who], clock.Now())
			}
		}
		if refused < 50 || len(used["anna"]) < 20 || len(used["matched"]) < 20 {
			t.Fatalf("the strangers were refused %d times, the owners asked %d and %d times: that shows nothing", refused, len(used["anna"]), len(used["matched"]))
		}
	})
}

// Name, day of birth and SNILS of somebody match for whoever knows them, in as many accounts as they make: passports are tried beside
// them no faster for that, and the account that holds the SNILS does not notice.
func TestWhoKnowsANameAndItsSNILSTriesNoMorePassportsByMakingAccounts(t *testing.T) {
	throttled(t, func(t *testing.T, s *Service, clock *storetest.Clock, try func(string, Papers) error) {
		made(t, s, "anna", func(p *account.Profile) { p.SNILS, p.Document = anna.SNILS, &anna.Document })
		const accounts = 30
		for i := range accounts {
			name := fmt.Sprintf("knows-%d", i)
			made(t, s, name, nil)
			asked(t, s, name, anna, map[string]Verdict{"passport": NotFound, "snils": Match})
		}
		through, passports := 0, 0
		round := func() {
			for i := range accounts {
				for range most {
					passports++
					err := try(fmt.Sprintf("knows-%d", i), Papers{Document: *form.PassportOf("4510", fmt.Sprintf("%06d", passports), "", "", ""), SNILS: anna.SNILS})
					switch {
					case err == nil:
						through++
					case !errors.Is(err, ErrChecks):
						t.Fatal(err)
					}
				}
			}
		}
		allowed := s.Policy.Registers.ChecksPerMatched.Max
		round()
		if through != allowed {
			t.Errorf("%d passports were tried in a window, want %d", through, allowed)
		}
		for range most {
			if err := try("anna", anna); err != nil {
				t.Errorf("the owner waits for it: %v", err)
			}
		}
		clock.Advance(s.Policy.Registers.ChecksPerMatched.Window)
		round()
		if through != 2*allowed {
			t.Errorf("%d in two windows, want %d", through, 2*allowed)
		}
	})
}

// The share of its own is for what the account has shown to know, and for no more.
func TestAnAccountHasNoShareOfItsOwnInPapersItHasNotShownToKnow(t *testing.T) {
	throttled(t, func(t *testing.T, s *Service, _ *storetest.Clock, try func(string, Papers) error) {
		made(t, s, "boris", func(p *account.Profile) { p.SNILS = "16149495203" })
		asked(t, s, "boris", anna, map[string]Verdict{"passport": Mismatch, "snils": NotFound, "inn": Match})
		for i := range most {
			if err := try(fmt.Sprintf("stranger-%d", i), anna); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []Papers{{Document: anna.Document}, {SNILS: anna.SNILS}} {
			if err := try("boris", p); !errors.Is(err, ErrChecks) {
				t.Errorf("%+v: %v", p, err)
			}
		}
		if err := try("boris", Papers{INN: anna.INN}); err != nil {
			t.Errorf("the INN that matched: %v", err)
		}
		if a, err := s.Accounts.Get(ctx, s.DB, "boris"); err != nil || a.Level != access.Simplified {
			t.Error(a.Level, err)
		}
	})
}
