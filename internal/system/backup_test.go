package system

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestABackupIsTheSameAgain(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		x := run(t, s, discard)
		k, err := x.Known()
		if err != nil {
			t.Fatal(err)
		}
		who := access.Actor{Kind: access.Person, ID: k.People[0].ID, Level: access.Confirmed}
		await(t, "the certificate of the demo", func() bool {
			papers, err := x.Papers.List(t.Context(), who)
			return err == nil && len(papers) > 0
		})
		dir := filepath.Join(t.TempDir(), "backup")
		if _, err := Backup(t.Context(), s, dir); err != nil { // while the portal runs
			t.Fatal(err)
		}
		x.stop()
		if _, err := Backup(t.Context(), s, dir); err == nil || !strings.Contains(err.Error(), "not overwritten") {
			t.Errorf("a backup is overwritten: %v", err)
		}
		if _, err := Backup(t.Context(), s, filepath.Join(s.Data, "backup")); err == nil {
			t.Error("a backup is put into the data folder")
		}
		still := filepath.Join(t.TempDir(), "backup") // of the portal at rest, to compare with
		m, err := Backup(t.Context(), s, still)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Parts {
			if strings.Contains(p.Name, "key") || strings.Contains(p.Name, "master") {
				t.Errorf("the backup holds %s", p.Name)
			}
		}

		for _, from := range []string{dir, still} {
			to := s
			to.Demo, to.Data, to.Database = false, filepath.Join(t.TempDir(), "data"), emptyDatabase(t, s.Database)
			if _, err := Restore(t.Context(), to, from); err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(t.Context(), to, from); err == nil || !strings.Contains(err.Error(), "not overwritten") {
				t.Errorf("a portal is overwritten: %v", err)
			}
			over := to
			over.Data = filepath.Join(t.TempDir(), "data")
			if _, err := Restore(t.Context(), over, from); err == nil || !strings.Contains(err.Error(), "not overwritten") {
				t.Errorf("a database is overwritten: %v", err)
			}
			if from == still {
				same(t, s, to)
			}
			opens(t, to, filepath.Join(s.Data, "keys"), k.People[0].ID)
		}
		spoilt(t, still, engine, s)
	})
}

// emptyDatabase is a place without tables where a database may be restored, of the same engine as the DSN.
func emptyDatabase(t *testing.T, dsn string) string {
	t.Helper()
	if engineOf(dsn) == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "okno.db")
	}
	admin, err := store.Open(t.Context(), os.Getenv(storetest.Env), store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + id.New()
	if _, err := admin.Writer().Exec(`CREATE DATABASE ` + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Writer().Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop database: %v", err)
		}
		admin.Close() //nolint:errcheck // the test is over
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// same compares every row of every table, and every file.
func same(t *testing.T, a, b Settings) {
	t.Helper()
	dump := func(s Settings) map[string][]string {
		db, err := store.Open(t.Context(), s.Database, store.Options{MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // it was only read
		out := map[string][]string{}
		for name, rows := range everyTable(t, db) {
			out[name] = []string{}
			for _, row := range rows {
				out[name] = append(out[name], fmt.Sprintf("%#v", row))
			}
			slices.Sort(out[name])
		}
		return out
	}
	left, right := dump(a), dump(b)
	rows := 0
	for name := range left {
		rows += len(left[name])
		if !slices.Equal(left[name], right[name]) {
			t.Errorf("the table %s is not the same: %d rows, %d restored", name, len(left[name]), len(right[name]))
		}
	}
	if len(left) != len(right) || len(left) < 20 || rows < 50 {
		t.Errorf("%d tables with %d rows, %d tables restored", len(left), rows, len(right))
	}
	if l, r := listFiles(t, filepath.Join(a.Data, "files")), listFiles(t, filepath.Join(b.Data, "files")); !reflect.DeepEqual(l, r) || len(l) == 0 {
		t.Errorf("%d files, %d restored", len(l), len(r))
	}
}

func listFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// opens shows that with the keys a restored portal reads papers, and that with others nothing opens.
func opens(t *testing.T, s Settings, keys, accountID string) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "keys")
	if _, err := keyring.Generate(other); err != nil {
		t.Fatal(err)
	}
	s = outsideOf(t, s)
	who := access.Actor{Kind: access.Person, ID: accountID, Level: access.Confirmed}
	for dir, right := range map[string]bool{keys: true, other: false} {
		s.MasterKey, s.IndexKey = filepath.Join(dir, keyring.MasterFile), filepath.Join(dir, keyring.IndexFile)
		x, err := New(t.Context(), s, discard)
		if err != nil {
			t.Fatal(err)
		}
		papers, err := x.Papers.List(t.Context(), who)
		switch {
		case right && (err != nil || len(papers) == 0):
			t.Errorf("with its keys: %d papers, %v", len(papers), err)
		case right:
			who.AuthAt, who.Methods = x.DB.Now(), "pwd sms" // a second factor a moment ago
			if _, r, err := x.Papers.Open(t.Context(), who, papers[0].ID); err != nil || r.Len() == 0 {
				t.Errorf("a paper does not open: %v", err)
			}
		case err == nil:
			t.Errorf("without the keys %d papers are read", len(papers))
		}
		if a, err := x.Accounts.Get(t.Context(), x.DB, accountID); (err == nil) != right {
			t.Errorf("keys right: %v, and the account says %q, %v", right, a.Profile.Surname, err)
		}
		if err := x.Ring.Fits(t.Context(), x.DB); (err == nil) != right {
			t.Errorf("keys right: %v, and they fit: %v", right, err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// spoilt restores a backup in which something was changed, and expects a refusal that touched nothing.
func spoilt(t *testing.T, dir string, engine store.Engine, s Settings) {
	t.Helper()
	for name, spoil := range map[string]func() error{
		"a byte more": func() error {
			f, err := os.OpenFile(filepath.Join(dir, "database"), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			f.Write([]byte{0}) //nolint:errcheck // Close tells
			return f.Close()
		},
		"a file gone": func() error { return os.RemoveAll(filepath.Join(dir, "files")) },
		"no manifest": func() error { return os.Remove(filepath.Join(dir, "manifest.json")) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		to := s
		to.Demo, to.Data, to.Database = false, filepath.Join(t.TempDir(), "data"), "sqlite:"+filepath.Join(t.TempDir(), "okno.db")
		if engine == store.Postgres {
			to.Database = emptyDatabase(t, s.Database)
		}
		if _, err := Restore(t.Context(), to, dir); err == nil {
			t.Errorf("%s: it is restored", name)
		}
		if exists(to.Data) {
			t.Errorf("%s: the data folder was touched", name)
		}
	}
}
