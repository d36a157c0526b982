package bench

import (
	"testing"

	"okno/internal/catalogue"
	"okno/internal/system"
)

// The services that the bench checks are services: all different, and right.
func TestTheServicesOfTheBenchCompileAndDiffer(t *testing.T) {
	dir := t.TempDir()
	if _, err := writeDefinitions(dir, 40); err != nil {
		t.Fatal(err)
	}
	sources, err := system.Sources(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	defs, err := list.Check(sources...)
	if err != nil || len(defs) != 40 {
		t.Fatalf("%d: %v", len(defs), err)
	}
	fields, versions := map[int]bool{}, map[string]bool{}
	for _, d := range defs {
		n := 0
		for _, p := range d.Form.Pages {
			n += len(p.Fields)
		}
		fields[n], versions[d.Version] = true, true
	}
	if len(versions) != 40 || len(fields) < 8 {
		t.Errorf("%d versions, forms of %d lengths", len(versions), len(fields))
	}
}
