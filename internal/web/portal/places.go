package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/i18n"
	"okno/internal/place"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/workday"
)

const placesPath = "/places"

type placesView struct {
	Page  ui.Page
	About string // what the places are chosen by
	placeChoice
	More []ui.Hidden
	List []placeView
	All  string // address of every place, "" when these are all

	Unknown string // what to do when the portal knows of no place
}

// placeChoice narrows places down, on every page that lists them.
type placeChoice struct {
	Kind, Area ui.Select
	areas      []place.Area // of all the places, chosen or not
}

// choosePlaces offers the kinds and the districts of the places, and gives those that the address asks for: of the kind, and those nearest to
// the district first.
func choosePlaces(ctx context.Context, q url.Values, list []place.Place) (c placeChoice, chosen []place.Place) {
	c.Kind = ui.Select{Name: "kind", Label: i18n.T(ctx, "place.kind"), Empty: i18n.T(ctx, "place.kind_any")}
	for _, k := range place.Kinds() {
		if !slices.ContainsFunc(list, func(x place.Place) bool { return x.Kind == k }) {
			continue
		}
		c.Kind.Choices = append(c.Kind.Choices, ui.Choice{Value: string(k), Label: i18n.T(ctx, "place.kind."+string(k))})
		if q.Get("kind") == string(k) {
			c.Kind.Value = string(k)
		}
	}
	c.Area = ui.Select{Name: "area", Label: i18n.T(ctx, "place.area"), Empty: i18n.T(ctx, "place.area_any"), Value: q.Get("area")}
	c.areas = place.Areas(list)
	for _, a := range c.areas {
		c.Area.Choices = append(c.Area.Choices, ui.Choice{Value: a.Key, Label: joined(a.Town.In(ctx), a.District.In(ctx))})
	}
	chosen = slices.Clone(place.Near(list, c.areas, c.Area.Value)) // before any is left out: where the district is, the others of it tell
	if c.Kind.Value != "" {
		chosen = slices.DeleteFunc(chosen, func(x place.Place) bool { return string(x.Kind) != c.Kind.Value })
	}
	return c, chosen
}

// placeView is a place ready to be read. Where it is, the page's script asks; nothing else does.
type placeView struct {
	Code, Name, Kind, Address, Today string
	Open                             bool // now
	Lat, Lon                         string
	Phone, Call                      string
	Hours                            []string
	Bring                            []string
	Proves                           bool
	Book                             []ui.Link
}

// what of the page that confirms identity is asked for.
const proving = "identity"

// places says where to go (LVL-12), nearest first: from the district that was chosen, or by the browser's own position, which never
// leaves it.
func (p *Pages) places(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := r.URL.Query()
	list, v := p.Places.All(), placesView{Page: frame(ctx, "place.title"), About: i18n.T(ctx, "place.text")}
	if len(list) == 0 {
		v.About = ""
		v.Unknown = p.nowhere(ctx)
		return web.Render(w, r, http.StatusOK, placesPage(v))
	}
	v.placeChoice, list = choosePlaces(ctx, q, list)
	if v.Kind.Value != "" {
		v.All = placesPath
	}
	only := func(is func(place.Place) bool) {
		list = slices.DeleteFunc(list, func(x place.Place) bool { return !is(x) })
		v.All = placesPath
	}
	if q.Get("what") == proving {
		v.More, v.About = append(v.More, ui.Hidden{Name: "what", Value: proving}), i18n.T(ctx, "place.text_identity")
		only(func(x place.Place) bool { return x.Proves })
	}
	if def, ok := p.Catalogue.BySlug(q.Get("service")); ok {
		v.More, v.About = append(v.More, ui.Hidden{Name: "service", Value: def.Slug}), i18n.T(ctx, "place.text_service", "title", def.Title)
		only(func(x place.Place) bool { return x.Serves(def.Slug) })
	}
	for _, x := range list {
		v.List = append(v.List, p.placeView(ctx, x))
	}
	web.AllowPosition(w)
	return web.Render(w, r, http.StatusOK, placesPage(v))
}

func (p *Pages) placeView(ctx context.Context, x place.Place) placeView {
	now := p.DB.Now().In(p.Zone)
	v := placeView{Code: x.Code, Name: x.Name.In(ctx), Kind: i18n.T(ctx, "place.kind."+string(x.Kind)), Address: joined(x.Town.In(ctx), x.District.In(ctx), x.Address.In(ctx)),
		Lat: strconv.FormatFloat(x.At.Lat, 'f', -1, 64), Lon: strconv.FormatFloat(x.At.Lon, 'f', -1, 64),
		Phone: x.Phone, Call: "tel:" + strings.NewReplacer(" ", "", "-", "").Replace(x.Phone), Bring: texts(ctx, x.Bring), Proves: x.Proves, Hours: hoursOf(ctx, x.Hours)}
	v.Hours = append(v.Hours, p.datesOf(ctx, x, now)...)
	v.Today, v.Open = today(ctx, x, now, p.Workdays)
	if p.Appointments != nil && len(x.Desks) > 0 {
		v.Book = []ui.Link{{Label: i18n.T(ctx, "portal.appointment.book"), URL: bookPath + "/" + x.Code}}
	}
	return v
}

// today says when the place is open on the day, and whether it is now. On a holiday those are closed of whose desks none receives then: no
// time is given there either. On the eve of one they close an hour earlier.
func today(ctx context.Context, x place.Place, now time.Time, cal *workday.Calendar) (string, bool) {
	whole := x.Open(now)
	if len(whole) == 0 {
		return i18n.T(ctx, "place.closed_today"), false
	}
	spans := x.OpenOn(now, cal)
	if len(spans) == 0 {
		return i18n.T(ctx, "place.closed_holiday"), false
	}
	since := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
	open := slices.ContainsFunc(spans, func(s place.Span) bool { return s.From <= since && since < s.To })
	if !slices.Equal(spans, whole) {
		return i18n.T(ctx, "place.today_shorter", "hours", spansOf(spans)), open
	}
	return i18n.T(ctx, "place.today", "hours", spansOf(spans)), open
}

func spansOf(spans []place.Span) string {
	out := make([]string, 0, len(spans))
	for _, s := range spans {
		out = append(out, s.String())
	}
	return strings.Join(out, ", ")
}

func hoursOf(ctx context.Context, w place.Week) (out []string) {
	name := func(d time.Weekday) string { return i18n.T(ctx, "place.day."+strconv.Itoa(int(d))) }
	for _, line := range w.Lines() {
		days := name(line.First)
		if line.First != line.Last {
			days += "–" + name(line.Last)
		}
		out = append(out, fmt.Sprintf("%s %s", days, spansOf(line.Spans)))
	}
	return out
}

// datesOf are the days of the time for which people book that have hours of their own.
func (p *Pages) datesOf(ctx context.Context, x place.Place, now time.Time) (out []string) {
	for n := range int(p.Policy.Appointments.Horizon/(24*time.Hour)) + 1 {
		day := time.Date(now.Year(), now.Month(), now.Day()+n, 12, 0, 0, 0, now.Location())
		if spans, own := x.Dates.On(day); own {
			out = append(out, i18n.T(ctx, "place.date", "date", i18n.Date(ctx, day), "hours", spansOf(spans)))
		}
	}
	return out
}

// joined are the parts that are there, with commas between.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// placesFor is the address of the places to which people go for the service, "" when the list knows of none.
func (p *Pages) placesFor(slug string) string {
	if !slices.ContainsFunc(p.Places.All(), func(x place.Place) bool { return x.Serves(slug) }) {
		return ""
	}
	return placesPath + "?service=" + url.QueryEscape(slug)
}

// nowhere is what to do when no place is known.
func (p *Pages) nowhere(ctx context.Context) string {
	return i18n.T(ctx, "place.unknown_text", "phone", p.Policy.Hotline.Phone)
}

// proves are the places that confirm who people are.
func (p *Pages) proves(ctx context.Context) (out []placeView) {
	for _, x := range p.Places.All() {
		if x.Proves {
			out = append(out, p.placeView(ctx, x))
		}
	}
	return out
}
