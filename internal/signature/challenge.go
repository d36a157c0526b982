package signature

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Purpose is what a signature is for: one that was made for one thing does nothing else. Its text is stored.
type Purpose string

// The purposes.
const (
	SignIn  Purpose = "sign_in" // or to register, which the signer learns only when it is known whether they have an account
	Confirm Purpose = "confirm" // who one is, in the cabinet
	Recover Purpose = "recover" // the account is the signer's, beside a contact that was proved
	Again   Purpose = "again"   // likewise before an act that matters, of somebody who is signed in
)

// Valid reports whether there is such a purpose.
func (p Purpose) Valid() bool { return slices.Contains([]Purpose{SignIn, Confirm, Recover, Again}, p) }

// Holder is who is to sign: a browser, or an account.
type Holder struct {
	Browser string // value of its cookie
	Account string // when somebody is signed in; then the browser does not matter
	Network string // prefix of the visitor's network, for the limit on those without an account; "" where there is none
}

func (h Holder) columns() (browser []byte, account any) {
	if h.Account != "" {
		return nil, h.Account
	}
	return keyring.HashToken(h.Browser), nil
}

// Challenge is a text to be signed.
type Challenge struct {
	ID        string
	Purpose   Purpose
	Content   []byte // of the file, lines ended as programs of signing would end them
	ExpiresAt time.Time

	tries int
	spent bool
}

// Begin makes a challenge, in the language of the context.
func (s *Service) Begin(ctx context.Context, h Holder, p Purpose) (Challenge, error) {
	if h.Account == "" && h.Browser == "" || !p.Valid() {
		return Challenge{}, ErrChallenge
	}
	var c Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.count(ctx, tx, h); err != nil {
			return err
		}
		c = Challenge{ID: id.At(tx.Now()), Purpose: p, Content: s.text(ctx, p, tx.Now()), ExpiresAt: tx.Now().Add(s.Policy.Signatures.Lifetime)}
		browser, account := h.columns()
		return tx.Do(ctx, `INSERT INTO signature_challenge (id, purpose, browser, account_id, content, tries, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)`,
			c.ID, string(p), browser, account, c.Content, tx.Now(), c.ExpiresAt)
	})
	return c, err
}

// count takes a share of what a network without an account may do. A browser in which somebody has signed in before has as much of its
// own, once the network's is used up: it is not kept out by its neighbours.
func (s *Service) count(ctx context.Context, tx *store.Tx, h Holder) error {
	if h.Account != "" || h.Network == "" {
		return nil
	}
	rule := s.Policy.Signatures.ByNet.Rule("signature")
	v, err := limit.Take(ctx, tx, rule, "signature:"+hex.EncodeToString(s.Ring.Index("signature.network", h.Network)[4:20]))
	if err != nil || v.Allowed {
		return err
	}
	refused := ErrOften.At(v.Until)
	if s.Known == nil {
		return refused
	}
	known, err := s.Known(ctx, tx, h.Browser)
	if err != nil {
		return err
	}
	if !known {
		return refused
	}
	if v, err = limit.Take(ctx, tx, rule, "signature:browser:"+hex.EncodeToString(s.Ring.Index("signature.browser", h.Browser)[4:20])); err == nil && !v.Allowed {
		err = ErrOften.At(v.Until)
	}
	return err
}

// text is what is signed: a person can read what they put their name to, and for whom. Lines end as in Windows and in mail, so that
// programs which sign "as text" sign the same bytes as others.
func (s *Service) text(ctx context.Context, p Purpose, now time.Time) []byte {
	var number [16]byte
	rand.Read(number[:]) //nolint:errcheck // never fails since Go 1.24
	var groups []string
	for i := 0; i < len(number); i += 2 {
		groups = append(groups, strings.ToUpper(hex.EncodeToString(number[i:i+2])))
	}
	ctx = i18n.WithZone(ctx, s.Zone)
	lines := i18n.T(ctx, "signature.text", "what", i18n.T(ctx, "signature.text."+string(p), "portal", s.Name), "url", s.URL.String(), "date", i18n.Numeric(ctx, now)+" "+i18n.Clock(ctx, now), "number", strings.Join(groups, "-"))
	return []byte(strings.ReplaceAll(strings.ReplaceAll(lines, "\r\n", "\n"), "\n", "\r\n") + "\r\n")
}

// Open is a challenge that can still be answered. One of another holder is not there.
func (s *Service) Open(ctx context.Context, cid string, h Holder) (Challenge, error) {
	var c Challenge
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if c, err = s.load(ctx, tx, cid, h); err == nil {
			err = s.alive(c, tx.Now())
		}
		return err
	})
	return c, err
}

func (s *Service) load(ctx context.Context, q store.Querier, cid string, h Holder) (Challenge, error) {
	c := Challenge{ID: cid}
	browser, account := h.columns()
	var purpose string
	var spent time.Time
	err := store.One(q.QueryRow(ctx, `SELECT purpose, content, tries, expires_at, spent_at FROM signature_challenge
		WHERE id = $1 AND (browser = $2 OR account_id = $3)`, cid, browser, account).Scan(&purpose, &c.Content, &c.tries, store.Time(&c.ExpiresAt), store.NullTime(&spent)))
	if errors.Is(err, store.ErrNotFound) {
		return c, ErrChallenge
	}
	c.Purpose, c.spent = Purpose(purpose), !spent.IsZero()
	return c, err
}

// alive says why a challenge cannot be answered any more.
func (s *Service) alive(c Challenge, now time.Time) error {
	switch {
	case c.spent:
		return ErrSpent
	case !now.Before(c.ExpiresAt):
		return ErrLate
	case c.tries >= s.Policy.Signatures.Tries:
		return ErrTries
	}
	return nil
}

// Answer takes the signature of a challenge's text, beside it or with it inside, and spends the challenge. Of two good signatures at
// once one wins; the other gets ErrSpent. A refused one leaves the challenge open for another try.
func (s *Service) Answer(ctx context.Context, cid string, h Holder, p Purpose, file []byte) (Signer, error) {
	var c Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if c, err = s.load(ctx, tx, cid, h); err != nil {
			return err
		}
		if c.Purpose != p {
			return ErrChallenge
		}
		if err := s.alive(c, tx.Now()); err != nil {
			return err
		}
		if err := s.count(ctx, tx, h); err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE signature_challenge SET tries = tries + 1 WHERE id = $1`, cid)
	})
	if err != nil {
		return Signer{}, err
	}
	x, err := s.Verify(ctx, file, Check{Content: c.Content})
	if err != nil {
		if errors.Is(err, ErrCannotCheck) { // it is not the person's try that failed
			back := s.DB.Write(ctx, func(tx *store.Tx) error {
				return tx.Do(ctx, `UPDATE signature_challenge SET tries = tries - 1 WHERE id = $1 AND tries > 0`, cid)
			})
			err = errors.Join(err, back)
		}
		return Signer{}, err
	}
	return x, s.DB.Write(ctx, func(tx *store.Tx) error { return s.spend(ctx, tx, cid) })
}

// spend closes the challenge, once.
func (s *Service) spend(ctx context.Context, tx *store.Tx, cid string) error {
	n, err := tx.Exec(ctx, `UPDATE signature_challenge SET spent_at = $1 WHERE id = $2 AND spent_at IS NULL AND expires_at > $1`, tx.Now(), cid)
	if err == nil && n == 0 {
		return ErrSpent
	}
	return err
}

// remembered is how long a challenge is, after its end: whoever comes late is told so.
const remembered = 24 * time.Hour

// Sweep forgets challenges of the past, and proofs that nobody registered from.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Do(ctx, `DELETE FROM signature_challenge WHERE expires_at < $1`, tx.Now().Add(-remembered)),
			tx.Do(ctx, `DELETE FROM signature_ticket WHERE expires_at < $1`, tx.Now()),
			tx.Do(ctx, `DELETE FROM signature_proof WHERE expires_at < $1`, tx.Now()))
	})
}
