package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Taken is a takeover as the support desk sees it: how both accounts are reached, masked, and nothing else of them.
type Taken struct {
	ID        string
	Reference string // the number that both persons were told
	Reason    Reason
	At, Until time.Time // until when it can be undone
	Old, New  []contact.Target
	Decided   int   // of the cases that went along, those that agencies decided since
	Refusal   error // why it cannot be undone; nil when it can

	UndoneAt, BackAt time.Time // zero: not undone, and not all is back yet
	Back, Lost       int       // contacts of the old account that came back, and that others have proved meanwhile
	Why              string    // it was undone, or is to be, as the employee wrote

	ProposedAt time.Time // that it be undone, and a second employee is waited for; zero: it was not
	ProposedBy string    // the employee who did

	oldID, newID string
}

// Undo is an employee's decision that a takeover was a mistake.
type Undo struct {
	Reason  string // in the employee's words
	Sure    bool
	Decided bool // the employee knows that cases were decided meanwhile
}

// The refusals to undo a takeover.
var (
	ErrNoTakeover  = fault.New(fault.Missing, "verification.undo.none")
	ErrUndoLate    = fault.New(fault.Conflict, "verification.undo.late")    // takeover.undo is over
	ErrUndoLater   = fault.New(fault.Conflict, "verification.undo.later")   // the account that took over was itself taken over since
	ErrUndoHeld    = fault.New(fault.Conflict, "verification.undo.held")    // a third account holds the SNILS
	ErrUndoErasing = fault.New(fault.Conflict, "verification.undo.erasing") // one of both is being erased this moment

	ErrUndoWaits = fault.New(fault.Conflict, "verification.undo.waits") // somebody has proposed it: it is for another to confirm
	ErrUndoSame  = fault.New(fault.Conflict, "verification.undo.same")  // whoever proposed it does not confirm it
	ErrUndoNone  = fault.New(fault.Conflict, "verification.undo.gone")  // nobody proposes it, or no more
)

// number is by which a takeover is spoken of: the end of its identifier, which is random, as people read it out.
func number(takeover string) string { return strings.ToUpper(takeover[len(takeover)-8:]) }

// spoken is the number in two groups.
func spoken(number string) string {
	if len(number) != 8 {
		return number
	}
	return number[:4] + "-" + number[4:]
}

// heard is a number as it was heard or copied: the alphabet of identifiers has no O, I and L.
func heard(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'O':
			return '0'
		case r == 'I' || r == 'L':
			return '1'
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, strings.ToUpper(typed))
}

// Taken finds a takeover by its number. The look is recorded about both accounts.
func (s *Service) Taken(ctx context.Context, who access.Actor, typed string) (Taken, error) {
	if err := who.May(access.UndoTakeovers); err != nil {
		return Taken{}, err
	}
	var t Taken
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = s.taken(ctx, tx, typed); err != nil {
			return err
		}
		for _, one := range []string{t.oldID, t.newID} {
			if err := audit.Record(ctx, tx, audit.Event{Action: "verification.takeover_viewed", Actor: who, Subject: one, Object: "takeover/" + t.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

func (s *Service) taken(ctx context.Context, tx *store.Tx, typed string) (Taken, error) {
	t := Taken{Reference: heard(typed)}
	if t.Reference == "" {
		return Taken{}, ErrNoTakeover
	}
	var reason string
	var why []byte
	err := store.One(tx.QueryRow(ctx, `SELECT id, old_id, new_id, reason, started_at, proposed_by, proposed_at, proposed_why FROM takeover WHERE reference = $1`, t.Reference).
		Scan(&t.ID, &t.oldID, &t.newID, &reason, store.Time(&t.At), &t.ProposedBy, store.NullTime(&t.ProposedAt), &why))
	if errors.Is(err, store.ErrNotFound) {
		err = store.One(tx.QueryRow(ctx, `SELECT id, old_id, new_id, reason, started_at, undone_at, back_at, why, contacts_back, contacts_lost FROM undoing WHERE reference = $1`, t.Reference).
			Scan(&t.ID, &t.oldID, &t.newID, &reason, store.Time(&t.At), store.Time(&t.UndoneAt), store.NullTime(&t.BackAt), &why, &t.Back, &t.Lost))
	}
	if errors.Is(err, store.ErrNotFound) {
		return Taken{}, ErrNoTakeover
	}
	if err != nil {
		return Taken{}, fmt.Errorf("takeover by its number: %w", err)
	}
	t.Reference, t.Reason, t.Until = spoken(t.Reference), Reason(reason), t.At.Add(s.Policy.Takeover.Undo)
	for _, side := range []struct {
		account string
		into    *[]contact.Target
	}{{t.oldID, &t.Old}, {t.newID, &t.New}} {
		all, err := s.Contacts.Of(ctx, tx, side.account)
		if err != nil {
			return Taken{}, err
		}
		for _, c := range all {
			*side.into = append(*side.into, c.Target)
		}
	}
	if !s.Policy.Takeover.TakesTwo() { // an operator has settled that one is enough
		t.ProposedAt, t.ProposedBy = time.Time{}, ""
	}
	if table, column := t.words(); table != "" {
		key, err := s.Ring.Person(ctx, tx, t.oldID)
		if err != nil {
			return Taken{}, err
		}
		opened, err := key.Open(table, column, t.ID, why)
		if t.Why = string(opened); err != nil || !t.UndoneAt.IsZero() {
			return t, err
		}
	}
	facts, err := s.standing(ctx, tx, t)
	if err != nil {
		return Taken{}, err
	}
	t.Refusal, t.Decided = facts.undoable(), facts.decided
	return t, nil
}

// words is where lies what an employee wrote of it.
func (t Taken) words() (table, column string) {
	switch {
	case !t.UndoneAt.IsZero():
		return "undoing", "why"
	case !t.ProposedAt.IsZero():
		return "takeover", "proposed_why"
	}
	return "", ""
}

// standing is what an undo depends on.
type standing struct {
	now, until       time.Time
	later            bool // the new account was itself taken over
	erasing, another bool
	decided          int
}

// undoable is the rule. A case that was decided meanwhile is no refusal by itself: whoever took over could bring that about, and
// the owner would have lost the account for good. The employee must only know of it: Undo.Decided.
func (x standing) undoable() error {
	switch {
	case x.now.After(x.until):
		return ErrUndoLate
	case x.later:
		return ErrUndoLater
	case x.erasing:
		return ErrUndoErasing
	case x.another:
		return ErrUndoHeld
	}
	return nil
}

func (s *Service) standing(ctx context.Context, tx *store.Tx, t Taken) (standing, error) {
	x := standing{now: tx.Now(), until: t.Until}
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM takeover WHERE old_id = $1)`, t.newID).Scan(&x.later); err != nil {
		return x, err
	}
	for _, one := range []string{t.oldID, t.newID} {
		begun, err := s.Erasures.Begun(ctx, tx, one)
		if err != nil {
			return x, err
		}
		x.erasing = x.erasing || begun
	}
	old, err := s.Accounts.Get(ctx, tx, t.oldID)
	if err != nil {
		return x, err
	}
	holder, err := s.Accounts.HolderOfSNILS(ctx, tx, old.Profile.SNILS)
	if err != nil && !errors.Is(err, account.ErrMissing) {
		return x, err
	}
	x.another = err == nil && holder != t.newID
	cases, err := store.Names(tx.Query(ctx, `SELECT row_id FROM takeover_row WHERE takeover_id = $1 AND part = 'application'`, t.ID))
	if err != nil {
		return x, err
	}
	for some := range slices.Chunk(cases, 500) {
		n, err := s.DecidedSince(ctx, tx, some, t.At)
		if err != nil {
			return x, err
		}
		x.decided += n
	}
	return x, nil
}

// Undo gives an account back that was taken over by mistake: the proof was wrong. With takeover.employees it proposes that, and another
// employee does it, ConfirmUndo. In one transaction the account that took over
// loses the SNILS, what it was proved by, the mandates that it got by that and its sessions, and the old one has its evidence, its level by that, and those of its
// contacts again that nobody has proved meanwhile. What went along goes back by a job, GiveBack; what the new account got itself
// stays there. Both are told over every contact. Pressed twice, it is undone once.
func (s *Service) Undo(ctx context.Context, who access.Actor, reference string, u Undo) (Taken, error) {
	if err := who.May(access.UndoTakeovers); err != nil {
		return Taken{}, err
	}
	reason := strings.TrimSpace(u.Reason)
	var t Taken
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = s.taken(ctx, tx, reference); err != nil {
			return err
		}
		if !t.UndoneAt.IsZero() {
			return nil // pressed twice
		}
		if t.Refusal != nil {
			return t.Refusal
		}
		if !t.ProposedAt.IsZero() {
			if t.ProposedBy == who.ID {
				return nil // pressed twice
			}
			return ErrUndoWaits
		}
		var sheet form.Sheet
		switch n := utf8.RuneCountInString(reason); {
		case n == 0:
			sheet = append(sheet, fault.F("reason", "verification.undo.reason"))
		case n > s.Policy.Support.MaxText:
			sheet = append(sheet, fault.F("reason", "verification.undo.reason_long"))
		}
		if err := u.ticked(sheet, t).Err(); err != nil {
			return err
		}
		do := s.undo
		if s.Policy.Takeover.TakesTwo() {
			do = s.propose
		}
		if err := do(ctx, tx, who, t, reason); err != nil {
			return err
		}
		t, err = s.taken(ctx, tx, reference)
		return err
	})
	return t, err
}

// ticked adds what an employee did not tick and must have.
func (u Undo) ticked(sheet form.Sheet, t Taken) form.Sheet {
	if !u.Sure {
		sheet = append(sheet, fault.F("sure", "verification.undo.sure"))
	}
	if t.Decided > 0 && !u.Decided {
		sheet = append(sheet, fault.F("decided", "verification.undo.decided"))
	}
	return sheet
}

func (s *Service) undo(ctx context.Context, tx *store.Tx, who access.Actor, t Taken, reason string) error {
	if err := s.unprove(ctx, tx, who, t); err != nil {
		return err
	}
	back, lost, err := s.reopen(ctx, tx, t)
	if err != nil {
		return err
	}
	key, err := s.Ring.Person(ctx, tx, t.oldID)
	if err != nil {
		return err
	}
	now := tx.Now()
	if err := tx.Do(ctx, `INSERT INTO undoing (id, old_id, new_id, reason, reference, started_at, undone_at, why, contacts_back, contacts_lost)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, t.ID, t.oldID, t.newID, string(t.Reason), number(t.ID), t.At, now,
		key.Seal("undoing", "why", t.ID, []byte(reason)), len(back), len(lost)); err != nil {
		return fmt.Errorf("undo takeover %s: %w", t.ID, err)
	}
	// What came late of accounts that the old one had taken over before went straight to the new one: that goes back, too.
	if _, err := tx.Exec(ctx, `INSERT INTO undoing_row (undoing_id, part, row_id) WITH RECURSIVE up (id, old_id) AS (SELECT id, old_id FROM takeover WHERE id = $1
		UNION SELECT t.id, t.old_id FROM takeover t JOIN up ON t.new_id = up.old_id)
		SELECT DISTINCT CAST($1 AS TEXT), r.part, r.row_id FROM takeover_row r JOIN up ON up.id = r.takeover_id`, t.ID); err != nil {
		return err
	}
	for _, statement := range []string{`DELETE FROM takeover_row WHERE takeover_id = $1`, `DELETE FROM takeover WHERE id = $1`} {
		if _, err := tx.Exec(ctx, statement, t.ID); err != nil {
			return err
		}
	}
	return errors.Join(
		audit.Record(ctx, tx, audit.Event{Action: "verification.given_back", Actor: who, Subject: t.oldID, Object: "takeover/" + t.ID}),
		audit.Record(ctx, tx, audit.Event{Action: "verification.undone", Actor: who, Subject: t.newID, Object: "takeover/" + t.ID}),
		s.Notices.TellAll(ctx, tx, t.oldID, s.undone(len(lost) > 0), back),
		s.Notices.TellAll(ctx, tx, t.newID, s.undoneHere(), t.New),
		s.Jobs.Enqueue(ctx, tx, GiveBack{Undoing: t.ID}),
		tx.Notify(ctx, AccountTopic(t.oldID)), tx.Notify(ctx, AccountTopic(t.newID)))
}

// unprove takes from the account that took over all that its proof said, and the mandates that it was given by that. The names stay: an account has some.
func (s *Service) unprove(ctx context.Context, tx *store.Tx, who access.Actor, t Taken) error {
	if _, _, err := s.lower(ctx, tx, who, t.newID, loss{why: Undone, kinds: policy.Evidences()}, func(p *account.Profile) {
		*p = account.Profile{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, Unproved: p.Unproved}
	}); err != nil {
		return err
	}
	if s.Mandates != nil {
		if err := s.Mandates.EndSince(ctx, tx, who, t.newID, t.At); err != nil {
			return err
		}
	}
	return errors.Join(s.end(ctx, tx, `account_id = $1`, t.newID), s.Sessions.CloseAll(ctx, tx, t.newID))
}

// reopen makes the old account what it was: what stood behind it when it was taken over stands again, and the document is asked about
// at once, because it may have become invalid meanwhile. Without a contact nobody can sign in: such an account is frozen.
func (s *Service) reopen(ctx context.Context, tx *store.Tx, t Taken) (back, lost []contact.Target, err error) {
	if back, lost, err = s.Contacts.Revive(ctx, tx, t.oldID); err != nil {
		return nil, nil, err
	}
	now := tx.Now()
	if _, err := tx.Exec(ctx, `UPDATE evidence SET ended_at = NULL, why = '', said = '', recheck_at = CASE WHEN kind IN ($1, $6, $7) THEN $2 ELSE recheck_at END WHERE account_id = $3 AND why = $4 AND ended_at = $5`,
		string(policy.EvidenceDocument), now, t.oldID, string(Joined), t.At, string(policy.EvidenceSNILS), string(policy.EvidenceINN)); err != nil {
		return nil, nil, err
	}
	have, err := evidenceOf(ctx, tx, t.oldID)
	if err != nil {
		return nil, nil, err
	}
	_, err = s.Accounts.Update(ctx, tx, t.oldID, func(a *account.Account) error {
		if a.State = account.Active; len(back) == 0 {
			a.State = account.Frozen
		}
		setLevel(a, LevelOf(s.Policy.Levels, have, now), now)
		return nil
	})
	return back, lost, err
}

// Returning refuses to erase an account from which, or to which, things are still on their way back: they would go with it.
func (s *Service) Returning(ctx context.Context, q store.Querier, accountID string) error {
	var n int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM undoing WHERE (old_id = $1 OR new_id = $1) AND back_at IS NULL`, accountID).Scan(&n); err != nil || n == 0 {
		return err
	}
	return fmt.Errorf("account %s: a takeover is being undone", accountID)
}

// Stuck counts the takeovers and the undoings that were decided by that moment, and whose data is still on its way.
func Stuck(ctx context.Context, q store.Querier, by time.Time) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT (SELECT count(*) FROM takeover WHERE moved_at IS NULL AND started_at <= $1) + (SELECT count(*) FROM undoing WHERE back_at IS NULL AND undone_at <= $1)`,
		store.Moment(by)).Scan(&n)
	return n, err
}

// GiveBack is the job that moves back what went along with a takeover that was undone.
type GiveBack struct {
	Undoing string `json:"undoing"`
	Round   int    `json:"round"`
}

// Kind names the job in the queue.
func (GiveBack) Kind() string { return "verification.give_back" }

// JobPolicy never gives up, as MoveData's.
func (GiveBack) JobPolicy() jobs.Policy { return MoveData{}.JobPolicy() }

// Return does the job, as Move does: some rows at a time, each of them sealed with the key of the account that it names. A later round
// finds what was still under way for a case that went back.
func (s *Service) Return(ctx context.Context, job GiveBack) error {
	var from, to string
	err := store.One(s.DB.QueryRow(ctx, `SELECT new_id, old_id FROM undoing WHERE id = $1`, job.Undoing).Scan(&from, &to))
	if errors.Is(err, store.ErrNotFound) {
		return nil // one of both was erased meanwhile
	}
	if err != nil {
		return fmt.Errorf("undo takeover %s: %w", job.Undoing, err)
	}
	if to, err = s.latest(ctx, s.DB, to); err != nil {
		return fmt.Errorf("undo takeover %s: %w", job.Undoing, err)
	}
	b, err := s.Ring.Between(ctx, s.DB, from, to)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("undo takeover %s: %w", job.Undoing, err)
	}
	if from != to { // or both are one account again
		for _, part := range s.Parts {
			if err := s.returnPart(ctx, job.Undoing, part, b); err != nil {
				return fmt.Errorf("undo takeover %s: %s: %w", job.Undoing, part.Name, err)
			}
		}
	}
	return s.passed(ctx, `UPDATE undoing SET back_at = $1 WHERE id = $2 AND back_at IS NULL`, job.Undoing, to, job.Round, GiveBack{job.Undoing, job.Round + 1})
}

// returnPart moves the rows of a part back that went along, and those that belong to what went back.
func (s *Service) returnPart(ctx context.Context, undoing string, part Part, b keyring.Between) error {
	if err := s.addKin(ctx, undoing, part); err != nil {
		return err
	}
	for {
		some, err := store.Names(s.DB.Query(ctx, `SELECT row_id FROM undoing_row WHERE undoing_id = $1 AND part = $2 AND NOT back ORDER BY row_id LIMIT 50`, undoing, part.Name))
		if err != nil || len(some) == 0 {
			return err
		}
		b.Only = some
		for n := 1; n > 0; {
			batch, err := part.Move(ctx, b)
			if err != nil {
				return err
			}
			if err := s.DB.Write(ctx, func(tx *store.Tx) error {
				rows, err := batch(ctx, tx)
				n = len(rows)
				return err
			}); err != nil {
				return err
			}
		}
		if err := s.DB.Write(ctx, func(tx *store.Tx) error { // a row that did not go is no longer there, or has become something else
			args := []any{undoing, part.Name}
			_, err := tx.Exec(ctx, `UPDATE undoing_row SET back = TRUE WHERE undoing_id = $1 AND part = $2 AND `+store.InSQL("row_id", some, &args), args...)
			return err
		}); err != nil {
			return err
		}
	}
}

// addKin adds to what goes back the rows of a part that came of it meanwhile: the paper of a case, the file of a paper.
func (s *Service) addKin(ctx context.Context, undoing string, part Part) error {
	for of, kin := range part.Kin {
		parents, err := store.Names(s.DB.Query(ctx, `SELECT row_id FROM undoing_row WHERE undoing_id = $1 AND part = $2 ORDER BY row_id`, undoing, of))
		if err != nil {
			return err
		}
		for some := range slices.Chunk(parents, 500) {
			names, err := kin(ctx, s.DB, some)
			if err != nil {
				return err
			}
			if err := s.DB.Write(ctx, func(tx *store.Tx) error {
				for _, name := range names {
					if err := tx.Do(ctx, `INSERT INTO undoing_row (undoing_id, part, row_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, undoing, part.Name, name); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
