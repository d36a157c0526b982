package form

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"okno/internal/i18n"
)

// Place is a country or a subject of the federation, by the code of its list.
type Place struct {
	Code string // of ISO 3166-1 in two letters, or of the tax service in two digits
	Name i18n.Text
}

// Russia is the country's code.
const Russia = "RU"

//go:embed countries.txt
var countriesText string

//go:embed regions.txt
var regionsText string

// gazetteer is a list of places and how they are found by what people type.
type gazetteer struct {
	all   []Place
	found map[string]int
}

func (g gazetteer) find(typed string, key func(string) string) (Place, bool) {
	i, ok := g.found[key(typed)]
	if !ok {
		return Place{}, false
	}
	return g.all[i], true
}

// read makes a list of lines "code; …; Russian; English; other|other". codes is how many of the first columns are codes.
func readPlaces(text string, codes int, key func(string) string) gazetteer {
	g := gazetteer{found: map[string]int{}}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "; ")
		p := Place{Code: cells[0], Name: i18n.Text{RU: cells[codes], EN: cells[codes+1]}}
		names := slices.Clone(cells[:codes+2])
		if len(cells) > codes+2 {
			names = append(names, strings.Split(cells[codes+2], "|")...)
		}
		for _, name := range names {
			g.found[key(name)] = len(g.all)
		}
		g.all = append(g.all, p)
	}
	return g
}

var countries = sync.OnceValue(func() gazetteer { return readPlaces(countriesText, 2, nameKey) })

var regions = sync.OnceValue(func() gazetteer { return readPlaces(regionsText, 1, regionKey) })

// Countries lists the countries of the world (ISO 3166-1).
func Countries() []Place { return slices.Clone(countries().all) }

// CountryOf finds a country by its code.
func CountryOf(code string) (Place, bool) {
	p, ok := countries().find(code, nameKey)
	return p, ok && p.Code == code
}

// Country reads a country: its code in two or three letters, its Russian or English name or another one in use. It gives
// the code in two letters.
func Country(s string) (string, *Problem) {
	if Blank(s) {
		return "", problem("form.country.empty")
	}
	p, ok := countries().find(s, nameKey)
	if !ok {
		return s, problem("form.country.unknown")
	}
	return p.Code, nil
}

// ForeignCountry reads a country other than Russia.
func ForeignCountry(s string) (string, *Problem) {
	code, p := Country(s)
	if p == nil && code == Russia {
		return code, problem("form.country.russia")
	}
	return code, p
}

// Regions lists the subjects of the Russian Federation.
func Regions() []Place { return slices.Clone(regions().all) }

// RegionOf finds a subject of the federation by its code.
func RegionOf(code string) (Place, bool) {
	p, ok := regions().find(code, regionKey)
	return p, ok && p.Code == code
}

// Region reads a subject of the federation by its name, in either language, abbreviated or not, or by its code, which it gives.
func Region(s string) (string, *Problem) {
	if Blank(s) {
		return "", problem("form.region.empty")
	}
	p, ok := regions().find(s, regionKey)
	if !ok {
		return s, problem("form.region.unknown")
	}
	return p.Code, nil
}

// nameKey is a name without what people write one way or another: capitals, dots, dashes, the two dots of a Russian letter.
func nameKey(s string) string { return strings.Join(wordsOf(s), " ") }

// regionKey is nameKey with the words in the order of the alphabet and abbreviations written out.
func regionKey(s string) string {
	var out []string
	for _, w := range wordsOf(s) {
		if long, ok := places().Abbreviations[w]; ok {
			out = append(out, strings.Fields(long)...)
			continue
		}
		out = append(out, w)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func wordsOf(s string) []string {
	s = strings.ReplaceAll(strings.ToLower(oneLine(s)), yo, ye)
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
}

// yo and ye are two letters that are written for each other.
const yo, ye = "\u0451", "\u0435"
