package application

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// AskLookup is the job that asks a register for a form that is being filled in.
type AskLookup struct {
	Draft  string          `json:"draft"`
	Lookup string          `json:"lookup"`
	Asked  int64           `json:"asked"` // when, in microseconds since 1970: a later question has a job of its own
	As     access.Capacity `json:"as"`    // of whoever fills it in
}

// Kind names the job in the queue.
func (AskLookup) Kind() string { return "application.ask_lookup" }

// JobPolicy never gives up: LookUp says until when to ask.
func (AskLookup) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 2 * time.Second, Longest: time.Minute}
}

// LookupState is how it stands with what a form asks a register.
type LookupState string

// The states.
const (
	LookupAsking LookupState = "asking" // a moment ago
	LookupSlow   LookupState = "slow"   // for longer than registers take; it is asked on
	LookupAway   LookupState = "away"   // it did not answer, and is asked no more
	LookupTold   LookupState = "told"
	LookupNone   LookupState = "none" // it has nothing
	LookupOld    LookupState = "old"  // what it said counts no more
)

// LookedUp is what a form asks a register, and what became of it.
type LookedUp struct {
	procedure.Lookup
	State   LookupState
	AskedAt time.Time
	At      time.Time // when it answered last; zero when it never did
	Kept    bool      // the form has something else than it told, typed by the person
}

// ErrAsked is that registers were asked so often in a day.
var ErrAsked = fault.New(fault.TooMany, "application.asked_often")

// question is a question to a register as it is kept beside the answers.
type question struct {
	AskedAt    time.Time         `json:"asked_at"`
	AnsweredAt time.Time         `json:"answered_at,omitzero"`
	Told       procedure.Profile `json:"told,omitempty"`

	Answered bool `json:"answered,omitempty"` // this question; AnsweredAt may be of an earlier one
}

// beside is what of a draft is sealed beside its answers.
type beside struct {
	Lookups  map[string]question `json:"lookups,omitempty"`
	Disputes map[string]Dispute  `json:"disputes,omitempty"` // by pointer

	Documents map[kind.ID]taken `json:"documents,omitempty"`
}

func (b beside) empty() bool {
	return len(b.Lookups) == 0 && len(b.Disputes) == 0 && len(b.Documents) == 0
}

// seal is what is stored of it, nil when there is nothing.
func (b beside) seal(key *keyring.Key, draftID string) ([]byte, error) {
	if b.empty() {
		return nil, nil
	}
	return key.SealJSON("draft", "beside", draftID, b)
}

func unsealBeside(key *keyring.Key, draftID string, sealed []byte) (b beside, err error) {
	if sealed == nil {
		return b, nil
	}
	if err := key.OpenJSON("draft", "beside", draftID, sealed, &b); err != nil {
		return b, fmt.Errorf("open what is beside draft %s: %w", draftID, err)
	}
	return b, nil
}

// knows is the profile with what registers told and documents gave for the draft, as far as it counts still.
func (s *Service) knows(p procedure.Profile, def *procedure.Definition, b beside, now time.Time) procedure.Profile {
	lookups := def.Lookups()
	if len(lookups) == 0 && len(b.Documents) == 0 {
		return p
	}
	p = maps.Clone(p)
	for _, t := range b.Documents {
		if !t.ended(now) {
			maps.Copy(p, t.Told)
		}
	}
	for _, l := range lookups {
		if a := b.Lookups[l.Name]; !a.AnsweredAt.IsZero() && l.Counts(a.AnsweredAt, now, s.Zone) {
			maps.Copy(p, a.Told)
		}
	}
	return p
}

// LookedUp tells how it stands with what the draft's form asks registers, of what it asks the person for, in the order of its definition.
func (s *Service) LookedUp(d Draft) []LookedUp {
	now := s.DB.Now()
	var out []LookedUp
	for _, l := range d.Def.Lookups() {
		if !d.calls(l) {
			continue
		}
		a := d.beside.Lookups[l.Name]
		out = append(out, LookedUp{Lookup: l, State: s.stateOf(l, a, now), AskedAt: a.AskedAt, At: a.AnsweredAt, Kept: len(d.kept(l, a.Told)) > 0})
	}
	return out
}

func (s *Service) stateOf(l procedure.Lookup, a question, now time.Time) LookupState {
	p := s.Policy.Cases.Lookups
	switch {
	case a.Answered && !l.Counts(a.AnsweredAt, now, s.Zone):
		return LookupOld
	case a.Answered && len(a.Told) == 0:
		return LookupNone
	case a.Answered:
		return LookupTold
	case a.AskedAt.IsZero() || now.After(a.AskedAt.Add(p.AskFor)):
		return LookupAway
	case now.After(a.AskedAt.Add(p.Slow)):
		return LookupSlow
	}
	return LookupAsking
}

// calls reports whether the form asks for something that the lookup knows: nothing else is asked of registers.
func (d Draft) calls(l procedure.Lookup) bool {
	fills := d.Def.Fills(l)
	return slices.ContainsFunc(d.Form.Asked(d.Answers), func(p form.Page) bool {
		return slices.ContainsFunc(p.Fields, func(f form.Field) bool {
			return slices.ContainsFunc(fills, func(x procedure.Filling) bool { return x.Pointer == f.Pointer })
		})
	})
}

// lookUp has registers asked for the draft: the one of that name, or all that were never asked, did not answer or said what counts no more.
// The draft is written by whoever calls. It says whether anything is asked. Whoever has used up the questions of a day gets ErrAsked when they
// asked by their own hand; a form that would ask by itself is filled in by them.
func (s *Service) lookUp(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, name string) (bool, error) {
	var due []procedure.Lookup
	for _, l := range d.Def.Lookups() {
		switch state := s.stateOf(l, d.beside.Lookups[l.Name], tx.Now()); {
		case name != "" && name != l.Name, state == LookupAsking, state == LookupSlow:
		case name == "" && (state == LookupTold || state == LookupNone):
		case d.calls(l): // last: it looks through the form
			due = append(due, l)
		}
	}
	if len(due) == 0 {
		return false, nil
	}
	v, err := limit.Take(ctx, tx, s.Policy.Cases.Lookups.PerPerson.Rule("application.looked_up"), "application.looked_up:"+who.ID)
	if err != nil {
		return false, err
	}
	if !v.Allowed {
		if name == "" {
			return false, nil
		}
		return false, ErrAsked.At(v.Until)
	}
	work := make([]jobs.Args, len(due))
	for i, l := range due {
		a := d.beside.Lookups[l.Name]
		a.AskedAt, a.Answered = store.Moment(tx.Now()), false
		d.beside.Lookups = with(d.beside.Lookups, l.Name, a)
		work[i] = AskLookup{d.ID, l.Name, a.AskedAt.UnixMicro(), who.Capacity()}
		if err := audit.Record(ctx, tx, audit.Event{Action: "application.looked_up", Actor: who, Subject: who.Whose(), Object: "draft/" + d.ID, Detail: audit.Detail{"register": l.Register, "service": d.Def.Code}}); err != nil {
			return false, err
		}
	}
	return true, s.Jobs.Enqueue(ctx, tx, work...)
}

func with[K comparable, V any](m map[K]V, key K, v V) map[K]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[K]V{}
	}
	m[key] = v
	return m
}

// keepBeside writes what is beside the answers of the draft and leaves the draft's version alone: nothing that would be filed has changed.
func (s *Service) keepBeside(ctx context.Context, tx *store.Tx, key *keyring.Key, d *Draft) error {
	sealed, err := d.beside.seal(key, d.ID)
	if err != nil {
		return err
	}
	return store.Touched(tx.Exec(ctx, `UPDATE draft SET beside = $1 WHERE id = $2`, sealed, d.ID))
}

// goOn fills in further a draft that is opened again: it asks the registers that did not answer and those whose answer counts no more, and
// takes what documents hold meanwhile.
func (s *Service) goOn(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, held []kind.Held) error {
	begun, err := s.lookUp(ctx, tx, who, d, "")
	if err != nil {
		return err
	}
	took, err := s.takeAlone(ctx, tx, who, d, held)
	if err != nil {
		return err
	}
	if took {
		err = s.saveDraft(ctx, tx, who, d)
	} else if begun {
		var key *keyring.Key
		if key, err = s.Ring.Person(ctx, tx, who.Whose()); err == nil {
			err = s.keepBeside(ctx, tx, key, d)
		}
	}
	if begun {
		err = errors.Join(err, tx.Notify(ctx, LookupTopic(d.ID)))
	}
	return err
}

// AskAgain has a register asked once more by the person's own hand. While a question is under way there is no other.
func (s *Service) AskAgain(ctx context.Context, who access.Actor, code, lookup string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	def, err := s.service(code, who)
	if err != nil {
		return err
	}
	if _, ok := def.Lookup(lookup); !ok {
		return ErrMissing
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d, key, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		begun, err := s.lookUp(ctx, tx, who, &d, lookup)
		if err != nil || !begun {
			return err
		}
		return errors.Join(s.keepBeside(ctx, tx, key, &d), tx.Notify(ctx, LookupTopic(d.ID)))
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrMissing
	}
	return err
}

// locked reads the person's draft so that nothing else is written beside it meanwhile.
func (s *Service) locked(ctx context.Context, tx *store.Tx, who access.Actor, def *procedure.Definition) (Draft, *keyring.Key, error) {
	if err := store.TouchedOr(store.ErrNotFound)(tx.Exec(ctx, `UPDATE draft SET version = version WHERE account_id = $1 AND by_id = $2 AND service = $3`, who.Whose(), who.By(), def.Code)); err != nil {
		return Draft{}, nil, err
	}
	p, err := s.profile(ctx, tx, who)
	if err != nil {
		return Draft{}, nil, err
	}
	d, err := s.draft(ctx, tx, who, def, p)
	if err != nil {
		return Draft{}, nil, err
	}
	key, err := s.Ring.Person(ctx, tx, who.Whose())
	return d, key, err
}

// LookupTopic is how pages of a form listen for what registers say.
func LookupTopic(draft string) string { return "lookups-" + draft }

// LookUp does the job AskLookup. What the register says fills in the answers that nobody has touched; what the person typed meanwhile
// stays. A register that does not answer, or talks of something else, is asked again for as long as cases.lookups.ask_for has it.
func (s *Service) LookUp(ctx context.Context, job AskLookup) error {
	who, service, err := s.asks(ctx, job)
	if err != nil {
		return err
	}
	def, ok := s.Catalogue.ByCode(service)
	l, asks := procedure.Lookup{}, false
	if ok {
		l, asks = def.Lookup(job.Lookup)
	}
	if !asks { // sent, thrown away, answered, or of a version that asks for other things
		return nil
	}
	p, err := s.profile(ctx, s.DB, who)
	if errors.Is(err, ErrActed) {
		return nil
	}
	if err != nil {
		return err
	}
	told, err := s.look(ctx, def, l, p)
	if err != nil {
		return s.lookedInVain(ctx, job, err)
	}
	return s.told(ctx, who, def, l, job, told)
}

// asks is for whom and for which service the question of the job is asked; no service when nobody waits for an answer any more.
func (s *Service) asks(ctx context.Context, job AskLookup) (who access.Actor, service string, err error) {
	var account, by string
	var sealed, wrapped []byte
	err = store.One(s.DB.QueryRow(ctx, `SELECT account_id, by_id, service, beside, `+keyring.WrappedSQL("draft.account_id")+` FROM draft WHERE id = $1`, job.Draft).Scan(&account, &by, &service, &sealed, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return who, "", nil
	}
	if err != nil {
		return who, "", err
	}
	who = access.Actor{Kind: access.Person, ID: account}
	if by != "" {
		who = access.Actor{Kind: access.Person, ID: by}.Acting(account, job.As)
	}
	key, err := s.Ring.Unwrap(account, wrapped)
	if err != nil {
		return who, "", err
	}
	b, err := unsealBeside(key, job.Draft, sealed)
	if a := b.Lookups[job.Lookup]; err != nil || a.Answered || a.AskedAt.UnixMicro() != job.Asked {
		return who, "", err
	}
	return who, service, nil
}

// look asks the register, and reads what it says.
func (s *Service) look(ctx context.Context, def *procedure.Definition, l procedure.Lookup, p procedure.Profile) (procedure.Profile, error) {
	register, ok := s.Registers[l.Register]
	if !ok {
		return nil, fmt.Errorf("the form of %s asks %s, for which there is no connector", def.Code, l.Register)
	}
	outcome, data, err := register.Ask(ctx, l.Questions(p))
	if err != nil {
		return nil, err
	}
	if procedure.Event(outcome) != procedure.Found {
		data = nil
	}
	told, odd := def.Told(l, data, s.DB.Now(), s.today(s.DB))
	if len(odd) > 0 && len(told) == 0 { // it talks of something else: as good as no answer
		return nil, fmt.Errorf("what register %s says fits none of the questions %s", l.Register, strings.Join(odd, ", "))
	}
	return told, nil
}

// lookedInVain has the page look again, and the job run later as long as the register is to be asked.
func (s *Service) lookedInVain(ctx context.Context, job AskLookup, cause error) error {
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.Notify(ctx, LookupTopic(job.Draft)) }); err != nil {
		return err
	}
	if s.DB.Now().After(time.UnixMicro(job.Asked).Add(s.Policy.Cases.Lookups.AskFor)) {
		return jobs.Cancel(fmt.Errorf("a register does not answer and is not asked again: %w", cause))
	}
	return cause
}

// told keeps what the register said, and fills in with it.
func (s *Service) told(ctx context.Context, who access.Actor, def *procedure.Definition, l procedure.Lookup, job AskLookup, told procedure.Profile) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		d, key, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		a := d.beside.Lookups[l.Name]
		if d.ID != job.Draft || a.Answered || a.AskedAt.UnixMicro() != job.Asked {
			return nil // answered by an earlier run of this job, or asked anew
		}
		before := a.Told
		a.Told = told
		a.AnsweredAt, a.Answered = store.Moment(tx.Now()), true
		d.beside.Lookups = with(d.beside.Lookups, l.Name, a)
		d.fillIn(l, before, a.Told)
		if len(before) == 0 && len(a.Told) == 0 {
			return errors.Join(s.keepBeside(ctx, tx, key, &d), tx.Notify(ctx, LookupTopic(d.ID)))
		}
		return errors.Join(s.saveDraft(ctx, tx, who, &d), tx.Notify(ctx, LookupTopic(d.ID)))
	})
	if errors.Is(err, ErrActed) {
		return nil
	}
	return err // a draft that goes to another account just now is looked for again
}

// registerTab stands in the changes of a draft for what a register filled in.
const registerTab = "register"

// fillIn gives the answers that a lookup feeds what it told: those that nobody has touched, and those that stand as it told them before.
func (d *Draft) fillIn(l procedure.Lookup, before, now procedure.Profile) {
	for _, f := range d.kept(l, now) {
		there := d.Answers.Get(f.Pointer)
		_, touched := d.touched.all()[f.Pointer]
		if mine := there != nil && !form.Same(there, before[f.Fact].Answer()) || there == nil && touched; !mine {
			d.change(f.Pointer, now[f.Fact].Answer(), Typed{Tab: registerTab})
		}
	}
}

// kept are the answers that differ from what the lookup told for them.
func (d Draft) kept(l procedure.Lookup, told procedure.Profile) []procedure.Filling {
	return slices.DeleteFunc(d.Def.Fills(l), func(f procedure.Filling) bool {
		v := told[f.Fact].Answer()
		return v == nil || form.Same(d.Answers.Get(f.Pointer), v)
	})
}

// Adopt puts what the register told in the place of what the person typed, by their own hand. Where it told nothing that counts, what stands
// there stays.
func (s *Service) Adopt(ctx context.Context, who access.Actor, code, lookup string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	def, err := s.service(code, who)
	if err != nil {
		return err
	}
	l, ok := def.Lookup(lookup)
	if !ok {
		return ErrMissing
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d, _, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		a := d.beside.Lookups[l.Name]
		if s.stateOf(l, a, tx.Now()) != LookupTold {
			return nil
		}
		differs := d.kept(l, a.Told)
		if len(differs) == 0 {
			return nil
		}
		for _, f := range differs {
			d.change(f.Pointer, a.Told[f.Fact].Answer(), Typed{Tab: registerTab})
		}
		return errors.Join(s.saveDraft(ctx, tx, who, &d), tx.Notify(ctx, LookupTopic(d.ID)))
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrMissing
	}
	return err
}
