package application

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// Said is an answer of a form as the page shows it, in the language of the context.
type Said struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

type heldDraft struct {
	ID        string       `json:"id"`
	Service   string       `json:"service"`
	Title     i18n.Text    `json:"title"`
	Previous  string       `json:"previous,omitempty"`
	UpdatedAt time.Time    `json:"updated_at"`
	Form      []Said       `json:"form,omitempty"`
	Answers   form.Answers `json:"answers"`

	Lookups  map[string]question `json:"lookups,omitempty"` // what registers told for it
	Disputes map[string]Dispute  `json:"disputes,omitempty"`

	Documents map[kind.ID]taken `json:"documents,omitempty"` // from which it was filled in
}

type heldCase struct {
	ID          string            `json:"id"`
	Number      string            `json:"number"`
	Service     string            `json:"service"`
	Title       i18n.Text         `json:"title"`
	Unit        string            `json:"unit"`
	State       procedure.State   `json:"state"`
	Turn        procedure.Turn    `json:"turn"`
	Outcome     procedure.Outcome `json:"outcome,omitempty"`
	SubmittedAt time.Time         `json:"submitted_at"`
	EnteredAt   time.Time         `json:"entered_at"`
	DueAt       time.Time         `json:"due_at,omitzero"`
	Previous    string            `json:"previous,omitempty"`
	PartOf      string            `json:"part_of,omitempty"` // id of the case of which it is a part
	By          string            `json:"by,omitempty"`      // id of the account of whoever filed it for this one
	Form        []Said            `json:"form,omitempty"`
	Content     Content           `json:"content"`

	Correction *heldUnsent `json:"correction,omitempty"` // that is typed and was not sent
}

type heldUnsent struct {
	UpdatedAt time.Time    `json:"updated_at"`
	Form      []Said       `json:"form,omitempty"` // the questions that are open
	Answers   form.Answers `json:"answers"`
}

type heldEvent struct {
	Case  string          `json:"case"`
	At    time.Time       `json:"at"`
	Event procedure.Event `json:"event,omitempty"`
	Party string          `json:"party"`
	State procedure.State `json:"state"`
	Note  string          `json:"note,omitempty"`
}

type heldDeed struct {
	Case  string    `json:"case"`
	At    time.Time `json:"at"`
	Deed  string    `json:"deed"`
	Event string    `json:"event,omitempty"`
	Note  string    `json:"note,omitempty"`
}

// Export gives the account's drafts and cases with their forms, and what happened in each case: a few statements, however many
// there are. Which employee it was is not told; what is told is whose move it was.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return err
	}
	a, err := s.Accounts.Get(ctx, q, accountID)
	if err != nil {
		return err
	}
	secret, err := s.secret(ctx, q, a)
	if err != nil {
		return err
	}
	give = masked(secret, give)
	if err := s.exportDrafts(ctx, q, key, accountID, give); err != nil {
		return err
	}
	found, err := s.find(ctx, q, `account_id = $1 ORDER BY submitted_at, id`, accountID)
	if err != nil {
		return err
	}
	typed, err := corrections(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, x := range found {
		if x.Def, err = s.definition(ctx, q, x.definition, x.Service); err != nil { // read once for all cases of one definition
			return err
		}
		plain, err := key.Open("application", "content", x.ID, x.sealed)
		if err != nil {
			return fmt.Errorf("open case %s: %w", x.ID, err)
		}
		if err := json.Unmarshal(plain, &x.Content); err != nil {
			return err
		}
		if x.By != "" { // the numbers and contacts of whoever filed it are theirs
			for _, f := range []procedure.Fact{procedure.RepresentativeSNILS, procedure.RepresentativeBirthDate, procedure.Email, procedure.MobilePhone} {
				delete(x.Content.Profile, f)
			}
		}
		correction, err := s.heldUnsent(ctx, key, x.Case, typed[x.ID])
		if err != nil {
			return err
		}
		err = give("application", heldCase{x.ID, x.Number, x.Service, x.Def.Title, x.Unit, x.State, x.Turn, x.Outcome, x.SubmittedAt, x.EnteredAt, x.DueAt, x.Previous, x.Parent, x.By,
			said(ctx, x.Form(s.Zone), x.Content.Answers), x.Content, correction})
		if err != nil {
			return err
		}
	}
	if err := s.exportAttached(ctx, q, key, accountID, give); err != nil {
		return err
	}
	if err := s.exportEvents(ctx, q, key, accountID, give); err != nil {
		return err
	}
	if err := exportComplaints(ctx, q, key, accountID, give); err != nil {
		return err
	}
	return s.exportDesk(ctx, q, key, accountID, give)
}

// corrections are what is typed in corrections of the account's cases and was not sent, sealed, by the id of the case. What a parent still
// types is in nobody's copy.
func corrections(ctx context.Context, q store.Querier, accountID string) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `SELECT id, correction FROM application WHERE account_id = $1 AND by_id = '' AND correction IS NOT NULL`, accountID)
	out := map[string][]byte{}
	err = store.Each(rows, err, func(r *store.Rows) error {
		var id string
		var sealed []byte
		err := r.Scan(&id, &sealed)
		out[id] = sealed
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("corrections of %s: %w", accountID, err)
	}
	return out, nil
}

func (s *Service) heldUnsent(ctx context.Context, key *keyring.Key, c Case, sealed []byte) (*heldUnsent, error) {
	if sealed == nil {
		return nil, nil
	}
	d, err := c.unsealUnsent(key, sealed)
	if err != nil || d.UpdatedAt.IsZero() { // thrown away
		return nil, err
	}
	return &heldUnsent{d.UpdatedAt, said(ctx, c.Opened(s.Zone, d.Answers), d.Answers), d.Answers}, nil
}

func (s *Service) exportDrafts(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, service, answers, beside, previous, updated_at FROM draft WHERE account_id = $1 AND by_id = '' ORDER BY updated_at`, accountID)
	if err != nil {
		return fmt.Errorf("drafts of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var d heldDraft
		var sealed, besides []byte
		if err := rows.Scan(&d.ID, &d.Service, &sealed, &besides, &d.Previous, store.Time(&d.UpdatedAt)); err != nil {
			return err
		}
		plain, err := key.Open("draft", "answers", d.ID, sealed)
		if err != nil {
			return fmt.Errorf("open draft %s: %w", d.ID, err)
		}
		if d.Answers, err = form.Decode(plain); err != nil {
			return err
		}
		b, err := unsealBeside(key, d.ID, besides)
		if err != nil {
			return err
		}
		d.Lookups, d.Disputes, d.Documents = b.Lookups, b.Disputes, b.Documents
		if def, ok := s.Catalogue.ByCode(d.Service); ok {
			d.Title, d.Form = def.Title, said(ctx, def.FormFor(nil, d.Answers, s.today(s.DB)), d.Answers)
		}
		if err := give("draft", d); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Service) exportEvents(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT e.application_id, e.version, e.at, e.event, e.party, e.state, e.note FROM application_event e JOIN application a ON a.id = e.application_id
		WHERE a.account_id = $1 ORDER BY e.application_id, e.version`, accountID)
	if err != nil {
		return fmt.Errorf("events of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var e heldEvent
		var version int64
		var sealed []byte
		if err := rows.Scan(&e.Case, &version, store.Time(&e.At), &e.Event, &e.Party, &e.State, &sealed); err != nil {
			return err
		}
		if sealed != nil {
			plain, err := key.Open("application_event", "note", fmt.Sprintf("%s/%d", e.Case, version), sealed)
			if err != nil {
				return err
			}
			e.Note = string(plain)
		}
		if err := give("application_event", e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// exportDesk gives what officers did with the cases among themselves, and the decisions of theirs that wait for a second pair of eyes.
func (s *Service) exportDesk(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT 'desk_event' AS held, e.id, e.application_id, e.at, e.deed, e.event, e.note FROM desk_event e JOIN application a ON a.id = e.application_id WHERE a.account_id = $1
		UNION ALL SELECT 'desk_proposal', p.application_id, p.application_id, p.at, 'proposed', p.event, p.advice FROM desk_proposal p JOIN application a ON a.id = p.application_id WHERE a.account_id = $1
		ORDER BY 1, 2`, accountID)
	if err != nil {
		return fmt.Errorf("deeds of officers with cases of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var e heldDeed
		var table, row string
		var sealed []byte
		if err := rows.Scan(&table, &row, &e.Case, store.Time(&e.At), &e.Deed, &e.Event, &sealed); err != nil {
			return err
		}
		column := "note"
		if table == "desk_proposal" {
			column = "advice"
		}
		if sealed != nil {
			plain, err := key.Open(table, column, row, sealed)
			if err != nil {
				return err
			}
			e.Note = string(plain)
		}
		if err := give(table, e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// said are the answers as their page shows them.
func said(ctx context.Context, f form.Form, a form.Answers) []Said {
	var out []Said
	for _, page := range f.Asked(a) {
		for _, field := range f.Flat(page, a) {
			if shown := field.Show(ctx, a); shown != "" {
				out = append(out, Said{field.Label.In(ctx), shown})
			}
		}
	}
	return out
}

// UnderWay counts the cases that are not decided of the account, and those that it filed for somebody else.
func (s *Service) UnderWay(ctx context.Context, q store.Querier, accountID string) (int, error) {
	var n int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM application WHERE (account_id = $1 OR by_id = $1 AND by_id <> '') AND outcome = ''`, accountID).Scan(&n); err != nil {
		return 0, fmt.Errorf("cases of %s: %w", accountID, err)
	}
	return n, nil
}

// Erase takes out of the account's cases what they say, and closes as withdrawn those that were not decided. That an agency had a
// case of that number, when, and how it ended, stays with the agency; whose it was does not. The version moves on, so that the
// jobs that wait for a case find it gone.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	units, err := s.close(ctx, tx, accountID)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		statement string
		args      []any
	}{
		{`UPDATE application SET content = $1, correction = NULL, version = version + 1 WHERE account_id = $2`, []any{[]byte{}, accountID}},
		{`UPDATE application SET by_id = '' WHERE by_id = $1 AND by_id <> ''`, []any{accountID}}, // it is whose it was; who filed it stays sealed in it, for them and the agency
		{`UPDATE application_event SET note = NULL WHERE application_id IN (SELECT id FROM application WHERE account_id = $1)`, []any{accountID}},
		{`UPDATE desk_event SET note = NULL WHERE application_id IN (SELECT id FROM application WHERE account_id = $1)`, []any{accountID}},
		{`DELETE FROM desk_proposal WHERE application_id IN (SELECT id FROM application WHERE account_id = $1)`, []any{accountID}},
		{`DELETE FROM complaint WHERE application_id IN (SELECT id FROM application WHERE account_id = $1)`, []any{accountID}},
		{`DELETE FROM draft WHERE account_id = $1 OR by_id = $1 AND by_id <> ''`, []any{accountID}}, // what they filled in for others is theirs, too
		{`DELETE FROM attachment WHERE account_id = $1`, []any{accountID}},
		{`DELETE FROM attachment_piece WHERE upload_id IN (SELECT id FROM attachment_upload WHERE account_id = $1)`, []any{accountID}},
		{`DELETE FROM attachment_upload WHERE account_id = $1`, []any{accountID}},
	} {
		if _, err := tx.Exec(ctx, x.statement, x.args...); err != nil {
			return fmt.Errorf("erase cases of %s: %w", accountID, err)
		}
	}
	for unit := range units {
		if err := tx.Notify(ctx, QueueTopic(unit)); err != nil {
			return err
		}
	}
	return nil
}

// close ends the cases that were not decided and says in whose queues they stood.
func (s *Service) close(ctx context.Context, tx *store.Tx, accountID string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `UPDATE application SET turn = $1, outcome = $2, officer = '', due_at = NULL WHERE account_id = $3 AND outcome = '' RETURNING unit`,
		string(procedure.TurnNone), string(procedure.Withdrawn), accountID)
	if err != nil {
		return nil, fmt.Errorf("close cases of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	units := map[string]bool{}
	for rows.Next() {
		var unit string
		if err := rows.Scan(&unit); err != nil {
			return nil, err
		}
		units[unit] = true
	}
	return units, rows.Err()
}
