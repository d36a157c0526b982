package verification

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/fault"
	"okno/internal/form"
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
		s := &Service{DB: db, Ring: keyringtest.Ring(t), Policy: policy.Default()}
		body(t, s, clock, func(who string, p Papers) error {
			return db.Write(ctx, func(tx *store.Tx) error { return s.throttle(ctx, tx, who, p) })
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
