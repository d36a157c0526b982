package system

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/verification"
)

// resealEnv makes the test program the command that moves rows to new keys, slowly, so that it can be killed in the middle.
const resealEnv = "OKNO_TEST_RESEAL"

func resealSlowly(text string) error {
	var s Settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	o, err := openOperator(context.Background(), s)
	if err != nil {
		return err
	}
	r := o.Rotation()
	r.Batch, r.Share = 5, 0.05
	_, err = r.Reseal(context.Background(), nil)
	return errors.Join(err, o.DB.Close())
}

// operator is who has the key files and the database in hand while the portal serves in a process of its own.
type operator struct {
	*System
	people []string // accounts, each with a phone and a SNILS of its own
}

func openOperator(ctx context.Context, s Settings) (*operator, error) {
	dir := filepath.Join(s.Data, "keys")
	ring, err := keyring.Open(keyring.Config{MasterPath: filepath.Join(dir, keyring.MasterFile), IndexPath: filepath.Join(dir, keyring.IndexFile)})
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, s.Database, store.Options{MaxConns: 4})
	if err != nil {
		return nil, err
	}
	x := &System{Settings: s, DB: db, Ring: ring}
	x.Accounts = &account.Service{DB: db, Ring: ring}
	x.Contacts = &contact.Service{DB: db, Ring: ring}
	return &operator{System: x}, nil
}

func (o *operator) rotation() *keyring.Rotation {
	r := o.Rotation()
	r.Settle, r.Share = time.Millisecond, 1
	return r
}

func phoneOf(n int) contact.Target {
	return contact.Target{Kind: contact.Phone, Value: fmt.Sprintf("+7913%07d", n)}
}
func snilsOf(n int) string { return fmt.Sprintf("%011d", 20000000000+n) }

// add makes a Confirmed account with the n-th phone and SNILS.
func (o *operator) add(ctx context.Context, phone, snils int) (string, error) {
	account1 := id.New()
	err := o.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := o.Ring.NewPerson(ctx, tx, account1)
		if err != nil {
			return err
		}
		if err := o.Accounts.Create(ctx, tx, key, account.New{ID: account1, Profile: account.Profile{Surname: "Проверкина", GivenName: "Анна"}, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		if err := o.Contacts.Attach(ctx, tx, key, account1, phoneOf(phone)); err != nil {
			return err
		}
		_, err = o.Accounts.Update(ctx, tx, account1, func(a *account.Account) error {
			a.Level, a.ConfirmedAt, a.Profile.SNILS = access.Confirmed, tx.Now(), snilsOf(snils)
			return nil
		})
		return err
	})
	return account1, err
}

func (o *operator) mustAdd(t *testing.T) {
	t.Helper()
	n := len(o.people)
	one, err := o.add(t.Context(), n, n)
	if err != nil {
		t.Fatal(err)
	}
	o.people = append(o.people, one)
}

// employeesKey gives somebody of the staff a passkey.
func (o *operator) employeesKey(t *testing.T) {
	t.Helper()
	ctx, browser := t.Context(), "browser"
	keys, err := passkey.NewStaff(o.DB, o.Ring, policy.Default(), &url.URL{Scheme: "http", Host: "localhost:8080"}, "Окно")
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Kind: access.Staff}
	if err := o.DB.QueryRow(ctx, `SELECT id FROM employee ORDER BY id LIMIT 1`).Scan(&who.ID); err != nil {
		t.Fatal(err)
	}
	c, err := keys.Add(ctx, who, browser, "login")
	if err != nil {
		t.Fatal(err)
	}
	a, err := keys.JudgeAdded(ctx, who, browser, c.ID, "", passkeytest.New().Make(t, "http://localhost:8080", c))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.DB.Write(ctx, func(tx *store.Tx) error { _, err := keys.Keep(ctx, tx, a); return err }); err != nil {
		t.Fatal(err)
	}
}

// probe looks whether everybody is found by phone and SNILS, and whether either can be taken again, by this node.
func (o *operator) probe(t *testing.T, phase string) {
	t.Helper()
	ctx := t.Context()
	o.mustAdd(t)
	for n, want := range o.people {
		if got, err := o.Contacts.Holder(ctx, o.DB, phoneOf(n)); err != nil || got != want {
			t.Fatalf("%s: the holder of phone %d is %q, %v; want %s", phase, n, got, err, want)
		}
		if got, err := o.Accounts.HolderOfSNILS(ctx, o.DB, snilsOf(n)); err != nil || got != want {
			t.Fatalf("%s: SNILS %d is in %q, %v; want %s", phase, n, got, err, want)
		}
		if n%9 != 0 && n != len(o.people)-1 {
			continue
		}
		if _, err := o.add(ctx, n, 900_000); !errors.Is(err, contact.ErrTaken) {
			t.Fatalf("%s: phone %d was taken a second time: %v", phase, n, err)
		}
		if _, err := o.add(ctx, 900_000, n); !errors.Is(err, account.ErrSnilsTaken) {
			t.Fatalf("%s: SNILS %d was proved a second time: %v", phase, n, err)
		}
	}
}

// killed runs the resealing in a process of its own and kills it when it has moved some of the step's rows and not all. It
// returns how many are left.
func (o *operator) killed(t *testing.T, step string) int {
	t.Helper()
	text, err := json.Marshal(o.Settings)
	if err != nil {
		t.Fatal(err)
	}
	said := &record{}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), resealEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the middle of "+step, func() bool {
		l := o.left(t, step)
		return l.Done >= 10 && l.Left > 0
	})
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil || said.String() != "" {
		t.Fatalf("it ended by itself: %s", said)
	}
	l := o.left(t, step)
	if l.Left == 0 || l.Done == 0 {
		t.Fatalf("it was not killed in the middle of %s: %+v", step, l)
	}
	return l.Left
}

func (o *operator) left(t *testing.T, step string) keyring.Left {
	t.Helper()
	s, err := o.rotation().Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Steps {
		if l.Step == step {
			return l
		}
	}
	t.Fatalf("there is no step %s in %+v", step, s.Steps)
	return keyring.Left{}
}

func (o *operator) reload(t *testing.T) {
	t.Helper()
	if changed, err := o.Ring.Reload(); err != nil || !changed {
		t.Fatalf("reload: %v, %v", changed, err)
	}
}

// refused is the refusal of a step, without which somebody would lose something.
func refused(t *testing.T, what string, err error, says string) {
	t.Helper()
	if !errors.Is(err, keyring.ErrNotReady) || !strings.Contains(err.Error(), says) {
		t.Fatalf("%s: %v; want a refusal that says %q", what, err, says)
	}
}

var both = keyring.Which{Master: true, Index: true}

// tooSoon reports whether a node is still to take the keys up, or did so a moment ago and may be writing with the old ones yet.
func tooSoon(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "does not hold") || strings.Contains(err.Error(), "may be writing with the old ones"))
}

// TestBothSecretsRotateWhileThePortalServesAndAKillLosesNothing rotates master key and index root under a portal in which people
// register, sign in and apply, kills the moving of rows twice, and looks in each phase whether everybody is found and nobody's
// phone or SNILS can be taken again, by a node with the new keys and by one with those of before.
func TestBothSecretsRotateWhileThePortalServesAndAKillLosesNothing(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		portal := spawn(t, s)
		l := &load{base: s.URL}
		l.know(t, s)
		l.start(0)
		stop := func() {
			if l.end != nil {
				l.stop()
				l.end = nil
			}
		}
		defer stop()
		ctx := t.Context()
		o, err := openOperator(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		defer o.DB.Close() //nolint:errcheck // the test is over
		late, err := openOperator(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		defer late.DB.Close() //nolint:errcheck // as above
		for range 100 {
			o.mustAdd(t)
		}
		o.employeesKey(t)
		visits := &verification.Service{DB: o.DB, Ring: o.Ring, Policy: policy.Default()}
		visit, err := visits.VisitCode(ctx, access.Actor{Kind: access.Person, ID: o.people[0], Level: access.Confirmed})
		if err != nil {
			t.Fatal(err)
		}
		code, problem := form.ShortCode(visit.Code)
		if problem != nil {
			t.Fatal(problem)
		}
		probe := func(phase string) {
			t.Helper()
			for _, r := range []*keyring.Ring{o.Ring, late.Ring} {
				index, got := r.Find("visit.code", code), ""
				if err := o.DB.QueryRow(ctx, `SELECT account_id FROM visit WHERE code_index IN ($1, $2)`, index[0], index[1]).Scan(&got); err != nil || got != o.people[0] {
					t.Fatalf("%s: the code for a desk leads to %q, %v", phase, got, err)
				}
			}
			o.probe(t, phase+", new node")
			late.people = o.people
			late.probe(t, phase+", node of before")
			o.people = late.people
		}
		before, err := o.rotation().Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		oldKey, oldRoot := before.Keys[0][:8], before.Roots[0][:8]
		await(t, "a load", func() bool { return l.enough(2) })
		v := newVisitor(s.URL, "10.203.0.7") // begins to register under the old root, and will type the code under the new one
		if _, err := v.post("/register", "/register/code", "surname", "Проверкина", "given_name", "Аглая", "phone", "+79140000001", "terms", "on", "data", "on"); err != nil {
			t.Fatal(err)
		}

		looked := func() { // for keys; it does so every few seconds, and will not meanwhile
			t.Helper()
			seen := func() (at time.Time) {
				nodes, err := o.rotation().Holders(ctx)
				if err != nil || len(nodes) != 1 {
					t.Fatalf("%d nodes hold keys: %v", len(nodes), err)
				}
				return nodes[0].SeenAt
			}
			was := seen()
			await(t, "the portal to look for keys", func() bool { return seen().After(was) })
		}
		looked()
		if err := o.rotation().Stage(both); err != nil {
			t.Fatal(err)
		}
		if err := o.rotation().Stage(both); !errors.Is(err, keyring.ErrStaged) {
			t.Fatalf("staged twice: %v", err)
		}
		o.reload(t)
		refused(t, "rotated before the portal holds the keys", o.rotation().Rotate(ctx, both), "does not hold")
		probe("staged")
		late.reload(t)
		await(t, "the portal with the staged keys", func() bool { return !tooSoon(o.rotation().Rotate(ctx, both)) })
		refused(t, "rotated before rows are indexed", o.rotation().Rotate(ctx, keyring.Which{Index: true}), "rows of contact.value_ahead are not indexed")
		was := o.left(t, "contact.value_ahead")
		left := o.killed(t, "contact.value_ahead")
		probe("killed while rows are indexed")
		if _, err := o.rotation().Reseal(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if moved := o.left(t, "contact.value_ahead").Done; left >= was.Left || moved < was.Left {
			t.Errorf("%d rows were left, %d after the kill, %d moved in the end", was.Left, left, moved)
		}
		looked()
		if err := o.rotation().Rotate(ctx, both); err != nil {
			t.Fatal(err)
		}

		o.reload(t)
		refused(t, "retired before the portal uses the keys", o.rotation().Retire(ctx, both), "does not hold")
		probe("rotated")
		late.reload(t)
		await(t, "the portal with the new keys", func() bool { return !tooSoon(o.rotation().Retire(ctx, both)) })
		refused(t, "the master key retired before keys are sealed anew", o.rotation().Retire(ctx, keyring.Which{Master: true}), "rows of person_key.wrapped are sealed")
		refused(t, "the root retired before rows follow", o.rotation().Retire(ctx, keyring.Which{Index: true}), "rows of contact.value_index are indexed")
		left = o.killed(t, "person_key.wrapped")
		probe("killed while keys are sealed anew")
		text, err := v.code("+79140000001")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.post("/register/code", "/register/password", "code", text); err != nil {
			t.Errorf("a code of before the change does not count after it: %v", err)
		}
		if _, err := o.rotation().Reseal(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if moved := o.left(t, "person_key.wrapped").Done; moved < left {
			t.Errorf("%d keys were left after the kill, %d moved in the end", left, moved)
		}
		probe("resealed")
		stop()
		refused(t, "the root retired while links under it are on their way", o.rotation().Retire(ctx, keyring.Which{Index: true}), "rows of challenge.value_index")
		// A day passes, and no link of before counts any more.
		if _, err := o.DB.Writer().ExecContext(ctx, `UPDATE challenge SET link_until = sent_at`); err != nil {
			t.Fatal(err)
		}
		if left, err := o.rotation().Reseal(ctx, nil); err != nil || left != 0 {
			t.Fatalf("resealed: %d left, %v", left, err)
		}
		if err := o.rotation().Retire(ctx, both); err != nil {
			t.Fatal(err)
		}

		o.reload(t)
		probe("retired")
		late.reload(t)
		o.retirePeppers(t, l)
		await(t, "the portal with the new keys alone", func() bool {
			nodes, err := o.rotation().Holders(ctx)
			return err == nil && len(nodes) == 1 && !strings.Contains(strings.Join(nodes[0].Holds, " "), oldKey)
		})
		if left, err := o.rotation().Reseal(ctx, nil); err != nil || left != 0 { // the second columns are emptied
			t.Fatalf("resealed: %d left, %v", left, err)
		}
		probe("over")
		l.verify(t)
		portal.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		if err := portal.Wait(); err != nil {
			t.Errorf("it does not stop gracefully: %v", err)
		}
		if r, err := o.VerifyAudit(ctx); err != nil || r.Broken != nil || r.Seals == 0 {
			t.Errorf("the record is not verified after the rotation: %+v, %v", r, err)
		}
		o.nothingLeft(t, oldKey, oldRoot)
	})
}

// retirePeppers lets everybody sign in, so that no password is under the old root, and takes that root out of the file.
func (o *operator) retirePeppers(t *testing.T, l *load) {
	t.Helper()
	ctx := t.Context()
	status := func() keyring.Status {
		s, err := o.rotation().Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := status(); len(s.Roots) != 2 || !strings.Contains(s.Roots[1], "passwords alone") || len(s.Keys) != 1 {
		t.Fatalf("passwords were hashed under the root that went, and it is gone: %+v", s)
	}
	l.verify(t) // everybody who registered signs in
	k, err := o.Known()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range k.People {
		if _, err := newVisitor(o.Settings.URL, fmt.Sprintf("10.204.%d.7", i)).post("/demo/signin", "/cabinet", "person", p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.DB.Writer().ExecContext(ctx, `UPDATE employee SET state = 'dismissed'`); err != nil {
		t.Fatal(err)
	}
	counts, err := o.rotation().Peppers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := counts[status().Roots[1][:8]]; n != 0 {
		t.Errorf("everybody has signed in and %d passwords are under the old pepper", n)
	}
	if err := o.rotation().Retire(ctx, keyring.Which{Index: true}); err != nil {
		t.Fatal(err)
	}
	o.reload(t)
	if s := status(); len(s.Roots) != 1 || len(s.Keys) != 1 {
		t.Errorf("old keys are in the files: %+v", s)
	}
}

// nothingLeft looks into every table for the name of an old key: whatever it sealed or indexed begins with it. So a column that
// nobody told the rotation of is found here.
func (o *operator) nothingLeft(t *testing.T, key, root string) {
	t.Helper()
	k, _ := hex.DecodeString("01" + key)
	r, _ := hex.DecodeString(root)
	marks := map[string]string{"wrapped with the old master key": string(k), "sealed with the old master key": "\x01" + string(k), "indexed under the old root": string(r)}
	seen, tables := 0, everyTable(t, o.DB)
	for _, needed := range []string{"person_key", "contact", "account", "visit", "challenge", "employee", "staff_passkey", "root_key", "file"} {
		if len(tables[needed]) == 0 {
			t.Errorf("the table %s is empty: nothing was looked at there", needed)
		}
	}
	for table, rows := range tables {
		for _, row := range rows {
			for _, v := range row {
				b, ok := v.([]byte)
				if !ok {
					continue
				}
				seen++
				for what, mark := range marks {
					if strings.HasPrefix(string(b), mark) {
						t.Errorf("a value of the table %s is %s", table, what)
					}
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("%d values were looked at", seen)
	}
}
