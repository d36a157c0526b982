package signin

import (
	"context"
	"errors"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/jobs"
	"okno/internal/store"
)

// TakenContact is a contact of another account that the person has proved to hold, and what became of asking for it.
func (s *Service) TakenContact(ctx context.Context, who access.Actor, cid string) (contact.Target, contact.Untying, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Target{}, contact.Untying{}, err
	}
	t, err := s.Contacts.ProvedBy(ctx, s.DB, cid, who.ID)
	if err != nil {
		return contact.Target{}, contact.Untying{}, err
	}
	u, err := s.Contacts.UntyingFor(ctx, s.DB, who.ID, t)
	if err != nil || u.State != contact.Freed {
		return t, u, err
	}
	holder, err := s.Contacts.Holder(ctx, s.DB, t)
	if holder != "" {
		u = contact.Untying{} // it was free, and somebody was faster
	}
	return t, u, err
}

// Untie asks to untie a contact, which the person has proved to hold, from the other account.
func (s *Service) Untie(ctx context.Context, who access.Actor, cid string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := s.Contacts.ProvedBy(ctx, tx, cid, who.ID)
		if err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		a, err := s.Accounts.Get(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		_, err = s.Contacts.Untie(ctx, tx, key, who.ID, t, a.Lang)
		return err
	})
}

// UntieAsked does the job: every other contact of the account learns at once that somebody asks, with a link that cancels.
func (s *Service) UntieAsked(ctx context.Context, job contact.UntieAsked) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.Contacts.Untying(ctx, tx, job.Untying)
		if errors.Is(err, contact.ErrNoUntying) || err == nil && (u.State != contact.Asked || u.Told) {
			return nil
		}
		if err != nil {
			return err
		}
		list, err := s.Contacts.Of(ctx, tx, u.Account)
		if err != nil {
			return err
		}
		masked := ""
		for _, c := range list {
			if c.ID == u.Contact {
				masked = c.Target.Masked()
			}
		}
		if masked == "" {
			return nil // its owner has taken it off meanwhile
		}
		note := s.aboutUntying(masked, s.Contacts.CancelToken(u))
		told := targets(list, u.Contact)
		if len(told) == 0 { // the only one: whoever still holds it must be able to say no
			told = targets(list, "")
		}
		if err := s.Notices.TellAll(ctx, tx, u.Account, note, told); err != nil {
			return err
		}
		return s.Contacts.UntieTold(ctx, tx, u)
	})
}

// CancelUntying is the owner's no, from the cabinet.
func (s *Service) CancelUntying(ctx context.Context, who access.Actor, uid string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.Contacts.Untying(ctx, tx, uid)
		if err != nil {
			return err
		}
		if u.Account != who.ID {
			return contact.ErrNoUntying
		}
		return s.cancel(ctx, tx, who, u)
	})
}

// UntyingByToken checks the link that cancels without using it: mail scanners open links by themselves.
func (s *Service) UntyingByToken(ctx context.Context, token string) (contact.Untying, error) {
	return s.Contacts.UntyingByToken(ctx, s.DB, token)
}

// CancelByToken is the owner's no, by the link that went to another contact of the account.
func (s *Service) CancelByToken(ctx context.Context, token string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.Contacts.UntyingByToken(ctx, tx, token)
		if err != nil {
			return err
		}
		return s.cancel(ctx, tx, access.Actor{}, u)
	})
}

func (s *Service) cancel(ctx context.Context, tx *store.Tx, who access.Actor, u contact.Untying) error {
	if err := s.Contacts.CancelUntying(ctx, tx, u); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "contact.untie_cancelled", Actor: who, Subject: u.Account, Object: u.ID}); err != nil {
		return err
	}
	return s.tellAsker(ctx, tx, u, "message.untie_cancelled")
}

// tellAsker tells an asker who has an account; a draft shows it on its page.
func (s *Service) tellAsker(ctx context.Context, tx *store.Tx, u contact.Untying, key string) error {
	switch _, err := s.Accounts.Get(ctx, tx, u.Asker); {
	case errors.Is(err, account.ErrMissing):
		return nil
	case err != nil:
		return err
	}
	return s.Notices.Tell(ctx, tx, u.Asker, s.aboutContacts(key))
}

// UntieDue does the job at the end of the wait: the contact becomes free. An account that is left without any is frozen until
// identity is proved again: nobody, its thief neither, comes in meanwhile. Nothing is taken from an owner who was not told: then
// they are told now, and have the whole wait.
func (s *Service) UntieDue(ctx context.Context, job contact.UntieDue) error {
	var wait time.Duration
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		wait = 0
		u, err := s.Contacts.Untying(ctx, tx, job.Untying)
		if errors.Is(err, contact.ErrNoUntying) || err == nil && u.State != contact.Asked {
			return nil
		}
		if err != nil {
			return err
		}
		if wait = max(0, u.DueAt.Sub(tx.Now())); wait > 0 {
			return nil
		}
		held, err := s.Contacts.UntyingHeld(ctx, tx, u)
		if err != nil {
			return err
		}
		if held && !u.Told {
			wait = s.Policy.Contacts.UntieWait
			return s.Contacts.UntieAgain(ctx, tx, u)
		}
		return s.untied(ctx, tx, u)
	})
	if err == nil && wait > 0 {
		return jobs.Retry(wait)
	}
	return err
}

// untied ends an untying in favour of whoever asked.
func (s *Service) untied(ctx context.Context, tx *store.Tx, u contact.Untying) error {
	_, err := s.Accounts.Get(ctx, tx, u.Asker)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return err
	}
	f, err := s.Contacts.Free(ctx, tx, u, err != nil)
	if err != nil {
		return err
	}
	if f.Held {
		if err := s.lost(ctx, tx, u, f.Left); err != nil {
			return err
		}
	}
	if !f.Free { // its owner gave it up, and somebody else was faster
		return s.tellAsker(ctx, tx, u, "message.untie_gone")
	}
	return s.tellAsker(ctx, tx, u, "message.untie_freed")
}

// lost is the other side of an untying: the account's owner is told, or the account is frozen.
func (s *Service) lost(ctx context.Context, tx *store.Tx, u contact.Untying, left int) error {
	event := audit.Event{Action: "contact.untied", Actor: access.SystemActor(), Subject: u.Account, Object: u.ID, Detail: audit.Detail{"channel": string(u.Kind)}}
	if err := audit.Record(ctx, tx, event); err != nil {
		return err
	}
	if left > 0 {
		list, err := s.Contacts.Of(ctx, tx, u.Account)
		if err != nil {
			return err
		}
		return s.Notices.TellAll(ctx, tx, u.Account, s.aboutContacts("message.untied"), targets(list, ""))
	}
	_, err := s.Accounts.Update(ctx, tx, u.Account, func(a *account.Account) error {
		if a.State == account.Active {
			a.State = account.Frozen
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := errors.Join(s.Credentials.CloseAll(ctx, tx, u.Account), s.Notices.ForgetBrowsers(ctx, tx, u.Account, time.Time{})); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "account.frozen", Actor: access.SystemActor(), Subject: u.Account, Detail: audit.Detail{"reason": "last_contact"}})
}
