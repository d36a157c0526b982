package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/passkey"
	"okno/internal/store"
)

// Means is one of the ways to show a second factor. Its text is stored for minutes, and stands in forms.
type Means string

// The means, the safest first.
const (
	ByKey    Means = "key"    // a passkey; it cannot be shown to a page that only looks like ours
	ByApp    Means = "app"    // a code of an authenticator app
	ByPhone  Means = "phone"  // a code to the main phone
	ByMail   Means = "mail"   // a code to the main e-mail
	ByBackup Means = "backup" // a code of the sheet

	BySignature Means = "signature" // a text that is signed by a qualified electronic signature; of accounts that are tied to its SNILS
)

// method is what the means proves, for the session.
func (m Means) method() string {
	switch m {
	case ByKey:
		return credential.ByPasskey
	case ByApp:
		return credential.ByApp
	case ByPhone:
		return credential.BySMS
	case ByMail:
		return credential.ByMail
	case ByBackup:
		return credential.ByBackup
	case BySignature:
		return credential.BySign
	case ByDocument, ByQuestions:
		return credential.ByFact
	case ByPassword:
	}
	return credential.ByPassword
}

// sent reports whether a code is sent for the means.
func (m Means) sent() bool { return m == ByPhone || m == ByMail }

// SecondNeeded is a right password after which a second factor is asked for. Token is what the browser keeps meanwhile.
type SecondNeeded struct{ Token string }

func (*SecondNeeded) Error() string { return "signin: a second factor is asked for" }

// The refusals of second factors.
var (
	ErrSecondWrong   = fault.New(fault.InvalidInput, "second.wrong")
	ErrSecondOver    = fault.New(fault.Missing, "second.over")    // too many wrong codes: the password once more
	ErrSecondBlocked = fault.New(fault.TooMany, "second.blocked") // too many wrong codes after right passwords
	ErrKeyWrong      = fault.New(fault.Conflict, "second.key_wrong")
	ErrKeyRefused    = fault.New(fault.Conflict, "second.key_refused") // the same where tries are not numbered
	ErrNoMeans       = fault.New(fault.InvalidInput, "second.how")     // there is no such means for this account
)

// Second is the question for a second factor: of a sign-in that waits for one, before an act that matters, and of a recovery.
type Second struct {
	Means     []Means // all that are taken, the safest first
	Now       Means
	Challenge contact.Challenge // of a code that was sent; its ID is "" when none was
	Key       passkey.Challenge // for a passkey, when that is asked for
	Days      int               // that a browser may be remembered, 0 when none is
	Questions []credential.Question
	List      credential.List // on which the password of this sign-in stands: another one is asked for afterwards
}

// wantsSecond reports whether the account signs in with a second factor. With a password that stands on a list everybody does: whoever
// has the list has the password, and would set one that shuts the owner out.
func (s *Service) wantsSecond(x try) bool {
	return x.secret.Factors || s.Policy.SecondFactor.Required(x.secret.Level) || x.list != credential.NoList
}

// asksSecond reports whether this try is asked for one.
func (s *Service) asksSecond(x try) bool { return s.wantsSecond(x) && !x.secret.Trusted }

// asksMore reports whether the password alone opens no session: a second factor is asked for, or another password.
func (s *Service) asksMore(x try) bool {
	return s.asksSecond(x) || x.secret.Replace || x.list != credential.NoList
}

// ways are the means of an account, and the contacts to which codes of it are sent. Codes are sent where the person wishes so, and
// where there is no other factor; an account that switched them off for an app is sent none.
type ways struct {
	Means []Means
	to    map[Means]contact.Target
}

func (s *Service) ways(ctx context.Context, q store.Querier, accountID string) (ways, error) {
	f, keyed, err := s.Credentials.Held(ctx, q, accountID, s.Passkeys.SomeSQL("$1"))
	if err != nil {
		return ways{}, err
	}
	var list []contact.Contact
	if f.Code || !f.Any() {
		if list, err = s.Contacts.Of(ctx, q, accountID); err != nil {
			return ways{}, err
		}
	}
	w := s.waysOf(f, contact.Serving(list))
	if !keyed {
		return w, nil
	}
	keys, err := s.soundKeys(ctx, q, accountID)
	if err == nil && len(keys) > 0 {
		w.Means = append([]Means{ByKey}, w.Means...)
	}
	return w, err
}

// waysOf are the means that factors and contacts give. Phones come first, and the main contact of each kind.
func (s *Service) waysOf(f credential.Factors, list []contact.Contact) ways {
	w := ways{to: map[Means]contact.Target{}}
	if len(f.Apps) > 0 {
		w.Means = append(w.Means, ByApp)
	}
	for _, c := range list {
		m := meansOf(c.Target.Kind)
		if _, there := w.to[m]; !there && s.Contacts.Reachable(c.Target) == nil {
			w.to[m] = c.Target
			w.Means = append(w.Means, m)
		}
	}
	if f.Backup > 0 {
		w.Means = append(w.Means, ByBackup)
	}
	return w
}

func meansOf(k contact.Kind) Means {
	if k == contact.Email {
		return ByMail
	}
	return ByPhone
}

// admitHalf is admit where a second factor is asked for. The browser is not made one of the owner's yet, and when the code is to be
// sent it is sent at once.
func (s *Service) admitHalf(ctx context.Context, v credential.Visitor, before try) error {
	token, err := s.openJudged(ctx, before, func(tx *store.Tx, x try) (string, error) {
		return s.Credentials.OpenPending(ctx, tx, x.secret.Account, v, x.secret.Known, x.list, s.judged(x))
	}, func(tx *store.Tx, x try, token string) error {
		p := credential.NewPending(token, x.secret.Account, x.secret.Known, x.list)
		if p.List != credential.NoList {
			if err := audit.Record(ctx, tx, audit.Event{Action: "password.listed", Subject: p.Account}); err != nil {
				return err
			}
		}
		if !s.asksSecond(x) {
			_, err := s.Credentials.Hold(ctx, tx, p, cmp.Or(s.judged(x).Methods, credential.ByPassword))
			return err
		}
		w, err := s.ways(ctx, tx, p.Account)
		if err != nil {
			return err
		}
		if len(w.Means) > 0 {
			if _, err = s.goBy(ctx, tx, v, p, w, w.Means[0]); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Action: "signin.half", Subject: p.Account})
	})
	if err != nil {
		return err
	}
	return &SecondNeeded{token}
}

// goBy makes the means the one that is waited for, and sends a code for it. That no code can be sent just now is returned apart
// from errors: the person chooses another means.
func (s *Service) goBy(ctx context.Context, tx *store.Tx, v credential.Visitor, p credential.Pending, w ways, m Means) (refused, _ error) {
	challenge := ""
	if m.sent() {
		c, err := s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.SignIn, Browser: v.Browser, Target: w.to[m], Subject: p.Subject(), Account: p.Account, Known: p.Known, Lang: v.Lang})
		switch {
		case errors.Is(err, contact.ErrSends), errors.Is(err, contact.ErrCapped):
			refused = err
		case err != nil:
			return nil, err
		default:
			challenge = c.ID
		}
	}
	return refused, s.Credentials.By(ctx, tx, p, string(m), challenge)
}

// pending is the sign-in of the token while it waits for a second factor; ErrReplace once it waits for a new password.
func (s *Service) pending(ctx context.Context, q store.Querier, v credential.Visitor, token string) (credential.Pending, error) {
	p, err := s.Credentials.Pending(ctx, q, token, v)
	if err == nil && p.Methods != "" {
		err = ErrReplace
	}
	return p, err
}

// Second is the sign-in of the token that waits in this browser.
func (s *Service) Second(ctx context.Context, v credential.Visitor, token string) (Second, error) {
	p, err := s.pending(ctx, s.DB, v, token)
	if err != nil {
		return Second{}, err
	}
	return s.second(ctx, s.DB, v, p)
}

func (s *Service) second(ctx context.Context, q store.Querier, v credential.Visitor, p credential.Pending) (Second, error) {
	w, err := s.ways(ctx, q, p.Account)
	if err != nil {
		return Second{}, err
	}
	out, err := s.question(ctx, q, v, w.Means, Means(p.Means), p.Challenge)
	if err == nil && out.Now == ByKey {
		out.Key, err = s.askKey(ctx, q, v, p.Account, p.Subject(), s.Policy.Passkey.SecondStep)
	}
	out.Days, out.List = int(s.Policy.SecondFactor.Remember.Hours()/24), p.List
	if p.List != credential.NoList {
		out.Days = 0 // what is remembered ends with the password
	}
	return out, err
}

// question is what is asked for now: by one of the means, by the first where there is no such, and in which attempt a code of it went out.
func (s *Service) question(ctx context.Context, q store.Querier, v credential.Visitor, list []Means, by Means, attempt string) (Second, error) {
	out := Second{Means: list, Now: by}
	if !slices.Contains(list, by) {
		out.Now, attempt = "", ""
		if len(list) > 0 {
			out.Now = list[0]
		}
	}
	if !out.Now.sent() || attempt == "" {
		return out, nil
	}
	var err error
	out.Challenge, err = s.Contacts.Get(ctx, q, attempt, v.Browser)
	if errors.Is(err, contact.ErrGone) {
		return out, nil
	}
	return out, err
}

// sendCode sends a code by one of the ways, and returns the attempt. The subject is what it is for: it proves nothing else.
func (s *Service) sendCode(ctx context.Context, tx *store.Tx, v credential.Visitor, w ways, by Means, accountID, subject string) (attempt string, _ error) {
	if !by.sent() || !slices.Contains(w.Means, by) {
		return "", ErrNoMeans
	}
	known, err := s.knew(ctx, tx, accountID, v)
	if err != nil {
		return "", err
	}
	c, err := s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.SignIn, Browser: v.Browser, Target: w.to[by], Subject: subject, Account: accountID, Known: known, Lang: v.Lang})
	return c.ID, err
}

// resend sends a new code in the attempt, or has it spoken.
func (s *Service) resend(ctx context.Context, v credential.Visitor, attempt string, spoken bool) error {
	send := s.Contacts.Resend
	if spoken {
		send = s.Contacts.Call
	}
	_, err := send(ctx, attempt, v.Browser)
	return err
}

// SecondBy goes on by another of the account's means; for one that is sent, the code goes out.
func (s *Service) SecondBy(ctx context.Context, v credential.Visitor, token string, m Means) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		p, err := s.pending(ctx, tx, v, token)
		if err != nil {
			return err
		}
		w, err := s.ways(ctx, tx, p.Account)
		if err != nil {
			return err
		}
		if !slices.Contains(w.Means, m) {
			return ErrNoMeans
		}
		refused, err = s.goBy(ctx, tx, v, p, w, m)
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

// SecondResend sends a new code.
func (s *Service) SecondResend(ctx context.Context, v credential.Visitor, token string) error {
	return s.secondAgain(ctx, v, token, s.Contacts.Resend)
}

// SecondCall is SecondResend by a call that speaks the new code (REG-4).
func (s *Service) SecondCall(ctx context.Context, v credential.Visitor, token string) error {
	return s.secondAgain(ctx, v, token, s.Contacts.Call)
}

func (s *Service) secondAgain(ctx context.Context, v credential.Visitor, token string, send func(ctx context.Context, cid, browser string) (contact.Challenge, error)) error {
	p, err := s.pending(ctx, s.DB, v, token)
	if err != nil {
		return err
	}
	if p.Challenge == "" {
		return s.SecondBy(ctx, v, token, Means(p.Means))
	}
	_, err = send(ctx, p.Challenge, v.Browser)
	return err
}

// SecondCode takes the code, and opens the session when it is right. A try is counted before the code is looked at, so that many at
// once are no more than their number: in the sign-in, and in the account's bucket, which is apart for browsers of the owner's. Who
// has not typed the right password has no such sign-in, and counts nowhere.
func (s *Service) SecondCode(ctx context.Context, v credential.Visitor, token, typed string, remember bool) (string, error) {
	known, others := secondKeys(s.ofBrowser(keyring.HashToken(v.Browser)))
	h, err := s.Credentials.Half(ctx, token, v, known, others)
	if err == nil && h.Methods != "" {
		err = ErrReplace
	}
	if err != nil {
		return "", err
	}
	p, m := h.Pending, Means(h.Means)
	if m == ByKey {
		return "", ErrNoMeans // another tab went on by it
	}
	code, err := readCode(m, typed)
	if err != nil {
		return "", err
	}
	if m.sent() && p.Challenge == "" {
		return "", contact.ErrExpired.With(fault.F("code", "code.expired"))
	}
	if m == ByApp {
		if session, err := s.appCode(ctx, v, h, code, remember); !errors.Is(err, store.ErrStale) {
			return session, err
		}
	}
	var session string
	var refused error
	done := func(tx *store.Tx) (err error) {
		session, err = s.secondDone(ctx, tx, v, p, m, m.method(), remember)
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		session, refused = "", nil
		if refused, err = s.countSecond(ctx, tx, v, p); err != nil || refused != nil || m.sent() {
			return err
		}
		right, err := s.rightCode(ctx, tx, p.Account, m, code)
		if err != nil {
			return err
		}
		if right {
			return done(tx)
		}
		refused, err = s.secondWrong(ctx, tx, p, m)
		return err
	})
	if err != nil || refused != nil {
		return "", orRefused(err, refused)
	}
	if !m.sent() {
		return orReplace(session, nil)
	}
	_, err = s.Contacts.Check(ctx, p.Challenge, v.Browser, code, func(tx *store.Tx, proved contact.Proved) error {
		if proved.Subject != p.Subject() { // another tab began anew
			return credential.ErrNoPending
		}
		return done(tx)
	})
	if errors.Is(err, contact.ErrWrong) {
		err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			refused, err = s.secondWrong(ctx, tx, p, m)
			return err
		})
		return "", orRefused(err, refused)
	}
	return orReplace(session, err)
}

// appCode opens the session by the code of an app that was judged before the transaction: provided that nothing was counted, used or
// changed since, which is the same as to have counted this try before all that come now. It says store.ErrStale of everything else, a
// wrong code first of all: that goes the long way, which counts before it looks.
func (s *Service) appCode(ctx context.Context, v credential.Visitor, h credential.Half, code string, remember bool) (session string, _ error) {
	rule, _ := s.secondBucket(v, h.Pending)
	right, ok := h.Code(code, s.Clock())
	if !ok || h.Replace || h.List != credential.NoList || !h.Active || !limit.Parse(rule, h.Bucket.State, s.DB.Now()).Allowed {
		return "", store.ErrStale
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if err = s.Credentials.Finish(ctx, tx, h, right); err != nil {
			return err
		}
		if h.Bucket.State != "" {
			if err = limit.Clear(ctx, tx, h.Bucket.Key); err != nil {
				return err
			}
		}
		session, err = s.secondOpen(ctx, tx, v, h.Pending, h.Level, ByApp, credential.ByPassword+" "+ByApp.method(), remember)
		return err
	})
	return session, err
}

// orReplace says that no session was opened, as another password has to be set first.
func orReplace(session string, err error) (string, error) {
	if err == nil && session == "" {
		err = ErrReplace
	}
	return session, err
}

// orRefused is the error, or else the refusal.
func orRefused(err, refused error) error {
	if err != nil {
		return err
	}
	return refused
}

// readCode reads what was typed for the means; what cannot be a code is no try.
func readCode(m Means, typed string) (string, error) {
	if m == ByBackup {
		code, ok := credential.BackupCode(typed)
		if !ok {
			return "", fault.Invalid(fault.F("code", "second.backup_form"))
		}
		return code, nil
	}
	code, problem := form.SixDigits(typed)
	if problem != nil {
		return "", fault.Invalid(problem.On("code"))
	}
	return code, nil
}

// rightCode uses the code up; false when it is wrong, or was used.
func (s *Service) rightCode(ctx context.Context, tx *store.Tx, accountID string, m Means, code string) (bool, error) {
	if m == ByApp {
		return s.Credentials.UseApp(ctx, tx, accountID, code, s.Clock())
	}
	if m == ByBackup {
		return s.Credentials.UseBackup(ctx, tx, accountID, code)
	}
	return false, nil
}

// countSecond counts one code before it is looked at.
func (s *Service) countSecond(ctx context.Context, tx *store.Tx, v credential.Visitor, p credential.Pending) (refused, _ error) {
	rule, key := s.secondBucket(v, p)
	verdict, err := limit.Take(ctx, tx, rule, key)
	if err != nil {
		return nil, err
	}
	if !verdict.Allowed {
		return s.secondBlocked(key, verdict.Until), nil
	}
	ok, err := s.Credentials.Try(ctx, tx, p)
	if err == nil && !ok {
		refused = ErrSecondOver
	}
	return refused, err
}

func (s *Service) secondBucket(v credential.Visitor, p credential.Pending) (limit.Rule, string) {
	if p.Known {
		return s.secondBucketIn(p.Account, s.ofBrowser(keyring.HashToken(v.Browser)))
	}
	_, others := secondKeys("")
	return s.Policy.SecondFactor.Others.Rule("second.others"), others[0] + p.Account + others[1]
}

// secondBucketIn is that of a browser of the owner's, which is named by ofBrowser.
func (s *Service) secondBucketIn(account, browser string) (limit.Rule, string) {
	known, _ := secondKeys(browser)
	return s.Policy.SecondFactor.Device.Rule("second.device"), known[0] + account + known[1]
}

// secondKeys are what stands before and behind the account in the keys of its buckets: of a browser of the owner's, which is named by
// ofBrowser, and of all others.
func secondKeys(browser string) (known, others [2]string) {
	return [2]string{"second.device:", ":" + browser}, [2]string{"second.others:", ""}
}

// secondWrong says how many tries are left, and ends the sign-in after the last.
func (s *Service) secondWrong(ctx context.Context, tx *store.Tx, p credential.Pending, m Means) (refused, _ error) {
	action := "signin.second_wrong"
	if m == ByKey {
		action = "signin.key_wrong"
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Subject: p.Account}); err != nil {
		return nil, err
	}
	left, err := s.Credentials.TriesLeft(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	if left > 0 && m == ByKey {
		return ErrKeyWrong.Say("n", left), nil
	}
	if left > 0 {
		return ErrSecondWrong.With(fault.F("code", "second.wrong_left", "n", left)), nil
	}
	_, err = s.Credentials.Drop(ctx, tx, p)
	return ErrSecondOver, err
}

// secondDone opens the session. The sign-in is consumed by its deletion: of two right codes at once one finds it gone.
func (s *Service) secondDone(ctx context.Context, tx *store.Tx, v credential.Visitor, p credential.Pending, m Means, method string, remember bool) (string, error) {
	methods := credential.ByPassword + " " + method
	replace, err := p.List != credential.NoList, error(nil)
	if !replace {
		replace, err = s.Credentials.MustReplace(ctx, tx, p.Account)
	}
	if err != nil {
		return "", err
	}
	if replace {
		held, err := s.Credentials.Hold(ctx, tx, p, methods)
		if err == nil && !held {
			err = credential.ErrNoPending
		}
		return "", err
	}
	there, err := s.Credentials.Drop(ctx, tx, p)
	if err != nil {
		return "", err
	}
	if !there {
		return "", credential.ErrNoPending
	}
	level, err := s.admissible(ctx, tx, p.Account, credential.ErrNoPending)
	if err != nil {
		return "", err
	}
	_, key := s.secondBucket(v, p)
	if err := limit.Clear(ctx, tx, key); err != nil {
		return "", err
	}
	return s.secondOpen(ctx, tx, v, p, level, m, methods, remember)
}

// secondOpen opens the session of a sign-in that is ended, and remembers the browser.
func (s *Service) secondOpen(ctx context.Context, tx *store.Tx, v credential.Visitor, p credential.Pending, level access.Level, m Means, methods string, remember bool) (string, error) {
	if err := s.Credentials.Met(ctx, tx, p.Account, v, methods); err != nil {
		return "", err
	}
	if remember && s.Policy.SecondFactor.Remember > 0 {
		if err := s.Credentials.Trust(ctx, tx, p.Account, v, tx.Now().Add(s.Policy.SecondFactor.Remember)); err != nil {
			return "", err
		}
	}
	who, action := access.Actor{Kind: access.Person, ID: p.Account, Level: level}, "signin.second"
	if m == ByKey {
		action = "signin.second_key"
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: who.ID, Detail: audit.Detail{"channel": string(m)}}); err != nil {
		return "", err
	}
	return s.Credentials.OpenBy(ctx, tx, access.Person, who.ID, level, v, methods)
}

// standing is the level and the state of an account, both "" when there is none.
func (s *Service) standing(ctx context.Context, q store.Querier, accountID string) (access.Level, account.State, error) {
	var level, state string
	err := q.QueryRow(ctx, `SELECT COALESCE(`+account.LevelSQL("$1")+`, ''), COALESCE(`+account.StateSQL("$1")+`, '')`, accountID).Scan(&level, &state)
	if err != nil {
		return "", "", fmt.Errorf("standing of %s: %w", accountID, err)
	}
	return access.Level(level), account.State(state), nil
}

// admissible is the level of an account that may sign in still; refused of one that was retired or frozen, perhaps in this moment.
func (s *Service) admissible(ctx context.Context, tx *store.Tx, accountID string, refused error) (access.Level, error) {
	level, state, err := s.standing(ctx, tx, accountID)
	if err == nil && state != account.Active {
		err = refused
	}
	return level, err
}
