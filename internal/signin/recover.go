package signin

import (
	"context"
	"errors"
	"strings"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/limit"
	"okno/internal/store"
)

// Step is where a recovery stands.
type Step string

// The steps.
const (
	StepContact  Step = "contact"
	StepCode     Step = "code"
	StepOther    Step = "other"  // the contact was proved and is stale: another one is asked for (stale.go)
	StepSecond   Step = "second" // the contact was proved and is not enough for this account (recover_second.go)
	StepPassword Step = "password"
)

// Recovery is a recovery of access under way in one browser.
type Recovery struct {
	ID        string
	Step      Step
	Challenge contact.Challenge
	Proof     string // what the browser is to be given, as it has just proved the contact; "" for nothing
}

// ErrNoRecovery is a browser in which no recovery is under way.
var ErrNoRecovery = fault.New(fault.Missing, "recover.none")

type recovery struct {
	ID, Challenge, Account string
	Proved                 bool
	Stale                  string // the contact that was proved and is not enough, "" when there is none
	Second                 string // by what else the person was proved, "" when by nothing
	Wrong                  int    // answers to that
}

func (s *Service) recovery(ctx context.Context, q store.Querier, v credential.Visitor) (recovery, error) {
	var r recovery
	err := store.One(q.QueryRow(ctx, `SELECT id, challenge_id, COALESCE(account_id, ''), proved_at IS NOT NULL, COALESCE(stale_contact, ''), second_by, second_wrong FROM recovery WHERE browser IN ($1, $2) AND expires_at > $3`,
		v.Began(), v.Proved(), q.Now()).Scan(&r.ID, &r.Challenge, &r.Account, &r.Proved, &r.Stale, &r.Second, &r.Wrong))
	if errors.Is(err, store.ErrNotFound) {
		return recovery{}, ErrNoRecovery
	}
	return r, err
}

// Recovery is the recovery under way in this browser; the bool is false when there is none.
func (s *Service) Recovery(ctx context.Context, v credential.Visitor) (Recovery, bool, error) {
	r, err := s.recovery(ctx, s.DB, v)
	if errors.Is(err, ErrNoRecovery) {
		return Recovery{Step: StepContact}, false, nil
	}
	if err != nil {
		return Recovery{}, false, err
	}
	if r.Proved {
		step, err := s.stepProved(ctx, r)
		return Recovery{ID: r.ID, Step: step}, true, err
	}
	c, err := s.Contacts.Get(ctx, s.DB, r.Challenge, v.Browser)
	switch {
	case r.Stale != "" && (errors.Is(err, contact.ErrGone) || err == nil && c.Proved):
		return Recovery{ID: r.ID, Step: StepOther}, true, nil
	case errors.Is(err, contact.ErrGone):
		return Recovery{Step: StepContact}, false, nil
	}
	return Recovery{ID: r.ID, Step: StepCode, Challenge: c}, true, err
}

// stepProved is where a recovery stands whose contact was proved.
func (s *Service) stepProved(ctx context.Context, r recovery) (Step, error) {
	needs, err := s.needsSecond(ctx, s.DB, r)
	if needs {
		return StepSecond, err
	}
	return StepPassword, err
}

// hasProved is where the recovery stands after a proof. Where that was enough the recovery is found by what the browser is given now.
func (s *Service) hasProved(ctx context.Context, v credential.Visitor, x Recovery) (Recovery, error) {
	if x.Step != StepPassword {
		return x, nil
	}
	x.Proof = v.Fresh
	r, err := s.recovery(ctx, s.DB, v.Proving())
	if err != nil {
		return x, err
	}
	x.Step, err = s.stepProved(ctx, r)
	return x, err
}

// RecoverStart sends a code to the contact that was typed, if it belongs to an account; what it returns is the same if not.
func (s *Service) RecoverStart(ctx context.Context, v credential.Visitor, login string) (Recovery, error) {
	t, p := contact.Read(login)
	if p == nil {
		p = s.Contacts.Reachable(t)
	}
	if p != nil {
		return Recovery{}, fault.Invalid(p.On("login"))
	}
	var out Recovery
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.Gate.Admit(ctx, tx, "recover", v.Pass); err != nil {
			return err
		}
		holder, err := s.holder(ctx, tx, t)
		if err != nil {
			return err
		}
		known, err := s.knew(ctx, tx, holder, v)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE browser IN ($1, $2)`, v.Began(), v.Proved()); err != nil {
			return err
		}
		out = Recovery{ID: id.At(tx.Now()), Step: StepCode}
		out.Challenge, err = s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.Recover, Browser: v.Browser, Network: v.Prefix, Target: t, Subject: out.ID,
			Account: holder, Known: known, Silent: holder == "", Lang: v.Lang})
		if err != nil {
			return err
		}
		var acc any
		if holder != "" {
			acc = holder
		}
		_, err = tx.Exec(ctx, `INSERT INTO recovery (id, browser, challenge_id, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			out.ID, v.Began(), out.Challenge.ID, acc, tx.Now(), tx.Now().Add(s.Policy.Recovery.Lifetime))
		return err
	})
	return out, letters(t.Kind, err)
}

// ErrLetters is that no more codes go to an e-mail, or are judged, today. The links of its letters open still.
var ErrLetters = fault.New(fault.TooMany, "recover.letters")

// letters says it of an e-mail, whoever it belongs to.
func letters(k contact.Kind, err error) error {
	if k != contact.Email || !errors.Is(err, contact.ErrSends) && !errors.Is(err, contact.ErrGuesses) {
		return err
	}
	f, _ := fault.Of(err)
	return ErrLetters.At(f.RetryAt).Because(err)
}

// RecoverResend sends a new code in the same attempt.
func (s *Service) RecoverResend(ctx context.Context, v credential.Visitor) (Recovery, error) {
	return s.recoverAgain(ctx, v, s.Contacts.Resend)
}

// RecoverCall is RecoverResend by a call that speaks the new code (REG-4).
func (s *Service) RecoverCall(ctx context.Context, v credential.Visitor) (Recovery, error) {
	return s.recoverAgain(ctx, v, s.Contacts.Call)
}

func (s *Service) recoverAgain(ctx context.Context, v credential.Visitor, send func(ctx context.Context, cid, browser string) (contact.Challenge, error)) (Recovery, error) {
	r, err := s.recovery(ctx, s.DB, v)
	if err != nil {
		return Recovery{}, err
	}
	c, err := send(ctx, r.Challenge, v.Browser)
	return Recovery{ID: r.ID, Step: StepCode, Challenge: c}, letters(c.Target.Kind, err)
}

// RecoverRestart forgets the recovery under way, so that another contact may be typed.
func (s *Service) RecoverRestart(ctx context.Context, v credential.Visitor) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM recovery WHERE browser IN ($1, $2)`, v.Began(), v.Proved())
		return err
	})
}

// RecoverCode takes the code; the right one opens the step in which a new password is set.
func (s *Service) RecoverCode(ctx context.Context, v credential.Visitor, code string) (Recovery, error) {
	r, err := s.recovery(ctx, s.DB, v)
	if err != nil {
		return Recovery{}, err
	}
	if r.Proved {
		step, err := s.stepProved(ctx, r)
		return Recovery{ID: r.ID, Step: step}, err
	}
	var next Step
	c, err := s.Contacts.Check(ctx, r.Challenge, v.Browser, code, func(tx *store.Tx, p contact.Proved) (err error) {
		if p.Subject != r.ID { // another tab began anew
			return ErrNoRecovery
		}
		next, err = s.recoveryProved(ctx, tx, p, v, false)
		return err
	})
	if err != nil {
		return Recovery{ID: r.ID, Step: StepCode, Challenge: c}, letters(c.Target.Kind, err)
	}
	return s.hasProved(ctx, v, Recovery{ID: r.ID, Step: next, Challenge: c})
}

// recoveryProved marks the recovery as proved, in the browser where the proof was given, and says where it stands then. It must
// wait for this very attempt, and its account must hold the contact still: what is proved is control of the contact, not of an
// account that once had it. A contact that is stale is proved beside another one only.
//
// The link of a letter begins the recovery anew where it is over, with nothing that was proved in it: it cannot be guessed, and lives as long
// as the letter says. So whoever has codes sent to an e-mail until no more go there, and guesses at them until no more are judged, has sent its
// owner a way in.
func (s *Service) recoveryProved(ctx context.Context, tx *store.Tx, p contact.Proved, v credential.Visitor, byLink bool) (Step, error) {
	c, holder, handed, err := s.held(ctx, tx, p.Target)
	if err != nil {
		return "", err
	}
	second := ""
	if handed { // whoever handed the account over has vouched for the contact, and there is nothing else yet to ask for
		second = meansOf(p.Target.Kind).method()
	}
	if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE browser IN ($1, $2) AND id <> $3 OR id = $3 AND expires_at <= $4`,
		v.Began(), v.Proved(), p.Subject, tx.Now()); err != nil {
		return "", err
	}
	if byLink && p.Purpose == contact.Recover && holder != "" && p.Account == holder {
		if _, err := tx.Exec(ctx, `INSERT INTO recovery (id, browser, challenge_id, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO NOTHING`,
			p.Subject, v.Proving().Proved(), p.Challenge, holder, tx.Now(), tx.Now().Add(s.Policy.Recovery.Lifetime)); err != nil {
			return "", err
		}
	}
	if waits, err := s.staleProved(ctx, tx, p, c, holder, v); waits || err != nil {
		return StepOther, err
	}
	if err := contactInDoubt(ctx, tx, holder, c); err != nil {
		return "", err
	}
	alone := ""
	if s.Contacts.Stale(c) {
		alone = c.ID
	}
	err = store.TouchedOr(contact.ErrLink)(tx.Exec(ctx, `UPDATE recovery SET proved_at = $1, browser = $2, second_by = $8
		WHERE id = $3 AND challenge_id = $4 AND account_id = $5 AND proved_at IS NULL AND expires_at > $1 AND COALESCE(stale_contact, $6) <> $7`,
		tx.Now(), v.Proving().Proved(), p.Subject, p.Challenge, holder, alone, c.ID, second))
	if err != nil {
		return "", err
	}
	return StepPassword, s.Contacts.ProvedAgain(ctx, tx, holder, p.Target)
}

// holder is the account that holds the contact, or waits for whoever proves it; "" when there is neither. Both are asked of every
// contact: a statement more for those that nobody holds would tell by its time that nobody does.
func (s *Service) holder(ctx context.Context, tx *store.Tx, t contact.Target) (string, error) {
	holder, err := s.Contacts.Holder(ctx, tx, t)
	if err != nil || s.Heirs == nil {
		return holder, err
	}
	heir, err := s.Heirs.Heir(ctx, tx, t)
	if err != nil || holder != "" {
		return holder, err
	}
	return heir, nil
}

// held is the contact that was just proved, and its account. An account that waits for whoever proves it has the contact from now on:
// handed says so.
func (s *Service) held(ctx context.Context, tx *store.Tx, t contact.Target) (c contact.Contact, account string, handed bool, _ error) {
	c, account, err := s.Contacts.Held(ctx, tx, t)
	if err != nil || account != "" || s.Heirs == nil {
		return c, account, false, err
	}
	heir, err := s.Heirs.Heir(ctx, tx, t)
	if err != nil || heir == "" {
		return c, "", false, err
	}
	if err := s.Heirs.Inherit(ctx, tx, heir, t); err != nil {
		return c, "", false, err
	}
	c, account, err = s.Contacts.Held(ctx, tx, t)
	return c, account, true, err
}

// RecoverLinkInfo checks the link of a letter without using it.
func (s *Service) RecoverLinkInfo(ctx context.Context, token string) (contact.Challenge, error) {
	return s.Contacts.LinkInfo(ctx, s.DB, token)
}

// RecoverLink proves the contact by the link of the letter, in the browser in which it was opened.
func (s *Service) RecoverLink(ctx context.Context, v credential.Visitor, token string) (Recovery, error) {
	var next Step
	c, err := s.Contacts.UseLink(ctx, token, func(tx *store.Tx, p contact.Proved) (err error) {
		next, err = s.recoveryProved(ctx, tx, p, v, true)
		return err
	})
	if err != nil {
		return Recovery{}, err
	}
	return s.hasProved(ctx, v, Recovery{Step: next, Challenge: c})
}

// RecoverFinish sets the new password, closes every session, tells the owner, and signs in.
func (s *Service) RecoverFinish(ctx context.Context, v credential.Visitor, password, again string) (string, error) {
	r, err := s.recovery(ctx, s.DB, v)
	if err != nil {
		return "", err
	}
	if !r.Proved || r.Account == "" {
		return "", ErrNoRecovery
	}
	encoded, err := s.hashNew(ctx, r.Account, password, again)
	if err != nil {
		return "", err
	}
	var token string
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		token, err = s.recovered(ctx, tx, v, encoded)
		return err
	})
	return token, err
}

// recovered writes a finished recovery. It is consumed by its deletion: of two that finish it at once, one finds it gone.
func (s *Service) recovered(ctx context.Context, tx *store.Tx, v credential.Visitor, encoded string) (string, error) {
	r, err := s.recovery(ctx, tx, v)
	if err != nil {
		return "", err
	}
	if needs, err := s.needsSecond(ctx, tx, r); err != nil || needs {
		return "", orRefused(err, ErrNoRecovery)
	}
	n, err := tx.Exec(ctx, `DELETE FROM recovery WHERE id = $1 AND proved_at IS NOT NULL AND browser IN ($2, $3)`, r.ID, v.Began(), v.Proved())
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrNoRecovery
	}
	level, err := s.admissible(ctx, tx, r.Account, ErrNoRecovery) // whom a password does not let in, a new password does not either
	if err != nil {
		return "", err
	}
	if err := s.Credentials.CloseAll(ctx, tx, r.Account); err != nil {
		return "", err
	}
	if err := s.setNew(ctx, tx, r.Account, encoded, v); err != nil {
		return "", err
	}
	x := try{secret: credential.Secret{Account: r.Account}}
	buckets := []string{s.key(x, byAccount)}
	var proved []byte // the index of the contact
	switch index, err := s.Contacts.IndexOf(ctx, tx, r.Challenge); {
	case err == nil:
		x.contact, proved = standsFor(index), index
		buckets = append(buckets, s.key(x, byContact))
	case !errors.Is(err, contact.ErrGone): // the browser that asked may have begun another attempt in its place: the proof stands
		return "", err
	}
	if err := limit.Clear(ctx, tx, buckets...); err != nil {
		return "", err
	}
	who := access.Actor{Kind: access.Person, ID: r.Account, Level: level}
	if err := audit.Record(ctx, tx, audit.Event{Action: "password.recovered", Actor: who, Subject: r.Account}); err != nil {
		return "", err
	}
	methods := strings.TrimSpace(credential.ByPassword + " " + r.Second)
	if err := s.tellRecovered(ctx, tx, r, v, methods, proved); err != nil {
		return "", err
	}
	return s.Credentials.OpenBy(ctx, tx, access.Person, r.Account, level, v, methods)
}

// endRecoveries ends what recovers the account, with the letters that would begin it again.
func (s *Service) endRecoveries(ctx context.Context, tx *store.Tx, accountID string) error {
	if err := s.Contacts.EndLinks(ctx, tx, accountID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM recovery WHERE account_id = $1`, accountID)
	return err
}

// Sweep deletes recoveries that ran out.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM recovery WHERE expires_at <= $1`, tx.Now())
		return err
	})
}
