package mandate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// AskRegister is the job that asks one register about one request.
type AskRegister struct {
	Request  string `json:"request"`
	Register string `json:"register"`
	Round    int64  `json:"round"`
}

// Kind names the job in the queue.
func (AskRegister) Kind() string { return "mandate.ask_register" }

// JobPolicy never gives up. A register that does not answer is no failure of the job: Ask says when to ask again.
func (AskRegister) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 2 * time.Second, Longest: time.Minute}
}

// throttle counts a round of checks, or refuses it with ErrChecks: so many in a window for the parent and for each document, from
// whatever accounts. The buckets are those that package verification counts by: who tries numbers as a parent and as a person has no
// more tries. Whoever may act for the child has a share of its documents that is theirs alone: of two parents who are not at one, the
// first keeps the other waiting no longer.
func (s *Service) throttle(ctx context.Context, tx *store.Tx, accountID string, p Papers) error {
	document := s.Policy.Registers.ChecksPerDocument.Rule("verification.document")
	takes := []limit.Taken{{Rule: s.Policy.Registers.ChecksPerPerson.Rule("verification.person"), Key: "verification.person:" + accountID}}
	known, err := s.children(ctx, tx, accountID, "")
	if err != nil {
		return err
	}
	for _, d := range []struct {
		register, number string
		of               func(Child) string
	}{
		{Civil, numberOf(p.certificate()), func(c Child) string { return numberOf(c.Birth.Certificate) }},
		{Fund, p.SNILS, func(c Child) string { return c.Account.Profile.SNILS }},
	} {
		if d.number == "" {
			continue
		}
		key := "verification.document:" + hex.EncodeToString(s.Ring.Index("verification."+d.register, d.number))
		if slices.ContainsFunc(known, func(c Child) bool { return d.of(c) == d.number }) {
			key += ":" + accountID
		}
		takes = append(takes, limit.Taken{Rule: document, Key: key})
	}
	vs, err := limit.TakeAll(ctx, tx, takes...)
	if err != nil {
		return fmt.Errorf("throttle checks of %s: %w", accountID, err)
	}
	if v, refused := limit.Refused(vs...); refused {
		return ErrChecks.At(v.Until)
	}
	return nil
}

// numberOf is the number of a certificate as package verification counts it, "" when there is none.
func numberOf(certificate form.Identity) string {
	if certificate.Number == "" {
		return ""
	}
	return string(certificate.Kind) + " " + certificate.Series + certificate.Number
}

// register is the one of the name.
func (s *Service) register(name string) (Register, bool) {
	at := slices.IndexFunc(s.Registers, func(r Register) bool { return r.Name() == name })
	if at < 0 {
		return nil, false
	}
	return s.Registers[at], true
}

// Possible reports whether the civil-status register can be asked at all: an operator has set its address.
func (s *Service) Possible() bool {
	_, there := s.register(Civil)
	return there
}

// ask opens a round of checks: a row and a job for each register.
func (s *Service) ask(ctx context.Context, tx *store.Tx, r Request) error {
	if err := tx.Do(ctx, `DELETE FROM child_check WHERE request_id = $1`, r.ID); err != nil {
		return err
	}
	var which []string
	if !r.Adds() {
		which = append(which, Civil)
	}
	if r.Papers.SNILS != "" {
		which = append(which, Fund)
	}
	var asks []jobs.Args
	for _, name := range which { // two at most
		if _, there := s.register(name); !there {
			return ErrNobody
		}
		if err := tx.Do(ctx, `INSERT INTO child_check (request_id, register, round, state, asked_at) VALUES ($1, $2, $3, 'asking', $4)`, r.ID, name, r.Round, tx.Now()); err != nil {
			return err
		}
		asks = append(asks, AskRegister{Request: r.ID, Register: name, Round: r.Round})
	}
	if err := s.Jobs.Enqueue(ctx, tx, asks...); err != nil {
		return err
	}
	return tx.Notify(ctx, Topic(r.AccountID))
}

// Ask does the job: it asks, and writes the answer down; the last answer concludes the request. While the register is away the page
// says so, and it is asked again.
func (s *Service) Ask(ctx context.Context, job AskRegister) error {
	register, there := s.register(job.Register)
	if !there {
		return fmt.Errorf("ask register %s: there is no such register", job.Register)
	}
	var r Request
	var a account.Account
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if r, err = s.load(ctx, tx, "", job.Request); err != nil {
			return err
		}
		a, err = s.Accounts.Get(ctx, tx, r.AccountID)
		return err
	})
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Register == job.Register })
	if !r.Waiting() || r.Round != job.Round || at < 0 || r.Checks[at].Answered {
		return nil // corrected or ended meanwhile, or a job that was killed after the answer
	}
	x, by := r.Papers, a.Profile
	answer, asked := register.Child(ctx, Question{
		Child:       Person{x.Surname, x.GivenName, x.Patronymic, x.BirthDate, x.Sex, x.SNILS},
		Certificate: x.certificate(),
		Parent:      Person{by.Surname, by.GivenName, by.Patronymic, by.BirthDate, by.Sex, by.SNILS},
		Request:     r.ID, By: r.AccountID,
	})
	for range 3 { // the other parent, who comes first this very moment, is found the next time
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.note(ctx, tx, job, r, answer, asked); err != nil || asked != nil {
				return err
			}
			return s.conclude(ctx, tx, job.Request, job.Round)
		})
		if !errors.Is(err, store.ErrExists) && !errors.Is(err, account.ErrSnilsTaken) {
			break
		}
	}
	if errors.Is(err, account.ErrSnilsTaken) { // somebody holds it for good: asking on and on would change nothing
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.note(ctx, tx, job, r, answer, asked); err != nil {
				return err
			}
			r, err := s.load(ctx, tx, "", job.Request)
			if err != nil || !r.Waiting() || r.Round != job.Round {
				return err
			}
			return s.refuse(ctx, tx, r, RefusedTaken)
		})
	}
	if gone(err) {
		return nil
	}
	if asked == nil || err != nil {
		return errors.Join(asked, err)
	}
	again := s.Policy.Registers.Retry
	return fmt.Errorf("register %s: %w: %w", job.Register, asked, jobs.Again(r.Checks[at].Tries+1, again.First, again.Longest))
}

// gone reports whether the request, or its parent, was erased meanwhile.
func gone(err error) bool {
	return errors.Is(err, ErrMissing) || errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey)
}

// note writes down what one asking came to.
func (s *Service) note(ctx context.Context, tx *store.Tx, job AskRegister, r Request, answer Answer, asked error) error {
	if asked != nil {
		_, err := tx.Exec(ctx, `UPDATE child_check SET tries = tries + 1 WHERE request_id = $1 AND register = $2 AND round = $3`, job.Request, job.Register, job.Round)
		return errors.Join(err, tx.Notify(ctx, Topic(r.AccountID)))
	}
	key, err := s.Ring.Person(ctx, tx, r.AccountID)
	if err != nil {
		return err
	}
	answer.Register, answer.At = job.Register, tx.Now()
	sealed, err := key.SealJSON("child_check", "answer", job.Request+"/"+job.Register, answer)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE child_check SET state = 'answered', answer = $1 WHERE request_id = $2 AND register = $3 AND round = $4 AND state = 'asking'`,
		sealed, job.Request, job.Register, job.Round)
	return errors.Join(err, tx.Notify(ctx, Topic(r.AccountID)))
}
