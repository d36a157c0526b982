package workday

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Fewest and most working days that a year of the five-day week has by article 112. A file that says another number forgot where a holiday on a
// weekend moves, or has a slip in a day.
const fewest, most = 245, 250

// Issue is a mistake in a file.
type Issue struct {
	File      string
	Line, Col int
	Text      string // what is wrong with which field, and what to do
}

func (i Issue) Error() string { return fmt.Sprintf("%s:%d:%d: %s", i.File, i.Line, i.Col, i.Text) }

type parser struct {
	file  string
	wrong []Issue
}

func (p *parser) say(n *yaml.Node, format string, args ...any) {
	p.wrong = append(p.wrong, Issue{p.file, max(n.Line, 1), max(n.Column, 1), fmt.Sprintf(format, args...)})
}

// Parse reads a file of one year, or a list of years. It is YAML, so JSON will do. The error lists every mistake as file:line:column.
func Parse(file string, text []byte) ([]Year, error) {
	p := &parser{file: file}
	var doc yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(text))
	switch err := in.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, Issue{file, 1, 1, "the file is empty: give a year, its source and its days"}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var second yaml.Node
	if err := in.Decode(&second); !errors.Is(err, io.EOF) {
		p.say(&second, "there is a second document (---): write years as a list, each with a dash")
	}
	nodes := []*yaml.Node{doc.Content[0]}
	if nodes[0].Kind == yaml.SequenceNode {
		nodes = nodes[0].Content
	}
	var years []Year
	for _, n := range nodes {
		y := p.year(n)
		if slices.ContainsFunc(years, func(x Year) bool { return x.Year == y.Year && y.Year != 0 }) {
			p.say(n, "year: %d stands in the file twice; leave one", y.Year)
		}
		years = append(years, y)
	}
	if len(p.wrong) == 0 {
		return years, nil
	}
	slices.SortStableFunc(p.wrong, func(a, b Issue) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) })
	all := make([]error, len(p.wrong))
	for i, w := range p.wrong {
		all[i] = w
	}
	return nil, errors.Join(all...)
}

// days is a list of days in the file, with where each stands.
type days struct {
	list []string
	at   []*yaml.Node
}

func (p *parser) year(n *yaml.Node) (y Year) {
	before := len(p.wrong) // of other years
	if n.Kind != yaml.MappingNode {
		p.say(n, "this is not a year: write year, source, off, work")
		return y
	}
	fields := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if _, twice := fields[key.Value]; twice {
			p.say(key, "%s: stands there twice; leave one", key.Value)
		}
		fields[key.Value] = value
		if !slices.Contains([]string{"year", "source", "holidays", "off", "work", "short"}, key.Value) {
			p.say(key, "%s: there is no such field; there are year, source, holidays, off, work and short", key.Value)
		}
	}
	at := func(name string) *yaml.Node { return cmp.Or(fields[name], n) }
	y.Year, _ = strconv.Atoi(at("year").Value) //nolint:errcheck // 0 is no year
	if y.Year < 2000 || y.Year > 2200 {
		p.say(at("year"), "year: %q is not one; write four digits", at("year").Value)
		y.Year = 0
	}
	if y.Source = strings.TrimSpace(at("source").Value); y.Source == "" {
		p.say(at("source"), "source: is missing; name the decree, its number and day")
	}
	y.Holidays = p.days(fields["holidays"], "holidays", "2000-", 2000).list // of a leap year, so that each day of a year may stand there
	for i, d := range y.Holidays {
		y.Holidays[i] = strings.TrimPrefix(d, "2000-")
	}
	off, work, short := p.days(fields["off"], "off", "", y.Year), p.days(fields["work"], "work", "", y.Year), p.days(fields["short"], "short", "", y.Year)
	y.Off, y.Work, y.Short = off.list, work.list, short.list
	if y.Year == 0 || len(p.wrong) > before {
		return y
	}
	for i, d := range y.Off {
		if t := on(d); weekend(t) || y.holiday(t) {
			p.say(off.at[i], "off: %s is a weekend or a holiday and off without the decree; take it out, or see whether the day is right", d)
		}
		if slices.Contains(y.Work, d) {
			p.say(off.at[i], "off: %s stands in work, too; leave it in one of them", d)
		}
	}
	for i, d := range y.Work {
		if t := on(d); !weekend(t) && !y.holiday(t) {
			p.say(work.at[i], "work: %s is a working day without the decree; take it out, or see whether the day is right", d)
		}
	}
	for i, d := range y.Short {
		if !y.works(on(d), true) {
			p.say(short.at[i], "short: nobody works on %s; name it in work, too, or take it out", d)
		}
	}
	if days := y.WorkingDays(); len(p.wrong) == before && (days < fewest || days > most) {
		p.say(n, "off, work: the year would have %d working days, and decrees leave %d to %d; see which days are missing or too many", days, fewest, most)
	}
	return y
}

func on(day string) time.Time {
	t, _ := time.Parse(time.DateOnly, day) //nolint:errcheck // it was read
	return t
}

// days reads a list of days of the year; prefix goes before each.
func (p *parser) days(n *yaml.Node, field, prefix string, year int) (out days) {
	if n == nil {
		return out
	}
	if n.Kind != yaml.SequenceNode {
		p.say(n, "%s: is not a list of days: [%d-05-08]", field, cmp.Or(year, 2027))
		return out
	}
	for _, x := range n.Content {
		day := prefix + x.Value
		t, err := time.Parse(time.DateOnly, day)
		switch {
		case err != nil && prefix != "":
			p.say(x, "%s: %q is not a day; write month and day: 05-09", field, x.Value)
		case err != nil:
			p.say(x, "%s: %q is not a day; write year, month and day: %d-05-08", field, x.Value, cmp.Or(year, 2027))
		case year != 0 && t.Year() != year:
			p.say(x, "%s: %s is not of %d; a day belongs to the file of its year", field, x.Value, year)
		case slices.Contains(out.list, day):
			p.say(x, "%s: %s stands there twice; leave one", field, x.Value)
		default:
			out.list, out.at = append(out.list, day), append(out.at, x)
		}
	}
	return out
}
