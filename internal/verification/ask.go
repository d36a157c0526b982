package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// AskRegister is the job that asks one register about one person's papers.
type AskRegister struct {
	Proof    string `json:"proof"`
	Register string `json:"register"`
	Round    int64  `json:"round"`
}

// Kind names the job in the queue.
func (AskRegister) Kind() string { return "verification.ask_register" }

// JobPolicy never gives up. A register that does not answer is no failure of the job: Ask says when to ask again.
func (AskRegister) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 2 * time.Second, Longest: time.Minute}
}

// Ask does the job: it asks, and writes the answer down. While the register is away the page shows how often it was asked,
// and it is asked again, if need be for a month.
func (s *Service) Ask(ctx context.Context, job AskRegister) error {
	at := slices.IndexFunc(s.Registers, func(r Register) bool { return r.Name() == job.Register })
	if at < 0 {
		return fmt.Errorf("ask register %s: there is no such register", job.Register)
	}
	var p Proof
	matter := Matter{Issue: job.Proof}
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = s.load(ctx, tx, access.SystemActor(), job.Proof)
		matter.By = p.operator
		return err
	})
	if errors.Is(err, ErrMissing) || errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.State != Checking || p.Round != job.Round {
		return nil // corrected or ended meanwhile
	}
	if slices.ContainsFunc(p.Checks, func(c Check) bool { return c.Register == job.Register && c.Answered }) {
		return nil // a job that was killed after the answer
	}
	x := p.Papers
	answer, asked := s.Registers[at].Check(ctx, Person{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic, BirthDate: x.BirthDate,
		SNILS: x.SNILS, INN: x.INN, Passport: Passport{x.Series, x.Number, x.IssuedAt, x.IssuedBy, x.DepartmentCode}, Matter: matter})
	write := func(taken bool) error {
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.note(ctx, tx, job, p, answer, asked); err != nil || asked != nil || p.Way != WayRegisters {
				return err
			}
			return s.conclude(ctx, tx, job.Proof, job.Round, taken)
		})
	}
	if err = write(false); errors.Is(err, account.ErrSnilsTaken) { // another account came first, this very moment
		err = write(true)
	}
	if asked == nil || err != nil {
		return errors.Join(asked, err)
	}
	tries := 1
	for _, c := range p.Checks {
		if c.Register == job.Register {
			tries += c.Tries
		}
	}
	again := s.Policy.Registers.Retry
	return fmt.Errorf("register %s: %w: %w", job.Register, asked, jobs.Again(tries, again.First, again.Longest))
}

// note writes down what one asking came to.
func (s *Service) note(ctx context.Context, tx *store.Tx, job AskRegister, p Proof, answer Answer, asked error) error {
	if asked != nil {
		_, err := tx.Exec(ctx, `UPDATE register_check SET tries = tries + 1 WHERE proof_id = $1 AND register = $2 AND round = $3`, job.Proof, job.Register, job.Round)
		return errors.Join(err, tx.Notify(ctx, p.Topic()), tx.Notify(ctx, AccountTopic(p.AccountID)))
	}
	key, err := s.Ring.Person(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	if answer.At = tx.Now(); p.Way == WayRegisters {
		answer.Data = nil // what registers hold is for whoever is bound to the account (REG-11), in a copy of the data too
	}
	sealed, err := sealJSON(key, "register_check", "answer", job.Proof+"/"+job.Register, noted{answer, p.Papers.numberAt(job.Register)})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE register_check SET state = 'answered', answer = $1 WHERE proof_id = $2 AND register = $3 AND round = $4 AND state = 'asking'`,
		sealed, job.Proof, job.Register, job.Round)
	return errors.Join(err, tx.Notify(ctx, p.Topic()), tx.Notify(ctx, AccountTopic(p.AccountID)))
}

// Recent lists the newest proofs of the operator's centre, for the desk's first page: names are not in it.
func (s *Service) Recent(ctx context.Context, who access.Actor, most int) ([]Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT id, account_id, state, created_at, ended_at FROM proof WHERE unit = $1 ORDER BY id DESC LIMIT $2`, who.Unit, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Proof
	for rows.Next() {
		var p Proof
		var state string
		if err := rows.Scan(&p.ID, &p.AccountID, &state, store.Time(&p.CreatedAt), store.NullTime(&p.EndedAt)); err != nil {
			return nil, err
		}
		p.State = State(state)
		if !p.Ended() && s.lapsed(p, s.DB.Now()) {
			p.State, p.EndedAt = Left, s.lapses(p)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
