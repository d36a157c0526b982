package agencyapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/web"
)

// named is a code with its words.
type named struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// head is what a list says of a case: nothing of the person.
type head struct {
	ID          string     `json:"id"`
	Number      string     `json:"number"`
	Service     named      `json:"service"`
	State       named      `json:"state"`
	Turn        string     `json:"turn"`
	Outcome     *string    `json:"outcome"`
	SubmittedAt time.Time  `json:"submitted_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	DueAt       *time.Time `json:"due_at"`
	Taken       bool       `json:"taken"`
	Version     int64      `json:"version"`
}

func headOf(ctx context.Context, c application.Case) head {
	return head{ID: c.ID, Number: c.Number, Service: named{c.Service, c.Def.Title.In(ctx)}, State: named{string(c.State), c.Step().Title.In(ctx)}, Turn: string(c.Turn),
		Outcome: orNull(string(c.Outcome)), SubmittedAt: c.SubmittedAt, UpdatedAt: c.ChangedAt(), DueAt: momentOrNull(c.DueAt), Taken: c.Officer != "", Version: c.Version}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func momentOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// usual is how many cases a page has when nobody says.
const usual = 50

func (x *API) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := x.filter(r.URL.Query())
	if err != nil {
		return err
	}
	cases, next, err := x.Applications.Changed(ctx, access.From(ctx), f)
	if err != nil {
		return err
	}
	out := struct {
		Cases []head  `json:"cases"`
		Next  *string `json:"next_cursor"`
	}{Cases: []head{}}
	for _, c := range cases {
		out.Cases = append(out.Cases, headOf(ctx, c))
	}
	if !next.At.IsZero() {
		out.Next = orNull(cursorOf(next))
	}
	return answer(w, http.StatusOK, out)
}

// word is a code of a state or of a service.
var word = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// filter reads what the list is asked for.
func (x *API) filter(q url.Values) (application.ChangeFilter, error) {
	f := application.ChangeFilter{Most: min(usual, x.Policy.Agency.LongestPage)}
	var wrong []fault.Field
	moment := func(v string) (time.Time, bool) {
		at, err := time.Parse(time.RFC3339, v)
		return store.Moment(at), err == nil && at.Year() >= 1970 && at.Year() < 3000
	}
	for name, values := range q {
		if !slices.Contains([]string{"state", "turn", "service", "updated_after", "due_after", "due_before", "overdue", "limit", "cursor"}, name) {
			wrong = append(wrong, fault.F("query:query", "agencyapi.unknown_parameter", "name", shortened(strings.ToValidUTF8(name, ""))))
		} else if len(values) > 1 {
			wrong = append(wrong, fault.F("query:"+name, "agencyapi.twice"))
		}
	}
	for name, into := range map[string]func(string) bool{
		"state":   func(v string) bool { f.State = procedure.State(v); return word.MatchString(v) },
		"service": func(v string) bool { f.Service = v; return word.MatchString(v) },
		"turn": func(v string) bool {
			f.Turn = procedure.Turn(v)
			return slices.Contains([]procedure.Turn{procedure.TurnApplicant, procedure.TurnAgency, procedure.TurnSystem, procedure.TurnNone}, f.Turn)
		},
		"updated_after": func(v string) bool {
			at, ok := moment(v)
			if f.After == (application.ChangeMark{}) { // a cursor stands further on
				f.After = application.Since(at)
			}
			return ok
		},
		"due_after":  func(v string) (ok bool) { f.DueAfter, ok = moment(v); return ok },
		"due_before": func(v string) (ok bool) { f.DueBefore, ok = moment(v); return ok },
		"overdue":    func(v string) bool { f.Overdue = v == "true"; return v == "true" || v == "false" },
		"limit": func(v string) bool {
			n, err := strconv.Atoi(v)
			f.Most = min(n, x.Policy.Agency.LongestPage)
			return err == nil && n >= 1
		},
	} {
		if v := q.Get(name); q.Has(name) && !into(v) {
			wrong = append(wrong, fault.F("query:"+name, "agencyapi.query."+name))
		}
	}
	if v := q.Get("cursor"); q.Has("cursor") {
		mark, ok := markOf(v)
		if !ok {
			wrong = append(wrong, fault.F("query:cursor", "agencyapi.query.cursor"))
		}
		f.After = mark
	}
	slices.SortFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	return f, fault.Check(wrong...)
}

// cursorOf writes a mark down for whoever brings it back. It is no secret and opens nothing: the agency is the token's.
func cursorOf(m application.ChangeMark) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(m.At.UnixMicro(), 10) + "." + m.ID))
}

func markOf(cursor string) (application.ChangeMark, bool) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	at, caseID, ok := strings.Cut(string(text), ".")
	n, bad := strconv.ParseInt(at, 10, 64)
	if err != nil || bad != nil || !ok || n < 0 || n > 1<<55 || !id.Valid(caseID) {
		return application.ChangeMark{}, false
	}
	return application.ChangeMark{At: time.UnixMicro(n).UTC(), ID: caseID}, true
}

// caseID is the case that the address names. What is no identifier is asked of no database.
func caseID(r *http.Request) (string, error) {
	if v := r.PathValue("id"); id.Valid(v) {
		return v, nil
	}
	return "", application.ErrMissing
}

// source says where a value came from.
type source struct {
	Code     string     `json:"code"`
	Title    string     `json:"title"`
	Verified bool       `json:"verified"`
	At       *time.Time `json:"at"`
}

func sourceOf(ctx context.Context, o form.Origin) source {
	code := o.Source
	if code == "" {
		code = "entered"
	}
	title := code
	if o.Title.RU != "" || i18n.Has("desk.source."+code) {
		title = form.Origin{Source: code, Title: o.Title}.Called(ctx, "desk.source.")
	}
	return source{Code: code, Title: title, Verified: o.Verified, At: momentOrNull(o.At)}
}

type fact struct {
	Fact   string `json:"fact"`
	Value  string `json:"value"`
	Source source `json:"source"`
}

type said struct {
	Pointer  string `json:"pointer"`
	Page     string `json:"page"`
	Question string `json:"question"`
	Type     string `json:"type"`
	Value    any    `json:"value"`
	Shown    string `json:"shown"`
	Source   source `json:"source"`

	Dispute *dispute `json:"dispute"`
}

// dispute is that the applicant says an answer is wrong which they could not type over.
type dispute struct {
	Claim string    `json:"claim"`
	Why   *string   `json:"why"`
	At    time.Time `json:"at"`
}

func disputeOf(list map[string]application.Dispute, pointer string) *dispute {
	d, ok := list[pointer]
	if !ok {
		return nil
	}
	return &dispute{d.Claim, orNull(d.Why), d.At}
}

type reason struct {
	named
	Law    string `json:"law"`
	Remedy string `json:"remedy"`
}

type action struct {
	Event    string   `json:"event"`
	Title    string   `json:"title"`
	Requires []string `json:"requires"`
	Fields   []named  `json:"fields"`
	Reasons  []reason `json:"reasons"`
}

type refusal struct {
	Reason named  `json:"reason"`
	Law    string `json:"law"`
	Remedy string `json:"remedy"`
	Advice string `json:"advice"`
}

// whole is a case as an officer sees it.
type whole struct {
	head
	Previous    *string        `json:"previous"`
	Officer     *string        `json:"officer"`
	AskedInVain int            `json:"asked_in_vain"`
	Applicant   []fact         `json:"applicant"`
	Answers     []said         `json:"answers"`
	Earlier     []was          `json:"earlier"`
	Comparison  []compared     `json:"comparison"`
	Register    map[string]any `json:"register"`
	Refusal     *refusal       `json:"refusal"`
	Complaints  []complaint    `json:"complaints"`
	Actions     []action       `json:"actions"`
}

// was is what an answer was before the applicant corrected it.
type was struct {
	Until    time.Time `json:"until"`
	Pointer  string    `json:"pointer"`
	Page     string    `json:"page"`
	Question string    `json:"question"`
	Value    any       `json:"value"`
	Shown    string    `json:"shown"`
}

func earlierOf(ctx context.Context, c application.Case) []was {
	out := []was{}
	for _, e := range c.EarlierAnswers(i18n.Zone(ctx)) {
		out = append(out, was{e.Until, e.Field.Pointer, e.Page.Title.In(ctx), e.Field.Label.In(ctx), e.Value, e.Show(ctx)})
	}
	return out
}

// compared is an answer beside what a register says of the same thing.
type compared struct {
	Pointer    string `json:"pointer"`
	Question   string `json:"question"`
	Filed      any    `json:"filed"`
	FiledShown string `json:"filed_shown"`
	Said       any    `json:"said"`
	SaidShown  string `json:"said_shown"`
	Source     source `json:"source"`
	Verdict    string `json:"verdict"`
}

func comparisonOf(ctx context.Context, c application.Case) []compared {
	out := []compared{}
	for _, x := range c.Compare() {
		f, ok := c.Def.Form.Field(x.Pointer)
		if !ok {
			continue
		}
		from := source{Code: "register", Title: i18n.T(ctx, "desk.compare.answer"), Verified: true}
		if !x.From.IsZero() {
			from = sourceOf(ctx, x.From)
		}
		out = append(out, compared{x.Pointer, f.Label.In(ctx), x.Filed, f.ShowOne(ctx, x.Filed), x.Said, f.ShowOne(ctx, x.Said), from, string(x.Verdict)})
	}
	return out
}

// complaint is what the person complained of, and what the head of the desk decided on it.
type complaint struct {
	ID        string     `json:"id"`
	Ground    named      `json:"ground"`
	State     named      `json:"state"`
	Text      string     `json:"text"`
	Answer    *string    `json:"answer"`
	Note      *string    `json:"note"`
	MadeAt    time.Time  `json:"made_at"`
	DueAt     time.Time  `json:"due_at"`
	DecidedAt *time.Time `json:"decided_at"`
}

func complaintsOf(ctx context.Context, list []application.Complaint) []complaint {
	out := []complaint{}
	for _, m := range list {
		ground, state := string(m.Ground), string(m.State)
		out = append(out, complaint{m.ID, named{ground, i18n.T(ctx, "portal.complaint.ground."+ground)}, named{state, i18n.T(ctx, "portal.complaint.state."+state)},
			m.Text, orNull(m.Answer), orNull(m.Note), m.MadeAt, m.DueAt, momentOrNull(m.DecidedAt)})
	}
	return out
}

func wholeOf(ctx context.Context, c application.Case) whole {
	out := whole{head: headOf(ctx, c), Previous: orNull(c.Previous), Officer: orNull(c.Officer), Earlier: earlierOf(ctx, c), Comparison: comparisonOf(ctx, c), AskedInVain: c.Failed, Applicant: []fact{}, Answers: []said{}, Register: c.Content.Data, Actions: []action{}}
	known := c.Content.Profile.Person()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		k := known[name]
		out.Applicant = append(out.Applicant, fact{string(name), k.Value, sourceOf(ctx, k.Origin)})
	}
	answers := c.Content.Answers
	filled := c.Form(i18n.Zone(ctx))
	for _, page := range filled.Asked(answers) {
		for _, f := range filled.Flat(page, answers) {
			out.Answers = append(out.Answers, said{f.Pointer, page.Title.In(ctx), f.Label.In(ctx), string(f.Type), answers.Get(f.Pointer), f.Show(ctx, answers), sourceOf(ctx, f.Origin), disputeOf(c.Content.Disputes, f.Pointer)})
		}
	}
	if why, ok := c.Def.Reason(c.Content.Reason); ok && c.Outcome == procedure.Refused {
		out.Refusal = &refusal{named{why.Code, why.Title.In(ctx)}, why.Law.In(ctx), why.Remedy.In(ctx), c.Content.Advice}
	}
	for _, a := range c.Def.Actions(c.State, procedure.ByOfficer) {
		v := action{Event: string(a.Event), Title: a.Title.In(ctx), Requires: []string{}, Fields: []named{}, Reasons: []reason{}}
		for _, need := range a.Require {
			v.Requires = append(v.Requires, string(need))
		}
		for _, p := range c.Askable(a, i18n.Zone(ctx)) {
			if label, ok := c.Def.Called(p); ok {
				v.Fields = append(v.Fields, named{p, label.In(ctx)})
			}
		}
		if a.Requires(procedure.NeedReason) {
			for _, why := range a.Reasons {
				v.Reasons = append(v.Reasons, reason{named{why.Code, why.Title.In(ctx)}, why.Law.In(ctx), why.Remedy.In(ctx)})
			}
		}
		out.Actions = append(out.Actions, v)
	}
	return out
}

func (x *API) look(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := x.seen(r)
	if err != nil {
		return err
	}
	list, err := x.Applications.Complaints(ctx, access.From(ctx), c.ID)
	if err != nil {
		return err
	}
	out := wholeOf(ctx, c)
	out.Complaints = complaintsOf(ctx, list)
	w.Header().Set("ETag", tag(c.Version))
	return answer(w, http.StatusOK, out)
}

// seen is the case that the address names. The look is recorded.
func (x *API) seen(r *http.Request) (application.Case, error) {
	which, err := caseID(r)
	if err != nil {
		return application.Case{}, err
	}
	c, err := x.Applications.Look(r.Context(), access.From(r.Context()), which)
	if err == nil {
		web.Note(r.Context(), "case", c.ID)
	}
	return c, err
}

func (x *API) register(w http.ResponseWriter, r *http.Request) error {
	c, err := x.seen(r)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag(c.Version))
	return answer(w, http.StatusOK, map[string]any{"answer": c.Content.Data})
}

type event struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Event   *string   `json:"event"`
	By      string    `json:"by"`
	State   named     `json:"state"`
}

// events is the history, which says nothing of the person: no look is recorded for it.
func (x *API) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := caseID(r)
	if err != nil {
		return err
	}
	c, err := x.Applications.Get(ctx, access.From(ctx), which)
	if err != nil {
		return err
	}
	out := []event{}
	for _, e := range c.Events {
		st, _ := c.Def.Step(e.State)
		out = append(out, event{e.Version, e.At, orNull(string(e.Event)), string(e.By), named{string(e.State), st.Title.In(ctx)}})
	}
	return answer(w, http.StatusOK, map[string]any{"events": out})
}

// order is what an agent wants done.
type order struct {
	Event  string   `json:"event"`
	Reason string   `json:"reason"`
	Advice string   `json:"advice"`
	Fields []string `json:"fields"`
}

// longestAdvice is how many characters an agent may write to the applicant.
const longestAdvice = 10_000

func (o order) check() error {
	var wrong []fault.Field
	if o.Event == "" || !word.MatchString(o.Event) {
		wrong = append(wrong, fault.F("event", "agencyapi.event"))
	}
	if o.Reason != "" && !word.MatchString(o.Reason) {
		wrong = append(wrong, fault.F("reason", "application.reason_missing"))
	}
	if !readable(o.Advice, longestAdvice) {
		wrong = append(wrong, fault.F("advice", "agencyapi.advice", "most", longestAdvice))
	}
	if len(o.Fields) > mostFields || slices.ContainsFunc(o.Fields, func(p string) bool { return len(p) > 200 || !strings.HasPrefix(p, "/") && !word.MatchString(p) }) {
		wrong = append(wrong, fault.F("fields", "application.fields_missing"))
	}
	return fault.Check(wrong...)
}

// mostFields is how many answers an agent may ask to be changed at once.
const mostFields = 200

// acted is what an act is answered. It says nothing of the person: it may be kept to be answered again.
type acted struct {
	ID      string  `json:"id"`
	Event   string  `json:"event"`
	State   string  `json:"state"`
	Turn    string  `json:"turn"`
	Outcome *string `json:"outcome"`
	Version int64   `json:"version"`
}

// act makes a move.
func (x *API) act(w http.ResponseWriter, r *http.Request) error {
	return once(x, w, r, func(ctx context.Context, d deedOf[order]) error {
		o := d.body
		_, err := x.Applications.Do(ctx, d.who, d.caseID, application.Act{Event: procedure.Event(o.Event), Reason: o.Reason, Advice: o.Advice, Fields: o.Fields, Version: d.version,
			Also: func(ctx context.Context, tx *store.Tx, c application.Case) error {
				text, err := json.Marshal(acted{c.ID, o.Event, string(c.State), string(c.Turn), orNull(string(c.Outcome)), c.Version})
				if err != nil {
					return err
				}
				return d.keep(ctx, tx, text)
			}})
		return err
	})
}

// file is a file of a case: a paper that was issued in it, or an attachment that the person put into it.
type file struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Title     string    `json:"title"`
	Name      string    `json:"name"`
	MediaType string    `json:"media_type"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at"`
}

const pdf = "application/pdf"

func (x *API) files(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	which, err := caseID(r)
	if err != nil {
		return err
	}
	c, err := x.Applications.Get(ctx, who, which)
	if err != nil {
		return err
	}
	papers, err := x.Applications.PapersOf(ctx, who, c.ID)
	if err != nil {
		return err
	}
	attached, err := x.Attachments.FilesOf(ctx, who, c.ID)
	if err != nil {
		return err
	}
	out := []file{}
	for _, d := range papers {
		out = append(out, file{d.ID, "paper", d.Title.In(ctx), d.Name, pdf, string(d.State), d.IssuedAt})
	}
	for _, a := range attached {
		title := a.Slot
		if slot, ok := c.Def.Attachment(a.Slot); ok {
			title = slot.Title.In(ctx)
		}
		out = append(out, file{a.ID, "attachment", title, a.Name, string(a.Media), string(a.State), a.SentAt})
	}
	return answer(w, http.StatusOK, map[string]any{"files": out})
}

func (x *API) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, which := access.From(ctx), r.PathValue("file")
	in, err := caseID(r)
	if err != nil {
		return err
	}
	if !id.Valid(which) {
		return application.ErrMissing
	}
	d, body, err := x.Applications.OpenPaper(ctx, who, in, which)
	if err == nil {
		return send(w, r, d.Name, pdf, body)
	}
	if !errors.Is(err, document.ErrMissing) {
		return err
	}
	a, _, body, err := x.Attachments.OpenFile(ctx, who, in, which)
	if err != nil {
		return err
	}
	return send(w, r, a.Name, string(a.Media), body)
}

// send sends a file. It is for a program, so a browser that is led here keeps it instead of showing it.
func send(w http.ResponseWriter, r *http.Request, name, media string, body *bytes.Reader) error {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.FormatInt(body.Size(), 10))
	w.WriteHeader(http.StatusOK)
	if _, err := body.WriteTo(w); err != nil {
		web.Note(r.Context(), "left", true)
	}
	return nil
}

// token says what the token is and may.
func (x *API) token(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	t, ok := ctx.Value(tokenKey{}).(agent.Token)
	if !ok {
		return errors.New("agencyapi: no token behind the door")
	}
	unit := named{Code: who.Unit, Title: who.Unit}
	if a, ok := x.Catalogue.Agency(who.Unit); ok {
		unit.Title = a.Owner.Name.In(ctx)
	}
	return answer(w, http.StatusOK, map[string]any{"id": t.ID, "agency": unit, "scopes": strings.Fields(who.Scopes), "created_at": t.CreatedAt, "expires_at": t.ExpiresAt,
		"replaced": t.ReplacedBy != ""})
}
