package application_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/staff"
)

// OPS-2: an employee who is limited to some services neither sees nor gets cases of others, and from the next moment on.
func TestWhoIsLimitedToAServiceNeitherSeesNorGetsCasesOfAnother(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		hire := func(login string, role access.Role, services ...string) access.Actor {
			e, _, err := x.World.Staff.Add(ctx, access.SystemActor(), staff.New{Login: login, Name: login, Role: role, Unit: "rosreestr", Encoded: "-", Services: services})
			if err != nil {
				t.Fatal(err)
			}
			return e.Actor()
		}
		mine, others := hire("nina", access.Officer, extract, extract), hire("zoya", access.Officer, "rosreestr.right")
		if list, err := x.Find(ctx, mine, application.Filter{}, nil, 10); err != nil || mine.Services != extract || len(list.Cases) != 1 {
			t.Errorf("limited to the same service twice they are limited to %q and read %d cases, %v", mine.Services, len(list.Cases), err)
		}
		if n, err := x.Count(ctx, mine, application.Filter{}); err != nil || n[0] != 1 {
			t.Errorf("limited to the same service twice they count %v cases, %v", n, err)
		}
		if _, err := x.Take(ctx, others, c.ID); !errors.Is(err, application.ErrMissing) {
			t.Errorf("a case of another service was taken: %v", err)
		}
		for _, give := range []access.Actor{x.head, {Kind: access.Agent, ID: "system", Unit: "rosreestr", Scopes: "cases:assign"}} {
			if _, err := x.Assign(ctx, give, c.ID, application.Handing{To: others.ID}); !errors.Is(err, application.ErrColleague) {
				t.Errorf("a case was given to whoever does not see it: %v", err)
			}
		}
		list, err := x.Colleagues(ctx, x.head, extract)
		for _, e := range list {
			if e.ID == others.ID {
				t.Error("who does not see the case is offered it")
			}
		}
		if all, err2 := x.Colleagues(ctx, x.head, ""); err != nil || err2 != nil || len(all) != len(list)+1 {
			t.Errorf("%d of %d employees are offered the case, %v, %v", len(list), len(all), err, err2)
		}
		plan, err := x.Plan(ctx, x.head, application.Doing{Deed: application.Assigned, Officer: others.ID}, []string{c.ID})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := x.Batch(ctx, x.head, plan); err != nil || b.Cases[0].Result != "application.colleague" {
			t.Errorf("the preview of a batch says %+v, %v", b.Cases, err)
		}
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: mine.ID}); err != nil {
			t.Fatal(err)
		}
		if err := x.World.Staff.Limit(ctx, access.SystemActor(), "zoya", []string{"rosreestr.right", extract, "rosreestr.right"}); err != nil {
			t.Fatal(err)
		}
		if e, ok, err := x.World.Staff.Get(ctx, x.World.DB, others.ID); err != nil || !ok || e.Services != extract+" rosreestr.right" {
			t.Errorf("the limit is kept as %q, %v", e.Services, err)
		}
		if err := x.World.Staff.Limit(ctx, access.SystemActor(), "zoya", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Assign(ctx, mine, c.ID, application.Handing{To: others.ID}); err != nil {
			t.Errorf("who is limited no more does not get the case: %v", err)
		}
		for name, err := range map[string]error{
			"nobody": x.World.Staff.Limit(ctx, access.SystemActor(), "nobody", nil), "by an officer": x.World.Staff.Limit(ctx, x.head, "zoya", nil),
			"two words": x.World.Staff.Limit(ctx, access.SystemActor(), "zoya", []string{"a b"}),
		} {
			if err == nil {
				t.Errorf("%s: the limit was taken", name)
			}
		}
	})
}

// A head who is limited is told of nothing else, and is no head for the complaints of other services.
func TestAHeadWhoIsLimitedLeadsTheDeskOfTheirServicesAlone(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.refused(t, x.head)
		m := x.complain(t, c.ID, application.AgainstRefusal)
		e, _, err := x.World.Staff.Add(ctx, access.SystemActor(), staff.New{Login: "vera", Name: "vera", Role: access.Head, Unit: "rosreestr", Encoded: "-", Services: []string{"rosreestr.right"}})
		if err != nil {
			t.Fatal(err)
		}
		vera := e.Actor()
		if alone, err := x.Stranded(ctx, m); err != nil || !alone {
			t.Errorf("the complaint waits for a head who does not see it: %v", err)
		}
		if _, n, err := x.ForHead(ctx, vera, 10); err != nil || n != 0 {
			t.Errorf("%d complaints of another service wait for her, %v", n, err)
		}
		if list, err := x.deskComplaints(vera); err != nil || len(list) != 0 {
			t.Errorf("she reads %+v, %v", list, err)
		}
		if _, err := x.Judge(ctx, vera, c.ID, application.Ruling{Reasons: "Нет"}); !errors.Is(err, application.ErrMissing) {
			t.Errorf("she decides it: %v", err)
		}
		if err := x.World.Staff.Limit(ctx, access.SystemActor(), "vera", []string{"rosreestr.right", extract}); err != nil {
			t.Fatal(err)
		}
		if alone, err := x.Stranded(ctx, m); err != nil || alone {
			t.Errorf("the complaint does not wait for her: %v", err)
		}
	})
}

// What the head sees of the load is what they see of the cases.
func TestTheLoadOfWhoIsLimitedCountsTheirServices(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		cases := x.sow(t, rand.New(rand.NewPCG(3, 3)), 60, []string{x.anna.ID}, []string{"fns"}) //nolint:gosec // a test's dice
		sum := func(services string) (n, officers int) {
			l, err := x.Load(ctx, access.Actor{Kind: access.Staff, ID: "head", Role: access.Head, Unit: "fns", Services: services})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range l.Days {
				n += d.N
			}
			for _, o := range l.Officers {
				officers += o.All
			}
			return n, officers
		}
		all, taken := sum("")
		one, takenOne := sum(extract)
		two, takenTwo := sum("rosreestr.right")
		both, takenBoth := sum(extract + " rosreestr.right")
		if one == 0 || two == 0 || one+two != all || both != all || takenOne+takenTwo != taken || takenBoth != taken || takenOne == taken {
			t.Errorf("of %d cases %d and %d, together %d; of %d that were taken %d and %d, together %d (%d were made)", all, one, two, both, taken, takenOne, takenTwo, takenBoth, len(cases))
		}
	})
}
