package procedure

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/form"
)

// Class says what a change of a definition means for people and for the cases under way.
type Class string

// The classes, the mildest first.
const (
	Wording    Class = "text"       // only what people read
	Compatible Class = "compatible" // what was right before is right still
	Migration  Class = "migration"  // something has another name: open cases can be taken along
	Breaking   Class = "breaking"   // what was right, or promised, before is not any more
)

func (c Class) rank() int { return slices.Index([]Class{Wording, Compatible, Migration, Breaking}, c) }

// Change is one difference between two versions of a definition, in plain words.
type Change struct {
	Class Class
	Place string // the field /year, the state asking
	Text  string // what is different
}

func (c Change) String() string { return fmt.Sprintf("%-10s %s: %s", c.Class, c.Place, c.Text) }

// Worst is the gravest class of the changes, "" of none.
func Worst(changes []Change) Class {
	worst := Class("")
	for _, c := range changes {
		if worst == "" || c.Class.rank() > worst.rank() {
			worst = c.Class
		}
	}
	return worst
}

// Diff lists what is different in next, in the order of the file. It compares the content itself, so that what this program does not
// judge is told of too: such a difference is breaking when it is more than a text, for whoever reads the list must know.
func Diff(prev, next *Definition) []Change {
	d := &differ{prev: prev, next: next}
	if prev.Version == next.Version {
		return nil
	}
	was, now := tree(prev.canonical), tree(next.canonical)
	if prev.Code != next.Code {
		d.add(Breaking, "the code", "is %s instead of %s: this is another service", next.Code, prev.Code)
	}
	if prev.kind != next.kind {
		d.add(Breaking, "the definition", "is a kind: %s instead of a kind: %s", next.kind, prev.kind)
	}
	if prev.Slug != next.Slug {
		d.add(Breaking, "the slug", "is %s instead of %s: addresses that people keep lead nowhere", next.Slug, prev.Slug)
	}
	d.rest("the definition", was, now, "code", "kind", "slug", "catalog", "access", "data", "view", "pages", "lookups", "prefill", "attachments", "process", "reasons", "outputs", "notify", "personas", "tests", "rules", "dictionaries")
	d.catalog(object(was["catalog"]), object(now["catalog"]))
	if prev.kind == Service && next.kind == Service {
		d.access(object(was["access"]), object(now["access"]))
		d.answers(was, now)
		d.rules(list(was["rules"]), list(now["rules"]))
		d.dictionaries(object(was["dictionaries"]), object(now["dictionaries"]))
		d.pages(list(was["pages"]), list(now["pages"]))
		d.lookups(object(was["lookups"]), object(now["lookups"]))
		d.prefills(list(was["prefill"]), list(now["prefill"]))
		d.attachments(list(was["attachments"]), list(now["attachments"]))
		d.process(object(was["process"]), object(now["process"]))
		d.named("the reason ", object(was["reasons"]), object(now["reasons"]), Compatible)
		d.named("the paper ", object(was["outputs"]), object(now["outputs"]), Breaking)
		d.notify(object(was["notify"]), object(now["notify"]))
		if !reflect.DeepEqual(was["tests"], now["tests"]) || !reflect.DeepEqual(was["personas"], now["personas"]) {
			d.add(Compatible, "the tests", "are different")
		}
	}
	if len(d.out) == 0 { // the versions differ, so something does: an order that means nothing
		d.add(Wording, "the definition", "is written otherwise")
	}
	return d.out
}

type differ struct {
	prev, next *Definition
	out        []Change
}

func (d *differ) add(c Class, place, format string, args ...any) {
	d.out = append(d.out, Change{c, place, fmt.Sprintf(format, args...)})
}

// tree is the content as JSON; the compiler wrote it, so it can be read.
func tree(canonical []byte) map[string]any {
	var m map[string]any
	if json.Unmarshal(canonical, &m) != nil {
		return nil
	}
	return m
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

func list(v any) []any { l, _ := v.([]any); return l }

func word(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func words(v any) []string {
	var out []string
	for _, x := range list(v) {
		out = append(out, word(x))
	}
	return out
}

// keysOf are the keys of both, in order.
func keysOf(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// bilingual reports whether the value is a text in both languages.
func bilingual(v any) bool {
	m := object(v)
	_, ru := m["ru"].(string)
	_, en := m["en"].(string)
	return ru && en && len(m) == 2
}

// rest tells of every key but those that were judged: a text is a text, wherever it stands, and nothing else is known to be harmless.
func (d *differ) rest(place string, was, now map[string]any, judged ...string) {
	for _, key := range keysOf(was, now) {
		if slices.Contains(judged, key) || reflect.DeepEqual(was[key], now[key]) {
			continue
		}
		d.unknown(place, key, was[key], now[key])
	}
}

func (d *differ) unknown(place, key string, was, now any) {
	switch {
	case onlyWords(was, now):
		d.add(Wording, place, "%s says something else", key)
	case was == nil:
		d.add(Breaking, place, "has %s, which this command does not judge", key)
	case now == nil:
		d.add(Breaking, place, "has no %s any more, which this command does not judge", key)
	case object(was) != nil && object(now) != nil:
		d.rest(place+", "+key, object(was), object(now))
	default:
		d.add(Breaking, place, "%s is different, which this command does not judge", key)
	}
}

// onlyWords reports whether texts in both languages are all that two values differ in; a text may come or go.
func onlyWords(was, now any) bool {
	if (bilingual(was) || was == nil) && (bilingual(now) || now == nil) {
		return true
	}
	if reflect.DeepEqual(was, now) {
		return true
	}
	if a, b := object(was), object(now); a != nil && b != nil {
		for _, key := range keysOf(a, b) {
			if !onlyWords(a[key], b[key]) {
				return false
			}
		}
		return true
	}
	a, b := list(was), list(now)
	if a == nil || b == nil {
		return false
	}
	for i := range max(len(a), len(b)) {
		var x, y any
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if !onlyWords(x, y) {
			return false
		}
	}
	return true
}

// catalog: what the page of a service says; nothing of a case depends on it but the ways in which it can be filed.
func (d *differ) catalog(was, now map[string]any) {
	const place = "the catalogue's entry"
	for _, key := range keysOf(was, now) {
		a, b := was[key], now[key]
		switch {
		case reflect.DeepEqual(a, b):
		case key == "channels":
			d.set(place, "the way in ", words(a), words(b), Breaking, Compatible)
		case onlyWords(a, b):
			d.add(Wording, place, "%s says something else", key)
		case key == "processing":
			d.term(place, object(a), object(b))
		default:
			d.add(Compatible, place, "%s is different", key)
		}
	}
}

// term: what people were promised is longer, which is breaking, or not.
func (d *differ) term(place string, was, now map[string]any) {
	text := spanOf(now, "term") + " instead of " + spanOf(was, "term")
	a, b := length(was, "term"), length(now, "term")
	switch {
	case a < b, a == b && now["calendar"] == string(Working) && was["calendar"] != string(Working): // as many days, of which some do not count
		d.add(Breaking, place, "the term is longer: %s", text)
	case b < a:
		d.add(Compatible, place, "the term is shorter: %s", text)
	default:
		d.add(Compatible, place, "processing is different")
	}
}

// set compares two lists of words whose order means nothing.
func (d *differ) set(place, what string, was, now []string, gone, come Class) {
	for _, x := range was {
		if !slices.Contains(now, x) {
			d.add(gone, place, "%s%s is gone", what, x)
		}
	}
	for _, x := range now {
		if !slices.Contains(was, x) {
			d.add(come, place, "%s%s is new", what, x)
		}
	}
}

func (d *differ) access(was, now map[string]any) {
	const place = "the access"
	a, b := access.Level(word(was["assurance"])), access.Level(word(now["assurance"]))
	switch {
	case a == b:
	case a.AtLeast(b):
		d.add(Compatible, place, "the level %s is enough, %s was needed", b, a)
	default:
		d.add(Breaking, place, "the level %s is needed, %s was enough", b, a)
	}
	d.set(place, "acting as ", words(was["actAs"]), words(now["actAs"]), Breaking, Compatible)
	d.rest(place, was, now, "assurance", "actAs")
}

// question is all that the file says of one answer.
type question struct {
	schema, view map[string]any
	required     bool // by the schema, or by the view wherever it is asked
}

// questions are those of the data, by pointer; what stands in a list has * for its place in it.
func questions(root map[string]any) map[string]question {
	out, view := map[string]question{}, object(root["view"])
	var walk func(schema map[string]any, at string)
	walk = func(schema map[string]any, at string) {
		required := words(schema["required"])
		for key, v := range object(schema["properties"]) {
			p, child := at+"/"+key, object(v)
			out[p] = question{child, object(view[p]), slices.Contains(required, key) || object(view[p])["required"] == true}
			walk(child, p)
		}
		if items := object(schema["items"]); items != nil {
			walk(items, at+"/*")
		}
	}
	walk(object(root["data"]), "")
	return out
}

// now is the pointer that an answer of prev has in next; "" when it has none.
func (d *differ) now(pointer string, next map[string]question) string {
	if _, ok := next[pointer]; ok {
		return pointer
	}
	at := d.next.PointerOf(pointer)
	if _, ok := next[at]; !ok {
		return ""
	}
	return at
}

func (d *differ) answers(wasRoot, nowRoot map[string]any) {
	was, now := questions(wasRoot), questions(nowRoot)
	met := map[string]bool{}
	for _, pointer := range slices.Sorted(maps.Keys(was)) {
		whole := addressAbove(pointer, was)
		at := d.now(pointer, now)
		if whole != "" && d.now(whole, now) != "" {
			at = d.now(whole, now) + strings.TrimPrefix(pointer, whole)
		}
		a, b := was[pointer], now[at]
		met[at] = true
		switch {
		case whole != "" && b.schema == nil:
			continue // what has become of the address is told of that
		case at == "" && a.schema["type"] == "object" && !isAddress(a.schema):
			continue // its answers are told of one by one
		case at == "":
			d.add(Breaking, "the field "+pointer, "is gone, and what was answered has no place")
			continue
		case at != pointer && whole == "" && !alongside(pointer, at):
			d.add(Migration, "the field "+pointer, "is %s now", at)
		}
		place := "the field " + at
		if isAddress(b.schema) && oneLine(a.schema) {
			d.add(Migration, place, "is asked in the parts of an address; what was answered in one line is taken apart, and what cannot be stands in the street")
			d.view(place, at, a, b)
			continue
		}
		d.types(place, a.schema, b.schema)
		d.years(place, pointer, at, a.schema, b.schema)
		d.view(place, at, a, b)
	}
	for _, at := range slices.Sorted(maps.Keys(now)) {
		q := now[at]
		switch {
		case met[at] || addressAbove(at, now) != "" || q.schema["type"] == "object" && !isAddress(q.schema):
		case q.required && q.view["when"] == nil:
			d.add(Breaking, "the field "+at, "is new and must be answered")
		case q.required:
			d.add(Breaking, "the field "+at, "is new and must be answered when %s", word(q.view["when"]))
		default:
			d.add(Compatible, "the field "+at, "is new and may stay empty")
		}
	}
}

// addressAbove is the address that the pointer is a part of, "" of none.
func addressAbove(pointer string, all map[string]question) string {
	if cut := strings.LastIndexByte(pointer, '/'); cut > 0 && isAddress(all[pointer[:cut]].schema) {
		return pointer[:cut]
	}
	return ""
}

// oneLine reports whether the schema is that of a text that may have been an address.
func oneLine(schema map[string]any) bool {
	return schema["type"] == "string" && schema["enum"] == nil && schema["x-ref"] == nil && schema["format"] == nil
}

// alongside reports whether an answer in a row has the name it had, in a group that has another one.
func alongside(was, at string) bool {
	a, b := form.Group(was), form.Group(at)
	return a != "" && b != "" && strings.TrimPrefix(was, a) == strings.TrimPrefix(at, b)
}

// types compares what a schema takes.
func (d *differ) types(place string, was, now map[string]any) {
	a, b := word(was["type"]), word(now["type"])
	switch {
	case a == b:
	case a == "string" && b == "array" && was["enum"] != nil && object(now["items"])["enum"] != nil:
		d.add(Compatible, place, "takes several answers instead of one")
		took := map[string]any{"enum": object(now["items"])["enum"]}
		if least, _ := now["minItems"].(float64); least > 1 { // whoever chose one has as many as one
			took["minItems"] = least
		}
		was, now = map[string]any{"enum": was["enum"]}, took
	case a == "integer" && b == "number":
		d.add(Compatible, place, "takes any number, not whole ones alone")
	default:
		d.add(Breaking, place, "is of the type %s instead of %s", b, a)
		return
	}
	if was["enum"] != nil && now["enum"] != nil {
		d.set(place, "the option ", words(was["enum"]), words(now["enum"]), Breaking, Compatible)
	} else {
		d.limit(place, "enum", was, now)
	}
	for _, key := range []string{"maxLength", "maximum", "maxItems"} {
		d.bound(place, key, was, now, func(a, b float64) bool { return b < a })
	}
	for _, key := range []string{"minLength", "minimum", "minItems"} {
		d.bound(place, key, was, now, func(a, b float64) bool { return b > a })
	}
	for _, key := range []string{"pattern", "format", "x-check"} {
		d.limit(place, key, was, now)
	}
	d.reference(place, was, now)
	if a, b := object(was["items"]), object(now["items"]); word(a["type"]) == "string" && word(b["type"]) == "string" {
		d.types(place, a, b)
	}
	d.rest(place, was, now, "type", "enum", "maxLength", "maximum", "maxItems", "minLength", "minimum", "minItems", "pattern", "format", "x-check", "x-options", "x-ref", "uniqueItems",
		"required", "properties", "items", "additionalProperties", "$schema")
}

// years compares the years that can be chosen.
func (d *differ) years(place, pointer, at string, was, now map[string]any) {
	if reflect.DeepEqual(was["x-options"], now["x-options"]) {
		return
	}
	x, had := d.prev.Form.Field(pointer)
	y, has := d.next.Form.Field(at)
	if had && has && was["x-options"] != nil && now["x-options"] != nil && y.Years.From <= x.Years.From && y.Years.To >= x.Years.To {
		d.add(Compatible, place, "more years can be chosen")
		return
	}
	d.add(Breaking, place, "other years can be chosen")
}

// bound compares a bound of which narrower says whether it has become one.
func (d *differ) bound(place, key string, was, now map[string]any, narrower func(a, b float64) bool) {
	a, had := was[key].(float64)
	b, has := now[key].(float64)
	switch {
	case !had && !has || had && has && a == b:
	case !has:
		d.add(Compatible, place, "%s is gone", key)
	case !had:
		d.add(Breaking, place, "%s is new: %s", key, word(b))
	case narrower(a, b):
		d.add(Breaking, place, "%s is narrower: %s instead of %s", key, word(b), word(a))
	default:
		d.add(Compatible, place, "%s is wider: %s instead of %s", key, word(b), word(a))
	}
}

// limit compares what a value must match: none takes everything.
func (d *differ) limit(place, key string, was, now map[string]any) {
	switch {
	case reflect.DeepEqual(was[key], now[key]):
	case now[key] == nil:
		d.add(Compatible, place, "%s is gone", key)
	case was[key] == nil:
		d.add(Breaking, place, "%s is new: %s", key, word(now[key]))
	default:
		d.add(Breaking, place, "%s is %s instead of %s", key, word(now[key]), word(was[key]))
	}
}

func (d *differ) view(place, at string, a, b question) {
	switch {
	case !a.required && b.required:
		d.add(Breaking, place, "must be answered")
	case a.required && !b.required:
		d.add(Compatible, place, "may stay empty")
	}
	d.when(place, d.renamed(a.view["when"], form.Group(at)), b.view["when"], b.required)
	for _, key := range keysOf(a.view, b.view) {
		switch {
		case key == "when" || key == "required" || key == "renamedFrom" || reflect.DeepEqual(a.view[key], b.view[key]):
		case key == "fields": // of rows; what comes and goes is told of each
			if was, now := words(a.view[key]), words(b.view[key]); !slices.Equal(d.alike(was, now), d.alike(now, was)) {
				d.add(Compatible, place, "the questions of a row are asked in another order")
			}
		case key == "options": // the schema says which there are
			for _, o := range keysOf(object(a.view[key]), object(b.view[key])) {
				x, y := object(a.view[key])[o], object(b.view[key])[o]
				if x != nil && y != nil && !reflect.DeepEqual(x, y) {
					d.add(Wording, place, "the option %s says something else", o)
				}
			}
		default:
			d.unknown(place, key, a.view[key], b.view[key])
		}
	}
}

// alike are the pointers of a list, as they are called now, that the other list has too.
func (d *differ) alike(list, other []string) []string {
	var out, others []string
	for _, p := range other {
		others = append(others, d.next.PointerOf(p))
	}
	for _, p := range list {
		if p = d.next.PointerOf(p); slices.Contains(others, p) {
			out = append(out, p)
		}
	}
	return out
}

// when compares the conditions under which something is asked.
func (d *differ) when(place string, was, now any, required bool) {
	switch {
	case reflect.DeepEqual(was, now):
	case now == nil && !required:
		d.add(Compatible, place, "is asked always, not only when %s", word(was))
	case now == nil:
		d.add(Breaking, place, "is asked always and must be answered; it was asked when %s", word(was))
	case was == nil:
		d.add(Breaking, place, "is asked only when %s", word(now))
	default:
		d.add(Breaking, place, "is asked when %s, it was when %s", word(now), word(was))
	}
}

// byKey puts the entries of a list under the word that names each.
func byKey(entries []any, key string) (map[string]map[string]any, []string) {
	out, order := map[string]map[string]any{}, []string{}
	for _, e := range entries {
		m := object(e)
		name := word(m[key])
		out[name] = m
		order = append(order, name)
	}
	return out, order
}

func (d *differ) pages(wasList, nowList []any) {
	was, before := byKey(wasList, "id")
	now, after := byKey(nowList, "id")
	for _, id := range before {
		place := "the page " + id
		a, b := was[id], now[id]
		if b == nil {
			d.add(Compatible, place, "is gone; its questions stand on others or are told of above")
			continue
		}
		d.when(place, d.renamed(a["when"], ""), b["when"], true)
		if !slices.Equal(words(a["fields"]), words(b["fields"])) {
			d.add(Compatible, place, "asks for %s instead of %s", strings.Join(words(b["fields"]), ", "), strings.Join(words(a["fields"]), ", "))
		}
		d.rest(place, a, b, "id", "when", "fields")
	}
	for _, id := range after {
		if was[id] == nil {
			d.add(Compatible, "the page "+id, "is new")
		}
	}
	if kept := func(order []string) []string {
		return slices.DeleteFunc(slices.Clone(order), func(id string) bool { return was[id] == nil || now[id] == nil })
	}; !slices.Equal(kept(before), kept(after)) {
		d.add(Compatible, "the pages", "come in another order")
	}
}

// lookups: what a form asks registers fills it in; whether it can do without the answer is said by its prefills.
func (d *differ) lookups(was, now map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(was)) {
		place := "the lookup " + name
		a, b := object(was[name]), object(now[name])
		if b == nil {
			d.add(Compatible, place, "is gone")
			continue
		}
		for _, key := range []string{"call", "ttl"} {
			if a[key] != b[key] {
				d.add(Compatible, place, "%s is %s instead of %s", key, word(b[key]), word(a[key]))
			}
		}
		if !reflect.DeepEqual(a["with"], b["with"]) {
			d.add(Compatible, place, "the register is asked with other things")
		}
		d.rest(place, a, b, "call", "ttl", "with")
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if was[name] == nil {
			d.add(Compatible, "the lookup "+name, "is new")
		}
	}
}

// prefills: a form that is under way goes on; only what keeps it from being sent is more than a convenience.
func (d *differ) prefills(wasList, nowList []any) {
	was, before := byKey(wasList, "to")
	now, after := byKey(nowList, "to")
	for _, to := range before {
		place := "the prefill of " + to
		a, b := was[to], now[to]
		switch {
		case b == nil:
			d.add(Compatible, place, "is gone")
			continue
		case b["onFail"] != a["onFail"] && b["onFail"] == string(FailBlock):
			d.add(Breaking, place, "the form cannot be sent without it (onFail: block)")
		case b["onFail"] != a["onFail"]:
			d.add(Compatible, place, "onFail is %s instead of %s", word(b["onFail"]), word(a["onFail"]))
		}
		for _, key := range []string{"from", "lock"} {
			if !reflect.DeepEqual(a[key], b[key]) {
				d.add(Compatible, place, "%s is %s instead of %s", key, word(b[key]), word(a[key]))
			}
		}
		d.rest(place, a, b, "to", "from", "lock", "onFail")
	}
	for _, to := range after {
		switch {
		case was[to] != nil:
		case now[to]["onFail"] == string(FailBlock):
			d.add(Breaking, "the prefill of "+to, "is new, and the form cannot be sent without it (onFail: block)")
		default:
			d.add(Compatible, "the prefill of "+to, "is new")
		}
	}
}

func (d *differ) process(was, now map[string]any) {
	if was["initial"] != now["initial"] && d.stateNow(word(was["initial"])) != word(now["initial"]) {
		d.add(Compatible, "the process", "begins in the state %s instead of %s", word(now["initial"]), word(was["initial"]))
	}
	before, after := object(was["states"]), object(now["states"])
	met := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		a, to := object(before[name]), d.stateNow(name)
		met[to] = true
		switch {
		case to == "" && a["final"] != nil:
			d.add(Compatible, "the state "+name, "is gone; no open case can be in it")
			continue
		case to == "":
			d.add(Breaking, "the state "+name, "is gone, and open cases may be in it")
			continue
		case to != name:
			d.add(Migration, "the state "+name, "is %s now", to)
		}
		d.state("the state "+to, a, object(after[to]))
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if !met[name] {
			d.add(Compatible, "the state "+name, "is new")
		}
	}
	d.actions(object(was["actions"]), object(now["actions"]))
	d.rest("the process", was, now, "initial", "states", "actions")
}

// stateNow is what a state of prev is called in next, "" when it is gone.
func (d *differ) stateNow(name string) string {
	s, _ := d.next.StateOf(State(name))
	return string(s)
}

func (d *differ) state(place string, was, now map[string]any) {
	for _, key := range []string{"final", "turn", "call", "begin", "takeBack", "takenBack"} {
		if !reflect.DeepEqual(was[key], now[key]) {
			d.add(Breaking, place, "%s is %s instead of %s", key, orNothing(now[key]), orNothing(was[key]))
		}
	}
	for _, key := range []string{"with", "retry"} {
		if !reflect.DeepEqual(was[key], now[key]) {
			d.add(Compatible, place, "%s is different", key)
		}
	}
	d.deadline(place, object(was["deadline"]), object(now["deadline"]), now["final"] != nil)
	before, after := object(was["on"]), object(now["on"])
	for _, e := range keysOf(before, after) {
		a, b := word(before[e]), word(after[e])
		switch {
		case a == "":
			d.add(Compatible, place, "%s is new and leads to %s", e, b)
		case b == "":
			d.add(Breaking, place, "%s, which led to %s, is not possible any more", e, a)
		case a != b && d.stateNow(a) != b:
			d.add(Breaking, place, "%s leads to %s instead of %s", e, b, a)
		}
	}
	d.set(place, "the paper ", words(was["output"]), words(now["output"]), Breaking, Compatible)
	d.set(place, "the reason ", words(was["reasons"]), words(now["reasons"]), Compatible, Compatible)
	switch {
	case was["reapply"] == now["reapply"]:
	case now["reapply"] == nil:
		d.add(Breaking, place, "no corrected application can be made from it any more")
	default:
		d.add(Compatible, place, "a corrected application can be made from it")
	}
	d.edit(place, words(was["edit"]), words(now["edit"]))
	switch {
	case reflect.DeepEqual(was["clock"], now["clock"]):
	case now["clock"] == nil:
		d.add(Breaking, place, "the deadline that ran before does not stand still here any more")
	default:
		d.add(Compatible, place, "the deadline that ran before stands still here")
	}
	d.rest(place, was, now, "final", "turn", "call", "begin", "takeBack", "takenBack", "with", "retry", "deadline", "on", "output", "reasons", "reapply", "renamedFrom", "edit", "clock")
}

// edit compares what the applicant may change here: an officer may have asked them for what is shut now.
func (d *differ) edit(place string, was, now []string) {
	for i, x := range was {
		if was[i] = d.next.PointerOf(x); !slices.Contains(now, was[i]) {
			d.add(Breaking, place, "%s cannot be changed any more, and an officer may have asked for it", x)
		}
	}
	for _, x := range now {
		if !slices.Contains(was, x) {
			d.add(Compatible, place, "%s can be changed", x)
		}
	}
}

func orNothing(v any) string {
	if v == nil {
		return "nothing"
	}
	return word(v)
}

// deadline: less time, another thing done when it is over, or no end to the wait, is breaking.
func (d *differ) deadline(place string, was, now map[string]any, final bool) {
	if reflect.DeepEqual(was, now) || final {
		return
	}
	had, has := was["in"] != nil, now["in"] != nil
	switch {
	case !had && !has:
		d.add(Compatible, place, "another reason is given for no deadline")
		return
	case !has:
		d.add(Breaking, place, "has no deadline any more; it was %s", word(was["in"]))
		return
	case !had:
		d.add(Breaking, place, "has a deadline of %s; there was none", word(now["in"]))
		return
	}
	a, b := length(was, "in"), length(now, "in")
	text := spanOf(now, "in") + " instead of " + spanOf(was, "in")
	switch {
	case spanOf(was, "in") == spanOf(now, "in"):
	case b < a:
		d.add(Breaking, place, "the deadline is shorter: %s", text)
	default:
		d.add(Compatible, place, "the deadline is longer: %s", text)
	}
	if was["breach"] != now["breach"] {
		d.add(Breaking, place, "when the deadline is over %s happens instead of %s", word(now["breach"]), word(was["breach"]))
	}
	d.rest(place+", the deadline", was, now, "in", "calendar", "breach", "none")
}

// spanOf are the words for a deadline, whose span has the name key.
func spanOf(deadline map[string]any, key string) string {
	if deadline["calendar"] == string(Working) {
		return word(deadline[key]) + " in working days"
	}
	return word(deadline[key])
}

// length is how long a deadline lasts from a day on which both calendars can be compared: a Thursday without a holiday near it.
func length(deadline map[string]any, key string) time.Duration {
	span, err := ParseSpan(word(deadline[key]))
	if err != nil {
		return 0
	}
	calendar := AllDays
	if deadline["calendar"] == string(Working) {
		calendar = Working
	}
	from := time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC)
	return Deadline{In: span, Calendar: calendar}.Due(from, time.UTC, nil).Sub(from)
}

func (d *differ) actions(was, now map[string]any) {
	for _, name := range keysOf(was, now) {
		place := "the action " + name
		a, b := object(was[name]), object(now[name])
		switch {
		case a == nil:
			d.add(Compatible, place, "is new")
			continue
		case b == nil:
			d.add(Breaking, place, "is gone")
			continue
		case a["by"] != b["by"]:
			d.add(Breaking, place, "is done by the %s instead of the %s", word(b["by"]), word(a["by"]))
		}
		for _, need := range words(b["require"]) {
			if !slices.Contains(words(a["require"]), need) {
				d.add(Breaking, place, "it must come with %s, which is new", need)
			}
		}
		for _, need := range words(a["require"]) {
			if !slices.Contains(words(b["require"]), need) {
				d.add(Breaking, place, "it comes without %s now", need)
			}
		}
		if !reflect.DeepEqual(a["tone"], b["tone"]) {
			d.add(Wording, place, "its button looks otherwise")
		}
		switch x, y := a["fourEyes"] == true, b["fourEyes"] == true; {
		case x == y:
		case y:
			d.add(Breaking, place, "a second officer must confirm it, in open cases too: one alone decides nothing any more")
		default:
			d.add(Breaking, place, "one officer does it alone, nobody confirms; what was proposed and waits is to be done anew")
		}
		d.rest(place, a, b, "by", "require", "tone", "fourEyes")
	}
}

// named compares what has a name and texts; other is the class of what is no text, and of an entry that is gone.
func (d *differ) named(what string, was, now map[string]any, gone Class) {
	for _, name := range keysOf(was, now) {
		a, b := was[name], now[name]
		switch {
		case reflect.DeepEqual(a, b):
		case a == nil:
			d.add(Compatible, what+name, "is new")
		case b == nil:
			d.add(gone, what+name, "is gone")
		case onlyWords(a, b):
			d.add(Wording, what+name, "says something else")
		default:
			d.add(Breaking, what+name, "is another one")
		}
	}
}

func (d *differ) notify(was, now map[string]any) {
	for _, name := range keysOf(was, now) {
		place, to := "the notice of "+name, d.stateNow(name)
		a, b := object(was[name]), object(now[name])
		switch {
		case a == nil && slices.ContainsFunc(d.next.renamed.states[State(name)], func(s State) bool { return was[string(s)] != nil }):
			continue // compared under the earlier name
		case a == nil:
			d.add(Compatible, place, "is new")
			continue
		case b == nil && to != "" && now[to] != nil:
			b = object(now[to])
		case b == nil:
			d.add(Compatible, place, "is gone")
			continue
		}
		d.set(place, "the channel ", words(a["channels"]), words(b["channels"]), Compatible, Compatible)
		d.rest(place, a, b, "channels")
	}
}
