package procedure

import "slices"

// Fed is the fact of the profile from which the answer is filled in; false for one that the person gives alone.
func (d *Definition) Fed(pointer string) (Fact, bool) {
	i := slices.IndexFunc(d.prefill, func(f prefill) bool { return f.to == pointer })
	if i < 0 {
		return "", false
	}
	return d.prefill[i].from, true
}

// AskedAs lists the names under which the process asks registers with the answer, or with the fact it is filled in from, sorted. A
// register that answers under such a name speaks of the same thing.
func (d *Definition) AskedAs(pointer string) []string {
	fact, fed := d.Fed(pointer)
	var out []string
	for _, s := range d.steps {
		for name, r := range s.with {
			if (r.pointer == pointer || fed && r.fact == fact) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Action finds what an event is called and needs, whatever the state; its reasons are left out.
func (d *Definition) Action(e Event) (Action, bool) {
	a, ok := d.actions[e]
	return a, ok
}
