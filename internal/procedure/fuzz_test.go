package procedure

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
)

// FuzzCompile lets anything come as a definition. Whatever it is, the compiler ends soon, says where and what in words, and what it
// takes is the same once more, asks registers about nobody but the applicant, and differs from itself in nothing.
func FuzzCompile(f *testing.F) {
	files, err := filepath.Glob("../catalogue/services/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range append(files, "testdata/good.yaml", "testdata/parts.yaml", "testdata/clock.yaml") {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, src := range []string{"apiVersion: svc/v1\n", "a: &a [*a]\n", "{a: {b: {c: [1, 2, {d: e}]}}}"} {
		f.Add(src)
	}
	for _, cut := range []string{"process:", "pages:", "view:", "tests:"} {
		before, _, _ := strings.Cut(goodSource(f), cut)
		f.Add(before)
	}
	f.Add(strings.NewReplacer("data:\n", "data:\n  $defs:\n    a: {type: array, maxItems: 2, items: {$ref: '#/$defs/b'}}\n    b: {$ref: '#/$defs/a'}\n", "properties:\n", "properties:\n    defs: {$ref: '#/$defs/a'}\n").Replace(clockSource(f)))
	for _, event := range []string{"{wait: P9999Y}", "{at: 9999-12-31}", "{wait: PT1S}, {wait: PT1S}", "{see: {due: none}}, {do: take, reason: x}", "{}"} {
		f.Add(strings.Replace(clockSource(f), "{wait: P1Y}", event, 1))
	}
	f.Fuzz(func(t *testing.T, src string) {
		began := time.Now()
		d, ran, err := Tests("fuzz.yaml", []byte(src))
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		if err != nil {
			var issues Issues
			if !errors.As(err, &issues) || len(issues) == 0 || len(issues) > maxIssues {
				t.Fatalf("the error is no list of mistakes: %v", err)
			}
			for _, i := range issues {
				if i.File != "fuzz.yaml" || i.Line < 1 || i.Col < 1 || strings.TrimSpace(i.Text) == "" {
					t.Errorf("a mistake without a place or words: %+v", i)
				}
			}
			return
		}
		for _, x := range ran {
			if !x.Passed() {
				t.Errorf("%s compiles although its test %s failed", d.Code, x.Name)
			}
		}
		again, err := Compile("again", d.Canonical())
		if err != nil || again.Version != d.Version {
			t.Fatalf("its canonical text is another definition: %v", err)
		}
		if changes := Diff(d, again); len(changes) > 0 {
			t.Errorf("it differs from itself: %v", changes)
		}
		for _, step := range d.steps {
			for name, r := range step.with {
				if q, ok := d.Form.Field(r.pointer); ok && identifies(q.Type) {
					t.Errorf("a register is told as %s what a person types of anybody: %s", name, r.pointer)
				}
			}
		}
		if d.Online() && !d.Level.AtLeast(access.Simplified) {
			t.Errorf("the level %q", d.Level)
		}
	})
}

// A definition is written by an agency and run by the portal: it reaches no file of the machine, no address, and no data of others.
func TestADefinitionReachesNoFilesNoAddressesAndNobodyElsesData(t *testing.T) {
	src := goodSource(t)
	for _, tt := range []struct{ name, old, new string }{
		{"a file through a reference", "fence: {type: boolean}", "fence: {$ref: 'file:///etc/passwd'}"},
		{"an address through a reference", "fence: {type: boolean}", "fence: {type: boolean, $ref: 'http://169.254.169.254/'}"},
		{"a schema of its own", "data:\n  type: object", "data:\n  $schema: file:///etc/passwd\n  type: object"},
		{"an id that moves references", "data:\n  type: object", "data:\n  $id: file:///etc/\n  type: object"},
		{"a template from elsewhere", "template: tree", "template: ../../etc/passwd"},
		{"an address as a register", "registry:town.places", "https://town.example/places"},
		{"a document of another place", "title: {ru: Посадить дерево, en: Plant a tree}", "title: !include /etc/passwd"},
		{"somebody else's number", "{surname: p.surname, kind: d.kind", "{snils: d.who.snils, kind: d.kind"},
		{"a phone that is typed", "{surname: p.surname, kind: d.kind", "{phone: d.who.phone, kind: d.kind"},
		{"a fact of another account", "{surname: p.surname, kind: d.kind", "{surname: p.other.surname, kind: d.kind"},
		{"another case", "number: c.number}", "number: c.previous}"},
		{"acting for others", "assurance: standard}", "assurance: standard, actAs: [anyone]}"},
		{"a fact nobody has", "from: profile.surname", "from: session.token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(src, tt.old) {
				t.Fatalf("no %q", tt.old)
			}
			if _, err := Compile("x.yaml", []byte(strings.Replace(src, tt.old, tt.new, 1))); err == nil {
				t.Error("it compiles")
			}
		})
	}
}
