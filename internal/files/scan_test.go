package files_test

import (
	"context"
	"errors"
	"testing"

	"okno/internal/files"
)

// guard is a scanner with one answer.
type guard struct {
	found string
	err   error
}

func (g guard) Scan(context.Context, []byte) (string, error) { return g.found, g.err }

func TestAnUploadIsLookedThroughBeforeItIsKept(t *testing.T) {
	away := errors.New("connection refused")
	for _, c := range []struct {
		name   string
		guard  files.Scanner
		accept bool
		want   error
		marked bool
	}{
		{"no scanner", nil, false, nil, false},
		{"healthy", guard{}, false, nil, false},
		{"infected", guard{found: "Eicar"}, false, files.ErrInfected, false},
		{"infected, and files are taken while the scanner is away", guard{found: "Eicar"}, true, files.ErrInfected, false},
		{"the scanner is away", guard{err: away}, false, files.ErrUnscanned, false},
		{"the scanner is away, and files are taken then", guard{err: away}, true, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &files.Store{Scanner: c.guard, AcceptUnscanned: c.accept}
			n, err := s.Inspect(ctx, files.New{Data: []byte("x")})
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || n.Unscanned != c.marked {
				t.Errorf("marked %v, %v, want %v, %v", n.Unscanned, err, c.marked, c.want)
			}
		})
	}
}

func TestAFileThatNobodyLookedThroughSaysSo(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		owner := p.owner(t)
		for _, marked := range []bool{true, false} {
			f, err := p.Put(ctx, files.New{Owner: owner, Name: "a.pdf", Media: files.PDF, Data: []byte("%PDF-1"), Unscanned: marked})
			if err != nil {
				t.Fatal(err)
			}
			p.keep(t, f)
			if got, err := p.About(ctx, p.DB, f.ID); err != nil || got.Unscanned != marked {
				t.Errorf("marked %v, want %v: %v", got.Unscanned, marked, err)
			}
		}
	})
}
