package appointment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/workday"
)

// State is how far an appointment is. Its text is stored.
type State string

// The states.
const (
	Held      State = "held"
	Booked    State = "booked"
	Cancelled State = "cancelled"
	Moved     State = "moved"   // another one took its place
	Expired   State = "expired" // held, and not confirmed in time
	Closed    State = "closed"  // nobody receives at that time any more
)

// The refusals.
var (
	ErrTaken  = fault.New(fault.Conflict, "appointment.taken")  // somebody was faster
	ErrClosed = fault.New(fault.Conflict, "appointment.closed") // no such time, or past, or beyond the horizon
	ErrMost   = fault.New(fault.Conflict, "appointment.most")   // the person has as many as one may have
	ErrTwice  = fault.New(fault.Conflict, "appointment.twice")  // the person holds two times at the same moment, in two windows
	ErrParty  = fault.New(fault.Conflict, "appointment.party")  // more people than the desk receives at once
	ErrOver   = fault.New(fault.Conflict, "appointment.over")   // the hold ran out, or the appointment is not one any more
	ErrClash  = fault.New(fault.Conflict, "appointment.clash")  // the person is booked elsewhere at that time
	ErrLate   = fault.New(fault.Conflict, "appointment.late")   // too near to be cancelled or moved
	ErrNoDesk = fault.New(fault.Missing, "appointment.no_desk") // nobody receives people there
	ErrGone   = fault.New(fault.Missing, "appointment.missing") // none of this person
)

// Appointment is a time that a person has.
type Appointment struct {
	ID        string
	Account   string // "" of who stands there without one
	Kind      string
	Resource  string
	Start     time.Time
	End       time.Time
	State     State
	HeldUntil time.Time // zero once confirmed; of what was only held it stays, whatever became of it
	Moves     string    // the appointment whose place it takes when confirmed
	Root      string    // the first of those that were moved into it, itself when none was: a calendar knows the visit by it
	Sequence  int       // how often it was moved
	Party     int       // people
	Reminded  int       // the last reminder that went, 0 for none
	Answered  int       // the last that was answered
	Coming    *bool     // what the person said to the last reminder
	Came      *bool     // what the desk saw
	Number    int       // of who stands there without an account
}

// Ask is the time that a person wants.
type Ask struct {
	Start time.Time
	Moves string // the appointment that the new one replaces, empty for none
	Party int    // people, one when 0
}

// Service keeps appointments.
type Service struct {
	DB       *store.DB
	Policy   policy.Appointments
	Places   *place.Book // nil: the built-in list
	Zone     *time.Location
	Workdays *workday.Calendar     // nil: the one that is built in
	Accounts *account.Service      // whose names the desk reads
	Ring     *keyring.Ring         // for links of reminders
	Notices  *notification.Service // nil: nobody is told
	Jobs     *jobs.Client          // nil: nobody is reminded
	Log      *slog.Logger          // hears of times that are booked outside of new hours; may be nil

	closing closing
	shown   shown
}

// Soonest is the first of Open of each resource, by its ID; of one where nothing is free there is none. However many they are, it asks twice.
func (s *Service) Soonest(ctx context.Context, all ...Resource) (map[string]Slot, error) {
	out := make(map[string]Slot, len(all))
	if len(all) == 0 {
		return out, nil
	}
	c, err := s.claimed(ctx, all...)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		for slot := range s.choosable(c, r) {
			out[r.ID] = slot
			break
		}
	}
	return out, nil
}

// claims are the times of some resources that somebody has, and who waits for others, at a moment.
type claims struct {
	now   time.Time
	taken taken
	lines map[string][]waiter
}

func (s *Service) claimed(ctx context.Context, all ...Resource) (c claims, err error) {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.ID
	}
	c.now = s.DB.Now()
	if c.taken, err = seatsTaken(ctx, s.DB, c.now, c.now.Add(s.Policy.Horizon), ids...); err != nil {
		return c, err
	}
	c.lines, err = waiters(ctx, s.DB, ids...)
	return c, err
}

// choosable are the slots of the resource that people may still choose, in order of time: those with seats left, but for what will be
// offered to who waits.
func (s *Service) choosable(c claims, r Resource) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for slot := range s.slots(r, c.now) {
			slot.Free -= c.taken[r.ID][slot.Start.Unix()]
			if slot.Free > 0 && s.open(slot.Start, c.now) && !s.awaited(slot, c.lines[r.ID], c.now) && !yield(slot) {
				return
			}
		}
	}
}

// slots are those of the resource up to the horizon, in order of time.
func (s *Service) slots(r Resource, now time.Time) iter.Seq[Slot] {
	now = now.In(r.Calendar.Zone)
	return func(yield func(Slot) bool) {
		for day := range int(s.Policy.Horizon/(24*time.Hour)) + 2 {
			for _, slot := range r.Calendar.day(time.Date(now.Year(), now.Month(), now.Day()+day, 12, 0, 0, 0, r.Calendar.Zone)) {
				if !yield(slot) {
					return
				}
			}
		}
	}
}

// free are those slots with seats left that people may still choose.
func (s *Service) free(ctx context.Context, q store.Querier, r Resource, slots []Slot) ([]Slot, error) {
	left, err := s.left(ctx, q, r, slots)
	now := q.Now()
	return slices.DeleteFunc(left, func(x Slot) bool { return !s.open(x.Start, now) }), err
}

// left are those slots with seats left.
func (s *Service) left(ctx context.Context, q store.Querier, r Resource, slots []Slot) ([]Slot, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	taken, err := seatsTaken(ctx, q, slots[0].Start, slots[len(slots)-1].Start, r.ID)
	if err != nil {
		return nil, err
	}
	var free []Slot
	for _, slot := range slots {
		slot.Free -= taken[r.ID][slot.Start.Unix()]
		if slot.Free > 0 {
			free = append(free, slot)
		}
	}
	return free, nil
}

// taken is how many seats are, of each resource by the second at which the slot starts.
type taken map[string]map[int64]int

// seatsTaken counts the seats of the resources that somebody has, of the slots that start within the time.
func seatsTaken(ctx context.Context, q store.Querier, from, to time.Time, resources ...string) (taken, error) {
	args := []any{from, to, q.Now()}
	of := store.InSQL("resource", resources, &args)
	rows, err := q.Query(ctx, `SELECT resource, starts_at, COUNT(*) FROM appointment WHERE `+of+` AND starts_at >= $1 AND starts_at <= $2 AND seat IS NOT NULL
		AND (held_until IS NULL OR held_until > $3) GROUP BY resource, starts_at`, args...)
	out := taken{}
	err = store.Each(rows, err, func(rows *store.Rows) error {
		var resource string
		var start time.Time
		var n int
		if err := rows.Scan(&resource, store.Time(&start), &n); err != nil {
			return err
		}
		if out[resource] == nil {
			out[resource] = map[int64]int{}
		}
		out[resource][start.Unix()] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("slots of %v: %w", resources, err)
	}
	return out, nil
}

func (s *Service) open(start, now time.Time) bool {
	return start.After(now) && !start.After(now.Add(s.Policy.Horizon))
}

// Hold keeps seats for the person while they confirm.
//
// It decides by what it changes itself: of two that want a seat the key of the seat lets one through, and of two holds of one person
// the index of holds. Who lost a seat looks for the next one of the slot.
func (s *Service) Hold(ctx context.Context, who access.Actor, r Resource, ask Ask) (a Appointment, err error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Appointment{}, err
	}
	party := max(ask.Party, 1)
	defer func() {
		if errors.Is(err, ErrTaken) || errors.Is(err, ErrQueue) {
			s.shown.wrong(r.ID, ask.Start, party)
		}
	}()
	slot, ok := r.Calendar.slot(ask.Start)
	if !ok || !s.open(ask.Start, s.DB.Now()) {
		return Appointment{}, ErrClosed
	}
	if party > min(max(r.Party, 1), s.Policy.Party, r.Calendar.Capacity) {
		return Appointment{}, ErrParty
	}
	if full, err := s.full(ctx, r, who.Whose(), ask.Start, party); err != nil || full {
		return Appointment{}, cmp.Or(err, error(ErrTaken))
	}
	err = s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		a = Appointment{ID: id.At(tx.Now()), Account: who.Whose(), Kind: r.Kind, Resource: r.ID, Start: slot.Start, End: slot.End, State: Held,
			HeldUntil: store.Moment(tx.Now().Add(s.Policy.Hold)), Moves: ask.Moves, Party: party}
		a.Root = a.ID
		if a.Moves != "" {
			old, err := s.movable(ctx, tx, who.Whose(), a.Moves)
			if err != nil {
				return err
			}
			if old.Kind != r.Kind {
				return ErrClosed
			}
			a.Sequence, a.Root = old.Sequence+1, old.Root
		}
		if err := s.orQueue(ctx, tx, r, slot); err != nil {
			return err
		}
		has, err := has(ctx, tx, a)
		if err != nil {
			return err
		}
		if has.clash {
			return ErrClash
		}
		if err := s.room(ctx, tx, a, has); err != nil {
			return err
		}
		return s.sit(ctx, tx, a, r.Calendar.Capacity)
	})
	return a, err
}

// full reports whether the time has no seats for so many, and none that the person has: in a rush most come too late, and are told so
// without a transaction.
func (s *Service) full(ctx context.Context, r Resource, account string, start time.Time, party int) (bool, error) {
	var taken, mine int
	err := s.DB.QueryRow(ctx, `SELECT COUNT(*), COUNT(CASE WHEN account_id = $1 THEN 1 END) FROM appointment WHERE resource = $2 AND starts_at = $3 AND seat IS NOT NULL
		AND (held_until IS NULL OR held_until > $4)`, account, r.ID, start, s.DB.Now()).Scan(&taken, &mine)
	if err != nil {
		return false, fmt.Errorf("seats of %s: %w", r.ID, err)
	}
	return mine == 0 && r.Calendar.Capacity-taken < party, nil
}

// having is what the person has beside the time that is asked for, and what that one takes the place of.
type having struct {
	clash  bool     // they are booked elsewhere at that time
	booked int      // of the kind, and to come
	holds  []string // the resources of which they keep a time of the kind while they confirm
}

func has(ctx context.Context, tx *store.Tx, a Appointment) (h having, err error) {
	rows, err := tx.Query(ctx, `SELECT kind, resource, state, starts_at, ends_at FROM appointment WHERE account_id = $1 AND id <> $2 AND head IS NULL AND (state = $3 AND ends_at > $4 OR state = $5)`,
		a.Account, a.Moves, string(Booked), tx.Now(), string(Held))
	err = store.Each(rows, err, func(rows *store.Rows) error {
		var b Appointment
		if err := rows.Scan(&b.Kind, &b.Resource, (*string)(&b.State), store.Time(&b.Start), store.Time(&b.End)); err != nil {
			return err
		}
		switch {
		case b.State == Booked:
			h.clash = h.clash || b.Start.Before(a.End) && b.End.After(a.Start)
			if b.Kind == a.Kind && b.Start.After(tx.Now()) {
				h.booked++
			}
		case b.Kind == a.Kind:
			h.holds = append(h.holds, b.Resource)
		}
		return nil
	})
	if err != nil {
		return having{}, fmt.Errorf("what %s has: %w", a.Account, err)
	}
	return h, nil
}

// room lets go of the person's earlier hold of the kind, which they gave up for this one, and refuses whoever has the most one may have.
func (s *Service) room(ctx context.Context, tx *store.Tx, a Appointment, has having) error {
	if has.booked >= s.Policy.Most {
		return ErrMost
	}
	for _, resource := range has.holds {
		if err := tx.Notify(ctx, timesOf(resource)); err != nil {
			return err
		}
	}
	return tx.Do(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE account_id = $2 AND kind = $3 AND state = $4`, string(Expired), a.Account, a.Kind, string(Held))
}

// sit gives the appointment the lowest seats that are free, one for each of the party. Holds that ran out give theirs back first.
func (s *Service) sit(ctx context.Context, tx *store.Tx, a Appointment, capacity int) error {
	if err := tx.Do(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE resource = $2 AND starts_at = $3 AND state = $4 AND held_until <= $5`,
		string(Expired), a.Resource, a.Start, string(Held), tx.Now()); err != nil {
		return fmt.Errorf("free seats of %s: %w", a.Resource, err)
	}
	row, head, left := a.ID, "", a.Party
	for left > 0 {
		taken, err := seats(ctx, tx, a)
		if err != nil {
			return err
		}
		if capacity-len(taken) < left {
			return ErrTaken
		}
		for n := range capacity {
			if left == 0 || taken[n] {
				continue
			}
			sat, err := tx.Exec(ctx, `INSERT INTO appointment (id, account_id, kind, resource, starts_at, ends_at, seat, state, held_until, moves, sequence, created_at, head, root, party, number)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (resource, starts_at, seat) DO NOTHING`,
				row, orNull(a.Account), a.Kind, a.Resource, a.Start, a.End, n, string(a.State), store.OrNull(a.HeldUntil), orNull(a.Moves), a.Sequence, tx.Now(), orNull(head), a.Root, a.Party, zeroNull(a.Number))
			if errors.Is(err, store.ErrExists) {
				return ErrTwice
			}
			if err != nil {
				return err
			}
			if sat == 1 {
				head, row, left = a.ID, id.At(tx.Now()), left-1
			}
		}
	}
	return tx.Notify(ctx, timesOf(a.Resource))
}

func seats(ctx context.Context, tx *store.Tx, a Appointment) (map[int]bool, error) {
	rows, err := tx.Query(ctx, `SELECT seat FROM appointment WHERE resource = $1 AND starts_at = $2 AND seat IS NOT NULL`, a.Resource, a.Start)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	taken := map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		taken[n] = true
	}
	return taken, rows.Err()
}

// Confirm books what the person holds. Of a move the old time is given back in the same transaction. Confirming twice is confirming once.
func (s *Service) Confirm(ctx context.Context, who access.Actor, appointmentID string) (a Appointment, err error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Appointment{}, err
	}
	err = s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		// What the person holds is touched before it is looked at: of two times that are confirmed in one moment the second sees the first, and one
		// that is confirmed twice in one moment is booked by then.
		if err := tx.Do(ctx, `UPDATE appointment SET state = state WHERE account_id = $1 AND state = $2 AND head IS NULL`, who.Whose(), string(Held)); err != nil {
			return fmt.Errorf("what %s holds: %w", who.Whose(), err)
		}
		if a, err = one(ctx, tx, who.Whose(), appointmentID); err != nil || a.State == Booked {
			return err
		}
		if a.State != Held || !a.HeldUntil.After(tx.Now()) {
			return ErrOver
		}
		if !s.Receives(a) { // the day was closed meanwhile
			return ErrClosed
		}
		has, err := has(ctx, tx, a)
		if err != nil {
			return err
		}
		if has.clash { // a time was booked between the hold and this
			return ErrClash
		}
		if a.Moves != "" {
			old, err := s.movable(ctx, tx, who.Whose(), a.Moves)
			if err != nil {
				return err
			}
			if err := s.release(ctx, tx, old, Booked, Moved); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, held_until = NULL WHERE (id = $2 OR head = $2) AND state = $3 AND held_until > $4`, string(Booked), a.ID, string(Held), tx.Now())
		if err != nil {
			return err
		}
		if int(n) != a.Party { // somebody took the seat of a hold that ran out this moment, or another window of the person let it go
			return ErrOver
		}
		a.State, a.HeldUntil = Booked, time.Time{}
		if err := tx.Do(ctx, `UPDATE appointment_wait SET state = $1 WHERE appointment = $2 AND state = $3`, served, a.ID, offered); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "appointment.booked", Actor: who, Subject: who.Whose(), Object: "appointment/" + a.ID}); err != nil {
			return err
		}
		return s.booked(ctx, tx, a)
	})
	return a, err
}

// Cancel gives the time back. Who gives up an offer is out of the line, unless nobody receives at that time any more: they could not take it.
func (s *Service) Cancel(ctx context.Context, who access.Actor, appointmentID string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		a, err := one(ctx, tx, who.Whose(), appointmentID)
		if err != nil {
			return err
		}
		if a.State == Booked {
			if _, err := s.movable(ctx, tx, who.Whose(), appointmentID); err != nil {
				return err
			}
		} else if a.State != Held {
			return ErrOver
		}
		if err := s.release(ctx, tx, a, a.State, Cancelled); err != nil {
			return err
		}
		if !s.Receives(a) {
			if err := s.requeue(ctx, tx, a); err != nil {
				return err
			}
		}
		if a.State == Booked {
			if err := s.cancelled(ctx, tx, a); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Action: "appointment.cancelled", Actor: who, Subject: who.Whose(), Object: "appointment/" + a.ID})
	})
}

// movable is an appointment that may still be given back.
func (s *Service) movable(ctx context.Context, q store.Querier, accountID, appointmentID string) (Appointment, error) {
	a, err := one(ctx, q, accountID, appointmentID)
	switch {
	case err != nil:
		return a, err
	case a.State != Booked:
		return a, ErrOver
	case !s.Movable(a, q.Now()):
		return a, ErrLate
	}
	return a, nil
}

// Movable reports whether the time of a booked appointment may still be given back.
func (s *Service) Movable(a Appointment, now time.Time) bool {
	return a.State == Booked && a.Start.After(now.Add(s.Policy.CancelBefore))
}

// release frees the seats of an appointment that is in the state still. Until when it was held stays: what was given up unconfirmed was no visit.
func (s *Service) release(ctx context.Context, tx *store.Tx, a Appointment, from, to State) error {
	n, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE (id = $2 OR head = $2) AND state = $3`, string(to), a.ID, string(from))
	if err == nil && n == 0 {
		err = ErrOver
	}
	if err != nil {
		return err
	}
	return s.freed(ctx, tx, a.Resource)
}

const columns = `id, COALESCE(account_id, ''), kind, resource, starts_at, ends_at, state, held_until, COALESCE(moves, ''), COALESCE(root, id), sequence, party, reminded, answered, coming, came, COALESCE(number, 0)`

// Get is an appointment of the person, whatever its state.
func (s *Service) Get(ctx context.Context, who access.Actor, appointmentID string) (Appointment, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Appointment{}, err
	}
	return one(ctx, s.DB, who.Whose(), appointmentID)
}

func one(ctx context.Context, q store.Querier, accountID, appointmentID string) (Appointment, error) {
	a, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM appointment WHERE id = $1 AND account_id = $2 AND head IS NULL`, appointmentID, accountID))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		err = ErrGone
	}
	return a, err
}

func scan(row interface{ Scan(...any) error }) (a Appointment, err error) {
	var state string
	err = row.Scan(&a.ID, &a.Account, &a.Kind, &a.Resource, store.Time(&a.Start), store.Time(&a.End), &state, store.NullTime(&a.HeldUntil), &a.Moves, &a.Root, &a.Sequence, &a.Party, &a.Reminded, &a.Answered, &a.Coming, &a.Came, &a.Number)
	a.State = State(state)
	return a, err
}

// Day lists who comes to a resource on the day of the moment, in order of time.
func (s *Service) Day(ctx context.Context, r Resource, day time.Time) (all []Appointment, err error) {
	at := day.In(r.Calendar.Zone)
	from := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, r.Calendar.Zone)
	return list(ctx, s.DB, `resource = $1 AND starts_at >= $2 AND starts_at < $3 AND state = $4 AND head IS NULL ORDER BY starts_at, seat`, r.ID, from.UTC(), from.AddDate(0, 0, 1).UTC(), string(Booked))
}

// Of lists the times that a person has before them, with those that wait for them to confirm; and those of the wards, for a page that has
// found that the person acts for them.
func (s *Service) Of(ctx context.Context, who access.Actor, wards ...string) ([]Appointment, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	args := []any{s.DB.Now(), string(Booked), string(Held)}
	whose := store.InSQL("account_id", append(wards, who.Whose()), &args)
	return list(ctx, s.DB, whose+` AND ends_at > $1 AND (state = $2 OR state = $3 AND held_until > $1) AND head IS NULL ORDER BY starts_at, id`, args...)
}

// Past counts the times of a person, and of the wards, that are over: that ended, that were cancelled, or at which nobody received any more.
// One that was moved is not among them: another took its place; nor is what was held and given up.
func (s *Service) Past(ctx context.Context, who access.Actor, wards ...string) (n int, _ error) {
	if err := who.May(access.UseCabinet); err != nil {
		return 0, err
	}
	where, args := s.past(who, wards)
	err := s.DB.QueryRow(ctx, `SELECT count(*) FROM appointment WHERE `+where, args...).Scan(&n)
	return n, err
}

// PastOf lists so many of them, the latest first, after the first so many.
func (s *Service) PastOf(ctx context.Context, who access.Actor, skip, most int, wards ...string) ([]Appointment, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	where, args := s.past(who, wards)
	return list(ctx, s.DB, where+fmt.Sprintf(` ORDER BY starts_at DESC, id DESC LIMIT %d OFFSET %d`, most, skip), args...)
}

func (s *Service) past(who access.Actor, wards []string) (string, []any) {
	args := []any{s.DB.Now(), string(Booked), string(Cancelled), string(Closed)}
	whose := store.InSQL("account_id", append(wards, who.Whose()), &args)
	return whose + ` AND (state = $2 AND ends_at <= $1 OR state IN ($3, $4) AND held_until IS NULL) AND head IS NULL`, args
}

// AccountOf names the account that an appointment, or a place in a line, is of; ErrGone when there is none. It says so to a page that then
// asks whether the person may act for that account.
func (s *Service) AccountOf(ctx context.Context, id string) (account string, err error) {
	err = store.One(s.DB.QueryRow(ctx, `SELECT COALESCE(account_id, '') FROM appointment WHERE id = $1 UNION ALL SELECT account_id FROM appointment_wait WHERE id = $1`, id).Scan(&account))
	if errors.Is(err, store.ErrNotFound) {
		err = ErrGone
	}
	return account, err
}

// LastSQL is the end of the last time that is booked or held by the account that the expression names, NULL for none: without one there
// is no need to read Of.
func LastSQL(account string) string { return lastSQL(`= ` + account) }

// LastOfSQL is LastSQL for the accounts that a query names.
func LastOfSQL(accounts string) string { return lastSQL(`IN (` + accounts + `)`) }

func lastSQL(whose string) string {
	return `(SELECT MAX(ap.ends_at) FROM appointment ap WHERE ap.account_id ` + whose + ` AND ap.state IN ('` + string(Booked) + `', '` + string(Held) + `') AND ap.head IS NULL)`
}

func list(ctx context.Context, q store.Querier, where string, args ...any) ([]Appointment, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM appointment WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var all []Appointment
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// Nearest are the free slots nearest to a moment, at most n, in order of time, as free is: what to offer who came too late.
func Nearest(free []Slot, to time.Time, n int) []Slot {
	at, _ := slices.BinarySearchFunc(free, to, func(s Slot, to time.Time) int { return s.Start.Compare(to) })
	out := slices.Clone(free[max(0, at-n):min(len(free), at+n)])
	slices.SortStableFunc(out, func(a, b Slot) int { return cmp.Compare(a.Start.Sub(to).Abs(), b.Start.Sub(to).Abs()) })
	out = out[:min(n, len(out))]
	slices.SortFunc(out, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func zeroNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
