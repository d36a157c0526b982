package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"okno/internal/store"
)

// lists measures what the list of ten thousand services weighs: a page of it, and what programs read.
func (b *bench) lists(ctx context.Context, e store.Engine) (err error) {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.drop()) }()
	p.Services = filepath.Join(b.Dir, "crowd")
	s, err := b.serve(ctx, p, "web")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	for _, x := range []struct {
		what, path string
		most       int  // bytes on the way
		tagged     bool // what did not change is not sent again
	}{
		{"a page of all services", "/services", 60_000, false},
		{"a page of a life situation", "/services?life=documents&page=3", 60_000, false},
		{"a page of the catalogue for programs", "/api/catalogue?page=2", 60_000, true},
		{"the whole catalogue for programs", "/api/catalogue", 2_000_000, true},
	} {
		first, err := fetch(p, x.path, "")
		if err != nil {
			return err
		}
		took := make([]time.Duration, 20)
		for i := range took {
			got, err := fetch(p, x.path, "")
			if err != nil {
				return err
			}
			took[i] = got.took
		}
		slices.Sort(took)
		goal, met := atMost(float64(first.length), float64(x.most))
		b.add(x.what+", bytes packed", e, fmt.Sprint(first.length), goal, met, "first %s, then p50 %s, of 20", ms(first.took), ms(took[len(took)/2]))
		if !x.tagged {
			continue
		}
		if first.tag == "" {
			return fmt.Errorf("%s has no ETag", x.path)
		}
		again, err := fetch(p, x.path, first.tag)
		if err != nil {
			return err
		}
		goal, met = atMost(float64(again.length), 0)
		b.add(x.what+", bytes when nothing changed", e, fmt.Sprint(again.length), goal, met, "%s, status %d", ms(again.took), again.status)
	}
	return nil
}

// fetched is an answer and how long it took.
type fetched struct {
	answer
	took time.Duration
}

// fetch asks as a browser does that has what the tag names.
func fetch(p *place, path, tag string) (x fetched, err error) {
	l, err := dial(p.Addr)
	if err != nil {
		return x, err
	}
	defer l.close()
	ask := request(strings.TrimPrefix(p.URL, "http://"), path, "", nil)
	if tag != "" {
		ask = bytes.Replace(ask, []byte("User-Agent:"), []byte("If-None-Match: "+tag+"\r\nUser-Agent:"), 1)
	}
	began := time.Now()
	x.answer, err = l.do(ask, false)
	x.took = time.Since(began)
	if err == nil && x.status != 200 && x.status != 304 {
		err = fmt.Errorf("%s answers %d", path, x.status)
	}
	return x, err
}
