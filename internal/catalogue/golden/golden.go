// Package golden says how well the search of the catalogue answers people, in two numbers.
//
// golden.tsv holds what people ask for with the services that answer it, judged by hand before the search was tuned: in Russian and
// English, in everyday words, unfinished, with slips, in the wrong keyboard layout. The first byte of each query's digest puts it into
// one of two halves, so that nobody chose. Seen is the half that may be looked at while the search is tuned; a test holds what was
// reached there. Unseen only gives its numbers, and is not printed: what is tuned on it tells nothing any more. Who adds queries writes
// them down before trying them.
//
// Crowd makes services that nobody asks for, as many as a country has, among which the asked ones are to be found.
package golden

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Query is what somebody asked, with the slugs of the services that answer it, the one that is meant first.
type Query struct {
	Text     string
	Services []string
}

//go:embed golden.tsv
var text string

// Halves are all queries. The error is of the file.
func Halves() (seen, unseen []Query, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		query, services, ok := strings.Cut(line, "\t")
		if !ok || query == "" || services == "" {
			return nil, nil, fmt.Errorf("golden.tsv: %q is no query with services", line)
		}
		q := Query{query, strings.Split(services, ",")}
		if sha256.Sum256([]byte(query))[0]%2 == 0 {
			seen = append(seen, q)
		} else {
			unseen = append(unseen, q)
		}
	}
	return seen, unseen, nil
}

// top is how many of what is found a person looks at.
const top = 3

// Score is how well queries are answered: what part of the right services stands among the first three (of three at most), and the
// mean of one through the place of the first right one, within the first ten.
type Score struct {
	Recall, MRR float64
	Missed      []Query // not answered as well as can be
}

// Of asks all queries of a search that gives slugs, the best first.
func Of(queries []Query, search func(query string) []string) Score {
	var s Score
	for _, q := range queries {
		found := search(q.Text)
		found = found[:min(len(found), 10)]
		right, first := 0, 0
		for i, slug := range found {
			if !slices.Contains(q.Services, slug) {
				continue
			}
			if i < top {
				right++
			}
			if first == 0 {
				first = i + 1
			}
		}
		most := min(len(q.Services), top)
		s.Recall += float64(right) / float64(most)
		if first > 0 {
			s.MRR += 1 / float64(first)
		}
		if right < most || first != 1 {
			s.Missed = append(s.Missed, q)
		}
	}
	s.Recall /= float64(max(len(queries), 1))
	s.MRR /= float64(max(len(queries), 1))
	return s
}

//go:embed crowd.yaml
var crowdYAML []byte

// both is a text in both languages.
type both struct{ RU, EN string }

// Crowd makes n definitions by their file names: what some town permits, agrees to or tells about one of many things.
func Crowd(n int) (map[string][]byte, error) {
	var c struct{ Acts, Things, Towns []both }
	if err := yaml.Unmarshal(crowdYAML, &c); err != nil {
		return nil, fmt.Errorf("crowd.yaml: %w", err)
	}
	if most := len(c.Acts) * len(c.Things) * len(c.Towns); n > most {
		return nil, fmt.Errorf("there are %d different services, not %d", most, n)
	}
	out := make(map[string][]byte, n)
	for i := range n {
		act, thing, town := c.Acts[i%len(c.Acts)], c.Things[i/len(c.Acts)%len(c.Things)], c.Towns[i/len(c.Acts)/len(c.Things)]
		name := func(a, b, c string) string { return a + " " + b + ", " + c }
		text := func(ru, en string) map[string]string { return map[string]string{"ru": ru, "en": en} }
		owner := fmt.Sprintf("crowd%c", 'a'+i/len(c.Acts)/len(c.Things))
		slug := fmt.Sprintf("crowd-%d", i)
		file, err := yaml.Marshal(map[string]any{
			"apiVersion": "svc/v1", "kind": "Information", "code": owner + "." + slug, "slug": slug,
			"owner": map[string]any{"code": owner, "name": text(town.RU, town.EN), "short": text(town.RU, town.EN)},
			"title": text(name(act.RU, thing.RU, town.RU), name(act.EN, thing.EN, town.EN)), "summary": text(act.RU+" "+thing.RU, act.EN+" "+thing.EN),
			"catalog": map[string]any{
				"lifeEvents": []string{"documents"}, "channels": []string{"office"}, "outcome": text(act.RU, act.EN),
				"synonyms":   map[string][]string{"ru": {thing.RU, act.RU + " " + thing.RU}, "en": {thing.EN}},
				"processing": map[string]any{"term": "P5D", "text": text(town.RU, town.EN)}, "cost": text(town.RU, town.EN),
				"law": []string{}, "papers": []any{text(thing.RU, thing.EN)}, "steps": []any{text(act.RU, act.EN)}, "where": []any{text(town.RU, town.EN)},
			},
		})
		if err != nil {
			return nil, err
		}
		out[slug+".yaml"] = file
	}
	return out, nil
}
