package application

import (
	"context"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

// heldAttachment is a file of an application as its owner takes it away; the bytes are among the files of the copy.
type heldAttachment struct {
	ID          string                `json:"id"`
	Application string                `json:"application"`
	Slot        string                `json:"slot"`
	File        string                `json:"file,omitempty"`
	Name        string                `json:"name"`
	State       AttachedState         `json:"state"`
	Read        map[scan.Field]string `json:"read,omitempty"`
	SentAt      time.Time             `json:"sent_at"`
	ConfirmedAt time.Time             `json:"confirmed_at,omitzero"`
	FiledAt     time.Time             `json:"filed_at,omitzero"`
	ReplacedAt  time.Time             `json:"replaced_at,omitzero"`
}

// heldUpload is a file that has not come whole; its pieces are among the files of the copy.
type heldUpload struct {
	ID          string   `json:"id"`
	Application string   `json:"application"`
	Slot        string   `json:"slot"`
	Name        string   `json:"name"`
	Size        int64    `json:"size"`
	Received    int64    `json:"received"`
	Pieces      []string `json:"pieces"`
}

func (s *Service) exportAttached(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT `+attachedColumns+` FROM attachment WHERE account_id = $1
		AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.id = attachment.application_id AND draft.by_id <> '') ORDER BY id`, accountID) // what somebody fills in for them is not theirs yet
	if err != nil {
		return fmt.Errorf("attachments of %s: %w", accountID, err)
	}
	all, err := unsealAll(rows, key)
	if err != nil {
		return err
	}
	for _, a := range all {
		var read map[scan.Field]string
		for f, v := range a.Read {
			if read == nil {
				read = map[scan.Field]string{}
			}
			read[f] = v.Text
		}
		if err := give("attachment", heldAttachment{a.ID, a.Application, a.Slot, a.file, a.Name, a.State, read, a.SentAt, a.ConfirmedAt, a.FiledAt, a.ReplacedAt}); err != nil {
			return err
		}
	}
	under, err := uploadsOf(ctx, q, key, accountID)
	if err != nil {
		return err
	}
	for _, u := range under { // as many as a person may have on the way
		parts, err := pieces(ctx, q, u.ID)
		if err != nil {
			return err
		}
		held := heldUpload{ID: u.ID, Application: u.Application, Slot: u.Slot, Name: u.name, Size: u.Size, Received: u.Offset}
		for _, p := range parts {
			held.Pieces = append(held.Pieces, p.file)
		}
		if err := give("attachment_upload", held); err != nil {
			return err
		}
	}
	return nil
}

// MoveAttachments gives the next files of one account's applications to another of the same person, and names them (REG-12). Drafts and
// cases go first: the files of a draft that stays behind stay with it. What is half way stays, too, and is swept.
func (s *Service) MoveAttachments(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, content FROM attachment WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+`
		AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.id = attachment.application_id AND draft.account_id = $1)
		AND NOT EXISTS (SELECT 1 FROM application WHERE application.id = attachment.application_id AND application.account_id = $1) ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	all, err := b.Rows(rows, "attachment", "content")
	if err != nil || len(all.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE attachment SET account_id = $1, content = `+all.CaseSQL("id", "content", &args)+`
		WHERE account_id = $2 AND `+store.InSQL("id", all.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move attachments: %w", err)
	}
	return all.Keys, nil
}

// AttachmentsOf names the files of these drafts and cases.
func (s *Service) AttachmentsOf(ctx context.Context, q store.Querier, applications []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT id FROM attachment WHERE `+store.InSQL("application_id", applications, &args), args...))
}

// FilesOfAttachments are the files in which they lie.
func (s *Service) FilesOfAttachments(ctx context.Context, q store.Querier, attachments []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT file_id FROM attachment WHERE file_id <> '' AND `+store.InSQL("id", attachments, &args), args...))
}
