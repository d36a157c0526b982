package wallet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// codeOf is the value under the index of a share.
func codeOf(_ string, plain []byte) (column, value string, err error) {
	var c shared
	err = json.Unmarshal(plain, &c)
	return codeColumn, c.Code, err
}

type (
	heldDocument struct {
		ID        string        `json:"id"`
		Kind      kind.ID       `json:"kind"`
		Version   int64         `json:"version"`
		Register  RegisterState `json:"register_state,omitempty"`
		KnownAt   time.Time     `json:"known_at,omitzero"`
		EndsAt    time.Time     `json:"ends_at,omitzero"`
		Reminded  int           `json:"reminded"`
		CreatedAt time.Time     `json:"created_at"`
		ChangedAt time.Time     `json:"changed_at"`
	}
	heldVersion struct {
		ID       string            `json:"id"`
		Document string            `json:"document"`
		Version  int64             `json:"version"`
		Source   string            `json:"source"`
		Holder   string            `json:"holder,omitempty"`
		Values   map[string]string `json:"values"`
		File     string            `json:"file,omitempty"`
		MadeAt   time.Time         `json:"made_at"`
	}
	heldRequest struct {
		ID         string    `json:"id"`
		Kind       kind.ID   `json:"kind"`
		State      Outcome   `json:"state"`
		Tries      int       `json:"tries"`
		AskedAt    time.Time `json:"asked_at"`
		AnsweredAt time.Time `json:"answered_at,omitzero"`
	}
	heldShare struct {
		ID        string    `json:"id"`
		Document  string    `json:"document"`
		Shown     []string  `json:"shown"`
		Looks     int       `json:"looks"`
		Refused   int       `json:"refused"`
		MadeAt    time.Time `json:"made_at"`
		ExpiresAt time.Time `json:"expires_at"`
		OpenedAt  time.Time `json:"opened_at,omitzero"`
		StoppedAt time.Time `json:"stopped_at,omitzero"`
	}
	heldUse struct {
		Attachment string    `json:"attachment"`
		Document   string    `json:"document"`
		Version    int64     `json:"version"`
		UsedAt     time.Time `json:"used_at"`
	}
	heldPaperUse struct {
		Attachment string    `json:"attachment"`
		Paper      string    `json:"paper"`
		UsedAt     time.Time `json:"used_at"`
	}
)

// Export gives the person's documents with all their versions, what registers were asked, what was shown to others, and where documents went.
// The bytes of scans are among the files of the copy; codes of shares are left out.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return err
	}
	err = each(ctx, q, `SELECT id, kind, version, register_state, known_at, ends_at, reminded, created_at, changed_at FROM wallet_document WHERE account_id = $1 ORDER BY id`, accountID, func(row *store.Rows) error {
		var d heldDocument
		if err := row.Scan(&d.ID, &d.Kind, &d.Version, &d.Register, store.NullTime(&d.KnownAt), store.NullTime(&d.EndsAt), &d.Reminded, store.Time(&d.CreatedAt), store.Time(&d.ChangedAt)); err != nil {
			return err
		}
		return give("wallet_document", d)
	})
	if err != nil {
		return err
	}
	err = each(ctx, q, `SELECT id, document_id, version, source, content, file_id, made_at FROM wallet_version WHERE account_id = $1 ORDER BY id`, accountID, func(row *store.Rows) error {
		var v Version
		var sealed []byte
		var document string
		if err := row.Scan(&v.id, &document, &v.Number, &v.Source, &sealed, &v.file, store.Time(&v.MadeAt)); err != nil {
			return err
		}
		if err := v.unseal(key, sealed); err != nil {
			return err
		}
		return give("wallet_version", heldVersion{v.id, document, v.Number, v.Source, v.Holder, v.Values, v.file, v.MadeAt})
	})
	if err != nil {
		return err
	}
	return exportRest(ctx, q, key, accountID, give)
}

func exportRest(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	err := each(ctx, q, `SELECT id, kind, state, tries, asked_at, answered_at FROM wallet_request WHERE account_id = $1 ORDER BY id`, accountID, func(row *store.Rows) error {
		var r heldRequest
		if err := row.Scan(&r.ID, &r.Kind, &r.State, &r.Tries, store.Time(&r.AskedAt), store.NullTime(&r.AnsweredAt)); err != nil {
			return err
		}
		return give("wallet_request", r)
	})
	if err != nil {
		return err
	}
	err = each(ctx, q, `SELECT id, document_id, content, looks, refused, made_at, expires_at, opened_at, stopped_at FROM wallet_share WHERE account_id = $1 ORDER BY id`, accountID, func(row *store.Rows) error {
		var x heldShare
		var sealed []byte
		if err := row.Scan(&x.ID, &x.Document, &sealed, &x.Looks, &x.Refused, store.Time(&x.MadeAt), store.Time(&x.ExpiresAt), store.NullTime(&x.OpenedAt), store.NullTime(&x.StoppedAt)); err != nil {
			return err
		}
		var c shared
		if err := key.OpenJSON("wallet_share", "content", x.ID, sealed, &c); err != nil {
			return err
		}
		if x.Shown = c.Fields; c.Scan {
			x.Shown = append(x.Shown, "scan")
		}
		if c.Name {
			x.Shown = append(x.Shown, "name")
		}
		if c.Paper {
			x.Shown = append(x.Shown, "paper")
		}
		return give("wallet_share", x)
	})
	if err != nil {
		return err
	}
	err = each(ctx, q, `SELECT attachment_id, paper_id, used_at FROM wallet_paper_use WHERE account_id = $1 ORDER BY attachment_id`, accountID, func(row *store.Rows) error {
		var u heldPaperUse
		if err := row.Scan(&u.Attachment, &u.Paper, store.Time(&u.UsedAt)); err != nil {
			return err
		}
		return give("wallet_paper_use", u)
	})
	if err != nil {
		return err
	}
	return each(ctx, q, `SELECT attachment_id, document_id, version, used_at FROM wallet_use WHERE account_id = $1 ORDER BY attachment_id`, accountID, func(row *store.Rows) error {
		var u heldUse
		if err := row.Scan(&u.Attachment, &u.Document, &u.Version, store.Time(&u.UsedAt)); err != nil {
			return err
		}
		return give("wallet_use", u)
	})
}

func each(ctx context.Context, q store.Querier, text, accountID string, do func(row *store.Rows) error) error {
	rows, err := q.Query(ctx, text, accountID)
	if err = store.Each(rows, err, do); err != nil {
		return fmt.Errorf("wallet of %s: %w", accountID, err)
	}
	return nil
}

// Erase takes the wallet out; its files are the business of package files.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, text := range []string{`DELETE FROM wallet_use WHERE account_id = $1`, `DELETE FROM wallet_paper_use WHERE account_id = $1`, `DELETE FROM wallet_share WHERE account_id = $1`, `DELETE FROM wallet_request WHERE account_id = $1`,
		`DELETE FROM wallet_version WHERE account_id = $1`, `DELETE FROM wallet_document WHERE account_id = $1`} {
		if _, err := tx.Exec(ctx, text, accountID); err != nil {
			return fmt.Errorf("erase wallet of %s: %w", accountID, err)
		}
	}
	return nil
}

// moved is how many rows go to another account at once.
const moved = 100

// Move gives the next documents of one account to another of the same person, and names them (REG-12). What is being shown of them just
// then is over.
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	return s.pass(ctx, tx, b, "wallet_document", "id")
}

// MoveUses is Move for where documents went.
func (s *Service) MoveUses(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	return s.pass(ctx, tx, b, "wallet_use", "attachment_id")
}

// MovePaperUses is Move for where issued papers went.
func (s *Service) MovePaperUses(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	return s.pass(ctx, tx, b, "wallet_paper_use", "attachment_id")
}

func (s *Service) pass(ctx context.Context, tx *store.Tx, b keyring.Between, table, key string) ([]string, error) {
	args := []any{b.From, moved}
	out, err := store.Names(tx.Query(ctx, `SELECT `+key+` FROM `+table+` WHERE account_id = $1 AND `+b.OnlySQL(key, &args)+` ORDER BY `+key+` LIMIT $2`, args...))
	if err != nil || len(out) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE `+table+` SET account_id = $1 WHERE account_id = $2 AND `+store.InSQL(key, out, &args), args...); err != nil {
		return nil, fmt.Errorf("move %s: %w", table, err)
	}
	return out, nil
}

// MoveVersions is Move for what stands in the documents. Their scans go by themselves.
func (s *Service) MoveVersions(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, content FROM wallet_version WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	all, err := b.Rows(rows, "wallet_version", "content")
	if err != nil || len(all.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE wallet_version SET account_id = $1, content = `+all.CaseSQL("id", "content", &args)+` WHERE account_id = $2 AND `+store.InSQL("id", all.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move versions of documents: %w", err)
	}
	return all.Keys, nil
}

// VersionsOf are the versions of the documents.
func (s *Service) VersionsOf(ctx context.Context, q store.Querier, documents []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT id FROM wallet_version WHERE `+store.InSQL("document_id", documents, &args), args...))
}

// UsesOf are the files of applications that the documents are.
func (s *Service) UsesOf(ctx context.Context, q store.Querier, documents []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT attachment_id FROM wallet_use WHERE `+store.InSQL("document_id", documents, &args), args...))
}

// PaperUsesOf are the files of applications that the papers are.
func (s *Service) PaperUsesOf(ctx context.Context, q store.Querier, papers []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT attachment_id FROM wallet_paper_use WHERE `+store.InSQL("paper_id", papers, &args), args...))
}

// FilesOf are the files in which the scans of the versions lie.
func (s *Service) FilesOf(ctx context.Context, q store.Querier, versions []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT DISTINCT file_id FROM wallet_version WHERE file_id <> '' AND `+store.InSQL("id", versions, &args), args...))
}
