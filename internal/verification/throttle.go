package verification

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

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
// Whoever has shown to know a document has a share of it that nobody else can use up: the account that holds it, and one for which
// the register matched it in the last round. A stranger who types the number of somebody's passport keeps no owner waiting. Whoever
// is new here and comes after such a stranger waits, or goes to a desk, where nothing is counted.
func (s *Service) throttle(ctx context.Context, tx *store.Tx, accountID string, p Papers) error {
	own, err := s.proven(ctx, tx, accountID)
	if err != nil {
		return fmt.Errorf("throttle checks of %s: %w", accountID, err)
	}
	vs, err := limit.TakeAll(ctx, tx, s.checkLimits(accountID, p, own)...)
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
func (s *Service) checkLimits(accountID string, p Papers, own map[numbered]bool) []limit.Taken {
	person := s.Policy.Registers.ChecksPerPerson.Rule("verification.person")
	document := s.Policy.Registers.ChecksPerDocument.Rule("verification.document")
	out := []limit.Taken{{Rule: person, Key: "verification.person:" + accountID}}
	for _, d := range p.numbers() {
		key := "verification.document:" + hex.EncodeToString(s.Ring.Index("verification."+d.kind, d.number))
		if own[d] {
			key += ":" + accountID
		}
		out = append(out, limit.Taken{Rule: document, Key: key})
	}
	return out
}

// numbered is a document by its kind and number.
type numbered struct{ kind, number string }

// numbers are the documents that the papers name.
func (p Papers) numbers() []numbered {
	all := []numbered{{string(p.Document.Kind), p.Document.Series + p.Document.Number}, {"snils", p.SNILS}, {"inn", p.INN}}
	return slices.DeleteFunc(all, func(d numbered) bool { return d.number == "" })
}

// numberAt is the document that a register is asked about: SNILS and INN have one of their own, the others keep identity documents.
func (p Papers) numberAt(register string) numbered {
	switch register {
	case "snils":
		return numbered{"snils", p.SNILS}
	case "inn":
		return numbered{"inn", p.INN}
	}
	return numbered{string(p.Document.Kind), p.Document.Series + p.Document.Number}
}

// proven are the documents that the account has shown to know, by register and number: those of its profile, which stand there only
// when they were matched, and those that a register matched in the last round of its own proof.
func (s *Service) proven(ctx context.Context, tx *store.Tx, accountID string) (map[numbered]bool, error) {
	a, err := s.Accounts.Get(ctx, tx, accountID)
	if errors.Is(err, account.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	own := map[numbered]bool{}
	for _, d := range Known(a.Profile).numbers() {
		own[d] = true
	}
	key, err := s.Ring.Person(ctx, tx, accountID)
	if err != nil {
		return nil, err
	}
	return own, s.matched(ctx, tx, key, accountID, func(d numbered) { own[d] = true })
}

// noted is an answer as it is kept: with the number that the register was asked about, because papers are corrected afterwards.
type noted struct {
	Answer
	Kind  string `json:",omitempty"`
	About string `json:",omitempty"`
}

func (s *Service) matched(ctx context.Context, tx *store.Tx, key *keyring.Key, accountID string, each func(numbered)) error {
	rows, err := tx.Query(ctx, `SELECT c.proof_id, c.register, c.answer FROM register_check c JOIN proof p ON p.id = c.proof_id
		WHERE p.account_id = $1 AND p.way = $2 AND c.state = 'answered'`, accountID, string(WayRegisters))
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
		if err := openJSON(key, "register_check", "answer", pid+"/"+register, sealed, &n); err != nil {
			return err
		}
		if n.Verdict == Match && n.About != "" {
			each(numbered{n.Kind, n.About})
		}
	}
	return rows.Err()
}
