package procedure

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/scan"
	"okno/internal/wallet/kind"
)

// Attachment is a paper or a picture that a person puts into the application: which, of what sort, how many.
type Attachment struct {
	ID    string
	Title i18n.Text
	Hint  i18n.Text
	Types []files.Media
	Max   int64 // bytes of one file
	Least int   // files that there must be; 0 when it may be left out
	Most  int
	Page  string // of the form, on which it is asked for
	When  form.Condition

	Width, Height int // pixels that a picture must have; 0 when any does

	Document kind.ID // which of a person's documents it is, "" when it is none that they keep (CAB-2)

	Paper string // the code of the service whose issued papers it takes, "" when it takes none of the portal's (CAB-2)

	Reads scan.Page // what a file of it is read as (SRV-11); Unknown when none is
	Fills []Fill
}

// Fill says which answer what was read on a scan fills in.
type Fill struct {
	To   string // pointer
	From scan.Field
}

// Required reports whether the application cannot be sent without it.
func (a Attachment) Required() bool { return a.Least > 0 }

// Attachments lists what these answers call for, in the order of the file. f is what FormFor made.
func (d *Definition) Attachments(f form.Form, a form.Answers) []Attachment {
	if len(d.attachments) == 0 {
		return nil
	}
	var out []Attachment
	asked, sight := f.Asked(a), f.See(a)
	for _, x := range d.attachments {
		if x.When.Holds(sight) && slices.ContainsFunc(asked, func(p form.Page) bool { return p.ID == x.Page }) {
			out = append(out, x)
		}
	}
	return out
}

// AllAttachments lists what may be asked for, whatever is answered.
func (d *Definition) AllAttachments() []Attachment { return slices.Clone(d.attachments) }

// Attachment finds one by its ID.
func (d *Definition) Attachment(id string) (Attachment, bool) {
	for _, x := range d.attachments {
		if x.ID == id {
			return x, true
		}
	}
	return Attachment{}, false
}

// OfFiles reports whether what a state opens (Step.Edit) is an attachment, by its ID, and not the pointer of an answer.
func OfFiles(opened string) bool { return !strings.HasPrefix(opened, "/") }

// Called is what people call that which a state opens: the label of an answer, or the title of an attachment.
func (d *Definition) Called(opened string) (i18n.Text, bool) {
	if OfFiles(opened) {
		x, ok := d.Attachment(opened)
		return x.Title, ok
	}
	f, ok := d.Form.Field(opened)
	return f.Label, ok
}

// mostFiles is how many files one attachment may have, whatever a definition says: a case is not a store.
const mostFiles = 20

// kindsOfFile are the types as definitions call them.
var kindsOfFile = map[string]files.Media{"jpg": files.JPEG, "png": files.PNG, "pdf": files.PDF}

// readable are the papers whose pages are read, with what can be read on them.
var readable = map[string]struct {
	page   scan.Page
	fields []scan.Field
}{
	"passport": {scan.Photo, []scan.Field{scan.Surname, scan.GivenName, scan.Patronymic, scan.Sex, scan.BirthDate, scan.BirthPlace, scan.Series, scan.Number,
		scan.IssuedAt, scan.IssuedBy, scan.DepartmentCode}},
	"international-passport": {scan.Travel, []scan.Field{scan.Surname, scan.GivenName, scan.Sex, scan.BirthDate, scan.Number, scan.ExpiryDate, scan.Nationality}},
	"snils":                  {scan.SNILS, []scan.Field{scan.InsuranceNumber}},
	"inn":                    {scan.INN, []scan.Field{scan.TaxNumber}},
}

// readAttachments reads the part attachments. Pages and prefills were read before.
func (c *compiler) readAttachments(n *yaml.Node) {
	filled := map[string]string{} // by which attachment
	for _, e := range c.list(n, "attachments") {
		d := c.dict(e, "an attachment")
		a := Attachment{ID: c.name(d.need("id"), "the id of an attachment", nameShape, "photo"), Reads: scan.Unknown}
		what := "the attachment " + a.ID
		if _, twice := c.Attachment(a.ID); twice && a.ID != "" {
			c.fail(d.get("id"), "there is an attachment %q already", a.ID)
		}
		a.Title = c.both(d.need("title"), "the title of "+what)
		a.Hint = c.both(d.get("hint"), "the hint of "+what)
		a.Types = c.typesOf(d.need("types"), what)
		a.Max = c.size(d.need("max"), "max of "+what)
		a.Least, a.Most = c.count(d.get("count"), what)
		a.Width, a.Height = c.pixels(d.get("minPixels"), a.Types, what)
		a.Page = c.text(d.need("page"), "page of "+what)
		at := slices.IndexFunc(c.Form.Pages, func(p form.Page) bool { return p.ID == a.Page })
		if at < 0 && a.Page != "" {
			c.fail(d.get("page"), "%s stands on the page %q, which there is not%s", what, a.Page, c.nearPage(a.Page))
		}
		if w := d.get("when"); w != nil {
			a.When = c.condition(w, what, "")
			for _, p := range a.When.Pointers() {
				if at >= 0 && c.leaves[p] != nil && !c.asksBefore(at, p) {
					c.fail(w, "the condition of %s looks at %s, which is asked on no earlier page", what, p)
				}
			}
		}
		if n := d.get("document"); n != nil {
			a.Document = kind.ID(c.word(n, "document of "+what, kind.IDs()...))
		}
		if n := d.get("paper"); n != nil {
			a.Paper = c.name(n, "paper of "+what, codeShape, "rosreestr.extract")
			if !slices.Contains(a.Types, files.PDF) {
				c.fail(n, "%s takes papers of the portal, which are PDF, and no pdf stands in its types", what)
			}
		}
		c.reads(d, &a, what, filled)
		d.close()
		c.attachments = append(c.attachments, a)
	}
}

func (c *compiler) typesOf(n *yaml.Node, what string) []files.Media {
	var out []files.Media
	list := c.list(n, "types of "+what)
	for _, e := range list {
		t := c.word(e, "a type of "+what, "jpg", "png", "pdf")
		m := kindsOfFile[t]
		if t != "" && slices.Contains(out, m) {
			c.fail(e, "the type %s stands in types of %s twice", t, what)
		}
		if t != "" {
			out = append(out, m)
		}
	}
	if n != nil && n.Kind == yaml.SequenceNode && len(list) == 0 {
		c.fail(n, "%s takes no type of file", what)
	}
	return out
}

var sizeShape = regexp.MustCompile(`^([1-9][0-9]{0,4})(KB|MB)$`)

// size reads a number of bytes, at least 10KB, no more than a file may hold.
func (c *compiler) size(n *yaml.Node, what string) int64 {
	if n == nil {
		return 0
	}
	if m := sizeShape.FindStringSubmatch(c.text(n, what)); m != nil {
		v, err := strconv.ParseInt(m[1], 10, 64)
		if v *= 1000; m[2] == "MB" {
			v *= 1000
		}
		if err == nil && v >= 10_000 && v <= files.MaxSize {
			return v
		}
	}
	c.fail(n, "%s is %q; it must be a size such as 500KB or 5MB, from 10KB to 20MB", what, n.Value)
	return 0
}

// count reads how many files there may be: one when nothing is said.
func (c *compiler) count(n *yaml.Node, what string) (least, most int) {
	if n == nil {
		return 1, 1
	}
	d := c.dict(n, "count of "+what)
	least = c.int(d.need("min"), "min of "+what, 0, mostFiles)
	most = c.int(d.need("max"), "max of the count of "+what, 1, mostFiles)
	if most > 0 && least > most {
		c.fail(d.get("min"), "%s needs at least %d files and takes %d at most", what, least, most)
	}
	d.close()
	return least, most
}

func (c *compiler) pixels(n *yaml.Node, types []files.Media, what string) (w, h int) {
	if n == nil {
		return 0, 0
	}
	list := c.list(n, "minPixels of "+what)
	if len(list) != 2 {
		c.fail(n, "minPixels of %s must be a width and a height: [450, 570]", what)
		return 0, 0
	}
	if !slices.Contains(types, files.JPEG) && !slices.Contains(types, files.PNG) {
		c.fail(n, "%s takes no pictures, so minPixels would never be looked at", what)
	}
	return c.int(list[0], "the width of "+what, 1, 20_000), c.int(list[1], "the height of "+what, 1, 20_000)
}

func (c *compiler) nearPage(id string) string {
	known := map[string]bool{}
	for _, p := range c.Form.Pages {
		known[p.ID] = true
	}
	if near := nearest(id, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// asksBefore reports whether a page before that one asks for the answer.
func (c *compiler) asksBefore(page int, pointer string) bool {
	for _, p := range c.Form.Pages[:page] {
		if slices.ContainsFunc(p.Fields, func(f form.Field) bool { return f.Pointer == pointer }) {
			return true
		}
	}
	return false
}

// reads reads what a scan is read as and which answers that fills in.
func (c *compiler) reads(d *dict, a *Attachment, what string, filled map[string]string) {
	n, fills := d.get("reads"), d.get("fills")
	switch {
	case n == nil && fills != nil:
		c.fail(fills, "%s fills in answers and is not read: say what it is (reads)", what)
		return
	case n == nil:
		return
	case fills == nil:
		c.fail(n, "%s is read and fills in nothing (fills)", what)
	}
	words := make([]string, 0, len(readable))
	for word := range readable {
		words = append(words, word)
	}
	slices.Sort(words)
	paper, known := readable[c.word(n, "reads of "+what, words...)]
	if !known {
		c.dict(fills, "fills of "+what).all()
		return
	}
	a.Reads = paper.page
	f := c.dict(fills, "fills of "+what)
	for _, key := range f.all() {
		to := key.Value
		v := f.get(to)
		from := scan.Field(c.text(v, "what fills "+to))
		if !slices.Contains(paper.fields, from) {
			c.fail(v, "%s fills %s with %q; on such a paper can be read: %s", what, to, from, fieldNames(paper.fields))
		}
		if l := c.leaves[to]; l == nil {
			c.fail(key, "%s fills %s, which the data does not describe%s", what, to, c.near(to))
		} else {
			c.fits(key, what, to, from, l)
		}
		if other := filled[to]; other != "" {
			c.fail(key, "%s fills %s, which the attachment %s fills already", what, to, other)
		}
		filled[to] = a.ID
		a.Fills = append(a.Fills, Fill{to, from})
	}
}

func fieldNames(list []scan.Field) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(f)
	}
	return listed(words)
}

// fits complains of an answer that cannot hold what was read, or that the person could not correct.
func (c *compiler) fits(at *yaml.Node, what, to string, from scan.Field, l *leaf) {
	if l.of != "" {
		c.fail(at, "%s fills %s, which is a part of an address, and no address is read", what, to)
	}
	switch l.field.Type {
	case form.TypeNumber, form.TypeYear, form.TypeBoolean, form.TypePhone, form.TypeEmail, form.TypeRows, form.TypeChoices, form.TypePostalAddress:
		c.fail(at, "%s fills %s, which is no text", what, to)
	case form.TypeChoice:
		if from != scan.Sex || !slices.Contains(l.enum, "male") || !slices.Contains(l.enum, "female") {
			c.fail(at, "%s fills %s, which is a choice; only sex can fill one, with the options male and female", what, to)
		}
	case form.TypeText, form.TypeLines, form.TypeDate, form.TypeBirthDate, form.TypeSNILS, form.TypeINN, form.TypeSurname, form.TypeGivenName, form.TypePatronymic,
		form.TypeAddress:
	}
	for _, p := range c.prefill {
		if p.to == to && p.lock == LockAlways {
			c.fail(at, "%s fills %s, which is locked always: nobody could correct it by a scan", what, to)
		}
	}
}

// expectAttachments checks which attachments a test of the file expects to be asked for, and which of them to be offered from the documents of
// whoever it is about.
func (c *compiler) expectAttachments(f form.Form, a form.Answers, who applying, expect *dict, name string) {
	got, offered := []string{}, []string{}
	for _, x := range c.Attachments(f, a) {
		got = append(got, x.ID)
		if x.Document != "" && slices.ContainsFunc(who.documents, func(k keeping) bool { return k.kind.ID == x.Document }) {
			offered = append(offered, x.ID)
		}
	}
	if n := expect.get("attachments"); n != nil {
		if want := c.words(n, "attachments of the test "+name); !slices.Equal(want, got) {
			c.fail(n, "the test %s expects the attachments %s, but they are %s", name, listed(want), listed(got))
		}
	}
	if n := expect.get("offered"); n != nil {
		if want := c.words(n, "offered of the test "+name); !slices.Equal(want, offered) {
			c.fail(n, "the test %s expects that from the documents are offered %s, but it is %s", name, listed(want), listed(offered))
		}
	}
}
