package procedure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
)

// Format is the version of the format that this package reads.
const Format = "svc/v1"

var (
	codeShape  = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	slugShape  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	startShape = regexp.MustCompile(`^(/[a-z0-9]+(-[a-z0-9]+)*){1,5}$`) // a path of the portal: it leads to no other site, and carries nothing
	ownerShape = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	nameShape  = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$`)
)

// Compile reads a definition and checks all of it. name is what mistakes are reported under, the file's path.
// The error is an Issues when the definition is at fault.
func Compile(name string, src []byte) (*Definition, error) {
	c, err := compile(&source{file: name}, src)
	if err != nil {
		return nil, err
	}
	return c.Definition, nil
}

// Stored reads a definition that was compiled when it was put in force, perhaps by an earlier program. What Compile has learnt to refuse
// since is left alone and its tests are not run again, so that the cases by it go on.
func Stored(name string, src []byte) (*Definition, error) {
	c, err := compile(&source{file: name, stored: true}, src)
	if err != nil {
		return nil, err
	}
	return c.Definition, nil
}

// compile gives the compiler with what it found, also when the tests of the file fail.
func compile(s *source, src []byte) (*compiler, error) {
	c := &compiler{source: s, Definition: &Definition{}}
	root := s.read(src)
	if root == nil {
		return c, s.err()
	}
	c.top(root)
	if err := s.err(); err != nil {
		return c, err
	}
	if !s.stored {
		c.selfTest()
	}
	return c, s.err()
}

// compiler is a definition in the making, with the places of its parts for complaints.
type compiler struct {
	*source
	*Definition
	leaves map[string]*leaf      // questions by pointer
	states map[State]*stateNode  // the process as it was written
	marks  map[string]*yaml.Node // where reasons, outputs and actions stand, by "reason no-data"
	used   map[string]bool       // of marks
	dicts  map[string][]form.Option
	looks  bool // some expression looks at answers
	tests  *yaml.Node
	ran    []Test

	personas *yaml.Node
	people   map[string]*persona
	days     int  // that the tests have counted
	tired    bool // too many, which was said

	parts map[string]*yaml.Node // where the process says what it calls them
}

func (c *compiler) top(root *yaml.Node) {
	d := c.dict(root, "the definition")
	c.marks, c.used = map[string]*yaml.Node{}, map[string]bool{}
	if v := c.text(d.need("apiVersion"), "apiVersion"); v != "" && v != Format {
		c.fail(d.get("apiVersion"), "apiVersion is %q; this program reads %s", v, Format)
		return
	}
	c.kind = Service
	if k := c.word(d.get("kind"), "kind", string(Service), string(Information)); k != "" {
		c.kind = Kind(k)
	}
	c.Code = c.name(d.need("code"), "code", codeShape, "fns.income-certificate")
	c.Slug = c.name(d.need("slug"), "slug", slugShape, "income-certificate")
	c.owner(d.need("owner"))
	if c.Code != "" && c.Owner.Code != "" && !strings.HasPrefix(c.Code, c.Owner.Code+".") {
		c.fail(d.get("code"), "the code %q must begin with the owner's code: %s.", c.Code, c.Owner.Code)
	}
	c.Title = c.both(d.need("title"), "title")
	c.Summary = c.both(d.need("summary"), "summary")
	c.catalog(d.need("catalog"))
	if c.kind == Service {
		c.access(d.need("access"))
		c.readDictionaries(d.get("dictionaries"))
		data := d.need("data")
		c.inline(data)
		c.data(data, d.need("view"), d.need("pages"), d.get("rules"))
		c.readLookups(d.get("lookups"))
		c.prefills(d.get("prefill"))
		c.readAttachments(d.get("attachments"))
		c.readReasons(d.get("reasons"))
		c.readOutputs(d.get("outputs"))
		c.process(d.need("process"))
		c.notify(d.need("notify"))
		c.unused()
		c.personas, c.tests = d.get("personas"), d.need("tests")
		if !c.looks {
			c.Form.Scope = nil // nothing looks at answers, so nothing is made to be looked at
		}
	}
	d.close()
	c.seal(root)
}

func (c *compiler) owner(n *yaml.Node) {
	d := c.dict(n, "owner")
	if n == nil {
		return
	}
	c.Owner = Owner{
		Code:  c.name(d.need("code"), "the owner's code", ownerShape, "fns"),
		Name:  c.both(d.need("name"), "the owner's name"),
		Short: c.both(d.need("short"), "the owner's short name"),
	}
	d.close()
}

func (c *compiler) catalog(n *yaml.Node) {
	if n == nil {
		return
	}
	d := c.dict(n, "catalog")
	k := &c.Catalog
	k.LifeEvents = c.words(d.need("lifeEvents"), "lifeEvents")
	syn := c.dict(d.get("synonyms"), "synonyms")
	k.Synonyms = map[i18n.Lang][]string{
		i18n.RU: c.words(syn.get("ru"), "the Russian synonyms"),
		i18n.EN: c.words(syn.get("en"), "the English synonyms"),
	}
	syn.close()
	for _, n := range c.list(d.need("channels"), "channels") {
		ch := Channel(c.word(n, "a channel", string(Online), string(Office), string(Centre), string(Phone)))
		if slices.Contains(k.Channels, ch) {
			c.fail(n, "the channel %s stands here twice", ch)
		}
		k.Channels = append(k.Channels, ch)
	}
	k.Popular = c.int(d.get("popular"), "popular", 1, 1000)
	k.Outcome = c.both(d.need("outcome"), "outcome")
	p := c.dict(d.need("processing"), "processing")
	k.Processing = Processing{
		Term:     c.span(p.need("term"), "the term"),
		Calendar: c.calendar(p.get("calendar")),
		Text:     c.both(p.need("text"), "the text of processing"),
	}
	p.close()
	k.Cost = c.label(d.need("cost"), "cost")
	k.Law = c.texts(d.need("law"), "law")
	k.Papers = c.texts(d.need("papers"), "papers")
	k.Steps = c.texts(d.get("steps"), "steps")
	k.Where = c.texts(d.get("where"), "where")
	if n := d.get("start"); n != nil {
		if k.Start = c.name(n, "start", startShape, "/cabinet/snils"); c.kind == Service {
			c.fail(n, "a Service starts with its own form: start is for kind: Information")
		}
	}
	d.close()
	online := slices.Contains(k.Channels, Online)
	switch {
	case c.kind == Service && !online:
		c.fail(d.get("channels"), "a Service is filed on line: add the channel online, or make it kind: Information")
	case c.kind == Information && online && k.Start == "":
		c.fail(d.get("channels"), "an Information page cannot have the channel online: nothing can be filed on it. If another page of this portal does it, name it (start)")
	case c.kind == Information && !online && k.Start != "":
		c.fail(d.get("channels"), "what starts on a page of this portal is filed on line: add the channel online")
	}
	if c.kind == Information {
		if len(k.Where) == 0 {
			c.fail(n, "an Information page must say where to go (where)")
		}
		if len(k.Steps) == 0 {
			c.fail(n, "an Information page must say what to do (steps)")
		}
	}
}

func (c *compiler) calendar(n *yaml.Node) Calendar {
	if w := c.word(n, "the calendar", string(AllDays), string(Working)); w != "" {
		return Calendar(w)
	}
	return AllDays
}

func (c *compiler) access(n *yaml.Node) {
	if n == nil {
		return
	}
	d := c.dict(n, "access")
	c.Level = access.Level(c.word(d.need("assurance"), "assurance",
		string(access.Simplified), string(access.Standard), string(access.Confirmed)))
	var may []string
	for _, x := range access.Capacities() {
		may = append(may, string(x))
	}
	for _, who := range c.list(d.get("actAs"), "actAs") {
		as := access.Capacity(c.word(who, "an entry of actAs", may...))
		if slices.Contains(c.actAs, as) {
			c.fail(who, "%s stands in actAs twice", as)
		}
		c.actAs = append(c.actAs, as)
	}
	if d.get("actAs") == nil {
		c.actAs = []access.Capacity{access.Self}
	}
	if len(c.actAs) == 0 {
		c.fail(d.get("actAs"), "nobody may apply: actAs names neither self nor child")
	}
	d.close()
}

func (c *compiler) readReasons(n *yaml.Node) {
	c.reasons = map[string]Reason{}
	d := c.dict(n, "reasons")
	for _, key := range d.all() {
		code := c.name(key, "the code of a reason", nameShape, "no-data")
		what := "the reason " + key.Value
		r := c.dict(d.get(key.Value), what)
		c.reasons[code] = Reason{
			Code:   code,
			Title:  c.both(r.need("title"), "the title of "+what),
			Law:    c.both(r.need("law"), "the law of "+what),
			Remedy: c.both(r.need("remedy"), "the remedy of "+what),
		}
		r.close()
		c.marks["reason "+code] = key
	}
}

func (c *compiler) readOutputs(n *yaml.Node) {
	c.outputs = map[string]Output{}
	d := c.dict(n, "outputs")
	for _, key := range d.all() {
		name := c.name(key, "the name of an output", nameShape, "income-certificate")
		what := "the output " + key.Value
		o := c.dict(d.get(key.Value), what)
		out := Output{
			Name:     name,
			Kind:     c.word(o.need("kind"), "the kind of "+what, "pdf"),
			Title:    c.both(o.need("title"), "the title of "+what),
			Template: c.name(o.need("template"), "the template of "+what, nameShape, "income-certificate"),
			Facts:    c.lines(o.get("facts"), what),
		}
		if t := o.get("template"); t != nil {
			out.line, out.col = t.Line, t.Column
		}
		c.outputs[name] = out
		o.close()
		c.marks["output "+name] = key
	}
}

func (c *compiler) notify(n *yaml.Node) {
	d := c.dict(n, "notify")
	for _, key := range d.all() {
		st := State(key.Value)
		step, ok := c.steps[st]
		if !ok {
			c.fail(key, "notify names the state %q, which the process does not have", key.Value)
			continue
		}
		what := "the notice of " + key.Value
		m := c.dict(d.get(key.Value), what)
		notice := &Notice{Text: c.both(m.need("text"), "the text of "+what)}
		for _, ch := range c.list(m.need("channels"), "the channels of "+what) {
			notice.Channels = append(notice.Channels, c.word(ch, "a channel of "+what, "inbox", "email", "sms", "push"))
		}
		if len(notice.Channels) == 0 && m.get("channels") != nil {
			c.fail(m.get("channels"), "%s has no channel", what)
		}
		m.close()
		c.placeholders(m.get("text"), notice.Text, what)
		step.Notice = notice
		c.steps[st] = step
	}
	if n == nil {
		return
	}
	for _, st := range c.order {
		step := c.steps[st]
		told := step.Notice != nil
		if !told && (step.Outcome == Granted || step.Outcome == Refused || step.Turn == TurnApplicant) {
			c.fail(n, "nobody is told of the state %q: an end, or a turn of the applicant, needs a notice", st)
		}
	}
}

func (c *compiler) placeholders(n *yaml.Node, t i18n.Text, what string) {
	for _, text := range []string{t.RU, t.EN} {
		for _, word := range noticeWords.in(text) {
			if !slices.Contains(noticeWords.known, word) {
				c.fail(n, "%s has the placeholder {%s}; it may have {%s}", what, word, strings.Join(noticeWords.known, "}, {"))
			}
		}
	}
	if !slices.Equal(noticeWords.in(t.RU), noticeWords.in(t.EN)) {
		c.fail(n, "the two languages of %s have different placeholders", what)
	}
}

// placeholders are the words in braces that a text may hold.
type placeholders struct{ known []string }

var (
	noticeWords = placeholders{known: []string{"number", "service", "link"}}
	braced      = regexp.MustCompile(`\{([^{}]*)\}`)
)

// in lists the words of the text, sorted.
func (placeholders) in(text string) []string {
	var out []string
	for _, m := range braced.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

func (placeholders) fill(text string, values map[string]string) string {
	return braced.ReplaceAllStringFunc(text, func(m string) string { return values[m[1:len(m)-1]] })
}

// unused complains of reasons, outputs and actions that nothing leads to: they are slips of the name.
func (c *compiler) unused() {
	for mark, key := range c.marks {
		if !c.used[mark] {
			c.fail(key, "the %s is never used", mark)
		}
	}
}

// seal computes the content's canonical text and its hash.
func (c *compiler) seal(root *yaml.Node) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c.value(root)); err != nil {
		c.fail(root, "the definition cannot be written as JSON: %v", err)
		return
	}
	c.canonical = bytes.TrimRight(b.Bytes(), "\n")
	sum := sha256.Sum256(c.canonical)
	c.Version = hex.EncodeToString(sum[:])
}
