package verification

import (
	"context"
	"encoding/hex"
	"fmt"

	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// ErrChecks refuses another check for now. Its RetryAt says when one is possible again.
var ErrChecks = fault.New(fault.TooMany, "verification.checks")

// throttle counts a check that a person starts without an operator, or refuses it with ErrChecks: so many in a window for the
// account and for each of the documents, from whatever accounts they come. Corrections stay unlimited (LVL-3); but whoever goes
// through other people's papers is slow, and making more accounts does not make them faster. A check that one limit refuses
// uses up no other. The papers are normalised, as read leaves them: spelling a number otherwise is no way round.
func (s *Service) throttle(ctx context.Context, tx *store.Tx, accountID string, p Papers) error {
	vs, err := limit.TakeAll(ctx, tx, s.checkLimits(accountID, p)...)
	if err != nil {
		return fmt.Errorf("throttle checks of %s: %w", accountID, err)
	}
	if v, refused := limit.Refused(vs...); refused {
		return ErrChecks.At(v.Until)
	}
	return nil
}

// checkLimits are the buckets of a check: one for the account, and one for each document that was given. The keys are the
// account's identifier and keyed hashes of the numbers.
func (s *Service) checkLimits(accountID string, p Papers) []limit.Taken {
	person := s.Policy.Registers.ChecksPerPerson.Rule("verification.person")
	document := s.Policy.Registers.ChecksPerDocument.Rule("verification.document")
	out := []limit.Taken{{Rule: person, Key: "verification.person:" + accountID}}
	for _, d := range []struct{ kind, number string }{{string(p.Document.Kind), p.Document.Series + p.Document.Number}, {"snils", p.SNILS}, {"inn", p.INN}} {
		if d.number == "" {
			continue
		}
		out = append(out, limit.Taken{Rule: document, Key: "verification.document:" + hex.EncodeToString(s.Ring.Index("verification."+d.kind, d.number))})
	}
	return out
}
