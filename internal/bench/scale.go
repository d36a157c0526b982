package bench

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/system"
)

// few is the size of the small database.
const few = 1000

// cheap is a hash that costs nothing, so that what is left of a sign-in is the database.
var cheap = keyring.Cost{KiB: 8, Passes: 1, Lanes: 1} //nolint:gochecknoglobals // a constant

// town is a database with so many accounts, and some of them who come.
type town struct {
	x      *system.System
	signIn *signin.Service
	some   []person
	next   int
}

func (b *bench) settle(ctx context.Context, e store.Engine, n int) (*town, func(), error) {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return nil, nil, err
	}
	x, err := p.verbs(ctx)
	if err != nil {
		return nil, nil, err
	}
	leave := func() {
		x.Close() //nolint:errcheck // the database is thrown away
		p.drop()  //nolint:errcheck // as above
	}
	hasher := keyring.NewHasher(x.Ring, keyring.HasherConfig{Cost: cheap})
	encoded, err := hasher.Hash(ctx, password)
	if err != nil {
		leave()
		return nil, nil, err
	}
	all, err := people(ctx, x, n, encoded, access.Simplified)
	if err != nil {
		leave()
		return nil, nil, err
	}
	if e == store.Postgres { // as the autovacuum will have done on any other day
		if _, err := x.DB.Writer().ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
			leave()
			return nil, nil, err
		}
	}
	t := &town{x: x}
	for i := range min(n, 20_000) { // from everywhere in it
		t.some = append(t.some, all[i*7919%n])
	}
	t.signIn = &signin.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Hasher: hasher, Contacts: x.Contacts, Credentials: x.Credentials, Staff: x.Staff,
		Notices: x.Notices, Log: slog.New(slog.DiscardHandler), Clock: time.Now}
	return t, leave, nil
}

// during does one thing again and again, for different people, and returns the time that one took.
func (t *town) during(d time.Duration, one func(p person) error) (time.Duration, error) {
	began, n := time.Now(), 0
	for time.Since(began) < d {
		t.next++
		if err := one(t.some[t.next%len(t.some)]); err != nil {
			return 0, err
		}
		n++
	}
	return time.Since(began) / time.Duration(n), nil
}

func (t *town) enter(ctx context.Context) func(p person) error {
	return func(p person) error {
		_, err := t.signIn.SignIn(ctx, credential.Visitor{Browser: p.browser, Prefix: "10.0.0.0/24", Agent: "Chrome, Linux", Lang: i18n.RU}, p.phone, password)
		return err
	}
}

func (t *town) check(ctx context.Context) func(p person) error {
	return func(p person) error {
		_, err := t.x.Credentials.Peek(ctx, p.token)
		return err
	}
}

// scale compares what a sign-in and the check of a session take with many accounts and with a thousand.
func (b *bench) scale(ctx context.Context, e store.Engine) error {
	small, leave, err := b.settle(ctx, e, few)
	if err != nil {
		return err
	}
	defer leave()
	began := time.Now()
	large, leaveToo, err := b.settle(ctx, e, b.Many)
	if err != nil {
		return err
	}
	defer leaveToo()
	b.say("  %s: %d accounts made in %v", e, b.Many, time.Since(began).Round(time.Second))
	for _, what := range []struct {
		name string
		one  func(t *town) func(p person) error
	}{
		{"a sign-in", func(t *town) func(p person) error { return t.enter(ctx) }},
		{"a session check", func(t *town) func(p person) error { return t.check(ctx) }},
	} {
		var took [2][]time.Duration
		for i := range b.Slices + 1 {
			for side, t := range []*town{small, large} {
				d, err := t.during(b.Slice/2, what.one(t))
				if err != nil {
					return err
				}
				if i > 0 {
					took[side] = append(took[side], d)
				}
			}
		}
		a, z := median(took[0]), median(took[1])
		ratio := float64(z) / float64(a)
		goal, met := atMost(ratio, 1.2)
		b.add(fmt.Sprintf("%s with %d accounts ÷ with %d", what.name, b.Many, few), e, fmt.Sprintf("%.2f", ratio), goal, met, "%d µs beside %d µs, one after the other; the hash costs nothing here", z.Microseconds(), a.Microseconds())
	}
	return nil
}
