package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/system"
)

// audits is how often each page is audited. The median counts: one audit of a page that did not change differs from the next by
// five points and more.
const audits = 5

// categories are those of Lighthouse in which a page is judged, and what it is to reach of a hundred.
var categories = []struct { //nolint:gochecknoglobals // a table
	id, said string
	least    float64
}{
	{"performance", "performance", 95},
	{"accessibility", "accessibility", 100},
	{"best-practices", "best practices", 100},
}

// audited is a page that is audited, as a visitor sees it or as the person does whose cookies are given.
type audited struct {
	what, url, cookies string
	beside             bool // it is not the portal's, and has nothing to reach
	got                []report
}

// lighthouse audits pages of the portal as Lighthouse does by default, which is a phone of the middle sort on a slow mobile network:
// those that anybody sees, and those of a person who has cases, papers and a form half filled in. They are audited in turns. An empty
// page is audited beside them: what it lacks of a hundred is the machine's and not the portal's.
func (b *bench) lighthouse(ctx context.Context, e store.Engine) error {
	program := filepath.Join(b.Auditor, "node_modules", ".bin", "lighthouse")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("%w: npm ci in %s installs it", err, b.Auditor)
	}
	browser, err := chromium()
	if err != nil {
		return err
	}
	p, all, x, leave, err := b.peopled(ctx, e, done{}, 1, true)
	if err != nil {
		return err
	}
	defer leave()
	if err := b.furnish(ctx, x, all[0]); err != nil {
		return err
	}
	// The jobs of the cases wait: it is pages that are measured.
	s, err := b.serve(ctx, p, "web")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // what it did is measured
	own := all[0].cookies()
	pages := []*audited{
		{what: "home", url: p.URL + "/"},
		{what: "catalogue", url: p.URL + "/services"},
		{what: "service", url: p.URL + "/services/" + wordySlug},
		{what: "form", url: p.URL + "/services/" + wordySlug + "/apply/" + wordyPage, cookies: own},
		{what: "case", url: p.URL + "/applications/" + all[0].draft, cookies: own},
		{what: "cabinet", url: p.URL + "/cabinet", cookies: own},
	}
	for _, a := range pages {
		if err := inRussian(p.Addr, strings.TrimPrefix(a.url, p.URL), a.cookies); err != nil {
			return err
		}
	}
	empty, stop, err := emptyPage()
	if err != nil {
		return err
	}
	defer stop()
	pages = append(pages, &audited{what: "an empty page", url: empty, beside: true})
	for n := range audits {
		b.say("  round %d of %d", n+1, audits)
		for _, a := range pages {
			r, err := audit(ctx, program, browser, b.Dir, a)
			if err != nil {
				return fmt.Errorf("%s: %w", a.what, err)
			}
			a.got = append(a.got, r)
		}
	}
	for _, a := range pages {
		b.audited(a)
	}
	return nil
}

// audited adds the lines of a page to the table.
func (b *bench) audited(a *audited) {
	for _, c := range categories {
		slices.SortFunc(a.got, func(x, y report) int { return cmp.Compare(x.points(c.id), y.points(c.id)) })
		mid := a.got[len(a.got)/2]
		points := mid.points(c.id)
		goal, met := atLeast(points, c.least)
		if a.beside {
			if c.id != "performance" {
				continue
			}
			goal, met = "", false
		}
		b.add("Lighthouse, "+a.what+": "+c.said, "", fmt.Sprintf("%.0f", points), goal, met, "%s", a.note(c.id, mid))
	}
}

// note says between which points the audits lie, and of the one in the middle where the time went, or what it finds wanting.
func (a *audited) note(category string, mid report) string {
	between := fmt.Sprintf("%.0f to %.0f", a.got[0].points(category), a.got[len(a.got)-1].points(category))
	if category != "performance" {
		return strings.Join(append([]string{between}, mid.wanting(category)...), "; ")
	}
	return fmt.Sprintf("%s; first paint %s, largest %s, blocked %s, shifted %s; index of the machine %.0f", between, mid.shows("first-contentful-paint"),
		mid.shows("largest-contentful-paint"), mid.shows("total-blocking-time"), mid.shows("cumulative-layout-shift"), mid.Environment.BenchmarkIndex)
}

// The service with the most words, and the page of its form with the most in it: a group of rows with dates, choices and texts.
const (
	wordyService = "mvd.international-passport"
	wordySlug    = "international-passport"
	wordyPage    = "work"
)

// furnish gives the person what people have after a while: a case that was sent, others with papers, and a form half filled in.
func (b *bench) furnish(ctx context.Context, x *system.System, p person) error {
	who := access.Actor{Kind: access.Person, ID: p.account, Level: access.Confirmed}
	if _, err := x.Applications.Submit(ctx, who, service, p.draft); err != nil {
		return err
	}
	for range 3 {
		if err := b.file(ctx, x, who, strconv.Itoa(x.DB.Now().Year()-1)); err != nil {
			return err
		}
	}
	if _, err := x.Applications.Begin(ctx, who, wordyService); err != nil {
		return err
	}
	for _, typed := range []struct {
		page   string
		values url.Values
	}{
		{"passport", url.Values{"for_whom": {"self"}, "kind": {"ten"}, "previous.has": {"false"}}},
		{wordyPage, url.Values{"work.0.from": {"01.02.2010"}, "work.0.now": {"true"}, "work.0.what": {"work"}, "work.0.place": {"School 5"}, "work.0.position": {"Teacher"}}},
	} {
		if _, err := x.Applications.SavePage(ctx, who, wordyService, typed.page, typed.values); err != nil {
			return fmt.Errorf("fill in %s: %w", typed.page, err)
		}
	}
	return nil
}

// inRussian refuses to measure a page that is not there, or not in Russian.
func inRussian(addr, path, cookies string) error {
	l, err := dial(addr)
	if err != nil {
		return err
	}
	defer l.close()
	a, err := l.do(request(addr, path, cookies, nil), true)
	if err != nil {
		return err
	}
	text, err := plain(a)
	if err == nil && (a.status != 200 || !strings.Contains(text, `lang="ru"`)) {
		err = fmt.Errorf("GET %s: %d, to %q, or not in Russian", path, a.status, a.location)
	}
	return err
}

// emptyPage serves a page with nothing in it until it is stopped.
func emptyPage() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Empty</title><h1>Empty</h1></html>`
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() //nolint:errcheck // the browser has what it came for
				if l, err := bufio.NewReader(c).ReadString('\n'); err == nil && l != "" {
					fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(page), page)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/", func() { l.Close() }, nil //nolint:errcheck // it served this process's own browser
}

// report is what is read of a report of Lighthouse.
type report struct {
	FinalDisplayedURL string `json:"finalDisplayedUrl"`
	RuntimeError      struct{ Code, Message string }
	Environment       struct{ BenchmarkIndex float64 }
	Categories        map[string]struct {
		Score     *float64
		AuditRefs []struct {
			ID     string
			Weight float64
		}
	}
	Audits map[string]struct {
		Title, DisplayValue string
		Score               *float64
	}
}

// audit lets Lighthouse audit the page once, in a browser of its own.
func audit(ctx context.Context, program, browser, dir string, a *audited) (report, error) {
	var ids []string
	for _, c := range categories {
		ids = append(ids, c.id)
	}
	headers, err := json.Marshal(map[string]string{"Accept-Language": "ru", "Cookie": a.cookies})
	if err != nil {
		return report{}, err
	}
	cmd := exec.CommandContext(ctx, program, a.url, "--quiet", "--output=json", "--output-path=stdout", "--no-enable-error-reporting", //nolint:gosec // named by who runs the bench
		"--only-categories="+strings.Join(ids, ","), "--extra-headers="+string(headers),
		"--chrome-flags=--headless --no-sandbox --disable-gpu --disable-quic --no-proxy-server") // it shows only pages of ours
	cmd.Env = append(clean(), "CHROME_PATH="+browser, "TMPDIR="+dir)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return report{}, fmt.Errorf("%w: %s", err, said.Bytes())
	}
	return readReport(&out, a.url)
}

// readReport refuses a report of another page than was asked for, and one that lacks a category.
func readReport(in io.Reader, url string) (report, error) {
	var r report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return report{}, fmt.Errorf("read the report: %w", err)
	}
	if r.RuntimeError.Code != "" {
		return report{}, fmt.Errorf("%s: %s", r.RuntimeError.Code, r.RuntimeError.Message)
	}
	if r.FinalDisplayedURL != url {
		return report{}, fmt.Errorf("%s was audited instead of %s", r.FinalDisplayedURL, url)
	}
	for _, c := range categories {
		if r.Categories[c.id].Score == nil {
			return report{}, fmt.Errorf("the report of %s has no points for %s", url, c.said)
		}
	}
	return r, nil
}

// points are those of a category, of a hundred.
func (r report) points(category string) float64 {
	return math.Round(100 * *r.Categories[category].Score)
}

// shows is how Lighthouse writes the value of an audit.
func (r report) shows(audit string) string { return r.Audits[audit].DisplayValue }

// wanting are the audits that cost the category points.
func (r report) wanting(category string) []string {
	var out []string
	for _, ref := range r.Categories[category].AuditRefs {
		if a := r.Audits[ref.ID]; ref.Weight > 0 && a.Score != nil && *a.Score < 1 {
			out = append(out, a.Title)
		}
	}
	return out
}

// chromium finds the browser as the tests do: by CHROMIUM, or by its names.
func chromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium-headless-shell", "chrome-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium; CHROMIUM names it if it has another name")
}
