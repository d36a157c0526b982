package webtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// What axe is asked for: every rule, target-size too, which it leaves off until WCAG 2.2 is common; and, where nothing but the colours
// has changed since, the rules that look at colours. It need not fetch the page's styles once more for rules that we do not ask for.
const (
	axeEverything = `{preload: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}`
	axeColours    = `{preload: false, resultTypes: ["violations"], runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}}`
	axeRun        = `() => axe.run(document, %s).then(r => r.violations.map(v => ({
	id: v.id, impact: v.impact, help: v.help,
	nodes: v.nodes.map(n => n.target.flat().join(" ") + ": " + (n.any[0] || n.all[0] || n.none[0] || {}).message)})))`
)

// Axe lets axe-core look at the page as it stands, in the light and in the dark scheme. Any violation fails
// the test. The policy of the page does not hold for what the debugger runs, so it need not be loosened.
func (b *Browser) Axe() {
	b.t.Helper()
	b.scripts(true) // axe waits on timers; those of the page have not been set
	defer b.scripts(!b.Look.NoScript)
	var there bool
	if b.eval(&there, `() => typeof axe === "object"`); !there {
		source, err := os.ReadFile(filepath.Join(root(b), "node_modules", "axe-core", "axe.min.js"))
		if err != nil {
			b.t.Fatalf("axe-core: %v; npm ci brings it", err)
		}
		b.do("load axe", chromedp.Evaluate[chromedp.Void](string(source)))
	}
	for _, dark := range []bool{b.Look.Dark, !b.Look.Dark} {
		rules := axeEverything
		if dark != b.Look.Dark {
			rules = axeColours
		}
		b.scheme(dark)
		var found []struct {
			ID, Impact, Help string
			Nodes            []string
		}
		b.eval(&found, fmt.Sprintf(axeRun, rules))
		for _, v := range found {
			scheme := map[bool]string{false: "light", true: "dark"}[dark]
			b.t.Errorf("axe: %s: %s (%s, %s, %s)\n\t%s", describe(b.page), v.Help, v.ID, v.Impact, scheme, strings.Join(some(v.Nodes), "\n\t"))
		}
	}
	b.scheme(b.Look.Dark)
}

// some keeps a list readable.
func some(lines []string) []string {
	const most = 5
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most:most], fmt.Sprintf("… and %d more", len(lines)-most))
}

// root is the folder of the module, where node_modules lies.
func root(b *Browser) string {
	b.t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	b.t.Fatalf("the folder of the module is not above this one (%v)", err)
	return ""
}
