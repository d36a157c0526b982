package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestASettingsFileSaysNothingThatIsNotMeant(t *testing.T) {
	t.Setenv("OKNO_SMTP_ADDR", "")
	for text, says := range map[string]string{
		"addr: 127.0.0.1:1\nsmtp: {addr: 'mail:25'}\n": "",
		"addr: 127.0.0.1:1\nsmpt: {addr: 'mail:25'}\n": "smpt-addr is no setting",
		"adr: 127.0.0.1:1\n":                           "adr is no setting",
		"- addr\n":                                     "settings file",
	} {
		var c commands
		r, err := yamlFile(strings.NewReader(text))
		var k *kong.Kong
		if err == nil {
			k, err = kong.New(&c, kong.Vars{"bench_parts": ""}, kong.Resolvers(r))
		}
		if err == nil {
			_, err = k.Parse([]string{"serve", "--url=https://okno.example"})
		}
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
