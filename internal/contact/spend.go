package contact

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/limit"
	"okno/internal/store"
)

// What SMS may cost. Whoever earns on calls and texts to expensive numbers lets bots ask for codes there: so codes go only to
// numbers of countries that the policy lists, and only so many a day in all and to one range of numbers. The breaker opens
// by itself and closes when the day's texts leave the window; meanwhile the pages offer e-mail, and the operator hears of it. Whoever does use
// the day's texts up must not keep everybody out whom a code lets in: codes for which a browser asks that the contact's owner used
// before are counted apart.

// Reachable is what is wrong with a phone to which the policy sends no codes, nil when nothing is. It says nothing of
// accounts: only the country is looked at.
func (s *Service) Reachable(t Target) *form.Problem {
	if t.Kind != Phone || slices.Contains(s.Policy.SMS.Countries, form.PhoneRegion(t.Value)) {
		return nil
	}
	return &form.Problem{Key: "contact.country"}
}

// caps are the buckets of the day's texts: all of them, and those to the range of the number, its country and operator's code. known is
// a browser that the contact's owner used.
func (s *Service) caps(t Target, known bool) []limit.Taken {
	if t.Kind != Phone {
		return nil
	}
	if known {
		return []limit.Taken{
			{Rule: s.Policy.SMS.KnownDay.Rule("sms.known.day"), Key: "sms.known.day"},
			{Rule: s.Policy.SMS.KnownRangeDay.Rule("sms.known.range"), Key: "sms.known.range:" + numberRange(t)},
		}
	}
	return []limit.Taken{
		{Rule: s.Policy.SMS.Day.Rule("sms.day"), Key: "sms.day"},
		{Rule: s.Policy.SMS.RangeDay.Rule("sms.range"), Key: "sms.range:" + numberRange(t)},
	}
}

// numberRange is the beginning of the number that names the country and the operator: 7912 of +7 912 345-67-89.
func numberRange(t Target) string { return t.Value[1:min(5, len(t.Value))] }

// capped refuses a text when the day's are used up. It only looks: what was sent is counted by the job that sent it, so that
// registrations do not wait for each other.
func (s *Service) capped(ctx context.Context, q store.Querier, t Target, known bool) error {
	_, err := s.room(ctx, q, t, known)
	return err
}

// room is how many texts the caps leave, those of this process that are not written down yet taken off; without any it is ErrCapped.
func (s *Service) room(ctx context.Context, q store.Querier, t Target, known bool) (int, error) {
	caps := s.caps(t, known)
	verdicts, err := limit.LookAll(ctx, q, caps...)
	if err != nil {
		return 0, err
	}
	left := math.MaxInt
	for i := range verdicts {
		v := &verdicts[i]
		if v.Left -= s.texts.waiting(caps[i].Key); v.Allowed && v.Left <= 0 {
			v.Allowed, v.Until = false, q.Now().Add(caps[i].Rule.Window)
		}
		left = min(left, v.Left)
	}
	if worst, refused := limit.Refused(verdicts...); refused {
		return 0, ErrCapped.At(worst.Until)
	}
	return left, nil
}

// near is how many texts are left of a cap when each is written down at once, so that a process that dies takes none of the last ones
// with it and the nodes know of each other's.
const near = 100

// tally is texts that went out and are not written down yet. All people's texts count in the same buckets: if each were written by
// itself, all that send would wait for each other.
type tally struct {
	mu  sync.Mutex
	n   map[string]limit.Taken
	due bool // they are about to be written down
}

func (t *tally) waiting(key string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n[key].Times
}

func (t *tally) add(many []limit.Taken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]limit.Taken{}
	}
	for _, w := range many {
		w.Times += t.n[w.Key].Times
		t.n[w.Key] = w
	}
}

// soon has them written down after a while, unless that is under way.
func (t *tally) soon(within time.Duration, write func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.due {
		t.due = true
		time.AfterFunc(within, write)
	}
}

func (t *tally) take() []limit.Taken {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.SortedFunc(maps.Values(t.n), func(a, b limit.Taken) int { return strings.Compare(a.Key, b.Key) })
	t.n, t.due = nil, false
	return out
}

// spent counts a text that a carrier took; left is how many the caps left before it. It is written down with those of the next moment
// (policy, sms.count_within).
func (s *Sender) spent(ctx context.Context, t Target, known bool, left int) error {
	caps := s.caps(t, known)
	for i := range caps {
		caps[i].Times = 1
	}
	s.texts.add(caps)
	if within := s.Policy.SMS.CountWithin; left > near && within > 0 {
		s.texts.soon(within, func() { s.CountTexts(context.WithoutCancel(ctx)) }) //nolint:errcheck // they wait for the next text
		return nil
	}
	return s.CountTexts(ctx)
}

// CountTexts writes down the texts that went out. The one that uses a bucket up opens the breaker, which is recorded and told.
func (s *Sender) CountTexts(ctx context.Context) error {
	texts := s.texts.take()
	if len(texts) == 0 {
		return nil
	}
	var full []string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		full = nil
		verdicts, err := limit.TakeEach(ctx, tx, texts...)
		if err != nil {
			return fmt.Errorf("count texts: %w", err)
		}
		for _, v := range verdicts {
			if !v.Allowed || v.Left > 0 {
				continue
			}
			full = append(full, v.Rule)
			if err := audit.Record(ctx, tx, audit.Event{Action: "contact.sms_capped", Actor: access.SystemActor(), Detail: audit.Detail{"reason": v.Rule}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.texts.add(texts)
		return err
	}
	for _, rule := range full {
		if s.Alarm != nil {
			s.Alarm(ctx, rule)
		}
	}
	return nil
}
