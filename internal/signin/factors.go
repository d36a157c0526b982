package signin

import (
	"context"
	"net/url"
	"strings"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/store"
)

// securityPage is where people look after their second factors.
const securityPage = "cabinet/security"

// nameLength is how long the name of an app may be, in letters.
const nameLength = 40

// The refusals of changes of second factors.
var (
	ErrLastFactor = fault.New(fault.Conflict, "factor.last") // accounts of the level sign in with a second factor
	ErrAppCode    = fault.New(fault.InvalidInput, "factor.app_code").With(fault.F("code", "factor.app_code"))
)

// MyFactors are the second factors of a person, as the person looks after them.
type MyFactors struct {
	credential.Factors
	Required bool     // accounts of the level always sign in with one
	Sent     bool     // codes are sent: by wish, or because the level wants a factor and there is no other
	To       []string // where to, masked
}

// MyFactors lists the second factors of whoever asks.
func (s *Service) MyFactors(ctx context.Context, who access.Actor) (MyFactors, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return MyFactors{}, err
	}
	f, err := s.Credentials.Factors(ctx, s.DB, who.ID)
	if err != nil {
		return MyFactors{}, err
	}
	out := MyFactors{Factors: f, Required: s.Policy.SecondFactor.Required(who.Level)}
	out.Sent = f.Code || out.Required && !f.Any()
	w, err := s.ways(ctx, s.DB, who.ID)
	if err != nil {
		return MyFactors{}, err
	}
	for _, m := range []Means{ByPhone, ByMail} {
		if t, there := w.to[m]; there && out.Sent {
			out.To = append(out.To, t.Masked())
		}
	}
	return out, nil
}

// changeMeans is the frame of every change of second factors and passkeys: the person, a fresh proof, the record, and every contact is
// told. do says what it has changed, for the record. A change without an action is neither recorded nor told.
func (s *Service) changeMeans(ctx context.Context, who access.Actor, action, message string, do func(tx *store.Tx) (object string, _ error)) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if !s.Fresh(who) {
		return ErrAgain
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.mayChange(ctx, tx, who.ID); err != nil {
			return err
		}
		object, err := do(tx)
		if err != nil || action == "" {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: who.ID, Object: object}); err != nil {
			return err
		}
		what := alert.Factor
		if strings.HasPrefix(action, "passkey.") {
			what = alert.Passkey
		}
		link, err := s.disavowalOf(ctx, tx, who, what)
		if err != nil {
			return err
		}
		list, err := s.Contacts.Of(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		return s.tellMuch(ctx, tx, who.ID, message, aboutMeans(message, link), targets(list, ""))
	})
}

// changeFactors is changeMeans for second factors, which the record does not tell apart.
func (s *Service) changeFactors(ctx context.Context, who access.Actor, what string, do func(tx *store.Tx) error) error {
	return s.changeMeans(ctx, who, "factor."+what, "message.factor."+what, func(tx *store.Tx) (string, error) { return "", do(tx) })
}

// BeginApp makes the secret of an authenticator app. The app counts once a code of it was typed.
func (s *Service) BeginApp(ctx context.Context, who access.Actor, name string) error {
	name, err := readName(name)
	if err != nil {
		return err
	}
	return s.changeMeans(ctx, who, "", "", func(tx *store.Tx) (string, error) {
		_, _, err := s.Credentials.NewApp(ctx, tx, who.ID, name)
		return "", err
	})
}

// readName reads the name of an app.
func readName(typed string) (string, error) {
	name, problem := form.Text(typed, nameLength)
	switch {
	case problem != nil:
		return "", fault.Invalid(problem.On("name"))
	case name == "":
		return "", fault.Invalid(fault.F("name", "factor.name_empty"))
	}
	return name, nil
}

// AppKey is what an authenticator app is set up with.
type AppKey struct {
	Name   string
	Secret string // base32, in groups of four
	URL    string // otpauth://…, for the picture
}

// AppOnTrial is the key of the app that is being set up; credential.ErrNoFactor when none is.
func (s *Service) AppOnTrial(ctx context.Context, who access.Actor, l i18n.Lang) (AppKey, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return AppKey{}, err
	}
	if !s.Fresh(who) {
		return AppKey{}, ErrAgain
	}
	_, name, secret, err := s.Credentials.AppOnTrial(ctx, s.DB, who.ID)
	if err != nil {
		return AppKey{}, err
	}
	list, err := s.Contacts.Of(ctx, s.DB, who.ID)
	if err != nil {
		return AppKey{}, err
	}
	issuer, label := s.Notices.Name.Lang(l), ""
	if len(list) > 0 {
		label = list[0].Target.Masked()
	}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + label}
	q := url.Values{"secret": {secret}, "issuer": {issuer}} // six digits every 30 seconds is what apps take for granted
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // apps show the plus
	return AppKey{name, groups(secret), u.String()}, nil
}

// groups sets a key apart in fours, so that it can be copied by eye.
func groups(key string) string {
	var b strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// ConfirmApp makes the app that is being set up count, and has every browser asked for it from then on. Whoever was sent codes because of the level goes on getting them, until they
// switch it off: nobody loses a way in by making another.
func (s *Service) ConfirmApp(ctx context.Context, who access.Actor, code string) error {
	code, err := readCode(ByApp, code)
	if err != nil {
		return err
	}
	return s.changeFactors(ctx, who, "app_added", func(tx *store.Tx) error {
		before, err := s.Credentials.Factors(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		right, err := s.Credentials.ProveApp(ctx, tx, who.ID, code, s.Clock())
		if err != nil {
			return err
		}
		if !right {
			return ErrAppCode
		}
		if err := s.Credentials.TrustNone(ctx, tx, who.ID); err != nil { // they were trusted for less
			return err
		}
		if !before.Any() && s.Policy.SecondFactor.Required(who.Level) {
			return s.Credentials.SendCodes(ctx, tx, who.ID)
		}
		return nil
	})
}

// RenameApp gives an app another name.
func (s *Service) RenameApp(ctx context.Context, who access.Actor, fid, name string) error {
	name, err := readName(name)
	if err != nil {
		return err
	}
	return s.changeFactors(ctx, who, "app_renamed", func(tx *store.Tx) error { return s.Credentials.RenameApp(ctx, tx, who.ID, fid, name) })
}

// RemoveApp takes an app away. Where the level wants a second factor codes are sent from then on, if nothing else is left.
func (s *Service) RemoveApp(ctx context.Context, who access.Actor, fid string) error {
	return s.changeFactors(ctx, who, "app_removed", func(tx *store.Tx) error { return s.Credentials.RemoveApp(ctx, tx, who.ID, fid) })
}

// SwitchCodes has codes sent at sign-in, or not. They cannot be switched off where the level wants a second factor and there is no
// other.
func (s *Service) SwitchCodes(ctx context.Context, who access.Actor, on bool) error {
	if on {
		return s.changeFactors(ctx, who, "codes_on", func(tx *store.Tx) error {
			if err := s.Credentials.TrustNone(ctx, tx, who.ID); err != nil {
				return err
			}
			return s.Credentials.SendCodes(ctx, tx, who.ID)
		})
	}
	return s.changeFactors(ctx, who, "codes_off", func(tx *store.Tx) error {
		f, err := s.Credentials.Factors(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if len(f.Apps) == 0 && s.Policy.SecondFactor.Required(who.Level) {
			return ErrLastFactor
		}
		return s.Credentials.SendNoCodes(ctx, tx, who.ID)
	})
}

// NewSheet makes new backup codes and returns them sealed for this session: they are kept nowhere else, and Sheet shows them.
func (s *Service) NewSheet(ctx context.Context, who access.Actor) ([]byte, error) {
	var codes []string
	err := s.changeFactors(ctx, who, "backup_made", func(tx *store.Tx) (err error) {
		codes, err = s.Credentials.NewBackupCodes(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Ring.System().Seal("sheet", "codes", who.SessionID, []byte(strings.Join(codes, "\n"))), nil
}

// Sheet opens what NewSheet sealed, in groups of four; nothing in another session.
func (s *Service) Sheet(who access.Actor, sealed []byte) []string {
	plain, err := s.Ring.System().Open("sheet", "codes", who.SessionID, sealed)
	if err != nil {
		return nil
	}
	codes := strings.Split(string(plain), "\n")
	for i := range codes {
		codes[i] = groups(codes[i])
	}
	return codes
}
