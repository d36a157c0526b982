package mandate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// AskAgain is the job that asks the civil-status register whether a parent still is one.
type AskAgain struct {
	Mandate string `json:"mandate"`
}

// Kind names the job in the queue.
func (AskAgain) Kind() string { return "mandate.ask_again" }

// JobPolicy never gives up: a register that is away is no reason to trust a parent for ever, and none to trust them no more.
func (AskAgain) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: time.Minute, Longest: time.Hour}
}

// In one round this many times as many mandates are asked about as one transaction takes: a country's children in a quarter of a year.
const (
	rounds = 20
	atOnce = 100
)

// askDue has the register asked about mandates that it was not for long.
func (s *Service) askDue(ctx context.Context) error {
	if !s.Possible() {
		return nil
	}
	for range rounds {
		var due []string
		if err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			due, err = store.Names(tx.Query(ctx, `UPDATE mandate SET ask_at = $1 WHERE id IN (SELECT id FROM mandate WHERE ended_at IS NULL AND ask_at <= $2 ORDER BY ask_at LIMIT $3) RETURNING id`,
				tx.Now().Add(s.Policy.Children.Recheck), tx.Now(), atOnce))
			if err != nil {
				return err
			}
			ask := make([]jobs.Args, len(due))
			for i, mid := range due {
				ask[i] = AskAgain{Mandate: mid}
			}
			return s.Jobs.Enqueue(ctx, tx, ask...)
		}); err != nil {
			return fmt.Errorf("ask about mandates again: %w", err)
		}
		if len(due) < atOnce {
			return nil
		}
	}
	return nil
}

// standing is a mandate that stands, as the register is asked about it.
type standing struct {
	id, holder, forID string
	asked             time.Time // when the register answered last
	doubt             Doubt
}

// Doubt is what the register said that did not know the record: its code, and when. The zero value is none.
type Doubt struct {
	Code string    `json:"code"`
	At   time.Time `json:"at"`
}

// after is what becomes of a mandate with an answer.
type after string

const (
	stands  after = "stands"
	doubted after = "doubted" // it stands, and the register is asked a second time
	ended   after = "ended"
)

// judge decides by what the register said. That the record has other parents ends the mandate at once, but for a parent whose name
// changed since: the record may have the former one. Whatever else is no match must be said twice, the second time while the first counts.
func (m standing) judge(a Answer, act string, renamed bool, lasts time.Duration, now time.Time) (after, Why) {
	if a.Verdict == Match && a.Act == act {
		return stands, ""
	}
	deprived := a.Verdict == Mismatch && a.others()
	if deprived && !renamed {
		return ended, Deprived
	}
	if m.doubt.At.IsZero() || now.Sub(m.doubt.At) > lasts {
		return doubted, ""
	}
	if deprived {
		return ended, Deprived
	}
	return ended, Unknown
}

// others reports whether the answer is that this is the record, and that its parents are others.
func (a Answer) others() bool {
	parent, said := a.Fields["parent"]
	for field, same := range a.Fields {
		if !same && field != "parent" && field != "document_issued_by" {
			return false
		}
	}
	return said && !parent
}

// Again does the job: the register's word on a parent who has a mandate. Garbage and silence are no word: it is asked again.
func (s *Service) Again(ctx context.Context, job AskAgain) error {
	register, there := s.register(Civil)
	if !there {
		return nil // an operator took its address away: the next round finds it, or does not
	}
	var m standing
	var by account.Account
	var child Child
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = s.standing(ctx, tx, job.Mandate); err != nil {
			return err
		}
		if by, err = s.Accounts.Get(ctx, tx, m.holder); err != nil {
			return err
		}
		child, err = s.ward(ctx, tx, m.forID)
		return err
	})
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !m.doubt.At.IsZero() && s.DB.Now().Before(m.doubt.At.Add(s.Policy.Children.RecheckDoubt)) {
		return nil // a job that was killed after the answer: the second one is asked for in its time
	}
	x, p := child.Account.Profile, by.Profile
	answer, err := register.Child(ctx, Question{
		Child:       Person{x.Surname, x.GivenName, x.Patronymic, x.BirthDate, x.Sex, x.SNILS},
		Certificate: child.Birth.Certificate,
		Parent:      Person{p.Surname, p.GivenName, p.Patronymic, p.BirthDate, p.Sex, p.SNILS},
		Request:     m.id, By: m.holder,
	})
	if err != nil {
		return fmt.Errorf("ask again about mandate %s: %w", m.id, err)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now, err := s.standing(ctx, tx, m.id)
		if err != nil {
			return err
		}
		if now != m {
			return nil // answered meanwhile, by another certificate
		}
		return s.heard(ctx, tx, m, answer, child.Birth.Act, renamed(p, m.asked))
	})
	if gone(err) {
		return nil
	}
	return err
}

// renamed reports whether the parent's name or birthday was taken from somewhere since that moment.
func renamed(p account.Profile, since time.Time) bool {
	for _, field := range []string{"surname", "given_name", "patronymic", "birth_date"} {
		if p.Sources[field].At.After(since) {
			return true
		}
	}
	return false
}

// heard writes an answer down, and what follows from it.
func (s *Service) heard(ctx context.Context, tx *store.Tx, m standing, a Answer, act string, renamed bool) error {
	now := tx.Now()
	next, why := m.judge(a, act, renamed, s.Policy.Children.DoubtLasts, now)
	switch next {
	case stands:
		return errors.Join(s.known(ctx, tx, m.holder, m.forID), tx.Notify(ctx, Topic(m.holder)))
	case doubted:
		if _, err := tx.Exec(ctx, `UPDATE mandate SET asked_at = $1, ask_at = $2, doubt_at = $1, doubt = $3 WHERE id = $4`,
			now, now.Add(s.Policy.Children.RecheckDoubt), a.Code, m.id); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.doubted", Actor: access.SystemActor(), Subject: m.forID, Object: "account/" + m.holder}); err != nil {
			return err
		}
		return s.tell(ctx, tx, m.holder, s.aboutDoubt(m.forID, a.Code, now.Add(s.Policy.Children.RecheckDoubt)))
	case ended:
		return s.lose(ctx, tx, m, why, a.Code)
	}
	return nil
}

// lose ends a mandate by the register's word: with it what the parent was about to do for the child. Both parents are told.
func (s *Service) lose(ctx context.Context, tx *store.Tx, m standing, why Why, code string) error {
	if _, err := tx.Exec(ctx, `UPDATE mandate SET ended_at = $1, asked_at = $1, why = $2 WHERE id = $3`, tx.Now(), string(why), m.id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM handover WHERE account_id = $1 AND by_id = $2`, m.forID, m.holder); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.ended", Actor: access.SystemActor(), Subject: m.forID, Object: "account/" + m.holder, Detail: audit.Detail{"reason": string(why)}}); err != nil {
		return err
	}
	if err := s.tellParents(ctx, tx, m.forID, m.holder, "message.child.other_lost"); err != nil {
		return err
	}
	return s.tell(ctx, tx, m.holder, s.aboutLoss(code))
}

// known writes down that the register knows this parent of the child, as of now.
func (s *Service) known(ctx context.Context, tx *store.Tx, holder, forID string) error {
	_, err := tx.Exec(ctx, `UPDATE mandate SET asked_at = $1, ask_at = $2, doubt_at = NULL, doubt = '' WHERE account_id = $3 AND for_id = $4 AND ended_at IS NULL`,
		tx.Now(), tx.Now().Add(s.Policy.Children.Recheck), holder, forID)
	return err
}

// standing is the mandate; ErrMissing when it has ended, or its day has come.
func (s *Service) standing(ctx context.Context, q store.Querier, mid string) (standing, error) {
	m := standing{id: mid}
	err := store.One(q.QueryRow(ctx, `SELECT account_id, for_id, asked_at, doubt, doubt_at FROM mandate WHERE id = $1 AND ended_at IS NULL AND until_at > $2`, mid, q.Now()).
		Scan(&m.holder, &m.forID, store.NullTime(&m.asked), &m.doubt.Code, store.NullTime(&m.doubt.At)))
	if errors.Is(err, store.ErrNotFound) {
		err = ErrMissing
	}
	return m, err
}

// ward is a child's account with the certificate by which it was opened; ErrMissing when it is the child's own, or nobody's.
func (s *Service) ward(ctx context.Context, q store.Querier, childID string) (Child, error) {
	a, err := s.Accounts.Get(ctx, q, childID)
	if err != nil {
		return Child{}, err
	}
	if a.State != account.Active {
		return Child{}, ErrMissing
	}
	c := Child{Account: a}
	key, err := s.Ring.Person(ctx, q, childID)
	if err != nil {
		return Child{}, err
	}
	c.Birth, err = birth(ctx, q, key, childID)
	return c, err
}

// Certificate is the certificate of birth by which a child's account was opened; false when nobody may act for the account.
func (s *Service) Certificate(ctx context.Context, q store.Querier, childID string) (form.Identity, bool, error) {
	who, err := s.Guardians(ctx, q, childID)
	if err != nil || len(who[childID]) == 0 {
		return form.Identity{}, false, err
	}
	c, err := s.ward(ctx, q, childID)
	if errors.Is(err, ErrMissing) {
		return form.Identity{}, false, nil
	}
	return c.Birth.Certificate, err == nil, err
}

func birth(ctx context.Context, q store.Querier, key *keyring.Key, childID string) (Birth, error) {
	var b Birth
	var sealed []byte
	err := store.One(q.QueryRow(ctx, `SELECT birth FROM child WHERE account_id = $1`, childID).Scan(&sealed))
	if errors.Is(err, store.ErrNotFound) {
		return b, ErrMissing
	}
	if err != nil {
		return b, err
	}
	return b, key.OpenJSON("child", "birth", childID, sealed, &b)
}

// renew keeps the certificate with which a parent came, and which the register matched just now: another one of the same record takes
// the former one's place, and whoever was in doubt by the former one is asked about by this one.
func (s *Service) renew(ctx context.Context, tx *store.Tx, childID string, certificate form.Identity) error {
	key, err := s.Ring.Person(ctx, tx, childID)
	if err != nil {
		return err
	}
	b, err := birth(ctx, tx, key, childID)
	if err != nil || b.Certificate == certificate {
		return err
	}
	b.Certificate = certificate
	sealed, err := key.SealJSON("child", "birth", childID, b)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE child SET birth = $1 WHERE account_id = $2`, sealed, childID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE mandate SET ask_at = $1, doubt_at = NULL, doubt = '' WHERE for_id = $2 AND ended_at IS NULL AND doubt_at IS NOT NULL`, tx.Now(), childID)
	return err
}
