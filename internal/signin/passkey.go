package signin

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/notification"
	"okno/internal/passkey"
	"okno/internal/store"
)

// KeyChallenge begins to sign somebody in by a passkey: the browser offers the keys it knows of.
func (s *Service) KeyChallenge(ctx context.Context, v credential.Visitor) (passkey.Challenge, error) {
	return s.Passkeys.SignIn(ctx, v.Browser)
}

// SignInByKey opens a session for the answer of a passkey. The device has verified its owner, so no second factor is asked for.
// Wrong answers are not counted: a signature cannot be guessed. A key of an account that signs in no more is a key of nobody.
func (s *Service) SignInByKey(ctx context.Context, v credential.Visitor, cid string, answer []byte) (string, error) {
	j, err := s.Passkeys.JudgeSignIn(ctx, v.Browser, cid, answer)
	if err != nil {
		return "", err
	}
	if j.State != account.Active {
		return "", passkey.ErrUnknown
	}
	var token string
	who := access.Actor{Kind: access.Person, ID: j.Account, Level: j.Level}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.Passkeys.Spend(ctx, tx, j); err != nil {
			return err
		}
		level, err := s.admissibleBy(ctx, tx, j.Account, j.Key.MadeAt)
		if err != nil {
			return err
		}
		if err := s.Credentials.Met(ctx, tx, j.Account, v, credential.ByPasskey); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "signin.passkey", Actor: who, Subject: j.Account, Object: "passkey/" + j.Key.ID}); err != nil {
			return err
		}
		token, err = s.Credentials.OpenBy(ctx, tx, access.Person, j.Account, level, v, credential.ByPasskey)
		return err
	})
	switch {
	case errors.Is(err, passkey.ErrCloned):
		return "", errors.Join(err, s.tellCloned(ctx, j))
	case errors.Is(err, credential.ErrNoPending): // it was retired or frozen in this moment
		return "", passkey.ErrUnknown
	}
	return token, err
}

// tellCloned tells the owner that somebody holds a copy of a key.
func (s *Service) tellCloned(ctx context.Context, j passkey.Judged) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := audit.Record(ctx, tx, audit.Event{Action: "passkey.cloned", Actor: access.SystemActor(), Subject: j.Account, Object: "passkey/" + j.Key.ID}); err != nil {
			return err
		}
		return s.Notices.Tell(ctx, tx, j.Account, s.Notices.Say(notification.Security, "cabinet/security", "message.passkey_cloned"))
	})
}

// AddKey begins to add a passkey to the person's account. As for every change of what opens it, a fresh proof is asked for: ErrAgain.
func (s *Service) AddKey(ctx context.Context, who access.Actor, v credential.Visitor) (passkey.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return passkey.Challenge{}, err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return passkey.Challenge{}, err
	}
	if !s.Fresh(who) {
		return passkey.Challenge{}, ErrAgain
	}
	list, err := s.Contacts.Of(ctx, s.DB, who.ID)
	if err != nil {
		return passkey.Challenge{}, err
	}
	display := s.Notices.Name.Lang(v.Lang) // the device shows it beside the portal's address; a contact tells two accounts apart
	if len(list) > 0 {
		display = list[0].Target.Masked()
	}
	return s.Passkeys.Add(ctx, who, v.Browser, display)
}

// KeepKey keeps the passkey that the person's device made, and tells every contact.
func (s *Service) KeepKey(ctx context.Context, who access.Actor, v credential.Visitor, cid, name string, answer []byte) (passkey.Key, error) {
	a, err := s.Passkeys.JudgeAdded(ctx, who, v.Browser, cid, name, answer)
	if err != nil {
		return passkey.Key{}, err
	}
	var k passkey.Key
	return k, s.changeKeys(ctx, who, "passkey.added", "message.passkey_added", func(tx *store.Tx) (passkey.Key, error) {
		k, err = s.Passkeys.Keep(ctx, tx, a)
		return k, err
	})
}

// RenameKey gives a passkey of the person another name.
func (s *Service) RenameKey(ctx context.Context, who access.Actor, kid, name string) error {
	return s.changeKeys(ctx, who, "", "", func(tx *store.Tx) (passkey.Key, error) {
		return passkey.Key{}, s.Passkeys.Rename(ctx, tx, who, kid, name)
	})
}

// RemoveKey forgets a passkey of the person, and tells every contact.
func (s *Service) RemoveKey(ctx context.Context, who access.Actor, kid string) error {
	return s.changeKeys(ctx, who, "passkey.removed", "message.passkey_removed", func(tx *store.Tx) (passkey.Key, error) {
		return s.Passkeys.Remove(ctx, tx, who, kid)
	})
}

// changeKeys is the frame of every change: the person, a fresh proof, the record, and every contact is told. A change without an action
// is neither recorded nor told.
func (s *Service) changeKeys(ctx context.Context, who access.Actor, action, message string, do func(tx *store.Tx) (passkey.Key, error)) error {
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
		k, err := do(tx)
		if err != nil || action == "" {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: who.ID, Object: "passkey/" + k.ID}); err != nil {
			return err
		}
		link, err := s.disavowalOf(ctx, tx, who, alert.Passkey)
		if err != nil {
			return err
		}
		return s.Notices.Tell(ctx, tx, who.ID, s.Notices.Say(notification.Security, "cabinet/security", message, "disavow", link))
	})
}
