package place

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"okno/internal/i18n"
	"okno/internal/workday"
)

// Kind is the sort of place.
type Kind string

// The kinds.
const (
	Centre Kind = "centre" // a service centre
	Bank   Kind = "bank"   // a branch of a bank that confirms identity
	Clinic Kind = "clinic"
	Agency Kind = "agency" // the reception of an agency
)

// Kinds lists every kind, in the order of a page.
func Kinds() []Kind { return []Kind{Centre, Bank, Clinic, Agency} }

// Point is where a place is, in degrees.
type Point struct {
	Lat float64 `yaml:"lat"`
	Lon float64 `yaml:"lon"`
}

// To is how many kilometres there are to another point as the crow flies.
func (p Point) To(q Point) float64 {
	const earth, rad = 6371.0, math.Pi / 180
	dLat, dLon := (q.Lat-p.Lat)*rad, (q.Lon-p.Lon)*rad
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(p.Lat*rad)*math.Cos(q.Lat*rad)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earth * math.Asin(math.Sqrt(h))
}

// Place is where people go.
type Place struct {
	Code     string      `yaml:"code"`
	Kind     Kind        `yaml:"kind"`
	Unit     string      `yaml:"unit"` // whose staff work there; the code of the place when empty
	Name     i18n.Text   `yaml:"name"`
	Town     i18n.Text   `yaml:"town"`
	District i18n.Text   `yaml:"district"`
	Address  i18n.Text   `yaml:"address"`
	Phone    string      `yaml:"phone"`
	At       Point       `yaml:"at"`
	Hours    Week        `yaml:"hours"`
	Off      []string    `yaml:"off"`    // days on which it is closed, YYYY-MM-DD
	Dates    Dates       `yaml:"dates"`  // days with hours of their own, whatever the week and the production calendar say
	Eves     bool        `yaml:"eves"`   // keeps its hours on the eve of a holiday
	Bring    []i18n.Text `yaml:"bring"`  // papers
	Proves   bool        `yaml:"proves"` // confirms who people are
	Services []string    `yaml:"services"`
	Desks    []Desk      `yaml:"desks"`
}

// Desk is who receives people at a place by appointment: a doctor, a window.
type Desk struct {
	Code     string        `yaml:"code"`
	Name     i18n.Text     `yaml:"name"`
	About    i18n.Text     `yaml:"about"`   // what they do, in a few words
	Kind     string        `yaml:"kind"`    // what people come for; one person has few times of a kind
	Service  string        `yaml:"service"` // slug of the service whose page leads here
	Hours    Week          `yaml:"hours"`   // those of the place when empty
	Off      []string      `yaml:"off"`
	Dates    Dates         `yaml:"dates"`    // those of the place, too, within the desk's own hours
	Holidays bool          `yaml:"holidays"` // receives on holidays, too
	Eves     bool          `yaml:"eves"`     // keeps its hours on the eve of a holiday; so does one that receives on holidays
	Slot     time.Duration `yaml:"slot"`
	Seats    int           `yaml:"seats"` // people at once, 1 when empty
	Party    int           `yaml:"party"` // people of one visit, 1 when empty
}

// OpenOn are the hours of the day of the moment, in its own zone, by the calendar: none on a holiday, unless a desk of the place receives then, and an
// hour less on its eve. A day with hours of its own has those.
func (p Place) OpenOn(day time.Time, cal *workday.Calendar) []Span {
	_, own := p.Dates.On(day)
	switch {
	case own, slices.ContainsFunc(p.Desks, func(d Desk) bool { return d.Holidays }):
		return p.Open(day)
	case !cal.Receives(day):
		return nil
	case p.Eves:
		return p.Open(day)
	}
	return Shorten(p.Open(day), cal.Shorter(day))
}

// Open are the hours of the day of the moment, in its own zone; none when it is closed.
func (p Place) Open(day time.Time) []Span {
	if slices.Contains(p.Off, day.Format(time.DateOnly)) {
		return nil
	}
	if own, ok := p.Dates.On(day); ok {
		return own
	}
	return p.Hours[day.Weekday()]
}

// Serves reports whether people go there for the service of the slug.
func (p Place) Serves(slug string) bool { return slices.Contains(p.Services, slug) }

// Area is a town and a part of it, as people choose where they are.
func (p Place) Area() string { return p.Town.RU + "/" + p.District.RU }

// Book is the list in force. The zero Book, and nil, is the list that is embedded.
type Book struct {
	list    atomic.Pointer[[]Place]
	edition atomic.Int64
}

var embedded = sync.OnceValue(func() []Place {
	list, err := Parse(builtin)
	if err != nil {
		panic("place: places.yaml: " + err.Error()) // embedded, and read by every test
	}
	return list
})

// All lists every place in the order of the file.
func (b *Book) All() []Place {
	if b != nil {
		if list := b.list.Load(); list != nil {
			return *list
		}
	}
	return embedded()
}

// Set puts a list in force.
func (b *Book) Set(list []Place) {
	b.list.Store(&list)
	b.edition.Add(1)
}

// Edition is another number whenever another list is in force.
func (b *Book) Edition() int64 {
	if b == nil {
		return 0
	}
	return b.edition.Load()
}

// Of is the place of the code.
func (b *Book) Of(code string) (Place, bool) {
	i := slices.IndexFunc(b.All(), func(p Place) bool { return p.Code == code })
	if i < 0 {
		return Place{}, false
	}
	return b.All()[i], true
}

// Unit is what the unit of staff is called, when it is a place's.
func (b *Book) Unit(code string) i18n.Text {
	for _, p := range b.All() {
		if p.Code == code || p.Unit == code {
			return p.Name
		}
	}
	return i18n.Text{}
}

// At lists the places where the staff of the unit work.
func (b *Book) At(unit string) []Place {
	return slices.DeleteFunc(slices.Clone(b.All()), func(p Place) bool { return p.Unit != unit })
}

// Desk finds a desk and its place.
func (b *Book) Desk(code string) (Place, Desk, bool) {
	for _, p := range b.All() {
		for _, d := range p.Desks {
			if d.Code == code {
				return p, d, true
			}
		}
	}
	return Place{}, Desk{}, false
}

// Near sorts the places by their way from the middle of one of their areas, the rest as they stand. An area that nobody knows sorts nothing.
func Near(list []Place, areas []Area, area string) []Place {
	i := slices.IndexFunc(areas, func(a Area) bool { return a.Key == area })
	if i < 0 {
		return list
	}
	middle := areas[i].Middle
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Place) int {
		if a, b := a.Area() == area, b.Area() == area; a != b { // what is in the area stands before what is just over its border
			if a {
				return -1
			}
			return 1
		}
		return cmp.Compare(middle.To(a.At), middle.To(b.At))
	})
	return out
}

// Areas lists the areas of the places, by name.
func Areas(list []Place) (out []Area) {
	at := map[string]int{}
	n := map[string]float64{}
	for _, p := range list {
		key := p.Area()
		if _, known := at[key]; !known {
			at[key] = len(out)
			out = append(out, Area{Key: key, Town: p.Town, District: p.District})
		}
		a := &out[at[key]]
		a.Middle.Lat, a.Middle.Lon, n[key] = a.Middle.Lat+p.At.Lat, a.Middle.Lon+p.At.Lon, n[key]+1
	}
	for i := range out {
		a := &out[i]
		a.Middle.Lat, a.Middle.Lon = a.Middle.Lat/n[a.Key], a.Middle.Lon/n[a.Key]
	}
	slices.SortFunc(out, func(a, b Area) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Area is a town and a part of it.
type Area struct {
	Key            string
	Town, District i18n.Text
	Middle         Point // of its places
}
