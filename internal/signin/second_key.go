package signin

import (
	"context"
	"slices"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/limit"
	"okno/internal/passkey"
	"okno/internal/policy"
	"okno/internal/store"
)

// A passkey is the safest second step (AUTH-2): it is asked for first where the person has one, and the others stay. It makes nobody
// be asked who was not: whoever has one and no other factor goes on getting codes, so that a device left at home shuts nobody out.
//
// A signature cannot be guessed, but an answer that does not fit is counted like a wrong code, before it is looked at and in the same
// buckets: nobody has tries of one sort left when those of the other are used up.

// soundKeys are the passkeys of an account by which somebody may prove who they are: not those of which there is a copy, nor those that
// are there only since an event that was disavowed.
func (s *Service) soundKeys(ctx context.Context, q store.Querier, accountID string) ([]passkey.Key, error) {
	if !s.Passkeys.Possible() {
		return nil, nil
	}
	list, err := s.Passkeys.Keys(ctx, q, accountID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	pause, err := alert.Of(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(k passkey.Key) bool { return k.Cloned || pause.New(k.MadeAt) }), nil
}

// askKey is a challenge for one of the account's sound keys.
func (s *Service) askKey(ctx context.Context, q store.Querier, v credential.Visitor, accountID, about string, verify policy.Verification) (passkey.Challenge, error) {
	sound, err := s.soundKeys(ctx, q, accountID)
	if err != nil {
		return passkey.Challenge{}, err
	}
	return s.Passkeys.Ask(ctx, q, accountID, about, v.Browser, verify, func(k passkey.Key) bool {
		return slices.ContainsFunc(sound, func(x passkey.Key) bool { return x.ID == k.ID })
	})
}

// SecondKey is SecondCode for the answer of a passkey.
func (s *Service) SecondKey(ctx context.Context, v credential.Visitor, token, cid string, answer []byte, remember bool) (string, error) {
	p, err := s.pending(ctx, s.DB, v, token)
	if err != nil {
		return "", err
	}
	var session string
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		refused, err = s.countSecond(ctx, tx, v, p)
		return err
	})
	if err != nil || refused != nil {
		return "", orRefused(err, refused)
	}
	j, err := s.Passkeys.JudgeAsked(ctx, p.Account, p.Subject(), v.Browser, cid, answer)
	if noFit(err) {
		err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			refused, err = s.secondWrong(ctx, tx, p, ByKey)
			return err
		})
		return "", orRefused(err, refused)
	}
	if err != nil {
		return "", err
	}
	method := credential.ByPasskey
	if !j.Verified { // possible where the policy has it so: with the password it is two things, and it is nothing without
		method = credential.ByHeld
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		session = ""
		if refused, err = s.spendKey(ctx, tx, j); err != nil || refused != nil {
			return err
		}
		session, err = s.secondDone(ctx, tx, v, p, ByKey, method, remember)
		return err
	})
	if err != nil || refused != nil {
		return "", orRefused(err, refused)
	}
	return orReplace(session, nil)
}

// spendKey uses the answer of a key up, unless the key is in doubt; of a copy the owner hears.
func (s *Service) spendKey(ctx context.Context, tx *store.Tx, j passkey.Judged) (refused, _ error) {
	if _, err := s.admissibleBy(ctx, tx, j.Account, j.Key.MadeAt); err != nil {
		return nil, err
	}
	refused, err := s.Passkeys.Spend(ctx, tx, j)
	if err == nil && refused != nil {
		err = s.cloned(ctx, tx, j)
	}
	return refused, err
}

// AgainKey is AgainCode for the answer of a passkey. It is the only proof here, so the device has to verify its owner.
func (s *Service) AgainKey(ctx context.Context, who access.Actor, v credential.Visitor, cid string, answer []byte) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	rule, key := s.Policy.SecondFactor.Device.Rule("second.again"), ""
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		w, err := s.againWays(ctx, tx, who)
		if err != nil {
			return err
		}
		if !slices.Contains(w.Means, ByKey) {
			return ErrAgain
		}
		if key, err = s.tries(ctx, tx, rule, who); err != nil {
			return err
		}
		verdict, err := limit.Take(ctx, tx, rule, key)
		if err == nil && !verdict.Allowed {
			refused = ErrSecondBlocked.At(verdict.Until)
		}
		return err
	})
	if err != nil || refused != nil {
		return orRefused(err, refused)
	}
	j, err := s.Passkeys.JudgeAsked(ctx, who.ID, againSubject(who), v.Browser, cid, answer)
	if noFit(err) {
		return ErrKeyRefused.Because(err)
	}
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if refused, err = s.spendKey(ctx, tx, j); err != nil || refused != nil {
			return err
		}
		if err := limit.Clear(ctx, tx, key); err != nil {
			return err
		}
		return s.Credentials.ShownBy(ctx, tx, who, credential.ByPasskey)
	})
	return renewed(ctx, orRefused(err, refused))
}
