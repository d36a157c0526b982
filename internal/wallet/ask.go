package wallet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// Person is whom a register is asked about. Dates are ISO 8601.
type Person struct {
	Surname, GivenName, Patronymic, BirthDate, SNILS, Issue string

	Certificate form.Identity // of birth, of a child
}

// Outcome is what a register says in one word. Its text is stored as the state of a request.
type Outcome string

// The outcomes, and what a request is before there is one or when none came.
const (
	Found   Outcome = "found"
	None    Outcome = "none"    // it holds no such document of the person
	Differs Outcome = "differs" // it knows somebody else under that number
	Lacking Outcome = "lacking" // it goes by the SNILS, which the account lacks
	Barred  Outcome = "barred"  // nobody may ask about the person any more, or the register was taken off the settings
	Asking  Outcome = "asking"
	Away    Outcome = "away" // it did not answer for wallet.ask_for
)

// Answer is what a register said. Each of the documents that it found is the values of the kind's fields, by their ids, as the checks of
// the fields read them.
type Answer struct {
	Outcome   Outcome
	Documents []map[string]string
}

// Register is a register that keeps documents of a kind. An error means that it could not be reached or talked garbage, and that asking
// again later makes sense.
type Register interface {
	Name() string
	Enough(p Person) bool // whether what is known of the person is enough to be found there
	Find(ctx context.Context, p Person) (Answer, error)
}

// Request is what a register was asked last about documents of a kind.
type Request struct {
	Kind       kind.ID
	State      Outcome
	Tries      int // in vain
	AskedAt    time.Time
	AnsweredAt time.Time
	Removed    bool // documents of the kind that it gave were removed: Ask brings them back
}

// AskRegister is the job that asks a register.
type AskRegister struct {
	Request string `json:"request"`
}

// Kind names the job in the queue.
func (AskRegister) Kind() string { return "wallet.ask_register" }

// JobPolicy never gives up: Do says when to ask again, and until when.
func (AskRegister) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: 2 * time.Second, Longest: time.Minute}
}

// register is the one that knows documents of the kind; false when none is set.
func (s *Service) register(k kind.Kind) (Register, bool) {
	i := slices.IndexFunc(s.Registers, func(r Register) bool { return r.Name() == k.Register })
	if k.Register == "" || i < 0 {
		return nil, false
	}
	return s.Registers[i], true
}

// Asks reports whether a register can be asked about documents of the kind.
func (s *Service) Asks(k kind.Kind) bool { _, ok := s.register(k); return ok }

// Lacking are the kinds that a register keeps and cannot find for whom the actor acts for: it goes by the SNILS, which the account lacks.
func (s *Service) Lacking(ctx context.Context, who access.Actor) (map[kind.ID]bool, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	p, _, err := s.known(ctx, s.DB, who.Whose())
	if err != nil {
		return nil, err
	}
	out := map[kind.ID]bool{}
	for _, k := range kind.All() {
		if r, ok := s.register(k); ok && !r.Enough(p) {
			out[k.ID] = true
		}
	}
	return out, nil
}

// known is what registers are told of an account, and whether they may be: it is bound to its person, or somebody who is bound to their own
// may act for it.
func (s *Service) known(ctx context.Context, q store.Querier, accountID string) (Person, bool, error) {
	a, err := s.Accounts.Get(ctx, q, accountID)
	if err != nil {
		return Person{}, false, err
	}
	bound, certificate := a.Level == access.Confirmed, form.Identity{}
	if !bound && s.Guarded != nil {
		if certificate, bound, err = s.Guarded(ctx, q, accountID); err != nil {
			return Person{}, false, err
		}
	}
	p := a.Profile
	return Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, SNILS: p.SNILS, Certificate: certificate}, bound, nil
}

// MayHave reports whether whom the actor acts for can have documents of the kind: a child drives no car.
func MayHave(who access.Actor, k kind.Kind) bool { return who.By() == "" || k.Others }

// Ask has the register asked about the own documents of the kind of whom the actor acts for, which brings back what they removed. While one
// question is under way there is no other.
func (s *Service) Ask(ctx context.Context, who access.Actor, of kind.ID) error {
	return s.question(ctx, who, of, true)
}

// Update is Ask for whoever looks at one document and wants it as the register has it now: what they removed stays removed.
func (s *Service) Update(ctx context.Context, who access.Actor, of kind.ID) error {
	return s.question(ctx, who, of, false)
}

// question begins a request for whoever may make one, with what they removed or without.
func (s *Service) question(ctx context.Context, who access.Actor, of kind.ID, removed bool) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	k, ok := kind.Of(of)
	if !ok || !MayHave(who, k) {
		return ErrMissing
	}
	register, ok := s.register(k)
	if !ok {
		return ErrNoAsking
	}
	if who.Level != access.Confirmed {
		return ErrLevel
	}
	if p, _, err := s.known(ctx, s.DB, who.Whose()); err != nil {
		return err
	} else if !register.Enough(p) {
		return ErrNoSNILS
	}
	if err := s.take(ctx, s.Policy.Wallet.Asks.Rule("wallet.asked"), "wallet.asked:"+who.ID, ErrOften); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if removed {
			if err := s.unbury(ctx, tx, who.Whose(), of); err != nil {
				return err
			}
		}
		n, err := s.ask(ctx, tx, due{who.Whose(), of})
		if err != nil || n == 0 {
			return err
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "wallet.asked", Actor: who, Subject: who.Whose(), Detail: audit.Detail{"register": k.Register, "document": string(of)}}),
			tx.Notify(ctx, Topic(who.Whose())))
	})
}

// due is whom a register is to be asked about.
type due struct {
	account string
	kind    kind.ID
}

// ask begins requests, one statement for all; whom a register is being asked about already is left alone. It says how many it began.
func (s *Service) ask(ctx context.Context, tx *store.Tx, all ...due) (int, error) {
	args := []any{tx.Now()}
	rows := make([]string, len(all))
	for i, d := range all {
		n := len(args)
		args = append(args, id.At(tx.Now()), d.account, string(d.kind))
		rows[i] = fmt.Sprintf("($%d, $%d, $%d, 'asking', 0, $1)", n+1, n+2, n+3)
	}
	begun, err := store.Names(tx.Query(ctx, `INSERT INTO wallet_request (id, account_id, kind, state, tries, asked_at) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (account_id, kind) DO UPDATE SET id = excluded.id, state = 'asking', tries = 0, asked_at = excluded.asked_at WHERE wallet_request.state <> 'asking' RETURNING id`, args...))
	if err != nil || len(begun) == 0 {
		return 0, err
	}
	work := make([]jobs.Args, len(begun))
	for i, request := range begun {
		work[i] = AskRegister{request}
	}
	return len(begun), s.Jobs.Enqueue(ctx, tx, work...)
}

// Requests is what was asked last, by kind.
func (s *Service) Requests(ctx context.Context, who access.Actor) (map[kind.ID]Request, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT r.kind, r.state, r.tries, r.asked_at, r.answered_at,
		EXISTS (SELECT 1 FROM wallet_document d WHERE d.account_id = r.account_id AND d.kind = r.kind AND d.register_state = 'removed') FROM wallet_request r WHERE r.account_id = $1`, who.Whose())
	if err != nil {
		return nil, fmt.Errorf("requests of %s: %w", who.Whose(), err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[kind.ID]Request{}
	for rows.Next() {
		var r Request
		if err := rows.Scan(&r.Kind, &r.State, &r.Tries, store.Time(&r.AskedAt), store.NullTime(&r.AnsweredAt), &r.Removed); err != nil {
			return nil, err
		}
		out[r.Kind] = r
	}
	return out, rows.Err()
}

// Do asks the register of a request and writes down what it says. While the register is away it is asked again.
func (s *Service) Do(ctx context.Context, job AskRegister) error {
	var r Request
	var accountID string
	err := store.One(s.DB.QueryRow(ctx, `SELECT account_id, kind, tries, asked_at FROM wallet_request WHERE id = $1 AND state = 'asking'`, job.Request).
		Scan(&accountID, &r.Kind, &r.Tries, store.Time(&r.AskedAt)))
	if errors.Is(err, store.ErrNotFound) {
		return nil // answered before the job was killed, or erased
	}
	if err != nil {
		return fmt.Errorf("request %s: %w", job.Request, err)
	}
	k, _ := kind.Of(r.Kind)
	register, ok := s.register(k)
	p, bound, err := s.known(ctx, s.DB, accountID)
	if errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) {
		return nil
	}
	if err != nil {
		return err
	}
	if !ok || !bound {
		return s.settle(ctx, job, accountID, k, Answer{Outcome: Barred})
	}
	if !register.Enough(p) {
		return s.settle(ctx, job, accountID, k, Answer{Outcome: Lacking})
	}
	p.Issue = job.Request
	answer, failed := register.Find(ctx, p)
	if failed == nil {
		return s.settle(ctx, job, accountID, k, answer)
	}
	if s.DB.Now().Sub(r.AskedAt) >= s.Policy.Wallet.AskFor {
		return s.settle(ctx, job, accountID, k, Answer{Outcome: Away})
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE wallet_request SET tries = tries + 1 WHERE id = $1`, job.Request)
		return errors.Join(err, tx.Notify(ctx, Topic(accountID)))
	})
	if err != nil {
		return err
	}
	again := s.Policy.Registers.Retry
	return fmt.Errorf("register %s: %w: %w", register.Name(), failed, jobs.Again(r.Tries+1, again.First, again.Longest))
}

// settle ends a request with an answer, and brings the wallet up to date.
func (s *Service) settle(ctx context.Context, job AskRegister, accountID string, k kind.Kind, a Answer) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE wallet_request SET state = $1, answered_at = $2 WHERE id = $3 AND state = 'asking'`, string(a.Outcome), tx.Now(), job.Request)
		if err != nil || n == 0 {
			return err
		}
		switch a.Outcome {
		case Found:
			err = s.hold(ctx, tx, accountID, k, a.Documents)
		case None:
			err = s.lost(ctx, tx, accountID, k, nil)
		case Differs, Lacking, Barred, Away, Asking:
		}
		if err != nil {
			return err
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "wallet.answered", Actor: access.SystemActor(), Subject: accountID,
			Detail: audit.Detail{"register": k.Register, "document": string(k.ID), "outcome": string(a.Outcome)}}), tx.Notify(ctx, Topic(accountID)))
	})
}

// hold keeps what a register says: of each document that it means, a new version if it stands otherwise there, or a document of its own.
// What it gave before and names no more it holds no more; what the person removed stays removed.
func (s *Service) hold(ctx context.Context, tx *store.Tx, accountID string, k kind.Kind, documents []map[string]string) error {
	all, err := s.every(ctx, tx, accountID, ` AND d.kind = $2 ORDER BY CASE WHEN d.register_state = 'removed' THEN 1 ELSE 0 END, d.id`, string(k.ID))
	if err != nil {
		return err
	}
	named := make([]string, 0, len(documents))
	for i, d := range meant(all, k, documents) { // as many as one person has
		if d.Register == Removed {
			continue
		}
		if err := s.holdOne(ctx, tx, accountID, k, &d, documents[i]); err != nil {
			return err
		}
		named = append(named, d.ID)
	}
	return s.lost(ctx, tx, accountID, k, named)
}

// holdOne keeps one document as a register has it: d is the one that it means, without an id when it is a new one. What stands for known is
// the register's word and nothing that somebody typed: that stays in the version before. A scan goes on, so that it is at hand for the next
// application; it is its owner's still, and whoever is shown it reads so.
func (s *Service) holdOne(ctx context.Context, tx *store.Tx, accountID string, k kind.Kind, d *Document, values map[string]string) error {
	if d.ID == "" {
		*d = Document{ID: id.At(tx.Now()), Kind: k, Account: accountID, Register: Known, KnownAt: tx.Now(), EndsAt: s.ends(k, values), Version: Version{Source: k.Register, Values: values}}
		return s.keepNew(ctx, tx, access.SystemActor(), d, nil)
	}
	if maps.Equal(values, d.Values) {
		_, known := tx.Exec(ctx, `UPDATE wallet_document SET register_state = 'known', known_at = $1 WHERE id = $2`, tx.Now(), d.ID)
		_, source := tx.Exec(ctx, `UPDATE wallet_version SET source = $1 WHERE id = $2`, k.Register, d.id)
		return errors.Join(known, source)
	}
	seen := d.Number
	d.Source, d.Values, d.EndsAt = k.Register, values, s.ends(k, values)
	return errors.Join(s.renew(ctx, tx, d, seen, nil, Known, tx.Now()), s.record(ctx, tx, access.SystemActor(), "wallet.changed", *d))
}

// lost marks the documents of the kind that the register knew and does not name any more.
func (s *Service) lost(ctx context.Context, tx *store.Tx, accountID string, k kind.Kind, named []string) error {
	args := []any{accountID, string(k.ID)}
	others := ""
	if len(named) > 0 {
		others = ` AND NOT ` + store.InSQL("id", named, &args)
	}
	_, err := tx.Exec(ctx, `UPDATE wallet_document SET register_state = 'gone' WHERE account_id = $1 AND kind = $2 AND register_state = 'known'`+others, args...)
	return err
}

// meant are the person's own documents of which the register speaks, one for each of its own: that with the number, or else one of the same
// thing that came from the register before. Somebody else's, which the person keeps, it never is. Where there is none stands a zero document.
func meant(all []Document, k kind.Kind, documents []map[string]string) []Document {
	left := slices.DeleteFunc(slices.Clone(all), func(d Document) bool { return d.Holder != "" })
	out := make([]Document, len(documents))
	for _, is := range []func(d Document, values map[string]string) bool{
		func(d Document, values map[string]string) bool { return k.SameNumber(d.Values, values) },
		func(d Document, values map[string]string) bool {
			return k.SameOne(d.Values, values) && (d.Source == k.Register || d.Register != Unasked)
		},
	} {
		for i, values := range documents {
			if out[i].ID != "" {
				continue
			}
			if at := slices.IndexFunc(left, func(d Document) bool { return is(d, values) }); at >= 0 {
				out[i] = left[at]
				left = slices.Delete(left, at, at+1)
			}
		}
	}
	return out
}

// fewAsked is about how many documents one run of the sweep has registers asked again.
const fewAsked = 100

// Refresh has registers asked again about documents that they knew, so long after they were asked last. A job runs it.
func (s *Service) Refresh(ctx context.Context) error {
	var kinds []string // of registers that are set
	for _, k := range kind.All() {
		if s.Asks(k) {
			kinds = append(kinds, string(k.ID))
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		var all []due
		args := []any{tx.Now().Add(-s.Policy.Wallet.Refresh), fewAsked}
		rows, err := tx.Query(ctx, `SELECT r.account_id, r.kind FROM wallet_request r WHERE r.state <> 'asking' AND r.answered_at < $1 AND `+store.InSQL("r.kind", kinds, &args)+`
			AND EXISTS (SELECT 1 FROM wallet_document d WHERE d.account_id = r.account_id AND d.kind = r.kind AND d.register_state = 'known') ORDER BY r.answered_at LIMIT $2`, args...)
		err = store.Each(rows, err, func(r *store.Rows) error {
			var d due
			err := r.Scan(&d.account, &d.kind)
			all = append(all, d)
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		_, err = s.ask(ctx, tx, all...)
		return err
	})
}
