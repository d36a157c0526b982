package verification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
)

// Evidence of a person, by age: what stands and what ended.
func (s *Service) Evidence(ctx context.Context, q store.Querier, who access.Actor) ([]Evidence, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return evidenceOf(ctx, q, who.ID)
}

func evidenceOf(ctx context.Context, q store.Querier, accountID string) ([]Evidence, error) {
	rows, err := q.Query(ctx, `SELECT id, kind, way, given_at, until_at, ended_at, why, said, asked_at, checked_at, reminded FROM evidence WHERE account_id = $1 ORDER BY given_at, id`, accountID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Evidence
	for rows.Next() {
		var e Evidence
		var kind, way, why, said string
		if err := rows.Scan(&e.ID, &kind, &way, store.Time(&e.At), store.NullTime(&e.Until), store.NullTime(&e.EndedAt), &why, &said, store.NullTime(&e.AskedAt), store.NullTime(&e.Checked), &e.reminded); err != nil {
			return nil, err
		}
		if said != "" {
			if err := json.Unmarshal([]byte(said), &e.Said); err != nil {
				return nil, fmt.Errorf("read what ended evidence %s: %w", e.ID, err)
			}
		}
		e.Kind, e.Way, e.Why = policy.Evidence(kind), Way(way), Why(why)
		out = append(out, e)
	}
	return out, rows.Err()
}

// Grant writes down the evidence that a way of proof leaves, and what it proved, into the profile; the level follows. The former
// evidence of the same sorts is replaced. Whoever held the SNILS more weakly is displaced; whoever holds it as strongly makes it
// account.ErrSnilsTaken.
func (s *Service) Grant(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, way Way, write func(*account.Profile)) (account.Account, error) {
	now := tx.Now()
	before, err := s.Accounts.Get(ctx, tx, accountID)
	if err != nil {
		return account.Account{}, err
	}
	proved := before.Profile
	write(&proved)
	have, err := evidenceOf(ctx, tx, accountID)
	if err != nil {
		return account.Account{}, err
	}
	if other(before.Profile, proved.SNILS, proved.BirthDate) && (way != WayCentre || !renumbered(before.Profile, have, proved.BirthDate, now)) {
		return account.Account{}, ErrOther
	}
	kinds := slices.Clone(gives[way])
	if before.Profile.INN != proved.INN || before.Profile.Sources["inn"] != proved.Sources["inn"] {
		kinds = append(kinds, policy.EvidenceINN)
	}
	for _, kind := range kinds { // two to four, on their way together
		if err := tx.Do(ctx, `UPDATE evidence SET ended_at = $1, why = $2 WHERE account_id = $3 AND kind = $4 AND ended_at IS NULL`, now, string(Replaced), accountID, string(kind)); err != nil {
			return account.Account{}, err
		}
		for i := range have {
			if have[i].Kind == kind && have[i].EndedAt.IsZero() {
				have[i].EndedAt, have[i].Why = now, Replaced
			}
		}
		if kind == policy.EvidenceINN && !taxed(proved) { // there is no number any more, or nobody vouches for it
			continue
		}
		e := Evidence{ID: id.At(now), Kind: kind, Way: way, At: now}
		var recheck time.Time
		switch kind {
		case policy.EvidenceDocument:
			e.Until, recheck = RunsOut(proved, s.Zone), now.Add(s.Policy.Levels.Recheck)
		case policy.EvidenceBirth:
			e.Until = form.Birthday(proved.BirthDate, s.Policy.Children.UntilAge, s.Zone)
		case policy.EvidenceSNILS, policy.EvidenceINN:
			recheck = now.Add(s.Policy.Levels.Recheck)
		case policy.EvidencePresence, policy.EvidenceParent, policy.EvidenceSignature:
		}
		if err := tx.Do(ctx, `INSERT INTO evidence (id, account_id, kind, way, given_at, until_at, recheck_at, reminded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID, accountID, string(kind), string(way), now, store.OrNull(e.Until), store.OrNull(recheck), e.told(have)); err != nil {
			return account.Account{}, err
		}
		have = append(have, e)
	}
	level := LevelOf(s.Policy.Levels, have, now)
	if err := s.makeRoom(ctx, tx, who, accountID, proved.SNILS, level == access.Confirmed || answered(have, now)); err != nil {
		return account.Account{}, err
	}
	return s.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error {
		a.Profile = proved
		setLevel(a, level, now)
		return nil
	})
}

// taxed reports whether the tax service, or the certificate of a qualified signature, vouches for the INN.
func taxed(x account.Profile) bool {
	from := x.Sources["inn"].From
	return x.INN != "" && (from == account.FromFNS || from == account.FromSignature)
}

// rememberINN has the tax service asked about an INN that was proved before it counted as evidence.
func (s *Service) rememberINN(ctx context.Context, tx *store.Tx, accountID string, way Way) error {
	a, err := s.Accounts.Get(ctx, tx, accountID)
	if err != nil || !taxed(a.Profile) {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO evidence (id, account_id, kind, way, given_at, recheck_at) SELECT $1, $2, $3, $4, $5, $6
		WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE account_id = $2 AND kind = $3)`,
		id.At(tx.Now()), accountID, string(policy.EvidenceINN), string(way), a.Profile.Sources["inn"].At, tx.Now())
	return err
}

// other reports whether papers are of another person than the account has been found to be: it holds a SNILS, and that is for good.
func other(known account.Profile, snils, birthDate string) bool {
	return known.SNILS != "" && (snils != known.SNILS || known.BirthDate != "" && birthDate != known.BirthDate)
}

// renumbered reports whether the fund has said that the number of the account counts no more, so that the same person, seen at a desk, may
// bring another.
func renumbered(known account.Profile, have []Evidence, birthDate string, now time.Time) bool {
	return known.BirthDate != "" && known.BirthDate == birthDate && slices.ContainsFunc(Lost(have, now), Evidence.VoidsNumber)
}

func setLevel(a *account.Account, level access.Level, now time.Time) {
	switch {
	case level != access.Confirmed:
		a.ConfirmedAt = time.Time{}
	case a.Level != access.Confirmed:
		a.ConfirmedAt = now
	}
	a.Level = level
}

// answered reports whether a Confirmed parent answers for a child whom the civil-status register knows. A child has no stronger proof:
// no level above Standard, and nobody who could come against such an account but the child at a desk.
func answered(have []Evidence, now time.Time) bool {
	var birth, parent bool
	for _, e := range have {
		birth, parent = birth || e.Kind == policy.EvidenceBirth && e.Stands(now), parent || e.Kind == policy.EvidenceParent && e.Stands(now)
	}
	return birth && parent
}

// makeRoom sees to it that the SNILS is free for an account that has proved it (REG-11). Strongly is whoever is Confirmed, and a child
// for whom a parent answers; Standard by registers alone is a claim, which these displace.
func (s *Service) makeRoom(ctx context.Context, tx *store.Tx, who access.Actor, accountID, snils string, strongly bool) error {
	holder, err := s.Accounts.HolderOfSNILS(ctx, tx, snils)
	if errors.Is(err, account.ErrMissing) || holder == accountID {
		return nil
	}
	if err != nil {
		return err
	}
	if !strongly {
		return account.ErrSnilsTaken
	}
	bound, err := s.Bound(ctx, tx, holder)
	if err != nil {
		return err
	}
	if bound {
		return account.ErrSnilsTaken // the same person's: ConfirmAndTakeOver
	}
	return s.lose(ctx, tx, who, holder, loss{why: Displaced, kinds: policy.Evidences()}, func(p *account.Profile) {
		p.SNILS, p.INN, p.Document = "", "", nil
		for _, field := range []string{"snils", "inn", "document"} {
			delete(p.Sources, field)
		}
	})
}

// heldFrom reports whether that holder of a SNILS keeps it from the account of a child.
func (s *Service) heldFrom(ctx context.Context, q store.Querier, holder, childID string) (bool, error) {
	have, err := evidenceOf(ctx, q, childID)
	if err != nil || !answered(have, q.Now()) {
		return true, err
	}
	return s.Bound(ctx, q, holder)
}

// Bound reports whether a living person was tied to the account, so that nobody displaces it from afar: it is that person's for good, even
// when a document has run out since.
func (s *Service) Bound(ctx context.Context, q store.Querier, accountID string) (bool, error) {
	a, err := s.Accounts.Get(ctx, q, accountID)
	if err != nil || a.Level == access.Confirmed {
		return err == nil, err
	}
	have, err := evidenceOf(ctx, q, accountID)
	return slices.ContainsFunc(have, func(e Evidence) bool { return e.Kind.Binds() && e.EndedAt.IsZero() }), err
}

// loss is evidence that ends, and why.
type loss struct {
	why   Why
	kinds []policy.Evidence
	said  Answer // of a register; zero: none said anything
	child bool   // parents answer for the account
}

// lose is lower, and the person is told what happened, whether the level fell by it, and what to do.
func (s *Service) lose(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, x loss, write func(*account.Profile)) error {
	before, after, err := s.lower(ctx, tx, who, accountID, x, write)
	if err != nil {
		return err
	}
	if err := s.Notices.Tell(ctx, tx, accountID, s.aboutLoss(x, before != after)); err != nil {
		return err
	}
	return tx.Notify(ctx, AccountTopic(accountID))
}

// behind are the values of the profile of which the evidence says that they are checked.
var behind = map[policy.Evidence]string{policy.EvidenceDocument: "document", policy.EvidenceSNILS: "snils", policy.EvidenceINN: "inn"}

// lower ends evidence and counts the level anew. The profile says of nothing any more that it is checked which this evidence stood behind;
// write, when not nil, takes it out.
func (s *Service) lower(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, x loss, write func(*account.Profile)) (before, after access.Level, err error) {
	now, said := tx.Now(), ""
	if x.said.Verdict != "" {
		if said, err = kept(x.said); err != nil {
			return "", "", err
		}
	}
	for _, kind := range x.kinds { // those of policy.Evidences at most, on their way together
		if err := tx.Do(ctx, `UPDATE evidence SET ended_at = $1, why = $2, said = $3 WHERE account_id = $4 AND kind = $5 AND ended_at IS NULL`, now, string(x.why), said, accountID, string(kind)); err != nil {
			return "", "", err
		}
	}
	have, err := evidenceOf(ctx, tx, accountID)
	if err != nil {
		return "", "", err
	}
	a, err := s.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error {
		before = a.Level
		for _, kind := range x.kinds {
			_, checked := a.Profile.Sources[behind[kind]]
			delete(a.Profile.Sources, behind[kind])
			if kind == policy.EvidenceINN && checked { // one that nobody checked has no source either
				a.Profile.Sources[behind[kind]] = account.Source{At: now}
			}
		}
		if write != nil {
			write(&a.Profile)
		}
		setLevel(a, LevelOf(s.Policy.Levels, have, now), now)
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return before, a.Level, audit.Record(ctx, tx, audit.Event{Action: "verification.lost", Actor: who, Subject: accountID, Object: "account/" + accountID,
		Detail: audit.Detail{"from": string(before), "to": string(a.Level), "reason": string(x.why)}})
}

// kept is an answer as it lies beside the evidence: without what the register holds of the person.
func kept(a Answer) (string, error) {
	a.Data, a.Reference = nil, ""
	b, err := json.Marshal(a)
	return string(b), err
}

func stands(ctx context.Context, tx *store.Tx, evidence string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM evidence WHERE id = $1 AND ended_at IS NULL`, evidence).Scan(&n)
	return n > 0, err
}

// told reports whether the person was told already that the document ends for which the evidence was given: the same was proved before.
func (e Evidence) told(before []Evidence) bool {
	return slices.ContainsFunc(before, func(b Evidence) bool { return b.reminded && b.Kind == e.Kind && b.Until.Equal(e.Until) })
}

// ErrNothingToAsk is an account behind which nothing stands about which a register could be asked.
var ErrNothingToAsk = fault.New(fault.Conflict, "verification.nothing_to_ask")

// rechecked are the sorts of evidence that stand by the word of one register, which is asked again.
var rechecked = []policy.Evidence{policy.EvidenceDocument, policy.EvidenceSNILS, policy.EvidenceINN}

// AskAgain has the registers asked now about what stands behind the account: an employee of the support desk suspects that it is not so. So
// often and no more (ErrChecks). The person reads that it was done.
func (s *Service) AskAgain(ctx context.Context, who access.Actor, accountID string) error {
	if err := who.May(access.AnswerTickets); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		have, err := evidenceOf(ctx, tx, accountID)
		if err != nil {
			return err
		}
		var ask []jobs.Args
		for _, e := range have {
			if e.Stands(tx.Now()) && slices.Contains(rechecked, e.Kind) {
				ask = append(ask, Recheck{Account: accountID, Evidence: e.ID})
			}
		}
		if len(ask) == 0 {
			return ErrNothingToAsk
		}
		if err := s.askNow(ctx, tx, "verification.again:"+accountID, ask...); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "verification.asked_again", Actor: who, Subject: accountID, Object: "account/" + accountID})
	})
}

// askNow has registers asked, so often and no more by the count of that key.
func (s *Service) askNow(ctx context.Context, tx *store.Tx, key string, ask ...jobs.Args) error {
	v, err := limit.Take(ctx, tx, s.Policy.Registers.ChecksPerPerson.Rule("verification.again"), key)
	if err != nil {
		return err
	}
	if !v.Allowed {
		return ErrChecks.At(v.Until)
	}
	return s.Jobs.Enqueue(ctx, tx, ask...)
}

// Standing is the newest evidence of that kind behind whom the actor acts for, and whether a register can be asked about it now. The zero
// value is none.
func (s *Service) Standing(ctx context.Context, who access.Actor, kind policy.Evidence) (e Evidence, asks bool, _ error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Evidence{}, false, err
	}
	return s.newest(ctx, s.DB, who, kind)
}

func (s *Service) newest(ctx context.Context, q store.Querier, who access.Actor, kind policy.Evidence) (e Evidence, asks bool, _ error) {
	have, err := evidenceOf(ctx, q, who.Whose())
	if err != nil {
		return Evidence{}, false, err
	}
	for _, x := range have { // by age
		if x.Kind == kind {
			e = x
		}
	}
	if e.ID == "" || !e.Stands(q.Now()) {
		return e, false, nil
	}
	a, err := s.Accounts.Get(ctx, q, who.Whose())
	if err != nil {
		return Evidence{}, false, err
	}
	return e, slices.ContainsFunc(s.Registers, func(r Register) bool { return e.keptBy(r.Name(), a.Profile) }), nil
}

// AskMine has the register asked now about a document, a SNILS or an INN of whom the actor acts for, by their own hand: what it says is on the page,
// and what stands no more is told. So often and no more (ErrChecks).
func (s *Service) AskMine(ctx context.Context, who access.Actor, kind policy.Evidence) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, asks, err := s.newest(ctx, tx, who, kind)
		if err != nil {
			return err
		}
		if !asks {
			return ErrNothingToAsk
		}
		if !e.AskedAt.IsZero() {
			return nil // pressed twice
		}
		if err := s.askNow(ctx, tx, "verification.again_own:"+who.ID, Recheck{Account: who.Whose(), Evidence: e.ID}); err != nil {
			return err
		}
		if err := tx.Do(ctx, `UPDATE evidence SET asked_at = $1 WHERE id = $2`, tx.Now(), e.ID); err != nil {
			return err
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "verification.asked_mine", Actor: who, Subject: who.Whose(), Object: "account/" + who.Whose(), Detail: audit.Detail{"document": string(kind)}}),
			tx.Notify(ctx, AccountTopic(who.Whose())))
	})
}

// Recheck is the job that asks the register that keeps it whether a document, a SNILS or an INN that it knew still is what it was.
type Recheck struct {
	Account  string `json:"account"`
	Evidence string `json:"evidence"`
}

// Kind names the job in the queue.
func (Recheck) Kind() string { return "verification.recheck" }

// JobPolicy never gives up: a register that is away is no reason to trust a document for ever.
func (Recheck) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 10000, First: time.Minute, Longest: time.Hour}
}

// Age ends evidence that has run out, and has documents asked about that were not for long. Some at a time, each person in a
// transaction of their own.
func (s *Service) Age(ctx context.Context) error {
	type due struct {
		id, account string
		kind        policy.Evidence
	}
	list := func(what string) ([]due, error) {
		rows, err := s.DB.Query(ctx, `SELECT id, account_id, kind FROM evidence WHERE ended_at IS NULL AND `+what+` <= $1 ORDER BY `+what+` LIMIT 200`, s.DB.Now())
		if err != nil {
			return nil, err
		}
		defer rows.Close() //nolint:errcheck // read to the end below
		var out []due
		for rows.Next() {
			var d due
			var kind string
			if err := rows.Scan(&d.id, &d.account, &kind); err != nil {
				return nil, err
			}
			d.kind = policy.Evidence(kind)
			out = append(out, d)
		}
		return out, rows.Err()
	}
	out, err := list("until_at")
	if err != nil {
		return fmt.Errorf("look for what ran out: %w", err)
	}
	for _, d := range out {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if stands, err := stands(ctx, tx, d.id); err != nil || !stands {
				return err // replaced meanwhile
			}
			return s.lose(ctx, tx, access.SystemActor(), d.account, loss{why: over(d.kind), kinds: []policy.Evidence{d.kind}}, nil)
		}); err != nil {
			return fmt.Errorf("end evidence %s: %w", d.id, err)
		}
	}
	again, err := list("recheck_at")
	if err != nil {
		return fmt.Errorf("look for what to ask about again: %w", err)
	}
	for _, d := range again {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE evidence SET recheck_at = $1 WHERE id = $2`, tx.Now().Add(s.Policy.Levels.Recheck), d.id); err != nil {
				return err
			}
			return s.Jobs.Enqueue(ctx, tx, Recheck{Account: d.account, Evidence: d.id})
		}); err != nil {
			return fmt.Errorf("ask about evidence %s again: %w", d.id, err)
		}
	}
	return nil
}

// Again does the job: the register's word on a document that stood. Garbage is no word: it is asked again.
func (s *Service) Again(ctx context.Context, job Recheck) error {
	var a account.Account
	var e Evidence
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if e, err = evidenceAt(ctx, tx, job); err != nil || e.ID == "" {
			return err
		}
		a, err = s.Accounts.Get(ctx, tx, job.Account)
		return err
	})
	if err != nil || e.ID == "" {
		return err
	}
	at := slices.IndexFunc(s.Registers, func(r Register) bool { return e.keptBy(r.Name(), a.Profile) })
	if at < 0 {
		return nil
	}
	answer, err := s.Registers[at].Check(ctx, Known(a.Profile).person())
	if err != nil {
		return fmt.Errorf("ask again about the %s of account %s: %w", e.Kind, job.Account, err)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := evidenceAt(ctx, tx, job)
		if err != nil || e.ID == "" {
			return err // the answer was about what has been replaced meanwhile
		}
		if e.Kind == policy.EvidenceSNILS && e.Way != WayInsured {
			if err := s.rememberINN(ctx, tx, job.Account, e.Way); err != nil {
				return err
			}
		}
		answer.Register, answer.At = s.Registers[at].Name(), tx.Now()
		return s.judge(ctx, tx, job.Account, e, answer)
	})
}

// keptBy reports whether it is that register's word by which the evidence stands. Nobody is asked about what is not known of the person.
func (e Evidence) keptBy(register string, x account.Profile) bool {
	switch e.Kind {
	case policy.EvidenceDocument:
		return x.Document != nil && vouches(register) && keeps(register, x.Document.Kind)
	case policy.EvidenceSNILS:
		return register == "snils" && x.SNILS != "" && x.BirthDate != ""
	case policy.EvidenceINN:
		return register == "inn" && x.INN != "" && x.BirthDate != ""
	case policy.EvidencePresence, policy.EvidenceBirth, policy.EvidenceParent, policy.EvidenceSignature:
	}
	return false
}

// evidenceAt is the evidence of the job; the zero value when it has ended.
func evidenceAt(ctx context.Context, q store.Querier, job Recheck) (Evidence, error) {
	have, err := evidenceOf(ctx, q, job.Account)
	if err != nil {
		return Evidence{}, err
	}
	at := slices.IndexFunc(have, func(e Evidence) bool { return e.ID == job.Evidence && e.EndedAt.IsZero() })
	if at < 0 {
		return Evidence{}, nil
	}
	return have[at], nil
}

// judge does with evidence what the register's answer asks for. That the register does not know it must be said twice, the second time
// while the first counts: one that was restored from an old copy does not know for days what it has known for years.
func (s *Service) judge(ctx context.Context, tx *store.Tx, accountID string, e Evidence, answer Answer) error {
	rules, doubt := s.Policy.Levels, e.Said.At
	if !e.AskedAt.IsZero() {
		if _, err := tx.Exec(ctx, `UPDATE evidence SET asked_at = NULL WHERE id = $1`, e.ID); err != nil {
			return err
		}
		if err := tx.Notify(ctx, AccountTopic(accountID)); err != nil {
			return err
		}
	}
	ended := func(why Why) error {
		return s.lose(ctx, tx, access.SystemActor(), accountID, loss{why: why, kinds: []policy.Evidence{e.Kind}, said: answer, child: e.Way == WayInsured}, nil)
	}
	switch answer.Verdict {
	case Invalid:
		return ended(Voided)
	case Mismatch:
		return ended(Differs)
	case NotFound:
		switch since := tx.Now().Sub(doubt); {
		case !doubt.IsZero() && since < rules.RecheckDoubt:
			return nil // asked twice at once
		case !doubt.IsZero() && since <= rules.DoubtLasts:
			return ended(Voided)
		}
		said, err := kept(answer)
		if err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE evidence SET said = $1, recheck_at = $2 WHERE id = $3`, said, tx.Now().Add(rules.RecheckDoubt), e.ID)
	case Match:
		return tx.Do(ctx, `UPDATE evidence SET said = '', checked_at = $1 WHERE id = $2`, tx.Now(), e.ID)
	}
	return nil
}
