package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
)

// ByDocument is the number of the identity document, which its owner has and a thief of the phone has not. It is offered where the account
// knows a document: where it knows none no answer could be right, and its owner would use tries up for nothing.
const ByDocument Means = "document"

// ErrRecoverOver is a recovery that was ended by wrong answers.
var ErrRecoverOver = fault.New(fault.Missing, "recover.over")

// needsSecond reports whether the contact alone recovers too little: of an account that holds what registers know, and of one whose
// owner wished that a password alone should not open it. Who has proved two contacts has shown enough.
func (s *Service) needsSecond(ctx context.Context, q store.Querier, r recovery) (bool, error) {
	if r.Account == "" || r.Second != "" {
		return false, nil
	}
	if pause, err := alert.Of(ctx, q, r.Account); err != nil || pause.On() {
		return true, err
	}
	if r.Stale != "" {
		return false, nil
	}
	f, err := s.Credentials.Factors(ctx, q, r.Account)
	if err != nil || f.Any() {
		return f.Any(), err
	}
	level, _, err := s.standing(ctx, q, r.Account)
	return level.AtLeast(access.Standard), err
}

// recoveryWays are the means of a recovery: passkeys, factors, the contacts other than the one that was proved, the document, a signature.
func (s *Service) recoveryWays(ctx context.Context, q store.Querier, r recovery) (ways, error) {
	f, err := s.Credentials.Factors(ctx, q, r.Account)
	if err != nil {
		return ways{}, err
	}
	list, err := s.Contacts.Of(ctx, q, r.Account)
	if err != nil {
		return ways{}, err
	}
	proved, err := s.Contacts.IndexOf(ctx, q, r.Challenge)
	if err != nil && !errors.Is(err, contact.ErrGone) {
		return ways{}, err
	}
	list = slices.DeleteFunc(list, func(c contact.Contact) bool {
		find := s.Contacts.Find(c.Target)
		return len(proved) == 0 || slices.Equal(find[0], proved) || slices.Equal(find[1], proved)
	})
	w := s.waysOf(f, list)
	keys, err := s.soundKeys(ctx, q, r.Account)
	if err != nil {
		return ways{}, err
	}
	if len(keys) > 0 {
		w.Means = append([]Means{ByKey}, w.Means...)
	}
	a, err := s.Accounts.Get(ctx, q, r.Account)
	if err != nil {
		return ways{}, err
	}
	if a.Profile.Document != nil {
		w.Means = append(w.Means, ByDocument)
	}
	if s.signs(a.Level) {
		w.Means = append(w.Means, BySignature)
	}
	asks, err := s.questionsFor(ctx, q, r.Account)
	if err != nil {
		return ways{}, err
	}
	if len(asks.List) > 0 {
		w.Means = append(w.Means, ByQuestions) // the weakest comes last
	}
	pause, err := alert.Of(ctx, q, r.Account)
	if err != nil || !pause.On() {
		return w, err
	}
	sure, err := s.surely(ctx, q, r.Account, pause)
	if err != nil {
		return ways{}, err
	}
	return w.among(sure, func(m Means) bool {
		switch m {
		case ByKey: // those that are new are not among the sound ones
			return !pause.Doubts(credential.ByPasskey) && !pause.Doubts(credential.ByHeld)
		case BySignature:
			return !pause.Doubts(credential.BySign) && !pause.New(a.ConfirmedAt)
		case ByDocument:
			return !pause.Doubts(credential.ByFact)
		case ByApp, ByPhone, ByMail, ByBackup, ByPassword, ByQuestions:
		}
		return slices.Contains(sure.Means, m)
	}), nil
}

// waiting is the recovery of this browser, when it waits for something beside the contact.
func (s *Service) waiting(ctx context.Context, q store.Querier, v credential.Visitor) (recovery, ways, error) {
	r, err := s.recovery(ctx, q, v)
	if err != nil {
		return recovery{}, ways{}, err
	}
	needs, err := s.needsSecond(ctx, q, r)
	if err != nil {
		return recovery{}, ways{}, err
	}
	if !r.Proved || !needs {
		return recovery{}, ways{}, ErrNoRecovery
	}
	w, err := s.recoveryWays(ctx, q, r)
	return r, w, err
}

// RecoverSecond says what is asked for beside the contact.
func (s *Service) RecoverSecond(ctx context.Context, v credential.Visitor, by Means, attempt string) (Second, error) {
	r, w, err := s.waiting(ctx, s.DB, v)
	if err != nil {
		return Second{}, err
	}
	out, err := s.question(ctx, s.DB, v, w.Means, by, attempt)
	if err != nil {
		return out, err
	}
	if out.Now == ByKey {
		out.Key, err = s.askKey(ctx, s.DB, v, r.Account, recoverSubject(r), policy.Verify)
	}
	if out.Now == ByQuestions {
		var asks credential.Questions
		asks, err = s.questionsFor(ctx, s.DB, r.Account)
		out.Questions = asks.List
	}
	return out, err
}

// RecoverSecondSend sends a code to another contact of the account, and returns the attempt.
func (s *Service) RecoverSecondSend(ctx context.Context, v credential.Visitor, by Means) (string, error) {
	var attempt string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, w, err := s.waiting(ctx, tx, v)
		if err != nil {
			return err
		}
		attempt, err = s.sendCode(ctx, tx, v, w, by, r.Account, recoverSubject(r))
		return err
	})
	return attempt, err
}

func recoverSubject(r recovery) string { return "recover-" + r.ID }

// RecoverSecondResend sends a new code in the attempt.
func (s *Service) RecoverSecondResend(ctx context.Context, v credential.Visitor, attempt string, spoken bool) error {
	return s.resend(ctx, v, attempt, spoken)
}

// RecoverSecondCode takes the answer. It is counted before it is looked at: in the recovery, which the fourth wrong one ends, and in a
// bucket of the account, so that a thief of the phone who begins anew gets no further; the owner's browser has one of its own, which the
// thief does not use up.
func (s *Service) RecoverSecondCode(ctx context.Context, v credential.Visitor, by Means, attempt, typed string) error {
	answer, err := readAnswer(by, typed)
	if err != nil {
		return err
	}
	var r recovery
	var asked credential.Questions
	var refused error
	var bucket string
	done := func(tx *store.Tx) error { return s.recoverShown(ctx, tx, v, r, bucket, by) }
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if r, bucket, refused, err = s.countRecover(ctx, tx, v, by); err != nil || refused != nil {
			return err
		}
		if by == ByQuestions {
			asked, err = s.questionsFor(ctx, tx, r.Account)
			return err
		}
		if by.sent() {
			return nil
		}
		right, err := s.rightAnswer(ctx, tx, r, by, answer)
		if err != nil {
			return err
		}
		if right {
			return done(tx)
		}
		refused, err = s.recoverWrong(ctx, tx, r, by)
		return err
	})
	if err == nil && refused == nil && by == ByQuestions {
		return s.answered(ctx, r, asked, answer, done)
	}
	if err != nil || refused != nil || !by.sent() {
		return orRefused(err, refused)
	}
	_, err = s.Contacts.Check(ctx, attempt, v.Browser, answer, func(tx *store.Tx, p contact.Proved) error {
		if p.Subject != recoverSubject(r) || meansOf(p.Target.Kind) != by {
			return contact.ErrGone
		}
		return done(tx)
	})
	if errors.Is(err, contact.ErrWrong) {
		err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			refused, err = s.recoverWrong(ctx, tx, r, by)
			return err
		})
		return orRefused(err, refused)
	}
	return err
}

// countRecover counts one answer before it is looked at, in the recovery that it returns and in the bucket.
func (s *Service) countRecover(ctx context.Context, tx *store.Tx, v credential.Visitor, by Means) (r recovery, bucket string, refused, _ error) {
	r, w, err := s.waiting(ctx, tx, v)
	if err != nil {
		return r, "", nil, err
	}
	if !slices.Contains(w.Means, by) {
		return r, "", nil, ErrNoMeans
	}
	rule, bucket, err := s.recoverBucket(ctx, tx, v, r.Account)
	if err != nil {
		return r, "", nil, err
	}
	verdict, err := limit.Take(ctx, tx, rule, bucket)
	if err != nil {
		return r, "", nil, err
	}
	if !verdict.Allowed {
		return r, bucket, s.secondBlocked(bucket, verdict.Until), nil
	}
	_, err = tx.Exec(ctx, `UPDATE recovery SET second_wrong = second_wrong + 1 WHERE id = $1`, r.ID)
	return r, bucket, nil, err
}

// recoverShown notes by what else the person was proved.
func (s *Service) recoverShown(ctx context.Context, tx *store.Tx, v credential.Visitor, r recovery, bucket string, by Means) error {
	if err := limit.Clear(ctx, tx, bucket); err != nil {
		return err
	}
	return store.Touched(tx.Exec(ctx, `UPDATE recovery SET second_by = $1 WHERE id = $2 AND browser IN ($3, $4) AND proved_at IS NOT NULL AND expires_at > $5`,
		by.method(), r.ID, v.Began(), v.Proved(), tx.Now()))
}

// RecoverSecondKey is RecoverSecondCode for the answer of a passkey, whose device has to verify its owner.
func (s *Service) RecoverSecondKey(ctx context.Context, v credential.Visitor, cid string, answer []byte) error {
	var r recovery
	var bucket string
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		r, bucket, refused, err = s.countRecover(ctx, tx, v, ByKey)
		return err
	})
	if err != nil || refused != nil {
		return orRefused(err, refused)
	}
	j, err := s.Passkeys.JudgeAsked(ctx, r.Account, recoverSubject(r), v.Browser, cid, answer)
	if noFit(err) {
		err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			refused, err = s.recoverWrong(ctx, tx, r, ByKey)
			return err
		})
		return orRefused(err, refused)
	}
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if refused, err = s.spendKey(ctx, tx, j); err != nil || refused != nil {
			return err
		}
		return s.recoverShown(ctx, tx, v, r, bucket, ByKey)
	})
	return orRefused(err, refused)
}

// RecoverSecondSigned is RecoverSecondCode for a text of ours that whoever has the SNILS has just signed. It is counted nowhere: nobody
// guesses a signature, and a thief of the phone who has used the tries up must not shut this way, too.
func (s *Service) RecoverSecondSigned(ctx context.Context, v credential.Visitor, snils string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, w, err := s.waiting(ctx, tx, v)
		if err != nil {
			return err
		}
		if !slices.Contains(w.Means, BySignature) {
			return ErrNoMeans
		}
		if err := s.signedFor(ctx, tx, r.Account, snils); err != nil {
			return err
		}
		_, bucket, err := s.recoverBucket(ctx, tx, v, r.Account)
		if err != nil {
			return err
		}
		return s.recoverShown(ctx, tx, v, r, bucket, BySignature)
	})
}

func (s *Service) recoverBucket(ctx context.Context, q store.Querier, v credential.Visitor, accountID string) (limit.Rule, string, error) {
	known, err := s.knew(ctx, q, accountID, v)
	rule, key := s.recoverBucketOf(known, v, accountID)
	return rule, key, err
}

// recoverBucketOf is the bucket of a browser of the owner's, or of all others.
func (s *Service) recoverBucketOf(known bool, v credential.Visitor, accountID string) (limit.Rule, string) {
	if known {
		return s.recoverBucketIn(accountID, s.ofBrowser(keyring.HashToken(v.Browser)))
	}
	rule := s.Policy.SecondFactor.Recover.Rule("recover.second")
	return rule, rule.Name + ":" + accountID
}

// recoverBucketIn is that of a browser of the owner's, which is named by ofBrowser.
func (s *Service) recoverBucketIn(accountID, browser string) (limit.Rule, string) {
	rule := s.Policy.SecondFactor.Device.Rule("recover.second_device")
	return rule, rule.Name + ":" + accountID + ":" + browser
}

// readAnswer reads what was typed; what cannot be an answer is no try.
func readAnswer(by Means, typed string) (string, error) {
	switch by {
	case ByDocument:
		if documentNumber(typed) == "" {
			return "", fault.Invalid(fault.F("code", "recover.document_empty"))
		}
		return typed, nil
	case ByQuestions:
		if credential.Answers(strings.Split(typed, "\n")) == "" {
			return "", fault.Invalid(fault.F("code", "recover.questions_empty"))
		}
		return typed, nil
	case ByKey, ByApp, ByPhone, ByMail, ByBackup, ByPassword, BySignature:
	}
	return readCode(by, typed)
}

// answered ends the asking of questions, whose answers were counted before they are hashed.
func (s *Service) answered(ctx context.Context, r recovery, asked credential.Questions, typed string, done func(tx *store.Tx) error) error {
	right, err := s.rightAnswers(ctx, asked.Encoded, typed)
	if err != nil {
		return err
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		if now, err := s.questionsFor(ctx, tx, r.Account); err != nil || now.Encoded != asked.Encoded {
			return errors.Join(err, ErrNoMeans) // removed meanwhile
		}
		if right {
			return done(tx)
		}
		refused, err = s.recoverWrong(ctx, tx, r, ByQuestions)
		return err
	})
	return orRefused(err, refused)
}

func (s *Service) rightAnswer(ctx context.Context, tx *store.Tx, r recovery, by Means, answer string) (bool, error) {
	if by != ByDocument {
		return s.rightCode(ctx, tx, r.Account, by, answer)
	}
	a, err := s.Accounts.Get(ctx, tx, r.Account)
	return err == nil && sameDocument(a.Profile, answer), err
}

// sameDocument reports whether series and number of the person's document were typed.
func sameDocument(p account.Profile, typed string) bool {
	return p.Document != nil && keyring.Equal(documentNumber(p.Document.Series+p.Document.Number), documentNumber(typed))
}

// documentNumber is series and number as they are compared: letters and digits alone.
func documentNumber(typed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, typed)
}

// recoverWrong says how many tries are left, and ends the recovery after the last.
func (s *Service) recoverWrong(ctx context.Context, tx *store.Tx, r recovery, by Means) (refused, _ error) {
	if err := audit.Record(ctx, tx, audit.Event{Action: "recover.second_wrong", Subject: r.Account}); err != nil {
		return nil, err
	}
	left := s.Policy.SecondFactor.Tries - r.Wrong // r was read before this one was counted
	if left > 0 && by == ByKey {
		return ErrKeyWrong.Say("n", left), nil
	}
	if left > 0 {
		return ErrSecondWrong.With(fault.F("code", "second.wrong_left", "n", left)), nil
	}
	_, err := tx.Exec(ctx, `DELETE FROM recovery WHERE id = $1`, r.ID)
	return ErrRecoverOver, err
}
