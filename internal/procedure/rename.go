package procedure

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/form"
)

// renames are the names that answers and states had in earlier versions, so that open cases and drafts can be taken along.
type renames struct {
	answers map[string][]string // pointer -> the pointers it had, the latest first
	states  map[State][]State
	several []string // pointers of choices, which may have been one of a list
}

var pointerShape = regexp.MustCompile(`^(/[a-z][a-z0-9]*(_[a-z0-9]+)*)+(/\*(/[a-z][a-z0-9]*(_[a-z0-9]+)*)+)?$`)

// renamedFrom reads the pointers that an answer had before. An answer that is still there is no earlier name, and two answers cannot
// both be what one was.
func (c *compiler) renamedFrom(n *yaml.Node, at string) {
	for i, was := range c.oneOrMore(n, "renamedFrom of "+at) {
		node := earlierNode(n, i)
		switch {
		case !pointerShape.MatchString(was):
			c.fail(node, "renamedFrom of %s is %q; it must look like /birth_date", at, was)
		case (form.Group(was) == "") != (form.Group(at) == ""):
			c.fail(node, "%s cannot be what %s was: one stands in rows and the other does not", at, was)
		case slices.ContainsFunc(c.pointers(), func(p string) bool { return p == was || strings.HasPrefix(p, was+"/") }):
			c.fail(node, "%s cannot be what %s was: the data still describes %s", at, was, was)
		case slices.ContainsFunc(mapValues(c.renamed.answers), func(w string) bool { return w == was }):
			c.fail(node, "%s has a new name already; one answer cannot become two", was)
		default:
			if c.renamed.answers == nil {
				c.renamed.answers = map[string][]string{}
			}
			c.renamed.answers[at] = append(c.renamed.answers[at], was)
		}
	}
}

// renamedRows checks that an answer of a row was one of the same rows, under their name of now or an earlier one.
func (c *compiler) renamedRows(n *yaml.Node) {
	for at, earlier := range c.renamed.answers {
		group := form.Group(at)
		for _, was := range earlier {
			if g := form.Group(was); g != group && !slices.Contains(c.renamed.answers[group], g) {
				c.fail(n, "%s cannot be what %s was: the rows %s were never %s", at, was, group, g)
			}
		}
	}
}

// stateRenamedFrom reads the names that a state had before; several states may have become one.
func (c *compiler) stateRenamedFrom(n *yaml.Node, name State) {
	what := "renamedFrom of the state " + string(name)
	for i, was := range c.oneOrMore(n, what) {
		node := earlierNode(n, i)
		switch {
		case !nameShape.MatchString(was):
			c.fail(node, "%s is %q; it must look like in-work", what, was)
		case c.states[State(was)] != nil:
			c.fail(node, "the state %s cannot be what %s was: the process still has %s", name, was, was)
		case slices.Contains(mapValues(c.renamed.states), State(was)):
			c.fail(node, "the state %s has a new name already; one state cannot become two", was)
		default:
			if c.renamed.states == nil {
				c.renamed.states = map[State][]State{}
			}
			c.renamed.states[name] = append(c.renamed.states[name], State(was))
		}
	}
}

// oneOrMore is one word or a list of them.
func (c *compiler) oneOrMore(n *yaml.Node, what string) []string {
	if n == nil || n.Kind == yaml.SequenceNode {
		return c.words(n, what)
	}
	return []string{c.text(n, what)}
}

func earlierNode(n *yaml.Node, i int) *yaml.Node {
	if n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i]
	}
	return n
}

func mapValues[K comparable, V any](m map[K][]V) []V {
	var out []V
	for _, v := range m {
		out = append(out, v...)
	}
	return out
}

// Renamed moves answers that were given under an earlier name to where they stand now, and makes a list of one of what was one of a list and is
// several now. What has an answer already keeps it. An address that was answered in one line is taken apart where it is asked in its parts; what is
// not understood of it stays whole, as form.FromLine says.
func (d *Definition) Renamed(a form.Answers) form.Answers { return d.apart(d.listed(d.moved(a))) }

func (d *Definition) listed(a form.Answers) form.Answers {
	for _, at := range d.renamed.several {
		a = retold(a, at, func(one string) any {
			if one == "" {
				return nil
			}
			return []any{one}
		})
	}
	return a
}

// retold makes another answer of each text at the pointer, in every row when it is of rows.
func retold(a form.Answers, at string, to func(text string) any) form.Answers {
	group := form.Group(at)
	if group == "" {
		if text, ok := a.Get(at).(string); ok {
			a = a.With(at, to(text))
		}
		return a
	}
	rows, _ := a.Get(group).([]any)
	for i, row := range rows {
		m, _ := row.(map[string]any)
		if text, ok := form.Answers(m).Get(inRow(at)).(string); ok {
			rows = slices.Clone(rows)
			rows[i] = map[string]any(form.Answers(m).With(inRow(at), to(text)))
			a = a.With(group, rows)
		}
	}
	return a
}

func (d *Definition) moved(a form.Answers) form.Answers {
	rows := map[string]map[string][]string{} // group -> what its answers were called, by pointer in the row
	for at, earlier := range d.renamed.answers {
		if group := form.Group(at); group != "" {
			if rows[group] == nil {
				rows[group] = map[string][]string{}
			}
			rows[group][inRow(at)] = mapped(earlier, inRow)
			continue
		}
		a = brought(a, at, earlier, slices.Contains(d.addresses, at))
	}
	for group, names := range rows { // after the groups themselves
		list, _ := a.Get(group).([]any)
		if len(list) == 0 {
			continue
		}
		out := make([]any, len(list))
		for i, row := range list {
			out[i] = row
			if m, ok := row.(map[string]any); ok {
				x := form.Answers(m)
				for at, earlier := range names {
					x = brought(x, at, earlier, slices.Contains(d.addresses, group+"/*"+at))
				}
				out[i] = map[string]any(x)
			}
		}
		a = a.With(group, out)
	}
	return a
}

// brought gives what was answered under one of the earlier names to the name of now. Of objects only an address is an answer.
func brought(a form.Answers, at string, earlier []string, address bool) form.Answers {
	for _, was := range earlier {
		v := a.Get(was)
		if _, object := v.(map[string]any); v == nil || object && !address {
			continue
		}
		if a.Get(at) == nil {
			a = a.With(at, v)
		}
		a = a.With(was, nil)
	}
	return a
}

// inRow is the pointer of an answer in its row: /name of /goods/*/name.
func inRow(pointer string) string { return strings.TrimPrefix(pointer, form.Group(pointer)+"/*") }

func mapped(list []string, to func(string) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = to(x)
	}
	return out
}

// PointerOf is where an answer of an earlier version stands now: where it stood, unless it has another name, or the rows it is in.
func (d *Definition) PointerOf(was string) string {
	now := d.renamedOne(was)
	group := form.Group(was)
	if now != was || group == "" {
		return now
	}
	return d.renamedOne(d.renamedOne(group) + "/*" + inRow(was))
}

func (d *Definition) renamedOne(was string) string {
	for at, earlier := range d.renamed.answers {
		if slices.Contains(earlier, was) {
			return at
		}
	}
	return was
}

// StateOf is the state of this version that a state of an earlier one is now; false when there is none.
func (d *Definition) StateOf(was State) (State, bool) {
	if _, ok := d.steps[was]; ok {
		return was, true
	}
	for now, earlier := range d.renamed.states {
		if slices.Contains(earlier, was) {
			return now, true
		}
	}
	return "", false
}
