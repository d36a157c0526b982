package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/store"
)

// Begun is something that many tests begin with and that takes longer to make than to copy: what a function wrote into a migrated database
// and into the folder beside it. It is made once in a process and on an engine.
type Begun struct {
	Begin func(dsn, dir string) error

	mu   sync.Mutex
	made map[store.Engine]*beginning
	kept shelf
}

type beginning struct {
	folder   map[string][]byte // by path
	file     []byte            // of SQLite
	database string            // of PostgreSQL
}

// Make has it begin on the engine now, in this test.
func (b *Begun) Make(t testing.TB, e store.Engine) {
	t.Helper()
	b.on(t, e)
}

// Copy is the DSN of a copy of the database, and the folder of another of the folder; both go with the test.
func (b *Begun) Copy(t testing.TB, e store.Engine) (dsn, dir string) {
	t.Helper()
	from := b.on(t, e)
	if e == store.Postgres {
		return clone(t, from.database), from.unfold(t)
	}
	dsn = DSN(t, e)
	if err := os.WriteFile(strings.TrimPrefix(dsn, "sqlite:"), from.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dsn, from.unfold(t)
}

// Lend is Copy for whoever can work with a database that is open already: on PostgreSQL open gives one that other tests had, too, and that
// the test does not close. On SQLite open is nil, and the DSN is opened as usual.
func (b *Begun) Lend(t testing.TB, e store.Engine) (dsn, dir string, open func(now func() time.Time) *store.DB) {
	t.Helper()
	if e != store.Postgres {
		dsn, dir = b.Copy(t, e)
		return dsn, dir, nil
	}
	from := b.on(t, e)
	return database(from.database), from.unfold(t), func(now func() time.Time) *store.DB {
		return b.kept.lend(t, func() (string, error) { return from.database, nil }, now)
	}
}

func (b *Begun) on(t testing.TB, e store.Engine) *beginning {
	t.Helper()
	if e == store.Postgres {
		base(t)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if from := b.made[e]; from != nil {
		return from
	}
	from, err := b.begin(e)
	if err != nil {
		t.Fatal(err)
	}
	if b.made == nil {
		b.made = map[store.Engine]*beginning{}
	}
	b.made[e] = from
	return from
}

func (b *Begun) begin(e store.Engine) (*beginning, error) {
	dir, err := os.MkdirTemp("", "okno-begun-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for what may go
	out, file := &beginning{folder: map[string][]byte{}}, filepath.Join(dir, "okno.db")
	dir = filepath.Join(dir, "data")
	dsn := "sqlite:" + file
	if e == store.Postgres {
		from, err := template()
		if err == nil {
			out.database, err = own(from)
		}
		if err != nil {
			return nil, err
		}
		dsn = database(out.database)
	} else {
		body, err := migrated()
		if err == nil {
			err = os.WriteFile(file, body, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(os.Mkdir(dir, 0o700), b.Begin(dsn, dir)); err != nil {
		return nil, err
	}
	if e == store.Postgres {
		err = save(dsn)
	} else {
		out.file, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	return out, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out.folder[name], err = os.ReadFile(path)
		return err
	})
}

func save(dsn string) error {
	db, err := store.Open(context.Background(), dsn, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	_, err = db.Writer().Exec(`SELECT baseline.save()`)
	return errors.Join(err, db.Close())
}

func (b *beginning) unfold(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range b.folder {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, body, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
