package form

import (
	"maps"
	"slices"
	"strings"

	"okno/internal/i18n"
)

// An address is one answer, whose value is an object with the parts in it. It is asked part by part, and a complaint leads to the part;
// wherever it is read it is one line, as PostalAddress writes it.

// partType is what the types of the parts begin with. A type is called as the check that reads the part.
const partType = "address."

// readPart reads what is typed for one part of an address, nil of every other type. The region is chosen from a list, so it has no type.
func (t Type) readPart() func(string) (string, *Problem) {
	name, ok := strings.CutPrefix(string(t), partType)
	if !ok || name == partRegion {
		return nil
	}
	parts := addressParts()
	if i := slices.IndexFunc(parts, func(p addressPart) bool { return p.name == name }); i >= 0 {
		return parts[i].read
	}
	return nil
}

// PartOfAddress is a part of an address: how it is called in the data, of what type it is, and what a page calls it.
type PartOfAddress struct {
	Name     string
	Type     Type // TypeChoice of the region, which is one of Regions
	Label    i18n.Text
	Required bool // by an address that says nothing else
}

// PartsOfAddress lists the parts in the order in which a page asks for them.
func PartsOfAddress() []PartOfAddress {
	var out []PartOfAddress
	for _, p := range addressParts() {
		key := "form.label.address_" + p.name
		x := PartOfAddress{Name: p.name, Type: Type(partType + p.name), Label: i18n.Text{RU: i18n.RU.T(key), EN: i18n.EN.T(key)}, Required: p.required}
		if p.name == partRegion {
			x.Type = TypeChoice
		}
		out = append(out, x)
	}
	return out
}

// values are the parts that say something, by their names.
func (a PostalAddress) values() map[string]any {
	out := map[string]any{}
	for name, v := range map[string]string{partIndex: a.Index, partRegion: a.Region, partDistrict: a.District, partCity: a.City, partStreet: a.Street, partHouse: a.House, partBuilding: a.Building, partFlat: a.Flat} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// PostalOf is the address in an answer: of its parts, or of one line as far as that can be taken apart.
func PostalOf(v any) PostalAddress {
	line, ok := v.(string)
	if ok {
		return ParseAddress(line)
	}
	m, _ := v.(map[string]any)
	of := func(name string) string { s, _ := m[name].(string); return s }
	return PostalAddress{Index: of(partIndex), Region: of(partRegion), District: of(partDistrict), City: of(partCity), Street: of(partStreet), House: of(partHouse), Building: of(partBuilding), Flat: of(partFlat)}
}

// TakenApart is an address in one line as the answer to a question for its parts, as far as that goes; nil when it is not understood. One
// word alone may be anything.
func TakenApart(line string) any {
	a := ParseAddress(line)
	if m := a.values(); a.Rest == "" && len(m) > 1 {
		return m
	}
	return nil
}

// FromLine is TakenApart that loses nothing: what is not understood stands whole where the street is asked for, to be read and mended there.
func FromLine(line string) any {
	if v := TakenApart(line); v != nil {
		return v
	}
	if line = oneLine(line); line != "" {
		return map[string]any{partStreet: line}
	}
	return nil
}

// Like reports whether two addresses say the same of every part, however people write it: with the word for a place or without, in capitals,
// in another order. An index may be missing.
func (a PostalAddress) Like(b PostalAddress) bool {
	if a.Rest+b.Rest != "" {
		return nameKey(a.String()) == nameKey(b.String())
	}
	if a.Region != b.Region || a.Index != b.Index && a.Index != "" && b.Index != "" {
		return false
	}
	for _, level := range []string{levelDistrict, levelCity, levelStreet, levelHouse, levelBuilding, levelFlat} {
		one, two := placeKey(level, *a.part(level)), placeKey(level, *b.part(level))
		if one != two && !bare(one, two) {
			return false
		}
	}
	return true
}

// part finds a part of the field by its pointer.
func (f *Field) part(pointer string) (Field, bool) {
	if i := slices.IndexFunc(f.Parts, func(x Field) bool { return x.Pointer == pointer }); i >= 0 {
		return f.Parts[i], true
	}
	return Field{}, false
}

// at is the field with its parts at another place.
func (f *Field) at(pointer, name string) Field {
	out := *f
	out.Pointer, out.Name = pointer, name
	if f.Parts != nil {
		out.Parts = slices.Clone(f.Parts)
		for i := range out.Parts {
			x := &out.Parts[i]
			x.Pointer, x.Name = pointer+x.Pointer[len(f.Pointer):], name+x.Name[len(f.Name):]
		}
	}
	return out
}

// key is how the part is called in the object.
func (f *Field) key() string { return f.Pointer[strings.LastIndexByte(f.Pointer, '/')+1:] }

// typed is what was typed for the field under the name of its input; sent says whether it was sent at all. An address comes in its parts, of
// which those that were not sent stay as was has them, or, from where there is no page, in one line.
func (f *Field) typed(values map[string][]string, name string, was any) (v any, sent bool) {
	line, sent := values[name]
	if f.Parts == nil {
		if !sent {
			return nil, false
		}
		return f.parseAll(line), true
	}
	before, _ := was.(map[string]any)
	if sent {
		before, _ = FromLine(last(line)).(map[string]any)
	}
	for i := range f.Parts {
		sent = sent || values[name+"."+f.Parts[i].key()] != nil
	}
	if !sent {
		return nil, false
	}
	m := map[string]any{}
	maps.Copy(m, before)
	for i := range f.Parts {
		key := f.Parts[i].key()
		if of, there := values[name+"."+key]; there {
			if m[key] = f.Parts[i].parse(last(of)); missing(m[key]) {
				delete(m, key)
			}
		}
	}
	if len(m) == 0 {
		return nil, true
	}
	return m, true
}

// validateParts notes what is wrong with the parts of an address. One that need not be given needs nothing; one that was begun needs what
// an address needs.
func (f *Field) validateParts(wrong *Sheet, name string, v any, today Date) {
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		wrong.Note(name, problem("form.unreadable", "label", f.Label))
		return
	}
	for i := range f.Parts {
		x := f.Parts[i]
		x.Required = x.Required && (f.Required || len(m) > 0)
		wrong.Note(name+"."+x.key(), x.Validate(m[x.key()], today))
	}
}

// pruneParts keeps of an address what is asked. Anything else is no address, which is for Validate to say.
func (f *Field) pruneParts(v any) any {
	m, ok := v.(map[string]any)
	if f.Parts == nil || !ok {
		return v
	}
	kept := map[string]any{}
	for i := range f.Parts {
		if key := f.Parts[i].key(); !missing(m[key]) {
			kept[key] = m[key]
		}
	}
	return kept
}

// readParts is Read of an address: another system tells of it in its parts, or in one line. It may call the region by its name.
func (f *Field) readParts(said any, today Date) (any, bool) {
	whole := true
	switch told := said.(type) {
	case string:
		if Blank(told) {
			return nil, true
		}
		if said = TakenApart(told); said == nil {
			return nil, false
		}
	case map[string]any:
	default:
		return nil, false
	}
	from, kept := said.(map[string]any), map[string]any{} //nolint:errcheck // both ways above lead to one
	for i := range f.Parts {
		x := &f.Parts[i]
		told := from[x.key()]
		if told == nil {
			continue
		}
		if name, ok := told.(string); ok && x.key() == partRegion {
			if code, p := Region(name); p == nil {
				told = code
			}
		}
		v, fits := x.Read(told, today)
		if whole = whole && fits; v != nil {
			kept[x.key()] = v
		}
	}
	if len(kept) == 0 {
		return nil, whole
	}
	return kept, whole
}
