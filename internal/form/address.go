package form

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"okno/internal/i18n"
)

// PostalAddress is an address in its parts. The word for the kind of a place stands in front of its name, abbreviated in one
// way, and is left out where it goes without saying: a house is «5», a building in its yard «стр. 2». Region is a code.
type PostalAddress struct {
	Index    string `json:"index,omitempty"`
	Region   string `json:"region,omitempty"`
	District string `json:"district,omitempty"`
	City     string `json:"city,omitempty"`
	Street   string `json:"street,omitempty"`
	House    string `json:"house,omitempty"`
	Building string `json:"building,omitempty"`
	Flat     string `json:"flat,omitempty"`
	Rest     string `json:"rest,omitempty"` // what was typed, when it could not be taken apart
}

// Found reports whether the address was taken apart, at least to a house.
func (a PostalAddress) Found() bool { return a.Rest == "" && a.House != "" }

//go:embed address.json
var addressJSON []byte

// The levels of an address, as address.json calls them.
const (
	levelDistrict = "district"
	levelCity     = "city"
	levelStreet   = "street"
	levelHouse    = "house"
	levelBuilding = "building"
	levelFlat     = "flat"
)

// placeWord is a word for the kind of a place: of which level, and how it is written here.
type placeWord struct{ level, kind string }

// placeWords is what the program knows of the words of addresses; read once, never changed. It is data because Go source
// holds no Cyrillic.
type placeWords struct {
	Places []struct {
		Level, Kind string
		Words       []string
	}
	Abbreviations map[string]string // in names of regions
	Phrases       map[string]string // two words that are one
	Adjectives    []string          // endings of names that stand before their word
	None          []string          // what people type for no flat, no building
	words         map[string][]placeWord
}

var places = sync.OnceValue(func() placeWords {
	var w placeWords
	if err := json.Unmarshal(addressJSON, &w); err != nil {
		panic(err) // embedded and read by every test
	}
	w.words = map[string][]placeWord{}
	for _, p := range w.Places {
		for _, word := range p.Words {
			w.words[word] = append(w.words[word], placeWord{p.Level, p.Kind})
		}
		if own := wordKey(p.Kind); !slices.Contains(p.Words, own) {
			w.words[own] = append(w.words[own], placeWord{p.Level, p.Kind})
		}
	}
	return w
})

// kindOf is how the first kind of a level is written: that of a house, of a flat.
func kindOf(level string) string {
	for _, p := range places().Places {
		if p.Level == level {
			return p.Kind
		}
	}
	return ""
}

// wordKey is a word of an address as address.json writes it.
func wordKey(s string) string {
	return strings.Trim(strings.ReplaceAll(strings.ToLower(s), yo, ye), ".")
}

// word finds what a word of an address stands for; next is the word behind it, which tells a house from a village.
func word(s, next string) (placeWord, bool) {
	for _, w := range places().words[wordKey(s)] {
		first, _ := utf8.DecodeRuneInString(next)
		switch w.level {
		case levelHouse, levelBuilding, levelFlat:
			if unicode.IsDigit(first) || utf8.RuneCountInString(next) == 1 && !isShort(s) {
				return w, true
			}
		case levelCity:
			if !unicode.IsDigit(first) || !isShort(s) {
				return w, true
			}
		default:
			return w, true
		}
	}
	return placeWord{}, false
}

// isShort reports whether the word is one letter, which may mean several things.
func isShort(s string) bool { return utf8.RuneCountInString(wordKey(s)) == 1 }

var (
	indexShape  = regexp.MustCompile(`^\d{6}$`)
	houseShape  = regexp.MustCompile(`^\d+\pL?(/\d+\pL?)?$`)
	houseFlat   = regexp.MustCompile(`^(\d+\pL?)-(\d+)$`)
	glued       = regexp.MustCompile(`^(\pL+\.?)(\d\S*)$`)
	wholeNumber = regexp.MustCompile(`^\d+$`)
	oneLetter   = regexp.MustCompile(`^\pL$`)
	yard        = regexp.MustCompile(`^(\d+)(\pL+)(\d+)$`)
)

// ParseAddress takes an address apart that was typed in one line, as far as that goes: with the usual words or without, with
// commas or without, in full or abbreviated. It refuses nothing: what it does not understand stays whole in Rest.
func ParseAddress(s string) PostalAddress {
	s = oneLine(s)
	a, ok := takeApart(s)
	if ok { // understood only if what it says of the parts is understood the same way
		again, sure := takeApart(a.String())
		ok = sure && again == a
	}
	if !ok {
		return PostalAddress{Rest: s}
	}
	return a
}

// parser is an address being taken apart.
type parser struct {
	a     PostalAddress
	level string
	kind  string
	words []string
	lost  bool // something found no place
}

func takeApart(s string) (PostalAddress, bool) {
	var p parser
	tokens := addressTokens(s)
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t == "," {
			p.flush()
			continue
		}
		next := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		if len(p.words) == 0 && p.kind == "" {
			if indexShape.MatchString(t) && p.a.Index == "" && p.a.House == "" {
				p.a.Index = t
				continue
			}
			if c, ok := countries().find(t, nameKey); ok && c.Code == Russia && i == 0 {
				continue
			}
			if n := p.region(tokens[i:]); n > 0 {
				i += n - 1
				continue
			}
		}
		p.take(t, next)
	}
	p.flush()
	a := p.a
	if m := houseFlat.FindStringSubmatch(a.House); m != nil && a.Flat == "" {
		a.House, a.Flat = m[1], m[2]
	}
	if r, ok := regions().find(a.City, regionKey); ok && a.Region == "" && a.City != "" && isCity(r) {
		a.Region = r.Code
	}
	return a, !p.lost
}

// isCity reports whether the subject of the federation is a city: its name is one word.
func isCity(r Place) bool { return !strings.Contains(r.Name.RU, " ") }

// region takes the name of a region off the front of the tokens and says how many it took.
func (p *parser) region(tokens []string) int {
	if p.a.Region != "" || p.a.Street != "" || p.a.City != "" {
		return 0
	}
	end := slices.Index(tokens, ",")
	if end < 0 {
		end = len(tokens)
	}
	for n := min(end, 6); n > 0; n-- {
		r, ok := regions().find(strings.Join(tokens[:n], " "), regionKey)
		if !ok || tokens[0] == r.Code || regionKey(tokens[n-1]) == "" { // a code alone is a number of something else
			continue
		}
		p.a.Region = r.Code
		if isCity(r) {
			p.a.City = kindOf(levelCity) + " " + r.Name.RU
		}
		return n
	}
	return 0
}

// take puts one token where it belongs.
func (p *parser) take(t, next string) {
	if w, ok := word(t, next); ok {
		if p.kind == "" && len(p.words) > 0 && (next == "" || next == "," || p.adjective()) && (w.level == levelDistrict || w.level == levelCity || w.level == levelStreet) {
			p.level, p.kind = w.level, w.kind // the name stood before the word
			p.flush()
			return
		}
		if next == "" || next == "," {
			p.words = append(p.words, t) // a word that nothing follows is part of a name
			return
		}
		p.flush()
		p.level, p.kind = w.level, w.kind
		return
	}
	if p.level == levelHouse || p.level == levelBuilding || p.level == levelFlat {
		p.words = append(p.words, t)
		p.flush()
		return
	}
	_, follows := word(next, "1")
	if bareNumber(t) && (len(p.words) > 0 || p.kind == "" && p.a.Street != "") && (next == "" || next == "," || follows || bareNumber(next)) {
		p.flush()
		switch {
		case p.a.House == "":
			p.level = levelHouse
		case p.a.Flat == "" && houseShape.MatchString(t):
			p.level = levelFlat
		}
		p.words = append(p.words, t)
		p.flush()
		return
	}
	p.words = append(p.words, t)
}

// bareNumber reports whether the token is the number of a house or a flat without a word for it.
func bareNumber(t string) bool { return houseShape.MatchString(t) || houseFlat.MatchString(t) }

// adjective reports whether the words so far end like a name that stands before its word.
func (p *parser) adjective() bool {
	last := strings.ToLower(p.words[len(p.words)-1])
	return slices.ContainsFunc(places().Adjectives, func(end string) bool { return strings.HasSuffix(last, end) })
}

// flush puts the words so far into the part they are of.
func (p *parser) flush() {
	level, kind, name := p.level, p.kind, joined(p.words)
	p.level, p.kind, p.words = "", "", nil
	if name == "" {
		p.lost = p.lost || kind != ""
		return
	}
	if level == "" {
		switch {
		case p.a.City == "":
			level = levelCity
		case p.a.Street == "":
			level = levelStreet
		default:
			p.lost = true
			return
		}
	}
	if level == levelCity && p.a.City != "" && p.a.District == "" { // a village of a town's district
		p.a.District, p.a.City = p.a.City, ""
	}
	into := p.a.part(level)
	switch {
	case *into == "":
		*into = written(level, kind, name)
	case level == levelBuilding:
		*into += " " + written(level, kind, name)
	default:
		p.lost = true
	}
}

// written is a part of an address as it is kept.
func written(level, kind, name string) string {
	switch {
	case kind == "", level == levelHouse && kind == kindOf(levelHouse), level == levelFlat && kind == kindOf(levelFlat):
		return name
	}
	return kind + " " + name
}

// part is the field of the level.
func (a *PostalAddress) part(level string) *string {
	switch level {
	case levelDistrict:
		return &a.District
	case levelCity:
		return &a.City
	case levelStreet:
		return &a.Street
	case levelHouse:
		return &a.House
	case levelBuilding:
		return &a.Building
	case levelFlat:
		return &a.Flat
	}
	return &a.Rest
}

// addressTokens are the words of an address, commas among them, those apart that were typed together: «ул.Ленина», «д5к2».
func addressTokens(s string) []string {
	for phrase, one := range places().Phrases {
		s = replaceFold(s, phrase, one)
	}
	s = strings.NewReplacer(",", " , ", ";", " , ").Replace(s)
	var out []string
	for _, t := range strings.Fields(s) {
		out = append(out, apart(t)...)
	}
	for i := 0; i+1 < len(out); i++ { // «5 А»: the letter is of the house when nothing follows that it could be a word for
		if alone := i+2 == len(out) || out[i+2] == ","; alone && wholeNumber.MatchString(out[i]) && oneLetter.MatchString(out[i+1]) {
			out[i] += out[i+1]
			out = slices.Delete(out, i+1, i+2)
		}
	}
	return out
}

// joined are words as they are read, those that were made one for the parser in two again.
func joined(words []string) string { return strings.ReplaceAll(strings.Join(words, " "), "_", " ") }

func apart(t string) []string {
	if before, after, ok := strings.Cut(t, "."); ok && after != "" && before != "" {
		if _, known := places().words[wordKey(before)]; known && places().words[wordKey(t)] == nil {
			return append([]string{before + "."}, apart(after)...)
		}
	}
	if m := glued.FindStringSubmatch(t); m != nil {
		if _, known := word(m[1], "1"); known {
			return append([]string{m[1]}, apart(m[2])...)
		}
	}
	if m := yard.FindStringSubmatch(t); m != nil {
		if w, known := word(m[2], "1"); known && w.level == levelBuilding {
			return []string{m[1], m[2], m[3]}
		}
	}
	return []string{t}
}

// replaceFold replaces a phrase however it is capitalised.
func replaceFold(s, phrase, by string) string {
	low := strings.ToLower(s)
	if len(low) != len(s) || !strings.Contains(strings.ReplaceAll(low, yo, ye), phrase) {
		return s
	}
	low = strings.ReplaceAll(low, yo, ye)
	var b strings.Builder
	for {
		i := strings.Index(low, phrase)
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i] + by)
		s, low = s[i+len(phrase):], low[i+len(phrase):]
	}
}

// String is the address in one line, as it is printed on an envelope from the large to the small.
func (a PostalAddress) String() string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(a.Index)
	if r, ok := RegionOf(a.Region); ok && !(isCity(r) && strings.HasSuffix(a.City, r.Name.RU)) {
		add(r.Name.RU)
	}
	add(a.District)
	add(a.City)
	add(a.Street)
	add(bareWith(levelHouse, a.House))
	add(a.Building)
	add(bareWith(levelFlat, a.Flat))
	add(a.Rest)
	return strings.Join(out, ", ")
}

// bareWith is a house or a flat with the word for it.
func bareWith(level, s string) string {
	if s == "" {
		return ""
	}
	first, rest, _ := strings.Cut(s, " ")
	if w, ok := word(first, rest); ok && w.level == level {
		return s
	}
	return kindOf(level) + " " + s
}

// The names of the parts of an address.
const (
	partIndex    = "index"
	partRegion   = "region"
	partDistrict = levelDistrict
	partCity     = levelCity
	partStreet   = levelStreet
	partHouse    = levelHouse
	partBuilding = levelBuilding
	partFlat     = levelFlat
)

type addressPart struct {
	name     string
	required bool
	read     func(string) (string, *Problem)
}

// addressParts are the parts of an address in the order in which a page asks for them. Villages have houses without a street, and parcels have no index of their own.
var addressParts = sync.OnceValue(func() []addressPart {
	return []addressPart{
		{partIndex, false, optionally(PostalIndex)},
		{partRegion, true, Region},
		{partDistrict, false, optionally(placeName(levelDistrict))},
		{partCity, true, placeName(levelCity)},
		{partStreet, false, optionally(placeName(levelStreet))},
		{partHouse, true, houseNumber(levelHouse)},
		{partBuilding, false, optionally(houseNumber(levelBuilding))},
		{partFlat, false, optionally(houseNumber(levelFlat))},
	}
})

func optionally(read func(string) (string, *Problem)) func(string) (string, *Problem) {
	return func(s string) (string, *Problem) {
		if Blank(s) || slices.Contains(places().None, strings.ToLower(oneLine(s))) {
			return "", nil
		}
		return read(s)
	}
}

// PostalIndex reads a postal index: six digits, of which the first is not zero.
func PostalIndex(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-")
	switch {
	case bad != 0:
		return s, problem("form.index.char", "char", printable(bad))
	case d == "":
		return "", problem("form.index.empty")
	case len(d) != 6:
		return s, problem("form.index.length", "typed", len(d))
	case d[0] == '0':
		return s, problem("form.index.zero")
	}
	return d, nil
}

const placeMax = 120

// placeName reads the name of a town, a street, a district, with or without the word for its kind, before or behind it.
func placeName(level string) func(string) (string, *Problem) {
	return func(s string) (string, *Problem) {
		s = oneLine(s)
		switch n := utf8.RuneCountInString(s); {
		case s == "":
			return "", problem("form.address." + level + "_empty")
		case n > placeMax:
			return s, problem("form.text.long", "max", placeMax, "typed", n)
		case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
			return s, problem("form.address." + level + "_letters")
		}
		return named(level, s), nil
	}
}

// named brings the word for the kind of a place to the front and to its usual form.
func named(level, s string) string {
	tokens := addressTokens(s)
	if len(tokens) < 2 || slices.Contains(tokens, ",") {
		return s
	}
	last := len(tokens) - 1
	if w, ok := word(tokens[0], tokens[1]); ok && w.level == level {
		return w.kind + " " + joined(tokens[1:])
	}
	if w, ok := word(tokens[last], ""); ok && w.level == level && !isShort(tokens[last]) {
		return w.kind + " " + joined(tokens[:last])
	}
	return s
}

const houseMax = 20

// houseNumber reads the number of a house, a building or a flat. There are houses with letters, fractions and none at all.
func houseNumber(level string) func(string) (string, *Problem) {
	return func(s string) (string, *Problem) {
		s = oneLine(s)
		switch n := utf8.RuneCountInString(s); {
		case s == "":
			return "", problem("form.address." + level + "_empty")
		case n > houseMax:
			return s, problem("form.text.long", "max", houseMax, "typed", n)
		case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
			return s, problem("form.address." + level + "_letters")
		}
		tokens := addressTokens(s)
		if len(tokens) != 2 {
			return s, nil
		}
		if w, ok := word(tokens[0], tokens[1]); ok && w.level == level {
			return written(level, w.kind, tokens[1]), nil
		}
		return s, nil
	}
}

// AddressesDiffer names the first part in which the address of registration and that of residence differ, and what can be
// done about it (REG-16); nil when they are the same place. Both are written in any way that ParseAddress understands, and
// what one of them leaves out above the house differs in nothing. It is no mistake to live elsewhere: whoever shows this
// lets the person go on.
func AddressesDiffer(registered, residence PostalAddress) *Problem {
	if !registered.Found() || !residence.Found() {
		if nameKey(registered.String()) == nameKey(residence.String()) {
			return nil
		}
		return problem("form.address.differs_somewhere")
	}
	if registered.Region != "" && residence.Region != "" && registered.Region != residence.Region {
		return problem("form.address.differs_region", "registered", regionName(registered.Region), "residence", regionName(residence.Region))
	}
	for _, x := range []struct {
		level, one, two string
		key             string
	}{
		{levelCity, registered.City, residence.City, "form.address.differs_city"},
		{levelStreet, registered.Street, residence.Street, "form.address.differs_street"},
		{levelHouse, registered.House, residence.House, "form.address.differs_house"},
		{levelBuilding, registered.Building, residence.Building, "form.address.differs_building"},
		{levelFlat, registered.Flat, residence.Flat, "form.address.differs_flat"},
	} {
		one, two := placeKey(x.level, x.one), placeKey(x.level, x.two)
		switch {
		case one == two, bare(one, two), (x.one == "" || x.two == "") && (x.level == levelCity || x.level == levelStreet):
		case x.one == "" || x.two == "":
			return problem("form.address.only_one_"+x.level, "value", x.one+x.two)
		default:
			return problem(x.key, "registered", x.one, "residence", x.two)
		}
	}
	if registered.Index != "" && residence.Index != "" && registered.Index != residence.Index {
		return problem("form.address.differs_index", "registered", registered.Index, "residence", residence.Index)
	}
	return nil
}

func regionName(code string) i18n.Text {
	r, _ := RegionOf(code)
	return r.Name
}

// kindBar stands between the kind of a place and its name in a placeKey.
const kindBar = "|"

// placeKey is a part of an address for comparing: the kind of the place, and its name without what people write one way or
// another.
func placeKey(level, s string) string {
	if s == "" {
		return ""
	}
	tokens := addressTokens(named(level, s))
	kind := ""
	if len(tokens) > 1 {
		if w, ok := word(tokens[0], tokens[1]); ok && w.level == level {
			kind, tokens = w.kind, tokens[1:]
		}
	}
	name := nameKey(strings.Join(tokens, " "))
	switch level {
	case levelHouse, levelFlat, levelBuilding:
		name = strings.ReplaceAll(likeRussian(name), " ", "")
	default:
		words := strings.Fields(name)
		slices.Sort(words)
		name = strings.Join(words, " ")
	}
	return kind + kindBar + name
}

// bare reports whether two keys are one name of which only one says what kind of place it is.
func bare(one, two string) bool {
	kind1, name1, _ := strings.Cut(one, kindBar)
	kind2, name2, _ := strings.Cut(two, kindBar)
	return name1 == name2 && name1 != "" && (kind1 == "" || kind2 == "")
}
