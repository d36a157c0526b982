package application_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

// sown are cases of several people at several agencies, put straight into the table.
type sown struct {
	id, number, account, unit, service string
	by                                 string // who filed it for the person; "" when they did themselves
	gone                               bool   // the person was erased
}

func (c sown) file() string { return "file-of-" + c.id }

// acting lets some of the people act for others, and says for whom each of them may now: some mandates are over or were taken back, and
// some people have lost what it takes. The first may always act for the second, whatever the dice say.
func (x office) acting(t *testing.T, r *rand.Rand, accounts []string) map[[2]string]bool {
	t.Helper()
	stand := map[[2]string]bool{}
	others := accounts[2:]
	weak, frozen := others[r.IntN(len(others))], others[r.IntN(len(others))]
	err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
		clear(stand)
		for _, a := range accounts {
			level, state := access.Confirmed, account.Active
			if a == weak {
				level = access.Standard
			}
			if a == frozen {
				state = account.Frozen
			}
			if err := tx.Do(ctx, `UPDATE account SET level = $1, state = $2 WHERE id = $3`, string(level), string(state), a); err != nil {
				return err
			}
			for _, whom := range accounts {
				until, ended := tx.Now().Add(time.Hour), any(nil)
				holds := a != weak && a != frozen && whom != frozen
				dice := r.IntN(6)
				if a == accounts[0] && whom == accounts[1] {
					dice = 5
				}
				switch dice {
				case 0:
					continue
				case 1:
					until, holds = tx.Now().Add(-time.Hour), false
				case 2:
					ended, holds = store.Moment(tx.Now()), false
				}
				if a == whom {
					continue
				}
				if err := tx.Do(ctx, `INSERT INTO mandate (id, kind, account_id, for_id, given_at, until_at, ended_at) VALUES ($1, 'child', $2, $3, $4, $5, $6)`,
					a+"-"+whom, a, whom, tx.Now().Add(-24*time.Hour), until, ended); err != nil {
					return err
				}
				stand[[2]string{a, whom}] = holds
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return stand
}

// sow puts n random cases of these accounts at these agencies into the table; with makes each what the test wants.
func (x office) sow(t *testing.T, r *rand.Rand, n int, accounts, units []string) []sown {
	t.Helper()
	versions := map[string]string{}
	services := []string{extract, "rosreestr.right"}
	for _, code := range services {
		def, ok := x.Catalogue.ByCode(code)
		if !ok {
			t.Fatal("no such service")
		}
		versions[code] = def.Version
	}
	var out []sown
	err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
		out = nil
		for i := range n {
			c := sown{service: services[r.IntN(len(services))], id: fmt.Sprintf("case-%04d", i), number: fmt.Sprintf("2026-%06d", 500_000+i), account: accounts[r.IntN(len(accounts))], unit: units[r.IntN(len(units))]}
			if len(accounts) > 1 && r.IntN(3) > 0 {
				if by := accounts[r.IntN(len(accounts))]; by != c.account {
					c.by = by
				}
			}
			if len(accounts) > 1 && i == 0 {
				c.account, c.by = accounts[1], accounts[0]
			}
			key, err := x.Service.Ring.Person(ctx, tx, c.account)
			if err != nil {
				return err
			}
			plain, err := json.Marshal(application.Content{Answers: map[string]any{}})
			if err != nil {
				return err
			}
			kind := []struct{ state, turn, outcome string }{{"submitted", "agency", ""}, {"in-work", "agency", ""}, {"fetching", "system", ""}, {"done", "none", "granted"}, {"refused", "none", "refused"}}[r.IntN(5)]
			officer, due := "", any(nil)
			if kind.turn == "agency" && r.IntN(2) == 0 {
				officer = "officer-" + fmt.Sprint(r.IntN(3))
			}
			at := tx.Now().Add(-time.Duration(r.IntN(1000)) * time.Hour)
			if kind.outcome == "" && r.IntN(4) > 0 {
				due = store.Moment(tx.Now().Add(time.Duration(r.IntN(200)-60) * time.Hour)) // few enough that many are due at the same moment
			}
			if err := tx.Do(ctx, `INSERT INTO application (id, number, account_id, by_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version)
				VALUES ($1, $2, $3, $14, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', $12, $12, $13, 1)`,
				c.id, c.number, c.account, c.service, versions[c.service], c.unit, kind.state, kind.turn, kind.outcome, officer, key.Seal("application", "content", c.id, plain), at, due, c.by); err != nil {
				return err
			}
			if err := tx.Do(ctx, `INSERT INTO attachment (id, application_id, account_id, slot, file_id, state, reading, reason, content, sent_at, filed_at) VALUES ($1, $2, $3, 'paper', '', 'checking', '', '', $4, $5, $5)`,
				c.file(), c.id, c.account, key.Seal("attachment", "content", c.file(), []byte(`{}`)), at); err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pages reads a list to its end, page by page.
func (x office) pages(t *testing.T, who access.Actor, f application.Filter, most int) []application.Case {
	t.Helper()
	var out []application.Case
	var from *application.Mark
	for {
		l, err := x.Find(ctx, who, f, from, most)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l.Cases...)
		if from = l.Next; from == nil {
			return out
		}
	}
}

// Item 5 of the services: one policy for who sees what. Cases, people, employees and agencies are random; what is asked is whether
// every way to a case comes to the same answer, and to the one that the rule in words gives.
func TestListPageFilesStreamComplaintsAPIAndSearchShowTheSameCases(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.Papers = &document.Service{DB: x.Service.DB, Ring: x.Service.Ring}
		attachments := application.NewAttachments(x.Service, nil)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's dice
		accounts := []string{x.anna.ID}
		for i := range 4 {
			s, err := x.Credentials.Check(ctx, x.Register(t, signintest.Visitor(fmt.Sprint("person", i)), fmt.Sprintf("+791300000%02d", i)))
			if err != nil {
				t.Fatal(err)
			}
			accounts = append(accounts, s.Actor().ID)
		}
		units := []string{"rosreestr", "fns", "mvd", "sfr"}
		cases := x.sow(t, r, 40, accounts, units)
		gone := accounts[2+r.IntN(len(accounts)-2)]
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error { return x.Service.Ring.Forget(ctx, tx, gone) }); err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			cases[i].gone = cases[i].account == gone
		}
		stand := x.acting(t, r, accounts)
		var actors []access.Actor
		for _, a := range append([]string{"nobody's", ""}, accounts...) {
			person := access.Actor{Kind: access.Person, ID: a, Level: access.Confirmed}
			actors = append(actors, person, person.Acting(accounts[r.IntN(len(accounts))], access.Child))
		}
		for _, role := range append(access.Roles(), "") {
			for _, unit := range append([]string{"elsewhere", ""}, units...) {
				actors = append(actors, access.Actor{Kind: access.Staff, ID: "officer-1", Role: role, Unit: unit})
			}
		}
		for _, services := range []string{extract, "rosreestr.right", "rosreestr.right " + extract, "rosreestr.nothing"} { // roles narrower than an agency
			for _, role := range []access.Role{access.Officer, access.Head, access.Support} {
				for _, unit := range units[:2] {
					actors = append(actors, access.Actor{Kind: access.Staff, ID: "officer-1", Role: role, Unit: unit, Services: services})
				}
			}
			actors = append(actors, access.Actor{Kind: access.Agent, ID: "system-1", Unit: units[0], Scopes: "cases:read cases:decide cases:assign files:read", Services: services})
		}
		for _, unit := range append([]string{"elsewhere", ""}, units...) { // agencies' own systems
			for _, scopes := range []string{"cases:read files:read", "cases:read", "cases:decide", "cases:assign", "files:read", "webhooks", ""} {
				actors = append(actors, access.Actor{Kind: access.Agent, ID: "system-1", Unit: unit, Scopes: scopes})
			}
		}
		actors = append(actors, access.Actor{}, access.Actor{ID: x.anna.ID}, access.Actor{Unit: "fns", Role: access.Officer})
		shown, lent := 0, 0
		for _, who := range actors {
			listed := map[string]bool{}
			if list, err := x.List(ctx, x.Service.DB, who, 1000); err == nil {
				for _, c := range list {
					listed[c.ID] = true
				}
			}
			officer := who.Kind == access.Staff && (who.Role == access.Officer || who.Role == access.Head)
			finds := officer || strings.Contains(who.Scopes, "cases:decide")
			if _, err := x.Find(ctx, who, application.Filter{Turn: application.Any}, nil, 7); (err == nil) != finds {
				t.Errorf("%+v searches: %v", who, err)
			}
			if finds {
				for _, c := range x.pages(t, who, application.Filter{Turn: application.Any}, 7) {
					listed[c.ID] = true
				}
				for _, sort := range application.Sorts() { // each order is read in its own way
					other := map[string]bool{}
					for _, c := range x.pages(t, who, application.Filter{Turn: application.Any, Sort: sort}, 7) {
						other[c.ID] = true
					}
					if !maps.Equal(listed, other) {
						t.Errorf("%+v is listed %v, and in the order %q %v", who, listed, sort, other)
					}
				}
				if n, err := x.Count(ctx, who, application.Filter{Turn: application.Any}); err != nil || n[0] != len(listed) {
					t.Errorf("%+v is listed %d cases, and counted %v: %v", who, len(listed), n, err)
				}
			}
			agent := who.Kind == access.Agent
			reads, opens := !agent || strings.Contains(who.Scopes, "cases:read"), !agent || strings.Contains(who.Scopes, "files:read")
			serves := agent && strings.Contains(who.Scopes, ":")
			var after application.ChangeMark
			for more := agent && reads; more; more = after != (application.ChangeMark{}) {
				list, next, err := x.Changed(ctx, who, application.ChangeFilter{After: after, Most: 7})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list {
					listed[c.ID] = true
				}
				after = next
			}
			about, lies := map[string]bool{}, map[string]bool{}
			if who.Kind == access.Person {
				for _, a := range accounts {
					list, err := x.ListOf(ctx, x.Service.DB, who, a, 1000)
					if err != nil {
						t.Fatal(err)
					}
					for _, c := range list {
						about[c.ID] = c.AccountID == a
					}
				}
				var names []string
				for _, c := range cases {
					names = append(names, c.file())
				}
				list, err := attachments.Where(ctx, who, names)
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range list {
					lies[w.Application] = true
				}
			}
			for _, c := range cases {
				lends := who.ID == c.by && stand[[2]string{c.by, c.account}]
				want := !c.gone && (who.Kind == access.Person && who.ID != "" && (who.ID == c.account || lends) || (officer || serves) && who.Unit == c.unit && (who.Services == "" || slices.Contains(strings.Fields(who.Services), c.service)))
				_, page := x.Get(ctx, who, c.id)
				_, paper := x.PapersOf(ctx, who, c.id)
				_, files := attachments.OfCase(ctx, who, c.id)
				_, complaints := x.Complaints(ctx, who, c.id)
				_, stream := x.Watch(ctx, who, c.id)
				ways := map[string]bool{"page": page == nil, "files": files == nil, "complaints": complaints == nil, "stream": stream == nil}
				_, _, _, file := attachments.Open(ctx, who, c.file())
				ways["file"] = errors.Is(file, application.ErrQuarantine)
				if !ways["file"] && !errors.Is(file, application.ErrNoFile) {
					t.Errorf("%+v is told of the file of %s: %v", who, c.id, file)
				}
				if who.Kind == access.Person {
					ways["cases about one"] = about[c.id]
					if !c.gone { // nothing is left of their files
						ways["where a file lies"] = lies[c.id]
					}
				}
				if opens {
					ways["paper"] = paper == nil
				} else if paper == nil {
					t.Errorf("%+v reads papers", who)
				}
				if reads {
					ways["list"] = listed[c.id]
				}
				if agent {
					if _, err := x.Look(ctx, who, c.id); reads {
						ways["API"] = err == nil
					} else if err == nil {
						t.Errorf("%+v reads a case", who)
					}
				}
				if who.May(access.LeadDesk) == nil {
					_, err := x.Plan(ctx, who, application.Doing{Deed: application.Released}, []string{c.id})
					ways["batch"] = err == nil
				}
				if finds {
					next, err := x.Next(ctx, who, application.Filter{Number: c.number}, nil, "")
					ways["next case"] = err == nil && next != nil
				}
				if finds {
					l, err := x.Find(ctx, who, application.Filter{Number: c.number}, nil, 7)
					if err != nil {
						t.Fatal(err)
					}
					ways["search"] = len(l.Cases) == 1 && l.Cases[0].ID == c.id
				}
				for way, sees := range ways {
					if sees != want {
						t.Errorf("%s: %+v sees %+v: %v, want %v", way, who, c, sees, want)
					}
				}
				if !opens {
					paper = nil // of no use to it, and told so
				}
				for _, err := range []error{page, paper, files, complaints, stream} {
					if err != nil && !errors.Is(err, application.ErrMissing) {
						t.Errorf("%+v is told of %s: %v", who, c.id, err)
					}
				}
				if want {
					shown++
				}
				if want && lends {
					lent++
				}
			}
		}
		if shown < 100 || lent == 0 {
			t.Errorf("the dice showed %d cases to anybody, %d of them to who acts for another", shown, lent)
		}
	})
}
