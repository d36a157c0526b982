package procedure

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A shape that stands in the data several times is written once, under $defs of the data, and named where it is meant: {$ref: '#/$defs/car'}.
// Before anything else is read each name gives way to what it means, so that the definition is the same as one that was written out: it has
// the same hash, and costs nothing when a form is filled in.

// mostInlined is how many nodes of the file the data may have when every name has given way: shapes in shapes grow by multiplication.
const mostInlined = 100_000

const defsPrefix = "#/$defs/"

// inliner puts shapes in the place of their names.
type inliner struct {
	*compiler
	defs map[string]*yaml.Node
	done map[string]*inlined
	path []string // the names that are being followed
}

// inlined is a shape without names in it, and how many nodes it has.
type inlined struct {
	node *yaml.Node
	size int
	used bool
}

// inline takes $defs out of the data and puts each of them in the place of its names.
func (c *compiler) inline(data *yaml.Node) {
	if data == nil || data.Kind != yaml.MappingNode {
		return
	}
	x := &inliner{compiler: c, defs: map[string]*yaml.Node{}, done: map[string]*inlined{}}
	var names []*yaml.Node
	if at := keyAt(data, "$defs"); at >= 0 {
		d := c.dict(data.Content[at+1], "$defs of data")
		names = d.all()
		for _, key := range names {
			x.defs[c.name(key, "the name of a shape in $defs", propertyShape, "car")] = d.get(key.Value)
		}
		data.Content = slices.Delete(data.Content, at, at+2)
	}
	if size := x.schema(data, "data"); size > mostInlined {
		c.fail(data, "the data has %d parts when each $ref stands for what it means; it may have %d", size, mostInlined)
		data.Content = nil // nobody walks through it
		return
	}
	for _, key := range names {
		if d := x.done[key.Value]; d == nil || !d.used {
			c.fail(key, "nothing refers to $defs/%s", key.Value)
		}
	}
}

// schema puts shapes in the place of names in a schema, and says how many nodes it has then.
func (x *inliner) schema(n *yaml.Node, where string) int {
	if n.Kind != yaml.MappingNode {
		return 1
	}
	if at := keyAt(n, "$ref"); at >= 0 {
		return x.follow(n, n.Content[at+1], where)
	}
	size := 1
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		switch {
		case key == "items":
			size += 1 + x.schema(v, where+"/*")
		case key == "properties" && v.Kind == yaml.MappingNode:
			for k := 0; k+1 < len(v.Content); k += 2 {
				size += 1 + x.schema(v.Content[k+1], where+"/"+v.Content[k].Value)
			}
		default: // choices, bounds: each is read once more for each name
			size += 1 + nodes(v)
		}
	}
	return min(size, mostInlined+1)
}

// nodes counts what stands in a node, itself included.
func nodes(n *yaml.Node) int {
	size := 1
	for _, x := range n.Content {
		size += nodes(x)
	}
	return size
}

// follow makes of n, which is a name, what it means.
func (x *inliner) follow(n, ref *yaml.Node, where string) int {
	what := "$ref of " + where
	if strings.HasPrefix(ref.Value, builtIn) {
		return x.build(n, ref, what)
	}
	name, here := strings.CutPrefix(x.text(ref, what), defsPrefix)
	def := x.defs[name]
	switch {
	case !here || strings.Contains(name, "/"):
		x.fail(ref, "%s is %q; it must look like %scar: nothing but $defs of this data is read", what, ref.Value, defsPrefix)
	case len(n.Content) > 2:
		x.fail(n, "%s stands beside other words, which would say the shape twice: say them in $defs/%s", what, name)
	case slices.Contains(x.path, name):
		x.fail(ref, "%s leads back to itself: %s", what, strings.Join(append(x.path[slices.Index(x.path, name):], name), " → "))
	case def == nil:
		known := map[string]bool{}
		for k := range x.defs {
			known[k] = true
		}
		meant := ""
		if near := nearest(name, known); near != "" {
			meant = "; did you mean " + defsPrefix + near + "?"
		}
		x.fail(ref, "%s is %q, and there is no $defs/%s%s", what, ref.Value, name, meant)
	default:
		d := x.done[name]
		if d == nil {
			x.path = append(x.path, name)
			d = &inlined{node: def, size: x.schema(def, "$defs/"+name)}
			x.path = x.path[:len(x.path)-1]
			x.done[name] = d
		}
		d.used = true
		n.Kind, n.Tag, n.Content, n.Value = d.node.Kind, d.node.Tag, d.node.Content, d.node.Value // at the place of the name, for complaints
		return d.size
	}
	return 1
}

// build makes of n, which names a shape that this program has, what it means.
func (x *inliner) build(n, ref *yaml.Node, what string) int {
	switch {
	case x.text(ref, what) != builtAddress:
		x.fail(ref, "%s is %q; the shape that every definition has is %s", what, ref.Value, builtAddress)
	case len(n.Content) > 2:
		x.fail(n, "%s stands beside other words: what an address is made of is settled, and how it is asked stands in view", what)
	default:
		shape := x.address(n)
		n.Kind, n.Tag, n.Content, n.Value = shape.Kind, shape.Tag, shape.Content, shape.Value
		return nodes(n)
	}
	return 1
}

// keyAt is where a key stands in a mapping, -1 when it is not there.
func keyAt(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}
