package bench

import (
	"strings"
	"testing"
)

func TestAReportOfAnotherPageIsRefused(t *testing.T) {
	const whole = `"categories": {"performance": {"score": 0.955}, "accessibility": {"score": 1}, "best-practices": {"score": 1}}`
	for _, c := range []struct{ name, text, want string }{
		{"as it should be", `{"finalDisplayedUrl": "http://here/cabinet", ` + whole + `}`, ""},
		{"sent to sign in", `{"finalDisplayedUrl": "http://here/signin", ` + whole + `}`, "http://here/signin was audited"},
		{"no page came", `{"finalDisplayedUrl": "http://here/cabinet", "runtimeError": {"code": "NO_FCP", "message": "nothing was painted"}, ` + whole + `}`, "NO_FCP: nothing was painted"},
		{"a category without points", `{"finalDisplayedUrl": "http://here/cabinet", "categories": {"performance": {"score": null}}}`, "no points for performance"},
		{"no report", `Unable to connect`, "read the report"},
	} {
		r, err := readReport(strings.NewReader(c.text), "http://here/cabinet")
		if c.want == "" {
			if err != nil || r.points("performance") != 96 {
				t.Errorf("%s: %+v, %v", c.name, r, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v instead of %q", c.name, err, c.want)
		}
	}
}
