package internal

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// clauses are how many clauses each section of ASVS 5.0.0 has, of the chapters that docs/asvs.md is about.
var clauses = map[string]int{
	"6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2,
	"2.1": 3, "2.2": 3, "2.3": 5, "2.4": 2,
}

func TestTheMapOfASVSNamesTestsThatExist(t *testing.T) {
	there := everyTest(t)
	text, err := os.ReadFile("../docs/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	seen, states := map[string]bool{}, map[string]int{}
	line := regexp.MustCompile(`^\| (\d\.\d)\.(\d+) \| (.+?) \| (holds|deviates|no such thing) \| (.+) \|$`)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	for row := range strings.Lines(string(text)) {
		row = strings.TrimRight(row, "\n")
		for _, m := range named.FindAllStringSubmatch(row, -1) {
			if !there[m[1]] {
				t.Errorf("there is no test %s: %.40s", m[1], row)
			}
		}
		m := line.FindStringSubmatch(row)
		if m == nil {
			if strings.HasPrefix(row, "| ") && !strings.HasPrefix(row, "| clause |") {
				t.Errorf("a row that is none of a clause: %.60s", row)
			}
			continue
		}
		clause := m[1] + "." + m[2]
		if seen[clause] {
			t.Errorf("%s stands twice", clause)
		}
		seen[clause] = true
		states[m[4]]++
		if m[4] == "holds" && !named.MatchString(m[5]) && !strings.Contains(m[5], "`internal/") && !strings.Contains(m[5], ".md") {
			t.Errorf("%s holds, and nothing shows it", clause)
		}
	}
	for section, n := range clauses {
		for i := range n {
			if c := fmt.Sprintf("%s.%d", section, i+1); !seen[c] {
				t.Errorf("%s is missing", c)
			}
			delete(seen, fmt.Sprintf("%s.%d", section, i+1))
		}
	}
	for c := range seen {
		t.Errorf("ASVS has no clause %s", c)
	}
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d hold, %d deviate, %d are about what we have not", states["holds"], states["deviates"], states["no such thing"]); !strings.Contains(string(page), want) {
		t.Errorf("docs/security.md does not say «%s»", want)
	}
}

// docs/security.md names tests, too.
func TestThePageOfSecurityNamesTestsThatExist(t *testing.T) {
	there := everyTest(t)
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1) {
		if !there[m[1]] {
			t.Errorf("there is no test %s", m[1])
		}
	}
}

// everyTest are the names of all tests of the tree.
func everyTest(t *testing.T) map[string]bool {
	t.Helper()
	there, function := map[string]bool{}, regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	for _, root := range []string{".", "../cmd", "../test"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range function.FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(there) < 500 {
		t.Fatalf("only %d tests were found", len(there))
	}
	return there
}
