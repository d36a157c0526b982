package notification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/contact"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Digest is the job that sends one person the letter of the day.
//
//	delivered ──▶ waits (notice_digest) ──▶ in a letter (letter is set, and the same when the job runs again) ──▶ sent (delivery)
//
// Which notices go with a letter is written down before it goes: killed anywhere, the job sends the same letter with the same id, and
// mail programs show one. What is not sent stays, and goes with the next.
type Digest struct {
	Account string `json:"account"`
}

// Kind names the job in the queue.
func (Digest) Kind() string { return "notification.digest" }

// JobPolicy says that one letter a person is enough at a time.
func (Digest) JobPolicy() jobs.Policy { return jobs.Policy{Once: true} }

// Daytime is the time of the letter, from midnight in the portal's zone, and how many notices it has at most.
type Daytime struct {
	At   time.Duration
	Most int
}

// next is the first such moment after at.
func (d Daytime) next(at time.Time) time.Time {
	on := func(day int) time.Time {
		return time.Date(at.Year(), at.Month(), day, 0, 0, int(d.At/time.Second), 0, at.Location())
	}
	if today := on(at.Day()); today.After(at) {
		return today
	}
	return on(at.Day() + 1)
}

// gather keeps a notice for the letter of the day.
func (s *Service) gather(ctx context.Context, nid string) error {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO notice_digest (notice_id, due_at) SELECT id, $1 FROM notice WHERE id = $2
			AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.notice_id = notice.id AND delivery.channel = $3) ON CONFLICT DO NOTHING`,
			s.Daytime.next(tx.Now().In(zone)).UTC(), nid, string(ByMail))
		if err != nil {
			return fmt.Errorf("gather %s: %w", nid, err)
		}
		return nil
	})
}

// lookMost is for how many people one look enqueues letters; the next look finds the others.
const lookMost = 1000

// LookDigests enqueues the letters that are due. It looks at the rows: no letter hangs on a timer that was lost.
func (s *Service) LookDigests(ctx context.Context) error {
	accounts, err := store.Names(s.DB.Query(ctx, `SELECT DISTINCT n.account_id FROM notice_digest d JOIN notice n ON n.id = d.notice_id WHERE d.due_at <= $1 LIMIT $2`, s.DB.Now(), lookMost))
	if err != nil || len(accounts) == 0 {
		return err
	}
	due := make([]jobs.Args, len(accounts))
	for i, a := range accounts {
		due[i] = Digest{a}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.Jobs.Enqueue(ctx, tx, due...) })
}

// SendDigest does the job.
func (s *Service) SendDigest(ctx context.Context, job Digest) error {
	letter, list, err := s.letter(ctx, job.Account)
	if err != nil || len(list) == 0 {
		return err
	}
	c, err := s.choice(ctx, s.DB, job.Account)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil // erased meanwhile, with what waited
	}
	if err != nil {
		return err
	}
	contacts, err := s.Contacts.Of(ctx, s.DB, job.Account)
	if err != nil {
		return err
	}
	serving := contact.Serving(contacts)
	to := first(serving, contact.Email)
	browsers, err := s.pushes(ctx, s.DB, job.Account)
	if err != nil {
		return err
	}
	var now, away []Notice
	for _, n := range list {
		switch {
		case to == "":
			away = append(away, n) // no mail any more: it goes the way that is left
		case letters(c.For(n.Note.Topic, Reachable(serving, len(browsers[job.Account]) > 0))):
			now = append(now, n)
		}
	}
	gateway := ""
	if len(now) > 0 {
		if gateway, err = s.sendDigest(ctx, letter, job.Account, to, now); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.settle(ctx, tx, gateway, list, now, away) })
}

// letter is the account's letter that was begun, or a new one of what is due.
func (s *Service) letter(ctx context.Context, accountID string) (letter string, list []Notice, _ error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		err := store.One(tx.QueryRow(ctx, `SELECT d.letter FROM notice_digest d JOIN notice n ON n.id = d.notice_id WHERE n.account_id = $1 AND d.letter IS NOT NULL ORDER BY d.letter LIMIT 1`, accountID).Scan(&letter))
		if errors.Is(err, store.ErrNotFound) {
			letter = id.At(tx.Now())
			_, err = tx.Exec(ctx, `UPDATE notice_digest SET letter = $1 WHERE notice_id IN (SELECT d.notice_id FROM notice_digest d JOIN notice n ON n.id = d.notice_id
				WHERE n.account_id = $2 AND d.due_at <= $3 ORDER BY d.notice_id LIMIT $4)`, letter, accountID, tx.Now(), s.Daytime.Most)
		}
		if err != nil {
			return fmt.Errorf("letter of the day for %s: %w", accountID, err)
		}
		list, err = s.ofLetter(ctx, tx, accountID, letter)
		return err
	})
	if errors.Is(err, keyring.ErrNoKey) {
		return "", nil, nil
	}
	return letter, list, err
}

func (s *Service) ofLetter(ctx context.Context, tx *store.Tx, accountID, letter string) ([]Notice, error) {
	rows, err := tx.Query(ctx, `SELECT n.id, n.content, n.created_at, `+keyring.WrappedSQL("n.account_id")+` FROM notice_digest d JOIN notice n ON n.id = d.notice_id
		WHERE d.letter = $1 AND n.account_id = $2 ORDER BY n.id`, letter, accountID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Notice
	for rows.Next() {
		var n Notice
		var sealed, wrapped []byte
		if err := rows.Scan(&n.ID, &sealed, store.Time(&n.At), &wrapped); err != nil {
			return nil, err
		}
		if n.Note, err = s.open(accountID, n.ID, sealed, wrapped); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

func (s *Service) sendDigest(ctx context.Context, letter, accountID, to string, list []Notice) (string, error) {
	a, err := s.Accounts.Get(ctx, s.DB, accountID)
	if err != nil {
		return "", err
	}
	notes := make([]Note, len(list))
	for i, n := range list {
		notes[i] = n.Note
	}
	out := s.Letterhead().Digest(a.Lang, notes, s.Off(accountID, OfDay))
	out.ID, out.To = letter, to
	return anyOf(ctx, s.Gateways.Log, s.Gateways.Letters, func(g MailGateway) error { return g.SendMail(ctx, out) })
}

// settle writes down what became of the letter's notices: those that went, and those that no letter reaches and that go another way.
// Whoever stopped letters meanwhile has the others in the inbox.
func (s *Service) settle(ctx context.Context, tx *store.Tx, gateway string, all, sent, away []Notice) error {
	if len(sent) > 0 {
		args := []any{string(ByMail), tx.Now(), gateway}
		if _, err := tx.Exec(ctx, `INSERT INTO delivery (notice_id, channel, sent_at, gateway) SELECT id, $1, $2, $3 FROM notice WHERE `+store.InSQL("id", ids(sent), &args)+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("the letter of the day went: %w", err)
		}
	}
	var args []any
	if _, err := tx.Exec(ctx, `DELETE FROM notice_digest WHERE `+store.InSQL("notice_id", ids(all), &args), args...); err != nil {
		return fmt.Errorf("the letter of the day went: %w", err)
	}
	var others []jobs.Args
	for _, n := range away {
		others = append(others, Deliver{n.ID, string(ByMail)}, Deliver{n.ID, string(BySMS)})
	}
	if len(others) == 0 {
		return nil
	}
	return s.Jobs.Enqueue(ctx, tx, others...)
}

func ids(list []Notice) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.ID
	}
	return out
}
