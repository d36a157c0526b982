package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/passkey"
	"okno/internal/store"
)

// KeyChallenge begins to sign somebody in by a passkey: the browser offers the keys it knows of.
func (s *Service) KeyChallenge(v credential.Visitor) (passkey.Challenge, error) {
	return s.Passkeys.SignIn(v.Browser)
}

// SignInByKey opens a session for the answer of a passkey. The device has verified its owner, so no second factor is asked for.
// Wrong answers are not counted: a signature cannot be guessed. A key of an account that signs in no more is a key of nobody.
func (s *Service) SignInByKey(ctx context.Context, v credential.Visitor, cid string, answer []byte) (string, error) {
	j, err := s.Passkeys.JudgeSignIn(ctx, v.Browser, cid, answer)
	if err != nil {
		return "", err
	}
	var token string
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		token = ""
		level, err := s.admissibleBy(ctx, tx, j.Account, j.Key.MadeAt)
		if err != nil {
			return err
		}
		if refused, err = s.Passkeys.Spend(ctx, tx, j); err != nil {
			return err
		}
		if refused != nil {
			return s.cloned(ctx, tx, j)
		}
		who := access.Actor{Kind: access.Person, ID: j.Account, Level: level}
		if err := s.Credentials.Met(ctx, tx, who.ID, v, credential.ByPasskey); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "signin.passkey", Actor: who, Subject: who.ID, Object: "passkey/" + j.Key.ID}); err != nil {
			return err
		}
		token, err = s.Credentials.OpenBy(ctx, tx, access.Person, who.ID, level, v, credential.ByPasskey)
		return err
	})
	return token, orRefused(err, refused)
}

// cloned tells the owner that somebody holds a copy of a key: once, however often it is tried.
func (s *Service) cloned(ctx context.Context, tx *store.Tx, j passkey.Judged) error {
	if j.Key.Cloned {
		return nil
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "passkey.cloned", Actor: access.SystemActor(), Subject: j.Account, Object: "passkey/" + j.Key.ID}); err != nil {
		return err
	}
	return s.Notices.Tell(ctx, tx, j.Account, s.aboutSecurity("message.passkey_cloned"))
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
func (s *Service) KeepKey(ctx context.Context, who access.Actor, v credential.Visitor, cid, name string, answer []byte) error {
	a, err := s.Passkeys.JudgeAdded(ctx, who, v.Browser, cid, name, answer)
	if err != nil {
		return err
	}
	return s.changeMeans(ctx, who, "passkey.added", "message.passkey_added", func(tx *store.Tx) (string, error) {
		k, err := s.Passkeys.Keep(ctx, tx, a)
		return "passkey/" + k.ID, err
	})
}

// RenameKey gives a passkey of the person another name, and tells every contact: under the name of another key its owner would remove the
// wrong one.
func (s *Service) RenameKey(ctx context.Context, who access.Actor, kid, name string) error {
	return s.changeMeans(ctx, who, "passkey.renamed", "message.passkey_renamed", func(tx *store.Tx) (string, error) {
		return "passkey/" + kid, s.Passkeys.Rename(ctx, tx, who, kid, name)
	})
}

// RemoveKey forgets a passkey of the person, and tells every contact.
func (s *Service) RemoveKey(ctx context.Context, who access.Actor, kid string) error {
	return s.changeMeans(ctx, who, "passkey.removed", "message.passkey_removed", func(tx *store.Tx) (string, error) {
		return "passkey/" + kid, s.Passkeys.Remove(ctx, tx, who, kid)
	})
}
