package bench

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/scan"
	"okno/internal/store"
)

// heldSeed is where the seeds of pictures begin that the reader's thresholds were not chosen on: those of tests and of tuning lie
// below.
const heldSeed = 1_000_000

// The faces of the page that is asked for, and what is laid before the camera instead of it.
const (
	good    = "photo page"
	another = "registration page"
	letter  = "letter"
	nothing = "blank sheet"
)

// picture is one that is read, and what ought to come of it.
type picture struct {
	what   string
	sheet  string
	defect specimen.Defect
	right  []scan.Reason // any of them; none is: read, and every field equal
}

// pictures are the rows of the confusion table.
func pictures() []picture {
	reasons := map[specimen.Defect][]scan.Reason{
		specimen.Defocus: {scan.Blur}, specimen.Motion: {scan.Blur}, specimen.Glare: {scan.Glare}, specimen.Small: {scan.LowResolution},
		specimen.Tilted: {scan.Angle}, specimen.Aslant: {scan.Angle}, specimen.Cropped: {scan.Cut}, specimen.Noisy: {scan.Grain}, specimen.Squeezed: {scan.Squeezed},
	}
	var out []picture
	for _, d := range specimen.Harmless {
		name := string(d)
		if d == specimen.None {
			name = "as it should be"
		}
		out = append(out, picture{good + ", " + name, good, d, nil})
	}
	for _, d := range specimen.Harmful {
		out = append(out, picture{good + ", " + string(d), good, d, reasons[d]})
	}
	return append(out, picture{another, another, specimen.None, []scan.Reason{scan.WrongPage}}, picture{letter, letter, specimen.None, []scan.Reason{scan.WrongPage}},
		picture{nothing, nothing, specimen.None, []scan.Reason{scan.Unreadable}})
}

// outcome is what a picture came to: a reason, or one of these two.
const (
	equal  = "read, all equal"
	unlike = "read, not equal"
)

// tally is a row of the confusion table.
type tally struct {
	picture
	n    int
	came map[string]int
	off  []string // what was not equal, for a person to look at
}

// scans lets the reader look at pictures in typefaces and with seeds that it was not tuned on, and prints what it took for what.
func (b *bench) scans(ctx context.Context, e store.Engine) error {
	reader, err := scan.New(scan.Limits{AtOnce: cores})
	if err != nil {
		return err
	}
	styles, err := b.styles()
	if err != nil {
		return err
	}
	people := slices.DeleteFunc(sandbox.Residents(), func(r sandbox.Resident) bool { return r.Passport == nil })
	rows := make([]*tally, 0, 16)
	var mu sync.Mutex
	var took time.Duration
	reads := 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cores)
	for i, p := range pictures() {
		t := &tally{picture: p, came: map[string]int{}}
		rows = append(rows, t)
		n := b.Pages
		if p.defect != specimen.None || p.sheet != good {
			n = max(1, n/3)
		}
		for k := range n {
			g.Go(func() error {
				seed := b.Seed + uint64(1000*i+k) //nolint:gosec // small numbers
				who := people[int(seed*7919)%len(people)]
				style := styles[(i+k)%len(styles)]
				style.Seed = seed
				file, err := shot(p, bearer(who), style, seed)
				if err != nil {
					return err
				}
				began := time.Now()
				got, err := reader.Read(ctx, file, scan.Photo)
				if err != nil {
					return fmt.Errorf("%s, seed %d: %w", p.what, seed, err)
				}
				mu.Lock()
				defer mu.Unlock()
				took, reads = took+time.Since(began), reads+1
				t.note(got, typed(who), seed)
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.confusion(rows)
	b.judge(rows, e, took/time.Duration(max(1, reads)))
	return nil
}

// styles are every typeface that was held out. With Tuned they are those of tuning.
func (b *bench) styles() ([]specimen.Style, error) {
	fonts := specimen.Fonts{Modules: b.Fonts}
	names := specimen.Held
	if b.Seed < heldSeed {
		names = specimen.Tuned
	}
	z, err := fonts.Zone("ocr-b")
	if err != nil {
		return nil, err
	}
	var out []specimen.Style
	for _, name := range names {
		f, err := fonts.Text(name)
		if err != nil {
			return nil, err
		}
		out = append(out, specimen.Style{Text: f, MRZ: z})
	}
	return out, nil
}

// shot is the file of a picture.
func shot(p picture, who specimen.Person, s specimen.Style, seed uint64) ([]byte, error) {
	var sheet *image.RGBA
	var err error
	switch p.sheet {
	case another:
		sheet, err = specimen.Registration(who, s)
	case letter:
		sheet, err = specimen.Letter(who, s)
	case nothing:
		sheet = specimen.Blank(s)
	default:
		sheet, err = specimen.Photo(who, s)
	}
	if err != nil {
		return nil, err
	}
	return specimen.Shot(sheet, p.defect, seed)
}

// bearer is a resident as a sheet needs them.
func bearer(r sandbox.Resident) specimen.Person {
	return specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: r.Passport.Series, Number: r.Passport.Number, IssuedAt: r.Passport.IssuedAt, IssuedBy: r.Passport.IssuedBy, DepartmentCode: r.Passport.DepartmentCode, Address: r.Address}
}

// typed is what the resident types.
func typed(r sandbox.Resident) map[scan.Field]string {
	return map[scan.Field]string{scan.Surname: r.Surname, scan.GivenName: r.GivenName, scan.Patronymic: r.Patronymic, scan.Sex: r.Sex, scan.BirthDate: r.BirthDate, scan.BirthPlace: r.BirthPlace,
		scan.Series: r.Passport.Series, scan.Number: r.Passport.Number, scan.IssuedAt: r.Passport.IssuedAt, scan.IssuedBy: r.Passport.IssuedBy, scan.DepartmentCode: r.Passport.DepartmentCode}
}

func (t *tally) note(got scan.Reading, typed map[scan.Field]string, seed uint64) {
	t.n++
	came := string(got.Refused)
	if got.Refused == scan.Fine {
		came = equal
		for f, o := range scan.Compare(got.Fields, typed) {
			if o != scan.Equal {
				came = unlike
				t.off = append(t.off, fmt.Sprintf("seed %d: %s %s: read %q, typed %q", seed, f, o, got.Fields[f].Text, typed[f]))
			}
		}
	}
	t.came[came]++
	if t.right == nil && got.Refused != scan.Fine {
		t.off = append(t.off, fmt.Sprintf("seed %d: refused %s, read %v", seed, got.Refused, got.Fields))
	}
	if t.right != nil && !slices.Contains(t.right, got.Refused) {
		t.off = append(t.off, fmt.Sprintf("seed %d: came to %q", seed, came))
	}
}

// hits is how many came to what they ought to.
func (t *tally) hits() int {
	if t.right == nil {
		return t.came[equal]
	}
	n := 0
	for _, r := range t.right {
		n += t.came[string(r)]
	}
	return n
}

// confusion prints what was taken for what.
func (b *bench) confusion(rows []*tally) {
	columns := []string{equal, unlike}
	for _, r := range []scan.Reason{scan.LowResolution, scan.Grain, scan.Blur, scan.Squeezed, scan.Glare, scan.Angle, scan.WrongPage, scan.Cut, scan.Unreadable} {
		columns = append(columns, string(r))
	}
	w := tabwriter.NewWriter(b.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwhat it is\tpictures\t"+strings.Join(columns, "\t")) //nolint:errcheck // of a table for a person
	for _, t := range rows {
		line := fmt.Sprintf("%s\t%d", t.what, t.n)
		for _, c := range columns {
			if n := t.came[c]; n > 0 {
				line += fmt.Sprintf("\t%d", n)
			} else {
				line += "\t·"
			}
		}
		fmt.Fprintln(w, line) //nolint:errcheck // of a table for a person
	}
	w.Flush() //nolint:errcheck,gosec // of a table for a person
	for _, t := range rows {
		for _, off := range t.off {
			b.say("  %s: %s", t.what, off)
		}
	}
}

func (b *bench) judge(rows []*tally, e store.Engine, each time.Duration) {
	var clean, read, spoilt, refused, wrong int
	for _, t := range rows {
		if t.right == nil {
			clean, read = clean+t.n, read+t.hits()
			continue
		}
		spoilt, refused = spoilt+t.n, refused+t.hits()
		wrong += t.came[equal] + t.came[unlike]
	}
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }
	goal, met := atLeast(share(read, clean), 98)
	b.add("clean pages read, all fields equal", e, fmt.Sprintf("%.1f %%", share(read, clean)), goal, met, "%d of %d", read, clean)
	goal, met = atLeast(share(refused, spoilt), 95)
	b.add("spoilt pages refused for the right reason", e, fmt.Sprintf("%.1f %%", share(refused, spoilt)), goal, met, "%d of %d; %d were taken", refused, spoilt, wrong)
	b.add("time of a page", e, each.Round(time.Millisecond).String(), "", false, "mean, spoilt ones among them; %d at once", cores)
}
