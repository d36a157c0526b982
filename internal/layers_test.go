package internal

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const module = "okno/"

// allowed are the imports that go against the map, each with the reason. One that is not used any more fails.
var allowed = map[arrow]string{
	{"catalogue", "procedure"}:  "the catalogue lists what procedure compiles",
	{"credential", "account"}:   "signing in and the session check read level and state in the same statement (account.LevelSQL)",
	{"credential", "staff"}:     "the session check of an employee reads the role in the same statement (staff.RoleSQL)",
	{"notification", "account"}: "a notice speaks the language of its reader",
	{"notification", "contact"}: "a notice goes to a contact that is proved",
}

// narrow are packages that may import less than the map allows: just these of ours.
var narrow = map[string][]string{
	"web/ui": {"fault", "form", "i18n"}, // components show what they are given; nothing with a database
}

// doors are outside packages that only some of ours may import.
var doors = []struct {
	outside, why string
	ours         []string // paths, "*" is one more step
}{
	{"database/sql", "SQL goes through store", []string{"store", "jobs"}},
	{"github.com/jackc/pgx/v5", "SQL goes through store", []string{"store", "jobs"}},
	{"modernc.org/sqlite", "SQL goes through store", []string{"store", "jobs"}},
	{"github.com/pressly/goose/v3", "migrations are the store's", []string{"store"}},
	{"github.com/riverqueue/river", "work goes through jobs", []string{"jobs"}},
	{"net/http", "HTTP is at the edges", []string{"web", "web/*", "oidc", "connector/*", "sandbox", "sandbox/*", "system"}},
	{"go.opentelemetry.io", "what may leave in a trace is decided in trace", []string{"trace", "system"}},
	{"github.com/a-h/templ", "pages are in web", []string{"web", "web/*"}},
}

// cyrillic are files that hold Russian in their code, with the reason; elsewhere it belongs to locales.
var cyrillic = map[string]string{}

type arrow struct{ from, to string }

// pkg is what go list tells of a package.
type pkg struct {
	Dir, ImportPath  string
	Imports, GoFiles []string
}

// name is how the map calls it: the path below internal.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "internal/")
}

// place is where a package stands on the map.
type place struct {
	group   int
	line    int
	ordered bool // the group's lines are in order
}

func TestImportsGoUpTheMap(t *testing.T) {
	layers, used := read(t), map[arrow]bool{}
	for _, p := range packages(t) {
		from, known := layers.find(p.name())
		if !known {
			t.Errorf("%s is not on the map in internal/doc.go", p.name())
			continue
		}
		if helper(p.name()) {
			continue // helpers of tests build whatever tests need
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module+"internal/")
			if !ours {
				continue
			}
			to, known := layers.find(name)
			if !known {
				continue // told above, where it is the importer
			}
			if few := narrow[p.name()]; few != nil && !slices.Contains(few, name) {
				t.Errorf("%s imports %s; it may import only %s", p.name(), name, strings.Join(few, ", "))
			}
			if to.group < from.group || to.group == from.group && to.ordered && to.line < from.line {
				continue
			}
			a := arrow{p.name(), name}
			if used[a] = true; allowed[a] == "" {
				t.Errorf("%s imports %s, which does not stand above it in internal/doc.go", a.from, a.to)
			}
		}
	}
	for a := range allowed {
		if !used[a] {
			t.Errorf("the exception %s -> %s is not used: take it out", a.from, a.to)
		}
	}
}

func TestTheMapIsTheOneWeKnow(t *testing.T) {
	layers := read(t)
	for _, up := range [][2]string{{"id", "store"}, {"store", "jobs"}, {"jobs", "account"}, {"contact", "registration"}, {"signin", "oidc"}, {"support", "connector/sms"},
		{"connector/tax", "web/ui"}, {"web/ui", "web"}, {"web", "web/agency"}, {"web/api", "sandbox"}, {"sandbox", "system"}} {
		above, ok1 := layers.find(up[0])
		below, ok2 := layers.find(up[1])
		if !ok1 || !ok2 || above.group > below.group || above.group == below.group && above.line >= below.line {
			t.Errorf("%s does not stand above %s: %v, %v", up[0], up[1], above, below)
		}
	}
	if _, known := layers.find("util"); known {
		t.Error("util is on the map")
	}
}

func TestOutsidePackagesComeInByTheirDoors(t *testing.T) {
	for _, p := range packages(t) {
		if helper(p.name()) {
			continue
		}
		for _, imported := range p.Imports {
			for _, d := range doors {
				if (imported == d.outside || strings.HasPrefix(imported, d.outside+"/")) && !slices.ContainsFunc(d.ours, func(o string) bool { return match(o, p.name()) }) {
					t.Errorf("%s imports %s: %s, so only %s may", p.name(), imported, d.why, strings.Join(d.ours, ", "))
				}
			}
		}
	}
}

func TestHelpersOfTestsStayInTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module) && helper(imported) && !helper(p.name()) {
				t.Errorf("%s imports %s outside its tests", p.name(), imported)
			}
		}
	}
}

func TestATableIsNamedInOnePackage(t *testing.T) {
	tables := created(t)
	if len(tables) == 0 {
		t.Skip("no migrations stand yet")
	}
	named := map[string]map[string]bool{} // table -> packages
	for _, p := range programs(t) {
		for l := range literals(t, p) {
			if shy.MatchString(l.text) {
				t.Errorf("%s: write the words of SQL in capitals, or this test cannot see the tables: %.60q", l.at, l.text)
			}
			for _, m := range mention.FindAllStringSubmatch(l.text, -1) {
				if tables[m[1]] {
					if named[m[1]] == nil {
						named[m[1]] = map[string]bool{}
					}
					named[m[1]][p.name()] = true
				}
			}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(named)) {
		if len(named[table]) > 1 {
			t.Errorf("the table %s is named by %s; its owner is one of them, the others ask it", table, strings.Join(slices.Sorted(maps.Keys(named[table])), ", "))
		}
	}
}

func TestWhatCountsAsNamingATable(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT a FROM contact WHERE b = $1": "contact", "LEFT JOIN contact c ON TRUE": "contact", "INSERT INTO contact (a) VALUES ($1)": "contact",
		"UPDATE contact SET a = $1": "contact", "DELETE FROM contact": "contact", "SELECT 1\n\t\tFROM\n\tcontact": "contact", `FROM "contact"`: "contact",
		"ON CONFLICT DO UPDATE SET a = excluded.a": "SET", "update contact %s: %w": "",
	} {
		got := ""
		if m := mention.FindStringSubmatch(text); m != nil {
			got = m[1]
		}
		if got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"select a from b": true, "insert into a": true, "update a set b = 1": true, "update slot %s: %w": false, "SELECT a FROM b": false, "from here": false} {
		if shy.MatchString(text) != want {
			t.Errorf("%q is SQL in small letters: %v", text, !want)
		}
	}
}

func TestNoSentenceLivesInCode(t *testing.T) {
	used := map[string]bool{}
	complain := func(file, at, text string) {
		if used[file] = true; cyrillic[file] == "" {
			t.Errorf("%s: %.60q belongs to internal/i18n/locales", at, text)
		}
	}
	for _, p := range programs(t) {
		if helper(p.name()) || match("sandbox", p.name()) || strings.HasPrefix(p.name(), "sandbox/") {
			continue
		}
		for l := range literals(t, p) {
			if !strings.HasSuffix(l.file, "_templ.go") && russian(l.text) {
				complain(l.file, l.at, l.text)
			}
		}
		templates, err := filepath.Glob(filepath.Join(p.Dir, "*.templ"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range templates {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				code := strings.TrimSpace(line)
				if russian(code) && !strings.HasPrefix(code, "//") {
					complain(rel(file), fmt.Sprintf("%s:%d", rel(file), i+1), code)
				}
			}
		}
	}
	for file := range cyrillic {
		if !used[file] {
			t.Errorf("the exception for %s is not used: take it out", file)
		}
	}
}

// layers is the map: a place for each line of doc.go.
type layers map[string]place

func read(t *testing.T) layers {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	found, group, ordered := layers{}, 0, false
	for i, line := range strings.Split(file.Doc.Text(), "\n") {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			group++
			ordered = strings.Contains(heading, "in this order")
		}
		if entry, ok := strings.CutPrefix(line, "\t"); ok {
			name, _, _ := strings.Cut(entry, " ")
			if _, twice := found[name]; twice {
				t.Errorf("%s stands twice on the map", name)
			}
			found[name] = place{group, i, ordered}
		}
	}
	if group < 5 || len(found) < 20 {
		t.Fatalf("the map in doc.go cannot be read: %d groups, %d packages", group, len(found))
	}
	return found
}

// find is the place of a package. A helper of tests stands where its parent stands.
func (l layers) find(name string) (place, bool) {
	if p, ok := l[name]; ok {
		return p, true
	}
	if p, ok := l[path.Dir(name)+"/*"]; ok {
		return p, true
	}
	if helper(name) && parent(name) != "" {
		return l.find(parent(name))
	}
	return place{}, false
}

// helper reports whether the package is there for tests only: storetest, accounttest.
func helper(name string) bool { return strings.HasSuffix(name, "test") }

// parent is the package a helper helps: store for store/storetest.
func parent(name string) string {
	if !helper(name) || path.Dir(name) == "." {
		return ""
	}
	return path.Dir(name)
}

func match(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// packages are ours below internal.
func packages(t *testing.T) []pkg {
	t.Helper()
	return slices.DeleteFunc(programs(t), func(p pkg) bool { return !strings.HasPrefix(p.ImportPath, module+"internal/") })
}

var listed []pkg // one go list serves all the tests here

// programs are ours below internal and cmd.
func programs(t *testing.T) []pkg {
	t.Helper()
	if listed != nil {
		return slices.Clone(listed)
	}
	// With -e a package that does not compile does not hide the others; the compiler speaks of it elsewhere.
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Imports,GoFiles", module+"...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if strings.HasPrefix(p.ImportPath, module+"internal/") || strings.HasPrefix(p.ImportPath, module+"cmd/") {
			listed = append(listed, p)
		}
	}
	if len(listed) == 0 {
		t.Fatal("go list found no packages")
	}
	return slices.Clone(listed)
}

type literal struct{ file, at, text string }

// literals are the strings in the code of a package, without its tests.
func literals(t *testing.T, p pkg) func(yield func(literal) bool) {
	t.Helper()
	return func(yield func(literal) bool) {
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range ast.Preorder(file) {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Errorf("%s: %v", set.Position(lit.Pos()), err)
					return
				}
				path := rel(filepath.Join(p.Dir, name))
				if !yield(literal{path, fmt.Sprintf("%s:%d", path, set.Position(lit.Pos()).Line), text}) {
					return
				}
			}
		}
	}
}

// rel is a path as seen from internal.
func rel(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	r, err := filepath.Rel(here, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(r)
}

var (
	creating = regexp.MustCompile(`(?i)CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)`)
	mention  = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(\w+)`)
	shy      = regexp.MustCompile(`^\s*(?:select\s.+\sfrom\s|insert\s+into\s|delete\s+from\s|update\s+\w+\s+set\s)`)
)

// created are the tables that the migrations make, and those of River, which jobs owns.
func created(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("store", "migrations", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range creating.FindAllStringSubmatch(string(text), -1) {
			tables[m[1]] = true
		}
	}
	if len(tables) > 0 {
		tables["river_job"] = true
	}
	return tables
}

// russian reports whether a text holds a word in Cyrillic; a single letter or a range of them is not one.
func russian(s string) bool {
	run := 0
	for _, r := range s {
		if !unicode.Is(unicode.Cyrillic, r) {
			run = 0
			continue
		}
		if run++; run > 2 {
			return true
		}
	}
	return false
}
