package verification

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Reason is why a person needs another account than the one they have. Its text is stored.
type Reason string

// The reasons.
const (
	ReasonLost      Reason = "lost"      // phone and e-mail are no longer the person's
	ReasonForgotten Reason = "forgotten" // the person does not know of the account any more
	ReasonStolen    Reason = "stolen"    // somebody else has got into it
)

// Reasons lists every reason in the order of the desk.
func Reasons() []Reason { return []Reason{ReasonLost, ReasonForgotten, ReasonStolen} }

// Takeover is an operator's decision that the account which holds the SNILS is the same person's, and lost to them (REG-12).
type Takeover struct {
	Of     string // the account that the page showed
	Reason Reason
	Sure   bool
}

// Rival is an account to which the person with that SNILS is bound already. An operator sees how it is reached, masked, and
// nothing else of it.
type Rival struct {
	ID       string
	Contacts []contact.Target
}

// ErrRival is a SNILS that another account holds, or none, than the page showed.
var ErrRival = fault.New(fault.Conflict, "verification.rival")

// ErrErasing is an account that is being erased this moment, as its owner asked: what it holds is no longer there to be taken over.
var ErrErasing = fault.New(fault.Conflict, "verification.rival_erasing")

// Sessions ends every session of an account; package credential keeps them.
type Sessions interface {
	CloseAll(ctx context.Context, tx *store.Tx, owner string) error
}

// Erasures keeps the wishes of persons to be erased; package rights does.
type Erasures interface {
	// Drop takes the account's wish out that has not begun, and reports whether there was one.
	Drop(ctx context.Context, tx *store.Tx, who access.Actor, accountID string) (bool, error)
	// Begun reports whether the account is being erased.
	Begun(ctx context.Context, q store.Querier, accountID string) (bool, error)
}

// Mandates keeps what one account may do for another; package mandate does.
type Mandates interface {
	// Retire ends what waits for somebody to take the account.
	Retire(ctx context.Context, tx *store.Tx, accountID string) error
	// EndSince ends the mandates that the account was given since that moment.
	EndSince(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, since time.Time) error
}

// Rival is the account that stands in the way of confirming the proof; false when none does. It is said only when the registers
// have matched everything, and that it was said is recorded about that account.
func (s *Service) Rival(ctx context.Context, who access.Actor, pid string) (Rival, bool, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Rival{}, false, err
	}
	var x Rival
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.load(ctx, tx, who, pid)
		if err != nil {
			return err
		}
		if x, err = s.rival(ctx, tx, p); err != nil || x.ID == "" {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "verification.contacts_shown", Actor: who, Subject: x.ID, Object: "proof/" + pid})
	})
	return x, x.ID != "", err
}

func (s *Service) rival(ctx context.Context, q store.Querier, p Proof) (Rival, error) {
	if !p.Ready() {
		return Rival{}, nil
	}
	holder, err := s.Accounts.HolderOfSNILS(ctx, q, p.Papers.SNILS)
	if errors.Is(err, account.ErrMissing) || err == nil && holder == p.AccountID {
		return Rival{}, nil
	}
	if err != nil {
		return Rival{}, err
	}
	if bound, err := s.Bound(ctx, q, holder); err != nil || !bound {
		return Rival{}, err // a claim, which gives way without a word: makeRoom
	}
	all, err := s.Contacts.Of(ctx, q, holder)
	if err != nil {
		return Rival{}, err
	}
	x := Rival{ID: holder}
	for _, c := range all {
		x.Contacts = append(x.Contacts, c.Target)
	}
	return x, nil
}

// Holder shows a person whose papers matched how the account is reached that holds their SNILS: its contacts, masked (REG-11).
// That is said only when the registers matched everything, and its owner reads who saw it.
func (s *Service) Holder(ctx context.Context, who access.Actor) ([]contact.Target, error) {
	p, ok, err := s.Own(ctx, who)
	if err != nil || !ok || p.Refusal != RefusedTaken || !p.Ready() {
		return nil, err
	}
	return s.shown(ctx, who, p.Papers.SNILS, "proof/"+p.ID)
}

// shown are the contacts of whoever holds the SNILS, for a person whom registers matched to it. The look is recorded about the holder.
func (s *Service) shown(ctx context.Context, who access.Actor, snils, object string) ([]contact.Target, error) {
	var out []contact.Target
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		out = nil
		holder, err := s.Accounts.HolderOfSNILS(ctx, tx, snils)
		if errors.Is(err, account.ErrMissing) || err == nil && holder == who.ID {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := s.Contacts.Of(ctx, tx, holder)
		if err != nil {
			return err
		}
		for _, c := range all {
			out = append(out, c.Target)
		}
		return audit.Record(ctx, tx, audit.Event{Action: "verification.holder_shown", Actor: who, Subject: holder, Object: object})
	})
	return out, err
}

// ConfirmAndTakeOver is Confirm for a person whose SNILS another account of theirs holds, which they cannot get into any more
// (REG-12). That account is retired and this one Confirmed in one transaction; of two desks that take over one account, one does
// and the other gets ErrRival. What the person had follows by a job, Move. Both accounts are told, each over its own contacts.
func (s *Service) ConfirmAndTakeOver(ctx context.Context, who access.Actor, pid string, round int64, t Takeover) (Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Proof{}, err
	}
	var sheet form.Sheet
	if !slices.Contains(Reasons(), t.Reason) {
		sheet = append(sheet, fault.F("reason", "verification.takeover_reason"))
	}
	if !t.Sure {
		sheet = append(sheet, fault.F("sure", "verification.takeover_sure"))
	}
	if err := sheet.Err(); err != nil {
		return Proof{}, err
	}
	return s.confirm(ctx, who, pid, round, func(tx *store.Tx, p Proof) error {
		rival, err := s.rival(ctx, tx, p)
		if err != nil {
			return err
		}
		if rival.ID == "" || rival.ID != t.Of {
			return ErrRival
		}
		return s.retire(ctx, tx, who, p, rival.ID, t.Reason)
	})
}

// retire ends the old account: nobody signs in to it, nobody is found by its contacts, and its SNILS is free.
func (s *Service) retire(ctx context.Context, tx *store.Tx, who access.Actor, p Proof, old string, why Reason) error {
	now := tx.Now()
	dropped, err := s.dropErasure(ctx, tx, who, old)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE evidence SET ended_at = $1, why = $2 WHERE account_id = $3 AND ended_at IS NULL`, now, string(Joined), old); err != nil {
		return err
	}
	if _, err := s.Accounts.Update(ctx, tx, old, func(a *account.Account) error {
		a.State = account.Retired
		setLevel(a, access.Simplified, now)
		return nil
	}); err != nil {
		return err
	}
	if err := errors.Join(s.endOthers(ctx, tx, old, ""), s.Sessions.CloseAll(ctx, tx, old), s.Notices.ForgetBrowsers(ctx, tx, old, time.Time{}), s.Contacts.Retire(ctx, tx, old)); err != nil {
		return err
	}
	if s.Mandates != nil {
		if err := s.Mandates.Retire(ctx, tx, old); err != nil {
			return err
		}
	}
	tid := id.At(now)
	if err := tx.Do(ctx, `INSERT INTO takeover (id, old_id, new_id, proof_id, reason, started_at, reference) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		tid, old, p.AccountID, p.ID, string(why), now, number(tid)); err != nil {
		return fmt.Errorf("take over %s: %w", old, err)
	}
	detail := audit.Detail{"reason": string(why)}
	if dropped {
		for _, one := range []string{old, p.AccountID} {
			if err := s.Notices.Tell(ctx, tx, one, s.erasureDropped()); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		audit.Record(ctx, tx, audit.Event{Action: "verification.retired", Actor: who, Subject: old, Object: "account/" + p.AccountID, Detail: detail}),
		audit.Record(ctx, tx, audit.Event{Action: "verification.took_over", Actor: who, Subject: p.AccountID, Object: "account/" + old, Detail: detail}),
		s.Notices.Tell(ctx, tx, old, s.retired(tid)),
		s.Notices.Tell(ctx, tx, p.AccountID, s.tookOver(tid)),
		s.Jobs.Enqueue(ctx, tx, MoveData{Takeover: tid}),
		tx.Notify(ctx, AccountTopic(old)))
}

// dropErasure takes back the wish that the old account be erased. It was made in an account to which the person has lost the way,
// perhaps by whoever got into it; the person is here and wants what is in it, and an erasure cannot be mended. Carried over, it would
// destroy in silence what was moved; dropped, and told to both, it costs a person who means it one press of a button.
func (s *Service) dropErasure(ctx context.Context, tx *store.Tx, who access.Actor, old string) (bool, error) {
	begun, err := s.Erasures.Begun(ctx, tx, old)
	if err != nil {
		return false, err
	}
	if begun {
		return false, ErrErasing
	}
	return s.Erasures.Drop(ctx, tx, who, old)
}

// Former are the accounts of the person that this one took over, and those that these did.
func (s *Service) Former(ctx context.Context, q store.Querier, who access.Actor) ([]string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return store.Names(q.Query(ctx, `WITH RECURSIVE former (id) AS (SELECT old_id FROM takeover WHERE new_id = $1
		UNION SELECT t.old_id FROM takeover t JOIN former f ON t.new_id = f.id) SELECT id FROM former ORDER BY id`, who.ID))
}

// latest is the account that the person has now, after others may have taken over this one.
func (s *Service) latest(ctx context.Context, q store.Querier, accountID string) (string, error) {
	later, err := store.Names(q.Query(ctx, `WITH RECURSIVE later (id) AS (SELECT new_id FROM takeover WHERE old_id = $1
		UNION SELECT t.new_id FROM takeover t JOIN later l ON t.old_id = l.id) SELECT id FROM later WHERE id NOT IN (SELECT old_id FROM takeover)`, accountID))
	if err != nil || len(later) == 0 {
		return accountID, err
	}
	return later[0], nil
}

// Part is a sort of things that go with a person to the account that took over. Its name is that of the table in which rows name
// their account, and is stored.
type Part struct {
	Name string
	// Move prepares the next things to go, outside any transaction, and gives the batch that makes them the other's.
	Move func(ctx context.Context, b keyring.Between) (Batch, error)
	// Kin are, by the name of another part, those rows that came of rows of that one: when those go back, these do (undo.go).
	Kin map[string]func(ctx context.Context, q store.Querier, rows []string) ([]string, error)
}

// Batch makes some rows of one account the other's, sealed with the other's key, and names them; none when all have gone.
type Batch func(ctx context.Context, tx *store.Tx) ([]string, error)

// Rows is a part that needs no preparation.
func Rows(name string, move func(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error)) Part {
	return Part{Name: name, Move: func(_ context.Context, b keyring.Between) (Batch, error) {
		return func(ctx context.Context, tx *store.Tx) ([]string, error) { return move(ctx, tx, b) }, nil
	}}
}

// From is the part with the rows of another from which its rows come.
func (p Part) From(part string, kin func(ctx context.Context, q store.Querier, rows []string) ([]string, error)) Part {
	p.Kin = maps.Clone(p.Kin)
	if p.Kin == nil {
		p.Kin = map[string]func(context.Context, store.Querier, []string) ([]string, error){}
	}
	p.Kin[part] = kin
	return p
}

// MoveData is the job that moves what the person had to the account that took over.
type MoveData struct {
	Takeover string `json:"takeover"`
	Round    int    `json:"round"`
}

// Kind names the job in the queue.
func (MoveData) Kind() string { return "verification.move" }

// JobPolicy never gives up: a bucket that is away for a day is no reason to lose a person's papers.
func (MoveData) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: time.Second, Longest: 10 * time.Minute}
}

// later is when the job comes by again: a paper that was being made for the old account, or a form being sent from it, when the
// takeover was decided may have been written down after the job had passed.
var later = []time.Duration{time.Minute, time.Hour}

// Move does the job, some rows in a transaction at a time. A row is sealed with the key of the account that it names, before as
// after, so that a stop in between leaves every row readable where it is, and the job goes on from there.
func (s *Service) Move(ctx context.Context, job MoveData) error {
	var from, to string
	err := store.One(s.DB.QueryRow(ctx, `SELECT old_id, new_id FROM takeover WHERE id = $1`, job.Takeover).Scan(&from, &to))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("takeover %s: %w", job.Takeover, err)
	}
	if to, err = s.latest(ctx, s.DB, to); err != nil {
		return fmt.Errorf("takeover %s: %w", job.Takeover, err)
	}
	b, err := s.Ring.Between(ctx, s.DB, from, to)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil // the person was erased meanwhile
	}
	if err != nil {
		return fmt.Errorf("takeover %s: %w", job.Takeover, err)
	}
	for _, part := range s.Parts {
		for n := 1; n > 0; {
			if n, err = s.moveSome(ctx, job.Takeover, part, b); err != nil {
				return fmt.Errorf("takeover %s: move %s: %w", job.Takeover, part.Name, err)
			}
		}
	}
	return s.passed(ctx, `UPDATE takeover SET moved_at = $1 WHERE id = $2 AND moved_at IS NULL`, job.Takeover, to, job.Round, MoveData{job.Takeover, job.Round + 1})
}

// passed writes down that all has gone to the account, and sends the next round as long as there is one.
func (s *Service) passed(ctx context.Context, statement, id, to string, round int, next jobs.Args) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, statement, tx.Now(), id); err != nil {
			return err
		}
		if round < len(later) {
			if err := s.Jobs.Enqueue(ctx, tx, jobs.At(next, tx.Now().Add(later[round]))); err != nil {
				return err
			}
		}
		return tx.Notify(ctx, AccountTopic(to))
	})
}

// moveSome moves the next rows of a part and writes down which, and says how many.
func (s *Service) moveSome(ctx context.Context, takeover string, part Part, b keyring.Between) (int, error) {
	batch, err := part.Move(ctx, b)
	if err != nil {
		return 0, err
	}
	n := 0
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		n = 0
		stands := false
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM takeover WHERE id = $1)`, takeover).Scan(&stands); err != nil || !stands {
			return err // undone meanwhile: the rest stays where it is
		}
		rows, err := batch(ctx, tx)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		args, text := []any{takeover, part.Name}, ""
		for i, row := range rows {
			if i > 0 {
				text += ", "
			}
			args = append(args, row)
			text += fmt.Sprintf("($1, $2, $%d)", len(args))
		}
		_, err = tx.Exec(ctx, `INSERT INTO takeover_row (takeover_id, part, row_id) VALUES `+text+` ON CONFLICT DO NOTHING`, args...)
		return err
	})
	return n, err
}
