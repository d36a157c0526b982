package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
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
		most       int // bytes on the way
	}{
		{"a page of all services", "/services", 60_000},
		{"a page of a life situation", "/services?life=documents&page=3", 60_000},
		{"a page of the catalogue for programs", "/api/catalogue?page=2", 60_000},
		{"the whole catalogue for programs", "/api/catalogue", 2_000_000},
	} {
		first, err := fetch(ctx, p.URL+x.path, "")
		if err != nil {
			return err
		}
		took := make([]time.Duration, 20)
		for i := range took {
			got, err := fetch(ctx, p.URL+x.path, "")
			if err != nil {
				return err
			}
			took[i] = got.took
		}
		slices.Sort(took)
		goal, met := atMost(float64(first.bytes), float64(x.most))
		b.add(x.what+", bytes packed", e, fmt.Sprint(first.bytes), goal, met, "first %s, then p50 %s, of 20", ms(first.took), ms(took[len(took)/2]))
		if first.tag == "" {
			continue
		}
		again, err := fetch(ctx, p.URL+x.path, first.tag)
		if err != nil {
			return err
		}
		goal, met = atMost(float64(again.bytes), 0)
		b.add(x.what+", bytes when nothing changed", e, fmt.Sprint(again.bytes), goal, met, "%s, status %d", ms(again.took), again.status)
	}
	return nil
}

// fetched is an answer: its bytes on the way, how long it took, its tag and status.
type fetched struct {
	bytes  int64
	took   time.Duration
	tag    string
	status int
}

// fetch asks as a browser does that has what the tag names.
func fetch(ctx context.Context, address, tag string) (x fetched, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return x, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return x, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end below
	x.bytes, err = io.Copy(io.Discard, resp.Body)
	x.took, x.tag, x.status = time.Since(began), resp.Header.Get("Etag"), resp.StatusCode
	if err == nil && x.status != http.StatusOK && x.status != http.StatusNotModified {
		err = fmt.Errorf("%s answers %d", address, x.status)
	}
	return x, err
}
