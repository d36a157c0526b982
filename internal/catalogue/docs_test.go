package catalogue

import (
	"os"
	"strings"
	"testing"

	"okno/internal/procedure"
)

// Who copies the service of docs/services.md into a file has a service that can be published.
func TestTheServiceInTheManualCompiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n```yaml\n")
	example, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed {
		t.Fatal("the manual has no example")
	}
	src := Source{File: "tree-felling.yaml", Content: []byte(example + "\n")}
	defs, err := builtIn(t).Check(src)
	if err != nil {
		t.Fatal(err)
	}
	if d := defs[0]; d.Code != "town.tree-felling" || !d.Online() {
		t.Errorf("%s", d.Code)
	}
	if _, ran, err := procedure.Tests(src.File, src.Content); err != nil || len(ran) != 5 {
		t.Errorf("%d tests, %v", len(ran), err)
	}
}
