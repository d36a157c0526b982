package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
)

// Deed is what officers do with a case among themselves; the applicant's case does not move by it. Its text is stored.
type Deed string

// The deeds.
const (
	Claimed    Deed = "claimed"     // took it where the definition knows no taking
	Assigned   Deed = "assigned"    // the head gave it to somebody
	HandedOver Deed = "handed-over" // who had it gave it to a colleague
	Released   Deed = "released"    // put back into the queue
	GivenBack  Deed = "given-back"  // the portal put it back: nobody did anything with it
	Proposed   Deed = "proposed"    // a decision that somebody else must confirm
	Confirmed  Deed = "confirmed"
	Returned   Deed = "returned"  // the proposal, with words
	Recalled   Deed = "recalled"  // … by whoever made it
	Warned     Deed = "warned"    // the portal told the head of the desk that the deadline is near
	Escalated  Deed = "escalated" // … that it has passed
)

// DeskEvent is a deed in the history of a case that officers read.
type DeskEvent struct {
	At      time.Time
	Deed    Deed
	Actor   string          // who did it
	Officer string          // who has the case now
	Event   procedure.Event // of a proposal
	Note    string          // words to the colleague
}

// Handing gives a case to a colleague.
type Handing struct {
	To      string                                                // employee
	Words   string                                                // to them; may be empty
	Version int64                                                 // of the case that was seen; 0 when that does not matter
	News    *int64                                                // … and its news; nil when they do not matter
	Had     *string                                               // who had it when it was seen, "" for nobody; nil when that does not matter
	fits    func(c Case) error                                    // whether the case can be theirs; nil when that is known
	Also    func(ctx context.Context, tx *store.Tx, c Case) error // what else is written with it, or not at all; nil for nothing
}

// The refusals among officers.
var (
	ErrColleague = fault.New(fault.InvalidInput, "application.colleague") // no officer of this agency, or dismissed
	ErrWords     = fault.New(fault.InvalidInput, "application.words")     // words are missing, or too many
)

// MostWords is how many characters a note to a colleague may have.
const MostWords = 1000

// Take gives a case of the officer's agency to the officer: by the definition's move where it has one, else as it lies. Only a case
// that nobody has can be taken.
func (s *Service) Take(ctx context.Context, who access.Actor, caseID string) (Case, error) {
	if err := may(who); err != nil {
		return Case{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	if _, err := c.Def.Move(c.State, "take", procedure.ByOfficer); err == nil || who.Kind != access.Staff {
		return s.Do(ctx, who, caseID, Act{Event: "take"})
	}
	if c.Officer != "" {
		return Case{}, ErrMoved
	}
	return s.hand(ctx, who, caseID, Claimed, Handing{To: who.ID, Version: c.Version, Had: new(string)})
}

// Assign gives a case to a colleague of the same agency. Whoever has the case may hand it over; the head of the desk may give anybody's
// to anybody, and so may a system of the agency whose token says so.
func (s *Service) Assign(ctx context.Context, who access.Actor, caseID string, h Handing) (Case, error) {
	deed := HandedOver
	if err := who.May(access.AssignCases); err == nil {
		deed = Assigned
	} else if err := who.May(access.DecideCases); err != nil {
		return Case{}, err
	}
	if utf8.RuneCountInString(h.Words) > MostWords {
		return Case{}, ErrWords.With(fault.F("words", "application.words"))
	}
	e, ok, err := s.Staff.Get(ctx, s.DB, h.To)
	if err != nil {
		return Case{}, err
	}
	h.fits = func(c Case) error { return colleague(who, e, ok, c) }
	return s.hand(ctx, who, caseID, deed, h)
}

// Colleagues are the officers of the actor's agency to whom a case of the service can be given; "" is any service.
func (s *Service) Colleagues(ctx context.Context, who access.Actor, service string) ([]staff.Employee, error) {
	if who.May(access.AssignCases) != nil {
		if err := who.May(access.DecideCases); err != nil {
			return nil, err
		}
	}
	list, err := s.Staff.Officers(ctx, s.DB, who.Unit)
	return slices.DeleteFunc(list, func(e staff.Employee) bool { return service != "" && !e.Actor().Serves(service) }), err
}

// colleague refuses whoever is no officer of the actor's desk, or does not see the case. ok says that the employee is on duty. It touches nothing.
func colleague(who access.Actor, e staff.Employee, ok bool, c Case) error {
	to := e.Actor()
	if !ok || to.Unit != who.Unit || to.May(access.DecideCases) != nil || !c.sees(to, time.Time{}) {
		return ErrColleague.With(fault.F("officer", "application.colleague"))
	}
	return nil
}

// Release puts a case back into the queue: by the definition's move where it has one, else as it lies. Whoever has it may, and the
// head of the desk.
func (s *Service) Release(ctx context.Context, who access.Actor, caseID string, h Handing) (Case, error) {
	return s.release(ctx, who, caseID, Handing{Version: h.Version, News: h.News})
}

func (s *Service) release(ctx context.Context, who access.Actor, caseID string, h Handing) (Case, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Case{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	if err := canHand(c, who, Released, h); err != nil {
		return Case{}, err
	}
	if _, err := c.Def.Move(c.State, "release", procedure.ByOfficer); err == nil {
		return s.Do(ctx, who, caseID, Act{Event: "release", Version: h.Version, News: h.News, Also: h.Also})
	}
	return s.hand(ctx, who, caseID, Released, h)
}

// GivenBy reports whether the actor may give the case away: whoever has it, and the head of the desk.
func (c Case) GivenBy(who access.Actor) bool {
	return c.Officer == who.ID || who.May(access.AssignCases) == nil
}

// canHand is the rule of who may give a case away. It touches nothing.
func canHand(c Case, who access.Actor, deed Deed, h Handing) error {
	switch {
	case h.Version != 0 && h.Version != c.Version, h.News != nil && *h.News != c.News, h.Had != nil && *h.Had != c.Officer, c.Turn != procedure.TurnAgency, deed == Released && c.Officer == "", h.To != "" && h.To == c.Officer:
		return ErrMoved
	case deed == Claimed, c.GivenBy(who):
		return nil
	}
	return access.ErrDenied
}

// hand changes who has the case. For the applicant nothing has changed: state, version and deadline stay. Pages of the desk that show the
// case as it was are told by its news.
func (s *Service) hand(ctx context.Context, who access.Actor, caseID string, deed Deed, h Handing) (Case, error) {
	var c Case
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		if h.fits != nil {
			if err := h.fits(c); err != nil {
				return err
			}
		}
		if err := canHand(c, who, deed, h); err != nil {
			return err
		}
		if err := unbarred(ctx, tx, c.ID, h.To); err != nil {
			return err
		}
		c.Officer = h.To
		if err := s.claim(ctx, tx, &c); err != nil {
			return err
		}
		e := DeskEvent{Deed: deed, Actor: who.ID, Officer: h.To, Note: strings.TrimSpace(h.Words)}
		if err := s.deed(ctx, tx, who, c, e); err != nil {
			return err
		}
		if h.Also != nil {
			return h.Also(ctx, tx, c)
		}
		return nil
	})
	return c, err
}

// claim writes who has the case.
func (s *Service) claim(ctx context.Context, tx *store.Tx, c *Case) error {
	c.News, c.newsAt = c.News+1, tx.Now()
	err := store.Touched(tx.Exec(ctx, `UPDATE application SET officer = $1, claimed_at = $2, news = news + 1, news_at = $2 WHERE id = $3 AND version = $4`, c.Officer, tx.Now(), c.ID, c.Version))
	if errors.Is(err, store.ErrStale) {
		return ErrMoved
	}
	return err
}

// deed adds to the history that officers read, to the record, and tells whoever looks at the case or at a queue.
func (s *Service) deed(ctx context.Context, tx *store.Tx, who access.Actor, c Case, e DeskEvent) error {
	row := id.At(tx.Now())
	var note []byte
	if e.Note != "" {
		key, err := s.Ring.Person(ctx, tx, c.AccountID)
		if err != nil {
			return err
		}
		note = key.Seal("desk_event", "note", row, []byte(e.Note))
	}
	err := tx.Do(ctx, `INSERT INTO desk_event (id, application_id, at, deed, actor, officer, event, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		row, c.ID, tx.Now(), string(e.Deed), e.Actor, e.Officer, string(e.Event), note)
	if err != nil {
		return fmt.Errorf("remember what officers did with %s: %w", c.ID, err)
	}
	var action string
	switch e.Deed {
	case Claimed:
		action = "application.claimed"
	case Assigned:
		action = "application.assigned"
	case HandedOver:
		action = "application.handed_over"
	case Released:
		action = "application.released"
	case GivenBack:
		action = "application.given_back"
	case Proposed:
		action = "application.proposed"
	case Confirmed:
		action = "application.confirmed"
	case Returned:
		action = "application.returned"
	case Recalled:
		action = "application.recalled"
	case Warned:
		action = "application.warned"
	case Escalated:
		action = "application.escalated"
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: c.AccountID, Object: "case/" + c.ID, Detail: audit.Detail{"service": c.Service}}); err != nil {
		return err
	}
	return errors.Join(tx.Notify(ctx, c.Topic()), tx.Notify(ctx, QueueTopic(c.Unit)))
}

// Deeds lists what officers did with the case among themselves, the first first. The applicant does not read it.
func (s *Service) Deeds(ctx context.Context, who access.Actor, caseID string) ([]DeskEvent, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	owner, err := s.Owner(ctx, s.DB, who, caseID)
	if err != nil {
		return nil, err
	}
	key, err := s.Ring.Person(ctx, s.DB, owner)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT id, at, deed, actor, officer, event, note FROM desk_event WHERE application_id = $1 ORDER BY at, id`, caseID)
	if err != nil {
		return nil, fmt.Errorf("deeds of officers with %s: %w", caseID, err)
	}
	return deeds(rows, key)
}

func deeds(rows *store.Rows, key *keyring.Key) ([]DeskEvent, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []DeskEvent
	for rows.Next() {
		var e DeskEvent
		var row, deed, event string
		var note []byte
		if err := rows.Scan(&row, store.Time(&e.At), &deed, &e.Actor, &e.Officer, &event, &note); err != nil {
			return nil, err
		}
		e.Deed, e.Event = Deed(deed), procedure.Event(event)
		if note != nil {
			plain, err := key.Open("desk_event", "note", row, note)
			if err != nil {
				return nil, err
			}
			e.Note = string(plain)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
