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

// AskRegisters is the job that asks the registers about one person's papers.
type AskRegisters struct {
	Proof string `json:"proof"`
	Round int64  `json:"round"`
}

// Kind names the job in the queue.
func (AskRegisters) Kind() string { return "verification.ask_register" }

// JobPolicy never gives up. A register that does not answer is no failure of the job: Ask says when to ask again.
func (AskRegisters) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 2 * time.Second, Longest: time.Minute}
}

// reply is what one asking came to.
type reply struct {
	register string
	answer   Answer
	err      error
}

// dally is how long an answer waits for the others, to be written down together with them.
const dally = 200 * time.Millisecond

// Ask does the job: it asks the registers that have not answered, all at once, and writes down what they say. While one is away
// the page shows how often it was asked, and it is asked again, if need be for a month.
func (s *Service) Ask(ctx context.Context, job AskRegisters) error {
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
	person := p.Papers.person()
	person.Matter = matter
	replies := make(chan reply, len(p.Checks))
	open, tries := 0, 0
	for _, c := range p.Checks {
		at := slices.IndexFunc(s.Registers, func(r Register) bool { return r.Name() == c.Register })
		if c.Answered || at < 0 { // answered: before the job was killed, or when another register was away
			continue
		}
		open++
		tries = max(tries, c.Tries)
		go func() { replies <- ask(ctx, s.Registers[at], person) }()
	}
	var away error
	for open > 0 {
		came := together(replies, open)
		open -= len(came)
		for _, r := range came {
			if r.err != nil {
				away = errors.Join(away, fmt.Errorf("register %s: %w", r.register, r.err))
			}
		}
		last := open == 0 && away == nil
		err := s.write(ctx, job, p, came, last, false)
		if errors.Is(err, account.ErrSnilsTaken) { // another account came first, this very moment
			err = s.write(ctx, job, p, came, last, true)
		}
		if err != nil {
			return errors.Join(away, err)
		}
	}
	if away == nil {
		return nil
	}
	again := s.Policy.Registers.Retry
	return fmt.Errorf("%w: %w", away, jobs.Again(tries+1, again.First, again.Longest))
}

// ask asks one register. What breaks over its answer is no answer, and nothing worse.
func ask(ctx context.Context, r Register, p Person) (got reply) {
	got.register = r.Name()
	defer func() {
		if x := recover(); x != nil {
			got.err = fmt.Errorf("reading the answer broke: %T", x) // x may hold what the answer holds
		}
	}()
	got.answer, got.err = r.Check(ctx, p)
	return got
}

// together waits for a reply and takes the others, of so many in all, that come soon after it: nobody waits for a register that
// hangs.
func together(replies <-chan reply, all int) []reply {
	came := []reply{<-replies}
	late := time.After(dally)
	for len(came) < all {
		select {
		case r := <-replies:
			came = append(came, r)
		case <-late:
			return came
		}
	}
	return came
}

// write writes replies down. The person's own proof ends with the last one.
func (s *Service) write(ctx context.Context, job AskRegisters, p Proof, came []reply, last, taken bool) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, r := range came { // a few, on their way together
			if err := s.note(ctx, tx, job, p, r); err != nil {
				return err
			}
		}
		if err := errors.Join(tx.Notify(ctx, p.Topic()), tx.Notify(ctx, AccountTopic(p.AccountID))); err != nil {
			return err
		}
		if !last || p.Way != WayRegisters {
			return nil
		}
		return s.conclude(ctx, tx, job.Proof, job.Round, taken)
	})
}

// note writes down what one asking came to.
func (s *Service) note(ctx context.Context, tx *store.Tx, job AskRegisters, p Proof, r reply) error {
	if r.err != nil {
		return tx.Do(ctx, `UPDATE register_check SET tries = tries + 1 WHERE proof_id = $1 AND register = $2 AND round = $3`, job.Proof, r.register, job.Round)
	}
	if r.answer.At = tx.Now(); p.Way == WayRegisters {
		r.answer.Data = nil // what registers hold is for whoever is bound to the account (REG-11), in a copy of the data too
	}
	sealed, err := p.key.SealJSON("register_check", "answer", job.Proof+"/"+r.register, noted{r.answer, p.Papers.numberAt(r.register)})
	if err != nil {
		return err
	}
	return tx.Do(ctx, `UPDATE register_check SET state = 'answered', answer = $1 WHERE proof_id = $2 AND register = $3 AND round = $4 AND state = 'asking'`,
		sealed, job.Proof, r.register, job.Round)
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
