package appointment

import (
	"context"
	"slices"
	"sync"
	"time"

	"okno/internal/store"
)

// shown are the lists of free times that were read last, by resource: on the morning on which a much wanted desk gives out its times
// everybody looks at one list. A list is read again as soon as this node hears that a seat of the desk was taken or given back, which of
// its own deeds is at once, by other hours at once, and when it is older than the policy allows: that holds run out, that times come near
// and that who waits is booked elsewhere is told by nobody. Whoever chooses a time that has gone meanwhile is told so by Hold, which reads
// for itself, and is not offered it again.
type shown struct {
	together store.Together[[]Slot]

	mu  sync.Mutex
	all map[string]*timeList
}

// keptLists is how many lists are kept; with more, those that are too old to be shown go.
const keptLists = 200

// anyTimes is the topic of changes that do not know of which desk they are.
const anyTimes = "times"

func timesOf(resource string) string { return anyTimes + "-" + resource }

// timeList is one list.
type timeList struct {
	slots  []Slot
	at     time.Time // when its reading began; zero when there is none
	hours  hours     // by which it was read
	change int       // counts the news that were heard
	news   <-chan struct{}
	stop   func()
}

// of is the list of the resource. The news that came are heard by this.
func (s *shown) of(db *store.DB, resource string) *timeList {
	x := s.all[resource]
	if x == nil {
		x = &timeList{}
		x.news, x.stop = db.Listen(anyTimes, timesOf(resource))
		if s.all == nil {
			s.all = map[string]*timeList{}
		}
		s.all[resource] = x
	}
	select {
	case <-x.news:
		x.drop()
	default:
	}
	return x
}

// wrong lets go of a list that says of a time which was just refused to so many that it is free for them: its news is under way.
func (s *shown) wrong(resource string, start time.Time, party int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.all[resource]; x != nil && slices.ContainsFunc(x.slots, func(slot Slot) bool { return slot.Start.Equal(start) && slot.Free >= party }) {
		x.drop()
	}
}

// drop lets go of the list, and of one that is being read.
func (x *timeList) drop() {
	x.slots, x.at = nil, time.Time{}
	x.change++
}

// tidy lets go of lists that are too old to be shown.
func (s *shown) tidy(now time.Time, h hours, fresh time.Duration) {
	if len(s.all) <= keptLists {
		return
	}
	for id, x := range s.all {
		if !x.fresh(now, h, fresh) {
			x.stop()
			delete(s.all, id)
		}
	}
}

func (x *timeList) fresh(now time.Time, h hours, fresh time.Duration) bool {
	return !x.at.IsZero() && !now.Before(x.at) && now.Sub(x.at) < fresh && x.hours == h
}

// Open lists every slot that somebody may still hold, up to the horizon, with the seats left of each. The list is shared: it is not to be
// changed, and may be as old as the policy allows (Fresh).
func (s *Service) Open(ctx context.Context, r Resource) ([]Slot, error) {
	if slots, ok := s.shownNow(r.ID); ok {
		return slots, nil
	}
	return s.shown.together.Read(ctx, r.ID, func(ctx context.Context) ([]Slot, error) {
		if slots, ok := s.shownNow(r.ID); ok { // another reading of this moment
			return slots, nil
		}
		s.shown.mu.Lock()
		x, now, h := s.shown.of(s.DB, r.ID), s.DB.Now(), s.hours()
		change := x.change
		s.shown.mu.Unlock()
		slots, err := s.openNow(ctx, r)
		if err != nil {
			return nil, err
		}
		s.shown.mu.Lock()
		defer s.shown.mu.Unlock()
		if s.shown.of(s.DB, r.ID) == x && x.change == change { // it was listening all the time, and heard nothing
			x.slots, x.at, x.hours = slots, now, h
		}
		s.shown.tidy(now, h, s.Policy.Fresh)
		return slots, nil
	})
}

// shownNow is the list that may still be shown.
func (s *Service) shownNow(resource string) ([]Slot, bool) {
	now, h := s.DB.Now(), s.hours()
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	x := s.shown.of(s.DB, resource)
	return x.slots, x.fresh(now, h, s.Policy.Fresh)
}

// openNow is Open of this moment, of one's own.
func (s *Service) openNow(ctx context.Context, r Resource) ([]Slot, error) {
	c, err := s.claimed(ctx, r)
	if err != nil {
		return nil, err
	}
	return slices.Collect(s.choosable(c, r)), nil
}
