package procedure

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/i18n"
)

// Issue is one mistake of a definition: where it is and what is wrong, in plain words for whoever writes it.
type Issue struct {
	File      string
	Line, Col int
	Text      string
}

func (i Issue) String() string { return fmt.Sprintf("%s:%d:%d: %s", i.File, i.Line, i.Col, i.Text) }

// Issues is the error of Compile: every mistake that was found, in the order of the file.
type Issues []Issue

func (is Issues) Error() string {
	lines := make([]string, len(is))
	for i, issue := range is {
		lines[i] = issue.String()
	}
	return strings.Join(lines, "\n")
}

// Bounds of a file, so that a hostile one costs nothing.
const (
	maxBytes  = 1 << 20
	maxDepth  = 40
	maxIssues = 100
)

// source is a file being read: it hands out its parts with their places and gathers the mistakes.
type source struct {
	file   string
	stored bool // it was accepted once: what is refused only of a definition that is handed in is left alone
	issues Issues
}

func (s *source) fail(at *yaml.Node, format string, args ...any) {
	if len(s.issues) >= maxIssues {
		return
	}
	i := Issue{File: s.file, Line: 1, Col: 1, Text: fmt.Sprintf(format, args...)}
	if at != nil && at.Line > 0 {
		i.Line, i.Col = at.Line, at.Column
	}
	if !slices.Contains(s.issues, i) {
		s.issues = append(s.issues, i)
	}
}

// refuse is fail for what must not be put in force and can be run all the same. A check that is new is of this kind, for cases are under
// way by definitions that were accepted before it.
func (s *source) refuse(at *yaml.Node, format string, args ...any) {
	if !s.stored {
		s.fail(at, format, args...)
	}
}

func (s *source) err() error {
	if len(s.issues) == 0 {
		return nil
	}
	slices.SortStableFunc(s.issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return s.issues
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	// the library counts lines from 0 in what its parser says and from 1 in what its scanner says
	parserSays = regexp.MustCompile(`^did not find expected (node content|key|'-' indicator|',' or|<)`)
)

// read parses the file and refuses what no definition needs: several documents, anchors, tags, deep nesting.
func (s *source) read(src []byte) *yaml.Node {
	if len(src) > maxBytes {
		s.fail(nil, "the file is larger than %d bytes", maxBytes)
		return nil
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(src)))
	if err := dec.Decode(&doc); err != nil {
		at := &yaml.Node{Line: 1, Column: 1}
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			at.Line, _ = strconv.Atoi(m[1])
			text = m[2]
			if parserSays.MatchString(text) {
				at.Line++
			}
		}
		s.fail(at, "this is not YAML: %s", text)
		return nil
	}
	if err := dec.Decode(new(yaml.Node)); err == nil {
		s.fail(nil, "the file holds more than one document; a service has a file of its own")
		return nil
	}
	if len(doc.Content) != 1 {
		s.fail(nil, "the file is empty")
		return nil
	}
	root := doc.Content[0]
	s.plain(root, 0)
	if len(s.issues) > 0 {
		return nil
	}
	return root
}

func (s *source) plain(n *yaml.Node, depth int) {
	switch {
	case depth > maxDepth:
		s.fail(n, "this is nested deeper than %d levels", maxDepth)
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.fail(n, "anchors and aliases are not used in definitions: write the text out")
		return
	case n.Style&yaml.TaggedStyle != 0:
		s.fail(n, "tags such as %s are not used in definitions", n.Tag)
		return
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				s.fail(k, "a key must be a word")
				continue
			}
			if line, twice := seen[k.Value]; twice {
				s.fail(k, "the key %q stands here a second time; the first is in line %d", k.Value, line)
			}
			seen[k.Value] = k.Line
		}
	}
	for _, c := range n.Content {
		s.plain(c, depth+1)
	}
}

// dict is a mapping being read; close complains of what was not asked for.
type dict struct {
	s    *source
	node *yaml.Node
	what string
	keys []*yaml.Node
	vals map[string]*yaml.Node
	used map[string]bool
}

// dict opens a mapping. A missing or wrong one is an empty one, so that the reader need not look.
func (s *source) dict(n *yaml.Node, what string) *dict {
	d := &dict{s: s, node: n, what: what, vals: map[string]*yaml.Node{}, used: map[string]bool{}}
	if n == nil {
		return d
	}
	if n.Kind != yaml.MappingNode {
		s.fail(n, "%s must be a mapping of keys and values", what)
		return d
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		d.keys = append(d.keys, n.Content[i])
		d.vals[n.Content[i].Value] = n.Content[i+1]
	}
	return d
}

// get is the value of the key, nil when it is not there.
func (d *dict) get(key string) *yaml.Node {
	d.used[key] = true
	return d.vals[key]
}

// need is get of a key that must be there.
func (d *dict) need(key string) *yaml.Node {
	n := d.get(key)
	if n == nil && d.node != nil && d.node.Kind == yaml.MappingNode { // of a missing mapping its owner was told
		d.s.fail(d.node, "%s has no %q", d.what, key)
	}
	return n
}

// all marks every key as used: for mappings whose keys are the writer's own.
func (d *dict) all() []*yaml.Node {
	for _, k := range d.keys {
		d.used[k.Value] = true
	}
	return d.keys
}

// close complains of keys that nobody asked for.
func (d *dict) close() {
	for _, k := range d.keys {
		if d.used[k.Value] {
			continue
		}
		if near := nearest(k.Value, d.used); near != "" {
			d.s.fail(k, "%s has no key %q; did you mean %q?", d.what, k.Value, near)
			continue
		}
		d.s.fail(k, "%s has no key %q", d.what, k.Value)
	}
}

// nearest is a known word that differs from the typed one by a slip.
func nearest(typed string, known map[string]bool) string {
	best := ""
	for k := range known {
		if slip(typed, k) && (best == "" || k < best) {
			best = k
		}
	}
	return best
}

// slip reports whether a and b are one insertion, deletion, change or swap apart.
func slip(a, b string) bool {
	if a == b || strings.EqualFold(a, b) {
		return true
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	x, y := a[i:], b[i:]
	switch {
	case x == "" || y == "":
		return len(x)+len(y) <= 1
	case x[1:] == y[1:] || x[1:] == y || x == y[1:]:
		return true
	}
	return len(x) > 1 && len(y) > 1 && x[0] == y[1] && x[1] == y[0] && x[2:] == y[2:]
}

// text is the text of a scalar, trimmed; "" of a missing one.
func (s *source) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		s.fail(n, "%s must be a text", what)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// word is a text of one of the allowed ones.
func (s *source) word(n *yaml.Node, what string, allowed ...string) string {
	t := s.text(n, what)
	if n != nil && t != "" && !slices.Contains(allowed, t) {
		s.fail(n, "%s is %q; it may be %s", what, t, strings.Join(allowed, ", "))
		return ""
	}
	return t
}

// name is a text of the shape that identifiers have.
func (s *source) name(n *yaml.Node, what string, shape *regexp.Regexp, like string) string {
	t := s.text(n, what)
	if n != nil && !shape.MatchString(t) {
		s.fail(n, "%s is %q; it must look like %s", what, t, like)
		return ""
	}
	return t
}

func (s *source) int(n *yaml.Node, what string, least, most int) int {
	if n == nil {
		return 0
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < least || v > most {
		s.fail(n, "%s must be a whole number from %d to %d", what, least, most)
		return 0
	}
	return v
}

func (s *source) bool(n *yaml.Node, what string) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		s.fail(n, "%s must be true or false", what)
		return false
	}
	return n.Value == "true"
}

func (s *source) list(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		s.fail(n, "%s must be a list", what)
		return nil
	}
	return n.Content
}

// words is a list of texts, each non-empty and only once.
func (s *source) words(n *yaml.Node, what string) []string {
	var out []string
	for _, c := range s.list(n, what) {
		t := s.text(c, "an entry of "+what)
		if t == "" {
			s.fail(c, "an entry of %s is empty", what)
			continue
		}
		if slices.Contains(out, t) {
			s.fail(c, "%q stands in %s twice", t, what)
			continue
		}
		out = append(out, t)
	}
	return out
}

// both is a text in both languages.
func (s *source) both(n *yaml.Node, what string) i18n.Text {
	return s.saying(n, what, letter, "a letter")
}

// label is both of what may be a number alone: 2026, or 350 ₽.
func (s *source) label(n *yaml.Node, what string) i18n.Text {
	return s.saying(n, what, letterOrDigit, "a letter or a digit")
}

// saying is a text in both languages with something of that sort in it: a dash is put where there is nothing to say, and tells the reader nothing.
func (s *source) saying(n *yaml.Node, what string, sort *regexp.Regexp, word string) i18n.Text {
	if n == nil {
		return i18n.Text{}
	}
	d := s.dict(n, what)
	if n.Kind != yaml.MappingNode {
		return i18n.Text{}
	}
	t := i18n.Text{RU: s.text(d.get("ru"), what+" in Russian"), EN: s.text(d.get("en"), what+" in English")}
	d.close()
	switch {
	case t.RU == "":
		s.fail(n, "%s has no Russian text (ru)", what)
	case t.EN == "":
		s.fail(n, "%s has no English text (en)", what)
	case t.RU == t.EN && cyrillic.MatchString(t.EN):
		s.fail(n, "the English text of %s is the Russian one", what)
	case !sort.MatchString(t.RU):
		s.refuse(d.get("ru"), "%s says nothing: there is not %s in «%s»; write what is to be read there", what, word, t.RU)
	case !sort.MatchString(t.EN):
		s.refuse(d.get("en"), "%s says nothing in English: there is not %s in «%s»; write what is to be read there", what, word, t.EN)
	}
	return t
}

var (
	cyrillic      = regexp.MustCompile(`\p{Cyrillic}`)
	letter        = regexp.MustCompile(`\p{L}`)
	letterOrDigit = regexp.MustCompile(`[\p{L}\p{N}]`)
)

// texts is a list of texts in both languages.
func (s *source) texts(n *yaml.Node, what string) []i18n.Text {
	var out []i18n.Text
	for _, c := range s.list(n, what) {
		out = append(out, s.both(c, "an entry of "+what))
	}
	return out
}

func (s *source) span(n *yaml.Node, what string) Span {
	if n == nil {
		return Span{}
	}
	d, err := ParseSpan(s.text(n, what))
	if err != nil {
		s.fail(n, "%s is %q; it must be a duration such as PT30S, PT1H or P5D", what, n.Value)
	}
	return d
}

// value is the JSON value of a node, with numbers as they are written.
func (s *source) value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = s.value(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			l = append(l, s.value(c))
		}
		return l
	case yaml.ScalarNode, yaml.DocumentNode, yaml.AliasNode:
	}
	return s.scalar(n)
}

func (s *source) scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		if n.Value == "true" || n.Value == "false" {
			return n.Value == "true"
		}
		s.fail(n, "write true or false instead of %q", n.Value)
		return nil
	case "!!int":
		v, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			s.fail(n, "%q is not a number that can be used; write it in digits, or in quotes when it is a text", n.Value)
		}
		return v
	case "!!float":
		v, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && v-v != 0 {
			err = errors.New("not finite")
		}
		if err != nil {
			s.fail(n, "%q is not a number that can be used; write it in digits, or in quotes when it is a text", n.Value)
			return nil
		}
		return v
	}
	return n.Value
}
