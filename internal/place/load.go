package place

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"okno/internal/i18n"
)

//go:embed places.yaml
var builtin []byte

var codeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// Parse reads a list. The error lists every mistake.
func Parse(text []byte) ([]Place, error) {
	var list []Place
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	seen := map[string]bool{}
	var wrong []error
	once := func(code string) {
		if !codeForm.MatchString(code) {
			wrong = append(wrong, fmt.Errorf("%q is not a code: Latin letters, digits, point, hyphen", code))
		}
		if seen[code] {
			wrong = append(wrong, fmt.Errorf("the code %s is given twice", code))
		}
		seen[code] = true
	}
	for i := range list {
		p := &list[i]
		once(p.Code)
		if p.Unit == "" {
			p.Unit = p.Code
		}
		for _, err := range p.check() {
			wrong = append(wrong, fmt.Errorf("place %s: %w", p.Code, err))
		}
		for j := range p.Desks {
			x := &p.Desks[j]
			once(x.Code)
			x.Dates = x.datesAt(p)
			if len(x.Hours) == 0 {
				x.Hours = p.Hours
			}
			x.Off = append(slices.Clone(p.Off), x.Off...)
			x.Eves = x.Eves || p.Eves
			x.Seats, x.Party = max(x.Seats, 1), max(x.Party, 1)
			for _, err := range x.check() {
				wrong = append(wrong, fmt.Errorf("desk %s: %w", x.Code, err))
			}
		}
	}
	return list, errors.Join(wrong...)
}

// datesAt are the days with hours of their own of a desk of the place: its own, and those of the place, of which a desk with a week of its own
// receives in the part that lies in its hours of that weekday.
func (d Desk) datesAt(p *Place) Dates {
	all := Dates{}
	for day, spans := range p.Dates {
		at, _ := time.Parse(time.DateOnly, day) //nolint:errcheck // UnmarshalYAML has read it
		if slices.Contains(d.Off, day) {
			continue
		}
		if len(d.Hours) > 0 {
			spans = within(d.Hours[at.Weekday()], spans)
		}
		all[day] = spans
	}
	maps.Copy(all, d.Dates)
	return all
}

func (p Place) check() (wrong []error) {
	for name, t := range map[string]i18n.Text{"name": p.Name, "town": p.Town, "address": p.Address} {
		if t.RU == "" {
			wrong = append(wrong, fmt.Errorf("no %s", name))
		}
	}
	if !slices.Contains(Kinds(), p.Kind) {
		wrong = append(wrong, fmt.Errorf("%q is not a kind: centre, bank, clinic, agency", p.Kind))
	}
	if p.At == (Point{}) || p.At.Lat < -90 || p.At.Lat > 90 || p.At.Lon < -180 || p.At.Lon > 180 {
		wrong = append(wrong, errors.New("at: {lat, lon} are not the degrees of a place"))
	}
	if len(p.Hours) == 0 {
		wrong = append(wrong, errors.New("no hours"))
	}
	return append(wrong, checkDays(p.Off, p.Dates)...)
}

func (d Desk) check() (wrong []error) {
	switch {
	case d.Name.RU == "":
		wrong = append(wrong, errors.New("no name"))
	case d.Kind == "":
		wrong = append(wrong, errors.New("no kind"))
	case d.Slot < 5*time.Minute || d.Slot > 8*time.Hour || d.Slot%time.Minute != 0:
		wrong = append(wrong, errors.New("slot: from 5m to 8h, in whole minutes"))
	case d.Party > d.Seats:
		wrong = append(wrong, fmt.Errorf("party: %d people do not fit into %d seats", d.Party, d.Seats))
	}
	return append(wrong, checkDays(d.Off, d.Dates)...)
}

func checkDays(off []string, dates Dates) (wrong []error) {
	for _, d := range off {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			wrong = append(wrong, fmt.Errorf("off: %q is not a day: 2026-12-31", d))
		}
		if _, open := dates[d]; open {
			wrong = append(wrong, fmt.Errorf("%s stands in off and in dates: leave one", d))
		}
	}
	return wrong
}

// Read reads the list of a file; the embedded one when there is no name.
func Read(file string) (*Book, error) {
	b := &Book{}
	if file == "" {
		return b, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	b.Set(list)
	return b, nil
}

// Follow takes the file in anew whenever it changes, until ctx ends.
func (b *Book) Follow(ctx context.Context, file string, every time.Duration, log *slog.Logger) {
	if file == "" {
		return
	}
	last, _ := os.ReadFile(file) //nolint:errcheck // it was read a moment ago; told below if it cannot be any more
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text, err := os.ReadFile(file)
		if err == nil && bytes.Equal(text, last) {
			continue
		}
		var list []Place
		if err == nil {
			last = text
			list, err = Parse(text)
		}
		if err != nil {
			log.WarnContext(ctx, "the list of places was not taken in; the one before stays", "file", file, "err", err)
			continue
		}
		b.Set(list)
		log.InfoContext(ctx, "the list of places was taken in", "file", file, "places", len(list))
	}
}
