package rule

import (
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// group is answers as expressions see them. What an expression looks at is made a value when it does: a form may have very many answers,
// and a rule looks at two. It is a map to CEL (traits.Mapper), every field of its shape a key; it belongs to one Sight and is not shared.
type group struct {
	fields map[string]Shape
	stored map[string]any
	lists  map[string]ref.Val // rows and groups that were looked at
}

func newGroup(fields map[string]Shape, stored any) *group {
	m, _ := stored.(map[string]any) // nil when it is none: nothing is answered
	return &group{fields: fields, stored: m}
}

// part is a field's value; types.NullValue when it is missing or is no such thing.
func (g *group) part(name string, s Shape) ref.Val {
	if s.Kind != Group && s.Kind != Rows {
		return types.DefaultTypeAdapter.NativeToValue(value(s, g.stored[name]))
	}
	if v, ok := g.lists[name]; ok {
		return v
	}
	var v ref.Val
	if s.Kind == Group {
		v = newGroup(s.Fields, g.stored[name])
	} else {
		v = types.NewRefValList(types.DefaultTypeAdapter, rowsOf(s, g.stored[name]))
	}
	if g.lists == nil {
		g.lists = map[string]ref.Val{}
	}
	g.lists[name] = v
	return v
}

func rowsOf(s Shape, stored any) []ref.Val {
	list, _ := stored.([]any)
	out := make([]ref.Val, len(list))
	for i, row := range list {
		out[i] = newGroup(s.Fields, row)
	}
	return out
}

// Find is of traits.Mapper.
func (g *group) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	s, ok := g.fields[string(name)]
	if !ok {
		return nil, false
	}
	return g.part(string(name), s), true
}

// Get is of traits.Indexer.
func (g *group) Get(key ref.Val) ref.Val {
	v, ok := g.Find(key)
	if !ok {
		return types.NewErr("no such key: %v", key)
	}
	return v
}

// Contains is of traits.Container.
func (g *group) Contains(key ref.Val) ref.Val {
	_, ok := g.Find(key)
	return types.Bool(ok)
}

// Size is of traits.Sizer.
func (g *group) Size() ref.Val { return types.Int(len(g.fields)) }

// Iterator is of traits.Iterable: the names of the fields, in order.
func (g *group) Iterator() traits.Iterator {
	names := make([]string, 0, len(g.fields))
	for name := range g.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return types.NewStringList(types.DefaultTypeAdapter, names).Iterator()
}

// Equal is of ref.Val.
func (g *group) Equal(other ref.Val) ref.Val { return g.whole().Equal(other) }

// ConvertToNative is of ref.Val.
func (g *group) ConvertToNative(to reflect.Type) (any, error) { return g.whole().ConvertToNative(to) }

// ConvertToType is of ref.Val.
func (g *group) ConvertToType(to ref.Type) ref.Val { return g.whole().ConvertToType(to) }

// Type is of ref.Val.
func (g *group) Type() ref.Type { return types.MapType }

// Value is of ref.Val.
func (g *group) Value() any { return g.whole().Value() }

// whole is every value of the group: whoever asks for all of them needs them.
func (g *group) whole() ref.Val {
	all := make(map[ref.Val]ref.Val, len(g.fields))
	for name, s := range g.fields {
		all[types.String(name)] = g.part(name, s)
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, all)
}
