package place

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Span is a time of a day, from midnight.
type Span struct{ From, To time.Duration }

func (s Span) String() string { return clock(s.From) + "–" + clock(s.To) }

// Shorten cuts so much from the end of a day's hours.
func Shorten(spans []Span, by time.Duration) []Span {
	if by <= 0 {
		return spans
	}
	out := slices.Clone(spans)
	for by > 0 && len(out) > 0 {
		last := &out[len(out)-1]
		cut := min(by, last.To-last.From)
		last.To, by = last.To-cut, by-cut
		if last.To == last.From {
			out = out[:len(out)-1]
		}
	}
	return out
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// Week is when something is open. In the file it is "mon-fri: 8:00-13:00 14:00-20:00", a line for days that are alike.
type Week map[time.Weekday][]Span

var dayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// UnmarshalYAML reads the lines.
func (w *Week) UnmarshalYAML(n *yaml.Node) error {
	var lines map[string]string
	if err := n.Decode(&lines); err != nil {
		return err
	}
	*w = Week{}
	for days, hours := range lines {
		first, last, ranged := strings.Cut(days, "-")
		if !ranged {
			last = first
		}
		from, to := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if from < 0 || to < from {
			return fmt.Errorf("line %d: %q is not a day or days: mon, mon-fri", n.Line, days)
		}
		spans, err := parseSpans(hours)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", n.Line, days, err)
		}
		for d := from; d <= to; d++ {
			day := time.Weekday((d + 1) % 7)
			if _, twice := (*w)[day]; twice {
				return fmt.Errorf("line %d: %s stands there twice", n.Line, dayNames[d])
			}
			(*w)[day] = spans
		}
	}
	return nil
}

// Dates are days that have hours of their own, by YYYY-MM-DD. In the file it is "2026-12-31: 9:00-14:00".
type Dates map[string][]Span

// On are the hours that the day of the moment has for itself, in the moment's own zone, and whether it has any.
func (d Dates) On(day time.Time) ([]Span, bool) {
	spans, own := d[day.Format(time.DateOnly)]
	return spans, own
}

// UnmarshalYAML reads the lines.
func (d *Dates) UnmarshalYAML(n *yaml.Node) error {
	var lines map[string]string
	if err := n.Decode(&lines); err != nil {
		return err
	}
	*d = Dates{}
	for day, hours := range lines {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Errorf("line %d: dates: %q is not a day: 2026-12-31", n.Line, day)
		}
		if strings.TrimSpace(hours) == "" {
			return fmt.Errorf("line %d: dates: %s has no hours: a day on which it is closed stands in off", n.Line, day)
		}
		spans, err := parseSpans(hours)
		if err != nil {
			return fmt.Errorf("line %d: dates: %s: %w", n.Line, day, err)
		}
		(*d)[day] = spans
	}
	return nil
}

// within are those parts of the spans that lie in the others.
func within(spans, others []Span) (out []Span) {
	for _, a := range spans {
		for _, b := range others {
			if from, to := max(a.From, b.From), min(a.To, b.To); from < to {
				out = append(out, Span{from, to})
			}
		}
	}
	return out
}

func parseSpans(s string) (out []Span, err error) {
	for _, part := range strings.Fields(s) {
		from, to, ok := strings.Cut(part, "-")
		var span Span
		if ok {
			span.From, err = parseClock(from)
		}
		if ok && err == nil {
			span.To, err = parseClock(to)
		}
		switch {
		case !ok || err != nil || span.To <= span.From:
			return nil, fmt.Errorf("%q is not a time from–to: 8:00-20:00", part)
		case len(out) > 0 && span.From < out[len(out)-1].To:
			return nil, fmt.Errorf("%q begins before the time before it ends", part)
		}
		out = append(out, span)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no hours: leave the day out")
	}
	return out, nil
}

func parseClock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

// Days are days with the same hours, one after another from Monday.
type Days struct {
	First, Last time.Weekday
	Spans       []Span
}

// Lines tells the week in as few lines as it takes.
func (w Week) Lines() (out []Days) {
	for d := range 7 {
		day := time.Weekday((d + 1) % 7)
		spans, open := w[day]
		if !open {
			continue
		}
		if n := len(out); n > 0 && (out[n-1].Last+1)%7 == day && slices.Equal(out[n-1].Spans, spans) {
			out[n-1].Last = day
			continue
		}
		out = append(out, Days{day, day, spans})
	}
	return out
}
