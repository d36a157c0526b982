package contact

import (
	"context"
	"fmt"
	"slices"

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
	verdicts, err := limit.LookAll(ctx, q, s.caps(t, known)...)
	if err != nil {
		return err
	}
	if worst, refused := limit.Refused(verdicts...); refused {
		return ErrCapped.At(worst.Until)
	}
	return nil
}

// spent counts a text that a carrier took. The one that uses a bucket up opens the breaker, which is recorded and told.
func (s *Sender) spent(ctx context.Context, t Target, known bool) error {
	var full []string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		full = nil
		verdicts, err := limit.TakeEach(ctx, tx, s.caps(t, known)...)
		if err != nil {
			return fmt.Errorf("count a text: %w", err)
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
	for _, rule := range full {
		if err == nil && s.Alarm != nil {
			s.Alarm(ctx, rule)
		}
	}
	return err
}
