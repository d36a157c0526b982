package verification

import (
	"context"
	"encoding/hex"
	"fmt"

	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// ErrChecks refuses another check for now. Its RetryAt says when one is possible again.
var ErrChecks = fault.New(fault.TooMany, "verification.checks")

// throttle counts a check that a person starts without an operator, or refuses it with ErrChecks: so many in a window for the
// account and for each of the documents, from whatever accounts they come. Corrections stay unlimited (LVL-3); but whoever goes
// through other people's papers is slow, and making more accounts does not make them faster. A check that one limit refuses
// uses up no other. The papers are normalised, as read leaves them: spelling a number otherwise is no way round.
//
// Whoever has shown to know a document has a share of it that strangers cannot use up: the account that holds it, and one for which
// the register matched it in the last round. A stranger who types the number of somebody's passport keeps no owner waiting. Whoever
// is new here and comes after such a stranger waits, or goes to a desk, where nothing is counted.
//
// The shares of accounts that do not hold the document are bounded together, too: a SNILS matches for whoever knows its name and day
// of birth, and with a share for each account they would try as many passports beside it as they make accounts. So whoever knows as
// much of somebody as they do can keep a newcomer waiting, and never the account that holds the document.
func (s *Service) throttle(ctx context.Context, tx *store.Tx, a account.Account, p Papers) error {
	own, err := s.proven(ctx, tx, a)
	if err != nil {
		return fmt.Errorf("throttle checks of %s: %w", a.ID, err)
	}
	vs, err := limit.TakeAll(ctx, tx, s.checkLimits(a.ID, p, own)...)
	if err != nil {
		return fmt.Errorf("throttle checks of %s: %w", a.ID, err)
	}
	if v, refused := limit.Refused(vs...); refused {
		return ErrChecks.At(v.Until)
	}
	return nil
}

// checkLimits are the buckets of a check: one for the account, and one for each document that was given. The keys are the
// account's identifier and keyed hashes of the numbers.
func (s *Service) checkLimits(accountID string, p Papers, own map[string]share) []limit.Taken {
	person := s.Policy.Registers.ChecksPerPerson.Rule("verification.person")
	document := s.Policy.Registers.ChecksPerDocument.Rule("verification.document")
	matched := s.Policy.Registers.ChecksPerMatched.Rule("verification.matched")
	out := []limit.Taken{{Rule: person, Key: "verification.person:" + accountID}}
	for _, register := range numbered {
		number := p.numberAt(register)
		if number == "" {
			continue
		}
		hashed := hex.EncodeToString(s.Ring.Index("verification."+register, number))
		key := "verification.document:" + hashed
		switch own[register+" "+number] {
		case none:
		case known:
			key += ":" + accountID
			out = append(out, limit.Taken{Rule: matched, Key: "verification.matched:" + hashed})
		case held:
			key += ":" + accountID
		}
		out = append(out, limit.Taken{Rule: document, Key: key})
	}
	return out
}

// numbered are the registers that are asked about a document with a number.
var numbered = []string{"passport", "civil", "snils", "inn"}

// numberAt is the number of the document that a register is asked about, with the kind where it keeps several.
func (p Papers) numberAt(register string) string {
	switch register {
	case "passport", "civil":
		if d := p.Document; d.Number != "" && keeps(register, d.Kind) {
			return string(d.Kind) + " " + d.Series + d.Number
		}
	case "snils":
		return p.SNILS
	case "inn":
		return p.INN
	}
	return ""
}

// share says what an account has in a document.
type share int

const (
	none  share = iota
	known       // a register matched it for the account in the last round
	held        // it stands in the profile
)

// proven are the documents that the account has shown to know, by register and number: those of its profile, which stand there only
// when they were matched, and those that a register matched in the last round of its own proof.
func (s *Service) proven(ctx context.Context, tx *store.Tx, a account.Account) (map[string]share, error) {
	own := map[string]share{}
	profile := Known(a.Profile)
	for _, register := range numbered {
		own[register+" "+profile.numberAt(register)] = held
	}
	key, err := s.Ring.Person(ctx, tx, a.ID)
	if err != nil {
		return nil, err
	}
	return own, s.matched(ctx, tx, key, a.ID, func(register, number string) {
		own[register+" "+number] = max(own[register+" "+number], known)
	})
}

// noted is an answer as it is kept: with the number that the register was asked about, because papers are corrected afterwards.
type noted struct {
	Answer
	About string `json:",omitempty"`
}

func (s *Service) matched(ctx context.Context, tx *store.Tx, key *keyring.Key, accountID string, each func(register, number string)) error {
	rows, err := tx.Query(ctx, `SELECT c.proof_id, c.register, c.answer FROM register_check c JOIN proof p ON p.id = c.proof_id
		WHERE p.account_id = $1 AND p.way = 'registers' AND c.state = 'answered'`, accountID)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var pid, register string
		var sealed []byte
		if err := rows.Scan(&pid, &register, &sealed); err != nil {
			return err
		}
		var n noted
		if err := key.OpenJSON("register_check", "answer", pid+"/"+register, sealed, &n); err != nil {
			return err
		}
		if n.Verdict == Match && n.About != "" {
			each(register, n.About)
		}
	}
	return rows.Err()
}
