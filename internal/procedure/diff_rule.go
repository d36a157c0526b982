package procedure

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"okno/internal/form"
)

// rules: one that comes or demands more holds up drafts, and answers that the person corrects; a case that was filed keeps its own. One
// that goes takes nothing from anybody.
func (d *differ) rules(wasList, nowList []any) {
	was, before := byKey(wasList, "id")
	now, after := byKey(nowList, "id")
	for _, id := range before {
		place := "the rule " + id
		a, b := was[id], now[id]
		if b == nil {
			d.add(Compatible, place, "is gone, and what it refused is taken")
			continue
		}
		at, to := d.next.PointerOf(word(a["at"])), word(b["at"])
		if at != to {
			d.add(Compatible, place, "is said at %s instead of %s", to, word(a["at"]))
		}
		group := form.Group(to)
		if x, y := d.renamed(a["assert"], group), b["assert"]; !reflect.DeepEqual(x, y) {
			d.add(Breaking, place, "demands %s instead of %s: a draft may have to be mended before it can be sent", word(y), word(a["assert"]))
		}
		switch x, y := d.renamed(a["when"], group), b["when"]; {
		case reflect.DeepEqual(x, y):
		case x == nil:
			d.add(Compatible, place, "holds only when %s", word(y))
		case y == nil:
			d.add(Breaking, place, "holds always, not only when %s: a draft may have to be mended before it can be sent", word(a["when"]))
		default:
			d.add(Breaking, place, "holds when %s instead of %s: a draft may have to be mended before it can be sent", word(y), word(a["when"]))
		}
		d.rest(place, a, b, "id", "at", "assert", "when")
	}
	for _, id := range after {
		if was[id] == nil {
			d.add(Breaking, "the rule "+id, "is new: a draft that breaks it cannot be sent before it is mended")
		}
	}
}

// renamed is an expression of the version before in the names of this one, so that a new name alone is no other condition. group is the
// pointer of the rows it is said of.
func (d *differ) renamed(expr any, group string) any {
	text, ok := expr.(string)
	if !ok {
		return expr
	}
	for _, at := range slices.Sorted(maps.Keys(d.next.renamed.answers)) {
		for _, was := range d.next.renamed.answers[at] {
			from, to := "d"+strings.ReplaceAll(was, "/", "."), "d"+strings.ReplaceAll(at, "/", ".")
			if g := form.Group(at); g != "" {
				if g != group {
					continue
				}
				from, to = "row."+was[strings.LastIndex(was, "/")+1:], "row."+at[strings.LastIndex(at, "/")+1:]
			}
			text = regexp.MustCompile(`\b`+regexp.QuoteMeta(from)+`\b`).ReplaceAllLiteralString(text, to)
		}
	}
	return text
}

// dictionaries: an entry that is gone leaves drafts, and answers that are corrected, with a choice that is none any more.
func (d *differ) dictionaries(was, now map[string]any) {
	for _, name := range keysOf(was, now) {
		place := "the dictionary " + name
		switch {
		case now[name] == nil:
			d.add(Compatible, place, "is gone; what was chosen from it is told of with its fields")
			continue
		case was[name] == nil:
			d.add(Compatible, place, "is new")
			continue
		}
		a, before := byKey(list(was[name]), "code")
		b, after := byKey(list(now[name]), "code")
		for _, code := range before {
			x, y := a[code], b[code]
			switch {
			case y == nil:
				d.add(Breaking, place, "the entry %s is gone: whoever chose it in a draft has to choose again", code)
				continue
			case !reflect.DeepEqual(x["within"], y["within"]):
				d.add(Breaking, place, "the entry %s is within %s instead of %s", code, orNothing(y["within"]), orNothing(x["within"]))
			}
			if x["ru"] != y["ru"] || x["en"] != y["en"] {
				d.add(Wording, place, "the entry %s says something else", code)
			}
			d.rest(place+", the entry "+code, x, y, "code", "within", "ru", "en")
		}
		for _, code := range after {
			if a[code] == nil {
				d.add(Compatible, place, "the entry %s is new", code)
			}
		}
		kept := func(order []string) []string {
			return slices.DeleteFunc(slices.Clone(order), func(code string) bool { return a[code] == nil || b[code] == nil })
		}
		if !slices.Equal(kept(before), kept(after)) {
			d.add(Wording, place, "its entries stand in another order")
		}
	}
}

// reference compares what an answer is chosen from.
func (d *differ) reference(place string, was, now map[string]any) {
	a, b := object(was["x-ref"]), object(now["x-ref"])
	switch {
	case reflect.DeepEqual(a, b):
		return
	case a == nil:
		d.add(Breaking, place, "is chosen from the dictionary %s, anything could be typed", word(b["dict"]))
		return
	case b == nil:
		d.add(Compatible, place, "is not chosen from the dictionary %s any more", word(a["dict"]))
		return
	}
	if x, y := word(a["dict"]), word(b["dict"]); x != y {
		lost := slices.ContainsFunc(codes(d.prev, x), func(code string) bool { return !slices.Contains(codes(d.next, y), code) })
		if lost {
			d.add(Breaking, place, "is chosen from the dictionary %s instead of %s, and not all of its entries are there", y, x)
		} else {
			d.add(Compatible, place, "is chosen from the dictionary %s instead of %s, which has all of its entries", y, x)
		}
	}
	switch x, y := word(a["within"]), word(b["within"]); {
	case x == "" && y == "", d.next.PointerOf(x) == y:
	case y == "":
		d.add(Compatible, place, "is chosen from all entries, not from those within %s alone", x)
	case x == "":
		d.add(Breaking, place, "is chosen from the entries within %s alone", y)
	default:
		d.add(Breaking, place, "is chosen from the entries within %s instead of %s", y, x)
	}
	d.rest(place+", x-ref", a, b, "dict", "within")
}

// codes are the entries of a dictionary that the definition has, or every definition.
func codes(d *Definition, name string) []string {
	var out []string
	switch name {
	case dictCountries, dictRegions:
		list := form.Countries()
		if name == dictRegions {
			list = form.Regions()
		}
		for _, p := range list {
			out = append(out, p.Code)
		}
		return out
	}
	for _, e := range list(object(tree(d.canonical)["dictionaries"])[name]) {
		out = append(out, word(object(e)["code"]))
	}
	return out
}
