package procedure

import "gopkg.in/yaml.v3"

// Test is one test of a definition's file and what came of it.
type Test struct {
	Name  string
	Line  int
	Wrong Issues // nothing when it passed
}

// Passed reports whether the test found what it expects.
func (t Test) Passed() bool { return len(t.Wrong) == 0 }

// Tests compiles the file and runs the tests in it one by one, as Compile does, and gives each with its result. The error is an Issues
// with everything that is wrong, what the tests found included; of a file that does not compile no test has run.
func Tests(name string, src []byte) (*Definition, []Test, error) {
	c, err := compile(&source{file: name}, src)
	if err != nil {
		return nil, c.ran, err
	}
	return c.Definition, c.ran, nil
}

// run runs one test and remembers what it found.
func (c *compiler) run(n *yaml.Node, ended map[State]bool) {
	before := len(c.issues)
	c.test(n, ended)
	t := Test{Line: n.Line, Wrong: c.issues[before:len(c.issues):len(c.issues)]}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" {
				t.Name = n.Content[i+1].Value
			}
		}
	}
	c.ran = append(c.ran, t)
}
