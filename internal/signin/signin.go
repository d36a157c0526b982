package signin

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/gate"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/notification"
	"okno/internal/passkey"
	"okno/internal/policy"
	"okno/internal/staff"
	"okno/internal/store"
)

// Service signs people and staff in.
type Service struct {
	DB          *store.DB
	Ring        *keyring.Ring
	Policy      *policy.Policy
	Hasher      *keyring.Hasher
	Accounts    *account.Service
	Contacts    *contact.Service
	Gate        *gate.Gate
	Credentials *credential.Service
	Passkeys    *passkey.Service
	StaffKeys   *passkey.Service // of employees
	Staff       *staff.Service
	Notices     *notification.Service
	Jobs        *jobs.Client
	Log         *slog.Logger
	Clock       func() time.Time // the real clock, for codes of authenticator apps
	Heirs       Heirs            // nil: there are none
	Signs       bool             // electronic signatures are taken: to tie one is advised
}

// Heirs are accounts that nobody signs in to yet, each handed over to whoever proves a contact which no account holds: a child takes
// its account so, by the pages of recovery (package mandate).
type Heirs interface {
	Heir(ctx context.Context, q store.Querier, t contact.Target) (string, error)
	Inherit(ctx context.Context, tx *store.Tx, accountID string, t contact.Target) error
}

// The refusals. ErrWrong is one for a wrong password, an unknown contact and a retired account.
var (
	ErrWrong      = fault.New(fault.InvalidInput, "signin.wrong")
	ErrBlocked    = fault.New(fault.TooMany, "signin.blocked")
	ErrStaffWrong = fault.New(fault.InvalidInput, "signin.staff_wrong")
)

// buckets of one try at a password, by what they count. The first two are of the contact that was typed, not of its account: a
// block is said, and one that was filled at the phone and met at the e-mail would tell that both are one person's. So the
// bound of the account, whatever it is called by, is kept without a word: see try.unsaid.
const (
	byNetwork = iota // the contact from one network
	byContact        // the contact from browsers that are not its owner's
	byAccount        // the account from browsers that are not its owner's, at all its contacts together
	byDevice         // the account from one browser that is
	byCrowd          // whichever account from one network, by browsers that are not its owner's
	bucketCount
)

// try is one judged attempt.
type try struct {
	contact string // stands for what was typed: a contact or a SNILS
	nobody  string // stands for the account of a contact that belongs to nobody
	network string
	browser string
	device  []byte // the hash of the browser, as devices have it
	secret  credential.Secret
	blocked time.Time // until when; zero when not blocked
	list    credential.List
	crowded bool // one network guesses at many accounts: the try meets the gate
	unsaid  bool // guesses at the account are used up, at another of its contacts too: whatever the password, it is wrong
}

// rules are those of the buckets, in their order.
func (s *Service) rules() [bucketCount]limit.Rule {
	p := s.Policy.SignIn
	return [bucketCount]limit.Rule{p.Network.Rule("signin.network"), p.Others.Rule("signin.others"), p.Others.Rule("signin.account"), p.Device.Rule("signin.device"), p.Crowd.Rule("signin.crowd")}
}

// hidden makes a part of a bucket's name of something that must not be read there.
func (s *Service) hidden(what, value string) string {
	return hex.EncodeToString(s.Ring.Index("signin."+what, value)[4:20])
}

// ofBrowser makes one of the hash of a browser's cookie, as which the account's devices are kept: so the buckets of each can be found.
func (s *Service) ofBrowser(hash []byte) string { return s.hidden("browser", string(hash)) }

// standsFor makes a part of a bucket's name of the index of a contact.
func standsFor(index []byte) string { return hex.EncodeToString(index[4:20]) }

func (s *Service) look(ctx context.Context, v credential.Visitor, l login) (try, error) {
	index, device := l.find[0], keyring.HashToken(v.Browser)
	x := try{contact: standsFor(index), nobody: "nobody-" + standsFor(index), network: s.hidden("network", v.Prefix), browser: s.ofBrowser(device), device: device}
	rules := s.rules()
	var err error
	x.secret, err = s.Credentials.Lookup(ctx, l.holder, l.find, v.Browser, x.nobody,
		credential.Bucket{Key: s.key(x, byNetwork)}, credential.Bucket{Key: s.key(x, byContact)},
		credential.Bucket{Prefix: rules[byAccount].Name + ":"}, credential.Bucket{Prefix: rules[byDevice].Name + ":", Suffix: ":" + x.browser},
		credential.Bucket{Key: s.key(x, byCrowd)})
	if err != nil {
		return try{}, err
	}
	return s.judge(x), nil
}

// judge says until when the try is blocked. A browser of the owner's is judged by its own bucket alone.
func (s *Service) judge(x try) try {
	x.blocked, x.unsaid, x.crowded = time.Time{}, false, false
	for i, rule := range s.rules() {
		if !x.counts(i) {
			continue
		}
		switch v := limit.Parse(rule, x.secret.Buckets[i], s.DB.Now()); {
		case v.Allowed:
		case i == byAccount:
			x.unsaid = true
		case i == byCrowd:
			x.crowded = true // a mobile operator may stand behind one network: it never blocks
		case v.Until.After(x.blocked):
			x.blocked = v.Until
		}
	}
	return x
}

// counts reports whether the bucket judges this try.
func (x try) counts(bucket int) bool { return (bucket == byDevice) == x.secret.Known }

// key names a bucket in full: of the contact, or of the account or what stands for it.
func (s *Service) key(x try, bucket int) string {
	name, owner := s.rules()[bucket].Name+":", x.secret.Account
	if owner == "" {
		owner = x.nobody
	}
	switch bucket {
	case byNetwork:
		return name + x.contact + ":" + x.network
	case byContact:
		return name + x.contact
	case byAccount:
		return name + owner
	case byCrowd:
		return name + x.network
	}
	return name + owner + ":" + x.browser
}

// errAgain is a password that was changed while it was judged.
var errAgain = errors.New("signin: the password was changed meanwhile")

// SignIn opens a session for a phone, an e-mail or a SNILS and the password of its account, and returns the session's token. Where a second factor is to
// come first the error is *SecondNeeded.
func (s *Service) SignIn(ctx context.Context, v credential.Visitor, typed, password string) (string, error) {
	var sheet form.Sheet
	l, p := s.readLogin(typed)
	sheet.Note("login", p)
	if password == "" {
		sheet = append(sheet, fault.F("password", "signin.password_empty"))
	}
	if err := sheet.Err(); err != nil {
		return "", err
	}
	for range 3 {
		token, err := s.signIn(ctx, v, l, password)
		if !errors.Is(err, errAgain) {
			return token, err
		}
	}
	return "", ErrWrong
}

func (s *Service) signIn(ctx context.Context, v credential.Visitor, l login, password string) (string, error) {
	x, err := s.look(ctx, v, l)
	if err != nil {
		return "", err
	}
	if !x.blocked.IsZero() {
		return "", ErrBlocked.At(x.blocked)
	}
	if x.crowded && v.Pass.Network != "" {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.Gate.Pay(ctx, tx, "signin", v.Pass) }); err != nil {
			return "", err
		}
	}
	encoded := x.secret.Encoded
	if encoded == "" {
		encoded = s.Hasher.Dummy()
	}
	ok, rehash, err := s.Hasher.Verify(ctx, encoded, password)
	if errors.Is(err, keyring.ErrLong) {
		ok, err = false, nil // nobody's password is that long
	}
	if err != nil {
		return "", err
	}
	if !ok || x.unsaid || x.secret.Encoded == "" || x.secret.State != account.Active {
		return "", s.refuse(ctx, x)
	}
	if x.secret.Over { // whoever guesses it gains nothing
		return "", ErrTemporaryOver
	}
	x.list = s.Credentials.Listed(ctx, password) // of the right password alone, so that a wrong one costs what it did
	token, err := s.admit(ctx, v, x)
	var second *SecondNeeded
	if rehash && (err == nil || errors.As(err, &second)) {
		s.rehash(ctx, x.secret, password)
	}
	return token, err
}

// refuse counts a wrong password in every bucket that judges the try, and says the one refusal, or the block that it led to.
func (s *Service) refuse(ctx context.Context, x try) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		refused, err = s.count(ctx, tx, x)
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

// count is refuse in a transaction. What it says is returned apart from errors, because the counting must be committed.
func (s *Service) count(ctx context.Context, tx *store.Tx, x try) (refused, _ error) {
	var takes []limit.Taken
	for i, rule := range s.rules() {
		if x.counts(i) {
			takes = append(takes, limit.Taken{Rule: rule, Key: s.key(x, i)})
		}
	}
	verdicts, err := limit.TakeEach(ctx, tx, takes...)
	if err != nil {
		return nil, err
	}
	refused = ErrWrong
	verdicts = slices.DeleteFunc(verdicts, func(v limit.Verdict) bool { // the one is kept without a word, the other asks for work
		return v.Rule == s.rules()[byAccount].Name || v.Rule == s.rules()[byCrowd].Name
	})
	if worst, full := limit.Refused(verdicts...); full {
		refused = ErrBlocked.At(worst.Until)
	}
	return refused, audit.Record(ctx, tx, audit.Event{Action: "signin.wrong", Subject: x.secret.Account})
}

// admit opens the session: three statements at most, for a browser that is new as for one that is known.
func (s *Service) admit(ctx context.Context, v credential.Visitor, before try) (string, error) {
	if s.asksMore(before) {
		return "", s.admitHalf(ctx, v, before)
	}
	return s.openJudged(ctx, before, func(tx *store.Tx, x try) (string, error) {
		return s.Credentials.OpenJudged(ctx, tx, access.Person, x.secret.Account, x.secret.Level, v, s.judged(x))
	}, func(tx *store.Tx, x try, _ string) error {
		who := access.Actor{Kind: access.Person, ID: x.secret.Account, Level: x.secret.Level}
		if s.remembers(x) {
			if err := s.Credentials.Met(ctx, tx, who.ID, v, cmp.Or(s.judged(x).Methods, credential.ByPassword)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Action: "signin.done", Actor: who, Subject: who.ID})
	})
}

// used is how often, at most, a browser in use is written down as used: it is forgotten when it is not for long, and a stranger again.
const used = 24 * time.Hour

// remembers reports whether the browser is to be written down: when it is new, and now and then, but not beside a bucket that is cleared.
func (s *Service) remembers(x try) bool {
	return !x.secret.Known || x.secret.Buckets[byDevice] == "" && s.DB.Now().Sub(x.secret.UsedAt) >= used
}

// openJudged opens what a right password opens, and does the rest. The buckets were judged before the hash, and others who came in the
// same moment were judged by the same state: so open, which says store.ErrStale otherwise, opens only while they are as they were. If
// they are not, they are judged once more, and even the right password may be refused: a burst is told no more than tries one by one.
func (s *Service) openJudged(ctx context.Context, before try, open func(tx *store.Tx, x try) (token string, _ error), rest func(tx *store.Tx, x try, token string) error) (string, error) {
	var token string
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		x := before
		refused = nil
		if token, err = open(tx, x); errors.Is(err, store.ErrStale) {
			if x, err = s.lookAgain(ctx, tx, x); err != nil {
				return err
			}
			switch {
			case !x.blocked.IsZero():
				return ErrBlocked.At(x.blocked)
			case x.unsaid:
				refused, err = s.count(ctx, tx, x)
				return err
			}
			if token, err = open(tx, x); errors.Is(err, store.ErrStale) {
				return errAgain
			}
		}
		if err != nil {
			return err
		}
		if x.secret.Known && x.secret.Buckets[byDevice] != "" {
			if err := limit.Clear(ctx, tx, s.key(x, byDevice)); err != nil {
				return err
			}
		}
		return rest(tx, x, token)
	})
	if err = orRefused(err, refused); err != nil {
		return "", err
	}
	return token, nil
}

// judged is what the try was judged by, and what a session would be proved by.
func (s *Service) judged(x try) credential.Judged {
	j := credential.Judged{Encoded: x.secret.Encoded}
	if x.secret.Known {
		j.Device = x.device // an owner who says "it was not me" meanwhile has thrown it out
	}
	if x.secret.Trusted && s.wantsSecond(x) {
		j.Trusted = true
		j.Methods = credential.ByPassword + " " + credential.ByDevice
	}
	for i, state := range x.secret.Buckets {
		if x.counts(i) && i != byCrowd { // which a crowd changes all the time, and which judges no account
			j.Buckets = append(j.Buckets, limit.Seen{Key: s.key(x, i), State: state})
		}
	}
	return j
}

// lookAgain judges the try by the buckets of this moment.
func (s *Service) lookAgain(ctx context.Context, tx *store.Tx, x try) (try, error) {
	keys := make([]string, bucketCount)
	for i := range keys {
		keys[i] = s.key(x, i)
	}
	seen, err := limit.See(ctx, tx, keys...)
	if err != nil {
		return try{}, err
	}
	x.secret.Buckets = nil
	for _, b := range seen {
		x.secret.Buckets = append(x.secret.Buckets, b.State)
	}
	return s.judge(x), nil
}

// rehash brings the stored hash up to today's parameters; failing to do so harms nobody.
func (s *Service) rehash(ctx context.Context, x credential.Secret, password string) {
	encoded, err := s.Hasher.Hash(ctx, password)
	if err == nil {
		err = s.Credentials.Rehash(ctx, x.Account, x.Encoded, encoded)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "rehash a password", "account", x.Account, "error", err)
	}
}

// staffTry is one judged attempt of an employee.
type staffTry struct {
	secret staff.Secret
	keys   [2]string // of the employee from one network; of codes of the employee's, from anywhere
}

// staffRules are those of the buckets, in their order. The second counts wrong codes that came with the right password, so
// that a network is not worth a hundred codes, and whoever has no password cannot close the desk to the employee. It is
// judged before the hash, for everybody alike: with the right password only, it would tell which that is.
func (s *Service) staffRules() [2]limit.Rule {
	p := s.Policy.SignIn
	return [2]limit.Rule{p.Staff.Rule("signin.staff"), p.SecondFactor.Rule("signin.second_factor")}
}

func (s *Service) staffLook(ctx context.Context, v credential.Visitor, login string) (staffTry, error) {
	x, err := s.Staff.Lookup(ctx, s.DB, login)
	if err != nil {
		return staffTry{}, err
	}
	who := x.Employee.ID
	if who == "" {
		who = "nobody-" + s.hidden("staff", x.Employee.Login)
	}
	rules := s.staffRules()
	return staffTry{x, [2]string{rules[0].Name + ":" + who + ":" + s.hidden("network", v.Prefix), rules[1].Name + ":" + who}}, nil
}

// staffJudge reads the buckets and judges by them.
func (s *Service) staffJudge(ctx context.Context, q store.Querier, x staffTry) ([]limit.Seen, error) {
	seen, err := limit.See(ctx, q, x.keys[:]...)
	if err != nil {
		return nil, err
	}
	var verdicts []limit.Verdict
	for i, rule := range s.staffRules() {
		verdicts = append(verdicts, limit.Parse(rule, seen[i].State, q.Now()))
	}
	if worst, refused := limit.Refused(verdicts...); refused {
		return nil, ErrBlocked.At(worst.Until)
	}
	return seen, nil
}

// StaffSignIn opens a session for an employee: login, password and a code of the authenticator app, always all three.
func (s *Service) StaffSignIn(ctx context.Context, v credential.Visitor, login, password, code string) (string, error) {
	x, err := s.staffLook(ctx, v, login)
	if err != nil {
		return "", err
	}
	seen, err := s.staffJudge(ctx, s.DB, x)
	if err != nil {
		return "", err
	}
	ok, rehash, err := s.staffPassword(ctx, x, password)
	if err != nil {
		return "", err
	}
	step := staff.Step(x.secret.TOTP, code, s.Clock())
	list := credential.NoList
	if ok && step != 0 {
		list = s.Credentials.Listed(ctx, password)
	}
	var token string
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		token, refused = "", nil
		if ok && step != 0 {
			if token, refused, err = s.staffAdmit(ctx, tx, v, x, step, seen, list); !errors.Is(err, staff.ErrReplay) {
				return err
			}
		}
		refused, err = s.staffRefuse(ctx, tx, x, ok)
		return err
	})
	if err != nil {
		return "", err
	}
	if token != "" && rehash {
		s.staffRehash(ctx, x.secret, password)
	}
	return token, refused
}

// staffPassword verifies the password, at the same price for whoever there is not.
func (s *Service) staffPassword(ctx context.Context, x staffTry, password string) (ok, rehash bool, _ error) {
	encoded := x.secret.Encoded
	if encoded == "" {
		encoded = s.Hasher.Dummy()
	}
	ok, rehash, err := s.Hasher.Verify(keyring.AtDesk(ctx), encoded, password)
	if err != nil && !errors.Is(err, keyring.ErrLong) {
		return false, false, err
	}
	return ok && x.secret.Encoded != "", rehash, nil
}

// staffRehash is rehash for an employee.
func (s *Service) staffRehash(ctx context.Context, x staff.Secret, password string) {
	encoded, err := s.Hasher.Hash(keyring.AtDesk(ctx), password)
	if err == nil {
		err = s.DB.WriteRows(ctx, func(tx *store.Tx) error { return s.Staff.Rehash(ctx, tx, x.Employee.ID, x.Encoded, encoded) })
	}
	if err != nil {
		s.Log.WarnContext(ctx, "rehash a password", "employee", x.Employee.ID, "error", err)
	}
}

// staffAdmit uses the code up and opens the session, by three statements when no try was counted since the buckets were seen; none with a
// password that stands on a list.
func (s *Service) staffAdmit(ctx context.Context, tx *store.Tx, v credential.Visitor, x staffTry, step int64, seen []limit.Seen, list credential.List) (token string, refused, _ error) {
	if err := s.Staff.UseStep(ctx, tx, x.secret.Employee.ID, step); err != nil {
		return "", nil, err
	}
	if refused, err := s.staffListed(ctx, tx, x, list); err != nil || refused != nil {
		return "", refused, err
	}
	token, err := s.staffOpen(ctx, tx, v, x, seen, credential.ByPassword+" "+credential.ByApp)
	return token, nil, err
}

// staffOpen opens the session of an employee that the methods have proved.
func (s *Service) staffOpen(ctx context.Context, tx *store.Tx, v credential.Visitor, x staffTry, seen []limit.Seen, methods string) (string, error) {
	e := x.secret.Employee
	token, err := s.Credentials.OpenJudged(ctx, tx, access.Staff, e.ID, "", v, credential.Judged{Buckets: seen, Methods: methods})
	if errors.Is(err, store.ErrStale) {
		if _, err = s.staffJudge(ctx, tx, x); err != nil {
			return "", err
		}
		token, err = s.Credentials.OpenBy(ctx, tx, access.Staff, e.ID, "", v, methods)
	}
	if err != nil {
		return "", err
	}
	actor := e.Actor()
	return token, audit.Record(ctx, tx, audit.Event{Action: "signin.staff", Actor: actor, Object: e.ID})
}

// staffRefuse counts a wrong try. What it says is returned apart from errors, because the counting must be committed.
func (s *Service) staffRefuse(ctx context.Context, tx *store.Tx, x staffTry, password bool) (refused, _ error) {
	rules := s.staffRules()
	takes := []limit.Taken{{Rule: rules[0], Key: x.keys[0]}}
	if password {
		takes = append(takes, limit.Taken{Rule: rules[1], Key: x.keys[1]})
	}
	verdicts, err := limit.TakeEach(ctx, tx, takes...)
	if err != nil {
		return nil, err
	}
	refused = ErrStaffWrong
	if worst, full := limit.Refused(verdicts...); full {
		refused = ErrBlocked.At(worst.Until)
	}
	return refused, audit.Record(ctx, tx, audit.Event{Action: "signin.staff_wrong", Object: x.secret.Employee.ID})
}
