package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/appointment"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/mandate"
	"okno/internal/place"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	appointmentsPath = "/appointments"
	bookPath         = appointmentsPath + "/new"
	answerPath       = "/visit/"
)

func (p *Pages) mountAppointments(s *web.Server) {
	p.person(s, "GET "+appointmentsPath, p.appointments)
	p.person(s, "GET "+bookPath, p.desks)
	p.person(s, "GET "+bookPath+"/{what}", p.times)
	p.person(s, "POST "+bookPath+"/{what}", p.hold)
	s.Handle("GET "+appointmentsPath+"/{id}", web.RequirePerson(p.ofVisit(p.appointment)))
	s.Handle("GET "+appointmentsPath+"/{id}/{page}", web.RequirePerson(p.ofVisit(p.appointmentPage)))
	s.Handle("POST "+appointmentsPath+"/{id}/{act}", web.RequirePerson(p.ofVisit(p.appointmentAct)))
	s.Handle("GET "+answerPath+"{link}", p.visitAsked)
	s.Handle("POST "+answerPath+"{link}", p.visitAnswer)
}

// appointmentPage is a page of an appointment; the addresses of new ones stand beside them.
func (p *Pages) appointmentPage(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("page") {
	case "cancel":
		return p.cancelPage(w, r)
	case "visit.ics":
		return p.calendarFile(w, r)
	}
	return appointment.ErrGone
}

func (p *Pages) appointmentAct(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("act") {
	case "confirm":
		return p.confirmAppointment(w, r)
	case "cancel":
		return p.cancelAppointment(w, r)
	case "answer":
		return p.sayComing(w, r)
	case "leave":
		if err := p.Appointments.Leave(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
			return err
		}
		web.Say(r, ui.Success, "portal.appointment.left")
		return web.Redirect(w, r, appointmentsPath)
	}
	return appointment.ErrGone
}

// ofVisit has the person act for their child on the pages of the child's appointment.
func (p *Pages) ofVisit(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		account, err := p.Appointments.AccountOf(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		if account == access.From(r.Context()).ID || p.Mandates == nil {
			return h(w, r)
		}
		r, err = p.actsFor(r, account)
		if errors.Is(err, mandate.ErrMissing) || errors.Is(err, mandate.ErrLevel) {
			return appointment.ErrGone // it says no more of somebody else's
		}
		if err != nil {
			return err
		}
		return h(w, r)
	}
}

// book is where a time is chosen, for whom the actor acts.
func book(ctx context.Context, what string) string {
	return actingPrefix(access.From(ctx).For) + bookPath + "/" + what
}

// bookFor offers to book for a child instead.
func (p *Pages) bookFor(ctx context.Context, v *timesView, what string) error {
	names, wards, err := p.wards(ctx, access.From(ctx))
	if v.Moves != "" {
		return err
	}
	for _, id := range wards {
		v.For = append(v.For, ui.Link{Label: i18n.T(ctx, "portal.acting.book", "name", names[id]), URL: actingPrefix(id) + bookPath + "/" + what})
	}
	return err
}

// pastSize is how many visits that are over a page lists.
const pastSize = 20

type appointmentsView struct {
	Page  ui.Page
	List  []ui.Item
	Waits []ui.Item
	Past  []ui.Item // that are over, a page of them
	Pages ui.Pagination
}

// appointments are the times that the person has before them (SRV-7).
func (p *Pages) appointments(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	names, wards, err := p.wards(ctx, who)
	if err != nil {
		return err
	}
	list, err := p.Appointments.Of(ctx, who, wards...)
	if err != nil {
		return err
	}
	v := appointmentsView{Page: frame(ctx, "portal.appointment.title")}
	for _, a := range list {
		v.List = append(v.List, ofWard(ctx, p.appointmentItem(ctx, a), names[a.Account]))
	}
	waits, err := p.Appointments.Waits(ctx, who, wards...)
	if err != nil {
		return err
	}
	for _, x := range waits {
		v.Waits = append(v.Waits, ofWard(ctx, p.waitItem(ctx, x), names[x.Account]))
	}
	n, err := p.Appointments.Past(ctx, who, wards...)
	if err != nil {
		return err
	}
	g := pageOf(r.URL.Query().Get("page"), n, pastSize)
	past, err := p.Appointments.PastOf(ctx, who, (g.page-1)*g.size, g.size, wards...)
	if err != nil {
		return err
	}
	for _, a := range past {
		v.Past = append(v.Past, ofWard(ctx, p.appointmentItem(ctx, a), names[a.Account]))
	}
	v.Pages = g.links(actingPrefix(who.For)+appointmentsPath, nil)
	return web.Render(w, r, http.StatusOK, appointmentsPage(v))
}

func (p *Pages) appointmentItem(ctx context.Context, a appointment.Appointment) ui.Item {
	x, d := p.deskOf(a.Resource)
	item := ui.Item{Title: i18n.DateTime(ctx, a.Start), Text: joined(d.Name.In(ctx), x.Name.In(ctx), x.Address.In(ctx)), URL: appointmentsPath + "/" + a.ID, Icon: ui.IconCalendarDays}
	switch {
	case a.State == appointment.Cancelled || a.State == appointment.Closed:
		item.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.appointment.state."+string(a.State))}
	case a.State == appointment.Booked && a.Came != nil:
		item.Tag = &ui.Tag{Label: i18n.T(ctx, map[bool]string{true: "portal.appointment.came", false: "portal.appointment.missed"}[*a.Came])}
	case a.State == appointment.Held:
		item.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.appointment.until", "time", p.keptUntil(ctx, a)), Tone: ui.Warning}
	case a.Asks(p.DB.Now()):
		item.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.appointment.asked"), Tone: ui.Info}
	}
	return item
}

// keptUntil is until when a time is kept, with the day when it is not today: an offer of the evening lasts into the morning.
func (p *Pages) keptUntil(ctx context.Context, a appointment.Appointment) string {
	if i18n.Date(ctx, a.HeldUntil) == i18n.Date(ctx, p.DB.Now()) {
		return i18n.Clock(ctx, a.HeldUntil)
	}
	return i18n.DateTime(ctx, a.HeldUntil)
}

func (p *Pages) waitItem(ctx context.Context, w appointment.Wait) ui.Item {
	x, d := p.deskOf(w.Resource)
	text := i18n.T(ctx, "portal.appointment.first")
	if w.Ahead > 0 {
		text = i18n.N(ctx, "portal.appointment.ahead", w.Ahead)
	}
	return ui.Item{Title: joined(d.Name.In(ctx), x.Name.In(ctx)), Text: text, Icon: ui.IconHourglass, Button: &ui.PostButton{Action: appointmentsPath + "/" + w.ID + "/leave",
		Label: i18n.T(ctx, "portal.appointment.leave_of", "who", d.Name), Button: ui.Button{Label: i18n.T(ctx, "portal.appointment.leave"), Variant: ui.Tertiary, Small: true}}}
}

// deskOf is the desk of an appointment. One that was taken off the list keeps its code: who has booked keeps their time.
func (p *Pages) deskOf(code string) (place.Place, place.Desk) {
	x, d, ok := p.Places.Desk(code)
	if !ok {
		d.Name.RU = code
	}
	return x, d
}

// desksSize is how many desks a page lists.
const desksSize = 20

type desksView struct {
	Page   ui.Page
	About  string // what they are chosen by
	Action string
	Words  ui.Field
	placeChoice
	Nobody bool   // receives people at all
	Choose bool   // there is more than one place to choose from
	Areas  string // for the browser to choose from, when there are several pages
	List   []desksOf
	Pages  ui.Pagination
	All    string // address of everybody who receives, "" when these are all
}

// desksOf are desks of one place.
type desksOf struct {
	placeView
	Desks []ui.Item
}

// desks lists who receives people by appointment.
func (p *Pages) desks(w http.ResponseWriter, r *http.Request) error {
	return p.showDesks(w, r, "", func(place.Place, place.Desk) bool { return true })
}

// showDesks lists the desks that fit, by place, and narrows them down as the address asks. A choice of one is made already.
func (p *Pages) showDesks(w http.ResponseWriter, r *http.Request, what string, fits func(place.Place, place.Desk) bool) error {
	ctx, q := r.Context(), r.URL.Query()
	all := actingPrefix(access.From(ctx).For) + bookPath
	v := desksView{Page: frame(ctx, "portal.appointment.who"), Action: all}
	var list []place.Place
	for _, x := range p.Places.All() {
		if slices.ContainsFunc(x.Desks, func(d place.Desk) bool { return fits(x, d) }) {
			list = append(list, x)
		}
	}
	some := fitting(list, fits)
	switch {
	case len(some) == 0 && what == "":
		v.Nobody = true
		return web.Render(w, r, http.StatusOK, desksPage(v))
	case len(some) == 0:
		return appointment.ErrNoDesk
	case what != "":
		if len(some) == 1 {
			return web.Redirect(w, r, book(ctx, some[0].desk.Code))
		}
		v.Action, v.All, v.About = book(ctx, what), all, list[0].Name.In(ctx)
		if def, ok := p.Catalogue.BySlug(what); ok {
			v.About = i18n.T(ctx, "portal.appointment.for_service", "title", def.Title)
		}
	}
	words := strings.TrimSpace(q.Get("q"))
	v.Words = ui.Field{Name: "q", Type: "search", Label: i18n.T(ctx, "portal.appointment.words"), Description: i18n.T(ctx, "portal.appointment.words_text"), Value: words, MaxLength: 200}
	v.Choose = len(list) > 1
	v.placeChoice, list = choosePlaces(ctx, q, list)
	if words != "" || v.Kind.Value != "" {
		v.All = all
	}
	found := p.findDesks(ctx, fitting(list, fits), words)
	g := pageOf(q.Get("page"), len(found), desksSize)
	first, last := g.bounds(len(found))
	err := p.listDesks(ctx, &v, found[first:last])
	if err != nil {
		return err
	}
	if v.Pages = g.links(v.Action, chosen(q)); g.pages > 1 {
		v.Page.Title = i18n.T(ctx, "portal.services.page", "title", v.Page.Title, "page", g.page, "pages", g.pages)
		if v.Areas, err = areasData(v.areas); err != nil {
			return err
		}
	}
	if v.Choose {
		web.AllowPosition(w)
	}
	return web.Render(w, r, http.StatusOK, desksPage(v))
}

// chosen is what the form of the address was sent with, without what was left open.
func chosen(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"q", "kind", "area"} {
		if said := q.Get(name); said != "" {
			out.Set(name, said)
		}
	}
	return out
}

// areasData tells the page's script where the areas are.
func areasData(areas []place.Area) (string, error) {
	type point struct {
		Key string  `json:"key"`
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	}
	list := make([]point, len(areas))
	for i, a := range areas {
		list[i] = point{a.Key, a.Middle.Lat, a.Middle.Lon}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("where the areas are: %w", err)
	}
	return string(text), nil
}

// deskAt is a desk with its place.
type deskAt struct {
	place place.Place
	desk  place.Desk
}

// fitting are the desks of the places that fit.
func fitting(list []place.Place, fits func(place.Place, place.Desk) bool) (out []deskAt) {
	for _, x := range list {
		for _, d := range x.Desks {
			if fits(x, d) {
				out = append(out, deskAt{x, d})
			}
		}
	}
	return out
}

// findDesks are those of which the words are said, in either language: who it is, what for, where. They stay in their order.
func (p *Pages) findDesks(ctx context.Context, all []deskAt, words string) []deskAt {
	if words == "" {
		return all
	}
	texts := make([]catalogue.Text, len(all))
	for i, x := range all {
		texts[i] = p.saidOf(ctx, x)
	}
	out := make([]deskAt, 0, len(all))
	for _, i := range slices.Sorted(slices.Values(catalogue.Pick(words, texts))) {
		out = append(out, all[i])
	}
	return out
}

func (p *Pages) saidOf(ctx context.Context, x deskAt) catalogue.Text {
	body := []string{i18n.T(ctx, "place.kind."+string(x.place.Kind))}
	if x.place.Proves {
		body = append(body, i18n.T(ctx, "place.proves"))
	}
	services := x.place.Services
	if x.desk.Service != "" {
		services = []string{x.desk.Service}
	}
	told := []i18n.Text{x.desk.About, x.place.Name, x.place.Town, x.place.District, x.place.Address}
	for _, slug := range services {
		if def, ok := p.Catalogue.BySlug(slug); ok {
			told = append(told, def.Title)
		}
	}
	for _, t := range told {
		body = append(body, t.RU, t.EN)
	}
	return catalogue.Text{Title: x.desk.Name.RU + " " + x.desk.Name.EN, Body: strings.Join(body, " ")}
}

// listDesks shows the desks under their places, with when each receives next.
func (p *Pages) listDesks(ctx context.Context, v *desksView, list []deskAt) error {
	var resources []appointment.Resource
	for _, x := range list {
		if _, _, resource, ok := p.Appointments.Resource(x.desk.Code); ok {
			resources = append(resources, resource)
		}
	}
	soonest, err := p.Appointments.Soonest(ctx, resources...)
	if err != nil {
		return err
	}
	for _, x := range list {
		if n := len(v.List); n == 0 || v.List[n-1].Code != x.place.Code {
			v.List = append(v.List, desksOf{placeView: p.placeView(ctx, x.place)})
		}
		of := &v.List[len(v.List)-1]
		item := ui.Item{Title: x.desk.Name.In(ctx), Text: x.desk.About.In(ctx), When: i18n.T(ctx, "portal.appointment.soonest_none"), URL: book(ctx, x.desk.Code)}
		if slot, free := soonest[x.desk.Code]; free {
			item.When = i18n.T(ctx, "portal.appointment.soonest", "when", p.soon(ctx, slot.Start))
		}
		of.Desks = append(of.Desks, item)
	}
	return nil
}

// soon is a moment of the next days, as people say it.
func (p *Pages) soon(ctx context.Context, at time.Time) string {
	now := p.DB.Now().In(i18n.Zone(ctx))
	switch i18n.Date(ctx, at) {
	case i18n.Date(ctx, now):
		return i18n.T(ctx, "portal.appointment.today", "time", i18n.Clock(ctx, at))
	case i18n.Date(ctx, now.AddDate(0, 0, 1)):
		return i18n.T(ctx, "portal.appointment.tomorrow", "time", i18n.Clock(ctx, at))
	}
	return i18n.T(ctx, "portal.appointment.day", "weekday", i18n.T(ctx, "place.day."+strconv.Itoa(int(at.In(i18n.Zone(ctx)).Weekday()))), "date", i18n.DateTime(ctx, at))
}

type timesView struct {
	Page    ui.Page
	Desk    string // its address
	Name    string
	Facts   []ui.Fact
	Moves   string // the appointment that is moved
	Moving  string // when it is
	Back    string
	Days    []ui.Link
	Day     string
	Times   ui.Radios
	Party   *ui.Select
	Errors  ui.Errors
	Setback *web.Setback
	Nearest []ui.Choice // what is free near the time that was taken meanwhile
	Hidden  []ui.Hidden
	For     []ui.Link // for whom else it can be booked
}

// times offers days and times of a desk; of a service or a place it lists the desks first.
func (p *Pages) times(w http.ResponseWriter, r *http.Request) error {
	what := r.PathValue("what")
	if _, _, ok := p.Places.Desk(what); !ok {
		return p.showDesks(w, r, what, func(x place.Place, d place.Desk) bool { return d.Service == what || x.Code == what })
	}
	return p.showTimes(w, r, http.StatusOK, timesView{Moves: r.URL.Query().Get("moves"), Day: r.URL.Query().Get("day")}, time.Time{})
}

// showTimes shows what is free; wanted is a time that is not, zero for none.
func (p *Pages) showTimes(w http.ResponseWriter, r *http.Request, status int, v timesView, wanted time.Time) error {
	ctx := r.Context()
	x, d, resource, ok := p.Appointments.Resource(r.PathValue("what"))
	if !ok {
		return appointment.ErrNoDesk
	}
	v.Page, v.Desk, v.Name = frame(ctx, "portal.appointment.choose"), book(ctx, d.Code), d.Name.In(ctx)
	v.Page.Invalid = len(v.Errors) > 0
	v.Facts = p.whereFacts(ctx, x, d)
	if v.Moves != "" {
		old, err := p.Appointments.Get(ctx, access.From(ctx), v.Moves)
		if err != nil {
			return err
		}
		v.Moving, v.Back = i18n.DateTime(ctx, old.Start), appointmentsPath+"/"+old.ID
		v.Hidden = append(v.Hidden, ui.Hidden{Name: "moves", Value: old.ID})
	}
	if err := p.bookFor(ctx, &v, d.Code); err != nil {
		return err
	}
	free, err := p.Appointments.Open(ctx, resource)
	if err != nil {
		return err
	}
	v.fill(ctx, free, d, wanted, resource.Calendar.Zone)
	if d.Party > 1 {
		v.Party = &ui.Select{Name: "party", Label: i18n.T(ctx, "portal.appointment.party"), Value: "1", Width: ui.Short}
		for n := 1; n <= min(d.Party, p.Policy.Appointments.Party); n++ {
			v.Party.Choices = append(v.Party.Choices, ui.Choice{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
		}
	}
	return web.Render(w, r, status, timesPage(v))
}

func (v *timesView) fill(ctx context.Context, free []appointment.Slot, d place.Desk, wanted time.Time, zone *time.Location) {
	v.Times = ui.Radios{Name: "start", Legend: i18n.T(ctx, "portal.appointment.time"), Inline: true, Required: true, Error: v.Errors.Of("start")}
	choice := func(s appointment.Slot, label string) ui.Choice {
		if d.Seats > 1 {
			label += " · " + i18n.N(ctx, "portal.appointment.seats", s.Free)
		}
		return ui.Choice{Value: s.Start.Format(time.RFC3339), Label: label}
	}
	days := daysOf(free, zone)
	known := slices.ContainsFunc(days, func(d dayOfTimes) bool { return d.date == v.Day })
	if !wanted.IsZero() {
		for _, s := range appointment.Nearest(free, wanted, 3) {
			v.Nearest = append(v.Nearest, choice(s, i18n.DateTime(ctx, s.Start)))
		}
		if !known && len(v.Nearest) > 0 {
			v.Day, known = appointment.Nearest(free, wanted, 1)[0].Start.In(zone).Format(time.DateOnly), true
		}
	}
	for _, d := range days {
		if !known {
			v.Day, known = d.date, true
		}
		to := url.Values{"day": {d.date}}
		if v.Moves != "" {
			to.Set("moves", v.Moves)
		}
		first := d.slots[0].Start
		v.Days = append(v.Days, ui.Link{Label: i18n.T(ctx, "portal.appointment.day", "weekday", i18n.T(ctx, "place.day."+strconv.Itoa(int(first.In(zone).Weekday()))), "date", i18n.Date(ctx, first)),
			URL: v.Desk + "?" + to.Encode(), Current: d.date == v.Day})
		if d.date != v.Day {
			continue
		}
		v.Times.Legend = i18n.T(ctx, "portal.appointment.time_of", "date", i18n.Date(ctx, first))
		for _, s := range d.slots {
			v.Times.Choices = append(v.Times.Choices, choice(s, i18n.Clock(ctx, s.Start)))
		}
	}
	v.Hidden = append(v.Hidden, ui.Hidden{Name: "day", Value: v.Day})
}

// dayOfTimes are the free times of a day, at least one.
type dayOfTimes struct {
	date  string // ISO 8601
	slots []appointment.Slot
}

func daysOf(free []appointment.Slot, zone *time.Location) []dayOfTimes {
	var out []dayOfTimes
	for from := 0; from < len(free); {
		y, m, d := free[from].Start.In(zone).Date()
		midnight := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
		to := from + 1
		for to < len(free) && free[to].Start.Before(midnight) {
			to++
		}
		out = append(out, dayOfTimes{free[from].Start.In(zone).Format(time.DateOnly), free[from:to]})
		from = to
	}
	return out
}

func (p *Pages) whereFacts(ctx context.Context, x place.Place, d place.Desk) []ui.Fact {
	list := []ui.Fact{{Label: i18n.T(ctx, "portal.appointment.with"), Value: joined(d.Name.In(ctx), d.About.In(ctx))}}
	if x.Code != "" {
		list = append(list, ui.Fact{Label: i18n.T(ctx, "portal.appointment.where"), Value: joined(x.Name.In(ctx), x.Address.In(ctx))})
	}
	return list
}

// hold keeps the time for the person while they confirm. When somebody was faster, the nearest others are offered.
func (p *Pages) hold(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, _, resource, ok := p.Appointments.Resource(r.PathValue("what"))
	if !ok {
		return appointment.ErrNoDesk
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := timesView{Moves: f.Get("moves"), Day: f.Get("day")}
	if f.On("wait") {
		return p.queue(w, r, resource, v, f)
	}
	start, err := time.Parse(time.RFC3339, f.Get("start"))
	if err != nil {
		v.Errors = ui.ErrorsOf(ctx, fault.Invalid(fault.F("start", "portal.appointment.no_time")))
		return p.showTimes(w, r, http.StatusUnprocessableEntity, v, time.Time{})
	}
	party, err := strconv.Atoi(f.Get("party"))
	if err != nil {
		party = 1
	}
	a, err := p.Appointments.Hold(ctx, access.From(ctx), resource, appointment.Ask{Start: start, Moves: v.Moves, Party: party})
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showTimes(w, r, s.Status, v, start)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, appointmentsPath+"/"+a.ID)
}

// queue puts the person into the line for a time with the desk.
func (p *Pages) queue(w http.ResponseWriter, r *http.Request, resource appointment.Resource, v timesView, f web.Form) error {
	party, err := strconv.Atoi(f.Get("party"))
	if err != nil {
		party = 1
	}
	err = p.Appointments.Queue(r.Context(), access.From(r.Context()), resource, party)
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showTimes(w, r, s.Status, v, time.Time{})
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.appointment.queued")
	return web.Redirect(w, r, appointmentsPath)
}

type appointmentView struct {
	Page    ui.Page
	Title   string
	State   appointment.State
	URL     string
	Facts   []ui.Fact
	Bring   []string
	Until   string // of a hold
	Closed  bool   // nobody receives at the time that is held: it cannot be confirmed
	Asks    string // where they say whether they come, "" when they are not asked
	Coming  bool   // they said that they do
	Moves   bool
	Movable bool
	File    bool   // there is a file for calendars: when it is booked no more it takes it out
	Again   string // where another time is chosen
	Move    string
	Setback *web.Setback
}

func (p *Pages) appointment(w http.ResponseWriter, r *http.Request) error {
	return p.showAppointment(w, r, http.StatusOK, nil)
}

func (p *Pages) showAppointment(w http.ResponseWriter, r *http.Request, status int, s *web.Setback) error {
	ctx := r.Context()
	a, err := p.Appointments.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	now := p.DB.Now()
	if a.State == appointment.Held && !a.HeldUntil.After(now) {
		a.State = appointment.Expired // nobody has taken the seat yet, and it is not the person's any more
	}
	x, d := p.deskOf(a.Resource)
	v := appointmentView{Title: i18n.T(ctx, "portal.appointment.state."+string(a.State)), State: a.State, URL: appointmentsPath + "/" + a.ID, Moves: a.Moves != "", Movable: p.Appointments.Movable(a, now), File: a.Called(),
		Facts: append([]ui.Fact{{Label: i18n.T(ctx, "portal.appointment.when"), Value: i18n.DateTime(ctx, a.Start)}}, p.whereFacts(ctx, x, d)...), Bring: texts(ctx, x.Bring), Setback: s,
		Again: book(ctx, a.Resource), Move: book(ctx, a.Resource) + "?" + url.Values{"moves": {a.ID}}.Encode()}
	v.Page = frame(ctx, "portal.appointment.state."+string(a.State))
	v.Page.Attrs = map[string]any{"data-appointment": string(a.State), "data-day": a.Start.In(p.Appointments.Zone).Format(time.DateOnly), "data-start": a.Start.Format(time.RFC3339)}
	if a.Party > 1 {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "portal.appointment.people"), Value: strconv.Itoa(a.Party)})
	}
	if a.State == appointment.Held {
		v.Until, v.Closed = p.keptUntil(ctx, a), !p.Appointments.Receives(a)
	}
	if a.Asks(now) {
		v.Asks = v.URL + "/answer"
	}
	v.Coming = v.Asks == "" && a.Coming != nil && *a.Coming
	return web.Render(w, r, status, appointmentPage(v))
}

func (p *Pages) confirmAppointment(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, err := p.Appointments.Confirm(ctx, access.From(ctx), r.PathValue("id"))
	return p.afterAppointment(w, r, err, "portal.appointment.booked", appointmentsPath+"/"+url.PathEscape(r.PathValue("id")))
}

func (p *Pages) afterAppointment(w http.ResponseWriter, r *http.Request, err error, say, to string) error {
	if s, ok := web.SetBack(r, err); ok {
		return p.showAppointment(w, r, s.Status, s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, say)
	return web.Redirect(w, r, to)
}

func (p *Pages) cancelPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.Appointments.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	x, d := p.deskOf(a.Resource)
	v := appointmentView{Page: frame(ctx, "portal.appointment.cancel_title"), URL: appointmentsPath + "/" + a.ID,
		Facts: append([]ui.Fact{{Label: i18n.T(ctx, "portal.appointment.when"), Value: i18n.DateTime(ctx, a.Start)}}, p.whereFacts(ctx, x, d)...)}
	return web.Render(w, r, http.StatusOK, cancelPage(v))
}

func (p *Pages) cancelAppointment(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.afterAppointment(w, r, p.Appointments.Cancel(ctx, access.From(ctx), r.PathValue("id")), "portal.appointment.cancelled", appointmentsPath)
}

// calendarFile is the appointment for a calendar of the person's own.
func (p *Pages) calendarFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.Appointments.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !a.Called() {
		return appointment.ErrGone
	}
	x, d := p.deskOf(a.Resource)
	base, err := url.Parse(web.BaseURL(ctx))
	if err != nil {
		return err
	}
	body := a.Calendar(appointment.File{Host: base.Hostname(), URL: base.JoinPath(appointmentsPath, a.ID).String(), Title: d.Name.In(ctx), Place: joined(x.Name.In(ctx), x.Town.In(ctx), x.Address.In(ctx)), Made: p.DB.Now()})
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="visit.ics"`)
	_, err = w.Write([]byte(body))
	return err
}

type visitView struct {
	Page     ui.Page
	Post     string
	Facts    []ui.Fact
	Open     bool // it can be answered
	Answered string
}

// visitAsked asks whoever has the link of a reminder whether they come. It shows when and where and nothing of the person.
func (p *Pages) visitAsked(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, answered, err := p.Appointments.Asked(ctx, r.PathValue("link"))
	if err != nil {
		return err
	}
	x, d := p.deskOf(a.Resource)
	v := visitView{Page: frame(ctx, "portal.appointment.asked"), Post: answerPath + r.PathValue("link"), Open: !answered && a.State == appointment.Booked && a.Start.After(p.DB.Now()),
		Facts: append([]ui.Fact{{Label: i18n.T(ctx, "portal.appointment.when"), Value: i18n.DateTime(ctx, a.Start)}}, p.whereFacts(ctx, x, d)...)}
	switch {
	case v.Open:
	case a.State == appointment.Booked && a.Coming != nil && *a.Coming:
		v.Answered = i18n.T(ctx, "portal.appointment.answered_yes")
	case answered:
		v.Answered = i18n.T(ctx, "portal.appointment.answered_no")
	default:
		v.Answered = i18n.T(ctx, "portal.appointment.answered_over")
	}
	return web.Render(w, r, http.StatusOK, visitPage(v))
}

// coming is what the form says to a reminder.
func coming(r *http.Request) (bool, error) {
	f, err := web.ReadForm(r)
	if err != nil {
		return false, err
	}
	said := f.Get("coming")
	if said != "yes" && said != "no" {
		return false, fault.New(fault.InvalidInput, "error.form")
	}
	return said == "yes", nil
}

// sayComing takes the answer of the person to whom the appointment is.
func (p *Pages) sayComing(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	comes, err := coming(r)
	if err != nil {
		return err
	}
	switch err := p.Appointments.Say(ctx, access.From(ctx), r.PathValue("id"), comes); {
	case err != nil && !isOver(err): // it was answered before, here or by the link: the page says how
		return err
	case err == nil && !comes:
		web.Say(r, ui.Success, "portal.appointment.answered_no")
	}
	return web.Redirect(w, r, appointmentsPath+"/"+url.PathEscape(r.PathValue("id")))
}

func (p *Pages) visitAnswer(w http.ResponseWriter, r *http.Request) error {
	comes, err := coming(r)
	if err != nil {
		return err
	}
	err = p.Appointments.Answer(r.Context(), r.PathValue("link"), comes)
	if err != nil && !isOver(err) { // it was answered before: the page says how
		return err
	}
	return web.Redirect(w, r, answerPath+r.PathValue("link"))
}

func isOver(err error) bool {
	f, ok := fault.Of(err)
	return ok && f.Key == appointment.ErrOver.Key
}

// bookingFor is where a time for the service of the slug is booked, "" when nobody receives people for it.
func (p *Pages) bookingFor(slug string) string {
	for _, x := range p.Places.All() {
		if slices.ContainsFunc(x.Desks, func(d place.Desk) bool { return d.Service == slug }) {
			return bookPath + "/" + slug
		}
	}
	return ""
}

func appointmentsTrail(ctx context.Context) []ui.Link {
	return []ui.Link{{Label: i18n.T(ctx, "portal.appointment.title"), URL: appointmentsPath}}
}
