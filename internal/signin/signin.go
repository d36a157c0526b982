package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/notification"
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
	Contacts    *contact.Service
	Credentials *credential.Service
	Staff       *staff.Service
	Notices     *notification.Service
	Log         *slog.Logger
	Clock       func() time.Time // the real clock, for codes of authenticator apps
}

// The refusals. ErrWrong is one for a wrong password, an unknown contact and a retired account.
var (
	ErrWrong      = fault.New(fault.InvalidInput, "signin.wrong")
	ErrBlocked    = fault.New(fault.TooMany, "signin.blocked")
	ErrStaffWrong = fault.New(fault.InvalidInput, "signin.staff_wrong")
)

// buckets of one try at a password, by what they count.
const (
	byNetwork = iota // the account from one network
	byOthers         // the account from browsers that are not its owner's
	byDevice         // the account from one browser that is
)

// try is one judged attempt.
type try struct {
	index   []byte
	nobody  string
	names   [3]string // of the buckets, after the account's id
	secret  credential.Secret
	blocked time.Time // until when; zero when not blocked
}

// rules are those of the buckets, in their order.
func (s *Service) rules() [3]limit.Rule {
	p := s.Policy.SignIn
	return [3]limit.Rule{p.Network.Rule("signin.network"), p.Others.Rule("signin.others"), p.Device.Rule("signin.device")}
}

// hidden makes a part of a bucket's name of something that must not be read there.
func (s *Service) hidden(what, value string) string {
	return hex.EncodeToString(s.Ring.Index("signin."+what, value)[4:20])
}

func (s *Service) look(ctx context.Context, v credential.Visitor, t contact.Target) (try, error) {
	x := try{index: s.Contacts.Index(t)}
	x.nobody = "nobody-" + hex.EncodeToString(x.index[4:20])
	x.names = [3]string{":" + s.hidden("network", v.Prefix), "", ":" + s.hidden("browser", v.Browser)}
	var buckets []credential.Bucket
	for i, rule := range s.rules() {
		buckets = append(buckets, credential.Bucket{Prefix: rule.Name + ":", Suffix: x.names[i]})
	}
	var err error
	x.secret, err = s.Credentials.Lookup(ctx, x.index, v.Browser, x.nobody, buckets...)
	if err != nil {
		return try{}, err
	}
	x.blocked = s.judge(x)
	return x, nil
}

// judge says until when the try is blocked. A browser of the owner's is judged by its own bucket alone.
func (s *Service) judge(x try) time.Time {
	var until time.Time
	for i, rule := range s.rules() {
		if x.counts(i) {
			if v := limit.Parse(rule, x.secret.Buckets[i], s.DB.Now()); !v.Allowed && v.Until.After(until) {
				until = v.Until
			}
		}
	}
	return until
}

// counts reports whether the bucket judges this try.
func (x try) counts(bucket int) bool { return (bucket == byDevice) == x.secret.Known }

// key names a bucket in full: of the account, or of what stands for it.
func (s *Service) key(x try, bucket int) string {
	owner := x.secret.Account
	if owner == "" {
		owner = x.nobody
	}
	return s.rules()[bucket].Name + ":" + owner + x.names[bucket]
}

// SignIn opens a session for a phone or an e-mail and its password, and returns the session's token.
func (s *Service) SignIn(ctx context.Context, v credential.Visitor, login, password string) (string, error) {
	var sheet form.Sheet
	t, p := contact.Read(login)
	sheet.Note("login", p)
	if password == "" {
		sheet = append(sheet, fault.F("password", "signin.password_empty"))
	}
	if err := sheet.Err(); err != nil {
		return "", err
	}
	x, err := s.look(ctx, v, t)
	if err != nil {
		return "", err
	}
	if !x.blocked.IsZero() {
		return "", ErrBlocked.At(x.blocked)
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
	if !ok || x.secret.Encoded == "" || x.secret.State == account.Retired {
		return "", s.refuse(ctx, x)
	}
	token, err := s.admit(ctx, v, x)
	if err == nil && rehash {
		s.rehash(ctx, x.secret, password)
	}
	return token, err
}

// refuse counts a wrong password in every bucket that judges the try, and says the one refusal, or the block that it led to.
func (s *Service) refuse(ctx context.Context, x try) error {
	var until time.Time
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		until = time.Time{}
		var takes []limit.Taken
		for i, rule := range s.rules() {
			if x.counts(i) {
				takes = append(takes, limit.Taken{Rule: rule, Key: s.key(x, i)})
			}
		}
		verdicts, err := limit.TakeEach(ctx, tx, takes...)
		if err != nil {
			return err
		}
		if worst, refused := limit.Refused(verdicts...); refused {
			until = worst.Until
		}
		return audit.Record(ctx, tx, audit.Event{Action: "signin.wrong", Subject: x.secret.Account})
	})
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return ErrBlocked.At(until)
	}
	return ErrWrong
}

// admit opens the session: three statements at most, for a browser that is new as for one that is known.
func (s *Service) admit(ctx context.Context, v credential.Visitor, x try) (string, error) {
	var token string
	who := access.Actor{Kind: access.Person, ID: x.secret.Account, Level: x.secret.Level}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if token, err = s.Credentials.Open(ctx, tx, access.Person, who.ID, who.Level, v); err != nil {
			return err
		}
		switch {
		case !x.secret.Known:
			err = s.Credentials.Remember(ctx, tx, who.ID, v)
		case x.secret.Buckets[byDevice] != "":
			err = limit.Clear(ctx, tx, s.key(x, byDevice))
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "signin.done", Actor: who, Subject: who.ID})
	})
	return token, err
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

// StaffSignIn opens a session for an employee: login, password and a code of the authenticator app, always all three.
func (s *Service) StaffSignIn(ctx context.Context, v credential.Visitor, login, password, code string) (string, error) {
	x, err := s.Staff.Lookup(ctx, s.DB, login)
	if err != nil {
		return "", err
	}
	who := x.Employee.ID
	if who == "" {
		who = "nobody-" + s.hidden("staff", login)
	}
	rule, key := s.Policy.SignIn.Staff.Rule("signin.staff"), "signin.staff:"+who+":"+s.hidden("network", v.Prefix)
	verdict, err := limit.Look(ctx, s.DB, rule, key)
	if err != nil {
		return "", err
	}
	if !verdict.Allowed {
		return "", ErrBlocked.At(verdict.Until)
	}
	encoded := x.Encoded
	if encoded == "" {
		encoded = s.Hasher.Dummy()
	}
	ok, _, err := s.Hasher.Verify(ctx, encoded, password)
	if err != nil && !errors.Is(err, keyring.ErrLong) {
		return "", err
	}
	step := staff.Step(x.TOTP, code, s.Clock())
	var token string
	refused := !ok || x.Encoded == "" || step == 0
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if refused {
			if _, err := limit.Take(ctx, tx, rule, key); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{Action: "signin.staff_wrong", Object: x.Employee.ID})
		}
		if err := s.Staff.UseStep(ctx, tx, x.Employee.ID, step); err != nil {
			return err
		}
		actor := access.Actor{Kind: access.Staff, ID: x.Employee.ID, Role: x.Employee.Role, Unit: x.Employee.Unit}
		if err := audit.Record(ctx, tx, audit.Event{Action: "signin.staff", Actor: actor, Object: x.Employee.ID}); err != nil {
			return err
		}
		var err error
		token, err = s.Credentials.Open(ctx, tx, access.Staff, x.Employee.ID, "", v)
		return err
	})
	switch {
	case errors.Is(err, staff.ErrReplay), err == nil && refused:
		return "", ErrStaffWrong
	}
	return token, err
}
