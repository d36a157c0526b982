package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Filter says which cases of an agency's desk a query shows, and in which order. It is data: it stands in addresses and is saved.
// The zero Filter is every open case, the nearest deadline first.
type Filter struct {
	Service string          `json:"service,omitempty"`
	State   procedure.State `json:"state,omitempty"`
	Turn    Whose           `json:"turn,omitempty"`
	Officer string          `json:"officer,omitempty"` // Mine, Nobodys, or who has it
	Due     DueIn           `json:"due,omitempty"`
	Days    int             `json:"days,omitempty"`   // filed so many days ago or earlier
	Number  string          `json:"number,omitempty"` // as typed: 2026-000184, or 184 of whatever year; ended cases are found, too
	Second  bool            `json:"second,omitempty"` // a colleague's decision waits to be confirmed by whoever asks
	Sort    Sort            `json:"sort,omitempty"`
}

// Whose says whose turn it is, as a filter.
type Whose string

// Whose turn a filter asks for.
const (
	Open    Whose = ""
	Agency  Whose = "agency"
	Waiting Whose = "waiting" // for the applicant or a register
	Ended   Whose = "ended"
	Any     Whose = "any"
)

// turns are those that a filter reads: each is a stretch of an index, in the order of the list.
func (w Whose) turns() []procedure.Turn {
	switch w {
	case Agency:
		return []procedure.Turn{procedure.TurnAgency}
	case Waiting:
		return []procedure.Turn{procedure.TurnApplicant, procedure.TurnSystem}
	case Ended:
		return []procedure.Turn{procedure.TurnNone}
	case Any:
		return []procedure.Turn{procedure.TurnAgency, procedure.TurnApplicant, procedure.TurnSystem, procedure.TurnNone}
	case Open:
	}
	return []procedure.Turn{procedure.TurnAgency, procedure.TurnApplicant, procedure.TurnSystem}
}

// Turns lists what a filter may ask for.
func Turns() []Whose { return []Whose{Open, Agency, Waiting, Ended, Any} }

// The officers that a filter names without knowing who asks.
const (
	Mine    = "mine"
	Nobodys = "nobody"
)

// DueIn says how near the deadline is, as a filter.
type DueIn string

// How near a deadline may be.
const (
	AnyDue  DueIn = ""
	Overdue DueIn = "overdue"
	Near    DueIn = "near"  // overdue, or due within cases.near of the policy
	Later   DueIn = "later" // after that
	Undated DueIn = "none"
)

// Dues lists what a filter may ask for.
func Dues() []DueIn { return []DueIn{AnyDue, Overdue, Near, Later, Undated} }

// Sort is the order of a list.
type Sort string

// The orders.
const (
	ByDue    Sort = ""       // the nearest deadline first, those without one last
	Oldest   Sort = "oldest" // filed first, first
	Newest   Sort = "newest"
	LastDone Sort = "done" // the last moved first
)

// Sorts lists the orders.
func Sorts() []Sort { return []Sort{ByDue, Oldest, Newest, LastDone} }

// never stands for the deadline of a case that has none, here and in the indexes.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

const dueSQL = `COALESCE(due_at, '9999-12-31 00:00:00+00:00')`

// key is the column or expression by which the order sorts, and whether it goes down.
func (o Sort) key() (expr string, down bool) {
	switch o {
	case Oldest:
		return `submitted_at`, false
	case Newest:
		return `submitted_at`, true
	case LastDone:
		return `entered_at`, true
	case ByDue:
	}
	return dueSQL, false
}

// of is the key of a case.
func (o Sort) of(c Case) time.Time {
	switch o {
	case Oldest, Newest:
		return c.SubmittedAt
	case LastDone:
		return c.EnteredAt
	case ByDue:
	}
	if c.DueAt.IsZero() {
		return never
	}
	return c.DueAt
}

// check says what is wrong with a filter; nothing of what the pages offer is.
func (f Filter) check() error {
	if !slices.Contains(Turns(), f.Turn) || !slices.Contains(Dues(), f.Due) || !slices.Contains(Sorts(), f.Sort) || f.Days < 0 || f.Days > 3660 ||
		len(f.Number) > 40 || len(f.Service) > 100 || len(f.State) > 100 || len(f.Officer) > 100 {
		return ErrFilter
	}
	return nil
}

// numbers are the numbers of cases that the typed text may mean: of this year and the years before, when it names none.
func (f Filter) numbers(now time.Time) []string {
	year, digits, named := strings.Cut(strings.TrimSpace(f.Number), "-")
	if !named {
		year, digits = "", year
	}
	n, err := strconv.ParseUint(digits, 10, 40)
	if err != nil {
		return nil
	}
	if named {
		y, err := strconv.ParseUint(year, 10, 14)
		if err != nil {
			return nil
		}
		return []string{numbered(int(y), int64(n))} //nolint:gosec // of 14 and 40 bits
	}
	var out []string
	for back := range 5 {
		out = append(out, numbered(now.Year()-back, int64(n))) //nolint:gosec // of 40 bits
	}
	return out
}

// ErrFilter is a filter that no page offers.
var (
	ErrFilter    = fault.New(fault.InvalidInput, "application.filter")
	ErrQueries   = fault.New(fault.TooMany, "application.queries") // the desk has as many saved queries as it may have
	ErrQueryName = fault.New(fault.InvalidInput, "application.query_name")
)

// fewCases is up to how many of an agency's cases with a state, at one turn, are read one by one and sorted. Of a state with more cases than that, a page
// is found sooner by going through all of them in the order of the list.
const fewCases = 5000

// asked is a filter and what is known of the state that it names.
type asked struct {
	Filter
	rare map[procedure.Turn]bool // at most fewCases of the agency's have it at this turn
}

// commonFor is how long a state counts as a common one that was found to be: most are for years, and to count so many cases takes as long as to
// read a page of them. One that is common no more is read more slowly till then; that a state is rare is never remembered, as of one that has
// become common only the first would be found.
const commonFor = time.Minute

// heap is the cases of an agency with a state, at one turn.
type heap struct {
	unit  string
	state procedure.State
	turn  procedure.Turn
}

// ask finds out what has to be known before the list of a filter is read. The order of the deadlines is that of an index of states; of the
// other orders none is.
func (s *Service) ask(ctx context.Context, who access.Actor, f Filter) (asked, error) {
	if f.State == "" || f.Sort == ByDue {
		return asked{Filter: f}, nil
	}
	now, rare := s.DB.Now(), map[procedure.Turn]bool{}
	args, counts, into := []any{who.Unit, string(f.State)}, []string(nil), []any(nil)
	n := map[procedure.Turn]*int{}
	for _, turn := range f.Turn.turns() { // most states are of one turn: in the stretches of the others there is nothing to be met
		if until, ok := s.common.Load(heap{who.Unit, f.State, turn}); ok && until.(time.Time).After(now) { //nolint:forcetypeassert // nothing else is put in
			continue
		}
		n[turn] = new(int)
		args, into = append(args, string(turn)), append(into, n[turn])
		counts = append(counts, fmt.Sprintf(`(SELECT count(*) FROM (SELECT 1 FROM application WHERE unit = $1 AND state = $2 AND turn = $%d LIMIT %d) few%d)`, len(args), fewCases+1, len(args)))
	}
	if len(counts) == 0 {
		return asked{f, rare}, nil
	}
	if err := s.DB.QueryRow(ctx, `SELECT `+strings.Join(counts, ", "), args...).Scan(into...); err != nil {
		return asked{}, fmt.Errorf("cases of %s in %s: %w", who.Unit, f.State, err)
	}
	for turn, n := range n {
		if rare[turn] = *n <= fewCases; !rare[turn] {
			s.common.Store(heap{who.Unit, f.State, turn}, now.Add(commonFor))
		}
	}
	return asked{f, rare}, nil
}

// stretch is one stretch of an index as a statement: the ids and keys of at most n cases with the turn. Where few cases can be meant,
// it begins with those, which both engines then read by their ids: neither knows by itself how few they are.
func (s *Service) stretch(who access.Actor, v sight, f asked, turn procedure.Turn, from *Mark, n int, args *[]any) string {
	put := func(v any) string { *args = append(*args, v); return `$` + strconv.Itoa(len(*args)) }
	now := s.DB.Now()
	key, down := f.Sort.key()
	where := []string{v.sql(args), `turn = ` + put(string(turn))}
	if f.Service != "" {
		where = append(where, `service = `+put(f.Service))
	}
	few := ""
	switch {
	case f.Second:
		few = `SELECT application_id AS named, version AS stands FROM desk_proposal WHERE unit = ` + put(who.Unit) + ` AND employee_id <> ` + put(who.ID)
		where = append(where, `id = few.named`, `version = few.stands`)
	case f.rare[turn]:
		few = `SELECT id AS named FROM application WHERE unit = ` + put(who.Unit) + ` AND state = ` + put(string(f.State)) + ` AND turn = ` + put(string(turn)) +
			` LIMIT ` + strconv.Itoa(2*fewCases) // PostgreSQL would reckon with more, and read everything; twice, for those that come meanwhile
		where = append(where, `id = few.named`)
	}
	if f.State != "" {
		column := `state`
		if f.Sort != ByDue {
			column = `state || ''` // as a column it would lead to its index, of which everything had to be sorted
		}
		where = append(where, column+` = `+put(string(f.State)))
	}
	switch f.Officer {
	case "":
	case Mine:
		where = append(where, `officer = `+put(who.ID))
	case Nobodys:
		column := `officer`
		if v.services != "" && !v.beside {
			column = `officer || ''` // as a column it would lead to the index of officers, in which those of all services lie
		}
		where = append(where, column+` = ''`)
	default:
		where = append(where, `officer = `+put(f.Officer))
	}
	switch f.Due {
	case AnyDue:
	case Overdue:
		where = append(where, dueSQL+` < `+put(now))
	case Near:
		where = append(where, dueSQL+` < `+put(now.Add(s.Policy.Cases.Near)))
	case Later:
		where = append(where, dueSQL+` >= `+put(now.Add(s.Policy.Cases.Near))+` AND due_at IS NOT NULL`)
	case Undated:
		where = append(where, `due_at IS NULL`)
	}
	if f.Days > 0 {
		where = append(where, `submitted_at < `+put(now.AddDate(0, 0, -f.Days)))
	}
	if f.Number != "" {
		if list := f.numbers(now); len(list) > 0 {
			where = append(where, store.InSQL(`number`, list, args))
		} else {
			where = append(where, `1 = 0`)
		}
	}
	if from != nil {
		over, back := `>`, down != from.Back
		if back {
			over = `<`
		}
		at, after := put(from.At), put(from.ID)
		where = append(where, key+` `+over+`= `+at+` AND (`+key+` `+over+` `+at+` OR id `+over+` `+after+`)`)
		down = back
	}
	with, of := ``, `application`
	if few != "" {
		with, of = `WITH few AS MATERIALIZED (`+few+`) `, `few CROSS JOIN application` // in this order, for SQLite
	}
	return with + `SELECT id, ` + key + ` AS k FROM ` + of + ` WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY ` + ordered(key, `id`, down) + ` LIMIT ` + strconv.Itoa(n)
}

func ordered(key, id string, down bool) string {
	if down {
		return key + ` DESC, ` + id + ` DESC`
	}
	return key + `, ` + id
}

// found is the ids and keys of at most n cases of a filter, whatever their turn. Each turn is read from its own stretch of the index
// and no further than n rows: what a list costs does not grow with what the agency holds.
func (s *Service) found(who access.Actor, f asked, from *Mark, n int, args *[]any) string {
	turns := f.Turn.turns()
	if f.Number != "" {
		turns = Any.turns()
	}
	sights := []sight{sightOf(who, s.DB.Now())}
	sights[0].beside = true
	if !f.Second { // each service has a stretch of its own in every order
		sights = sights[0].each(f.Service)
	}
	var parts []string
	for _, v := range sights {
		for _, t := range turns {
			parts = append(parts, `SELECT id, k FROM (`+s.stretch(who, v, f, t, from, n, args)+`) stretch`+strconv.Itoa(len(parts)))
		}
	}
	return strings.Join(parts, ` UNION ALL `)
}

// Mark is a place in a list: the page goes on after it, or ends before it.
type Mark struct {
	At   time.Time
	ID   string
	Back bool
}

// back reports whether the list is read backwards, to end before the mark; without one it is not.
func (m *Mark) back() bool { return m != nil && m.Back }

// Text is the mark for an address.
func (m Mark) Text() string {
	way := "a"
	if m.Back {
		way = "b"
	}
	return way + strconv.FormatInt(m.At.UnixMicro(), 36) + "." + m.ID
}

// MarkOf reads what Text wrote; nil for anything else.
func MarkOf(text string) *Mark {
	if len(text) < 2 || len(text) > 100 || text[0] != 'a' && text[0] != 'b' {
		return nil
	}
	micros, id, ok := strings.Cut(text[1:], ".")
	at, err := strconv.ParseInt(micros, 36, 64)
	if !ok || err != nil || at < 0 || at > never.UnixMicro() || id == "" {
		return nil
	}
	return &Mark{At: time.UnixMicro(at).UTC(), ID: id, Back: text[0] == 'b'}
}

// Listed is a page of a list.
type Listed struct {
	Cases      []Case
	Prev, Next *Mark // nil where there is nothing
}

// Find lists the cases of the officer's agency that a filter names, at most so many, from the mark on (from the beginning when nil).
// Nothing is unsealed for it: a list says nothing of persons, and whoever wants to know more opens the case, which is recorded.
func (s *Service) Find(ctx context.Context, who access.Actor, f Filter, from *Mark, most int) (Listed, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Listed{}, err
	}
	if err := f.check(); err != nil {
		return Listed{}, err
	}
	known, err := s.ask(ctx, who, f)
	if err != nil {
		return Listed{}, err
	}
	var args []any
	few := s.places(who, known, from, most+1, &args)
	key, down := f.Sort.key()
	list, err := s.heads(ctx, s.DB, `id IN (SELECT id FROM (`+few+`) page) ORDER BY `+ordered(key, `id`, down != from.back()), args...)
	if err != nil {
		return Listed{}, err
	}
	var out Listed
	out.Cases, out.Prev, out.Next = turned(list, most, from, func(c Case) Mark { return *f.Mark(c) })
	return out, nil
}

// places is the ids and keys of at most n cases of the list, from the mark on and in the order in which it is gone through from there.
func (s *Service) places(who access.Actor, f asked, from *Mark, n int, args *[]any) string {
	_, down := f.Sort.key()
	return `SELECT id, k FROM (` + s.found(who, f, from, n, args) + `) few ORDER BY ` + ordered(`k`, `id`, down != from.back()) + ` LIMIT ` + strconv.Itoa(n)
}

// turned makes a page of what was read from the mark on, one more than a page has if there is more, and says where the list goes on. What was read
// backwards is turned into the order of the list.
func turned[T any](list []T, most int, from *Mark, mark func(T) Mark) (page []T, prev, next *Mark) {
	more, back := len(list) > most, from.back()
	if more {
		list = list[:most]
	}
	if back {
		slices.Reverse(list)
	}
	if len(list) == 0 {
		return list, nil, nil
	}
	if more || back {
		m := mark(list[len(list)-1])
		next = &m
	}
	if more && back || from != nil && !back {
		m := mark(list[0])
		m.Back = true
		prev = &m
	}
	return list, prev, next
}

// Mark is the place of the case in the list.
func (f Filter) Mark(c Case) *Mark { return &Mark{At: f.Sort.of(c), ID: c.ID} }

// Next finds the case of the list that follows the place, whether the case that stood there has left the list or not; after the last one
// the first: it was passed over, or came meanwhile. except is never the next one. It is the place of the case, nil when the list has no other.
func (s *Service) Next(ctx context.Context, who access.Actor, f Filter, after *Mark, except string) (*Mark, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	known, err := s.ask(ctx, who, f)
	if err != nil {
		return nil, err
	}
	from := after
	if from.back() {
		from = nil
	}
	next, err := s.following(ctx, who, known, from, except)
	if next == nil && err == nil && from != nil {
		return s.following(ctx, who, known, nil, except)
	}
	return next, err
}

// following is the first place after the mark at which another case stands than except; nil when there is none.
func (s *Service) following(ctx context.Context, who access.Actor, f asked, from *Mark, except string) (*Mark, error) {
	var args []any
	text := s.places(who, f, from, 2, &args)
	var next *Mark
	rows, err := s.DB.Query(ctx, text, args...)
	err = store.Each(rows, err, func(r *store.Rows) error {
		var m Mark
		if err := r.Scan(&m.ID, store.Time(&m.At)); err != nil {
			return err
		}
		if next == nil && m.ID != except {
			next = &m
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the next case of %s: %w", who.Unit, err)
	}
	return next, nil
}

// Lots is more than a count counts to: whoever has as many does not need to know how many more.
const Lots = 100

// Count says how many cases each filter names, in one statement, and stops at Lots: what it costs does not grow with what the agency
// holds.
func (s *Service) Count(ctx context.Context, who access.Actor, filters ...Filter) ([]int, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	if len(filters) == 0 {
		return nil, nil
	}
	var args []any
	counts, into, parts := make([]int, len(filters)), make([]any, len(filters)), make([]string, len(filters))
	for i, f := range filters {
		if err := f.check(); err != nil {
			return nil, err
		}
		f.Sort = ByDue // a count has no order: states, officers and services have an index in this one,
		if f.Days > 0 && f.State == "" {
			f.Sort = Oldest // and what was filed before a day is the beginning of that one
		}
		parts[i] = `(SELECT count(*) FROM (` + s.found(who, asked{Filter: f}, nil, Lots, &args) + `) few` + strconv.Itoa(i) + `)`
		into[i] = &counts[i]
	}
	if err := s.DB.QueryRow(ctx, `SELECT `+strings.Join(parts, `, `), args...).Scan(into...); err != nil {
		return nil, fmt.Errorf("count the cases of %s: %w", who.Unit, err)
	}
	for i := range counts {
		counts[i] = min(counts[i], Lots)
	}
	return counts, nil
}

// Query is a list of cases under a name: one that comes with the portal has a Queue, a saved one an id and a name.
type Query struct {
	ID     string
	Queue  Queue
	Name   string
	Own    bool // an officer's; the whole agency's otherwise
	Filter Filter
}

// Queue names a query that comes with the portal.
type Queue string

// The queries that come with the portal.
const (
	QueueNew     Queue = "new"     // the agency's turn, nobody has taken it
	QueueMine    Queue = "mine"    // the agency's turn, taken by whoever asks
	QueueSecond  Queue = "second"  // a colleague's decision waits to be confirmed
	QueueWaiting Queue = "waiting" // the applicant's turn, or a register's
	QueueBurning Queue = "burning" // the agency's turn, and the deadline is near or over
	QueueDone    Queue = "done"
)

// Queues lists them in the order of the desk.
func Queues() []Queue {
	return []Queue{QueueNew, QueueMine, QueueSecond, QueueWaiting, QueueBurning, QueueDone}
}

// Filter is what the query shows.
func (q Queue) Filter() (Filter, bool) {
	switch q {
	case QueueNew:
		return Filter{Turn: Agency, Officer: Nobodys}, true
	case QueueMine:
		return Filter{Turn: Agency, Officer: Mine}, true
	case QueueSecond:
		return Filter{Turn: Agency, Second: true}, true
	case QueueWaiting:
		return Filter{Turn: Waiting}, true
	case QueueBurning:
		return Filter{Turn: Agency, Due: Near}, true
	case QueueDone:
		return Filter{Turn: Ended, Sort: LastDone}, true
	}
	return Filter{}, false
}

// OfUnit lists the beginning of a query that comes with the portal.
func (s *Service) OfUnit(ctx context.Context, who access.Actor, queue Queue, most int) ([]Case, error) {
	f, ok := queue.Filter()
	if !ok {
		return nil, ErrMissing
	}
	list, err := s.Find(ctx, who, f, nil, most)
	return list.Cases, err
}

// Queries lists what the officer's desk offers: what comes with the portal, what the agency saved, what the officer saved.
func (s *Service) Queries(ctx context.Context, who access.Actor) ([]Query, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	var out []Query
	for _, q := range Queues() {
		f, _ := q.Filter()
		out = append(out, Query{Queue: q, Filter: f})
	}
	rows, err := s.DB.Query(ctx, `SELECT id, name, employee_id, filter FROM desk_query WHERE unit = $1 AND employee_id IN ('', $2) ORDER BY employee_id, name`, who.Unit, who.ID)
	if err != nil {
		return nil, fmt.Errorf("queries of %s: %w", who.Unit, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var q Query
		var employee, filter string
		if err := rows.Scan(&q.ID, &q.Name, &employee, &filter); err != nil {
			return nil, err
		}
		q.Own = employee != ""
		if err := json.Unmarshal([]byte(filter), &q.Filter); err != nil {
			return nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		out = append(out, q)
	}
	return out, rows.Err()
}

// longestName is how many letters the name of a query or of a text may have: it stands in a column of the page.
const longestName = 60

// SaveQuery keeps a filter under a name for the officer, or for the whole agency, which is for the head of its desk. A name that is
// there gets the new filter.
func (s *Service) SaveQuery(ctx context.Context, who access.Actor, q Query) (Query, error) {
	need, employee := access.LeadDesk, ""
	if q.Own {
		need, employee = access.DecideCases, who.ID
	}
	if err := who.May(need); err != nil {
		return Query{}, err
	}
	if err := q.Filter.check(); err != nil {
		return Query{}, err
	}
	q.Name = strings.TrimSpace(q.Name)
	if q.Name == "" || utf8.RuneCountInString(q.Name) > longestName {
		return Query{}, ErrQueryName.With(fault.F("name", "application.query_name"))
	}
	filter, err := json.Marshal(q.Filter)
	if err != nil {
		return Query{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		var n int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM desk_query WHERE unit = $1 AND employee_id = $2 AND name <> $3`, who.Unit, employee, q.Name).Scan(&n)
		if err != nil {
			return err
		}
		if n >= s.Policy.Cases.QueriesMost {
			return ErrQueries.With(fault.F("name", "application.queries"))
		}
		return tx.QueryRow(ctx, `INSERT INTO desk_query (id, unit, employee_id, name, filter, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (unit, employee_id, name) DO UPDATE SET filter = excluded.filter RETURNING id`,
			id.At(tx.Now()), who.Unit, employee, q.Name, string(filter), tx.Now()).Scan(&q.ID)
	})
	return q, err
}

// RemoveQuery forgets a saved query: the officer's own, or as head of the desk one of the agency's.
func (s *Service) RemoveQuery(ctx context.Context, who access.Actor, queryID string) error {
	if err := who.May(access.DecideCases); err != nil {
		return err
	}
	agency := "-" // nobody's
	if who.May(access.LeadDesk) == nil {
		agency = ""
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		return store.Touched(tx.Exec(ctx, `DELETE FROM desk_query WHERE id = $1 AND unit = $2 AND employee_id IN ($3, $4)`, queryID, who.Unit, who.ID, agency))
	})
	if errors.Is(err, store.ErrStale) {
		return ErrMissing
	}
	return err
}
