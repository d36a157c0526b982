package scan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"time"
)

// Page is a page of a document.
type Page string

// The pages. That of a registration is told from the others; where it says somebody lives is not read.
const (
	Photo Page = "passport" // of the internal passport of Russia: its two pages of who it is, or the lower one
	// Any page with a machine-readable zone of ICAO Doc 9303. Its given names are a hint and no more: no check digit stands for them, and
	// a filler between two is sometimes taken for K or X.
	Travel       Page = "zone"
	Registration Page = "registration"
	SNILS        Page = "snils" // a certificate of insurance, green or as a notice: its number
	INN          Page = "inn"   // a certificate of a tax number: the number
	Unknown      Page = ""
)

// Reason is why a picture is refused. Its text names the sentence that a page shows.
type Reason string

// The reasons, in the order in which they are looked for: what spoils the picture comes before what cannot be read because of it.
const (
	Fine          Reason = ""
	LowResolution Reason = "low_resolution"
	Grain         Reason = "grain" // too dark or too noisy
	Blur          Reason = "blur"
	Squeezed      Reason = "squeezed" // JPEG at the price of the letters
	Glare         Reason = "glare"
	Angle         Reason = "angle" // turned by more than can be helped, or seen from the side
	WrongPage     Reason = "wrong_page"
	Cut           Reason = "cut"
	Unreadable    Reason = "unreadable"
)

// Key names the sentence by which a page tells of the reason and of what to do.
func (r Reason) Key() string { return "scan.refused." + string(r) }

// The thresholds, chosen on specimens in the typefaces specimen.Tuned; okno bench scan tells how they do on others.
const (
	leastSide   = 480   // pixels of the shorter side: below it letters of a passport have 8 pixels and fewer
	mostGrain   = 14    // deviation, of 255
	leastSharp  = 0.30  // of the contrast in one pixel
	fairSharp   = 0.45  // … of a page that could not be read: good ones have 0.7
	mostBlocks  = 1.8   // steps at JPEG's borders beside others
	manyBlocks  = 1.5   // … of a page that could not be read
	mostGlare   = 0.012 // of the picture
	mostTilt    = 8.0   // degrees
	mostTaper   = 7.0   // degrees between the sides
	leastSpots  = 25    // letters, or nothing is written there
	bestLonger  = 1900  // pixels of the longer side that letters are read at
	wellWritten = 60    // letters: so many, and a page has something to say
)

// Value is what was read in a field. Dates are ISO 8601.
type Value struct {
	Text   string
	Proven bool // a check digit stands for it
}

// Field is a field of a document.
type Field string

// The fields.
const (
	Surname        Field = "surname"
	GivenName      Field = "given_name"
	Patronymic     Field = "patronymic"
	Sex            Field = "sex" // male, female
	BirthDate      Field = "birth_date"
	BirthPlace     Field = "birth_place"
	Series         Field = "series"
	Number         Field = "number"
	IssuedAt       Field = "issued_at"
	IssuedBy       Field = "issued_by"
	DepartmentCode Field = "department_code" // 770-001
	Issuer         Field = "issuer"          // of a travel document, three letters
	Nationality    Field = "nationality"
	ExpiryDate     Field = "expiry_date"

	InsuranceNumber Field = "snils" // digits, their check number proves them
	TaxNumber       Field = "inn"   // likewise
)

// required must be there, or the page counts as unread. Some people have no patronymic.
var required = map[Page][]Field{ //nolint:gochecknoglobals // a table
	Photo:  {Surname, GivenName, BirthDate, Series, Number, IssuedAt, DepartmentCode},
	Travel: {Surname, Number, BirthDate},
	SNILS:  {InsuranceNumber},
	INN:    {TaxNumber},
}

// Reading is what became of a picture.
type Reading struct {
	Page    Page // that it is taken for
	Refused Reason
	Fields  map[Field]Value
	Turned  int     // quarters clockwise by which it was set upright
	Tilt    float64 // degrees that were left then
}

// Reader reads pictures. Make it with New; it may be used by many at once.
type Reader struct {
	limits Limits
	held   chan struct{} // pictures in memory
	now    func() time.Time
}

// programs are what a Reader leans on.
var programs = []string{"tesseract", "pdftoppm", "prlimit"} //nolint:gochecknoglobals // a table

// New returns a reader, or says which program is missing.
func New(l Limits) (*Reader, error) {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return nil, fmt.Errorf("scan: %s is not installed (Debian: tesseract-ocr, tesseract-ocr-rus, poppler-utils, util-linux): %w", p, err)
		}
	}
	return with(l, time.Now), nil
}

func with(l Limits, now func() time.Time) *Reader {
	l = l.orDefault()
	return &Reader{limits: l, held: make(chan struct{}, l.AtOnce), now: now}
}

// ErrBusy says that as many pictures are held as may be.
var ErrBusy = errors.New("scan: as many pictures are read as may be")

// Place is where one picture may be in memory. It is given back by Leave.
type Place struct{ r *Reader }

// Enter takes a place when one is free this moment, for whoever has better to do than to wait; else it is ErrBusy.
func (r *Reader) Enter() (Place, error) {
	select {
	case r.held <- struct{}{}:
		return Place{r}, nil
	default:
		return Place{}, ErrBusy
	}
}

// wait takes a place as soon as one is free: a decoded picture takes a hundred MB and more.
func (r *Reader) wait(ctx context.Context) (Place, error) {
	select {
	case r.held <- struct{}{}:
		return Place{r}, nil
	case <-ctx.Done():
		return Place{}, ctx.Err()
	}
}

// Leave gives the place back.
func (p Place) Leave() { <-p.r.held }

// Judge says only why a picture cannot be read by anybody: of papers that no reader knows. Fine says nothing of what stands there. It
// waits for a place.
func (r *Reader) Judge(ctx context.Context, data []byte) (Reading, error) {
	p, err := r.wait(ctx)
	if err != nil {
		return Reading{}, err
	}
	defer p.Leave()
	return p.Judge(ctx, data)
}

// Judge is that of a Reader, in the place.
func (p Place) Judge(ctx context.Context, data []byte) (Reading, error) {
	g, err := p.r.decode(ctx, data)
	if err != nil {
		return Reading{}, err
	}
	all, _ := spots(g)
	return Reading{Refused: measure(g).spoilt(len(all))}, nil
}

// Read reads a file that is meant to show a page. An error is ErrBomb, ErrBroken or ErrActive, by which the file is refused, or
// ErrChild, after which it makes sense to try again later. It waits for a place.
func (r *Reader) Read(ctx context.Context, data []byte, want Page) (Reading, error) {
	p, err := r.wait(ctx)
	if err != nil {
		return Reading{}, err
	}
	defer p.Leave()
	return p.Read(ctx, data, want)
}

// Read is that of a Reader, in the place.
func (p Place) Read(ctx context.Context, data []byte, want Page) (Reading, error) {
	g, err := p.r.decode(ctx, data)
	if err != nil {
		return Reading{}, err
	}
	m := measure(g)
	all, _ := spots(g)
	if reason := m.spoilt(len(all)); reason != Fine {
		return Reading{Refused: reason}, nil
	}
	angle := slope(all)
	quarters := int(math.Round(angle / 90))
	tilt := angle - 90*float64(quarters)
	out := Reading{Turned: (4 - quarters) % 4, Tilt: tilt}
	if math.Abs(tilt) > mostTilt {
		out.Refused = Angle
		return out, nil
	}
	g = g.quarters(-quarters)
	if long := max(g.w, g.h); long > bestLonger {
		g = g.scaled(float64(bestLonger) / float64(long))
	}
	g = g.turned(-tilt)
	sheet := outlined(g)
	if sheet.found && sheet.taper > mostTaper {
		out.Refused = Angle
		return out, nil
	}
	out, err = p.r.read(ctx, g, sheet, out, want, len(all))
	if (out.Refused == WrongPage || out.Refused == Unreadable) && out.Page == Unknown {
		switch {
		case m.blocks > manyBlocks:
			out.Refused = Squeezed
		case m.written >= 6 && m.sharp < fairSharp:
			out.Refused = Blur
		}
	}
	return out, err
}

// spoilt is the first reason for which it makes no sense to read a picture with so many letters.
func (m measures) spoilt(letters int) Reason {
	switch {
	case m.short < leastSide:
		return LowResolution
	case m.grain > mostGrain:
		return Grain
	case m.written >= 6 && m.sharp < leastSharp:
		return Blur
	case m.glare > mostGlare:
		return Glare
	case letters < leastSpots:
		return Unreadable
	case m.blocks > mostBlocks:
		return Squeezed
	}
	return Fine
}

// read reads a picture that stands upright or on its head.
func (r *Reader) read(ctx context.Context, g *gray, sheet outline, out Reading, want Page, written int) (Reading, error) {
	best := Reading{}
	for _, half := range []int{0, 2} {
		got := out
		got.Turned = (out.Turned + half) % 4
		h := g.quarters(half)
		p, err := r.look(ctx, h)
		if err != nil {
			return Reading{}, err
		}
		got.Page, got.Fields = p.kind(), p.fields(r.now())
		number, err := r.number(ctx, h, p, want)
		if err != nil {
			return Reading{}, err
		}
		if number != nil {
			got.Page, got.Fields = want, number
		}
		if half == 0 || got.better(best) {
			best = got
		}
		if got.complete(got.Page) || got.Page == Registration || got.Page == SNILS || got.Page == INN {
			best = got
			break
		}
	}
	switch {
	case best.complete(want), want == Registration && best.Page == want:
		best.Refused = Fine
	case best.Page != want && best.complete(best.Page):
		best.Refused = WrongPage
	case sheet.open > 0 && (best.Page == want || best.Page == Unknown && want == Travel):
		best.Refused = Cut
	case best.Page != want && written >= wellWritten:
		best.Refused = WrongPage
	default:
		best.Refused = Unreadable
	}
	return best, nil
}

// complete reports whether all is there that a page has to say.
func (x Reading) complete(p Page) bool {
	if p == Travel && x.Page == Photo {
		return false
	}
	if x.Page != p {
		return false
	}
	for _, f := range required[p] {
		if x.Fields[f].Text == "" {
			return false
		}
	}
	return len(required[p]) > 0
}

func (x Reading) better(y Reading) bool {
	if (x.Page == Unknown) != (y.Page == Unknown) {
		return y.Page == Unknown
	}
	return len(x.Fields) > len(y.Fields)
}
