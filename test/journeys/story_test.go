package journeys

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// step is one line of a story.
type step struct {
	file string
	line int
	text string
	verb *verb
	args map[string]string // by their names in the verb's form
}

func (s step) String() string { return fmt.Sprintf("%s:%d: %s", s.file, s.line, s.text) }

// verb is one form of a line: fixed words, and places in capitals.
type verb struct {
	form string
	do   func(*play, map[string]string)
}

// load reads a story or a part.
func load(file string) ([]step, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var steps []step
	for i, line := range strings.Split(string(text), "\n") {
		words, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		if len(words) == 0 {
			continue
		}
		s := step{file: filepath.Base(file), line: i + 1, text: strings.Join(words, " ")}
		for _, v := range verbs() {
			if args, ok := fit(strings.Fields(v.form), words); ok {
				s.verb, s.args = &v, args
				break
			}
		}
		if s.verb == nil {
			return nil, fmt.Errorf("%s: nobody knows how to do that", s)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// split cuts a line into words. What stands in braces or quotes is one word; # begins a remark.
func split(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
		end := wordEnd.FindStringIndex(line)
		if end == nil || end[0] != 0 {
			return nil, fmt.Errorf("a brace or a quote is not closed in %q", line)
		}
		words = append(words, line[:end[1]])
		line = line[end[1]:]
	}
	return words, nil
}

var wordEnd = regexp.MustCompile(`^(?:"[^"]*"|\{[^}]*\}|[^\s"{}])+`)

// fit lays the words of a line over a form. A place in capitals takes words up to the next fixed word of the
// form; every place takes at least one.
func fit(form, words []string) (map[string]string, bool) {
	args := map[string]string{}
	for i, f := range form {
		if !isPlace(f) {
			if len(words) == 0 || words[0] != f {
				return nil, false
			}
			words = words[1:]
			continue
		}
		end := len(words)
		if i+1 < len(form) {
			end = 1 // of two places in a row the first takes one word
			if !isPlace(form[i+1]) {
				end = slices.Index(words, form[i+1])
			}
		}
		if end < 1 || end > len(words) {
			return nil, false
		}
		args[f] = strings.Join(words[:end], " ")
		words = words[end:]
	}
	return args, len(words) == 0
}

func isPlace(word string) bool { return strings.ToUpper(word) == word }
