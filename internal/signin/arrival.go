package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/keyring"
	"okno/internal/store"
)

// A sign-in in a browser that the account has not seen before is told to its owner within a minute, over every channel, with a link that
// says "it was not me" (AUTH-8). Signing in itself only leaves the browser as one that is to be told (credential.Met); TellArrivals looks for them
// every few seconds. Whoever is about to change what a notice goes to tells them first, in the same transaction.

// arrivalsAtOnce is how many new browsers are read at once.
const arrivalsAtOnce = 200

// TellArrivals tells of every browser that has signed in for the first time, once.
func (s *Service) TellArrivals(ctx context.Context) error {
	for {
		list, err := s.Credentials.Arrivals(ctx, s.DB, "", arrivalsAtOnce)
		if err != nil {
			return err
		}
		for _, a := range list { // one that cannot be told keeps nobody else from being told
			if problem := s.DB.Write(ctx, func(tx *store.Tx) error { return s.tellArrival(ctx, tx, a) }); problem != nil {
				err = errors.Join(err, fmt.Errorf("tell of a new browser of %s: %w", a.Account, problem))
			}
		}
		if len(list) < arrivalsAtOnce || err != nil { // else others wait behind them, who must not be late for a crowd
			return err
		}
	}
}

// tellWaiting tells the arrivals of one account, before the contacts change to which it would be told.
func (s *Service) tellWaiting(ctx context.Context, tx *store.Tx, accountID string) error {
	list, err := s.Credentials.Arrivals(ctx, tx, accountID, arrivalsAtOnce)
	for _, a := range list { // one or two: who signs in anew waits for seconds only
		err = errors.Join(err, s.tellArrival(ctx, tx, a))
	}
	return err
}

func (s *Service) tellArrival(ctx context.Context, tx *store.Tx, a credential.Arrival) error {
	if _, err := s.Ring.Person(ctx, tx, a.Account); errors.Is(err, keyring.ErrNoKey) {
		return nil // it is being erased
	} else if err != nil {
		return err
	}
	first, err := s.Credentials.Told(ctx, tx, a)
	if err != nil || !first {
		return err
	}
	link, err := s.disavowal(ctx, tx, alert.Event{Account: a.Account, What: alert.Device, Browser: a.Browser, Methods: a.Methods}, a.At)
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "signin.new_device", Actor: access.SystemActor(), Subject: a.Account}); err != nil {
		return err
	}
	list, err := s.Contacts.Of(ctx, tx, a.Account)
	if err != nil {
		return err
	}
	return s.tellMuch(ctx, tx, a.Account, "device "+a.Methods+" "+wide(a.Network), s.aboutDevice(a, link), targets(list, ""))
}

// disavowal keeps the event and returns the link by which a person says not to have done it.
func (s *Service) disavowal(ctx context.Context, tx *store.Tx, e alert.Event, at time.Time) (string, error) {
	token, err := alert.Tell(ctx, tx, e, at, s.Policy.Alert.LinkLifetime)
	if err != nil {
		return "", err
	}
	return s.notMe(token), nil
}

// disavowalOf is disavowal of something that was done just now in somebody's session.
func (s *Service) disavowalOf(ctx context.Context, tx *store.Tx, who access.Actor, what alert.What) (string, error) {
	o, err := s.Credentials.Opened(ctx, tx, who)
	if err != nil {
		return "", err
	}
	return s.disavowal(ctx, tx, alert.Event{Account: who.ID, What: what, Browser: o.Browser, Methods: o.Methods}, tx.Now())
}

// mayChange comes before every change of what opens the account, in its transaction: none is made during a pause, and what is still to
// be told is told to whom it would have been told before.
func (s *Service) mayChange(ctx context.Context, tx *store.Tx, accountID string) error {
	if err := alert.Allowed(ctx, tx, accountID); err != nil {
		return err
	}
	return s.tellWaiting(ctx, tx, accountID)
}

// tellPassword tells that another password was set, and where: the browser is told by the same notice when it is new.
func (s *Service) tellPassword(ctx context.Context, tx *store.Tx, accountID string, v credential.Visitor, methods string) error {
	a := credential.Arrival{Account: accountID, Browser: keyring.HashToken(v.Browser), Agent: v.Agent, Methods: methods, Network: v.Prefix, At: tx.Now()}
	link, err := s.disavowal(ctx, tx, alert.Event{Account: accountID, What: alert.Password, Browser: a.Browser, Methods: methods}, a.At)
	if err != nil {
		return err
	}
	return s.Notices.Tell(ctx, tx, accountID, s.aboutPassword(a, link))
}

// tellRecovered is tellPassword after a recovery. What it proved beside the second proof is in doubt with it: the contact, or both where one was stale.
func (s *Service) tellRecovered(ctx context.Context, tx *store.Tx, r recovery, v credential.Visitor, methods string, proved []byte) error {
	list, err := s.Contacts.Of(ctx, tx, r.Account)
	if err != nil {
		return err
	}
	kind := contact.Kind("")
	for _, c := range list {
		if find := s.Contacts.Find(c.Target); r.Stale == "" && len(proved) > 0 && (slices.Equal(find[0], proved) || slices.Equal(find[1], proved)) {
			kind = c.Target.Kind
		}
	}
	if kind != contact.Email {
		methods += " " + credential.BySMS
	}
	if kind != contact.Phone {
		methods += " " + credential.ByMail
	}
	return s.tellPassword(ctx, tx, r.Account, v, methods)
}
