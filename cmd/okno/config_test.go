package main

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// configured are the commands as a settings file has them.
func configured(text string, args ...string) (c commands, err error) {
	r, err := yamlFile(strings.NewReader(text))
	if err != nil {
		return c, err
	}
	k, err := kong.New(&c, kong.Vars{"bench_parts": ""}, kong.Resolvers(r))
	if err == nil {
		_, err = k.Parse(args)
	}
	return c, err
}

func TestASettingsFileSaysNothingThatIsNotMeant(t *testing.T) {
	t.Setenv("OKNO_SMTP_ADDR", "")
	for text, says := range map[string]string{
		"addr: 127.0.0.1:1\nsmtp: {addr: 'mail:25'}\n": "",
		"addr: 127.0.0.1:1\nsmpt: {addr: 'mail:25'}\n": "smpt-addr is no setting",
		"adr: 127.0.0.1:1\n":                           "adr is no setting",
		"- addr\n":                                     "settings file",
	} {
		c, err := configured(text, "serve", "--url=https://okno.example")
		switch {
		case says == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case says == "" && c.Serve.Addr != "127.0.0.1:1":
			t.Errorf("%q: addr is %q", text, c.Serve.Addr)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%q: %v, which does not say %q", text, err, says)
		}
	}
}

func TestTheSettingsFileOfTheManualIsTaken(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(page), "\n## Settings\n")
	_, block, _ := strings.Cut(chapter, "```yaml\n")
	block, _, found := strings.Cut(block, "```")
	if !found || !strings.HasPrefix(block, "# /etc/okno/okno.yaml") {
		t.Fatalf("the page has another file:\n%s", block)
	}
	c, err := configured(block, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Serve.Settings; s.URL != "https://uslugi.example" || s.Workers != 8 || s.Registers.Others["mvd.licence"] != "https://mvd.gov.example" || s.Clamd.Addr == "" {
		t.Errorf("it says %+v", s)
	}
}
