package procedure

import (
	"fmt"
	"strings"
	"testing"
)

// named is the definition of plates whose two names are said once, under $defs.
func named(t *testing.T, oldnew ...string) string {
	t.Helper()
	src := plates(t, "data:\n", "data:\n  $defs:\n    kinds: {type: string, enum: [standard, square]}\n    person:\n      type: object\n      additionalProperties: false\n      required: [surname]\n      properties: {surname: {type: string, x-check: surname}}\n",
		"    kind: {type: string, enum: [standard, square]}", "    kind: {$ref: '#/$defs/kinds'}")
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(src, oldnew[i]) {
			t.Fatalf("the definition has no %q", oldnew[i])
		}
		src = strings.Replace(src, oldnew[i], oldnew[i+1], 1)
	}
	return src
}

const person = "    person:\n      type: object\n      additionalProperties: false\n      required: [surname]\n      properties: {surname: {type: string, x-check: surname}}\n"

func TestAShapeThatIsSaidOnceIsTheSameAsOneThatIsWrittenOut(t *testing.T) {
	whole, err := Compile("plates.yaml", []byte(plates(t)))
	if err != nil {
		t.Fatal(err)
	}
	once, err := Compile("plates.yaml", []byte(named(t, person, "")))
	if err != nil {
		t.Fatal(err)
	}
	if once.Version != whole.Version || strings.Contains(string(once.Canonical()), "$ref") {
		t.Errorf("it is another definition: %s", once.Canonical())
	}
	if list := Diff(whole, once); len(list) > 0 {
		t.Errorf("they differ: %v", list)
	}
}

func TestAReferenceThatLeadsNowhereIsRefusedAtItsPlace(t *testing.T) {
	const kind = "    kind: {$ref: '#/$defs/kinds'}"
	for _, tt := range []struct{ name, was, is, want string }{
		{"one that nothing refers to", kind, kind, "nothing refers to $defs/person"},
		{"another file", kind, "    kind: {$ref: 'kinds.yaml#/$defs/kinds'}", "$ref of data/kind is \"kinds.yaml#/$defs/kinds\"; it must look like #/$defs/car"},
		{"the network", kind, "    kind: {$ref: 'https://example.org/kinds.json'}", "nothing but $defs of this data is read"},
		{"a slip", kind, "    kind: {$ref: '#/$defs/kind'}", "there is no $defs/kind; did you mean #/$defs/kinds?"},
		{"words beside it", kind, "    kind: {$ref: '#/$defs/kinds', maxLength: 3}", "$ref of data/kind stands beside other words"},
	} {
		_, err := Compile("plates.yaml", []byte(named(t, tt.was, tt.is)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
	circle := named(t, "properties: {surname: {type: string, x-check: surname}}", "properties: {surname: {$ref: '#/$defs/person'}}", kind, kind+"\n    owner: {$ref: '#/$defs/person'}")
	if _, err := Compile("plates.yaml", []byte(circle)); err == nil || !strings.Contains(err.Error(), "leads back to itself: person → person") {
		t.Errorf("a circle: %v", err)
	}
	var tower strings.Builder // each of thirty shapes has two of the next
	for i := range 30 {
		fmt.Fprintf(&tower, "    s%d: {type: object, additionalProperties: false, properties: {a: {$ref: '#/$defs/s%d'}, b: {$ref: '#/$defs/s%d'}}}\n", i, i+1, i+1)
	}
	tower.WriteString("    s30: {type: boolean}\n")
	if _, err := Compile("plates.yaml", []byte(named(t, person, tower.String(), kind, kind+"\n    tower: {$ref: '#/$defs/s0'}"))); err == nil || !strings.Contains(err.Error(), "parts when each $ref stands for what it means") {
		t.Errorf("a tower: %.300v", err)
	}
	var wide, names strings.Builder // a hundred names of a shape with two thousand choices
	for i := range 2000 {
		fmt.Fprintf(&wide, "%sc%d", map[bool]string{true: ", "}[i > 0], i)
	}
	for i := range 100 {
		fmt.Fprintf(&names, "\n    w%d: {$ref: '#/$defs/wide'}", i)
	}
	if _, err := Compile("plates.yaml", []byte(named(t, person, "    wide: {type: string, enum: ["+wide.String()+"]}\n", kind, kind+names.String()))); err == nil || !strings.Contains(err.Error(), "parts when each $ref stands for what it means") {
		t.Errorf("a wide one: %.300v", err)
	}
}
