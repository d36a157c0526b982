package mandate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Handover is a child's account that waits to be taken by the child.
type Handover struct {
	Target    contact.Target
	StartedAt time.Time
	ExpiresAt time.Time
}

// The refusals of handing over.
var (
	ErrEarly  = fault.New(fault.Conflict, "mandate.early")          // the birthday is far
	ErrHanded = fault.New(fault.Conflict, "mandate.handed")         // the child has taken the account already
	ErrOwn    = fault.New(fault.InvalidInput, "mandate.own")        // the contact is the asking parent's
	ErrTries  = fault.New(fault.TooMany, "contacts.too_many_today") // too many contacts were named today
)

// HandOver lets the child take the account: whoever proves the contact within children.hand_over, as in a recovery of access, sets
// the password and signs in. The child is told at that contact. Named anew, the contact before does not count any more. Whether another
// account holds the contact is not said here.
func (s *Service) HandOver(ctx context.Context, who access.Actor, childID, typed string) (Handover, error) {
	if err := parent(who); err != nil {
		return Handover{}, err
	}
	t, problem := contact.ReadMobile(typed)
	if problem == nil {
		problem = s.Contacts.Reachable(t)
	}
	if problem != nil {
		return Handover{}, fault.Invalid(problem.On("contact"))
	}
	if err := s.tried(ctx, who, childID); err != nil {
		return Handover{}, fmt.Errorf("hand over an account: %w", err)
	}
	var out Handover
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := alert.Allowed(ctx, tx, who.ID); err != nil { // the parent's own: a stranger there must give nobody a child's account
			return err
		}
		acting, err := s.Act(ctx, tx, who, childID)
		if err != nil {
			return err
		}
		if err := s.mayHandOver(ctx, tx, who, childID, t); err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, childID)
		if err != nil {
			return err
		}
		sealed, err := key.SealJSON("handover", "contact", childID, t)
		if err != nil {
			return err
		}
		out = Handover{t, tx.Now(), tx.Now().Add(s.Policy.Children.HandOver)}
		column, value := t.Named()
		if _, err := tx.Exec(ctx, `INSERT INTO handover (account_id, by_id, contact, contact_index, contact_ahead, started_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (account_id) DO UPDATE SET by_id = excluded.by_id, contact = excluded.contact, contact_index = excluded.contact_index, contact_ahead = excluded.contact_ahead,
			started_at = excluded.started_at, expires_at = excluded.expires_at`,
			childID, who.ID, sealed, s.Ring.Index(column, value), s.Ring.Ahead(column, value), out.StartedAt, out.ExpiresAt); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.hand_over", Actor: acting, Subject: childID, Object: "account/" + childID, Detail: audit.Detail{"channel": string(t.Kind)}}); err != nil {
			return err
		}
		return errors.Join(s.Notices.TellAll(ctx, tx, childID, s.invitation(ctx, out.ExpiresAt), []contact.Target{t}), s.tellParents(ctx, tx, childID, who.ID, "message.child.handing"))
	})
	if err != nil {
		return Handover{}, fmt.Errorf("hand over an account: %w", err)
	}
	return out, nil
}

// tried counts a contact that a parent names, in a transaction of its own: a refusal is counted, too.
func (s *Service) tried(ctx context.Context, who access.Actor, childID string) error {
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if _, err = s.Act(ctx, tx, who, childID); err != nil {
			return err
		}
		v, err = limit.Take(ctx, tx, s.Policy.Contacts.AddsPerDay.Rule("contacts.add"), "contacts.add:"+who.ID)
		return err
	})
	if err == nil && !v.Allowed {
		err = ErrTries.At(v.Until)
	}
	return err
}

// tellParents tells those who act for the child, but not the one who did it.
func (s *Service) tellParents(ctx context.Context, tx *store.Tx, childID, but, key string) error {
	parents, err := s.Guardians(ctx, tx, childID)
	if err != nil {
		return err
	}
	for _, p := range parents[childID] { // two
		if p == but {
			continue
		}
		if err := s.Notices.Tell(ctx, tx, p, s.toParent(childID, key)); err != nil {
			return err
		}
	}
	return nil
}

// mayHandOver refuses while the birthday is far, once the child has taken the account, and a contact of the parent who asks: by it
// the account would be theirs for good. One that the other parent holds, as any account may, gets the letter and opens nothing (Heir): whose
// it is is not said here.
func (s *Service) mayHandOver(ctx context.Context, tx *store.Tx, who access.Actor, childID string, t contact.Target) error {
	list, err := s.children(ctx, tx, who.ID, childID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrMissing
	}
	if !s.near(list[0], tx.Now()) {
		return ErrEarly
	}
	has, err := s.Contacts.Of(ctx, tx, childID)
	if err != nil {
		return err
	}
	if len(has) > 0 {
		return ErrHanded
	}
	theirs, err := s.Contacts.Of(ctx, tx, who.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(theirs, func(c contact.Contact) bool { return c.Target.Same(t) }) {
		return ErrOwn.With(fault.F("contact", "mandate.own"))
	}
	return nil
}

// HandingOver is the hand-over of a child's account that is under way, and whether the child has taken it already.
func (s *Service) HandingOver(ctx context.Context, who access.Actor, childID string) (h Handover, waits, taken bool, err error) {
	if _, err := s.Act(ctx, s.DB, who, childID); err != nil {
		return Handover{}, false, false, err
	}
	has, err := s.Contacts.Of(ctx, s.DB, childID)
	if err != nil || len(has) > 0 {
		return Handover{}, false, err == nil, err
	}
	h, err = s.handover(ctx, s.DB, childID)
	if errors.Is(err, store.ErrNotFound) {
		return Handover{}, false, false, nil
	}
	return h, err == nil, false, err
}

func (s *Service) handover(ctx context.Context, q store.Querier, childID string) (Handover, error) {
	var h Handover
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT contact, started_at, expires_at, `+keyring.WrappedSQL("handover.account_id")+` FROM handover WHERE account_id = $1 AND expires_at > $2`,
		childID, q.Now()).Scan(&sealed, store.Time(&h.StartedAt), store.Time(&h.ExpiresAt), &wrapped))
	if err != nil {
		return Handover{}, err
	}
	key, err := s.Ring.Unwrap(childID, wrapped)
	if err != nil {
		return Handover{}, err
	}
	return h, key.OpenJSON("handover", "contact", childID, sealed, &h.Target)
}

// KeepBack takes a hand-over back that the child has not taken yet.
func (s *Service) KeepBack(ctx context.Context, who access.Actor, childID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		acting, err := s.Act(ctx, tx, who, childID)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM handover WHERE account_id = $1`, childID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "mandate.kept_back", Actor: acting, Subject: childID, Object: "account/" + childID})
	})
}

// Heir is the account that waits for whoever proves the contact, "" when none does: the one that was handed over last. It is asked for
// a contact that no account holds. An account that was retired, is frozen or is being erased swallows nobody's contact.
func (s *Service) Heir(ctx context.Context, q store.Querier, t contact.Target) (string, error) {
	column, value := t.Named()
	index := s.Ring.Find(column, value)
	var childID string
	err := store.One(q.QueryRow(ctx, `SELECT account_id FROM handover WHERE contact_index IN ($1, $2) AND expires_at > $3 AND `+account.StateSQL("handover.account_id")+` = $4
		ORDER BY started_at DESC, account_id LIMIT 1`, index[0], index[1], q.Now(), string(account.Active)).Scan(&childID))
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if erasing, err := s.erasing(ctx, q, childID); err != nil || erasing {
		return "", err
	}
	return childID, nil
}

// Inherit gives the account to whoever has just proved the contact: it is the child's from now on, and the parents are told. The
// parents' mandates go on until the birthday.
func (s *Service) Inherit(ctx context.Context, tx *store.Tx, childID string, t contact.Target) error {
	n, err := tx.Exec(ctx, `DELETE FROM handover WHERE account_id = $1 AND expires_at > $2`, childID, tx.Now())
	if err != nil || n == 0 {
		return err // an account that holds the contact already: an ordinary recovery
	}
	key, err := s.Ring.Person(ctx, tx, childID)
	if err != nil {
		return err
	}
	if err := s.Contacts.Attach(ctx, tx, key, childID, t); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.handed_over", Actor: access.Actor{Kind: access.Person, ID: childID}, Subject: childID, Object: "account/" + childID,
		Detail: audit.Detail{"channel": string(t.Kind)}}); err != nil {
		return err
	}
	return s.tellParents(ctx, tx, childID, "", "message.child.handed")
}

// near reports whether the birthday is near enough for the account to be handed over.
func (s *Service) near(c Child, now time.Time) bool {
	return c.Account.State == account.Active && !now.Before(c.Until.Add(-s.Policy.Children.NearBefore))
}
