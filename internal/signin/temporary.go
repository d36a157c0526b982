package signin

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// A temporary password is the way back for a person who has lost both phone and e-mail, and so every code: an operator of a service centre
// issues it to whoever stands there with their papers (AUTH-6, LVL-7), on paper, with a sheet of backup codes in place of codes that reach
// nobody. It skips nothing: signing in asks for the second factor, and then for a password of the person's own.
//
// Only a Confirmed account has a person to compare papers with. The papers that the operator types must be those of the account, a wrong
// pair is one refusal whatever is wrong with it, and is counted. Every contact is told, with the link that says "it was not me": it ends the
// password, too. During a pause none is issued.

// Issued is what stands on the paper. It is kept nowhere but sealed in the operator's browser, until it was handed over, half an hour at most.
type Issued struct {
	SNILS    string
	Password string
	Codes    []string // backup codes, in groups
	Until    time.Time
}

// The refusals.
var (
	ErrTemporaryOver    = fault.New(fault.Conflict, "signin.temporary_over")    // the right temporary password, after its term
	ErrTemporaryNobody  = fault.New(fault.InvalidInput, "desk.temporary.none")  // no Confirmed account has this SNILS and this document
	ErrTemporaryPaused  = fault.New(fault.Conflict, "desk.temporary.paused")    // its owner has said that a stranger was there
	ErrTemporaryGuesses = fault.New(fault.TooMany, "desk.temporary.guesses")    // too many pairs that nobody has
	ErrTemporaryMany    = fault.New(fault.TooMany, "desk.temporary.many")       // one operator has issued very many
	errTemporarySure    = fault.F("sure", "desk.temporary.sure_needed")         // the face was not compared
	errTemporaryPapers  = fault.F("document", "desk.temporary.document_needed") // no number of a document was typed
)

// IssueTemporary issues one to the person with these papers, who stands before the operator, and returns it sealed for the operator's
// session: OpenIssued shows it there.
func (s *Service) IssueTemporary(ctx context.Context, who access.Actor, typedSNILS, document string, sure bool) ([]byte, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return nil, err
	}
	if !s.StaffFresh(who) {
		return nil, ErrStaffAgain
	}
	var sheet form.Sheet
	snils, problem := form.SNILS(typedSNILS)
	sheet.Note("snils", problem)
	if documentNumber(document) == "" {
		sheet = append(sheet, errTemporaryPapers)
	}
	if !sure {
		sheet = append(sheet, errTemporarySure)
	}
	if err := sheet.Err(); err != nil {
		return nil, err
	}
	guesses := limit.Taken{Rule: s.Policy.Visit.Guesses.Rule("temporary.guess"), Key: "temporary.guess:" + who.ID}
	if v, err := limit.Look(ctx, s.DB, guesses.Rule, guesses.Key); err != nil {
		return nil, err
	} else if !v.Allowed { // before the hash; issueTemporary looks once more, for many at once
		return nil, ErrTemporaryGuesses.At(v.Until)
	}
	out := Issued{SNILS: form.FormatSNILS(snils), Password: form.FormatShortCode(form.NewShortCode()) + "-" + form.FormatShortCode(form.NewShortCode())}
	encoded, err := s.Hasher.Hash(keyring.AtDesk(ctx), out.Password)
	if err != nil {
		return nil, err
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		refused, err = s.issueTemporary(ctx, tx, who, guesses, snils, document, encoded, &out)
		return err
	})
	if err := orRefused(err, refused); err != nil {
		return nil, err
	}
	plain, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return s.Ring.System().Seal("sheet", "temporary", who.SessionID, plain), nil
}

// issueTemporary is IssueTemporary in its transaction. What it says is returned apart from errors, because the counting must be committed.
func (s *Service) issueTemporary(ctx context.Context, tx *store.Tx, who access.Actor, guesses limit.Taken, snils, document, encoded string, out *Issued) (refused, _ error) {
	if v, err := limit.Look(ctx, tx, guesses.Rule, guesses.Key); err != nil {
		return nil, err
	} else if !v.Allowed {
		return ErrTemporaryGuesses.At(v.Until), nil
	}
	accountID, err := s.holding(ctx, tx, snils, document)
	if err != nil {
		return nil, err
	}
	if accountID == "" {
		v, err := limit.Take(ctx, tx, guesses.Rule, guesses.Key)
		if err == nil && !v.Allowed {
			return ErrTemporaryGuesses.At(v.Until), nil
		}
		return ErrTemporaryNobody.With(fault.F("document", ErrTemporaryNobody.Key)), err
	}
	if pause, err := alert.Of(ctx, tx, accountID); err != nil {
		return nil, err
	} else if pause.On() {
		return ErrTemporaryPaused.At(pause.Until), nil
	}
	rule := s.Policy.Temporary.PerOperator.Rule("temporary.issued")
	v, err := limit.Take(ctx, tx, rule, rule.Name+":"+who.ID)
	if err != nil {
		return nil, err
	}
	if !v.Allowed {
		return ErrTemporaryMany.At(v.Until), nil
	}
	if err := s.tellWaiting(ctx, tx, accountID); err != nil {
		return nil, err
	}
	out.Until = tx.Now().Add(s.Policy.Temporary.Lifetime)
	if err := s.Credentials.SetTemporary(ctx, tx, accountID, encoded, out.Until); err != nil {
		return nil, err
	}
	codes, err := s.Credentials.NewBackupCodes(ctx, tx, accountID)
	if err != nil {
		return nil, err
	}
	out.Codes = nil
	for _, c := range codes {
		out.Codes = append(out.Codes, groups(c))
	}
	if err := errors.Join(s.Credentials.CloseAll(ctx, tx, accountID), s.Notices.ForgetBrowsers(ctx, tx, accountID, time.Time{})); err != nil {
		return nil, err
	}
	if err := s.endRecoveries(ctx, tx, accountID); err != nil {
		return nil, err
	}
	doors := append(s.watchedOf(accountID), s.watchedContact(s.Accounts.FindSNILS(snils), "")) // what strangers have shut is open to whoever was seen in person
	keys := make([]string, len(doors))
	for i, d := range doors {
		keys[i] = d.Key
	}
	if err := limit.Clear(ctx, tx, keys...); err != nil {
		return nil, err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "password.issued", Actor: who, Subject: accountID}); err != nil {
		return nil, err
	}
	link, err := s.disavowal(ctx, tx, alert.Event{Account: accountID, What: alert.Password}, tx.Now())
	if err != nil {
		return nil, err
	}
	return nil, s.Notices.Tell(ctx, tx, accountID, aboutMeans("message.temporary", link))
}

// holding is the Confirmed account of the person with these papers, who signs in by a password; "" when there is none.
func (s *Service) holding(ctx context.Context, tx *store.Tx, snils, document string) (string, error) {
	accountID, err := s.Accounts.HolderOfSNILS(ctx, tx, snils)
	if errors.Is(err, account.ErrMissing) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	a, err := s.Accounts.Get(ctx, tx, accountID)
	if err != nil {
		return "", err
	}
	if a.State != account.Active || a.Level != access.Confirmed || !sameDocument(a.Profile, document) {
		return "", nil
	}
	set, err := s.Credentials.PasswordSet(ctx, tx, accountID)
	if err != nil || set.IsZero() { // a child's: its parents act for it
		return "", err
	}
	return accountID, nil
}

// OpenIssued is what IssueTemporary sealed, in the session in which it was issued and while it is of use.
func (s *Service) OpenIssued(who access.Actor, sealed []byte) (Issued, bool) {
	plain, err := s.Ring.System().Open("sheet", "temporary", who.SessionID, sealed)
	if err != nil {
		return Issued{}, false
	}
	var out Issued
	if err := json.Unmarshal(plain, &out); err != nil {
		return Issued{}, false
	}
	return out, s.DB.Now().Before(out.Until)
}
