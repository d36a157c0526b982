package alert_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring/keyringtest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

// each gives body an account on both engines, with a clock that only the test moves.
func each(t *testing.T, body func(t *testing.T, db *store.DB, clock *storetest.Clock, anna string)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ring := keyringtest.Ring(t)
		anna := id.At(clock.Now())
		err := db.Write(ctx, func(tx *store.Tx) error {
			key, err := ring.NewPerson(ctx, tx, anna)
			if err != nil {
				return err
			}
			return (&account.Service{DB: db, Ring: ring}).Create(ctx, tx, key, account.New{ID: anna, Lang: i18n.RU, AgreedAt: tx.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		body(t, db, clock, anna)
	})
}

func tell(t *testing.T, db *store.DB, e alert.Event) alert.Alert {
	t.Helper()
	var a alert.Alert
	err := db.Write(ctx, func(tx *store.Tx) error {
		token, err := alert.Tell(ctx, tx, e, tx.Now(), 240*time.Hour)
		if err != nil {
			return err
		}
		a, err = alert.ByToken(ctx, tx, token)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func disavow(t *testing.T, db *store.DB, a alert.Alert, d time.Duration) (first bool) {
	t.Helper()
	err := db.Write(ctx, func(tx *store.Tx) (err error) {
		first, err = alert.Disavow(ctx, tx, a, tx.Now().Add(d))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// Two events pause until the later end and doubt since the earlier moment; what each session was proved by is in doubt.
func TestAPauseIsOfAllEventsThatWereDisavowed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock, anna string) {
		before := db.Now()
		clock.Advance(time.Hour)
		one := tell(t, db, alert.Event{Account: anna, What: alert.Device, Methods: "pwd sms"})
		clock.Advance(time.Hour)
		two := tell(t, db, alert.Event{Account: anna, What: alert.Factor, Methods: "pwd otp"})
		if p, err := alert.Of(ctx, db, anna); err != nil || p.On() || p.New(db.Now()) || p.Doubts("sms") {
			t.Errorf("nothing was disavowed: %+v, %v", p, err)
		}
		if !disavow(t, db, two, 24*time.Hour) || disavow(t, db, two, 48*time.Hour) {
			t.Error("an event is disavowed twice")
		}
		if !disavow(t, db, one, 2*time.Hour) {
			t.Error("the other one is not")
		}
		p, err := alert.Of(ctx, db, anna)
		if err != nil || p.Until.Sub(db.Now()) != 24*time.Hour || !p.Since.Equal(one.At) {
			t.Errorf("%+v, %v", p, err)
		}
		if p.New(before) || !p.New(one.At) || !p.New(db.Now()) || !p.Doubts("sms") || !p.Doubts("otp") || p.Doubts("email") {
			t.Errorf("doubts: %+v", p)
		}
		if err := alert.Allowed(ctx, db, anna); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("allowed: %v", err)
		}
		if err := alert.Allowed(ctx, db, "another"); err != nil {
			t.Errorf("another's: %v", err)
		}
		clock.Advance(2 * time.Hour)
		if p, err = alert.Of(ctx, db, anna); err != nil || p.Doubts("sms") || !p.On() {
			t.Errorf("the first one is over: %+v, %v", p, err)
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			was, err := alert.Lift(ctx, tx, anna)
			if !was {
				t.Error("there was a pause")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := alert.Allowed(ctx, db, anna); err != nil {
			t.Errorf("it was lifted: %v", err)
		}
	})
}

func TestALinkThatIsOldIsGoneAndSweptOncePausesAreOver(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock, anna string) {
		a := tell(t, db, alert.Event{Account: anna, What: alert.Password})
		clock.Advance(240*time.Hour - time.Minute)
		disavow(t, db, a, 24*time.Hour)
		count := func() (n int) {
			t.Helper()
			if err := db.QueryRow(ctx, `SELECT count(*) FROM alert WHERE account_id = $1`, anna).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		clock.Advance(time.Hour)
		if err := alert.Sweep(ctx, db); err != nil || count() != 1 {
			t.Errorf("a pause is swept away: %v", err)
		}
		clock.Advance(24 * time.Hour)
		if err := alert.Sweep(ctx, db); err != nil || count() != 0 {
			t.Errorf("it lies about: %v", err)
		}
	})
}
