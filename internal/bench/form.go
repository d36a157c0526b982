package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// The large form: larger than any that a portal has, so that what a keystroke costs in it bounds what one costs anywhere.
const (
	largePages  = 20
	largeFields = 50 // of a page
	largeRules  = 500
	largeRows   = 120
	largeCode   = "bench.large"
	largeSlug   = "bench-large"
	rowsPage    = "rows"
)

// largeForm measures a form of a thousand fields, five hundred rules and a group of a hundred and twenty rows, all filled in: how long
// its first page takes, and how long the request that keeps and checks a page while somebody types in it. Each changes an answer, as a
// keystroke does. It is the time of the whole request over one connection, one after the other.
func (b *bench) largeForm(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	p.Services = filepath.Join(filepath.Dir(p.log), "services")
	if err := os.MkdirAll(p.Services, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.Services, "large.yaml"), []byte(largeDefinition()), 0o600); err != nil {
		return err
	}
	all, err := b.populate(ctx, p, 1, access.Confirmed, false)
	if err != nil {
		return err
	}
	if err := fillLarge(ctx, p, all[0]); err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	first := "page-01"
	for _, q := range []struct {
		what string
		most float64
		ask  func(n int) []byte
	}{
		{"first page", 50, func(int) []byte { return all[0].get(p.Addr, largePath(first)) }},
		{"check of a keystroke", 5, func(n int) []byte { return all[0].keep(p.Addr, first, largeTyped(0, n)) }},
		{fmt.Sprintf("check of a keystroke among the %d rows", largeRows), 5, func(n int) []byte { return all[0].keep(p.Addr, rowsPage, largeTyped(largePages, n)) }},
	} {
		if err := b.typed(s, e, q.what, q.most, q.ask); err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
	}
	return nil
}

// typed measures one request of the large form.
func (b *bench) typed(s *server, e store.Engine, what string, most float64, ask func(n int) []byte) error {
	l, err := dial(s.Addr)
	if err != nil {
		return err
	}
	defer l.close()
	var took []time.Duration
	var before cost
	end := time.Now().Add(time.Duration(b.Slices) * b.Slice)
	for n := 0; n < 20 || time.Now().Before(end); n++ {
		if n == 5 { // the first ones compile nothing any more
			took = nil
			if before, err = s.cost(); err != nil {
				return err
			}
		}
		req, began := ask(n), time.Now()
		a, err := l.do(req, true)
		took = append(took, time.Since(began))
		if err != nil {
			return err
		}
		if err := rightly(a); err != nil {
			return err
		}
	}
	after, err := s.cost()
	if err != nil {
		return err
	}
	c := after.minus(before)
	each := func(d time.Duration) string { return ms(d / time.Duration(len(took))) }
	p95 := percentile(took, 0.95)
	goal, met := atMost(float64(p95)/1e6, most)
	b.add(fmt.Sprintf("form of %d fields, %d rules and %d rows: %s, p95", largePages*largeFields, largeRules, largeRows, what), e, ms(p95), goal+" ms", met,
		"median %s of %d, one after the other; CPU of the server %s, of the database %s", ms(median(took)), len(took), each(c.server), each(c.database))
	return nil
}

// rightly refuses to measure an answer that finds something wrong: everything that is typed is right.
func rightly(a answer) error {
	if a.status != 200 {
		return fmt.Errorf("%d, to %q", a.status, a.location)
	}
	text, err := plain(a)
	if err != nil {
		return err
	}
	if strings.HasPrefix(text, "{") && !strings.Contains(text, `"wrong":[],"clashes":[]`) {
		return fmt.Errorf("it finds fault with what is right: %.300s", text)
	}
	if !strings.HasPrefix(text, "{") && !strings.Contains(text, "p01_f49") {
		return errors.New("the page does not ask what it should")
	}
	return nil
}

func largePath(page string) string { return "/services/" + largeSlug + "/apply/" + page }

// keep is what a page sends while it is typed in.
func (p person) keep(host, page string, typed url.Values) []byte {
	return request(host, largePath(page)+"/keep", p.cookies(), typed)
}

// fillLarge opens a draft of the large form and fills in every page.
func fillLarge(ctx context.Context, p *place, one person) error {
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // as above
	who := access.Actor{Kind: access.Person, ID: one.account, Level: access.Confirmed}
	d, err := x.Applications.Begin(ctx, who, largeCode)
	if err != nil {
		return err
	}
	for i, page := range d.Form.Pages {
		if d, err = x.Applications.SavePage(ctx, who, largeCode, page.ID, largeTyped(i, 0)); err != nil {
			return fmt.Errorf("fill in %s: %w", page.ID, err)
		}
	}
	if n := d.Answers.Count("/rows"); n != largeRows || len(d.Form.Demands) != largeRules || len(d.Answers) != largePages*largeFields+1 {
		return fmt.Errorf("there are %d rows, %d rules and %d answers", n, len(d.Form.Demands), len(d.Answers))
	}
	return nil
}

// largeTyped is what stands in the inputs of a page after so many keystrokes: one answer changes with each.
func largeTyped(page, keystrokes int) url.Values {
	out := url.Values{".tab": {"bench"}}
	if page == largePages {
		for i := range largeRows {
			row := fmt.Sprintf("rows.%d.", i)
			out.Set(row+"name", fmt.Sprintf("Row %d", i))
			out.Set(row+"from", fmt.Sprintf("0%d.02.2020", 1+i%9))
			out.Set(row+"to", fmt.Sprintf("1%d.02.2020", i%9))
			out.Set(row+"count", strconv.Itoa(10+i))
		}
		out.Set("rows.7.name", fmt.Sprintf("Row typed %d", keystrokes))
		return out
	}
	for i := range largeFields {
		v := "Answer"
		if i%2 == 1 {
			v = strconv.Itoa(1000 + i)
		}
		out.Set(largeField(page, i), v)
	}
	out.Set(largeField(page, 4), fmt.Sprintf("Typed %d", keystrokes))
	return out
}

func largeField(page, i int) string { return fmt.Sprintf("p%02d_f%02d", page+1, i) }

// largeDefinition writes the service: every other field a number, a rule for each two fields, of which four are about each row. Every
// fifth field is asked on a condition.
func largeDefinition() string {
	var data, view, pages, rules strings.Builder
	said := func(format string, args ...any) string {
		return fmt.Sprintf("{ru: %[1]q, en: %[1]q}", fmt.Sprintf(format, args...))
	}
	for p := range largePages {
		var asked []string
		for i := range largeFields {
			name := largeField(p, i)
			asked = append(asked, "/"+name)
			kind, when := "{type: string, maxLength: 100}", ""
			if i%2 == 1 {
				kind = "{type: integer, minimum: 0, maximum: 1000000}"
			}
			if i%5 == 0 && i > 0 {
				when = fmt.Sprintf(", when: 'd.%s > %d'", largeField(p, 1), i)
			}
			fmt.Fprintf(&data, "    %s: %s\n", name, kind)
			fmt.Fprintf(&view, "  /%s: {label: %s%s}\n", name, said("Question %d of page %d", i+1, p+1), when)
		}
		fmt.Fprintf(&pages, "  - {id: page-%02d, title: %s, fields: [%s]}\n", p+1, said("Page %d", p+1), strings.Join(asked, ", "))
	}
	for n := range largeRules - 4 {
		p, i := n%largePages, n/largePages
		low, high := largeField(p, 1+2*(i%24)), largeField(p, 3+2*(i%24))
		fmt.Fprintf(&rules, "  - {id: rule-%d, at: /%s, when: \"d.%s != 'none'\", assert: 'd.%s <= d.%s && d.%s < 900000', message: %s}\n",
			n, high, largeField(p, 0), low, high, largeField((p+1)%largePages, 1), said("Rule %d is broken", n))
	}
	for n, assert := range []string{"row.from <= row.to", "row.count > 5", "row.name != 'none'", "row.count < 900 && days(row.from, row.to) < 90"} {
		at := []string{"to", "count", "name", "to"}[n]
		fmt.Fprintf(&rules, "  - {id: row-%d, at: /rows/*/%s, assert: \"%s\", message: %s}\n", n, at, assert, said("Rule %d of rows is broken", n))
	}
	return `apiVersion: svc/v1
code: ` + largeCode + `
slug: ` + largeSlug + `
owner: {code: bench, name: ` + said("Bench") + `, short: ` + said("Bench") + `}
title: ` + said("A very large form") + `
summary: ` + said("A very large form") + `
catalog:
  lifeEvents: [work]
  channels: [online]
  outcome: ` + said("An answer") + `
  processing: {term: P5D, calendar: ru-working, text: ` + said("Five days") + `}
  cost: ` + said("Free") + `
  law: []
  papers: []
access: {assurance: standard}
data:
  type: object
  additionalProperties: false
  properties:
` + data.String() + `    rows:
      type: array
      maxItems: ` + strconv.Itoa(largeRows) + `
      items:
        type: object
        additionalProperties: false
        properties:
          name: {type: string, maxLength: 60}
          from: {type: string, format: date}
          to: {type: string, format: date}
          count: {type: integer, minimum: 0, maximum: 1000}
view:
` + view.String() + `  /rows: {label: ` + said("Rows") + `, item: ` + said("Row") + `, add: ` + said("Add a row") + `, fields: [/rows/*/name, /rows/*/from, /rows/*/to, /rows/*/count]}
  /rows/*/name: {label: ` + said("Name") + `}
  /rows/*/from: {label: ` + said("From") + `}
  /rows/*/to: {label: ` + said("Until") + `}
  /rows/*/count: {label: ` + said("How many") + `, when: "row.name != 'nothing'"}
pages:
` + pages.String() + `  - {id: ` + rowsPage + `, title: ` + said("Rows") + `, fields: [/rows]}
rules:
` + rules.String() + `process:
  initial: filed
  states:
    filed:
      turn: agency
      title: ` + said("Received") + `
      explain: ` + said("Waiting") + `
      deadline: {in: P5D, calendar: ru-working, breach: 'auto:silence'}
      on: {approve: given, silence: given}
    given: {final: success, title: ` + said("Given") + `, explain: ` + said("Given") + `}
  actions:
    approve: {by: officer, title: ` + said("Approve") + `, tone: primary}
notify:
  given: {channels: [inbox], text: ` + said("Given") + `}
tests:
  - {name: silence means yes, events: [silence], expect: {outcome: granted}}
`
}
