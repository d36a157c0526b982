package procedure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"okno/internal/form"
	"okno/internal/rule"
)

// leaf is one question of the data: a value that is not an object, with what the schema says of it.
type leaf struct {
	node     *yaml.Node
	field    form.Field
	enum     []string
	required bool // by the schema
	shown    bool // on a page
	viewed   bool // has a view
	whole    bool // of a number: no fractions
	within   *yaml.Node
	order    *yaml.Node // of rows: in which order their questions are asked
	of       string     // pointer of the address that it is a part of
}

// keywords are the parts of JSON Schema that a definition may use, so that a slip of the pen (maxLenght) is not
// silently ignored as the standard would have it. More will come as they are needed.
var keywords = map[string][]string{
	"object":  {"type", "required", "properties", "additionalProperties", "$schema"},
	"array":   {"type", "items", "minItems", "maxItems", "uniqueItems"},
	"string":  {"type", "enum", "pattern", "minLength", "maxLength", "format", "x-check", "x-ref"},
	"integer": {"type", "minimum", "maximum", "x-options"},
	"number":  {"type", "minimum", "maximum"},
	"boolean": {"type"},
}

const draft = "https://json-schema.org/draft/2020-12/schema"

// data reads the parts that make the form: the schema of the data, how each value is asked for, on which page, and what must
// hold of all together.
func (c *compiler) data(schema, view, pages, rules *yaml.Node) {
	c.leaves = map[string]*leaf{}
	if schema == nil || view == nil || pages == nil {
		return
	}
	before := len(c.issues)
	if c.object(schema, "", true); len(c.issues) == before {
		c.compileSchema(schema)
	}
	if len(c.issues) > before {
		return // expressions about values that could not be read would only bring complaints about those
	}
	scope, err := rule.NewScope(c.shape(""), factShapes())
	if err != nil {
		c.fail(schema, "the data cannot be looked at by expressions: %v", err)
		return
	}
	c.Form.Scope = scope
	c.views(view)
	c.pages(pages)
	c.demands(rules)
	for _, pointer := range c.pointers() {
		if l := c.leaves[pointer]; !l.shown && l.of == "" && form.Group(pointer) == "" {
			c.fail(l.node, "%s is asked on no page", pointer)
		}
	}
}

func (c *compiler) pointers() []string {
	var out []string
	for p := range c.leaves {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// object reads the schema of an object; needed says whether every object above it is required.
func (c *compiler) object(n *yaml.Node, at string, needed bool) {
	where := at
	if where == "" {
		where = "data"
	}
	d := c.dict(n, where)
	if t := c.word(d.need("type"), "the type of "+where, "object"); t != "object" {
		return
	}
	if v := c.text(d.get("$schema"), "$schema"); v != "" && v != draft {
		c.fail(d.get("$schema"), "$schema is %q; this program reads %s", v, draft)
	}
	if n := d.need("additionalProperties"); n != nil && n.Value != "false" {
		c.fail(n, "additionalProperties of %s must be false: what is not described is not taken", where)
	}
	props := c.dict(d.need("properties"), "the properties of "+where)
	required := c.words(d.get("required"), "required of "+where)
	for i, r := range required {
		if props.vals[r] == nil {
			c.fail(d.get("required").Content[i], "%s requires %q, which it does not describe", where, r)
		}
	}
	c.onlyKeywords(d, "object")
	for _, key := range props.all() {
		if !propertyShape.MatchString(key.Value) {
			c.fail(key, "the name %q must look like birth_date", key.Value)
			continue
		}
		p, child := at+"/"+key.Value, props.get(key.Value)
		need := needed && slices.Contains(required, key.Value)
		switch c.typeOf(child, p) {
		case "object":
			if namesParts(child) && isAddress(c.value(child)) {
				c.addressLeaf(child, p, need)
				continue
			}
			c.object(child, p, need)
		case "array":
			c.several(child, p, need)
		default:
			c.leaf(child, p, need)
		}
	}
}

// most is how many rows a group may have that a definition names no maximum for.
const mostRows = 500

// several reads the schema of a list: choices, which are texts, or a group of rows.
func (c *compiler) several(n *yaml.Node, at string, required bool) {
	d := c.dict(n, at)
	if items := d.get("items"); items != nil && c.typeOf(items, at+"/*") == "string" {
		c.choices(d, items, at, required)
		return
	}
	c.rows(n, at, required)
}

// mostChoices is how many boxes to tick a page shows for one question.
const mostChoices = 40

// choices reads the schema of a question of whose answers several can be chosen: a list of texts with an enum, or of entries of a dictionary.
func (c *compiler) choices(d *dict, items *yaml.Node, at string, required bool) {
	l := &leaf{node: d.node, required: required, field: form.Field{Pointer: at, Name: form.NameOf(at), Type: form.TypeChoices, Required: required}}
	c.leaves[at] = l
	of := c.dict(items, at+"/*")
	if of.get("enum") == nil && of.get("x-ref") == nil || slices.ContainsFunc(of.keys, func(k *yaml.Node) bool { return !slices.Contains([]string{"type", "enum", "x-ref"}, k.Value) }) {
		c.fail(items, "the items of %s must be objects, or texts with an enum or an x-ref and nothing else: what a person types several times is a group of rows", at)
		return
	}
	switch c.stringLeaf(of, l, at); {
	case l.field.Within != "":
		c.fail(items, "the items of %s cannot depend on another answer (within)", at)
	case max(len(l.enum), len(l.field.Options)) > mostChoices:
		c.fail(items, "the items of %s are %d, and a page shows at most %d boxes to tick", at, max(len(l.enum), len(l.field.Options)), mostChoices)
	}
	c.onlyKeywords(of, "string")
	l.field.Type = form.TypeChoices
	c.renamed.several = append(c.renamed.several, at)
	if u := d.get("uniqueItems"); u == nil || !c.bool(u, "uniqueItems of "+at) {
		c.fail(d.node, "%s must have uniqueItems: true: nobody chooses the same twice", at)
	}
	for key, into := range map[string]**float64{"minItems": &l.field.Least, "maxItems": &l.field.Most} {
		if b := d.get(key); b != nil {
			n := float64(c.int(b, key+" of "+at, 1, mostChoices))
			*into = &n
		}
	}
	if l.field.Least != nil && l.field.Most != nil && *l.field.Least > *l.field.Most {
		c.fail(d.node, "%s: minItems must not be greater than maxItems", at)
	}
	c.onlyKeywords(d, "array")
}

// rows reads the schema of a group that is asked several times: a list of objects without groups of their own.
func (c *compiler) rows(n *yaml.Node, at string, required bool) {
	if strings.Contains(at, "*") {
		c.fail(n, "%s is a list in a list; a group of rows cannot hold another", at)
		return
	}
	d := c.dict(n, at)
	l := &leaf{node: n, required: required, field: form.Field{Pointer: at, Name: form.NameOf(at), Type: form.TypeRows, Required: required, Rows: &form.Rows{
		Min: c.int(d.get("minItems"), "minItems of "+at, 1, mostRows), Max: c.int(d.need("maxItems"), "maxItems of "+at, 1, mostRows)}}}
	c.leaves[at] = l
	if l.field.Rows.Min > l.field.Rows.Max {
		c.fail(n, "%s: minItems must not be greater than maxItems", at)
	}
	if u := d.get("uniqueItems"); u != nil {
		c.fail(u, "uniqueItems of %s is for choices; of rows say it as a rule", at)
	}
	c.onlyKeywords(d, "array")
	if items := d.need("items"); items != nil {
		if c.typeOf(items, at+"/*") != "object" {
			c.fail(items, "the items of %s must be objects", at)
			return
		}
		c.object(items, at+"/*", true)
	}
}

// shape is the type of the data below a pointer, for expressions.
func (c *compiler) shape(at string) rule.Shape {
	out := rule.Shape{Kind: rule.Group, Fields: map[string]rule.Shape{}}
	for pointer, l := range c.leaves {
		rest, ok := strings.CutPrefix(pointer, at+"/")
		if !ok {
			continue
		}
		key, deeper, nested := strings.Cut(rest, "/")
		switch {
		case l.field.Type == form.TypeRows && !nested:
			out.Fields[key] = rule.Shape{Kind: rule.Rows, Fields: c.shape(pointer + "/*").Fields}
		case nested && strings.HasPrefix(deeper, "*"):
		case nested, l.field.Type == form.TypePostalAddress:
			out.Fields[key] = c.shape(at + "/" + key)
		default:
			out.Fields[key] = rule.Shape{Kind: kindOf(l)}
		}
	}
	return out
}

func kindOf(l *leaf) rule.Kind {
	switch l.field.Type { //nolint:exhaustive // the others are texts
	case form.TypeYear:
		return rule.Whole
	case form.TypeNumber:
		if l.whole {
			return rule.Whole
		}
		return rule.Number
	case form.TypeBoolean:
		return rule.Truth
	case form.TypeChoices:
		return rule.Texts
	case form.TypeDate, form.TypeBirthDate:
		return rule.Date
	}
	return rule.Text
}

// factShapes are the types of what a profile knows.
func factShapes() map[string]rule.Shape {
	out := map[string]rule.Shape{}
	for _, f := range Facts() {
		out[string(f)] = rule.Shape{}
	}
	for _, f := range []Fact{BirthDate, PassportIssuedAt, RepresentativeBirthDate} {
		out[string(f)] = rule.Shape{Kind: rule.Date}
	}
	return out
}

var propertyShape = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func (c *compiler) typeOf(n *yaml.Node, at string) string {
	d := c.dict(n, at)
	return c.word(d.need("type"), "the type of "+at, "object", "array", "string", "integer", "number", "boolean")
}

func (c *compiler) onlyKeywords(d *dict, typ string) {
	for _, k := range d.keys {
		d.used[k.Value] = true
		if slices.Contains(keywords[typ], k.Value) {
			continue
		}
		known := map[string]bool{}
		for _, w := range keywords[typ] {
			known[w] = true
		}
		if near := nearest(k.Value, known); near != "" {
			c.fail(k, "%q is not known of a value of type %s; did you mean %q?", k.Value, typ, near)
			continue
		}
		c.fail(k, "%q is not known of a value of type %s; known are %s", k.Value, typ, strings.Join(keywords[typ], ", "))
	}
}

func (c *compiler) leaf(n *yaml.Node, at string, required bool) {
	d := c.dict(n, at)
	typ := c.text(d.get("type"), "the type of "+at)
	l := &leaf{node: n, required: required, field: form.Field{Pointer: at, Name: form.NameOf(at), Required: required}}
	c.leaves[at] = l
	f := &l.field
	f.Max = c.int(d.get("maxLength"), "maxLength of "+at, 1, rule.Longest)
	f.Least = c.float(d.get("minimum"), "minimum of "+at)
	f.Most = c.float(d.get("maximum"), "maximum of "+at)
	if p := d.get("pattern"); p != nil {
		re, err := regexp.Compile(p.Value)
		if err != nil {
			c.fail(p, "the pattern of %s cannot be read: %v", at, err)
		}
		f.Pattern = re
	}
	switch typ {
	case "string":
		c.stringLeaf(d, l, at)
	case "integer", "number":
		f.Type, l.whole = form.TypeNumber, typ == "integer"
		if o := d.get("x-options"); o != nil {
			f.Type = form.TypeYear
			f.Years = c.years(o, at)
		}
	case "boolean":
		f.Type = form.TypeBoolean
	}
	c.onlyKeywords(d, typ)
}

func (c *compiler) stringLeaf(d *dict, l *leaf, at string) {
	f := &l.field
	f.Type = form.TypeText
	if check := d.get("x-check"); check != nil {
		f.Type = form.Type(c.text(check, "x-check of "+at))
		switch f.Type {
		case form.TypeChoice, form.TypeChoices, form.TypeBoolean, form.TypeNumber, form.TypeYear, form.TypeRows:
			c.fail(check, "x-check of %s cannot be %q: the type and enum say that", at, f.Type)
		case form.TypePostalAddress:
			c.fail(check, "x-check of %s cannot be %q: an address in its parts is {$ref: '%s'}", at, f.Type, builtAddress)
		case checkOfPart + "region":
			c.fail(check, "x-check of %s cannot be %q: a region is chosen from a list, x-ref: {dict: %s}", at, f.Type, dictRegions)
		default:
			if !f.Type.Valid() {
				c.fail(check, "x-check of %s is %q, which is no kind of field", at, f.Type)
			}
		}
	}
	if format := d.get("format"); format != nil {
		if c.word(format, "the format of "+at, "date") == "date" && d.get("x-check") == nil {
			f.Type = form.TypeDate
		}
	}
	if enum := d.get("enum"); enum != nil {
		f.Type = form.TypeChoice
		l.enum = c.words(enum, "the enum of "+at)
	}
	if r := d.get("x-ref"); r != nil {
		f.Type = form.TypeChoice
		c.reference(r, l, at)
	}
	if f.Type == form.TypeText || f.Type == form.TypeLines {
		if f.Max == 0 {
			c.fail(l.node, "%s has no maxLength: say how long a text may be", at)
		}
	}
}

func (c *compiler) float(n *yaml.Node, what string) *float64 {
	if n == nil {
		return nil
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || v-v != 0 {
		c.fail(n, "%s must be a number", what)
		return nil
	}
	return &v
}

var yearsCall = regexp.MustCompile(`^years\(\s*today\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$`)

// years reads x-options: the only function so far is years(today, FROM, TO), offsets back from this year.
func (c *compiler) years(n *yaml.Node, at string) form.Years {
	m := yearsCall.FindStringSubmatch(c.text(n, "x-options of "+at))
	if m == nil {
		c.fail(n, "x-options of %s is %q; the only function is years(today, 1, 5)", at, n.Value)
		return form.Years{}
	}
	from, _ := strconv.Atoi(m[1])
	to, _ := strconv.Atoi(m[2])
	if from > to {
		c.fail(n, "x-options of %s: the first offset must not be greater than the second", at)
	}
	return form.Years{From: from, To: to}
}

// compileSchema gives the whole to the JSON Schema library. What it says is an answer to mistakes that the
// reading above lets through.
func (c *compiler) compileSchema(n *yaml.Node) {
	doc := c.value(n)
	k := jsonschema.NewCompiler()
	k.DefaultDraft(jsonschema.Draft2020)
	k.UseLoader(noFiles{})
	if err := k.AddResource("okno:data", plainNumbers(doc)); err != nil {
		c.fail(n, "the data is no JSON Schema: %v", err)
		return
	}
	schema, err := k.Compile("okno:data")
	if err != nil {
		c.fail(n, "the data is no JSON Schema: %v", err)
		return
	}
	c.schema = schema
}

// noFiles keeps a definition from reading this machine's files through a reference.
type noFiles struct{}

func (noFiles) Load(url string) (any, error) { return nil, fmt.Errorf("%s is not loaded", url) }

// plainNumbers makes JSON numbers of the integers, which the library wants.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, e := range v {
			m[k] = plainNumbers(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = plainNumbers(e)
		}
		return l
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	}
	return v
}

// views reads how each value is asked for.
func (c *compiler) views(n *yaml.Node) {
	d := c.dict(n, "view")
	for _, key := range d.all() {
		l, ok := c.leaves[key.Value]
		if !ok {
			c.fail(key, "view names %s, which the data does not describe%s", key.Value, c.near(key.Value))
			continue
		}
		c.view(d.get(key.Value), key.Value, l)
	}
	c.renamedRows(n)
	c.assemble()
	for _, pointer := range c.pointers() {
		if l := c.leaves[pointer]; !l.viewed {
			c.fail(n, "%s has no label in view", pointer)
		}
	}
}

func (c *compiler) near(pointer string) string {
	known := map[string]bool{}
	for p := range c.leaves {
		known[p] = true
	}
	if near := nearest(pointer, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

func (c *compiler) view(n *yaml.Node, at string, l *leaf) {
	l.viewed = true
	if l.of != "" {
		c.partView(n, at, l)
		return
	}
	d := c.dict(n, "the view of "+at)
	c.renamedFrom(d.get("renamedFrom"), at)
	f := &l.field
	f.Label = c.both(d.need("label"), "the label of "+at)
	if f.Rows != nil {
		f.Rows.Item, f.Rows.Add = c.both(d.need("item"), "the text item of "+at), c.both(d.need("add"), "the text add of "+at)
		l.order = d.get("fields")
	}
	f.Hint = c.both(d.get("hint"), "the hint of "+at)
	f.Wrong = c.both(d.get("wrong"), "the text wrong of "+at)
	if f.Pattern != nil && f.Wrong.RU == "" && d.get("wrong") == nil {
		c.fail(n, "%s has a pattern and no text for what does not match it (wrong)", at)
	}
	if f.Pattern == nil && d.get("wrong") != nil {
		c.fail(d.get("wrong"), "%s has no pattern, so its text wrong would never be said", at)
	}
	if w := d.get("when"); w != nil {
		f.When = c.condition(w, at, form.Group(at))
		if l.required {
			c.fail(w, "%s is asked only sometimes, so the schema must not require it; say required: true here", at)
		}
	}
	if c.bool(d.get("required"), "required of "+at) {
		f.Required = true
	}
	opts := c.dict(d.get("options"), "the options of "+at)
	for _, v := range l.enum {
		o := opts.get(v)
		if o == nil {
			c.fail(n, "%s has no label for the option %q", at, v)
		}
		f.Options = append(f.Options, form.Option{Value: v, Label: c.label(o, "the option "+v+" of "+at)})
	}
	opts.close()
	d.close()
}

// condition reads an expression; group is the pointer of the rows it is said of, "" of the whole.
func (c *compiler) condition(n *yaml.Node, what, group string) form.Condition {
	e := c.expression(n, "the condition of "+what, group)
	if e == nil {
		return form.Condition{}
	}
	if !looking.MatchString(e.String()) {
		c.refuse(n, "the condition of %s looks at no answer, no fact and no day, so that it always holds or never: leave it out, or what it is said of", what)
	}
	return form.On(e)
}

// looking finds what an expression looks at.
var looking = regexp.MustCompile(`\b(d|p|row)\.|\btoday\b`)

func (c *compiler) expression(n *yaml.Node, what, group string) *rule.Expr {
	text := c.text(n, what)
	if c.Form.Scope == nil || n == nil {
		return nil
	}
	c.looks = true
	e, err := c.Form.Scope.Compile(text, group)
	if err != nil {
		c.fail(n, "%s: %v%s", what, err, c.meant(err))
		return nil
	}
	if e.Vain() {
		c.refuse(n, "%s compares an address with null, which it never is: look at a part of it (d.home.city != null)", what)
	}
	for _, x := range e.Compared() {
		c.compared(n, what, x)
	}
	for _, f := range e.Facts() {
		c.looksAt(Fact(f))
	}
	return e
}

// fewWords is how many of the values of an answer a complaint names.
const fewWords = 10

// compared refuses a text that is none of those from which the answer is chosen: the comparison would never hold, or always.
func (c *compiler) compared(n *yaml.Node, what string, x rule.Comparison) {
	l := c.leaves[x.Pointer]
	if l == nil || x.Text == "" { // that nothing is chosen
		return
	}
	words := slices.Clone(l.enum)
	for _, o := range l.field.Options {
		words = append(words, o.Value)
	}
	if len(words) == 0 || slices.Contains(words, x.Text) {
		return
	}
	known := map[string]bool{}
	for _, w := range words {
		known[w] = true
	}
	if near := nearest(x.Text, known); near != "" {
		c.refuse(n, "%s compares %s with '%s' (character %d), which it never is; did you mean '%s'?", what, x.Pointer, x.Text, x.At, near)
		return
	}
	slices.Sort(words)
	words, more := slices.Compact(words), ""
	if len(words) > fewWords {
		words, more = words[:fewWords], " …"
	}
	c.refuse(n, "%s compares %s with '%s' (character %d), which it never is; it may be %s%s", what, x.Pointer, x.Text, x.At, strings.Join(words, ", "), more)
}

var noSuch = regexp.MustCompile(`there is no (\w+) there`)

// meant is the name that an expression has almost.
func (c *compiler) meant(err error) string {
	m := noSuch.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	known := map[string]bool{}
	for p := range c.leaves {
		for _, key := range strings.Split(p, "/") {
			known[key] = true
		}
	}
	for _, f := range Facts() {
		known[string(f)] = true
	}
	if near := nearest(m[1], known); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// demands reads what must hold of the answers together.
func (c *compiler) demands(n *yaml.Node) {
	seen := map[string]bool{}
	for _, x := range c.list(n, "rules") {
		d := c.dict(x, "a rule")
		id := c.name(d.need("id"), "the id of a rule", nameShape, "dates-in-order")
		what := "the rule " + id
		if seen[id] {
			c.fail(d.get("id"), "there is a rule %q already", id)
		}
		seen[id] = true
		at := c.text(d.need("at"), "at of "+what)
		if l := c.leaves[at]; l == nil && d.get("at") != nil {
			c.fail(d.get("at"), "%s complains at %s, which the data does not describe%s", what, at, c.near(at))
		}
		group := form.Group(at)
		out := form.Demand{At: at, Message: c.both(d.need("message"), "the message of "+what)}
		if w := d.get("when"); w != nil {
			out.When = c.condition(w, what, group)
		}
		out.Assert = c.expression(d.need("assert"), "assert of "+what, group)
		d.close()
		if out.Assert != nil {
			c.Form.Demands = append(c.Form.Demands, out)
		}
	}
}

// pages reads the order in which things are asked.
func (c *compiler) pages(n *yaml.Node) {
	seen := map[string]bool{}
	asked := map[string]bool{} // by an earlier page
	for _, p := range c.list(n, "pages") {
		d := c.dict(p, "a page")
		id := c.name(d.need("id"), "the id of a page", nameShape, "property")
		if seen[id] {
			c.fail(d.get("id"), "there is a page %q already", id)
		}
		seen[id] = true
		what := "the page " + id
		page := form.Page{ID: id, Title: c.both(d.need("title"), "the title of "+what), Text: c.both(d.get("text"), "the text of "+what)}
		if w := d.get("when"); w != nil {
			page.When = c.condition(w, what, "")
			for _, ptr := range page.When.Pointers() {
				if c.leaves[ptr] != nil && !asked[ptr] {
					c.fail(w, "the condition of %s looks at %s, which is asked on no earlier page", what, ptr)
				}
			}
		}
		for _, fn := range c.list(d.need("fields"), "the fields of "+what) {
			if f, ok := c.fieldOf(fn, what, !page.When.IsZero()); ok {
				page.Fields = append(page.Fields, f)
			}
		}
		for _, f := range page.Fields {
			c.askedBefore(f, asked)
		}
		for _, f := range page.Fields {
			asked[f.Pointer] = true
			for _, x := range f.Parts {
				asked[x.Pointer] = true
			}
		}
		d.close()
		c.carries(p, what, page.Fields)
		c.Form.Pages = append(c.Form.Pages, page)
	}
	if n != nil && len(c.Form.Pages) == 0 {
		c.fail(n, "there are no pages")
	}
	c.leadOn()
}

// MostTyped is how many letters may be typed on one page in all: the portal takes so much of one form, and no more.
const MostTyped = 150_000

// carries checks that what may be typed in the fields goes on its way in one form.
func (c *compiler) carries(n *yaml.Node, what string, fields []form.Field) {
	if most := letters(fields); most > MostTyped {
		c.refuse(n, "%s takes up to %d letters, and one form takes %d: shorten maxLength or maxItems there, or part it", what, most, MostTyped)
	}
}

// letters is how many may be typed in the fields. What has no maxLength is short.
func letters(fields []form.Field) int {
	n := 0
	for _, f := range fields {
		n += f.Max + letters(f.Parts)
		if f.Rows != nil {
			n += f.Rows.Max * letters(f.Rows.Fields)
		}
	}
	return n
}

// askedBefore checks that what the options of a field depend on is asked before it, so that the page knows them.
func (c *compiler) askedBefore(f form.Field, asked map[string]bool) {
	fields := []form.Field{f}
	if f.Rows != nil {
		fields = f.Rows.Fields
	}
	for _, x := range fields {
		if l := c.leaves[x.Pointer]; x.Within != "" && !asked[x.Within] {
			c.fail(l.within, "what can be chosen for %s depends on %s, which is asked on no earlier page", x.Pointer, x.Within)
		}
	}
}

func (c *compiler) fieldOf(n *yaml.Node, page string, conditional bool) (form.Field, bool) {
	pointer := c.text(n, "a field of "+page)
	l, ok := c.leaves[pointer]
	if !ok {
		c.fail(n, "%s asks for %s, which the data does not describe%s", page, pointer, c.near(pointer))
		return form.Field{}, false
	}
	if group := form.Group(pointer); group != "" {
		c.fail(n, "%s asks for %s, which is asked in each row of %s: name that one", page, pointer, group)
		return form.Field{}, false
	}
	if l.of != "" {
		c.fail(n, "%s asks for %s, which is a part of an address: name the whole of it (%s)", page, pointer, l.of)
		return form.Field{}, false
	}
	if l.shown {
		c.fail(n, "%s is asked a second time", pointer)
		return form.Field{}, false
	}
	if conditional && l.required {
		c.fail(n, "%s is shown only sometimes, so the schema must not require %s; say required: true in its view", page, pointer)
	}
	l.shown = true
	if l.field.Rows != nil {
		for _, x := range c.rowOrder(l, pointer) {
			l.field.Rows.Fields = append(l.field.Rows.Fields, c.leaves[x].field)
		}
	}
	return l.field, true
}

// rowOrder lists the questions of a row in the order in which they are asked: the view says it (fields). The order of the schema would be
// lost when the definition is published, for its content has sorted keys; one that stands in that order already needs no list.
func (c *compiler) rowOrder(l *leaf, pointer string) []string {
	there := c.inOrder(pointer + "/*/")
	if l.order == nil {
		if !slices.IsSorted(there) {
			c.fail(l.node, "the questions in a row of %s come in no order that lasts: say it in the view, fields: [%s]", pointer, strings.Join(there, ", "))
		}
		return there
	}
	said := c.words(l.order, "fields of "+pointer)
	sorted := slices.Sorted(slices.Values(said))
	slices.Sort(there)
	if !slices.Equal(sorted, there) {
		c.fail(l.order, "fields of %s must be each question of a row once: %s", pointer, strings.Join(there, ", "))
		return there
	}
	return said
}

// inOrder lists the pointers below one in the order of the file.
func (c *compiler) inOrder(below string) []string {
	var out []string
	for p, l := range c.leaves {
		if strings.HasPrefix(p, below) && l.of == "" {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		x, y := c.leaves[a].node, c.leaves[b].node
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column), cmp.Compare(a, b)) // a shape of $defs stands there once
	})
	return out
}
