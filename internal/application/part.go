package application

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Follow is the job that carries on a case of several parts (SRV-8): it begins the part of the state, takes one back, or moves the case
// by how its part has ended. It looks at what is and does what is still to be done, so that it may run as often as it likes; whatever
// changes what it looks at enqueues it in the same transaction.
type Follow struct {
	Case string `json:"case"`
}

// Kind names the job in the queue.
func (Follow) Kind() string { return "application.follow" }

// Part is a part of a case: of which service, and its own case once it has begun.
type Part struct {
	procedure.Part
	Def  *procedure.Definition // of the service; nil when the portal has it no more and the part has not begun
	Case *Case                 // without its content and its history; nil before it has begun
}

// Parts lists the parts of a case that the actor may see, in the order in which they are begun.
func (s *Service) Parts(ctx context.Context, q store.Querier, who access.Actor, c Case) ([]Part, error) {
	named := c.Def.Parts()
	if len(named) == 0 {
		return nil, nil
	}
	args := []any{c.ID}
	begun, err := s.heads(ctx, q, `parent = $1 AND `+sightOf(who, q.Now()).sql(&args), args...)
	if err != nil {
		return nil, err
	}
	out := make([]Part, len(named))
	for i, p := range named {
		out[i] = Part{Part: p}
		out[i].Def, _ = s.Catalogue.ByCode(p.Service)
		if k := slices.IndexFunc(begun, func(x Case) bool { return x.Part == p.As }); k >= 0 {
			out[i].Case, out[i].Def = &begun[k], begun[k].Def
		}
	}
	return out, nil
}

// FollowParts does the job Follow.
func (s *Service) FollowParts(ctx context.Context, job Follow) error {
	who := access.SystemActor()
	c, ok, err := s.awake(ctx, job.Case)
	if !ok {
		return err
	}
	st := c.Step()
	if st.Begins == nil && st.TakesBack == "" {
		return nil // moved on
	}
	begun, err := s.list(ctx, s.DB, `parent = $1`, c.ID)
	if err != nil {
		return err
	}
	if st.Begins != nil {
		return s.followBegun(ctx, who, c, *st.Begins, begun)
	}
	return s.followTakenBack(ctx, who, c, partCalled(begun, st.TakesBack))
}

func partCalled(begun []Case, as string) *Case {
	if i := slices.IndexFunc(begun, func(x Case) bool { return x.Part == as }); i >= 0 {
		return &begun[i]
	}
	return nil
}

func (s *Service) followBegun(ctx context.Context, who access.Actor, c Case, p procedure.Part, begun []Case) error {
	part := partCalled(begun, p.As)
	switch {
	case part != nil && part.Outcome != "":
		return s.partEnded(ctx, who, c, procedure.Event(part.Outcome))
	case part != nil:
		return nil // its end enqueues this job again
	case !p.When.Holds(c.Form(s.Zone).See(c.Content.Answers)):
		return s.partEnded(ctx, who, c, procedure.Skipped)
	}
	return s.beginPart(ctx, who, c, p, begun)
}

func (s *Service) followTakenBack(ctx context.Context, who access.Actor, c Case, part *Case) error {
	switch {
	case part == nil || part.Outcome == procedure.Refused || part.Outcome == procedure.Withdrawn:
		return s.partEnded(ctx, who, c, procedure.Undone)
	case part.Outcome == "":
		return nil // it is being taken back, or has not ended yet; its end enqueues this job again
	case part.Step().TakenBack == "":
		return s.partEnded(ctx, who, c, procedure.Kept)
	}
	_, err := s.Do(ctx, who, part.ID, Act{Event: procedure.TakeBack, Version: part.Version})
	return unlessMoved(err)
}

// partEnded moves the case by how its part has ended.
func (s *Service) partEnded(ctx context.Context, who access.Actor, c Case, e procedure.Event) error {
	_, err := s.Do(ctx, who, c.ID, Act{Event: e, Version: c.Version})
	return unlessMoved(err)
}

// unlessMoved forgives that a case has moved on meanwhile: whoever moved it has enqueued what follows.
func unlessMoved(err error) error {
	if errors.Is(err, ErrMoved) {
		return nil
	}
	return err
}

// beginPart files the case of a part, in one transaction that looks once more whether the case still waits for it. What its service
// refuses to take ends the part as refused: what could be looked at was looked at before the whole was sent (partsWrong).
func (s *Service) beginPart(ctx context.Context, who access.Actor, c Case, p procedure.Part, begun []Case) error {
	def, ok := s.Catalogue.ByCode(p.Service)
	if !ok || !def.Online() {
		return fmt.Errorf("case %s begins %s, which this portal has not", c.ID, p.Service)
	}
	results := map[string]map[string]any{}
	for _, x := range begun {
		results[x.Part] = x.Content.Data
	}
	now := s.DB.Now()
	answers, wrong := filledIn(def, c.Content.Profile, c.Def.Given(p, c.Content.Answers, c.Content.Profile, results), form.DateOf(c.SubmittedAt.In(s.Zone)))
	if len(wrong) > 0 {
		slog.ErrorContext(ctx, "a part of a case cannot be filed with what it is given", "case", c.ID, "part", p.As, "service", p.Service, "fields", namesOf(wrong))
		return s.partEnded(ctx, who, c, procedure.Event(procedure.Refused))
	}
	if err := s.pin(ctx, def); err != nil {
		return err
	}
	number, err := s.numbers.take(ctx, s.DB)
	if err != nil {
		return err
	}
	part := Case{ID: id.At(now), Number: number, AccountID: c.AccountID, By: c.By, actsUntil: c.actsUntil, Service: def.Code, Def: def, Unit: def.Owner.Code, State: def.Start(),
		Content: Content{Answers: answers, Profile: def.Filed(c.Content.Profile.Person())}, SubmittedAt: store.Moment(now), Version: 1, Parent: c.ID, Part: p.As}
	part.EnteredAt = part.SubmittedAt
	part.settle(s)
	key, err := s.Ring.Person(ctx, s.DB, c.AccountID)
	if err != nil {
		return err
	}
	sealed, err := part.seal(key)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		part.Events = nil
		var account string
		err := store.One(tx.QueryRow(ctx, `SELECT account_id FROM application WHERE id = $1 AND version = $2 AND NOT EXISTS (SELECT 1 FROM application part WHERE part.parent = $1 AND part.part = $3)`,
			c.ID, c.Version, p.As).Scan(&account))
		if errors.Is(err, store.ErrNotFound) {
			return nil // moved on, or begun by another run of this job
		}
		if err != nil {
			return err
		}
		if account != part.AccountID {
			return store.ErrStale // it goes to another account of the same person just now: the job runs again
		}
		if err := s.insert(ctx, tx, who, &part, sealed); err != nil {
			return err
		}
		return s.arrive(ctx, tx, &part)
	})
}

// filledIn is the form of a service as it is filled in with what it is given, and what is wrong with it on that day: on the one on which
// the whole was sent it was looked at, and a part that begins after midnight is not refused for that.
func filledIn(def *procedure.Definition, known procedure.Profile, given map[string]any, today form.Date) (form.Answers, []fault.Field) {
	known = known.Person() // what was told for the form of the whole is told for no other
	a := def.Fill(known, form.Answers{})
	for to, v := range given {
		a = a.With(to, v)
	}
	a = def.Relock(known, def.Renamed(a)) // an address may be given in one line
	f := def.FormFor(known, a, today)
	a = f.Prune(a)
	return a, def.Validate(f, a, today)
}

// partsWrong is what the services of the parts would refuse of these answers, said at the questions they come from. What comes from a
// part that has not ended is not known yet, and is not looked at.
func (s *Service) partsWrong(d Draft) []fault.Field {
	var out []fault.Field
	a := d.Form.Prune(d.Answers) // what is not asked any more does not travel
	for _, p := range d.Def.Parts() {
		def, ok := s.Catalogue.ByCode(p.Service)
		if !ok || !p.When.Holds(d.Form.See(a)) {
			continue
		}
		_, wrong := filledIn(def, d.Profile, d.Def.Given(p, a, d.Profile, nil), s.today(s.DB))
		for _, w := range wrong {
			at := "/" + strings.ReplaceAll(w.Name, ".", "/")
			if p.Later(at) {
				continue
			}
			if from, given := p.Source(at); given {
				w.Name = form.NameOf(from)
			}
			if !slices.ContainsFunc(out, func(o fault.Field) bool { return o.Name == w.Name }) {
				out = append(out, w)
			}
		}
	}
	return out
}

// lacking is what the profile must know before the draft can be sent: for its service, and for those of the parts that it calls for.
func (s *Service) lacking(d Draft) []procedure.Fact {
	p := d.Profile
	out := d.Def.Lacking(p)
	for _, part := range d.Def.Parts() {
		if of, ok := s.Catalogue.ByCode(part.Service); ok && part.When.Holds(d.Form.See(d.Answers)) {
			out = append(out, slices.DeleteFunc(of.Lacking(p), func(f procedure.Fact) bool {
				_, looked := of.LookupOf(f) // its form is never opened, so that no register is asked for it
				return looked || slices.Contains(out, f)
			})...)
		}
	}
	return out
}

func namesOf(wrong []fault.Field) []string {
	out := make([]string, len(wrong))
	for i, w := range wrong {
		out[i] = w.Name
	}
	return out
}

// PartsOf are the parts of the cases.
func (s *Service) PartsOf(ctx context.Context, q store.Querier, cases []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT id FROM application WHERE parent <> '' AND `+store.InSQL("parent", cases, &args), args...))
}
