package appointment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/store"
)

// The states of who waits. Their text is stored.
const (
	waiting = "waiting"
	offered = "offered" // a seat is held for them
	served  = "served"  // they took it
	passed  = "passed"  // they did not, in time
	left    = "left"    // they do not wait any more
)

// The refusals.
var (
	ErrQueue   = fault.New(fault.Conflict, "appointment.queue")   // what becomes free goes to those who wait
	ErrFree    = fault.New(fault.Conflict, "appointment.free")    // there is free time: nobody has to wait
	ErrWaiting = fault.New(fault.Conflict, "appointment.waiting") // the person waits already
)

// Wait is a place in the line for a time with somebody.
type Wait struct {
	ID       string
	Account  string
	Resource string
	Ahead    int // so many came before
}

// Offer gives what is free with a resource to those who wait, the first first.
type Offer struct {
	Resource string `json:"resource"`
}

// Kind names the job in the queue.
func (Offer) Kind() string { return "appointment.offer" }

// Queue puts the person into the line, where nothing is free. Who is offered a time stands in it already.
func (s *Service) Queue(ctx context.Context, who access.Actor, r Resource, party int) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	party = max(party, 1)
	if party > min(max(r.Party, 1), s.Policy.Party, r.Calendar.Capacity) {
		return ErrParty
	}
	if err := s.lapse(ctx, r.ID); err != nil { // who has just given up an offer may wait again
		return err
	}
	free, err := s.openNow(ctx, r)
	if err != nil {
		return err
	}
	for _, slot := range free {
		if slot.Free >= party {
			return ErrFree
		}
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		// The place is touched, not only looked at: so an offer of this moment is waited for, and counts.
		n, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = state WHERE account_id = $1 AND resource = $2 AND state IN ($3, $4)`, who.Whose(), r.ID, waiting, offered)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrWaiting
		}
		wait := id.At(tx.Now())
		_, err = tx.Exec(ctx, `INSERT INTO appointment_wait (id, account_id, resource, party, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)`, wait, who.Whose(), r.ID, party, waiting, tx.Now())
		if errors.Is(err, store.ErrExists) {
			return ErrWaiting
		}
		if err != nil {
			return fmt.Errorf("wait for %s: %w", r.ID, err)
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "appointment.queued", Actor: who, Subject: who.Whose(), Object: "wait/" + wait}); err != nil {
			return err
		}
		return s.freed(ctx, tx, r.ID) // a seat may have become free since it was looked for
	})
}

// Leave takes the person out of the line.
func (s *Service) Leave(ctx context.Context, who access.Actor, waitID string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		var resource string
		err := store.One(tx.QueryRow(ctx, `UPDATE appointment_wait SET state = $1 WHERE id = $2 AND account_id = $3 AND state = $4 RETURNING resource`, left, waitID, who.Whose(), waiting).Scan(&resource))
		if errors.Is(err, store.ErrNotFound) {
			return ErrOver
		}
		if err != nil {
			return fmt.Errorf("leave the line %s: %w", waitID, err)
		}
		return tx.Notify(ctx, timesOf(resource)) // what was kept for them others may have
	})
}

// Waits are the lines in which the person stands, and their wards, as for Of.
func (s *Service) Waits(ctx context.Context, who access.Actor, wards ...string) ([]Wait, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	args := []any{waiting}
	whose := store.InSQL("account_id", append(wards, who.Whose()), &args)
	rows, err := s.DB.Query(ctx, `SELECT id, account_id, resource, (SELECT COUNT(*) FROM appointment_wait b WHERE b.resource = a.resource AND b.state = $1 AND b.id < a.id)
		FROM appointment_wait a WHERE `+whose+` AND state = $1 ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("for what %s waits: %w", who.Whose(), err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var all []Wait
	for rows.Next() {
		var w Wait
		if err := rows.Scan(&w.ID, &w.Account, &w.Resource, &w.Ahead); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// WaitsSQL is in how many lines the account that the expression names stands: in none there is no need to read Waits.
func WaitsSQL(account string) string { return waitsSQL(`= ` + account) }

// WaitsOfSQL is WaitsSQL for the accounts that a query names.
func WaitsOfSQL(accounts string) string { return waitsSQL(`IN (` + accounts + `)`) }

func waitsSQL(whose string) string {
	return `(SELECT COUNT(*) FROM appointment_wait aw WHERE aw.account_id ` + whose + ` AND aw.state = '` + waiting + `')`
}

// waiter is who stands in a line.
type waiter struct {
	id, account string
	party       int
	booked      []Slot // here and elsewhere
}

// suits reports whether they could take what is free of the slot.
func (w waiter) suits(slot Slot) bool {
	return w.party <= slot.Free && !slices.ContainsFunc(w.booked, func(b Slot) bool { return b.Start.Before(slot.End) && b.End.After(slot.Start) })
}

// front is how many of a line are looked at, of those who come alone and of each size of party: enough that a time which suits none of them
// would hardly suit anybody behind them, however long the line is.
const front = 100

// waiters are those who wait for each of the resources and stand in front, by receipt.
func waiters(ctx context.Context, q store.Querier, resources ...string) (map[string][]waiter, error) {
	args := []any{waiting, string(Booked), q.Now(), front}
	of := store.InSQL("resource", resources, &args)
	rows, err := q.Query(ctx, `SELECT w.resource, w.id, w.account_id, w.party, b.starts_at, b.ends_at
		FROM (SELECT resource, id, account_id, party, ROW_NUMBER() OVER (PARTITION BY resource, party ORDER BY id) AS place FROM appointment_wait WHERE `+of+` AND state = $1) w
		LEFT JOIN appointment b ON b.account_id = w.account_id AND b.state = $2 AND b.head IS NULL AND b.ends_at > $3
		WHERE w.place <= $4 ORDER BY w.id`, args...)
	all := map[string][]waiter{}
	err = store.Each(rows, err, func(rows *store.Rows) error {
		var resource string
		var w waiter
		var b Slot
		if err := rows.Scan(&resource, &w.id, &w.account, &w.party, store.NullTime(&b.Start), store.NullTime(&b.End)); err != nil {
			return err
		}
		line := all[resource]
		if len(line) == 0 || line[len(line)-1].id != w.id {
			line = append(line, w)
		}
		last := &line[len(line)-1]
		last.booked = append(last.booked, b) // of who has nothing a slot without time, which is in nobody's way
		all[resource] = line
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("who waits for %v: %w", resources, err)
	}
	return all, nil
}

// line is waiters of one resource.
func line(ctx context.Context, q store.Querier, resource string) ([]waiter, error) {
	all, err := waiters(ctx, q, resource)
	return all[resource], err
}

// offerEnds is when an offer of this moment runs out: after appointments.offer, of which the night counts for nothing. One that would run
// out by night lasts into the morning: a text that was held up in the evening comes no sooner.
func (s *Service) offerEnds(now time.Time) time.Time {
	end := now.Add(s.Policy.Offer)
	for _, at := range []time.Time{now, end} {
		if night := s.Notices.Asleep(at); night > 0 {
			end = at.Add(night + s.Policy.Offer)
			break
		}
	}
	return store.Moment(end)
}

// awaited reports whether what is free of the slot will be offered to who waits. What suits nobody in the line is everybody's, and so is a
// time before which an offer would not have run out.
func (s *Service) awaited(slot Slot, line []waiter, now time.Time) bool {
	return slot.Start.After(s.offerEnds(now)) && slices.ContainsFunc(line, func(w waiter) bool { return w.suits(slot) })
}

// orQueue refuses a slot whose seats will be offered to who waits.
func (s *Service) orQueue(ctx context.Context, tx *store.Tx, r Resource, slot Slot) error {
	line, err := line(ctx, tx, r.ID)
	if err != nil || len(line) == 0 {
		return err
	}
	left, err := s.left(ctx, tx, r, []Slot{slot})
	if err == nil && len(left) > 0 && s.awaited(left[0], line, tx.Now()) {
		err = ErrQueue
	}
	return err
}

// freed has what became free offered to who waits.
func (s *Service) freed(ctx context.Context, tx *store.Tx, resource string) error {
	if err := tx.Notify(ctx, timesOf(resource)); err != nil {
		return err
	}
	if s.Jobs == nil {
		return nil
	}
	var waits bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM appointment_wait WHERE resource = $1 AND state = $2)`, resource, waiting).Scan(&waits)
	if err != nil || !waits {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, Offer{resource})
}

// Sweep offers what no verb told of: holds that ran out, days that came within the horizon, accounts that were erased.
func (s *Service) Sweep(ctx context.Context) error {
	all, err := store.Names(s.DB.Query(ctx, `SELECT DISTINCT resource FROM appointment_wait WHERE state IN ($1, $2)`, waiting, offered))
	if err != nil {
		return fmt.Errorf("who waits: %w", err)
	}
	for _, resource := range all {
		err = errors.Join(err, s.Offer(ctx, Offer{resource}))
	}
	return err
}

// Offer gives each who waits the first time that is free and that they can take, by receipt, and holds it for appointments.offer,
// by night until the morning besides. Who does not take it in time is out of the line, and the next is asked. It may run twice at
// once: a place in the line is taken by its state.
func (s *Service) Offer(ctx context.Context, job Offer) error {
	if err := s.lapse(ctx, job.Resource); err != nil {
		return err
	}
	_, _, r, ok := s.Resource(job.Resource)
	if !ok { // taken off the list: nothing will be free
		return nil
	}
	for {
		more := false
		if err := s.DB.WriteRows(ctx, func(tx *store.Tx) (err error) {
			more, err = s.offer(ctx, tx, r)
			return err
		}); err != nil || !more {
			return err
		}
	}
}

// lapse ends the offers that nobody took. Who could not take one, because nobody receives at that time any more, goes back into the line.
func (s *Service) lapse(ctx context.Context, resource string) error {
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		over, err := list(ctx, tx, `id IN (SELECT appointment FROM appointment_wait WHERE resource = $1 AND state = $2)
			AND (state NOT IN ($3, $4) OR state = $3 AND held_until <= $5) ORDER BY id`, resource, offered, string(Held), string(Booked), tx.Now())
		if err != nil {
			return err
		}
		for _, a := range over {
			if _, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE (id = $2 OR head = $2) AND state = $3 AND held_until <= $4`, string(Expired), a.ID, string(Held), tx.Now()); err != nil {
				return err
			}
			if !s.Receives(a) {
				if err := s.requeue(ctx, tx, a); err != nil {
					return err
				}
				continue
			}
			n, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = $1 WHERE appointment = $2 AND state = $3`, passed, a.ID, offered)
			if err != nil {
				return err
			}
			if n == 0 { // another ended it at this moment
				continue
			}
			if a, err = byID(ctx, tx, a.ID); err != nil {
				return err
			}
			if a.State == Expired {
				if err := s.tell(ctx, tx, a, "message.appointment_passed", "appointments/new/"+a.Resource, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// requeue gives whoever was offered the time their place in the line back, and has another offered to them. Who stands in the line
// besides, by a second place, keeps that one.
func (s *Service) requeue(ctx context.Context, tx *store.Tx, a Appointment) error {
	n, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = $1, appointment = NULL WHERE appointment = $2 AND state = $3
		AND NOT EXISTS (SELECT 1 FROM appointment_wait b WHERE b.account_id = appointment_wait.account_id AND b.resource = appointment_wait.resource AND b.state = $1)`, waiting, a.ID, offered)
	if err != nil {
		return fmt.Errorf("back into the line of %s: %w", a.Resource, err)
	}
	if n == 0 {
		n, err = tx.Exec(ctx, `UPDATE appointment_wait SET state = $1 WHERE appointment = $2 AND state = $3`, left, a.ID, offered)
	}
	if err != nil || n == 0 {
		return err
	}
	return s.freed(ctx, tx, a.Resource)
}

// confirming are those who wait for the resource and hold a time of its kind meanwhile.
func confirming(ctx context.Context, q store.Querier, r Resource) ([]string, error) {
	all, err := store.Names(q.Query(ctx, `SELECT a.account_id FROM appointment a JOIN appointment_wait w ON w.account_id = a.account_id AND w.resource = $1 AND w.state = $2
		WHERE a.kind = $3 AND a.state = $4 AND a.head IS NULL AND a.held_until > $5`, r.ID, waiting, r.Kind, string(Held), q.Now()))
	if err != nil {
		return nil, fmt.Errorf("who holds a time of %s: %w", r.Kind, err)
	}
	return all, nil
}

// offer holds a seat for the first who waits and can be given one, and reports whether there may be more to give.
func (s *Service) offer(ctx context.Context, tx *store.Tx, r Resource) (bool, error) {
	line, err := line(ctx, tx, r.ID)
	if err != nil || len(line) == 0 {
		return false, err
	}
	free, err := s.free(ctx, tx, r, slices.Collect(s.slots(r, tx.Now())))
	if err != nil {
		return false, err
	}
	busy, err := confirming(ctx, tx, r)
	if err != nil {
		return false, err
	}
	line = slices.DeleteFunc(line, func(w waiter) bool { return slices.Contains(busy, w.account) }) // they are asked when they have
	for _, slot := range free {
		if !s.awaited(slot, line, tx.Now()) {
			continue
		}
		first := line[slices.IndexFunc(line, func(w waiter) bool { return w.suits(slot) })]
		a := Appointment{ID: id.At(tx.Now()), Account: first.account, Kind: r.Kind, Resource: r.ID, Start: slot.Start, End: slot.End, State: Held, HeldUntil: s.offerEnds(tx.Now()), Party: first.party}
		a.Root = a.ID
		n, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = $1, appointment = $2 WHERE id = $3 AND state = $4`, offered, a.ID, first.id, waiting)
		if err != nil || n == 0 { // another offered them a time at this moment
			return err == nil, err
		}
		has, err := has(ctx, tx, a)
		if err != nil {
			return false, err
		}
		switch err := s.room(ctx, tx, a, has); {
		case errors.Is(err, ErrMost): // they found times elsewhere
			_, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = $1 WHERE id = $2`, left, first.id)
			if err == nil {
				err = tx.Notify(ctx, timesOf(r.ID))
			}
			return true, err
		case err != nil:
			return false, err
		}
		if err := s.sit(ctx, tx, a, r.Calendar.Capacity); err != nil {
			return false, err // the seat went at this moment: nothing of this transaction is kept
		}
		if s.Jobs != nil {
			if err := s.Jobs.Enqueue(ctx, tx, jobs.At(Offer{r.ID}, a.HeldUntil.Add(time.Second))); err != nil {
				return false, err
			}
		}
		return true, s.tell(ctx, tx, a, "message.appointment_offer", "appointments/"+a.ID, nil)
	}
	return false, nil
}
