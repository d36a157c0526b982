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
// its own deeds is at once, and when it is older than the policy allows, for holds run out and times come near by themselves. Whoever
// chooses a time that has gone meanwhile is told so by Hold, which reads for itself.
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
		x.slots, x.at = nil, time.Time{}
		x.change++
	default:
	}
	return x
}

// tidy lets go of lists that are too old to be shown.
func (s *shown) tidy(now time.Time, fresh time.Duration) {
	if len(s.all) <= keptLists {
		return
	}
	for id, x := range s.all {
		if !x.fresh(now, fresh) {
			x.stop()
			delete(s.all, id)
		}
	}
}

func (x *timeList) fresh(now time.Time, fresh time.Duration) bool {
	return !x.at.IsZero() && !now.Before(x.at) && now.Sub(x.at) < fresh
}

// Open lists every slot that somebody may still hold, up to the horizon, with the seats left of each. The list is shared: it is not to be
// changed, and may be as old as the policy allows (Fresh).
func (s *Service) Open(ctx context.Context, r Resource) ([]Slot, error) {
	s.shown.mu.Lock()
	x := s.shown.of(s.DB, r.ID)
	if x.fresh(s.DB.Now(), s.Policy.Fresh) {
		defer s.shown.mu.Unlock()
		return x.slots, nil
	}
	s.shown.mu.Unlock()
	return s.shown.together.Read(ctx, r.ID, func(ctx context.Context) ([]Slot, error) {
		s.shown.mu.Lock()
		x, now := s.shown.of(s.DB, r.ID), s.DB.Now()
		if x.fresh(now, s.Policy.Fresh) { // another reading of this moment
			defer s.shown.mu.Unlock()
			return x.slots, nil
		}
		change := x.change
		s.shown.mu.Unlock()
		slots, err := s.openNow(ctx, r)
		if err != nil {
			return nil, err
		}
		s.shown.mu.Lock()
		defer s.shown.mu.Unlock()
		if x := s.shown.of(s.DB, r.ID); x.change == change {
			x.slots, x.at = slots, now
		}
		s.shown.tidy(now, s.Policy.Fresh)
		return slots, nil
	})
}

// openNow is Open of this moment, of one's own.
func (s *Service) openNow(ctx context.Context, r Resource) ([]Slot, error) {
	c, err := s.claimed(ctx, r)
	if err != nil {
		return nil, err
	}
	return slices.Collect(s.choosable(c, r)), nil
}
