package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

const attachedColumns = `id, application_id, account_id, slot, file_id, state, reading, reason, content, sent_at, read_at, confirmed_at, filed_at, replaced_at`

// about is what of a file is sealed in its row.
type about struct {
	Name  string                    `json:"name"`
	Media files.Media               `json:"media"`
	Size  int64                     `json:"size"`
	Sum   []byte                    `json:"sum"` // SHA-256 of the bytes as they came
	Read  map[scan.Field]scan.Value `json:"read,omitempty"`
}

func scanAttached(r scanner) (a Attached, sealed []byte, err error) {
	err = r.Scan(&a.ID, &a.Application, &a.account, &a.Slot, &a.file, &a.State, &a.Reading, &a.Reason, &sealed,
		store.Time(&a.SentAt), store.NullTime(&a.ReadAt), store.NullTime(&a.ConfirmedAt), store.NullTime(&a.FiledAt), store.NullTime(&a.ReplacedAt))
	return a, sealed, err
}

func (a *Attached) unseal(key *keyring.Key, sealed []byte) error {
	plain, err := key.Open("attachment", "content", a.ID, sealed)
	if err != nil {
		return fmt.Errorf("open attachment %s: %w", a.ID, err)
	}
	var x about
	if err := json.Unmarshal(plain, &x); err != nil {
		return err
	}
	a.Name, a.Media, a.Size, a.sum, a.Read = x.Name, x.Media, x.Size, x.Sum, x.Read
	return nil
}

func (a Attached) seal(key *keyring.Key) ([]byte, error) {
	plain, err := json.Marshal(about{a.Name, a.Media, a.Size, a.sum, a.Read})
	if err != nil {
		return nil, err
	}
	return key.Seal("attachment", "content", a.ID, plain), nil
}

// attachedByID reads a row without opening what is sealed in it.
func attachedByID(ctx context.Context, q store.Querier, attachmentID string) (Attached, []byte, error) {
	a, sealed, err := scanAttached(q.QueryRow(ctx, `SELECT `+attachedColumns+` FROM attachment WHERE id = $1`, attachmentID))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		return Attached{}, nil, ErrNoFile
	}
	if err != nil {
		return Attached{}, nil, fmt.Errorf("attachment %s: %w", attachmentID, err)
	}
	return a, sealed, nil
}

// attachedTo lists the files of a draft or a case in the order in which they came. Those that are still on their way from another
// account of the person (REG-12) are left out: the key does not open them.
func attachedTo(ctx context.Context, q store.Querier, key *keyring.Key, accountID, application string) ([]Attached, error) {
	rows, err := q.Query(ctx, `SELECT `+attachedColumns+` FROM attachment WHERE application_id = $1 AND account_id = $2 ORDER BY sent_at, id`, application, accountID)
	if err != nil {
		return nil, fmt.Errorf("attachments of %s: %w", application, err)
	}
	return unsealAll(rows, key)
}

func unsealAll(rows *store.Rows, key *keyring.Key) ([]Attached, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Attached
	for rows.Next() {
		a, sealed, err := scanAttached(rows)
		if err != nil {
			return nil, err
		}
		if err := a.unseal(key, sealed); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

func (a Attached) insert(ctx context.Context, tx *store.Tx, key *keyring.Key) error {
	sealed, err := a.seal(key)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO attachment (id, application_id, account_id, slot, file_id, state, reading, reason, content, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)`,
		a.ID, a.Application, a.account, a.Slot, a.file, string(a.State), string(a.Reading), sealed, a.SentAt)
	if err != nil {
		return fmt.Errorf("keep attachment %s: %w", a.ID, err)
	}
	return nil
}

// touchDraft takes the draft of the person for the transaction: while it is being sent as a case nothing is put into it and nothing
// taken out. Its version stays, because no answer changes.
func touchDraft(ctx context.Context, tx *store.Tx, accountID, draftID string) error {
	err := store.Touched(tx.Exec(ctx, `UPDATE draft SET updated_at = $1 WHERE id = $2 AND account_id = $3`, tx.Now(), draftID, accountID))
	if errors.Is(err, store.ErrStale) {
		return ErrMissing
	}
	return err
}

// Upload is a file on its way.
type Upload struct {
	ID          string
	Application string
	Slot        string
	Size        int64 // -1 while nobody knows it
	Offset      int64 // bytes that are here

	account string
	name    string
	key     string // by which a browser that lost everything but the file finds it again
	instead string
}

// onTheWay is what of an upload is sealed.
type onTheWay struct {
	Name string `json:"name"`
	Key  string `json:"key,omitempty"`
}

const uploadColumns = `id, application_id, account_id, slot, size, received, instead, content`

func scanUpload(r scanner) (u Upload, sealed []byte, err error) {
	err = r.Scan(&u.ID, &u.Application, &u.account, &u.Slot, &u.Size, &u.Offset, &u.instead, &sealed)
	return u, sealed, err
}

func (u *Upload) unseal(key *keyring.Key, sealed []byte) error {
	plain, err := key.Open("attachment_upload", "content", u.ID, sealed)
	if err != nil {
		return fmt.Errorf("open upload %s: %w", u.ID, err)
	}
	var x onTheWay
	if err := json.Unmarshal(plain, &x); err != nil {
		return err
	}
	u.name, u.key = x.Name, x.Key
	return nil
}

func (u Upload) insert(ctx context.Context, tx *store.Tx, key *keyring.Key) error {
	plain, err := json.Marshal(onTheWay{u.name, u.key})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO attachment_upload (`+uploadColumns+`, went_on_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.Application, u.account, u.Slot, u.Size, u.Offset, u.instead, key.Seal("attachment_upload", "content", u.ID, plain), tx.Now())
	if err != nil {
		return fmt.Errorf("begin upload %s: %w", u.ID, err)
	}
	return nil
}

// uploadsOf lists the files of a person that are on their way.
func uploadsOf(ctx context.Context, q store.Querier, key *keyring.Key, accountID string) ([]Upload, error) {
	rows, err := q.Query(ctx, `SELECT `+uploadColumns+` FROM attachment_upload WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("uploads of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Upload
	for rows.Next() {
		u, sealed, err := scanUpload(rows)
		if err != nil {
			return nil, err
		}
		if err := u.unseal(key, sealed); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// piece is a part of a file on its way.
type piece struct {
	start int64
	file  string
}

func pieces(ctx context.Context, q store.Querier, uploadID string) ([]piece, error) {
	rows, err := q.Query(ctx, `SELECT start, file_id FROM attachment_piece WHERE upload_id = $1 ORDER BY start`, uploadID)
	if err != nil {
		return nil, fmt.Errorf("pieces of %s: %w", uploadID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []piece
	for rows.Next() {
		var p piece
		if err := rows.Scan(&p.start, &p.file); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// forgetUpload takes an upload away with its pieces.
func (s *Service) forgetUpload(ctx context.Context, tx *store.Tx, uploadID string) error {
	all, err := pieces(ctx, tx, uploadID)
	if err != nil {
		return err
	}
	for _, p := range all { // as many as a file has pieces
		if err := s.Files.Drop(ctx, tx, p.file); err != nil {
			return err
		}
	}
	for _, statement := range []string{`DELETE FROM attachment_piece WHERE upload_id = $1`, `DELETE FROM attachment_upload WHERE id = $1`} {
		if _, err := tx.Exec(ctx, statement, uploadID); err != nil {
			return fmt.Errorf("forget upload %s: %w", uploadID, err)
		}
	}
	return nil
}

// fewAttached is how many files one transaction of a sweep takes away.
const fewAttached = 100

// SweepFiles takes away the files of drafts that are no more, those of an answer that was never sent, and what nobody went on with. A job runs it.
func (s *Service) SweepFiles(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			left, err := s.sweepAttached(ctx, tx, `filed_at IS NULL AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.id = attachment.application_id)
				AND NOT EXISTS (SELECT 1 FROM application WHERE application.id = attachment.application_id AND application.turn = 'applicant')`)
			if err != nil {
				return err
			}
			stale, err := store.Names(tx.Query(ctx, `SELECT id FROM attachment_upload WHERE went_on_at < $1
				OR NOT EXISTS (SELECT 1 FROM draft WHERE draft.id = attachment_upload.application_id)
				AND NOT EXISTS (SELECT 1 FROM application WHERE application.id = attachment_upload.application_id AND application.turn = 'applicant') ORDER BY id LIMIT $2`, tx.Now().Add(-s.Policy.Attachments.Unfinished), fewAttached))
			if err != nil {
				return err
			}
			for _, u := range stale { // a hundred at most
				if err := s.forgetUpload(ctx, tx, u); err != nil {
					return err
				}
			}
			n = max(left, len(stale))
			return nil
		})
		if err != nil || n < fewAttached {
			return err
		}
	}
}

// sweepAttached takes away files that a condition names, a hundred at most, and says how many.
func (s *Service) sweepAttached(ctx context.Context, tx *store.Tx, condition string, args ...any) (int, error) {
	rows, err := tx.Query(ctx, `DELETE FROM attachment WHERE id IN (SELECT id FROM attachment WHERE `+condition+` ORDER BY id LIMIT 100) RETURNING file_id`, args...)
	gone, err := store.Names(rows, err)
	if err != nil {
		return 0, fmt.Errorf("sweep attachments: %w", err)
	}
	for _, f := range gone { // a hundred at most
		if err := s.Files.Drop(ctx, tx, f); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// age is how long ago the file came.
func (a Attached) age(now time.Time) time.Duration { return now.Sub(a.SentAt) }
