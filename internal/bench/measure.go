package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// passwords measures sign-ins beside the bare hash, four and thirty-two at once.
func (b *bench) passwords(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // it is in a PostgreSQL for tests
	all, err := b.populate(ctx, p, b.People, access.Simplified, false)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // what it did is measured
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := c[0].do(order{Do: "aim", Addr: p.Addr, Want: 303, Requests: each(all, func(x person) []byte { return x.signIn(p.Addr) })}); err != nil {
		return err
	}
	rest := &side{child: c[1], order: order{Do: "rest"}, who: s}
	for _, n := range []int{4, 32} {
		load := &side{child: c[0], order: order{Do: "load", Conns: n}, who: s}
		bare := &side{child: c[1], order: order{Do: "hash"}}
		if err := b.alternate(nil, load, bare, rest); err != nil {
			return err
		}
		b.besideHash(fmt.Sprintf("sign-ins ÷ bare Argon2id, %d at once", n), e, 0.9, load, bare)
		idle := rest.during(load.wall) // the hash lets few sign-ins through, so what a portal does anyway would count for much
		server, database := load.each(load.cost.server-idle.server), load.each(load.cost.database-idle.database)
		goal, met := atMost(float64(server+database)/1e6, 2)
		b.add(fmt.Sprintf("CPU of a sign-in beside the hash, %d at once", n), e, ms(server+database), goal+" ms", met,
			"server %s, database %s, without what both take at rest (%s more); the worker's pipe and collector %s",
			ms(server), ms(database), ms(load.each(idle.server+idle.database)), ms(load.each(load.cost.hashing)-bare.each(bare.gen)))
	}
	n, err := s.statements("POST /signin")
	if err != nil {
		return err
	}
	goal, met := atMost(float64(n), 4)
	b.add("statements of a sign-in", e, fmt.Sprint(n), goal, met, "one before the hash, the others in one transaction after it")
	return nil
}

// besideHash compares what holds a hash with the hash alone, by the CPU that each had.
func (b *bench) besideHash(what string, e store.Engine, least float64, load, bare *side) {
	ratio := load.perCore() / (float64(bare.n) / (float64(cores) * bare.wall.Seconds()))
	goal, met := atLeast(ratio, least)
	b.add(what, e, fmt.Sprintf("%.3f", ratio), goal, met, "%.1f/s beside %.1f/s; generator %.0f %% of the cores", load.perSecond(), bare.perSecond(), 100*load.gen.Seconds()/load.wall.Seconds()/float64(cores))
}

// registrations measures whole registrations, page by page, beside the bare hash.
func (b *bench) registrations(ctx context.Context, e store.Engine) error {
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	outside, err := c[0].do(order{Do: "world", Dir: b.Dir + "/world-" + string(e)})
	if err != nil {
		return err
	}
	p, err := b.install(ctx, e, outside)
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	for _, n := range []int{4, 32} {
		forms := &side{child: c[0], order: order{Do: "register", Conns: n, Addr: p.Addr}, who: s}
		pages := &side{child: c[0], order: order{Do: "register", Conns: n, Addr: p.Addr, Pages: true}, who: s}
		bare := &side{child: c[1], order: order{Do: "hash"}}
		if err := b.alternate(nil, forms, pages, bare); err != nil {
			return err
		}
		b.besideHash(fmt.Sprintf("registrations ÷ bare Argon2id, %d at once", n), e, 0.85, forms, bare)
		b.rows[len(b.rows)-1].note += fmt.Sprintf("; beside the hash server %s, database %s; with the four pages that a person looks at %s and %s",
			ms(forms.each(forms.cost.server)), ms(forms.each(forms.cost.database)), ms(pages.each(pages.cost.server)), ms(pages.each(pages.cost.database)))
	}
	return nil
}

// populate makes people in a new place, with drafts if they are to apply.
func (b *bench) populate(ctx context.Context, p *place, n int, level access.Level, apply bool) ([]person, error) {
	x, err := p.verbs(ctx)
	if err != nil {
		return nil, err
	}
	defer x.Close() //nolint:errcheck // what it wrote is committed
	encoded, err := x.Hasher.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	all, err := people(ctx, x, n, encoded, level)
	if err == nil && apply {
		err = drafts(ctx, x, all)
	}
	return all, err
}

// sessions measures the check of a session and the cabinet beside a probe that does nothing.
func (b *bench) sessions(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	all, err := b.populate(ctx, p, b.People, access.Confirmed, false)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	c, stop, err := b.children(3)
	if err != nil {
		return err
	}
	defer stop()
	var sides []*side
	for i, path := range []string{"/healthz", "/api/session", "/cabinet"} {
		if _, err := c[i].do(order{Do: "aim", Addr: p.Addr, Want: 200, Requests: each(all, func(x person) []byte { return x.get(p.Addr, path) })}); err != nil {
			return err
		}
		sides = append(sides, &side{child: c[i], order: order{Do: "load", Conns: 8}, who: s})
	}
	if err := b.alternate(nil, sides...); err != nil {
		return err
	}
	least := map[store.Engine][2]float64{store.SQLite: {0.4, 0.10}, store.Postgres: {0.3, 0.06}}[e]
	for i, what := range []string{"session checks", "cabinet pages"} {
		x := sides[i+1]
		ratio := x.perSecond() / sides[0].perSecond()
		goal, met := atLeast(ratio, least[i])
		own := func(s *side) time.Duration { return s.each(s.cost.server + s.cost.database) }
		b.add(what+" ÷ /healthz", e, fmt.Sprintf("%.3f", ratio), goal, met, "%.0f/s beside %.0f/s; CPU %s beside %s, without the generator's (%.3f)",
			x.perSecond(), sides[0].perSecond(), ms(own(x)), ms(own(sides[0])), float64(own(sides[0]))/float64(own(x)))
	}
	for _, r := range []struct {
		route string
		most  float64
	}{{"GET /api/session", 1}, {"GET /cabinet", 4}} {
		n, err := s.statements(r.route)
		if err != nil {
			return err
		}
		goal, met := atMost(float64(n), r.most)
		b.add("statements of "+r.route, e, fmt.Sprint(n), goal, met, "")
	}
	return nil
}

// cases measures the sending of an application beside plain transactions that write the same rows.
func (b *bench) cases(ctx context.Context, e store.Engine) error {
	p, all, x, leave, err := b.peopled(ctx, e, done{}, b.People, true)
	if err != nil {
		return err
	}
	defer leave()
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	submit := func(p person) error {
		_, err := x.Applications.Submit(ctx, access.Actor{Kind: access.Person, ID: p.account, Level: access.Confirmed}, service, p.draft)
		return err
	}
	if err := submit(all[0]); err != nil { // it pins the definition and takes numbers for those that follow
		return err
	}
	rows, err := written(c[1], p.Database, func() error { return submit(all[1]) }, "application")
	if err != nil {
		return err
	}
	// The jobs of the cases wait: another node would do them. It is the sending that is measured.
	s, err := b.serve(ctx, p, "web")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	all = all[2:]  // the bare writer files thousands in the name of the second, who may file no more today
	aim := func(want int, one func(p person) []byte) error {
		_, err := c[0].do(order{Do: "aim", Addr: p.Addr, Want: want, Requests: each(all, one), Once: true})
		return err
	}
	again := func() error { // those who sent their draft open another, and have looked at a page within the minute, as people have
		if err := drafts(ctx, x, all); err != nil {
			return err
		}
		if err := aim(200, func(x person) []byte { return x.get(p.Addr, "/api/session") }); err != nil {
			return err
		}
		if _, err := c[0].do(order{Do: "load", Conns: 8, For: time.Minute}); err != nil {
			return err
		}
		return aim(303, func(x person) []byte { return x.submit(p.Addr) })
	}
	for _, n := range []int{4, 32} {
		load := &side{child: c[0], order: order{Do: "load", Conns: n}, who: s}
		bare := &side{child: c[1], order: order{Do: "write", Conns: n}}
		if err := b.alternate(again, load, bare); err != nil {
			return err
		}
		ratio := load.perSecond() / bare.perSecond()
		goal, met := atLeast(ratio, 0.5)
		b.add(fmt.Sprintf("cases ÷ bare transactions, %d at once", n), e, fmt.Sprintf("%.3f", ratio), goal, met, "%.0f/s beside %.0f/s of the rows of %s", load.perSecond(), bare.perSecond(), strings.Join(rows.Says, ", "))
		own := load.each(load.cost.server + load.cost.database)
		goal, met = atMost(float64(own)/1e6, 1.5)
		b.add(fmt.Sprintf("CPU of a submission, %d at once", n), e, ms(own), goal+" ms", met, "server %s, database %s", ms(load.each(load.cost.server)), ms(load.each(load.cost.database)))
	}
	return nil
}

// written lets the writer know what rows a deed adds, and demands that some are of these tables.
func written(writer *child, dsn string, deed func() error, tables ...string) (done, error) {
	if _, err := writer.do(order{Do: "before", DSN: dsn}); err != nil {
		return done{}, err
	}
	if err := deed(); err != nil {
		return done{}, err
	}
	rows, err := writer.do(order{Do: "after"})
	for _, table := range tables {
		if err == nil && !slices.Contains(rows.Says, table) {
			err = fmt.Errorf("what was done was seen to write %v, and nothing of %s", rows.Says, table)
		}
	}
	return rows, err
}

// copied is a copy of the program, written piece by piece as installers do: Linux maps as much at a time as was written at a time, and a
// program written in one piece would count with much that nobody reads.
func copied(program, to string) (string, error) {
	from, err := os.Open(program) //nolint:gosec // the program itself
	if err != nil {
		return "", err
	}
	defer from.Close()                                                     //nolint:errcheck // it was only read
	made, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // it is to be run
	if err != nil {
		return "", err
	}
	_, err = io.Copy(struct{ io.Writer }{made}, from) // 32 KiB at a time: that the other end is a file is not seen
	return to, errors.Join(err, made.Close())
}

// idle measures the start and the memory of a server that does nothing.
func (b *bench) idle(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop()                                                             //nolint:errcheck // as above
	if _, err := b.populate(ctx, p, 1, access.Simplified, false); err != nil { // the database is migrated
		return err
	}
	alone := *b // a copy of the program: pages that the bench has of its own would count as shared with it
	if alone.Program, err = copied(b.Program, p.Data+"/okno"); err != nil {
		return err
	}
	var starts []time.Duration
	var bytes int64
	for i := range 7 {
		s, err := alone.serve(ctx, p, "")
		if err != nil {
			return err
		}
		starts = append(starts, s.start)
		if i == 0 {
			time.Sleep(15 * b.Slice / 2) // it has settled: the hash worker has given its memory back
			bytes, err = memory(s.cmd.Process.Pid)
		}
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
	}
	m := median(starts)
	goal, met := atMost(m.Seconds(), 0.5)
	b.add("okno serve, from exec to ready", e, fmt.Sprintf("%.2f s", m.Seconds()), goal+" s", met, "median of %d", len(starts))
	mb := float64(bytes) / 1e6
	goal, met = atMost(mb, 80)
	b.add("memory, idle", e, fmt.Sprintf("%.0f MB", mb), goal+" MB", met, "server and hash worker together, pages that they share once")
	return nil
}

var (
	linked = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+\.(?:css|js))"`)
	font   = regexp.MustCompile(`url\("?(/assets/[^")]+\.woff2)"?\)`)
)

// pages measures what a browser fetches for the home page at a first visit.
func (b *bench) pages(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	l, err := dial(p.Addr)
	if err != nil {
		return err
	}
	defer l.close()
	sizes, err := firstVisit(l, p.Addr)
	if err != nil {
		return err
	}
	var page, fonts int64
	for path, n := range sizes {
		if strings.HasSuffix(path, ".woff2") {
			fonts += n
		} else {
			page += n
		}
	}
	goal, met := atMost(float64(page)/1000, 60)
	b.add("home page, first visit: HTML, CSS and JS, compressed", "", fmt.Sprintf("%.1f KB", float64(page)/1000), goal+" KB", met, "HTML alone %.1f KB", float64(sizes["/"])/1000)
	goal, met = atMost(float64(fonts)/1000, 80)
	b.add("home page, first visit: typefaces", "", fmt.Sprintf("%.1f KB", float64(fonts)/1000), goal+" KB", met, "")
	return nil
}
