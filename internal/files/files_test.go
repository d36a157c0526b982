package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/files"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

// place is a store of files over a folder and a clock of its bucket.
type place struct {
	*files.Store
	dir string
	now time.Time
}

func each(t *testing.T, body func(t *testing.T, p *place)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := &place{dir: filepath.Join(t.TempDir(), "files"), now: time.Now()}
		f, err := files.OpenFolder(p.dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() }) //nolint:errcheck // the test is over
		p.Store = &files.Store{DB: db, Ring: keyringtest.Ring(t), Bucket: f, Now: func() time.Time { return p.now }}
		body(t, p)
	})
}

func (p *place) owner(t *testing.T) string {
	t.Helper()
	owner := id.New()
	if err := p.DB.Write(ctx, func(tx *store.Tx) error { _, err := p.Ring.NewPerson(ctx, tx, owner); return err }); err != nil {
		t.Fatal(err)
	}
	return owner
}

func (p *place) put(t *testing.T, owner string, data []byte) files.File {
	t.Helper()
	f, err := p.Put(ctx, files.New{Owner: owner, Name: "Паспорт Иванова.pdf", Media: files.PDF, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (p *place) keep(t *testing.T, f files.File) {
	t.Helper()
	if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Keep(ctx, tx, f) }); err != nil {
		t.Fatal(err)
	}
}

func (p *place) file(t *testing.T, owner string, data []byte) files.File {
	t.Helper()
	f := p.put(t, owner, data)
	p.keep(t, f)
	return f
}

// lying lists the bytes in the folder.
func (p *place) lying(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *place) sweep(t *testing.T, want int) {
	t.Helper()
	if n, err := p.Sweep(ctx); n != want || err != nil {
		t.Errorf("Sweep = %d, %v; want %d", n, err, want)
	}
}

func TestAFileComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for _, owner := range []string{p.owner(t), ""} {
			for _, data := range [][]byte{[]byte("%PDF-1.7 Иванов"), {}, bytes.Repeat([]byte("x"), files.MaxSize)} {
				kept := p.file(t, owner, data)
				f, r, err := p.Open(ctx, p.DB, kept.ID)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes came back as %d, %v", len(data), len(got), err)
				}
				if f.Owner != owner || f.Name != "Паспорт Иванова.pdf" || f.Media != files.PDF || f.Size != int64(len(data)) || len(f.SHA256) != 32 || f.CreatedAt.IsZero() {
					t.Errorf("About = %+v", f)
				}
			}
		}
		if _, _, err := p.Open(ctx, p.DB, id.New()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no such file: %v", err)
		}
		if _, err := p.Put(ctx, files.New{Data: make([]byte, files.MaxSize+1)}); !errors.Is(err, files.ErrTooBig) {
			t.Errorf("more than a file may hold: %v", err)
		}
		if _, err := p.Put(ctx, files.New{Owner: "nobody"}); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("an owner without a key: %v", err)
		}
	})
}

func TestNeitherFolderNorTableSaysWhatAFileHolds(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		owner := p.owner(t)
		f := p.file(t, owner, []byte("%PDF-1.7 Иванов Иван, 45 07 123456"))
		for _, path := range p.lying(t) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte("123456")) || bytes.Contains(b, []byte("PDF")) || strings.Contains(path, owner) {
				t.Errorf("%s says it", path)
			}
		}
		var name, sum []byte
		if err := p.DB.QueryRow(ctx, `SELECT name, sha256 FROM file WHERE id = $1`, f.ID).Scan(&name, &sum); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(name, []byte("Иванов")) {
			t.Error("the table says the name")
		}
		// Two people with one paper: nobody sees from the table that it is one.
		g := p.file(t, p.owner(t), []byte("%PDF-1.7 Иванов Иван, 45 07 123456"))
		if bytes.Equal(g.SHA256, f.SHA256) {
			t.Error("equal papers have equal sums")
		}
	})
}

func TestTheFolderIsForItsOwnerAlone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.put(t, "", []byte("x"))
		err := filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %04o", path, info.Mode().Perm())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestBytesOfAnotherFileOwnerOrTypeDoNotOpen(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		owner := p.owner(t)
		a, b := p.file(t, owner, []byte("one")), p.file(t, owner, []byte("two"))
		at := func(f files.File) string { return filepath.Join(p.dir, f.ID[len(f.ID)-2:], f.ID) }
		was, err := os.ReadFile(at(a))
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile(at(b))
		if err != nil {
			t.Fatal(err)
		}
		write := func(data []byte) {
			if err := os.WriteFile(at(a), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		set := func(text string, args ...any) {
			if err := p.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, text, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			name      string
			do, undo  func()
			wantError error
		}{
			{"another file's bytes", func() { write(other) }, func() { write(was) }, keyring.ErrSealed},
			{"half the bytes", func() { write(was[:len(was)-1]) }, func() { write(was) }, keyring.ErrSealed},
			{"bytes without end", func() { write(make([]byte, files.MaxSize+4096)) }, func() { write(was) }, files.ErrTooBig},
			{"another type", func() { set(`UPDATE file SET media = 'text/html' WHERE id = $1`, a.ID) }, func() { set(`UPDATE file SET media = 'application/pdf' WHERE id = $1`, a.ID) }, keyring.ErrSealed},
			{"another owner", func() { set(`UPDATE file SET owner = $1 WHERE id = $2`, p.owner(t), a.ID) }, func() { set(`UPDATE file SET owner = $1 WHERE id = $2`, owner, a.ID) }, keyring.ErrSealed},
			{"another's name", func() { set(`UPDATE file SET name = (SELECT name FROM file WHERE id = $1) WHERE id = $2`, b.ID, a.ID) }, func() {}, keyring.ErrSealed},
		} {
			c.do()
			if _, _, err := p.Open(ctx, p.DB, a.ID); !errors.Is(err, c.wantError) {
				t.Errorf("%s: %v, want %v", c.name, err, c.wantError)
			}
			c.undo()
		}
	})
}

func TestFilesOfAForgottenPersonCannotBeRead(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		owner := p.owner(t)
		f := p.file(t, owner, []byte("x"))
		stays := p.file(t, p.owner(t), []byte("y"))
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Ring.Forget(ctx, tx, owner) }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Open(ctx, p.DB, f.ID); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("Open = %v", err)
		}
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.DropAll(ctx, tx, owner) }); err != nil {
			t.Fatal(err)
		}
		if _, err := p.About(ctx, p.DB, f.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("About = %v", err)
		}
		p.now = p.now.Add(25 * time.Hour)
		p.sweep(t, 1)
		if _, _, err := p.Open(ctx, p.DB, stays.ID); err != nil {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

// A crash between the bytes and the row, at every point: the row never stands without its bytes.
func TestBytesThatNobodyKeptAreSweptAfterADay(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		owner := p.owner(t)
		kept := p.file(t, owner, []byte("kept"))
		p.put(t, owner, []byte("the process died after this"))
		dropped := p.file(t, owner, []byte("dropped"))
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Drop(ctx, tx, dropped.ID) }); err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		failed := p.put(t, owner, []byte("its transaction failed"))
		err := p.DB.Write(ctx, func(tx *store.Tx) error { return errors.Join(p.Keep(ctx, tx, failed), undone) })
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		half := id.New() // the machine lost power in the middle of a write
		if err := os.MkdirAll(filepath.Join(p.dir, half[24:]), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, half[24:], half), []byte{1}, 0o600); err != nil {
			t.Fatal(err)
		}
		p.sweep(t, 0)
		p.now = p.now.Add(23 * time.Hour)
		p.sweep(t, 0)
		p.now = p.now.Add(2 * time.Hour)
		p.sweep(t, 4)
		if _, _, err := p.Open(ctx, p.DB, kept.ID); err != nil || len(p.lying(t)) != 1 {
			t.Errorf("%v lie there, the kept one: %v", p.lying(t), err)
		}
	})
}

func TestASweepPassesOverWhatIsNotOurs(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for _, name := range []string{"README", "lost+found/x", "ab/notes.txt", "ab/" + id.New()[:24] + "cd"} {
			path := filepath.Join(p.dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p.now = p.now.Add(48 * time.Hour)
		p.sweep(t, 0)
		if n := len(p.lying(t)); n != 4 {
			t.Errorf("%d of 4 are left", n)
		}
	})
}

func TestASweepOfManyKeepsTheKept(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		var kept []files.File
		for i := range 230 {
			f := p.put(t, "", fmt.Append(nil, i))
			if i%3 == 0 {
				p.keep(t, f)
				kept = append(kept, f)
			}
		}
		p.now = p.now.Add(25 * time.Hour)
		p.sweep(t, 230-len(kept))
		for _, f := range kept {
			if _, _, err := p.Open(ctx, p.DB, f.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWhatWasPutTooLongAgoIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		f := p.put(t, "", []byte("x"))
		p.now = p.now.Add(13 * time.Hour)
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Keep(ctx, tx, f) }); !errors.Is(err, files.ErrLate) {
			t.Errorf("Keep = %v", err)
		}
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Keep(ctx, tx, files.File{ID: id.New()}) }); !errors.Is(err, files.ErrLate) {
			t.Errorf("Keep of what was never put = %v", err)
		}
	})
}

func TestSniffBelievesTheContentAlone(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       files.Media
	}{
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", files.JPEG},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00", files.PNG},
		{"PDF", "%PDF-1.4\n", files.PDF},
		{"nothing", "", ""},
		{"text", "Иванов", ""},
		{"a page", "<!doctype html><script>", ""},
		{"a page that says PDF", "<script>alert(1)</script>%PDF-1.4", ""},
		{"half a PNG", "\x89PNG\r\n", ""},
		{"half a JPEG", "\xff\xd8", ""},
		{"a drawing with scripts", "<svg xmlns='http://www.w3.org/2000/svg'>", ""},
		{"a program", "MZ\x90\x00", ""},
	} {
		got, ok := files.Sniff([]byte(c.data))
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
	for m, want := range map[files.Media]string{files.JPEG: ".jpg", files.PNG: ".png", files.PDF: ".pdf", "text/html": ""} {
		if m.Extension() != want {
			t.Errorf("%s ends in %q, want %q", m, m.Extension(), want)
		}
	}
}
