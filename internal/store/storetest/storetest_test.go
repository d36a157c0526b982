package storetest_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestWhoeverAsksForOneEngineGetsThatOneAndTheOtherIsSkipped(t *testing.T) {
	t.Setenv(storetest.Only, string(store.SQLite))
	var ran []store.Engine
	storetest.Engines(t, func(t *testing.T, e store.Engine) { ran = append(ran, storetest.Open(t, e, nil).Engine()) })
	if !slices.Equal(ran, []store.Engine{store.SQLite}) {
		t.Errorf("the tests ran on %v", ran)
	}
}

func TestNobodyWhoAsksForNoneIsGivenOneAlone(t *testing.T) {
	if os.Getenv(storetest.Env) == "" && os.Getenv("CI") == "" {
		t.Skipf("SKIPPED: %s is not set (make test starts one)", storetest.Env)
	}
	t.Setenv(storetest.Only, "")
	var ran []store.Engine
	storetest.Engines(t, func(t *testing.T, e store.Engine) { ran = append(ran, storetest.Open(t, e, nil).Engine()) })
	if !slices.Equal(ran, []store.Engine{store.SQLite, store.Postgres}) {
		t.Errorf("the tests ran on %v", ran)
	}
}

// What one test leaves in a PostgreSQL the next one does not see, though it may get the same database; and one that changed the schema is
// nobody's again.
func TestTheNextTestFindsADatabaseAsItWasMigrated(t *testing.T) {
	if os.Getenv(storetest.Env) == "" && os.Getenv("CI") == "" {
		t.Skipf("SKIPPED: %s is not set (make test starts one)", storetest.Env)
	}
	ctx := context.Background()
	names := map[string]int{}
	for i, change := range []string{
		`INSERT INTO audit_seal (seq, at, count, prev, hash, sign) VALUES (1, now(), 0, '', '', '')`,
		`DELETE FROM goose_db_version`,
		`CREATE TABLE of_a_test (id BIGINT)`,
		`TRUNCATE goose_db_version`,
		`ALTER TABLE audit_seal DISABLE TRIGGER ALL`,
		`SELECT 1`,
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			clock := storetest.NewClock()
			clock.Advance(time.Duration(i) * time.Hour)
			db := storetest.Open(t, store.Postgres, clock.Now)
			if !db.Now().Equal(clock.Now()) {
				t.Errorf("the clock shows %s", db.Now())
			}
			var name string
			var seals, migrations, tables, watched int
			if err := db.Writer().QueryRow(`SELECT current_database(), (SELECT count(*) FROM audit_seal), (SELECT count(*) FROM goose_db_version), (SELECT count(*) FROM pg_tables WHERE tablename = 'of_a_test'),
				(SELECT count(*) FROM pg_trigger WHERE tgrelid = 'audit_seal'::regclass AND tgenabled = 'O')`).
				Scan(&name, &seals, &migrations, &tables, &watched); err != nil {
				t.Fatal(err)
			}
			names[name]++
			if seals != 0 || migrations == 0 || tables != 0 || watched == 0 {
				t.Errorf("there are %d seals, %d migrations, %d strange tables and %d triggers", seals, migrations, tables, watched)
			}
			if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, change); return err }); err != nil {
				t.Fatal(err)
			}
		})
	}
	if len(names) != 3 {
		t.Errorf("six tests had these databases: %v, want one for three, and others once the schema and once a trigger changed", names)
	}
}
