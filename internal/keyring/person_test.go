package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

func person(t testing.TB, db *store.DB, r *keyring.Ring) (string, *keyring.Key) {
	t.Helper()
	owner := id.New()
	var k *keyring.Key
	err := db.Write(ctx, func(tx *store.Tx) (err error) {
		k, err = r.NewPerson(ctx, tx, owner)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return owner, k
}

func forget(t testing.TB, db *store.DB, r *keyring.Ring, owner string) {
	t.Helper()
	if err := db.Write(ctx, func(tx *store.Tx) error { return r.Forget(ctx, tx, owner) }); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonsKeyComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := generate(t)
		r := open(t, c)
		owner, k := person(t, db, r)
		sealed := k.Seal("account", "profile", owner, []byte("Яна"))
		for name, node := range map[string]*keyring.Ring{"this node": r, "another node": open(t, c)} {
			again, err := node.Person(ctx, db, owner)
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := again.Open("account", "profile", owner, sealed); err != nil || string(plain) != "Яна" {
				t.Errorf("%s: %q, %v", name, plain, err)
			}
		}
		other, _ := person(t, db, r)
		k2, err := r.Person(ctx, db, other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k2.Open("account", "profile", owner, sealed); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("another person's key: %v", err)
		}
		if _, err := r.Person(ctx, db, "nobody"); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("nobody's key: %v", err)
		}
		err = db.Write(ctx, func(tx *store.Tx) error { _, err := r.NewPerson(ctx, tx, owner); return err })
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("a second key of one person: %v", err)
		}
	})
}

func TestAKeyInMemoryCostsNoStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, generate(t))
		owner, _ := person(t, db, r)
		counted, n := store.Counting(ctx)
		for range 3 {
			if err := db.Read(counted, func(tx *store.Tx) error { _, err := r.Person(counted, tx, owner); return err }); err != nil {
				t.Fatal(err)
			}
		}
		if n.Load() != 1 {
			t.Errorf("%d statements, want 1", n.Load())
		}
	})
}

func TestTheKeysOfManyCostOneStatementAndOnceInMemoryNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, generate(t))
		a, _ := person(t, db, r)
		b, _ := person(t, db, r)
		read := func(owners ...string) (map[string]*keyring.Key, int64) {
			t.Helper()
			counted, n := store.Counting(ctx)
			got, err := r.People(counted, db, owners)
			if err != nil {
				t.Fatal(err)
			}
			return got, n.Load()
		}
		for i, want := range []int64{1, 0} {
			got, n := read(a, b, a)
			if n != want || len(got) != 2 || got[a] == nil || got[b] == nil {
				t.Errorf("time %d: %d keys in %d statements", i, len(got), n)
			}
		}
		if got, _ := read("nobody", b); len(got) != 1 || got[b] == nil {
			t.Errorf("of nobody and somebody: %d keys", len(got))
		}
		own, err := r.Person(ctx, db, a)
		if err != nil {
			t.Fatal(err)
		}
		sealed := own.Seal("t", "c", a, []byte("x"))
		got, _ := read(a, b)
		if _, err := got[a].Open("t", "c", a, sealed); err != nil {
			t.Error(err)
		}
		if _, err := got[b].Open("t", "c", a, sealed); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("another's key: %v", err)
		}
	})
}

func TestAWrappedKeyIsReadInAnothersStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, generate(t))
		owner, k := person(t, db, r)
		sealed := k.Seal("t", "c", owner, []byte("x"))
		for asked, want := range map[string]error{owner: nil, "nobody": keyring.ErrNoKey} {
			var wrapped []byte
			if err := db.QueryRow(ctx, `SELECT `+keyring.WrappedSQL("$1"), asked).Scan(&wrapped); err != nil {
				t.Fatal(err)
			}
			got, err := r.Unwrap(asked, wrapped)
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", asked, err, want)
			}
			if want == nil {
				if _, err := got.Open("t", "c", owner, sealed); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func TestAWrappedKeyOfOnePersonIsNotAnothers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, generate(t))
		a, _ := person(t, db, r)
		b, _ := person(t, db, r)
		err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE owner = $1) WHERE owner = $2`, a, b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Person(ctx, db, b); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("the key of %s opens as that of %s: %v", a, b, err)
		}
	})
}

func TestAForgottenPersonCannotBeRead(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		c := generate(t)
		c.Now = clock.Now
		here, there, alone := open(t, c), open(t, c), open(t, c)
		watching, stop := context.WithCancel(ctx)
		defer stop()
		go there.Watch(watching, db)
		owner, _ := person(t, db, here)
		for _, r := range []*keyring.Ring{here, there, alone} {
			if _, err := r.Person(ctx, db, owner); err != nil {
				t.Fatal(err)
			}
		}
		gone := func(r *keyring.Ring) bool {
			_, err := r.Person(ctx, db, owner)
			return errors.Is(err, keyring.ErrNoKey)
		}
		forget(t, db, here, owner)
		if !gone(here) {
			t.Error("the node that forgot still has the key")
		}
		eventually(t, "gone on the node that is told", func() bool {
			forget(t, db, here, "nobody") // in case Watch did not listen yet when the first news came
			return gone(there)
		})
		if gone(alone) {
			t.Error("the node that does not watch knows: this test shows nothing")
		}
		clock.Advance(5 * time.Minute)
		if !gone(alone) {
			t.Error("the node that does not watch has the key after its time")
		}
	})
}

// A page that reads a snapshot from before the end must not bring the key back into memory.
func TestAnOlderSnapshotDoesNotBringAForgottenKeyBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, generate(t))
		owner, _ := person(t, db, r)
		err := db.Read(ctx, func(tx *store.Tx) error {
			var one int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM person_key`).Scan(&one); err != nil { // the snapshot is taken
				return err
			}
			forget(t, db, r, owner)
			_, err := r.Person(ctx, tx, owner)
			return err
		})
		if err != nil {
			t.Fatalf("in its snapshot the key is there: %v", err)
		}
		if _, err := r.Person(ctx, db, owner); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// What is sealed with a key that was never committed would never open again.
func TestAKeyOfAFailedTransactionIsNotRemembered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := generate(t)
		r, other := open(t, c), open(t, c)
		owner, failed := id.New(), errors.New("no")
		err := db.Write(ctx, func(tx *store.Tx) error {
			if _, err := r.NewPerson(ctx, tx, owner); err != nil {
				return err
			}
			if _, err := r.Person(ctx, tx, owner); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		var made *keyring.Key
		if err := db.Write(ctx, func(tx *store.Tx) (err error) { made, err = other.NewPerson(ctx, tx, owner); return err }); err != nil {
			t.Fatal(err)
		}
		k, err := r.Person(ctx, db, owner)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open("t", "c", "r", made.Seal("t", "c", "r", nil)); err != nil {
			t.Errorf("the key of the failed transaction is still in use: %v", err)
		}
	})
}

func TestNoMoreKeysStayInMemoryThanAllowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := generate(t)
		c.MaxKeys = 3
		r := open(t, c)
		var owners []string
		for range 4 {
			owner, _ := person(t, db, r)
			owners = append(owners, owner)
		}
		counted, n := store.Counting(ctx)
		ask := func(i int) {
			if _, err := r.Person(counted, db, owners[i]); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range []int{0, 1, 2, 0, 3} { // 3 pushes out 1, the one longest unused
			ask(i)
		}
		if n.Load() != 4 {
			t.Errorf("%d statements, want 4", n.Load())
		}
		ask(0)
		ask(2)
		if n.Load() != 4 {
			t.Errorf("keys used lately were pushed out: %d statements, want 4", n.Load())
		}
		ask(1)
		if n.Load() != 5 {
			t.Errorf("the fourth key stayed: %d statements, want 5", n.Load())
		}
	})
}

func TestKeysAreRewrappedWhileEverybodyWorks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := generate(t)
		before := open(t, c)
		const people = 53
		sealed := map[string][]byte{}
		var last string
		for range people {
			owner, k := person(t, db, before)
			sealed[owner], last = k.Seal("account", "profile", owner, []byte(owner)), owner
		}
		if err := keyring.Rotate(c.MasterPath); err != nil {
			t.Fatal(err)
		}
		after := open(t, c)
		late, k := person(t, db, after)
		sealed[late] = k.Seal("account", "profile", late, []byte(late))

		// It is interrupted after the first batch, and a person goes meanwhile.
		half, stop := context.WithCancel(ctx)
		rotation := &keyring.Rotation{DB: db, Ring: after, Batch: 10, Share: 1}
		var steps []int
		n := 0
		moved := func(p keyring.Progress) { n = p.Moved; steps = append(steps, n) }
		if _, err := rotation.Reseal(half, func(p keyring.Progress) { moved(p); stop() }); err == nil || n != 10 {
			t.Fatalf("interrupted: %d, %v; want 10 and an error", n, err)
		}
		forget(t, db, after, last)
		delete(sealed, last)
		steps, n = nil, 0
		if left, err := rotation.Reseal(ctx, moved); err != nil || left != 0 || n != people-10-1 {
			t.Fatalf("resumed: %d, %d left, %v; want %d", n, left, err, people-11)
		}
		if want := "[10 20 30 40 42 42]"; fmt.Sprint(steps) != want { // it begins after the ten; the last page is empty
			t.Errorf("progress %v, want %s", steps, want)
		}
		steps, n = nil, 0
		if left, err := rotation.Reseal(ctx, moved); err != nil || left != 0 || n != 0 || steps != nil {
			t.Errorf("again: %d, %d left, %v, %v; want 0", n, left, steps, err)
		}
		for owner, s := range sealed {
			if _, err := before.Person(ctx, db, owner); !errors.Is(err, keyring.ErrSealed) {
				t.Fatalf("the old keyset alone still opens the key of %s: %v", owner, err)
			}
			k, err := after.Person(ctx, db, owner)
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := k.Open("account", "profile", owner, s); err != nil || string(plain) != owner {
				t.Errorf("%s: %q, %v", owner, plain, err)
			}
		}
	})
}

func TestADumpWithoutTheSecretsSaysNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := db.Writer().Exec(`CREATE TABLE note (id TEXT PRIMARY KEY, phone_index BYTEA NOT NULL, phone BYTEA NOT NULL)`); err != nil {
			t.Fatal(err)
		}
		r := open(t, generate(t))
		const phone = "+79161234567"
		var owner string
		err := db.Write(ctx, func(tx *store.Tx) error {
			owner = id.New()
			k, err := r.NewPerson(ctx, tx, owner)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO note (id, phone_index, phone) VALUES ($1, $2, $3)`, owner, r.Index("note.phone", phone), k.Seal("note", "phone", owner, []byte(phone)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var found, wrapped, sealed []byte
		err = db.QueryRow(ctx, `SELECT phone_index, phone, `+keyring.WrappedSQL("note.id")+` FROM note WHERE phone_index = $1`, r.Index("note.phone", phone)).Scan(&found, &sealed, &wrapped)
		if err != nil {
			t.Fatalf("look-up by the index: %v", err)
		}
		for name, b := range map[string][]byte{"index": found, "sealed": sealed, "wrapped": wrapped} {
			if bytes.Contains(b, []byte("9161234")) {
				t.Errorf("%s holds the phone", name)
			}
		}
		if db.Engine() == store.SQLite {
			if _, err := db.Writer().Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(db.Path())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(file), owner) {
				t.Error("the file holds no row: this test shows nothing")
			}
			if bytes.Contains(file, []byte("9161234")) {
				t.Error("the database file holds the phone")
			}
		}
		// Other secrets: what opens must not.
		stranger := open(t, generate(t))
		if _, err := stranger.Person(ctx, db, owner); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("other secrets open the key: %v", err)
		}
	})
}

func TestManyAskForManyKeysWhileSomeAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := generate(t)
		c.MaxKeys = 5
		r := open(t, c)
		watching, stop := context.WithCancel(ctx)
		defer stop()
		go r.Watch(watching, db)
		var owners []string
		for range 8 {
			owner, _ := person(t, db, r)
			owners = append(owners, owner)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for n := range 60 {
					owner := owners[(i+n)%len(owners)]
					if _, err := r.Person(ctx, db, owner); err != nil && !errors.Is(err, keyring.ErrNoKey) {
						t.Error(err)
					}
				}
			})
		}
		for _, owner := range owners[:4] {
			forget(t, db, r, owner)
			if _, err := r.Person(ctx, db, owner); !errors.Is(err, keyring.ErrNoKey) {
				t.Errorf("just forgotten: %v", err)
			}
		}
		wg.Wait()
	})
}

func TestSecretsOfAnotherDatabaseDoNotFit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, stranger := open(t, generate(t)), open(t, generate(t))
		if err := stranger.Fits(ctx, db); err != nil {
			t.Errorf("an empty database: %v", err)
		}
		person(t, db, r)
		if err := r.Fits(ctx, db); err != nil {
			t.Errorf("its own secrets: %v", err)
		}
		if err := stranger.Fits(ctx, db); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("other secrets: %v", err)
		}
	})
}
