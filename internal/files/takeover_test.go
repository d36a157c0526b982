package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/store"
)

// move gives what the one has to the other, as a takeover does.
func (p *place) move(t *testing.T, from, to string) []string {
	t.Helper()
	b, err := p.Ring.Between(ctx, p.DB, from, to)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.Copy(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	if err := p.DB.Write(ctx, func(tx *store.Tx) (err error) { ids, err = m.Move(ctx, tx); return err }); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestAFileThatWentToAnotherAccountOpensWithItsKeyAlone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		from, to := p.owner(t), p.owner(t)
		f, other := p.file(t, from, []byte("%PDF-1.7 Иванов")), p.file(t, to, []byte("own"))
		if ids := p.move(t, from, to); len(ids) != 1 || ids[0] != f.ID {
			t.Fatalf("moved %v", ids)
		}
		if ids := p.move(t, from, to); len(ids) != 0 {
			t.Errorf("moved twice: %v", ids)
		}
		if err := p.DB.Write(ctx, func(tx *store.Tx) error { return p.Ring.Forget(ctx, tx, from) }); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(25 * time.Hour)
		p.sweep(t, 1) // what only the former key opens
		p.sweep(t, 0)
		for _, want := range []struct{ id, text string }{{f.ID, "%PDF-1.7 Иванов"}, {other.ID, "own"}} {
			g, r, err := p.Open(ctx, p.DB, want.id)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || string(b) != want.text || g.Owner != to || g.Name != "Паспорт Иванова.pdf" {
				t.Errorf("%q of %s, %v", b, g.Owner, err)
			}
		}
		third := p.owner(t) // and once more, with a name of its own already
		if ids := p.move(t, to, third); len(ids) != 2 {
			t.Errorf("moved %v", ids)
		}
		if g, _, err := p.Open(ctx, p.DB, f.ID); err != nil || g.Owner != third {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

func TestACopyThatNobodyTookIsSwept(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		from, to := p.owner(t), p.owner(t)
		f := p.file(t, from, []byte("x"))
		b, err := p.Ring.Between(ctx, p.DB, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Copy(ctx, b); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(25 * time.Hour)
		p.sweep(t, 1)
		if g, _, err := p.Open(ctx, p.DB, f.ID); err != nil || g.Owner != from {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

// A file that is lost or spoiled holds up nobody's move, and is not made to look whole.
func TestAFileWhoseBytesAreLostDoesNotHoldUpTheOthers(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		from, to := p.owner(t), p.owner(t)
		lost, spoiled, whole := p.file(t, from, []byte("a")), p.file(t, from, []byte("b")), p.file(t, from, []byte("c"))
		at := func(f files.File) string { return filepath.Join(p.dir, f.ID[len(f.ID)-2:], f.ID) }
		if err := errors.Join(os.Remove(at(lost)), os.WriteFile(at(spoiled), []byte("rubbish"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if ids := p.move(t, from, to); len(ids) != 3 {
			t.Fatalf("moved %v", ids)
		}
		for f, want := range map[string]error{lost.ID: store.ErrNotFound, spoiled.ID: keyring.ErrSealed, whole.ID: nil} {
			if _, _, err := p.Open(ctx, p.DB, f); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
	})
}
