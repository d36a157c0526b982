package agent_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/fault"
	"okno/internal/keyring/keyringtest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var (
	ctx   = context.Background()
	admin = access.Actor{Kind: access.Staff, ID: "admin-one", Role: access.Admin}
)

func open(t *testing.T, db *store.DB) *agent.Service {
	t.Helper()
	return &agent.Service{DB: db, Ring: keyringtest.Ring(t), Policy: policy.Default(), Agency: func(code string) bool { return code == "fns" }}
}

func valid() agent.New {
	return agent.New{Unit: "fns", Name: "АИС «Налог»", Scopes: []access.Scope{access.CasesRead}}
}

func TestOnlyAnAdministratorGivesTokensOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		a, token, err := s.Register(ctx, admin, valid())
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []access.Actor{{}, {Kind: access.Person, ID: "p"}, {Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "fns"}, {Kind: access.Agent, ID: a.ID, Unit: "fns", Scopes: "cases:read"}} {
			_, _, err1 := s.Register(ctx, who, valid())
			_, err2 := s.Rotate(ctx, who, a.ID)
			_, err3 := s.Show(ctx, who, token.ID)
			_, err4 := s.List(ctx, who)
			for _, err := range []error{err1, err2, err3, err4, s.Revoke(ctx, who, token.ID), s.Close(ctx, who, a.ID)} {
				if k := fault.KindOf(err); err == nil || k != fault.Denied && k != fault.Unauthenticated {
					t.Errorf("%s %s: %v", who.Kind, who.Role, err)
				}
			}
		}
		if _, _, err := s.Enter(ctx, token.Secret); err != nil {
			t.Errorf("the token does not open any more: %v", err)
		}
	})
}

func TestATokenIsShownOnceAndItsHashIsKept(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := open(t, db)
		a, token, err := s.Register(ctx, admin, valid())
		if err != nil {
			t.Fatal(err)
		}
		shown := make([]string, 4)
		var wg sync.WaitGroup
		for i := range shown {
			wg.Go(func() {
				got, err := s.Show(ctx, admin, token.ID)
				if err != nil && !errors.Is(err, agent.ErrShown) {
					t.Error(err)
				}
				shown[i] = got.Secret
			})
		}
		wg.Wait()
		if all := strings.Join(shown, ""); all != token.Secret {
			t.Errorf("the token was shown %d times", len(all)/len(token.Secret))
		}
		late, err := s.Rotate(ctx, admin, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(6 * time.Minute)
		if _, err := s.Show(ctx, admin, late.ID); !errors.Is(err, agent.ErrShown) {
			t.Errorf("a token is shown after minutes: %v", err)
		}
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM agent_token WHERE fresh IS NOT NULL`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d tokens lie there still, %v", left, err)
		}
	})
}

func TestARotatedTokenWorksBesideTheNewOneAndEnds(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := open(t, db)
		a, first, err := s.Register(ctx, admin, valid())
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Rotate(ctx, admin, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, secret := range map[string]string{"old": first.Secret, "new": second.Secret} {
			if who, _, err := s.Enter(ctx, secret); err != nil || who.Unit != "fns" || who.ID != a.ID || who.Kind != access.Agent {
				t.Errorf("the %s token: %+v, %v", name, who, err)
			}
		}
		clock.Advance(s.Policy.Agency.Overlap)
		if _, _, err := s.Enter(ctx, first.Secret); !errors.Is(err, agent.ErrExpired) {
			t.Errorf("the old token after the overlap: %v", err)
		}
		if err := s.Close(ctx, admin, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Enter(ctx, second.Secret); !errors.Is(err, agent.ErrRevoked) {
			t.Errorf("a token of a closed system: %v", err)
		}
		if _, err := s.Rotate(ctx, admin, a.ID); !errors.Is(err, agent.ErrClosed) {
			t.Errorf("a closed system gets a token: %v", err)
		}
	})
}

func TestWhatIsNoSystemIsRefusedByItsField(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		for field, spoil := range map[string]func(*agent.New){
			"unit": func(n *agent.New) { n.Unit = "nobody" }, "name": func(n *agent.New) { n.Name = "a\nb" }, "scopes": func(n *agent.New) { n.Scopes = []access.Scope{"all"} },
			"days": func(n *agent.New) { n.Lifetime = 91 * 24 * time.Hour },
		} {
			n := valid()
			spoil(&n)
			_, _, err := s.Register(ctx, admin, n)
			if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
