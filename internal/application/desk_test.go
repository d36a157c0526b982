package application_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
)

// second is the code of a service like the extract, but its decisions need two officers.
const second = "rosreestr.second"

// eyes is the definition of that service.
func eyes(t *testing.T) fs.FS {
	t.Helper()
	src, err := os.ReadFile("../catalogue/services/property-extract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for old, new := range map[string]string{"code: rosreestr.extract": "code: " + second, "slug: property-extract": "slug: second", "  popular: 2\n": "",
		"    approve:\n": "    approve:\n      fourEyes: true\n", "    refuse:\n": "    refuse:\n      fourEyes: true\n"} {
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q stands there %d times", old, strings.Count(text, old))
		}
		text = strings.Replace(text, old, new, 1)
	}
	return fstest.MapFS{"second.yaml": {Data: []byte(text)}}
}

// bureau is an office with employees, and with a service whose decisions need two of them.
type bureau struct {
	office
	ivan, olga, head, stranger access.Actor
}

func desked(t *testing.T, body func(t *testing.T, x bureau)) {
	t.Helper()
	clocked(t, func(t *testing.T, o office) {
		list, err := catalogue.Load(eyes(t))
		if err != nil {
			t.Fatal(err)
		}
		o.Catalogue, o.Service.Staff = list, o.World.Staff
		x := bureau{office: o}
		hire := func(login string, role access.Role, unit string) access.Actor {
			e, _, err := o.World.Staff.Add(ctx, access.SystemActor(), staff.New{Login: login, Name: login, Role: role, Unit: unit, Encoded: "-"})
			if err != nil {
				t.Fatal(err)
			}
			return access.Actor{Kind: access.Staff, ID: e.ID, Role: role, Unit: unit}
		}
		x.ivan, x.olga = hire("ivan", access.Officer, "rosreestr"), hire("olga", access.Officer, "rosreestr")
		x.head, x.stranger = hire("head", access.Head, "rosreestr"), hire("stranger", access.Officer, "fns")
		body(t, x)
	})
}

// filed is a case of the service that waits for an officer.
func (x bureau) filed(t *testing.T, service string) application.Case {
	t.Helper()
	d, err := x.Begin(ctx, x.anna, service)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"true"}, "extract.kind": {"object"}}
	for _, page := range d.Form.Pages {
		if d, err = x.SavePage(ctx, x.anna, service, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	c, err := x.Submit(ctx, x.anna, service, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (x bureau) get(t *testing.T, id string) application.Case {
	t.Helper()
	c, err := x.Get(ctx, x.ivan, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// deeds are what officers did with the case, in short.
func (x bureau) deeds(t *testing.T, id string) string {
	t.Helper()
	list, err := x.Deeds(ctx, x.olga, id)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{x.ivan.ID: "ivan", x.olga.ID: "olga", x.head.ID: "head", "": "-"}
	var out []string
	for _, d := range list {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s>%s %s", d.Deed, names[d.Actor], names[d.Officer], d.Note)))
	}
	return strings.Join(out, "; ")
}

func TestAListIsReadPageByPageForwardsAndBackWithoutLossOrRepetition(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test's dice
		x.sow(t, r, 60, []string{x.anna.ID}, []string{"rosreestr"})
		who := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
		for _, f := range []application.Filter{{}, {Turn: application.Any}, {Turn: application.Any, Sort: application.Newest}, {Turn: application.Waiting, Sort: application.Oldest},
			{Turn: application.Ended, Sort: application.LastDone}, {Turn: application.Agency, Officer: application.Mine}, {Turn: application.Agency, Due: application.Near}} {
			whole, err := x.Find(ctx, who, f, nil, 1000)
			if err != nil || len(whole.Cases) < 3 || whole.Next != nil || whole.Prev != nil {
				t.Fatalf("%+v: %d cases, %v", f, len(whole.Cases), err)
			}
			want := ids(whole.Cases)
			if got := ids(x.pages(t, who, f, 7)); got != want {
				t.Errorf("%+v forwards:\n%s, not\n%s", f, got, want)
			}
			var from *application.Mark // to the end, then back
			for l, err := x.Find(ctx, who, f, nil, 7); l.Next != nil; l, err = x.Find(ctx, who, f, from, 7) {
				if err != nil {
					t.Fatal(err)
				}
				from = application.MarkOf(l.Next.Text())
			}
			last, err := x.Find(ctx, who, f, from, 7)
			if err != nil {
				t.Fatal(err)
			}
			back := ids(last.Cases)
			for from = last.Prev; from != nil; {
				l, err := x.Find(ctx, who, f, application.MarkOf(from.Text()), 7)
				if err != nil {
					t.Fatal(err)
				}
				if len(l.Cases) == 0 || l.Next == nil {
					t.Fatalf("%+v: a page before another has %d cases and leads to %v", f, len(l.Cases), l.Next)
				}
				back, from = ids(l.Cases)+back, l.Prev
			}
			if back != want {
				t.Errorf("%+v back:\n%s, not\n%s", f, back, want)
			}
			n, err := x.Count(ctx, who, f)
			if err != nil || n[0] != len(whole.Cases) {
				t.Errorf("%+v: counted %v, there are %d: %v", f, n, len(whole.Cases), err)
			}
		}
	})
}

func ids(list []application.Case) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(c.ID + " ")
	}
	return b.String()
}

func TestAFilterShowsWhatItSays(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		r := rand.New(rand.NewPCG(11, 3)) //nolint:gosec // a test's dice
		x.sow(t, r, 80, []string{x.anna.ID}, []string{"rosreestr"})
		who := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
		all := x.pages(t, who, application.Filter{Turn: application.Any}, 50)
		if len(all) != 80 {
			t.Fatalf("%d cases", len(all))
		}
		now := x.Service.DB.Now()
		near := now.Add(x.Service.Policy.Cases.Near)
		for name, tt := range map[string]struct {
			f    application.Filter
			want func(c application.Case) bool
		}{
			"open":       {application.Filter{}, func(c application.Case) bool { return c.Outcome == "" }},
			"a service":  {application.Filter{Service: extract, Turn: application.Any}, func(c application.Case) bool { return c.Service == extract }},
			"another":    {application.Filter{Service: income, Turn: application.Any}, func(application.Case) bool { return false }},
			"a state":    {application.Filter{State: "in-work"}, func(c application.Case) bool { return c.State == "in-work" }},
			"waiting":    {application.Filter{Turn: application.Waiting}, func(c application.Case) bool { return c.Turn == procedure.TurnSystem }},
			"ended":      {application.Filter{Turn: application.Ended}, func(c application.Case) bool { return c.Outcome != "" }},
			"mine":       {application.Filter{Officer: application.Mine}, func(c application.Case) bool { return c.Officer == "officer-1" }},
			"nobody's":   {application.Filter{Officer: application.Nobodys, Turn: application.Agency}, func(c application.Case) bool { return c.Officer == "" && c.Turn == procedure.TurnAgency }},
			"another's":  {application.Filter{Officer: "officer-2"}, func(c application.Case) bool { return c.Officer == "officer-2" }},
			"overdue":    {application.Filter{Due: application.Overdue}, func(c application.Case) bool { return !c.DueAt.IsZero() && c.DueAt.Before(now) }},
			"near":       {application.Filter{Due: application.Near}, func(c application.Case) bool { return !c.DueAt.IsZero() && c.DueAt.Before(near) }},
			"later":      {application.Filter{Due: application.Later}, func(c application.Case) bool { return !c.DueAt.IsZero() && !c.DueAt.Before(near) }},
			"undated":    {application.Filter{Due: application.Undated}, func(c application.Case) bool { return c.Outcome == "" && c.DueAt.IsZero() }},
			"old":        {application.Filter{Days: 20}, func(c application.Case) bool { return c.Outcome == "" && c.SubmittedAt.Before(now.AddDate(0, 0, -20)) }},
			"one number": {application.Filter{Number: all[0].Number}, func(c application.Case) bool { return c.ID == all[0].ID }},
			"its digits": {application.Filter{Number: " " + strings.TrimLeft(all[1].Number[5:], "0")}, func(c application.Case) bool { return c.ID == all[1].ID }},
			"no number":  {application.Filter{Number: "дело"}, func(application.Case) bool { return false }},
		} {
			got := map[string]bool{}
			for _, c := range x.pages(t, who, tt.f, 9) {
				got[c.ID] = true
			}
			for _, c := range all {
				want := tt.want(c)
				if name != "ended" && name != "a service" && name != "one number" && name != "its digits" {
					want = want && c.Outcome == ""
				}
				if got[c.ID] != want {
					t.Errorf("%s: case %s (%s, officer %q, due %v) is shown: %v", name, c.ID, c.State, c.Officer, c.DueAt, got[c.ID])
				}
			}
		}
		if _, err := x.Find(ctx, who, application.Filter{Sort: "id; DROP TABLE application"}, nil, 9); !errors.Is(err, application.ErrFilter) {
			t.Errorf("an order that no page offers: %v", err)
		}
	})
}

func TestACountStopsAtAHundred(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.sow(t, rand.New(rand.NewPCG(1, 1)), 150, []string{x.anna.ID}, []string{"rosreestr"}) //nolint:gosec // a test's dice
		who := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
		n, err := x.Count(ctx, who, application.Filter{Turn: application.Any}, application.Filter{Number: "2026-500003"})
		if err != nil || n[0] != application.Lots || n[1] != 1 {
			t.Errorf("%v, %v", n, err)
		}
	})
}

// How many cases have a state is counted before a list of it is read, as rare ones are read in another way. That it is common is remembered for a
// while, and does no harm when it is no more.
func TestThatAStateIsCommonIsCountedOnceAMinute(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		one := x.sow(t, rand.New(rand.NewPCG(1, 1)), 1, []string{x.anna.ID}, []string{"rosreestr"})[0] //nolint:gosec // a test's dice
		who := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
		change := func(text string, args ...any) {
			t.Helper()
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, text, args...) }); err != nil {
				t.Fatal(err)
			}
		}
		change(`UPDATE application SET state = 'in-work', turn = 'agency', outcome = '' WHERE id = $1`, one.id)
		change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
			INSERT INTO application (id, number, account_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, version)
			SELECT id || '-' || CAST(i AS TEXT), number || '-' || CAST(i AS TEXT), account_id, service, definition, unit, state, turn, outcome, '', content, 0, '', submitted_at, entered_at, 1 FROM application, n WHERE id = $1`, one.id)
		f := application.Filter{State: "in-work", Turn: application.Agency, Sort: application.Newest}
		asked := func(want int64) (ids []string) {
			t.Helper()
			counted, n := store.Counting(ctx)
			l, err := x.Find(counted, who, f, nil, 3)
			if err != nil {
				t.Fatal(err)
			}
			if n.Load() != want {
				t.Errorf("it takes %d statements, not %d", n.Load(), want)
			}
			for _, c := range l.Cases {
				ids = append(ids, strings.TrimPrefix(c.ID, one.id))
			}
			return ids
		}
		if _, err := x.Find(ctx, who, f, nil, 3); err != nil { // reads the definition, too
			t.Fatal(err)
		}
		if got := asked(1); fmt.Sprint(got) != "[-999 -998 -997]" {
			t.Errorf("%v", got)
		}
		x.clock.Advance(2 * time.Minute)
		asked(2)
		change(`UPDATE application SET state = 'done', turn = 'none', outcome = 'granted' WHERE id <> $1 AND id <> $2`, one.id, one.id+"-7")
		if got := asked(1); fmt.Sprint(got) != "[-7 ]" {
			t.Errorf("the few that are left are %q", got)
		}
	})
}

func TestASavedQueryIsItsOfficersOrTheAgencys(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		own, err := x.SaveQuery(ctx, x.ivan, application.Query{Name: " Мои срочные ", Own: true, Filter: application.Filter{Officer: application.Mine, Due: application.Near}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.SaveQuery(ctx, x.ivan, application.Query{Name: "Для всех", Filter: application.Filter{}}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer saved a query for the agency: %v", err)
		}
		agency, err := x.SaveQuery(ctx, x.head, application.Query{Name: "Выписки", Filter: application.Filter{Service: extract}})
		if err != nil {
			t.Fatal(err)
		}
		names := func(who access.Actor) (out []string) {
			list, err := x.Queries(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range list[len(application.Queues()):] {
				out = append(out, q.Name)
			}
			return out
		}
		for who, want := range map[string]struct {
			a    access.Actor
			want string
		}{"ivan": {x.ivan, "[Выписки Мои срочные]"}, "olga": {x.olga, "[Выписки]"}, "another agency": {x.stranger, "[]"}} {
			if got := fmt.Sprint(names(want.a)); got != want.want {
				t.Errorf("%s sees %s", who, got)
			}
		}
		for _, other := range []access.Actor{x.olga, x.head, x.stranger} {
			if err := x.RemoveQuery(ctx, other, own.ID); !errors.Is(err, application.ErrMissing) {
				t.Errorf("another's query was removed: %v", err)
			}
		}
		if err := x.RemoveQuery(ctx, x.ivan, agency.ID); !errors.Is(err, application.ErrMissing) {
			t.Errorf("an officer removed the agency's: %v", err)
		}
		again, err := x.SaveQuery(ctx, x.ivan, application.Query{Name: "Мои срочные", Own: true, Filter: application.Filter{Officer: application.Mine}})
		if err != nil || again.ID != own.ID || len(names(x.ivan)) != 2 {
			t.Errorf("a name that is there gets the new filter: %v", err)
		}
		for i := range x.Service.Policy.Cases.QueriesMost {
			_, err = x.SaveQuery(ctx, x.ivan, application.Query{Name: fmt.Sprint(i), Own: true})
		}
		if !errors.Is(err, application.ErrQueries) {
			t.Errorf("there is no end to them: %v", err)
		}
		if err := errors.Join(x.RemoveQuery(ctx, x.ivan, own.ID), x.RemoveQuery(ctx, x.head, agency.ID)); err != nil {
			t.Error(err)
		}
	})
}

func TestACaseIsHandedOverWithinTheAgencyAndGivenByItsHead(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		if _, err := x.Assign(ctx, x.ivan, c.ID, application.Handing{To: x.olga.ID}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer gave away what he does not have: %v", err)
		}
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.stranger.ID}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("it went to another agency: %v", err)
		}
		if _, err := x.Assign(ctx, x.stranger, c.ID, application.Handing{To: x.stranger.ID}); !errors.Is(err, application.ErrMissing) {
			t.Errorf("another agency took it: %v", err)
		}
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.ivan.ID, Words: "Срочно", Version: c.Version}); err != nil {
			t.Fatal(err)
		}
		if c = x.get(t, c.ID); c.Officer != x.ivan.ID || c.State != "submitted" || c.Version != 1 {
			t.Errorf("the case is %s of %s, version %d", c.State, c.Officer, c.Version)
		}
		x.clock.Advance(time.Second)
		if _, err := x.Assign(ctx, x.ivan, c.ID, application.Handing{To: x.olga.ID, Words: "Ухожу в отпуск"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Take(ctx, x.olga, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Release(ctx, x.ivan, c.ID, application.Handing{}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("he put back what is hers: %v", err)
		}
		if _, err := x.Release(ctx, x.olga, c.ID, application.Handing{}); err != nil {
			t.Fatal(err)
		}
		if c = x.get(t, c.ID); c.Officer != "" || c.State != "submitted" {
			t.Errorf("put back it is %s of %q", c.State, c.Officer)
		}
		if got, want := x.deeds(t, c.ID), "assigned head>ivan Срочно; handed-over ivan>olga Ухожу в отпуск"; got != want {
			t.Errorf("the history says %q, not %q", got, want)
		}
		if _, err := x.Deeds(ctx, x.anna, c.ID); !errors.Is(err, access.ErrDenied) {
			t.Errorf("the applicant reads what officers write to each other: %v", err)
		}
		if err := x.World.Staff.Dismiss(ctx, access.SystemActor(), "olga"); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.olga.ID}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("it went to somebody who is dismissed: %v", err)
		}
		list, err := audit.Looks(ctx, x.Service.DB, x.anna.ID, 10, "")
		if err != nil || len(list) == 0 {
			t.Errorf("the person's record says nothing of it: %v", err)
		}
	})
}

// A case that was given to somebody today has been in its state for longer; what counts is since when they have it.
func TestACaseThatWasGivenToAnOfficerIsTheirsForAsLongAsOneThatTheyTook(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		x.clock.Advance(48 * time.Hour)
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.ivan.ID}); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(8*time.Hour - time.Minute)
		if err := x.GiveBack(ctx); err != nil || x.get(t, c.ID).Officer != x.ivan.ID {
			t.Fatalf("it was taken from him within the eight hours: %v", err)
		}
		x.clock.Advance(2 * time.Minute)
		if err := x.GiveBack(ctx); err != nil || x.get(t, c.ID).Officer != "" {
			t.Fatalf("it is still his: %v", err)
		}
		if got := x.deeds(t, c.ID); got != "assigned head>ivan; given-back ->-" {
			t.Errorf("the history says %q", got)
		}
		if c = x.get(t, c.ID); c.State != "submitted" {
			t.Errorf("the state is %s", c.State)
		}
	})
}

func TestWhereTwoMustAgreeTheAgencysSystemIsOneOfThem(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, second)
		agent := access.Actor{Kind: access.Agent, ID: "agent-1", Unit: x.ivan.Unit, Scopes: "cases:read cases:decide"}
		if _, err := x.Do(ctx, agent, c.ID, application.Act{Event: "take"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Do(ctx, agent, c.ID, application.Act{Event: "approve"}); err != nil {
			t.Fatal(err)
		}
		if got := x.get(t, c.ID); got.State != "in-work" {
			t.Fatalf("a system alone brought it to %s", got.State)
		}
		if done, err := x.Service.Confirm(ctx, x.olga, c.ID, 0); err != nil || done.State == "in-work" {
			t.Errorf("%s, %v", done.State, err)
		}
	})
}

func TestWhereTwoMustAgreeNobodyConfirmsTheirOwn(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, second)
		if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
			t.Fatal(err)
		}
		refusal := application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Проверьте фамилию"}
		if _, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch"}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("half a decision was proposed: %v", err)
		}
		c, err := x.Do(ctx, x.ivan, c.ID, refusal)
		if err != nil || c.State != "in-work" || c.Outcome != "" {
			t.Fatalf("one officer alone brought it to %s: %v", c.State, err)
		}
		if got := x.get(t, c.ID); got.State != "in-work" {
			t.Fatalf("it is %s", got.State)
		}
		for who, want := range map[*access.Actor]int{&x.ivan: 0, &x.olga: 1, &x.head: 1, &x.stranger: 0} {
			n, err := x.OfUnit(ctx, *who, application.QueueSecond, 10)
			if err != nil || len(n) != want {
				t.Errorf("%s finds %d decisions to confirm: %v", who.ID, len(n), err)
			}
		}
		agent := access.Actor{Kind: access.Agent, ID: "agent-1", Unit: x.ivan.Unit, Scopes: "cases:read cases:decide"}
		if _, err := x.Do(ctx, agent, c.ID, application.Act{Event: "approve"}); !errors.Is(err, application.ErrProposed) {
			t.Errorf("the agency's system went over what waits for a second officer: %v", err)
		}
		if _, err := x.Service.Confirm(ctx, x.ivan, c.ID, 0); !errors.Is(err, application.ErrOwn) {
			t.Errorf("he confirmed his own: %v", err)
		}
		head := x.ivan // the same person in another role is the same person
		head.Role = access.Head
		if _, err := x.Service.Confirm(ctx, head, c.ID, 0); !errors.Is(err, application.ErrOwn) {
			t.Errorf("as head he confirmed his own: %v", err)
		}
		if _, err := x.Service.Confirm(ctx, x.stranger, c.ID, 0); !errors.Is(err, application.ErrMissing) {
			t.Errorf("another agency confirmed it: %v", err)
		}
		for _, act := range []application.Act{{Event: "approve"}, refusal, {Event: "release"}} {
			if _, err := x.Do(ctx, x.olga, c.ID, act); !errors.Is(err, application.ErrProposed) {
				t.Errorf("%s while a decision waits: %v", act.Event, err)
			}
		}
		if _, err := x.Return(ctx, x.olga, c.ID, "  ", 0); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("returned without a word: %v", err)
		}
		x.clock.Advance(time.Second)
		if _, err := x.Return(ctx, x.olga, c.ID, "Фамилия верна", 0); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Second)
		if _, err := x.Service.Confirm(ctx, x.olga, c.ID, 0); !errors.Is(err, application.ErrNoProposal) {
			t.Errorf("what was returned was confirmed: %v", err)
		}
		refusal.Advice = "Проверьте отчество"
		if _, err := x.Do(ctx, x.ivan, c.ID, refusal); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Second)
		if c, err = x.Service.Confirm(ctx, x.olga, c.ID, c.Version); err != nil || c.Outcome != procedure.Refused || c.Content.Advice != "Проверьте отчество" {
			t.Fatalf("%s, %+v, %v", c.State, c.Content, err)
		}
		want := "proposed ivan>ivan Проверьте фамилию; returned olga>ivan Фамилия верна; proposed ivan>ivan Проверьте отчество; confirmed olga>ivan"
		if got := x.deeds(t, c.ID); got != want {
			t.Errorf("the history says\n%s, not\n%s", got, want)
		}
		if last := x.get(t, c.ID).Events; last[len(last)-1].Actor != x.olga.ID {
			t.Errorf("the move is %s's", last[len(last)-1].Actor)
		}
	})
}

func TestAWithdrawalGoesOverADecisionThatWaits(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, second)
		if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: "approve"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Do(ctx, x.anna, c.ID, application.Act{Event: "withdraw"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Service.Confirm(ctx, x.olga, c.ID, 0); !errors.Is(err, application.ErrNoProposal) {
			t.Errorf("a withdrawn case was decided: %v", err)
		}
		if n, err := x.Count(ctx, x.olga, application.Filter{Turn: application.Agency, Second: true}); err != nil || n[0] != 0 {
			t.Errorf("%v decisions wait, %v", n, err)
		}
	})
}

func TestOfTwoWhoConfirmOneDoes(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, second)
		if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Проверьте"}); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		for _, who := range []access.Actor{x.olga, x.head} {
			go func() {
				_, err := x.Service.Confirm(ctx, who, c.ID, 0)
				errs <- err
			}()
		}
		won := 0
		for range 2 {
			switch err := <-errs; {
			case err == nil:
				won++
			case !errors.Is(err, application.ErrMoved) && !errors.Is(err, application.ErrNoProposal):
				t.Errorf("the loser hears %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d confirmed one decision", won)
		}
	})
}

func TestATextOfAdviceIsSentInThePersonsLanguageWithTheCasesOwnWords(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		for name, tt := range map[string]struct {
			text  application.Template
			field string
		}{
			"an unknown word":     {application.Template{Title: "а", Text: i18n.Text{RU: "{snils}", EN: "{snils}"}}, "ru"},
			"a broken brace":      {application.Template{Title: "а", Text: i18n.Text{RU: "{number", EN: "{number"}}, "ru"},
			"one language":        {application.Template{Title: "а", Text: i18n.Text{RU: "Текст"}}, "en"},
			"other words":         {application.Template{Title: "а", Text: i18n.Text{RU: "{number}", EN: "{service}"}}, "en"},
			"no name":             {application.Template{Text: i18n.Text{RU: "Текст", EN: "Text"}}, "title"},
			"another's service":   {application.Template{Title: "а", Service: income, Text: i18n.Text{RU: "Текст", EN: "Text"}}, "service"},
			"a text without end":  {application.Template{Title: "а", Text: i18n.Text{RU: strings.Repeat("ы", 2001), EN: "Text"}}, "ru"},
			"no service of yours": {application.Template{Title: "а", Service: "no.such", Text: i18n.Text{RU: "Текст", EN: "Text"}}, "service"},
		} {
			_, err := x.SaveTemplate(ctx, x.head, tt.text)
			f, ok := fault.Of(err)
			if !ok || len(f.Fields) == 0 || f.Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if want, known := map[string]string{"one language": "application.template_text", "a text without end": "application.template_long"}[name]; known && f.Fields[0].Key != want {
				t.Errorf("%s: it says %s", name, f.Fields[0].Key)
			}
		}
		text := application.Template{Title: "Сверьте", Service: extract, Text: i18n.Text{RU: "По делу {number}: {reason}. {remedy}", EN: "Case {number}: {reason}. {remedy}"}}
		if _, err := x.SaveTemplate(ctx, x.ivan, text); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer writes texts: %v", err)
		}
		saved, err := x.SaveTemplate(ctx, x.head, text)
		if err != nil {
			t.Fatal(err)
		}
		stale := saved
		saved.Text.RU = "По вашему делу {number}: {reason}. {remedy}"
		if saved, err = x.SaveTemplate(ctx, x.head, saved); err != nil || saved.Version != 2 {
			t.Fatal(saved.Version, err)
		}
		if _, err := x.SaveTemplate(ctx, x.head, stale); !errors.Is(err, application.ErrStaleText) {
			t.Errorf("an older text went over a newer one: %v", err)
		}
		c := x.filed(t, extract)
		got, err := x.Advise(ctx, x.ivan, c.ID, saved.ID, "object-not-found")
		if err != nil || !strings.HasPrefix(got, "По вашему делу "+c.Number+": Объекта с таким кадастровым номером в реестре нет. Сверьте номер") {
			t.Errorf("%q, %v", got, err)
		}
		if got, _ = x.Advise(ctx, x.ivan, c.ID, saved.ID, ""); !strings.Contains(got, "{reason}") {
			t.Errorf("without a reason there is a gap: %q", got)
		}
		if err := x.World.Accounts.SetLang(ctx, x.anna, i18n.EN); err != nil {
			t.Fatal(err)
		}
		if got, err = x.Advise(ctx, x.ivan, c.ID, saved.ID, "object-not-found"); err != nil || !strings.HasPrefix(got, "Case "+c.Number+": The register has no property") {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := x.Advise(ctx, x.stranger, c.ID, saved.ID, ""); !errors.Is(err, application.ErrMissing) {
			t.Errorf("another agency reads it: %v", err)
		}
		other := x.filed(t, second)
		if _, err := x.Advise(ctx, x.ivan, other.ID, saved.ID, ""); !errors.Is(err, application.ErrMissing) {
			t.Errorf("it fits another service: %v", err)
		}
		if list, err := x.Templates(ctx, x.ivan, second); err != nil || len(list) != 0 {
			t.Errorf("it is offered for another service: %v, %v", list, err)
		}
	})
}

func TestABatchShowsWhatWouldBecomeOfEachCaseAndDoesJustThat(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		text, err := x.SaveTemplate(ctx, x.head, application.Template{Title: "Сверьте", Text: i18n.Text{RU: "Дело {number}. {remedy}", EN: "Case {number}. {remedy}"}})
		if err != nil {
			t.Fatal(err)
		}
		taken, fresh, two, late := x.filed(t, extract), x.filed(t, extract), x.filed(t, second), x.filed(t, extract)
		for _, c := range []application.Case{taken, two, late} {
			if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		chosen := []string{taken.ID, fresh.ID, two.ID, late.ID, taken.ID}
		d := application.Doing{Event: "refuse", Reason: "object-not-found", Template: text.ID}
		if _, err := x.Plan(ctx, x.ivan, d, chosen); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer decides on many: %v", err)
		}
		if _, err := x.Plan(ctx, x.head, d, nil); !errors.Is(err, application.ErrBatchFew) {
			t.Errorf("nothing chosen: %v", err)
		}
		if _, err := x.Plan(ctx, x.head, d, append(chosen, "no-such-case")); !errors.Is(err, application.ErrMissing) {
			t.Errorf("a case nobody sees: %v", err)
		}
		id, err := x.Plan(ctx, x.head, d, chosen)
		if err != nil {
			t.Fatal(err)
		}
		results := func(who access.Actor) map[string]application.Result {
			b, err := x.Batch(ctx, who, id)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]application.Result{}
			for _, c := range b.Cases {
				out[c.Case.ID] = c.Result
			}
			return out
		}
		want := map[string]application.Result{taken.ID: application.Done, fresh.ID: "application.moved", two.ID: application.ForSecond, late.ID: application.Done}
		if got := results(x.head); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the preview says %v, not %v", got, want)
		}
		if c := x.get(t, taken.ID); c.State != "in-work" {
			t.Fatalf("the preview did something: %s", c.State)
		}
		if _, err := x.Batch(ctx, x.olga, id); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer reads it: %v", err)
		}
		if _, err := x.Do(ctx, x.ivan, late.ID, application.Act{Event: "release"}); err != nil { // after the preview, before the start
			t.Fatal(err)
		}
		if err := errors.Join(x.Start(ctx, x.head, id), x.Start(ctx, x.head, id)); err != nil {
			t.Fatal(err)
		}
		if err := x.RunBatch(ctx, application.DoBatch{Batch: id}); err != nil {
			t.Fatal(err)
		}
		want[late.ID] = "application.moved"
		if got := results(x.head); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the result says %v, not %v", got, want)
		}
		var began int
		if err := x.Service.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'application.batch'`).Scan(&began); err != nil || began != 1 {
			t.Errorf("pressed twice it began %d times, %v", began, err)
		}
		c := x.get(t, taken.ID)
		if c.Outcome != procedure.Refused || !strings.HasPrefix(c.Content.Advice, "Дело "+c.Number+". Сверьте номер") {
			t.Errorf("%s, %+v", c.State, c.Content)
		}
		if got := x.get(t, two.ID); got.Outcome != "" {
			t.Errorf("what needs two was done by one: %s", got.State)
		}
		if p, err := x.Proposal(ctx, x.olga, two.ID); err != nil || p.By != x.head.ID {
			t.Errorf("%+v, %v", p, err)
		}
		if err := x.RunBatch(ctx, application.DoBatch{Batch: id}); err != nil { // the job comes again: nothing is done twice
			t.Fatal(err)
		}
		if got := results(x.head); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("run again the result says %v, not %v", got, want)
		}
	})
}

// What the portal fails at in one case of a batch keeps the others from nothing, and is said at that case.
func TestOneBrokenCaseKeepsNoOtherOfABatchFromItsTurn(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		text, err := x.SaveTemplate(ctx, x.head, application.Template{Title: "Сверьте", Text: i18n.Text{RU: "Сверьте", EN: "Compare"}})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for range 3 {
			c := x.filed(t, extract)
			if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		slices.Sort(ids)
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE application SET content = $1 WHERE id = $2`, []byte("nonsense"), ids[0])
		}); err != nil {
			t.Fatal(err)
		}
		id, err := x.Plan(ctx, x.head, application.Doing{Event: "refuse", Reason: "object-not-found", Template: text.ID}, ids)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Start(ctx, x.head, id); err != nil {
			t.Fatal(err)
		}
		if err := x.RunBatch(ctx, application.DoBatch{Batch: id}); err == nil {
			t.Error("nothing is said of the failure to whoever keeps the portal")
		}
		b, err := x.Batch(ctx, x.head, id)
		if err != nil || b.Left() != 0 {
			t.Fatalf("%d are left, %v", b.Left(), err)
		}
		for _, c := range b.Cases {
			if want := map[bool]application.Result{true: "application.batch_broken", false: application.Done}[c.Case.ID == ids[0]]; c.Result != want {
				t.Errorf("of %s it says %q, not %q", c.Case.ID, c.Result, want)
			}
		}
		if err := x.RunBatch(ctx, application.DoBatch{Batch: id}); err != nil {
			t.Errorf("it is tried for ever: %v", err)
		}
	})
}

// When the time of the last try is over, what had no turn is said to be given up: nobody waits for it for ever.
func TestABatchWhoseTimeIsOverSaysWhatItHasGivenUp(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		var ids []string
		for range 2 {
			c, err := x.Take(ctx, x.ivan, x.filed(t, extract).ID)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		id, err := x.Plan(ctx, x.head, application.Doing{Deed: application.Released}, ids)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Start(ctx, x.head, id); err != nil {
			t.Fatal(err)
		}
		results := func() (out []application.Result) {
			t.Helper()
			b, err := x.Batch(ctx, x.head, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range b.Cases {
				out = append(out, c.Result)
			}
			return out
		}
		// tried lets the batch run while somebody holds its cases for longer than it may take, or until the node stops.
		tried := func(short context.Context, end func()) error {
			t.Helper()
			ran := make(chan error, 1)
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
				for _, c := range ids {
					if _, err := tx.Exec(ctx, `UPDATE application SET version = version WHERE id = $1`, c); err != nil {
						return err
					}
				}
				go func() { ran <- x.RunBatch(short, application.DoBatch{Batch: id}) }()
				end()
				<-short.Done()
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return <-ran
		}
		stopped, stop := context.WithCancel(ctx)
		if err := tried(stopped, stop); !errors.Is(err, context.Canceled) {
			t.Errorf("the node stops: %v", err)
		}
		if got := results(); got[0] != application.Ahead || got[1] != application.Ahead {
			t.Errorf("the node stops, another goes on, and it says %q", got)
		}
		short, over := context.WithTimeout(ctx, 300*time.Millisecond)
		defer over()
		if err := tried(short, func() {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its time is over: %v", err)
		}
		if got := results(); got[0] != "application.batch_broken" || got[1] != "application.batch_broken" {
			t.Errorf("its time is over, and it says %q", got)
		}
	})
}

// A case is said to be broken when the job gives up, and no sooner: what was mended meanwhile is done.
func TestACaseOfABatchThatFailsOnceHasItsTurnAgain(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		text, err := x.SaveTemplate(ctx, x.head, application.Template{Title: "Сверьте", Text: i18n.Text{RU: "Сверьте", EN: "Compare"}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.Take(ctx, x.ivan, x.filed(t, extract).ID)
		if err != nil {
			t.Fatal(err)
		}
		var whole []byte
		if err := x.Service.DB.QueryRow(ctx, `SELECT content FROM application WHERE id = $1`, c.ID).Scan(&whole); err != nil {
			t.Fatal(err)
		}
		put := func(content []byte) {
			t.Helper()
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
				return tx.Do(ctx, `UPDATE application SET content = $1 WHERE id = $2`, content, c.ID)
			}); err != nil {
				t.Fatal(err)
			}
		}
		put([]byte("nonsense"))
		id, err := x.Plan(ctx, x.head, application.Doing{Event: "refuse", Reason: "object-not-found", Template: text.ID}, []string{c.ID})
		if err != nil {
			t.Fatal(err)
		}
		result := func() application.Result {
			t.Helper()
			b, err := x.Batch(ctx, x.head, id)
			if err != nil || len(b.Cases) != 1 {
				t.Fatalf("%+v, %v", b, err)
			}
			return b.Cases[0].Result
		}
		if err := x.Start(ctx, x.head, id); err != nil {
			t.Fatal(err)
		}
		x.work(t)
		for end, failed := time.Now().Add(20*time.Second), 0; failed == 0; time.Sleep(10 * time.Millisecond) {
			if err := x.Service.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'application.batch' AND attempt > 0 AND state <> 'running'`).Scan(&failed); err != nil || time.Now().After(end) {
				t.Fatalf("the batch was never tried, %v", err)
			}
		}
		if r := result(); r != application.Ahead {
			t.Errorf("after the first of several tries it says %q", r)
		}
		put(whole)
		x.pass(t, time.Minute)
		if r := result(); r != application.Done {
			t.Errorf("mended, and it says %q", r)
		}
		var most int
		if err := x.Service.DB.QueryRow(ctx, `SELECT max_attempts FROM river_job WHERE kind = 'application.batch'`).Scan(&most); err != nil || most != 6 {
			t.Errorf("whoever waits for it waits for %d tries, %v", most, err)
		}
	})
}

// What cannot be done, as the case has not what its paper says, is refused by name, and the preview of a batch knows it.
func TestAPaperThatCannotBeMadeIsARefusalAndNoFailure(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		src, err := fs.ReadFile(eyes(t), "second.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("on: {approve: fetching,", "on: {grant: done, approve: fetching,", "    approve:\n", "    grant: {by: officer, title: {ru: Выдать сразу, en: Give it at once}}\n    approve:\n").Replace(string(src))
		if x.Service.Catalogue, err = catalogue.Load(fstest.MapFS{"second.yaml": {Data: []byte(text)}}); err != nil {
			t.Fatal(err)
		}
		const event = "grant"
		c, err := x.Take(ctx, x.ivan, x.filed(t, second).ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: event}); !errors.Is(err, application.ErrNoPaper) {
			t.Errorf("%v", err)
		}
		id, err := x.Plan(ctx, x.head, application.Doing{Event: event}, []string{c.ID})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := x.Batch(ctx, x.head, id); err != nil || b.Cases[0].Result != "application.no_paper" {
			t.Errorf("%+v, %v", b.Cases, err)
		}
		other, err := x.Take(ctx, x.ivan, x.filed(t, second).ID) // one that cannot be read at all keeps nobody from seeing the rest
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE application SET content = $1 WHERE id = $2`, []byte("nonsense"), other.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if id, err = x.Plan(ctx, x.head, application.Doing{Event: event}, []string{c.ID, other.ID}); err != nil {
			t.Fatal(err)
		}
		b, err := x.Batch(ctx, x.head, id)
		if err != nil || len(b.Cases) != 2 {
			t.Fatalf("%+v, %v", b.Cases, err)
		}
		for _, c := range b.Cases {
			if want := map[bool]application.Result{true: "application.batch_broken", false: "application.no_paper"}[c.Case.ID == other.ID]; c.Result != want {
				t.Errorf("of %s it says %q, not %q", c.Case.ID, c.Result, want)
			}
		}
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `ALTER TABLE application_event RENAME COLUMN party TO away`)
		}); err != nil {
			t.Fatal(err)
		}
		if b, err := x.Batch(ctx, x.head, id); err == nil {
			t.Errorf("of a database that fails it says that %d cases are broken", len(b.Cases))
		}
	})
}

func TestABatchOfSomebodyWhoWasDismissedDoesNothing(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		c := x.filed(t, extract)
		id, err := x.Plan(ctx, x.head, application.Doing{Deed: application.Assigned, Officer: x.ivan.ID}, []string{c.ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(x.Start(ctx, x.head, id), x.World.Staff.Dismiss(ctx, access.SystemActor(), "head"), x.RunBatch(ctx, application.DoBatch{Batch: id})); err != nil {
			t.Fatal(err)
		}
		b, err := x.Batch(ctx, x.head, id)
		if err != nil || b.Cases[0].Result != "error.denied" || x.get(t, c.ID).Officer != "" {
			t.Errorf("%+v, %v", b.Cases, err)
		}
	})
}

func TestTheLoadCountsByDayAndForTheHeadByOfficer(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		today := time.Date(x.Service.DB.Now().Year(), x.Service.DB.Now().Month(), x.Service.DB.Now().Day(), 0, 0, 0, 0, time.UTC)
		x.sow(t, rand.New(rand.NewPCG(5, 5)), 120, []string{x.anna.ID}, []string{"rosreestr", "fns"}) //nolint:gosec // a test's dice
		all := x.pages(t, x.head, application.Filter{Turn: application.Agency}, 50)
		l, err := x.Load(ctx, x.head)
		if err != nil {
			t.Fatal(err)
		}
		counted, total := map[string]application.OfficerLoad{}, 0
		for _, c := range all {
			if o := counted[c.Officer]; c.Officer != "" {
				o.Officer, o.All = c.Officer, o.All+1
				if !c.DueAt.IsZero() && c.DueAt.Before(x.Service.DB.Now().Add(48*time.Hour)) {
					o.Near++
				}
				if !c.DueAt.IsZero() && c.DueAt.Before(x.Service.DB.Now()) {
					o.Late++
				}
				counted[c.Officer] = o
			}
		}
		for _, o := range l.Officers {
			if o != counted[o.Officer] {
				t.Errorf("%+v, not %+v", o, counted[o.Officer])
			}
		}
		if len(l.Officers) != len(counted) || len(counted) < 3 {
			t.Errorf("%d officers, there are %d", len(l.Officers), len(counted))
		}
		for _, d := range l.Days {
			total += d.N
			if d.Day.IsZero() || d.Last {
				continue
			}
			n := 0
			for _, c := range all {
				if !c.DueAt.Before(x.Service.DB.Now()) && !c.DueAt.Before(d.Day) && c.DueAt.Before(d.Day.AddDate(0, 0, 1)) {
					n++
				}
			}
			if d.N != n {
				t.Errorf("%d due on %v, there are %d", d.N, d.Day, n)
			}
		}
		if total != len(all) || !l.Days[1].Day.Equal(today) {
			t.Errorf("the days hold %d cases of %d, the first is %v", total, len(all), l.Days[1].Day)
		}
		if l, err = x.Load(ctx, x.ivan); err != nil || l.Officers != nil {
			t.Errorf("an officer sees everybody's load: %v, %v", l.Officers, err)
		}
	})
}

func TestAnAnswerIsSetBesideWhatRegistersSay(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		verdicts := func(c application.Case) string {
			var out []string
			for _, v := range c.Compare() {
				out = append(out, v.Pointer[strings.LastIndex(v.Pointer, "/")+1:]+" "+string(v.Verdict))
			}
			return strings.Join(out, ", ")
		}
		if got, want := verdicts(c), "surname same, given_name same, birth_date same, snils same"; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		c.Content.Answers = c.Content.Answers.With("/applicant/surname", "Провёркина").With("/applicant/given_name", "АННА")
		c.Content.Data = map[string]any{"reference": "1", "objects": []any{map[string]any{"cadastral_number": "77:01:0001001:1"}, map[string]any{"cadastral_number": "77:01:0001001:9999"}}}
		if got, want := verdicts(c), "surname spelled, given_name spelled, birth_date same, snils same, cadastral_number differs"; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		c.Content.Data["objects"].([]any)[1].(map[string]any)["cadastral_number"] = "77:01:0001001:1234" //nolint:forcetypeassert // written above
		if got := verdicts(c); !strings.HasSuffix(got, "cadastral_number same") {
			t.Errorf("one of two objects is the one: %s", got)
		}
	})
}

func TestADeskSaysWhoOpenedTheCase(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		for _, who := range []access.Actor{x.ivan, x.olga, x.ivan} {
			if _, err := x.Look(ctx, who, c.ID); err != nil {
				t.Fatal(err)
			}
			x.clock.Advance(time.Minute)
		}
		list, err := x.Lookers(ctx, x.head, c.ID, 10)
		if err != nil || len(list) != 2 || list[0].Employee != x.ivan.ID || list[0].Times != 2 || list[1].Employee != x.olga.ID {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := x.Lookers(ctx, x.stranger, c.ID, 10); !errors.Is(err, application.ErrMissing) {
			t.Errorf("another agency reads it: %v", err)
		}
	})
}
