package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/workday"
)

// carriedOn is the event in a case's history when it was carried to another version of its service. No definition can have an event of
// that name.
const carriedOn procedure.Event = "+version"

// Carriage is what became of the open cases of a service that were to be carried to the version in force.
type Carriage struct {
	Service, To string
	From        map[string]int // open cases by their version, before
	Went        int            // carried, or would be
	Stay        int            // cannot go
	Told        int            // of those who went: their applicants see something else than before, and are told
	Moved       int            // ended or were carried by somebody else meanwhile, or their applicant was erased
}

// Carried is what became of one case.
type Carried struct {
	Number string
	From   string
	Why    []string // why it cannot go; nothing of one that went, or would
	Told   bool
	gone   bool
}

// ErrVersion means that no open case, or cases of several versions, began with the version that was named.
var ErrVersion = errors.New("no open cases of just one version begin so")

// carryPage is how many cases are looked up at once; each is carried in a transaction of its own.
const carryPage = 100

// Carry takes the open cases of a service along to the version in force, each in a transaction of its own: whoever is stopped in the
// middle begins again and goes on with the rest. from is the beginning of the version whose cases are meant, "" of all. dry only looks.
// each is told of every case, as it is done.
//
// A case goes when its state is in the new version, under its name or an earlier one, and waits there for the same party, and when all that
// was answered has a place and is right there. What it waits for keeps its moment: the deadline runs on. The applicant is told only
// when their page says something else than before.
func (s *Service) Carry(ctx context.Context, who access.Actor, code, from string, dry bool, each func(Carried)) (Carriage, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return Carriage{}, err
	}
	to, ok := s.Catalogue.ByCode(code)
	if !ok || !to.Online() {
		return Carriage{}, fmt.Errorf("carry %s: %w", code, ErrService)
	}
	out := Carriage{Service: code, To: to.Version}
	var err error
	if out.From, err = s.versions(ctx, to); err != nil {
		return out, err
	}
	if from, err = oneVersion(out.From, from); err != nil {
		return out, err
	}
	if !dry {
		if err := s.pin(ctx, to); err != nil {
			return out, err
		}
	}
	for last := ""; ; {
		ids, err := s.toCarry(ctx, to, from, last)
		if err != nil || len(ids) == 0 {
			return out, err
		}
		for _, caseID := range ids {
			r, err := s.carry(ctx, who, caseID, to, dry)
			if err != nil {
				return out, err
			}
			out.add(r)
			if each != nil && !r.gone {
				each(r)
			}
		}
		last = ids[len(ids)-1]
	}
}

func (c *Carriage) add(r Carried) {
	switch {
	case r.gone:
		c.Moved++
	case len(r.Why) > 0:
		c.Stay++
	default:
		c.Went++
		if r.Told {
			c.Told++
		}
	}
}

// versions counts the open cases of the service by the versions that they are on, the one in force left out.
func (s *Service) versions(ctx context.Context, to *procedure.Definition) (map[string]int, error) {
	rows, err := s.DB.Query(ctx, `SELECT definition, count(*) FROM application WHERE service = $1 AND outcome = '' AND definition <> $2 GROUP BY definition`, to.Code, to.Version)
	if err != nil {
		return nil, fmt.Errorf("open cases of %s: %w", to.Code, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[string]int{}
	for rows.Next() {
		var version string
		var n int
		if err := rows.Scan(&version, &n); err != nil {
			return nil, err
		}
		out[version] = n
	}
	return out, rows.Err()
}

// oneVersion is the version that begins so.
func oneVersion(of map[string]int, begins string) (string, error) {
	if begins == "" {
		return "", nil
	}
	found := ""
	for version := range of {
		switch {
		case !strings.HasPrefix(version, begins):
		case found != "":
			return "", fmt.Errorf("%s: %w", begins, ErrVersion)
		default:
			found = version
		}
	}
	if found == "" {
		return "", fmt.Errorf("%s: %w", begins, ErrVersion)
	}
	return found, nil
}

// toCarry lists the next cases in the order of their ids, so that one that cannot go is not met again.
func (s *Service) toCarry(ctx context.Context, to *procedure.Definition, from, last string) ([]string, error) {
	rows, err := s.DB.Query(ctx, `SELECT id FROM application WHERE service = $1 AND outcome = '' AND definition <> $2 AND ($3 = '' OR definition = $3) AND id > $4 ORDER BY id LIMIT $5`,
		to.Code, to.Version, from, last, carryPage)
	if err != nil {
		return nil, fmt.Errorf("open cases of %s: %w", to.Code, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var caseID string
		if err := rows.Scan(&caseID); err != nil {
			return nil, err
		}
		out = append(out, caseID)
	}
	return out, rows.Err()
}

// carry carries one case, as it is in the transaction: who moved it a moment ago is not overtaken, and who moves it a moment later finds
// another version of it and looks again.
func (s *Service) carry(ctx context.Context, who access.Actor, caseID string, to *procedure.Definition, dry bool) (Carried, error) {
	var r Carried
	within := s.DB.Write
	if dry {
		within = s.DB.Read
	}
	err := within(ctx, func(tx *store.Tx) error {
		r = Carried{}
		c, err := s.load(ctx, tx, access.SystemActor(), caseID)
		switch {
		case errors.Is(err, ErrMissing), errors.Is(err, keyring.ErrNoKey):
			r.gone = true
			return nil
		case err != nil:
			return err
		case c.Outcome != "" || c.Def.Version == to.Version:
			r.gone = true
			return nil
		}
		next, why := c.on(to, s.Zone, s.Workdays, tx.Now())
		r.Number, r.From, r.Why = c.Number, c.Def.Version, why
		if len(why) > 0 {
			return nil
		}
		if r.Told = !slices.Equal(c.seen(), next.seen()); dry {
			return nil
		}
		return s.carried(ctx, tx, who, c, next, r.Told)
	})
	if err != nil {
		return r, fmt.Errorf("carry %s: %w", caseID, err)
	}
	return r, nil
}

// on is the case on another version of its service, and why it cannot be there. It touches nothing.
func (c Case) on(to *procedure.Definition, zone *time.Location, cal *workday.Calendar, now time.Time) (Case, []string) {
	next := c
	next.Def = to
	var why []string
	state, ok := to.StateOf(c.State)
	st, _ := to.Step(state)
	switch {
	case !ok:
		why = append(why, fmt.Sprintf("the state %s is not in this version", c.State))
	case st.Final():
		why = append(why, fmt.Sprintf("the state %s is an end in this version", state))
	case st.Turn != c.Turn:
		why = append(why, fmt.Sprintf("the state %s waits for the %s in this version, and the case for the %s", state, st.Turn, c.Turn))
	default:
		next.State, next.DueAt = state, c.dueOn(st, zone, cal, now)
	}
	why = append(why, to.SameParts(c.Def, c.State)...)
	if stopped := c.Content.Stopped; stopped != nil {
		was, ok := to.StateOf(stopped.State)
		if !ok {
			why = append(why, fmt.Sprintf("the state %s, whose deadline stands still, is not in this version", stopped.State))
		}
		next.Content.Stopped = &procedure.Stopped{State: was, Due: stopped.Due, At: stopped.At}
	}
	next.Content.Open = nil
	for _, pointer := range c.Content.Open {
		next.Content.Open = append(next.Content.Open, to.PointerOf(pointer))
	}
	next.Content.Scanned = nil
	for pointer, at := range c.Content.Scanned {
		if next.Content.Scanned == nil {
			next.Content.Scanned = map[string]time.Time{}
		}
		next.Content.Scanned[to.PointerOf(pointer)] = at
	}
	next.Content.Disputes = renamed(to, c.Content.Disputes)
	a := to.Renamed(c.Content.Answers)
	filed := form.DateOf(c.SubmittedAt.In(zone))
	f := to.FormFor(c.Content.Profile, a, filed)
	next.Content.Answers = f.Prune(a)
	kept := next.Content.Answers.Pointers()
	for _, pointer := range a.Pointers() {
		if !slices.Contains(kept, pointer) {
			why = append(why, fmt.Sprintf("what was answered at %s has no place", pointer))
		} else if rows, ok := a.Get(pointer).([]any); ok && form.Size(rows) != form.Size(next.Content.Answers.Get(pointer)) {
			why = append(why, fmt.Sprintf("something of what was answered in the rows of %s has no place", pointer))
		}
	}
	for _, pointer := range next.Content.Open {
		if !slices.Contains(st.Edit, pointer) {
			why = append(why, fmt.Sprintf("the applicant was asked to change %s, which this version does not open", pointer))
		}
	}
	for _, w := range to.Validate(f, next.Content.Answers, filed) {
		why = append(why, fmt.Sprintf("/%s is not right by this version (%s)", strings.ReplaceAll(w.Name, ".", "/"), w.Key))
	}
	return next, why
}

// dueOn is until when the case may stay in the state: a deadline that runs runs on, to its moment and no other; one that is new begins
// now, for nobody knew of it before.
func (c Case) dueOn(st procedure.Step, zone *time.Location, cal *workday.Calendar, now time.Time) time.Time {
	switch {
	case st.Deadline.IsZero():
		return time.Time{}
	case !c.DueAt.IsZero():
		return c.DueAt
	}
	return store.Moment(st.Deadline.Due(now, zone, cal))
}

// seen is all that the applicant's page says of the case by its definition, in both languages.
func (c Case) seen() []string {
	var out []string
	for _, l := range i18n.Langs() {
		ctx := i18n.With(context.Background(), l)
		say := func(texts ...i18n.Text) {
			for _, t := range texts {
				out = append(out, t.In(ctx))
			}
		}
		say(c.Def.Title, c.Step().Title, c.Step().Explain)
		for _, a := range c.Def.Actions(c.State, procedure.ByApplicant) {
			say(a.Title, a.Confirm)
		}
		for _, st := range c.Def.Ahead(c.State) {
			say(st.Title)
		}
		for _, x := range said(ctx, c.Def.Form, c.Content.Answers) {
			out = append(out, x.Question, x.Answer)
		}
	}
	return append(out, c.DueAt.String())
}

// carried writes a case that was carried, with all that goes with it. The register is asked anew and the timer is set anew: those of before
// find another version of the case and leave it alone.
func (s *Service) carried(ctx context.Context, tx *store.Tx, who access.Actor, was, c Case, tell bool) error {
	c.Version++
	key, err := s.Ring.Person(ctx, tx, c.AccountID)
	if err != nil {
		return err
	}
	sealed, err := c.seal(key)
	if err != nil {
		return err
	}
	if err := store.Touched(tx.Exec(ctx, `UPDATE application SET definition = $1, state = $2, due_at = $3, content = $4, version = $5 WHERE id = $6 AND version = $7`,
		c.Def.Version, string(c.State), store.OrNull(c.DueAt), sealed, c.Version, c.ID, was.Version)); err != nil {
		return err
	}
	if err := s.remember(ctx, tx, access.SystemActor(), &c, carriedOn, nil); err != nil {
		return err
	}
	if err := tx.Do(ctx, `INSERT INTO application_carried (application_id, version, was, now) VALUES ($1, $2, $3, $4)`, c.ID, c.Version, was.Def.Version, c.Def.Version); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "application.carried", Actor: who, Subject: c.AccountID, Object: "case/" + c.ID,
		Detail: audit.Detail{"service": c.Service, "version": c.Def.Version, "from": was.Def.Version, "to": string(c.State)}}); err != nil {
		return err
	}
	next := c.systems()
	if !c.DueAt.IsZero() {
		next = append(next, s.timer(c, tx.Now()))
	}
	if err := s.Jobs.Enqueue(ctx, tx, next...); err != nil {
		return err
	}
	if tell {
		note := carriedNote(s.Notices.Letterhead(), c.ID, c.Number, c.Def.Title)
		if err := s.tell(ctx, tx, c, note); err != nil {
			return err
		}
	}
	return errors.Join(tx.Notify(ctx, c.Topic()), tx.Notify(ctx, QueueTopic(c.Unit)), c.shown(ctx, tx))
}

// entitle gives each move in the history of a case its words: those of the definition that the case was on when it was made.
func (s *Service) entitle(ctx context.Context, q store.Querier, c *Case) error {
	def, was := c.Def, map[int64]string{}
	if slices.ContainsFunc(c.Events, func(e Event) bool { return e.Event == carriedOn }) {
		var err error
		if was, err = carriages(ctx, q, c.ID); err != nil {
			return err
		}
	}
	for i, e := range slices.Backward(c.Events) {
		st, _ := def.Step(e.State)
		c.Events[i].Title = st.Title
		if e.Event != carriedOn {
			continue
		}
		c.Events[i].Title = i18n.Text{RU: i18n.RU.T("application.carried", "state", lowerFirst(st.Title.RU)), EN: i18n.EN.T("application.carried", "state", lowerFirst(st.Title.EN))}
		var err error
		if def, err = s.definition(ctx, q, was[e.Version], c.Service); err != nil {
			return err
		}
	}
	return nil
}

// carriages are the versions of the definition before each time that the case was carried.
func carriages(ctx context.Context, q store.Querier, caseID string) (map[int64]string, error) {
	rows, err := q.Query(ctx, `SELECT version, was FROM application_carried WHERE application_id = $1`, caseID)
	if err != nil {
		return nil, fmt.Errorf("how case %s was carried: %w", caseID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[int64]string{}
	for rows.Next() {
		var version int64
		var was string
		if err := rows.Scan(&version, &was); err != nil {
			return nil, err
		}
		out[version] = was
	}
	return out, rows.Err()
}
