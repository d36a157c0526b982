package signature

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// A certificate may be shown by TLS in the place of a signature: a token signs the handshake. That happens at a host of its own, which
// has no cookie of the portal, and so what came of it travels back through the browser, as a ticket:
//
//	page of a text ──link──▶ the host: Present ──a ticket, once, two minutes──▶ page of the ticket ──Redeem, by the text's holder──▶ Signer
//
// Only the browser that holds the text can use the ticket, and only whoever showed the certificate has it: a link that leads somebody
// else to the host, for a text of one's own, gives the one a text that is not theirs, and the other no ticket.

// travels is how long a ticket lives: a browser follows it by itself, and a person presses a button.
const travels = 2 * time.Minute

// outcome is what a certificate came to.
type outcome struct {
	Signer *Signer    `json:"signer,omitempty"`
	Kind   fault.Kind `json:"kind,omitempty"` // of a refusal
	Key    string     `json:"key,omitempty"`
	Args   []any      `json:"args,omitempty"`
}

// Present takes a certificate whose key the browser has just used, nil when it showed none, for the text, and gives the ticket by which
// Redeem tells what came of it: a refusal, too. It is an error when the text cannot be answered.
func (s *Service) Present(ctx context.Context, cid string, c *x509.Certificate) (Purpose, string, error) {
	var purpose Purpose
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		ch, err := s.loadAny(ctx, tx, cid)
		if err != nil {
			return err
		}
		purpose = ch.Purpose
		if err := s.alive(ch, tx.Now()); err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE signature_challenge SET tries = tries + 1 WHERE id = $1`, cid)
	})
	if err != nil {
		return purpose, "", err
	}
	var o outcome
	x, err := s.shown(ctx, c)
	switch f, told := fault.Of(err); {
	case err == nil:
		o.Signer = &x
	case !told:
		return purpose, "", err
	default:
		o.Kind, o.Key, o.Args = f.Kind, f.Key, f.Args
	}
	plain, err := json.Marshal(o)
	if err != nil {
		return purpose, "", err
	}
	var number [24]byte
	rand.Read(number[:]) //nolint:errcheck // never fails since Go 1.24
	ticket := base64.RawURLEncoding.EncodeToString(number[:])
	return purpose, ticket, s.DB.Write(ctx, func(tx *store.Tx) error {
		if o.Key == ErrCannotCheck.Key { // it is not the person's try that failed
			if err := tx.Do(ctx, `UPDATE signature_challenge SET tries = tries - 1 WHERE id = $1 AND tries > 0`, cid); err != nil {
				return err
			}
		}
		tid := id.At(tx.Now())
		return tx.Do(ctx, `INSERT INTO signature_ticket (id, token, challenge_id, outcome, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			tid, keyring.HashToken(ticket), cid, s.Ring.System().Seal("signature_ticket", "outcome", tid, plain), tx.Now(), tx.Now().Add(travels))
	})
}

// loadAny is a challenge of whoever.
func (s *Service) loadAny(ctx context.Context, q store.Querier, cid string) (Challenge, error) {
	c := Challenge{ID: cid}
	var purpose string
	var spent time.Time
	err := store.One(q.QueryRow(ctx, `SELECT purpose, tries, expires_at, spent_at FROM signature_challenge WHERE id = $1`, cid).
		Scan(&purpose, &c.tries, store.Time(&c.ExpiresAt), store.NullTime(&spent)))
	if errors.Is(err, store.ErrNotFound) {
		return c, ErrChallenge
	}
	c.Purpose, c.spent = Purpose(purpose), !spent.IsZero()
	return c, err
}

// shown is whose certificate it is, by the rules for those that sign, or why it does not count.
func (s *Service) shown(ctx context.Context, c *x509.Certificate) (Signer, error) {
	if c == nil {
		return Signer{}, ErrNotShown
	}
	of, err := family(c)
	if err != nil {
		return Signer{}, err
	}
	if !slices.Contains(s.Policy.Signatures.Algorithms, string(of)) {
		return Signer{}, ErrAlgorithm
	}
	x, err := s.owner(ctx, c)
	if err == nil && !forClients(c) {
		err = ErrUsage
	}
	if err != nil {
		return Signer{}, uncertain(err)
	}
	return x, nil
}

// forClients reports whether a certificate may be shown by TLS: those that name uses must name that one.
func forClients(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// Redeem takes the ticket for the text of the holder, and spends the text. What Present refused is the error; the text is open still.
func (s *Service) Redeem(ctx context.Context, cid string, h Holder, p Purpose, ticket string) (Signer, error) {
	var o outcome
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o = outcome{}
		c, err := s.load(ctx, tx, cid, h)
		if err != nil {
			return err
		}
		if c.Purpose != p {
			return ErrChallenge
		}
		if err := s.alive(Challenge{spent: c.spent, ExpiresAt: c.ExpiresAt}, tx.Now()); err != nil { // the try was counted before
			return err
		}
		if err := s.take(ctx, tx, cid, ticket, &o); err != nil || o.Signer == nil {
			return err
		}
		return s.spend(ctx, tx, cid)
	})
	switch {
	case err != nil:
		return Signer{}, err
	case o.Signer == nil:
		return Signer{}, fault.New(o.Kind, o.Key, o.Args...)
	}
	return *o.Signer, nil
}

// take takes a ticket away, once.
func (s *Service) take(ctx context.Context, tx *store.Tx, cid, ticket string, o *outcome) error {
	var tid string
	var sealed []byte
	err := store.One(tx.QueryRow(ctx, `DELETE FROM signature_ticket WHERE token = $1 AND challenge_id = $2 AND expires_at > $3 RETURNING id, outcome`,
		keyring.HashToken(ticket), cid, tx.Now()).Scan(&tid, &sealed))
	if errors.Is(err, store.ErrNotFound) {
		return ErrTicket
	}
	if err != nil {
		return err
	}
	plain, err := s.Ring.System().Open("signature_ticket", "outcome", tid, sealed)
	if err != nil {
		return fmt.Errorf("open the ticket %s: %w", tid, err)
	}
	return json.Unmarshal(plain, o)
}
