package mandate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/store"
)

// conclude ends a round with the last register's answer: the child's account is made, or found; or the parent learns what to correct.
func (s *Service) conclude(ctx context.Context, tx *store.Tx, rid string, round int64) error {
	r, err := s.load(ctx, tx, "", rid)
	if err != nil || !r.Waiting() || r.Round != round || slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.Answered }) {
		return err
	}
	by, err := s.Accounts.Get(ctx, tx, r.AccountID)
	if err != nil {
		return err
	}
	if !r.matched() {
		return s.refuse(ctx, tx, r, RefusedAnswers)
	}
	if by.Level != access.Confirmed || by.State != account.Active {
		return s.refuse(ctx, tx, r, RefusedLevel)
	}
	who := access.Actor{Kind: access.Person, ID: by.ID, Level: by.Level}
	if r.Adds() {
		return s.insure(ctx, tx, who, r, by)
	}
	until := form.Birthday(r.Papers.BirthDate, s.Policy.Children.UntilAge, s.Zone)
	if !until.After(tx.Now()) { // the registers were away until the birthday
		return s.refuse(ctx, tx, r, RefusedGrown)
	}
	childID, taken, err := s.find(ctx, tx, r)
	if err != nil {
		return err
	}
	if taken {
		return s.refuse(ctx, tx, r, RefusedTaken)
	}
	as, message := Opened, "message.child.opened"
	if childID == "" {
		childID = id.At(tx.Now())
		who = who.Acting(childID, access.Child)
		if err := s.create(ctx, tx, who, childID, r, by); err != nil {
			return err
		}
	} else {
		as, message = Joined, "message.child.joined"
		who = who.Acting(childID, access.Child)
		if err := s.join(ctx, tx, who, childID, r.Papers); err != nil {
			return err
		}
	}
	if err := s.give(ctx, tx, who, childID, until); err != nil {
		return err
	}
	if err := s.end(ctx, tx, r, as, childID); err != nil {
		return err
	}
	return s.Notices.Tell(ctx, tx, r.AccountID, s.aboutChild(childID, message))
}

// page is where a parent sees a child.
func page(childID string) string { return "cabinet/children/" + childID }

// errErasing is a child's account that goes this moment with the parent who was the last: the job asks again, and opens it anew.
var errErasing = errors.New("the child's account is being erased")

// find looks for the child's account by the record of the birth. taken says that there is another which only a desk can judge: one
// that a person is tied to and that holds the SNILS without that record, or one that was retired. A record that was made anew is an
// adoption: whoever comes with it is not let in beside the parents of the record before, and these are not told.
func (s *Service) find(ctx context.Context, tx *store.Tx, r Request) (childID string, taken bool, err error) {
	index := s.Ring.Find("child.act", r.act())
	var state string
	err = store.One(tx.QueryRow(ctx, `SELECT account_id, `+account.StateSQL("child.account_id")+` FROM child WHERE act_index IN ($1, $2)`, index[0], index[1]).Scan(&childID, &state))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", false, err
	}
	if account.State(state) == account.Retired {
		return "", true, nil
	}
	if childID != "" {
		if erasing, err := s.erasing(ctx, tx, childID); err != nil || erasing {
			return "", false, errors.Join(err, errErasing)
		}
	}
	if r.Papers.SNILS == "" {
		return childID, false, nil
	}
	taken, err = s.held(ctx, tx, r.Papers.SNILS, childID)
	return childID, taken, err
}

// held reports whether another account than that child's has the SNILS for good.
func (s *Service) held(ctx context.Context, tx *store.Tx, snils, childID string) (bool, error) {
	holder, err := s.Accounts.HolderOfSNILS(ctx, tx, snils)
	if errors.Is(err, account.ErrMissing) || err == nil && holder == childID {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return s.Levels.Bound(ctx, tx, holder)
}

func (s *Service) erasing(ctx context.Context, q store.Querier, accountID string) (bool, error) {
	if s.Erasing == nil {
		return false, nil
	}
	return s.Erasing(ctx, q, accountID)
}

// create makes the child's account: a key, a profile, the parent's consent, and what stands behind it.
func (s *Service) create(ctx context.Context, tx *store.Tx, who access.Actor, childID string, r Request, by account.Account) error {
	p := r.Papers
	key, err := s.Ring.NewPerson(ctx, tx, childID)
	if err != nil {
		return err
	}
	if err := s.Accounts.Create(ctx, tx, key, account.New{ID: childID, Lang: by.Lang, AgreedAt: tx.Now(), Consents: []account.Consent{{Document: ConsentText, Edition: p.Edition}},
		Profile: account.Profile{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic}}); err != nil {
		return err
	}
	sealed, err := key.SealJSON("child", "birth", childID, Birth{p.certificate(), r.act()})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO child (account_id, birth, act_index, act_ahead, opened_at) VALUES ($1, $2, $3, $4, $5)`,
		childID, sealed, s.Ring.Index("child.act", r.act()), s.Ring.Ahead("child.act", r.act()), tx.Now()); err != nil {
		return fmt.Errorf("open the account of a child: %w", err)
	}
	a, err := s.Levels.GrantParent(ctx, tx, who, childID, func(to *account.Profile) { p.write(to, tx.Now()) })
	if err != nil {
		return err
	}
	if p.SNILS != "" {
		if a, err = s.grantSNILS(ctx, tx, who, childID, p.SNILS); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{Action: "mandate.opened", Actor: who, Subject: childID, Object: "account/" + childID, Detail: audit.Detail{"to": string(a.Level)}})
}

// write puts what the civil-status register matched into the profile.
func (p Papers) write(to *account.Profile, at time.Time) {
	to.Surname, to.GivenName, to.Patronymic, to.BirthDate, to.Sex = p.Surname, p.GivenName, p.Patronymic, p.BirthDate, p.Sex
	if to.Sources == nil {
		to.Sources = map[string]account.Source{}
	}
	for _, field := range []string{"surname", "given_name", "patronymic", "birth_date"} {
		to.Sources[field] = account.Source{From: account.FromZAGS, At: at}
	}
}

func (s *Service) grantSNILS(ctx context.Context, tx *store.Tx, who access.Actor, childID, snils string) (account.Account, error) {
	return s.Levels.GrantInsured(ctx, tx, who, childID, func(to *account.Profile) {
		to.SNILS = snils
		if to.Sources == nil {
			to.Sources = map[string]account.Source{}
		}
		to.Sources["snils"] = account.Source{From: account.FromSFR, At: tx.Now()}
	})
}

// join lets the other parent into the account that is there. A SNILS that the first parent left for later comes with them.
func (s *Service) join(ctx context.Context, tx *store.Tx, who access.Actor, childID string, p Papers) error {
	a, err := s.Accounts.Get(ctx, tx, childID)
	if err != nil {
		return err
	}
	if p.SNILS != "" && a.Profile.SNILS == "" {
		if _, err := s.grantSNILS(ctx, tx, who, childID, p.SNILS); err != nil {
			return err
		}
	}
	if err := s.renew(ctx, tx, childID, p.certificate()); err != nil {
		return err
	}
	if _, err := s.Act(ctx, tx, who, childID); err == nil {
		return nil // a parent who has access came with another certificate
	} else if !errors.Is(err, ErrMissing) {
		return err
	}
	if err := s.tellParents(ctx, tx, childID, who.ID, "message.child.another"); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "mandate.joined", Actor: who, Subject: childID, Object: "account/" + childID})
}

// give writes the mandate down; one that stands is enough.
func (s *Service) give(ctx context.Context, tx *store.Tx, who access.Actor, childID string, until time.Time) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM mandate WHERE account_id = $1 AND for_id = $2 AND ended_at IS NULL`, who.ID, childID).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return s.known(ctx, tx, who.ID, childID)
	}
	_, err := tx.Exec(ctx, `INSERT INTO mandate (id, kind, account_id, for_id, given_at, until_at, asked_at, ask_at) VALUES ($1, $2, $3, $4, $5, $6, $5, $7)`,
		id.At(tx.Now()), string(OfChild), who.ID, childID, tx.Now(), until, tx.Now().Add(s.Policy.Children.Recheck))
	return err
}

// insure gives the child's account the SNILS that was left for later.
func (s *Service) insure(ctx context.Context, tx *store.Tx, who access.Actor, r Request, by account.Account) error {
	acting, err := s.Act(ctx, tx, who, r.ChildID)
	if errors.Is(err, ErrMissing) { // the birthday came first
		return s.end(ctx, tx, r, Left, r.ChildID)
	}
	if err != nil {
		return err
	}
	taken, err := s.held(ctx, tx, r.Papers.SNILS, r.ChildID)
	if err != nil {
		return err
	}
	if taken {
		return s.refuse(ctx, tx, r, RefusedTaken)
	}
	a, err := s.grantSNILS(ctx, tx, acting, r.ChildID, r.Papers.SNILS)
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.insured", Actor: acting, Subject: r.ChildID, Object: "account/" + r.ChildID, Detail: audit.Detail{"to": string(a.Level)}}); err != nil {
		return err
	}
	if err := s.end(ctx, tx, r, Opened, r.ChildID); err != nil {
		return err
	}
	return s.Notices.Tell(ctx, tx, by.ID, s.aboutChild(r.ChildID, "message.child.insured"))
}

// refuse writes down what a round came to and tells the parent, by every channel.
func (s *Service) refuse(ctx context.Context, tx *store.Tx, r Request, what Refusal) error {
	if _, err := tx.Exec(ctx, `UPDATE child_request SET refusal = $1 WHERE id = $2`, string(what), r.ID); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.refused", Actor: access.SystemActor(), Subject: r.AccountID, Object: "child-request/" + r.ID,
		Detail: audit.Detail{"reason": string(what)}}); err != nil {
		return err
	}
	if err := s.Notices.Tell(ctx, tx, r.AccountID, s.aboutRefusal(r.ID)); err != nil {
		return err
	}
	return tx.Notify(ctx, Topic(r.AccountID))
}
