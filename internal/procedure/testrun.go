package procedure

import (
	"gopkg.in/yaml.v3"

	"okno/internal/access"
)

// Test is one test of a definition's file and what came of it.
type Test struct {
	Name  string
	Line  int
	Wrong Issues // nothing when it passed

	For        access.Capacity // in which capacity whoever applies does
	TurnedAway string          // for what they are not let in: level or acting, "" when they are
	Overdue    []State         // whose deadline passed, in order
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
	before, t := len(c.issues), Test{Line: n.Line}
	c.test(n, &t, ended)
	t.Wrong = c.issues[before:len(c.issues):len(c.issues)]
	c.ran = append(c.ran, t)
}
