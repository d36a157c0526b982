package signin

import (
	"context"
	"slices"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/limit"
	"okno/internal/store"
)

// contactsPage is where people look after their contacts.
const contactsPage = "cabinet/contacts"

// The refusals of changes of contacts.
var (
	ErrOwn      = fault.New(fault.InvalidInput, "contacts.own")       // it is confirmed already
	ErrLast     = fault.New(fault.Conflict, "contacts.last")          // one contact stays
	ErrMost     = fault.New(fault.Conflict, "contacts.most")          // there are enough
	ErrAddsMany = fault.New(fault.TooMany, "contacts.too_many_today") // too many additions today
)

// Contacts are the phones and e-mails of a person, as the person looks after them (REG-10).
type Contacts struct {
	List     []contact.Contact
	Unproved contact.Target    // given at registration and not confirmed; its Value is "" when there is none
	Asked    []contact.Untying // somebody asks for one of them
}

// MyContacts lists the contacts of whoever asks.
func (s *Service) MyContacts(ctx context.Context, who access.Actor) (Contacts, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Contacts{}, err
	}
	list, err := s.Contacts.Of(ctx, s.DB, who.ID)
	if err != nil {
		return Contacts{}, err
	}
	a, err := s.Accounts.Get(ctx, s.DB, who.ID)
	if err != nil {
		return Contacts{}, err
	}
	out := Contacts{List: list}
	if t, p := contact.Read(a.Profile.Unproved); a.Profile.Unproved != "" && p == nil {
		out.Unproved = t
	}
	out.Asked, err = s.Contacts.UntyingsOf(ctx, s.DB, who.ID)
	return out, err
}

// AddContact sends a code to a contact that the person wants to add. What it says does not depend on whether another
// account holds it. The password is asked for: a stranger at an open session must not make it his own way in.
func (s *Service) AddContact(ctx context.Context, who access.Actor, v credential.Visitor, typed, password string) (contact.Challenge, error) {
	return s.addContact(ctx, who, v, false, typed, password)
}

// AddInSitting is AddContact on the page of registering in full (REG-2), to which the letter's link leads back.
func (s *Service) AddInSitting(ctx context.Context, who access.Actor, v credential.Visitor, typed, password string) (contact.Challenge, error) {
	return s.addContact(ctx, who, v, true, typed, password)
}

func (s *Service) addContact(ctx context.Context, who access.Actor, v credential.Visitor, sitting bool, typed, password string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	t, p := contact.ReadMobile(typed)
	if p == nil {
		p = s.Contacts.Reachable(t)
	}
	var sheet form.Sheet
	sheet.Note("contact", p)
	if err := s.proveFresh(ctx, who, password, sheet); err != nil {
		return contact.Challenge{}, err
	}
	var out contact.Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := s.Contacts.Of(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(c contact.Contact) bool { return string(s.Contacts.Index(c.Target)) == string(s.Contacts.Index(t)) }) {
			return ErrOwn.With(fault.F("contact", "contacts.own"))
		}
		if len(list) >= s.Policy.Contacts.Most {
			return ErrMost
		}
		verdict, err := limit.Take(ctx, tx, s.Policy.Contacts.AddsPerDay.Rule("contacts.add"), "contacts.add:"+who.ID)
		if err != nil {
			return err
		}
		if !verdict.Allowed {
			return ErrAddsMany.At(verdict.Until)
		}
		out, err = s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.Add, Browser: v.Browser, Target: t, Subject: who.ID, Sitting: sitting, Lang: v.Lang})
		return err
	})
	return out, err
}

// Addition is the attempt of this browser to add a contact.
func (s *Service) Addition(ctx context.Context, who access.Actor, v credential.Visitor, cid string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	return s.Contacts.Get(ctx, s.DB, cid, v.Browser)
}

// ResendAddition sends a new code in the attempt.
func (s *Service) ResendAddition(ctx context.Context, who access.Actor, v credential.Visitor, cid string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	return s.Contacts.Resend(ctx, cid, v.Browser)
}

// ConfirmContact takes the code of an addition: from then on the contact is the person's. One that another account holds is
// contact.ErrTaken; that was proved, and may be untied.
func (s *Service) ConfirmContact(ctx context.Context, who access.Actor, v credential.Visitor, cid, code string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	var taken bool
	c, err := s.Contacts.Check(ctx, cid, v.Browser, code, func(tx *store.Tx, p contact.Proved) (err error) {
		taken, err = s.added(ctx, tx, who, p)
		return err
	})
	if err == nil && taken {
		err = contact.ErrTaken
	}
	return c, err
}

// AdditionByLink checks the link of a letter without using it.
func (s *Service) AdditionByLink(ctx context.Context, token string) (contact.Challenge, error) {
	return s.Contacts.LinkInfo(ctx, s.DB, token)
}

// ConfirmContactLink is ConfirmContact by the link of the letter, for the person who asked for it and nobody else: whoever
// opens a letter that a stranger caused gives the stranger nothing.
func (s *Service) ConfirmContactLink(ctx context.Context, who access.Actor, token string) (contact.Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return contact.Challenge{}, err
	}
	var taken bool
	c, err := s.Contacts.UseLink(ctx, token, func(tx *store.Tx, p contact.Proved) (err error) {
		taken, err = s.added(ctx, tx, who, p)
		return err
	})
	if err == nil && taken {
		err = contact.ErrTaken
	}
	return c, err
}

// added gives the person a contact that was proved, and tells every contact there was. It reports whether another account
// holds it; the proof is kept then.
func (s *Service) added(ctx context.Context, tx *store.Tx, who access.Actor, p contact.Proved) (taken bool, _ error) {
	if p.Subject != who.ID {
		return false, contact.ErrLink
	}
	holder, err := s.Contacts.Holder(ctx, tx, p.Target)
	if err != nil {
		return false, err
	}
	if holder == who.ID {
		return false, s.reconfirmed(ctx, tx, who, p.Target)
	}
	if holder != "" {
		return true, nil
	}
	if err := s.mayChange(ctx, tx, who.ID); err != nil {
		return false, err
	}
	before, err := s.Contacts.Of(ctx, tx, who.ID)
	if err != nil {
		return false, err
	}
	if len(before) >= s.Policy.Contacts.Most {
		return false, ErrMost
	}
	key, err := s.Ring.Person(ctx, tx, who.ID)
	if err != nil {
		return false, err
	}
	if err := s.Contacts.Attach(ctx, tx, key, who.ID, p.Target); err != nil {
		return false, err
	}
	if err := s.provedNow(ctx, tx, who.ID, p.Target); err != nil {
		return false, err
	}
	return false, s.contactChanged(ctx, tx, who, "added", p.Target, targets(before, ""))
}

// provedNow takes the contact off the profile's list of what is still to be confirmed.
func (s *Service) provedNow(ctx context.Context, tx *store.Tx, accountID string, t contact.Target) error {
	a, err := s.Accounts.Get(ctx, tx, accountID)
	if err != nil {
		return err
	}
	given, problem := contact.Read(a.Profile.Unproved)
	if a.Profile.Unproved == "" || problem != nil || string(s.Contacts.Index(given)) != string(s.Contacts.Index(t)) {
		return nil
	}
	_, err = s.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error {
		a.Profile.Unproved = ""
		return nil
	})
	return err
}

// ForgetUnproved drops the contact that was given at registration and never confirmed.
func (s *Service) ForgetUnproved(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := s.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
			a.Profile.Unproved = ""
			return nil
		})
		return err
	})
}

// MakeMain makes one of the person's contacts the main one of its kind.
func (s *Service) MakeMain(ctx context.Context, who access.Actor, cid string) error {
	return s.change(ctx, who, cid, "main", func(tx *store.Tx, _ []contact.Contact) error { return s.Contacts.MakeMain(ctx, tx, who.ID, cid) })
}

// RemoveContact takes a contact from the person's account; one stays. The one that is removed is told, too. The password is asked
// for: a stranger at an open session must not take the owner's way in away.
func (s *Service) RemoveContact(ctx context.Context, who access.Actor, cid, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := s.proveFresh(ctx, who, password, nil); err != nil {
		return err
	}
	return s.change(ctx, who, cid, "removed", func(tx *store.Tx, list []contact.Contact) error {
		if !signsInWithout(list, cid) {
			return ErrLast
		}
		return s.Contacts.Detach(ctx, tx, who.ID, cid)
	})
}

// signsInWithout reports whether a contact is left by which the person signs in when this one is not.
func signsInWithout(list []contact.Contact, cid string) bool {
	return slices.ContainsFunc(contact.Serving(list), func(c contact.Contact) bool { return c.ID != cid })
}

// ReserveContact makes an e-mail of the person's a reserve one, which opens a recovery and no session (AUTH-5). The password is asked for,
// as where a contact is removed: a way in goes.
func (s *Service) ReserveContact(ctx context.Context, who access.Actor, cid, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := s.proveFresh(ctx, who, password, nil); err != nil {
		return err
	}
	return s.change(ctx, who, cid, "reserved", func(tx *store.Tx, list []contact.Contact) error {
		if slices.ContainsFunc(list, func(c contact.Contact) bool { return c.ID == cid && c.Target.Kind != contact.Email }) {
			return contact.ErrReserveMail
		}
		if !signsInWithout(list, cid) {
			return ErrLast
		}
		return s.Contacts.Reserve(ctx, tx, who.ID, cid, true)
	})
}

// UnreserveContact has a reserve e-mail serve everything again.
func (s *Service) UnreserveContact(ctx context.Context, who access.Actor, cid string) error {
	return s.change(ctx, who, cid, "unreserved", func(tx *store.Tx, _ []contact.Contact) error { return s.Contacts.Reserve(ctx, tx, who.ID, cid, false) })
}

func (s *Service) change(ctx context.Context, who access.Actor, cid, what string, do func(tx *store.Tx, list []contact.Contact) error) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.mayChange(ctx, tx, who.ID); err != nil {
			return err
		}
		list, err := s.Contacts.Of(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(c contact.Contact) bool { return c.ID == cid })
		if at < 0 {
			return contact.ErrMissing
		}
		if err := do(tx, list); err != nil {
			return err
		}
		return s.contactChanged(ctx, tx, who, what, list[at].Target, targets(list, ""))
	})
}

// contactChanged records a change and tells it to the contacts.
func (s *Service) contactChanged(ctx context.Context, tx *store.Tx, who access.Actor, what string, t contact.Target, to []contact.Target) error {
	if err := audit.Record(ctx, tx, audit.Event{Action: "contact." + what, Actor: who, Subject: who.ID, Detail: audit.Detail{"channel": string(t.Kind)}}); err != nil {
		return err
	}
	link, err := s.disavowalOf(ctx, tx, who, alert.Contact)
	if err != nil {
		return err
	}
	sort := "contact " + what // of which contact, when one came or went: as many come as may be added in a day
	if what != "main" {
		sort += " " + string(s.Contacts.Index(t))
	}
	return s.tellMuch(ctx, tx, who.ID, sort, aboutContact(what, t, link), to)
}

// targets are the contacts but the one.
func targets(list []contact.Contact, but string) []contact.Target {
	var out []contact.Target
	for _, c := range list {
		if c.ID != but {
			out = append(out, c.Target)
		}
	}
	return out
}
