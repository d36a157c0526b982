package catalogue

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/i18n"
	"okno/internal/procedure"
)

//go:embed services/*.yaml
var builtin embed.FS

//go:embed life.yaml
var lifeYAML []byte

// shelf is every service of the portal as it is at one time. What it says is never changed.
type shelf struct {
	serial     int64                   // of the last publication it takes in
	all        []*procedure.Definition // by Russian title
	byCode     map[string]*procedure.Definition
	bySlug     map[string]*procedure.Definition
	agencies   []Agency
	lifeEvents []LifeEvent
	index      *index
	names      names
	at         time.Time // when it was put together on this node
	exports    sync.Map  // exportKey → *exported; what follows from the rest
}

// Agency is an agency with its services.
type Agency struct {
	procedure.Owner
	Services []*procedure.Definition
}

// LifeEvent is a life situation with the services it calls for.
type LifeEvent struct {
	Code     string                  `yaml:"code"`
	Title    i18n.Text               `yaml:"title"`
	Text     i18n.Text               `yaml:"text"`
	Services []*procedure.Definition `yaml:"-"`
}

// Load compiles the built-in services and those in the roots of the operator's folders. The error lists every
// mistake of every file. What was published is not among them yet: Update takes it in.
func Load(folders ...fs.FS) (*Catalogue, error) {
	own, err := compiled()
	if err != nil {
		return nil, err
	}
	base := maps.Clone(own.base)
	if len(folders) == 0 {
		return opened(base, own.shelf()), nil
	}
	return load(base, folders, false)
}

// compiled are the built-in services, made once in a process: they are the same for whoever loads them, and nobody changes them.
var compiled = sync.OnceValues(func() (*Catalogue, error) {
	folder, err := BuiltIn()
	if err != nil {
		return nil, fmt.Errorf("built-in services: %w", err)
	}
	return load(volumes{}, []fs.FS{folder}, true)
})

// BuiltIn are the files of the built-in services.
func BuiltIn() (fs.FS, error) { return fs.Sub(builtin, "services") }

// load reads the folders, built-in ones or the operator's, on top of what is there.
func load(base volumes, folders []fs.FS, own bool) (*Catalogue, error) {
	var broken []error
	for _, folder := range folders {
		broken = append(broken, base.read(folder, own)...)
	}
	s, err := base.shelf()
	if err := errors.Join(append(broken, err)...); err != nil {
		return nil, err
	}
	return opened(base, s), nil
}

func opened(base volumes, s *shelf) *Catalogue {
	c := &Catalogue{base: base}
	c.current.Store(s)
	return c
}

// Without leaves out the built-in services of which lacks says what they need that is not here, and returns what it said of each: a new
// program brings services whose registers an installation is not connected to, and starts all the same. A built-in service of several
// parts goes with any of them. It is called before what was published is taken in. What an operator put into a folder, or published,
// stays: they meant it.
func (c *Catalogue) Without(lacks func(*procedure.Definition) error) (said []error, err error) {
	leave := func(d *procedure.Definition, why error) {
		if why != nil && c.base[d.Code].own {
			said = append(said, why)
			delete(c.base, d.Code)
		}
	}
	for _, d := range c.All() {
		leave(d, lacks(d))
	}
	if len(said) == 0 {
		return nil, nil
	}
	for _, d := range c.All() {
		leave(d, c.base.incomplete(d))
	}
	s, err := c.base.shelf()
	if err == nil {
		c.current.Store(s)
	}
	return said, err
}

// incomplete says which part of the service is no service that is there.
func (v volumes) incomplete(d *procedure.Definition) error {
	for _, p := range d.Parts() {
		if _, ok := v[p.Service]; !ok {
			return fmt.Errorf("service %s begins %s as its part %s, which is not offered", d.Code, p.Service, p.As)
		}
	}
	return nil
}

// volume is a definition and where it was read.
type volume struct {
	*procedure.Definition
	file string
	own  bool // built in
}

// volumes are definitions by their codes; a later one took the place of an earlier one.
type volumes map[string]volume

// shelf puts the definitions in order, and makes them ready to be looked for. The error lists what does not fit together.
func (v volumes) shelf() (*shelf, error) {
	c, err := v.fit()
	if err != nil {
		return nil, err
	}
	c.index, c.names = newIndex(c.all, c.lifeEvents), namesOf(c)
	return c, nil
}

// fit is shelf without what the search needs, for whoever only asks whether they fit together.
func (v volumes) fit() (*shelf, error) {
	c := &shelf{at: time.Now(), byCode: map[string]*procedure.Definition{}, bySlug: map[string]*procedure.Definition{}}
	if err := yaml.Unmarshal(lifeYAML, &c.lifeEvents); err != nil {
		return nil, fmt.Errorf("life.yaml: %w", err)
	}
	for code, d := range v {
		c.byCode[code] = d.Definition
		c.all = append(c.all, d.Definition)
	}
	slices.SortFunc(c.all, func(a, b *procedure.Definition) int {
		return cmp.Or(cmp.Compare(fold(a.Title.RU), fold(b.Title.RU)), cmp.Compare(a.Code, b.Code))
	})
	var broken []error
	for _, d := range c.all {
		broken = append(broken, c.place(d, v)...)
		broken = append(broken, c.join(d, v[d.Code].file)...)
	}
	if err := errors.Join(broken...); err != nil {
		return nil, err
	}
	return c, nil
}

// read compiles the files of one folder, the built-in one or an operator's.
func (v volumes) read(folder fs.FS, own bool) []error {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return []error{fmt.Errorf("services: %w", err)}
	}
	slices.Sort(names)
	var broken []error
	here := map[string]string{}
	for _, name := range names {
		src, err := fs.ReadFile(folder, name)
		if err != nil {
			broken = append(broken, fmt.Errorf("service %s: %w", name, err))
			continue
		}
		d, err := procedure.Compile(path.Base(name), src)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		if first, twice := here[d.Code]; twice {
			broken = append(broken, fmt.Errorf("%s:1:1: the code %s is that of %s already", name, d.Code, first))
			continue
		}
		here[d.Code] = name
		v[d.Code] = volume{d, name, own}
	}
	return broken
}

// place puts a service under its slug, agency and life situations.
func (c *shelf) place(d *procedure.Definition, on volumes) []error {
	var broken []error
	complain := func(format string, args ...any) {
		broken = append(broken, fmt.Errorf("%s:1:1: %s", on[d.Code].file, fmt.Sprintf(format, args...)))
	}
	if other, taken := c.bySlug[d.Slug]; taken {
		complain("the slug %s is that of %s already (%s)", d.Slug, other.Code, on[other.Code].file)
	}
	c.bySlug[d.Slug] = d
	i := slices.IndexFunc(c.agencies, func(a Agency) bool { return a.Code == d.Owner.Code })
	switch {
	case i < 0:
		c.agencies = append(c.agencies, Agency{Owner: d.Owner, Services: []*procedure.Definition{d}})
	case c.agencies[i].Owner != d.Owner:
		complain("the owner %s has another name in %s", d.Owner.Code, on[c.agencies[i].Services[0].Code].file)
	default:
		c.agencies[i].Services = append(c.agencies[i].Services, d)
	}
	for _, code := range d.Catalog.LifeEvents {
		j := slices.IndexFunc(c.lifeEvents, func(l LifeEvent) bool { return l.Code == code })
		if j < 0 {
			complain("there is no life situation %q", code)
			continue
		}
		c.lifeEvents[j].Services = append(c.lifeEvents[j].Services, d)
	}
	return broken
}

// join lays the parts of a service beside the services that they are cases of.
func (c *shelf) join(d *procedure.Definition, file string) []error {
	var broken []error
	for _, p := range d.Parts() {
		of, ok := c.byCode[p.Service]
		if !ok {
			broken = append(broken, fmt.Errorf("%s:1:1: its part %s (%s) is no service of this portal", file, p.As, p.Service))
			continue
		}
		for _, why := range d.Joins(p, of) {
			broken = append(broken, fmt.Errorf("%s:1:1: %s", file, why))
		}
	}
	return broken
}

// Bundles lists the services of several parts of which this one is a part, by their Russian titles.
func (c *Catalogue) Bundles(code string) []*procedure.Definition {
	var out []*procedure.Definition
	for _, d := range c.shelf().all {
		if slices.ContainsFunc(d.Parts(), func(p procedure.Part) bool { return p.Service == code }) {
			out = append(out, d)
		}
	}
	return out
}

// All lists every service by its Russian title.
func (c *Catalogue) All() []*procedure.Definition { return slices.Clone(c.shelf().all) }

// ByCode finds a service by its code.
func (c *Catalogue) ByCode(code string) (*procedure.Definition, bool) {
	d, ok := c.shelf().byCode[code]
	return d, ok
}

// BySlug finds a service by its word in addresses.
func (c *Catalogue) BySlug(slug string) (*procedure.Definition, bool) {
	d, ok := c.shelf().bySlug[slug]
	return d, ok
}

// Popular lists at most n services that people ask for most, the first first.
func (c *Catalogue) Popular(n int) []*procedure.Definition {
	var out []*procedure.Definition
	for _, d := range c.shelf().all {
		if d.Catalog.Popular > 0 {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *procedure.Definition) int {
		return cmp.Compare(a.Catalog.Popular, b.Catalog.Popular)
	})
	return out[:min(max(n, 0), len(out))]
}

// Agencies lists the agencies that have services, by their short Russian names.
func (c *Catalogue) Agencies() []Agency {
	out := slices.Clone(c.shelf().agencies)
	slices.SortFunc(out, byShortName)
	return out
}

// Agency finds an agency by its code.
func (c *Catalogue) Agency(code string) (Agency, bool) {
	all := c.shelf().agencies
	i := slices.IndexFunc(all, func(a Agency) bool { return a.Code == code })
	if i < 0 {
		return Agency{}, false
	}
	return all[i], true
}

// LifeEvents lists the life situations that call for services, in their own order.
func (c *Catalogue) LifeEvents() []LifeEvent {
	return slices.DeleteFunc(slices.Clone(c.shelf().lifeEvents), func(l LifeEvent) bool { return len(l.Services) == 0 })
}

// LifeEvent finds a life situation by its code.
func (c *Catalogue) LifeEvent(code string) (LifeEvent, bool) {
	all := c.shelf().lifeEvents
	i := slices.IndexFunc(all, func(l LifeEvent) bool { return l.Code == code })
	if i < 0 {
		return LifeEvent{}, false
	}
	return all[i], true
}
