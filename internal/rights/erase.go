package rights

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/jobs"
	"okno/internal/store"
)

// Erasure is a person's wish to be erased.
type Erasure struct {
	AskedAt time.Time
	DueAt   time.Time // when it is done
	Held    bool      // it would be earlier, and waits until no takeover by the account can be undone
}

// EraseAccount is the job that erases a person on the day.
type EraseAccount struct {
	Account string `json:"account"`
}

// Kind names the job in the queue.
func (EraseAccount) Kind() string { return "rights.erase" }

// JobPolicy goes on for weeks: what the person asked for is done even if a store of files is away for long.
func (EraseAccount) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 1000, First: 10 * time.Second, Longest: time.Hour}
}

// RemindOfErasure is the job that tells the person that the day is near.
type RemindOfErasure struct {
	Account string `json:"account"`
}

// Kind names the job in the queue.
func (RemindOfErasure) Kind() string { return "rights.remind" }

// Pending is the account's wish to be erased, if there is one that can be taken back.
func (s *Service) Pending(ctx context.Context, q store.Querier, accountID string) (Erasure, bool, error) {
	var e Erasure
	err := store.One(q.QueryRow(ctx, `SELECT asked_at, due_at FROM erasure WHERE account_id = $1 AND begun_at IS NULL`, accountID).Scan(store.Time(&e.AskedAt), store.Time(&e.DueAt)))
	if errors.Is(err, store.ErrNotFound) {
		return Erasure{}, false, nil
	}
	if err != nil {
		return Erasure{}, false, err
	}
	list, err := s.takeovers(ctx, q, accountID)
	return e.held(list), err == nil, err
}

// Outlook is what an erasure would mean if it was asked for now.
type Outlook struct {
	Day      time.Time
	Held     bool // the day would be earlier, but for a takeover that can be undone until then
	UnderWay int  // cases that are not decided and would be closed as withdrawn
	Children int  // accounts of children that would go, too: no other parent has access to them
}

// Outlook says what whoever asks has to know before they decide.
func (s *Service) Outlook(ctx context.Context, who access.Actor) (Outlook, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Outlook{}, err
	}
	list, err := s.takeovers(ctx, s.DB, who.ID)
	if err != nil {
		return Outlook{}, err
	}
	e := Erasure{DueAt: s.DB.Now().Add(s.Policy.Rights.EraseAfter)}.held(list)
	x := Outlook{Day: e.DueAt, Held: e.Held}
	if x.UnderWay, err = s.UnderWay(ctx, s.DB, who.ID); err != nil {
		return x, err
	}
	wards, err := s.wards(ctx, s.DB, who.ID)
	x.Children = len(wards)
	return x, err
}

// Ask sets the day on which whoever asks is erased. Asked twice, the first day stands.
func (s *Service) Ask(ctx context.Context, who access.Actor, password string) (Erasure, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Erasure{}, err
	}
	if err := s.Prover.ProveAgain(ctx, who, password); err != nil {
		return Erasure{}, err
	}
	var e Erasure
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := alert.Allowed(ctx, tx, who.ID); err != nil {
			return err
		}
		list, err := s.takeovers(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		e = Erasure{AskedAt: tx.Now(), DueAt: tx.Now().Add(s.Policy.Rights.EraseAfter)}.held(list)
		n, err := tx.Exec(ctx, `INSERT INTO erasure (account_id, asked_at, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, who.ID, e.AskedAt, e.DueAt)
		if err != nil {
			return fmt.Errorf("ask to erase %s: %w", who.ID, err)
		}
		if n == 0 {
			e, _, err = s.Pending(ctx, tx, who.ID)
			return err
		}
		if err := s.Jobs.Enqueue(ctx, tx, s.work(who.ID, e)...); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "rights.erasure_asked", Actor: who, Subject: who.ID}); err != nil {
			return err
		}
		return s.tellAll(ctx, tx, who.ID, e.news(), e)
	})
	return e, err
}

// tell tells the person by every channel what is to happen on the day.
func (s *Service) tell(ctx context.Context, tx *store.Tx, accountID, key string, due time.Time) error {
	return s.Notices.Tell(ctx, tx, accountID, s.aboutDay(key, due))
}

// TakeBack keeps the account after all.
func (s *Service) TakeBack(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM erasure WHERE account_id = $1 AND begun_at IS NULL`, who.ID)
		if err != nil {
			return fmt.Errorf("keep %s: %w", who.ID, err)
		}
		if n == 0 {
			return ErrNone
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "rights.erasure_taken_back", Actor: who, Subject: who.ID}); err != nil {
			return err
		}
		return s.Notices.Tell(ctx, tx, who.ID, s.takenBack())
	})
}

// Drop takes out a wish for another reason than its owner's word, and reports whether there was one: an account that somebody takes over
// with proof of identity is not erased by what was asked for in it before.
func (s *Service) Drop(ctx context.Context, tx *store.Tx, who access.Actor, accountID string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM erasure WHERE account_id = $1 AND begun_at IS NULL`, accountID)
	if err != nil {
		return false, fmt.Errorf("keep %s: %w", accountID, err)
	}
	if n == 0 {
		return false, nil
	}
	return true, audit.Record(ctx, tx, audit.Event{Action: "rights.erasure_dropped", Actor: who, Subject: accountID})
}

// Begun reports whether the account is being erased, or was.
func (s *Service) Begun(ctx context.Context, q store.Querier, accountID string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM erasure WHERE account_id = $1 AND begun_at IS NOT NULL`, accountID).Scan(&n)
	return n > 0, err
}

// Remind does the job RemindOfErasure, once for each asking. One that was taken back, and asked for again, has a later day.
func (s *Service) Remind(ctx context.Context, job RemindOfErasure) error {
	if err := s.postpone(ctx, job.Account); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, waits, err := s.Pending(ctx, tx, job.Account)
		if err != nil || !waits || tx.Now().Before(e.DueAt.Add(-s.Policy.Rights.RemindBefore)) || !tx.Now().Before(e.DueAt) {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE erasure SET reminded_at = $1 WHERE account_id = $2 AND reminded_at IS NULL`, tx.Now(), job.Account)
		if err != nil || n == 0 {
			return err
		}
		return s.tellAll(ctx, tx, job.Account, "message.erasure_near", e)
	})
}

// Erase does the job EraseAccount.
func (s *Service) Erase(ctx context.Context, job EraseAccount) error {
	if err := s.postpone(ctx, job.Account); err != nil {
		return err
	}
	e, waits, err := s.Pending(ctx, s.DB, job.Account)
	if err != nil {
		return err
	}
	if wait := e.DueAt.Sub(s.DB.Now()); waits && wait > 0 { // it was taken back and asked for again, or clocks differ a little
		return jobs.Retry(wait)
	}
	return s.erase(ctx, job.Account)
}

// erase does what is due, from wherever an earlier run came to its end.
func (s *Service) erase(ctx context.Context, accountID string) error {
	var n int64
	var wards []string
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.Exec(ctx, `UPDATE erasure SET begun_at = COALESCE(begun_at, $1) WHERE account_id = $2 AND due_at <= $1 AND done_at IS NULL`, tx.Now(), accountID)
		if err != nil || n == 0 {
			return err
		}
		wards, err = s.alone(ctx, tx, accountID)
		return err
	})
	if err != nil || n == 0 {
		return err
	}
	for _, ward := range wards {
		if err := s.erase(ctx, ward); err != nil {
			return err
		}
	}
	accounts, err := s.accounts(ctx, s.DB, accountID)
	if err != nil {
		return fmt.Errorf("erase %s: %w", accountID, err)
	}
	for _, one := range accounts {
		if err := s.Files.Destroy(ctx, one); err != nil { // the rows still say which they are
			return err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return s.takeOut(ctx, tx, accountID, accounts) })
	if err != nil {
		return fmt.Errorf("erase %s: %w", accountID, err)
	}
	s.Log.InfoContext(ctx, "a person was erased", "account", accountID)
	return nil
}

// alone begins the erasure of the children whom nobody could reach without the person, each with a row of its own, in the transaction
// that begins the person's: whoever asks for the child from now on finds that it is being erased (Begun), and which accounts go is
// settled once.
func (s *Service) alone(ctx context.Context, tx *store.Tx, accountID string) ([]string, error) {
	wards, err := s.wards(ctx, tx, accountID)
	if err != nil {
		return nil, err
	}
	for _, ward := range wards {
		if err := tx.Do(ctx, `INSERT INTO erasure (account_id, asked_at, due_at, begun_at) VALUES ($1, $2, $2, $2)
			ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at, begun_at = COALESCE(erasure.begun_at, excluded.begun_at)`, ward, tx.Now()); err != nil {
			return nil, fmt.Errorf("erase the child %s: %w", ward, err)
		}
	}
	return wards, nil
}

// wards are the children whom nobody could reach without the person.
func (s *Service) wards(ctx context.Context, q store.Querier, accountID string) ([]string, error) {
	if s.Wards == nil {
		return nil, nil
	}
	accounts, err := s.accounts(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	return s.Wards(ctx, q, accounts)
}

// errJoined is an account that became the person's after the files were destroyed: the job comes again, and destroys its files too.
var errJoined = errors.New("another account joined the person's meanwhile")

func (s *Service) takeOut(ctx context.Context, tx *store.Tx, accountID string, destroyed []string) error {
	n, err := tx.Exec(ctx, `UPDATE erasure SET done_at = $1 WHERE account_id = $2 AND done_at IS NULL`, tx.Now(), accountID)
	if err != nil || n == 0 {
		return err // another run was faster
	}
	accounts, err := s.accounts(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(accounts, func(one string) bool { return !slices.Contains(destroyed, one) }) {
		return errJoined
	}
	for _, one := range accounts {
		for _, h := range slices.Concat(s.Holders, []Holder{own{}}) {
			if err := h.Erase(ctx, tx, one); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "rights.erased", Actor: access.SystemActor(), Subject: one}); err != nil {
			return err
		}
		if err := s.Ring.Forget(ctx, tx, one); err != nil {
			return err
		}
	}
	return nil
}

// accounts are all that are the person's: this one, and those that it took over.
func (s *Service) accounts(ctx context.Context, q store.Querier, accountID string) ([]string, error) {
	if s.Former == nil {
		return []string{accountID}, nil
	}
	out, err := s.Former(ctx, q, accountID)
	return append(out, accountID), err
}

// Sweep erases whoever is due and was not erased by a job: an operator may have lost the queue, not the wish.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.list(ctx, `SELECT account_id FROM erasure WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at`, s.DB.Now())
	if err != nil {
		return err
	}
	for _, accountID := range due {
		if err := s.postpone(ctx, accountID); err != nil {
			return err
		}
		if err := s.erase(ctx, accountID); err != nil {
			return err
		}
	}
	return nil
}

// Overdue counts who was to be erased by that moment and is not.
func Overdue(ctx context.Context, q store.Querier, by time.Time) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM erasure WHERE done_at IS NULL AND due_at <= $1`, store.Moment(by)).Scan(&n)
	return n, err
}

// Erased lists who was erased, for the operator to keep apart from backups: Again erases them after an older one was restored.
func (s *Service) Erased(ctx context.Context) ([]string, error) {
	return s.list(ctx, `SELECT account_id FROM erasure WHERE done_at <= $1 ORDER BY done_at`, s.DB.Now())
}

func (s *Service) list(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.DB.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var accountID string
		if err := rows.Scan(&accountID); err != nil {
			return nil, err
		}
		out = append(out, accountID)
	}
	return out, rows.Err()
}

// Again erases, without a wait, those who had been erased before an older backup was restored, and says how many of them it held.
// It does no harm the second time.
func (s *Service) Again(ctx context.Context, accounts []string) (int, error) {
	n := 0
	for _, accountID := range accounts {
		there, err := s.Accounts.Exists(ctx, s.DB, accountID)
		if err != nil {
			return n, err
		}
		if !there {
			continue // the backup is older than the account
		}
		var fresh int64
		err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			fresh, err = tx.Exec(ctx, `INSERT INTO erasure (account_id, asked_at, due_at) VALUES ($1, $2, $2)
				ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at WHERE erasure.done_at IS NULL`, accountID, tx.Now())
			return err
		})
		if err != nil {
			return n, fmt.Errorf("erase %s again: %w", accountID, err)
		}
		if fresh == 0 {
			continue
		}
		if err := s.erase(ctx, accountID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
