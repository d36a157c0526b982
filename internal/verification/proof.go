package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// State of a proof. Its text is stored.
type State string

// The states.
const (
	Entering  State = "entering"  // the operator has the person before them
	Checking  State = "checking"  // papers are entered, registers are asked
	Confirmed State = "confirmed" // the account was raised
	Left      State = "left"      // the operator ended it without raising
)

// Check is one register's part of a proof.
type Check struct {
	Register string
	Answered bool
	Answer   Answer
	Tries    int // how often the register was asked in vain
	AskedAt  time.Time
}

// Proof is one person's proof of identity: at a desk, or their own.
type Proof struct {
	ID        string
	Way       Way
	Refusal   Refusal // what the last round of an own proof came to
	AccountID string
	Account   account.Account
	State     State
	Papers    Papers // normalised
	Checks    []Check
	Round     int64
	TookOver  bool // confirming it retired another account of the person
	CreatedAt time.Time
	EndedAt   time.Time

	operator string
	key      *keyring.Key // the person's
}

// Topic is how pages that show the proof listen for news.
func (p Proof) Topic() string { return proofTopic(p.ID) }

func proofTopic(pid string) string { return "proof-" + pid }

// AccountTopic is how a person's pages listen for a change of the level.
func AccountTopic(accountID string) string { return "account-" + accountID }

// Ended reports whether nothing more can be done with the proof.
func (p Proof) Ended() bool { return p.State == Confirmed || p.State == Left }

// lapses is when the proof ends by itself: a person who has gone home must not be confirmed by papers left on a screen.
// An own proof lives as long as its papers may lie about unsent; a round of checks goes on however long a register is away.
func (s *Service) lapses(p Proof) time.Time {
	if p.Way == WayRegisters {
		return p.CreatedAt.Add(s.Policy.Levels.Draft)
	}
	return p.CreatedAt.Add(s.Policy.Visit.ProofLifetime)
}

func (s *Service) lapsed(p Proof, now time.Time) bool {
	if p.Way == WayRegisters && p.State == Checking && p.Refusal == "" {
		return false
	}
	return !now.Before(s.lapses(p))
}

// Ready reports whether the registers' answers allow to confirm: document and SNILS match, and the INN when it was given. Without a word
// on the document, or without one on the SNILS, nothing does.
func (p Proof) Ready() bool {
	asked := make([]string, len(p.Checks))
	for i, c := range p.Checks {
		asked[i] = c.Register
	}
	if p.State != Checking || !covers(asked) {
		return false
	}
	return !slices.ContainsFunc(p.Checks, func(c Check) bool { return !c.Answered || c.Answer.Verdict != Match })
}

// Waiting reports whether a register has not answered yet.
func (p Proof) Waiting() bool {
	return p.State == Checking && slices.ContainsFunc(p.Checks, func(c Check) bool { return !c.Answered })
}

// Open opens a person by the code that the person said. The look is recorded; codes that nobody has are counted.
func (s *Service) Open(ctx context.Context, who access.Actor, typed string) (Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Proof{}, err
	}
	code, problem := form.ShortCode(typed)
	if problem != nil {
		return Proof{}, fault.Invalid(problem.On("code"))
	}
	var pid string
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		pid, refused = "", nil
		rule, key := s.Policy.Visit.Guesses.Rule("visit.guess"), "visit.guess:"+who.ID
		v, err := limit.Look(ctx, tx, rule, key)
		if err != nil {
			return err
		}
		if !v.Allowed {
			refused = ErrGuesses.At(v.Until)
			return nil
		}
		var accountID string
		index := s.Ring.Find("visit.code", code)
		err = store.One(tx.QueryRow(ctx, `SELECT account_id FROM visit WHERE code_index IN ($1, $3) AND expires_at > $2`, index[0], tx.Now(), index[1]).Scan(&accountID))
		if errors.Is(err, store.ErrNotFound) {
			refused = ErrCode.With(fault.F("code", "verification.code_unknown"))
			_, err = limit.Take(ctx, tx, rule, key)
			return err
		}
		if err != nil {
			return err
		}
		a, err := s.Accounts.Get(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if a.Level == access.Confirmed {
			refused = ErrDone
			return nil
		}
		if pause, err := alert.Of(ctx, tx, accountID); err != nil {
			return err
		} else if pause.On() { // the code may have been shown before the stranger was found out
			refused = ErrPaused.At(pause.Until)
			return nil
		}
		pid = id.At(tx.Now())
		if _, err := tx.Exec(ctx, `INSERT INTO proof (id, account_id, way, operator, unit, state, created_at) VALUES ($1, $2, 'centre', $3, $4, $5, $6)`,
			pid, accountID, who.ID, who.Unit, string(Entering), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "verification.opened", Actor: who, Subject: accountID, Object: "proof/" + pid})
	})
	if err != nil {
		return Proof{}, fmt.Errorf("open a person: %w", err)
	}
	if refused != nil {
		return Proof{}, refused
	}
	return s.Get(ctx, who, pid)
}

// Look is Get for a page: that the operator looked is recorded, and the person sees it. A proof lies on the centre's desk, so
// the one who looks need not be the one to whom the person said the code.
func (s *Service) Look(ctx context.Context, who access.Actor, pid string) (Proof, error) {
	p, err := s.Get(ctx, who, pid)
	if err != nil {
		return Proof{}, err
	}
	return p, s.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Action: "verification.viewed", Actor: who, Subject: p.AccountID, Object: "proof/" + pid})
	})
}

// Get reads a proof for an operator of the centre where it was opened. What is shown of it goes by Look.
func (s *Service) Get(ctx context.Context, who access.Actor, pid string) (Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Proof{}, err
	}
	var p Proof
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = s.load(ctx, tx, who, pid)
		return err
	})
	return p, err
}

func (s *Service) load(ctx context.Context, tx *store.Tx, who access.Actor, pid string) (Proof, error) {
	return s.loadWhere(ctx, tx, who, `id = $1`, pid)
}

// loadWhere is load of the one proof that the condition finds.
func (s *Service) loadWhere(ctx context.Context, tx *store.Tx, who access.Actor, condition string, args ...any) (Proof, error) {
	var p Proof
	var state, unit, way, refusal string
	var sealed, wrapped []byte
	err := store.One(tx.QueryRow(ctx, `SELECT id, account_id, way, operator, unit, state, refusal, papers, round, created_at, ended_at, `+keyring.WrappedSQL("proof.account_id")+` FROM proof WHERE `+condition, args...).
		Scan(&p.ID, &p.AccountID, &way, &p.operator, &unit, &state, &refusal, &sealed, &p.Round, store.Time(&p.CreatedAt), store.NullTime(&p.EndedAt), &wrapped))
	if errors.Is(err, store.ErrNotFound) || (err == nil && (who.Kind == access.Staff && (unit != who.Unit || Way(way) != WayCentre) || who.Kind == access.Person && (p.AccountID != who.ID || Way(way) != WayRegisters))) {
		return Proof{}, ErrMissing
	}
	if err != nil {
		return Proof{}, fmt.Errorf("load a proof: %w", err)
	}
	p.State, p.Way, p.Refusal = State(state), Way(way), Refusal(refusal)
	if !p.Ended() && s.lapsed(p, tx.Now()) {
		p.State, p.EndedAt = Left, s.lapses(p)
	}
	if p.Account, err = s.Accounts.Get(ctx, tx, p.AccountID); err != nil {
		return Proof{}, err
	}
	if p.State == Confirmed {
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM takeover WHERE new_id = $1 AND proof_id = $2)`, p.AccountID, p.ID).Scan(&p.TookOver); err != nil {
			return Proof{}, err
		}
	}
	if p.key, err = s.Ring.Unwrap(p.AccountID, wrapped); err != nil {
		return Proof{}, err
	}
	if sealed != nil {
		if err := p.key.OpenJSON("proof", "papers", p.ID, sealed, &p.Papers); err != nil {
			return Proof{}, err
		}
	}
	p.Checks, err = s.checks(ctx, tx, p.key, p.ID)
	return p, err
}

func (s *Service) checks(ctx context.Context, tx *store.Tx, key *keyring.Key, pid string) ([]Check, error) {
	rows, err := tx.Query(ctx, `SELECT register, state, tries, answer, asked_at FROM register_check WHERE proof_id = $1`, pid)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	by := map[string]Check{}
	for rows.Next() {
		var c Check
		var state string
		var sealed []byte
		if err := rows.Scan(&c.Register, &state, &c.Tries, &sealed, store.Time(&c.AskedAt)); err != nil {
			return nil, err
		}
		if c.Answered = state == "answered"; c.Answered {
			if err := key.OpenJSON("register_check", "answer", pid+"/"+c.Register, sealed, &c.Answer); err != nil {
				return nil, err
			}
		}
		by[c.Register] = c
	}
	var out []Check
	for _, r := range s.Registers {
		if c, ok := by[r.Name()]; ok {
			out = append(out, c)
		}
	}
	return out, rows.Err()
}

// Enter takes the papers and asks the registers: anew, when they were asked before.
func (s *Service) Enter(ctx context.Context, who access.Actor, pid string, typed Papers) (Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Proof{}, err
	}
	papers, err := read(typed, form.DateOf(s.DB.Now().In(s.Zone)))
	if err != nil {
		return Proof{}, err
	}
	var p Proof
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if p, err = s.load(ctx, tx, who, pid); err != nil {
			return err
		}
		if p.Ended() {
			return ErrState
		}
		if p.Account.Level == access.Confirmed {
			return ErrDone
		}
		if err := s.kept(papers); err != nil {
			return err
		}
		have, err := evidenceOf(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		if other(p.Account.Profile, papers.SNILS, papers.BirthDate) && !renumbered(p.Account.Profile, have, papers.BirthDate, tx.Now()) {
			return ErrOther.With(fault.F("snils", "verification.other_person"))
		}
		sealed, err := p.key.SealJSON("proof", "papers", pid, papers)
		if err != nil {
			return err
		}
		p.Papers = papers
		p.Round++
		if _, err := tx.Exec(ctx, `UPDATE proof SET papers = $1, state = $2, round = $3, operator = $4 WHERE id = $5`, sealed, string(Checking), p.Round, who.ID, pid); err != nil {
			return err
		}
		if err := s.ask(ctx, tx, p); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "verification.checked", Actor: who, Subject: p.AccountID, Object: "proof/" + pid}); err != nil {
			return err
		}
		p, err = s.load(ctx, tx, who, pid)
		return err
	})
	return p, err
}

// ChooseAt keeps what the operator has typed so far, unread, while they choose another kind of document. The papers that registers were
// asked about stay what they are.
func (s *Service) ChooseAt(ctx context.Context, who access.Actor, pid string, typed map[string]string) error {
	if err := who.May(access.ProveIdentity); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.load(ctx, tx, who, pid)
		if err != nil {
			return err
		}
		if p.Ended() {
			return ErrState
		}
		p.Papers.Typed = typed
		sealed, err := p.key.SealJSON("proof", "papers", pid, p.Papers)
		if err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE proof SET papers = $1 WHERE id = $2`, sealed, pid)
	})
}

// kept refuses papers that prove nothing here, because a register whose word it takes is not set: ErrNobody for the one that keeps the
// document, ErrUninsured for the social fund. A number that nobody looked at would be granted to whoever types it.
func (s *Service) kept(p Papers) error {
	var names []string
	for _, r := range s.Registers {
		if keeps(r.Name(), p.Document.Kind) {
			names = append(names, r.Name())
		}
	}
	switch {
	case covers(names):
		return nil
	case slices.ContainsFunc(names, vouches):
		return ErrUninsured
	}
	return ErrNobody
}

// ask opens a round of checks: a row for each register, and the job that asks them.
func (s *Service) ask(ctx context.Context, tx *store.Tx, p Proof) error {
	if err := tx.Do(ctx, `DELETE FROM register_check WHERE proof_id = $1`, p.ID); err != nil {
		return err
	}
	for _, r := range s.Registers { // three, on their way together
		if p.Way == WayRegisters && r.Name() == "inn" && p.Papers.INN == "" {
			continue // optional, checked when given; a desk asks in any case and learns it
		}
		if !keeps(r.Name(), p.Papers.Document.Kind) {
			continue
		}
		if err := tx.Do(ctx, `INSERT INTO register_check (proof_id, register, round, state, asked_at) VALUES ($1, $2, $3, 'asking', $4)`, p.ID, r.Name(), p.Round, tx.Now()); err != nil {
			return err
		}
	}
	if err := s.Jobs.Enqueue(ctx, tx, AskRegisters{Proof: p.ID, Round: p.Round}); err != nil {
		return err
	}
	return tx.Notify(ctx, p.Topic())
}

// Confirm raises the account to Confirmed with what the papers say. The registers must have matched, and the papers must be those
// that the operator has seen: round is the one on the page. An account that is Confirmed is nobody else's any more: ErrDone.
func (s *Service) Confirm(ctx context.Context, who access.Actor, pid string, round int64) (Proof, error) {
	return s.confirm(ctx, who, pid, round, func(*store.Tx, Proof) error { return nil })
}

// confirm is Confirm with what must be done first in its transaction.
func (s *Service) confirm(ctx context.Context, who access.Actor, pid string, round int64, first func(*store.Tx, Proof) error) (Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return Proof{}, err
	}
	var p Proof
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = s.load(ctx, tx, who, pid); err != nil {
			return err
		}
		if p.State == Confirmed {
			return nil // pressed twice
		}
		if p.State != Checking {
			return ErrState
		}
		if p.Account.Level == access.Confirmed {
			return ErrDone
		}
		if p.Round != round {
			return ErrRound
		}
		if !p.Ready() {
			return ErrNotReady
		}
		pause, err := alert.Of(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		if pause.On() {
			return ErrPaused.At(pause.Until)
		}
		if err := first(tx, p); err != nil {
			return err
		}
		if p.Account, err = s.raise(ctx, tx, who, p); err != nil {
			return err
		}
		p.State, p.EndedAt = Confirmed, tx.Now()
		_, err = tx.Exec(ctx, `UPDATE proof SET state = $1, ended_at = $2 WHERE id = $3`, string(Confirmed), tx.Now(), pid)
		return err
	})
	return p, err
}

// raise is where every way of proof ends: profile, level, record, notice, and the end of the visit code and of other proofs.
func (s *Service) raise(ctx context.Context, tx *store.Tx, who access.Actor, p Proof) (account.Account, error) {
	a, err := s.Grant(ctx, tx, who, p.AccountID, p.Way, func(to *account.Profile) { p.write(to, tx.Now()) })
	if err != nil {
		return account.Account{}, err
	}
	if err := s.endOthers(ctx, tx, a.ID, p.ID); err != nil {
		return account.Account{}, err
	}
	return a, errors.Join(s.raised(ctx, tx, who, a, "proof/"+p.ID, audit.Detail{"way": string(p.Way)}), tx.Notify(ctx, p.Topic()))
}

// raised records that the account has come to its level and by what, and tells the person.
func (s *Service) raised(ctx context.Context, tx *store.Tx, who access.Actor, a account.Account, object string, by audit.Detail) error {
	by["to"] = string(a.Level)
	if err := audit.Record(ctx, tx, audit.Event{Action: "verification.confirmed", Actor: who, Subject: a.ID, Object: object, Detail: by}); err != nil {
		return err
	}
	if err := s.Notices.Tell(ctx, tx, a.ID, s.aboutLevel(a.Level)); err != nil {
		return err
	}
	return tx.Notify(ctx, AccountTopic(a.ID))
}

// write puts what was proved into the profile, each value with where it came from.
func (p Proof) write(to *account.Profile, at time.Time) {
	x, paper := p.Papers, account.Source{From: account.FromCentre, At: at}
	if p.Way == WayRegisters {
		paper.From = account.Entered
	}
	to.Surname, to.GivenName, to.Patronymic, to.BirthDate, to.Sex = x.Surname, x.GivenName, x.Patronymic, x.BirthDate, x.Sex
	to.SNILS, to.INN, to.Address, to.Residence = x.SNILS, x.INN, x.Address, x.Residence
	to.Document = &x.Document
	to.Sources = map[string]account.Source{}
	for _, field := range []string{"sex", "address"} {
		to.Sources[field] = paper
	}
	for _, c := range p.Checks {
		from := account.Source{From: account.Origin(c.Register), At: c.Answer.At}
		for _, field := range proves[c.Register] {
			to.Sources[field] = from
		}
		if p.Way == WayRegisters {
			continue // what registers hold is for whoever is bound to the account (REG-11)
		}
		if inn := c.Answer.Data["inn"]; to.INN == "" && inn != "" {
			to.INN = inn
		}
		if address := c.Answer.Data["address"]; to.Address == "" && address != "" {
			to.Address, to.Sources["address"] = address, from
		}
	}
}

// proves says which values of the profile a register's match stands behind.
var proves = map[string][]string{
	"passport": {"surname", "given_name", "patronymic", "birth_date", "document"},
	"civil":    {"surname", "given_name", "patronymic", "birth_date", "document"},
	"snils":    {"snils"},
	"inn":      {"inn"},
}

// Leave ends a proof without raising the account.
func (s *Service) Leave(ctx context.Context, who access.Actor, pid string) error {
	if err := who.May(access.ProveIdentity); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.load(ctx, tx, who, pid)
		if err != nil {
			return err
		}
		if p.Ended() {
			return ErrState
		}
		if _, err := tx.Exec(ctx, `UPDATE proof SET state = $1, ended_at = $2 WHERE id = $3`, string(Left), tx.Now(), pid); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "verification.left", Actor: who, Subject: p.AccountID, Object: "proof/" + pid})
	})
}

// Sweep ends proofs that have lapsed. It takes some at a time, so that no transaction grows long.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(
			s.end(ctx, tx, `way = $2 AND created_at <= $1`, tx.Now().Add(-s.Policy.Visit.ProofLifetime), string(WayCentre)),
			s.end(ctx, tx, `way = $2 AND created_at <= $1 AND (state = 'entering' OR refusal <> '')`, tx.Now().Add(-s.Policy.Levels.Draft), string(WayRegisters)))
	})
}

// endOthers takes the account's visit code, and ends every open proof of it but that one.
func (s *Service) endOthers(ctx context.Context, tx *store.Tx, accountID, but string) error {
	if err := tx.Do(ctx, `DELETE FROM visit WHERE account_id = $1`, accountID); err != nil {
		return err
	}
	return s.end(ctx, tx, `account_id = $1 AND id <> $2`, accountID, but)
}

// end ends open proofs that nobody ends by hand.
func (s *Service) end(ctx context.Context, tx *store.Tx, which string, args ...any) error {
	open, err := opened(ctx, tx, which, args...)
	if err != nil {
		return err
	}
	for _, p := range open {
		if _, err := tx.Exec(ctx, `UPDATE proof SET state = $1, ended_at = $2, papers = NULL WHERE id = $3`, string(Left), tx.Now(), p.ID); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "verification.left", Actor: access.SystemActor(), Subject: p.AccountID, Object: "proof/" + p.ID}); err != nil {
			return err
		}
		if err := tx.Notify(ctx, p.Topic()); err != nil {
			return err
		}
	}
	return nil
}

func opened(ctx context.Context, tx *store.Tx, which string, args ...any) ([]Proof, error) {
	rows, err := tx.Query(ctx, `SELECT id, account_id FROM proof WHERE state IN ('entering', 'checking') AND `+which+` ORDER BY id LIMIT 200`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Proof
	for rows.Next() {
		var p Proof
		if err := rows.Scan(&p.ID, &p.AccountID); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
