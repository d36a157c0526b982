package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// A contact that is stale (contact/stale.go) recovers nothing alone: whoever proves it may have got the number from the operator. The
// recovery asks for another contact of the same account, typed by whoever recovers, and shows the same page whether it is one or not.
//
//	contact ──code──▶ not stale ─────────────────────────────────▶ new password
//	                  stale ──▶ another contact ──its code──▶ new password
//
// The stale one is not refreshed by that: the letter to the other contact may have been opened by somebody else than who
// proved the first. Its owner confirms it in the cabinet, with the password and a code. Signing in by the password is as ever: there
// the contact is a name and proves nothing.

// staleProved keeps a recovery waiting for another contact, when the one that was proved is stale; it says whether it does.
func (s *Service) staleProved(ctx context.Context, tx *store.Tx, p contact.Proved, c contact.Contact, holder string, v credential.Visitor) (bool, error) {
	if !s.Contacts.Stale(c) {
		return false, nil
	}
	err := store.Touched(tx.Exec(ctx, `UPDATE recovery SET stale_contact = $1, browser = $2
		WHERE id = $3 AND challenge_id = $4 AND account_id = $5 AND stale_contact IS NULL AND proved_at IS NULL AND expires_at > $6`,
		c.ID, v.Began(), p.Subject, p.Challenge, holder, tx.Now()))
	if errors.Is(err, store.ErrStale) {
		return false, nil // it is the second contact, or none that the recovery waits for
	}
	if err != nil {
		return false, err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "recovery.held", Subject: holder, Detail: audit.Detail{"channel": string(p.Target.Kind)}}); err != nil {
		return false, err
	}
	list, err := s.Contacts.Of(ctx, tx, holder)
	if err != nil {
		return false, err
	}
	note := s.aboutContacts("message.recover_held", "contact", p.Target.Masked())
	return true, s.Notices.TellAll(ctx, tx, holder, note, targets(list, c.ID))
}

// RecoverOther sends a code to another contact of the account whose recovery waits for one. What is typed may be anybody's: what it
// returns is the same.
func (s *Service) RecoverOther(ctx context.Context, v credential.Visitor, login string) (Recovery, error) {
	t, p := contact.Read(login)
	if p == nil {
		p = s.Contacts.Reachable(t)
	}
	if p != nil {
		return Recovery{}, fault.Invalid(p.On("login"))
	}
	var out Recovery
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.recovery(ctx, tx, v)
		if err != nil {
			return err
		}
		if r.Stale == "" || r.Proved {
			return ErrNoRecovery
		}
		if err := s.Gate.Admit(ctx, tx, "recover", v.Pass); err != nil {
			return err
		}
		c, holder, err := s.Contacts.Held(ctx, tx, t)
		if err != nil {
			return err
		}
		known, err := s.knew(ctx, tx, holder, v)
		if err != nil {
			return err
		}
		out = Recovery{ID: r.ID, Step: StepCode}
		out.Challenge, err = s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.Recover, Browser: v.Browser, Network: v.Prefix, Target: t, Subject: r.ID,
			Account: r.Account, Known: known, Silent: holder != r.Account || c.ID == r.Stale, Lang: v.Lang})
		if err != nil {
			return err
		}
		return store.Touched(tx.Exec(ctx, `UPDATE recovery SET challenge_id = $1 WHERE id = $2 AND proved_at IS NULL`, out.Challenge.ID, r.ID))
	})
	return out, letters(t.Kind, err)
}

// ReconfirmContact sends a code to a contact that the person has, so that it does not become stale. The password is asked for:
// whoever has the person's old number and finds a session open must not make the number good again.
func (s *Service) ReconfirmContact(ctx context.Context, who access.Actor, v credential.Visitor, cid, password string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	if err := s.proveFresh(ctx, who, password, nil); err != nil {
		return contact.Challenge{}, err
	}
	var out contact.Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := s.Contacts.Of(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(c contact.Contact) bool { return c.ID == cid })
		if at < 0 {
			return contact.ErrMissing
		}
		if p := s.Contacts.Reachable(list[at].Target); p != nil {
			return fault.Invalid(p.On("contact"))
		}
		known, err := s.knew(ctx, tx, who.ID, v)
		if err != nil {
			return err
		}
		out, err = s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.Keep, Browser: v.Browser, Network: v.Prefix, Target: list[at].Target, Subject: who.ID,
			Account: who.ID, Known: known, Lang: v.Lang})
		return err
	})
	return out, err
}

// reconfirmed notes that the person holds a contact still.
func (s *Service) reconfirmed(ctx context.Context, tx *store.Tx, who access.Actor, t contact.Target) error {
	if err := s.Contacts.ProvedAgain(ctx, tx, who.ID, t); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "contact.reconfirmed", Actor: who, Subject: who.ID, Detail: audit.Detail{"channel": string(t.Kind)}})
}

// AskToConfirm is the job that asks the owner of an account to confirm contacts that will be stale soon.
type AskToConfirm struct {
	Account string `json:"account"`
}

// Kind names the job in the queue.
func (AskToConfirm) Kind() string { return "signin.ask_to_confirm" }

// askedAtOnce is how many contacts one sweep looks at: a portal that is new to this sends its notices over days.
const askedAtOnce = 500

// SweepStale finds contacts that will be stale soon.
func (s *Service) SweepStale(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		accounts, err := s.Contacts.Remind(ctx, tx, askedAtOnce)
		if err != nil {
			return err
		}
		ask := make([]jobs.Args, len(accounts))
		for i, a := range accounts {
			ask[i] = AskToConfirm{a}
		}
		return s.Jobs.Enqueue(ctx, tx, ask...)
	})
}

// AskToConfirm does the job: one notice for all contacts of the account that it is time for.
func (s *Service) AskToConfirm(ctx context.Context, job AskToConfirm) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.Get(ctx, tx, job.Account)
		if errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) || err == nil && a.State != account.Active {
			return nil
		}
		if err != nil {
			return err
		}
		list, err := s.Contacts.Of(ctx, tx, job.Account)
		if err != nil {
			return fmt.Errorf("ask to confirm: %w", err)
		}
		var old []string
		for _, c := range list {
			if s.Contacts.Ages(c) {
				old = append(old, c.Target.Masked())
			}
		}
		if len(old) == 0 {
			return nil // confirmed or removed meanwhile
		}
		return s.Notices.Tell(ctx, tx, job.Account, s.aboutContacts("message.confirm_again", "contacts", strings.Join(old, ", ")))
	})
}
