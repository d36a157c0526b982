package notification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Way is over what a person hears of news beside the inbox. It is stored.
type Way string

// The ways.
const (
	ByMail Way = Way(contact.Email)
	BySMS  Way = Way(contact.Phone)
	ByPush Way = "push"  // in the browsers in which the person switched it on
	Daily  Way = "daily" // by mail, everything of a day in one letter
)

// Ways lists those that can be chosen for the topic. Of a time to come nobody wants to read in the evening.
func Ways(t Topic) []Way {
	if t == Visit {
		return []Way{ByMail, BySMS, ByPush}
	}
	return []Way{ByMail, Daily, BySMS, ByPush}
}

func has(ways []Way, w Way) bool { return slices.Contains(ways, w) }

// Reach is over what a person can be reached.
type Reach struct{ Mail, SMS, Push bool }

// Reachable is the reach of who has these contacts, and browsers or none.
func Reachable(contacts []contact.Contact, browsers bool) Reach {
	r := Reach{Push: browsers}
	for _, c := range contacts {
		r.Mail = r.Mail || c.Target.Kind == contact.Email
		r.SMS = r.SMS || c.Target.Kind == contact.Phone
	}
	return r
}

func (r Reach) over(w Way) bool {
	switch w {
	case ByMail, Daily:
		return r.Mail
	case BySMS:
		return r.SMS
	case ByPush:
		return r.Push
	}
	return false
}

// Choice is over what a person hears of ordinary news beside the inbox, where every notice stands (CAB-4). The zero Choice is that of
// who chose nothing: mail, or SMS to who has no mail.
type Choice struct {
	Ways   map[Topic][]Way `json:"ways,omitempty"`   // a topic that is not there goes the usual way, one with none to the inbox alone
	Quiet  bool            `json:"quiet,omitempty"`  // no SMS at night, and nothing pushed: it waits for the morning
	Pushed bool            `json:"pushed,omitempty"` // a browser was switched on once, and was added to the ways then
}

// Chosen lists the topics about which there is a choice. What touches the safety of an account goes over everything there is.
func Chosen() []Topic { return []Topic{Case, Identity, Support, Visit, Document, Offer} }

// ErrLink is a link of a letter that is not ours, or not any more.
var ErrLink = fault.New(fault.Missing, "notification.link")

// clean keeps the ways that there are. A letter a day is in place of letters at once.
func (c Choice) clean() Choice {
	out := Choice{Quiet: c.Quiet, Pushed: c.Pushed, Ways: map[Topic][]Way{}}
	for _, t := range Chosen() {
		ways, there := c.Ways[t]
		if !there {
			continue
		}
		kept := []Way{}
		for _, w := range Ways(t) {
			if has(ways, w) && (w != ByMail || !has(ways, Daily) || !has(Ways(t), Daily)) {
				kept = append(kept, w)
			}
		}
		out.Ways[t] = kept
	}
	return out
}

// For is over what the topic goes to who is reached so: as it was chosen, and the usual way where nothing was, or where none of what was
// chosen is there any more, so that nobody who asked to be told goes untold.
func (c Choice) For(topic Topic, r Reach) []Way {
	chosen, there := c.Ways[topic]
	if there && (len(chosen) == 0 || slices.ContainsFunc(chosen, r.over)) {
		return slices.Clone(chosen)
	}
	if r.Mail {
		return []Way{ByMail}
	}
	if topic == Offer {
		return nil // nobody waits for it: the inbox is enough, unless one wished otherwise
	}
	return []Way{BySMS}
}

// Choice is what whoever asks has chosen.
func (s *Service) Choice(ctx context.Context, who access.Actor) (Choice, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Choice{}, err
	}
	return s.choice(ctx, s.DB, who.ID)
}

func (s *Service) choice(ctx context.Context, q store.Querier, accountID string) (Choice, error) {
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT content, `+keyring.WrappedSQL("notice_choice.account_id")+` FROM notice_choice WHERE account_id = $1`, accountID).Scan(&sealed, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return Choice{}, nil
	}
	if err != nil {
		return Choice{}, fmt.Errorf("what %s chose: %w", accountID, err)
	}
	key, err := s.Ring.Unwrap(accountID, wrapped)
	if err != nil {
		return Choice{}, err
	}
	var c Choice
	return c, key.OpenJSON("notice_choice", "content", accountID, sealed, &c)
}

// Choose keeps what whoever asks has chosen.
func (s *Service) Choose(ctx context.Context, who access.Actor, c Choice) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		was, err := s.choice(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		c.Pushed = was.Pushed
		return s.choose(ctx, tx, who, who.ID, c)
	})
}

func (s *Service) choose(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, c Choice) error {
	key, err := s.Ring.Person(ctx, tx, accountID)
	if err != nil {
		return err
	}
	sealed, err := key.SealJSON("notice_choice", "content", accountID, c.clean())
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, `INSERT INTO notice_choice (account_id, content, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (account_id) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at`, accountID, sealed, tx.Now()); err != nil {
		return fmt.Errorf("choice of %s: %w", accountID, err)
	}
	return audit.Record(ctx, tx, audit.Event{Action: "notices.chosen", Actor: who, Subject: accountID})
}

// offPurpose is what the token in the link of letters is for.
const offPurpose = "notices.off"

// OfDay stands in the link of the letter of the day where the link of another letter names its topic: what is in that letter is of
// several topics, and none of them is called so.
const OfDay = Topic(Daily)

// Off is the name under which letters of the topic to the account are stopped without signing in: it stands in each of them (RFC 8058).
func (s *Service) Off(accountID string, topic Topic) string {
	return accountID + "." + string(topic) + "." + s.Ring.Token(offPurpose, accountID+" "+string(topic))
}

// ofOff reads what Off wrote.
func (s *Service) ofOff(link string) (accountID string, topic Topic, err error) {
	parts := strings.SplitN(link, ".", 3)
	if len(parts) != 3 || Topic(parts[1]) != OfDay && !slices.Contains(Chosen(), Topic(parts[1])) || !s.Ring.IsToken(offPurpose, parts[0]+" "+parts[1], parts[2]) {
		return "", "", ErrLink
	}
	return parts[0], Topic(parts[1]), nil
}

// letters reports whether any of the ways is by letters.
func letters(ways []Way) bool { return has(ways, ByMail) || has(ways, Daily) }

// stopped reports whether no letters of the topic are wanted any more. Of the letter of the day that is so when nothing goes with it.
func (c Choice) stopped(topic Topic) bool {
	if topic == OfDay {
		return !slices.ContainsFunc(Chosen(), func(t Topic) bool { return has(c.Ways[t], Daily) })
	}
	chosen, there := c.Ways[topic]
	return there && !letters(chosen)
}

// stop is the choice of who wants letters of the topic no more: what else was chosen stays, as far as it reaches them. A way that leads
// nowhere does not: mail would be in its place (For), of which they just had enough.
func (c Choice) stop(topic Topic, r Reach) Choice {
	out := c.clean()
	for _, t := range Chosen() {
		if t != topic && (topic != OfDay || !has(out.Ways[t], Daily)) {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(out.Ways[t]), func(w Way) bool { return letters([]Way{w}) })
		if !slices.ContainsFunc(left, r.over) {
			left = []Way{}
		}
		out.Ways[t] = left
	}
	return out
}

// Stopped says of what the letters are that the link stops, and whether they are stopped already.
func (s *Service) Stopped(ctx context.Context, link string) (Topic, bool, error) {
	accountID, topic, err := s.ofOff(link)
	if err != nil {
		return "", false, err
	}
	c, err := s.choice(ctx, s.DB, accountID)
	if errors.Is(err, keyring.ErrNoKey) {
		return "", false, ErrLink
	}
	return topic, c.stopped(topic), err
}

// Stop stops the letters that the link is in: the inbox has them all, and what else was chosen for the topic stays. Of the letter of the
// day it stops that letter, and no others come in its place. It may be done over and over. Whoever has the letter can do that and nothing else.
func (s *Service) Stop(ctx context.Context, link string) error {
	accountID, topic, err := s.ofOff(link)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := s.choice(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if c.stopped(topic) {
			return nil
		}
		contacts, err := s.Contacts.Of(ctx, tx, accountID)
		if err != nil {
			return err
		}
		browsers, err := s.pushes(ctx, tx, accountID)
		if err != nil {
			return err
		}
		reach := Reachable(contact.Serving(contacts), len(browsers[accountID]) > 0)
		return s.choose(ctx, tx, access.Actor{}, accountID, c.stop(topic, reach))
	})
	if errors.Is(err, keyring.ErrNoKey) {
		return ErrLink
	}
	return err
}

// Night is when those who want quiet are sent no SMS: from one time of the day to another, in the portal's zone. It may go over midnight.
type Night struct{ Since, Until time.Duration }

// carried is how long before the night a notice is sent that must not wait for the morning: gateways take their time.
const carried = 15 * time.Minute

// evening is a little before the night began in which the moment is.
func (n Night) evening(at time.Time) time.Time {
	began := func(day int) time.Time {
		return time.Date(at.Year(), at.Month(), day, 0, 0, int(n.Since/time.Second), 0, at.Location())
	}
	if today := began(at.Day()); !today.After(at) {
		return today.Add(-carried)
	}
	return began(at.Day() - 1).Add(-carried)
}

// left is how long the night still lasts, 0 by day.
func (n Night) left(at time.Time) time.Duration {
	clock := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	switch {
	case n.Since == n.Until:
		return 0
	case n.Since < n.Until:
		if clock < n.Since || clock >= n.Until {
			return 0
		}
	case clock >= n.Until && clock < n.Since:
		return 0
	}
	end := func(day int) time.Time {
		return time.Date(at.Year(), at.Month(), day, 0, 0, int(n.Until/time.Second), 0, at.Location())
	}
	if today := end(at.Day()); today.After(at) {
		return today.Sub(at)
	}
	return end(at.Day() + 1).Sub(at)
}
