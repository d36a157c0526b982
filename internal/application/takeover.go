package application

import (
	"context"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// moved is how many rows go to another account at once.
const moved = 100

// MoveDrafts gives the next drafts of one account to another of the same person, and names them (REG-12). A draft for a service
// for which the other has begun one stays behind: the newer is the one that the person fills in.
func (s *Service) MoveDrafts(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, b.To, moved}
	rows, err := tx.Query(ctx, `SELECT id, answers FROM draft WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+`
		AND NOT EXISTS (SELECT 1 FROM draft other WHERE other.account_id = $2 AND other.by_id = draft.by_id AND other.service = draft.service) ORDER BY id LIMIT $3`, args...)
	if err != nil {
		return nil, err
	}
	drafts, err := b.Rows(rows, "draft", "answers")
	if err != nil || len(drafts.Keys) == 0 {
		return nil, err
	}
	args = nil
	rows, err = tx.Query(ctx, `SELECT id, beside FROM draft WHERE `+store.InSQL("id", drafts.Keys, &args), args...)
	if err != nil {
		return nil, err
	}
	besides, err := b.Rows(rows, "draft", "beside")
	if err != nil {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE draft SET account_id = $1, answers = `+drafts.CaseSQL("id", "answers", &args)+`, beside = `+besides.CaseSQL("id", "beside", &args)+`, touched = NULL, version = version + 1
		WHERE account_id = $2 AND `+store.InSQL("id", drafts.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move drafts: %w", err)
	}
	return drafts.Keys, nil
}

// MoveCases gives the next cases of one account to another of the same person, with their history, and names them (REG-12).
func (s *Service) MoveCases(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, content FROM application WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	cases, err := b.Rows(rows, "application", "content")
	if err != nil || len(cases.Keys) == 0 {
		return nil, err
	}
	args = nil
	rows, err = tx.Query(ctx, `SELECT id, correction FROM application WHERE `+store.InSQL("id", cases.Keys, &args), args...)
	if err != nil {
		return nil, err
	}
	corrections, err := b.Rows(rows, "application", "correction")
	if err != nil {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE application SET account_id = $1, content = `+cases.CaseSQL("id", "content", &args)+`, correction = `+corrections.CaseSQL("id", "correction", &args)+`
		WHERE account_id = $2 AND `+store.InSQL("id", cases.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move cases: %w", err)
	}
	const key = `application_id || '/' || CAST(version AS TEXT)` // of a note's place
	args = nil
	rows, err = tx.Query(ctx, `SELECT `+key+`, note FROM application_event WHERE note IS NOT NULL AND `+store.InSQL("application_id", cases.Keys, &args), args...)
	if err != nil {
		return nil, err
	}
	notes, err := b.Rows(rows, "application_event", "note")
	if err != nil {
		return nil, err
	}
	if len(notes.Keys) > 0 {
		args = nil
		if _, err := tx.Exec(ctx, `UPDATE application_event SET note = `+notes.CaseSQL(key, "note", &args)+`
			WHERE note IS NOT NULL AND `+store.InSQL("application_id", cases.Keys, &args), args...); err != nil {
			return nil, fmt.Errorf("move notes of cases: %w", err)
		}
	}
	return cases.Keys, moveDesk(ctx, tx, b, cases.Keys)
}

// MoveFiled makes the next cases that one account filed for others those of another of the same person, and names them (REG-12). Nothing is
// sealed anew: they are sealed for whom they are about.
func (s *Service) MoveFiled(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.To, b.From}
	return store.Names(tx.Query(ctx, `UPDATE application SET by_id = $1 WHERE by_id = $2 AND by_id <> '' AND `+b.OnlySQL("id", &args)+` RETURNING id`, args...))
}

// MoveBegun does the same with what that account fills in for others. A draft for which the other has begun one stays behind.
func (s *Service) MoveBegun(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.To, b.From}
	return store.Names(tx.Query(ctx, `UPDATE draft SET by_id = $1, version = version + 1 WHERE by_id = $2 AND by_id <> ''
		AND NOT EXISTS (SELECT 1 FROM draft other WHERE other.account_id = draft.account_id AND other.by_id = $1 AND other.service = draft.service)
		AND `+b.OnlySQL("id", &args)+` RETURNING id`, args...))
}

// moveDesk seals anew what officers wrote of the cases to each other.
func moveDesk(ctx context.Context, tx *store.Tx, b keyring.Between, cases []string) error {
	for _, x := range []struct{ table, column, key, of string }{
		{"desk_event", "note", "id", `SELECT id, note FROM desk_event WHERE note IS NOT NULL AND `},
		{"desk_proposal", "advice", "application_id", `SELECT application_id, advice FROM desk_proposal WHERE `},
		{"complaint", "content", "id", `SELECT id, content FROM complaint WHERE `},
	} {
		var args []any
		rows, err := tx.Query(ctx, x.of+store.InSQL("application_id", cases, &args), args...)
		if err != nil {
			return err
		}
		sealed, err := b.Rows(rows, x.table, x.column)
		if err != nil {
			return err
		}
		if len(sealed.Keys) == 0 {
			continue
		}
		args = nil
		set := x.column + ` = ` + sealed.CaseSQL(x.key, x.column, &args)
		if _, err := tx.Exec(ctx, `UPDATE `+x.table+` SET `+set+` WHERE `+store.InSQL(x.key, sealed.Keys, &args), args...); err != nil {
			return fmt.Errorf("move what officers wrote of cases: %w", err)
		}
	}
	return nil
}

// DecidedSince counts the cases among those that agencies decided after that moment.
func (s *Service) DecidedSince(ctx context.Context, q store.Querier, cases []string, since time.Time) (int, error) {
	args, n := []any{store.Moment(since), string(procedure.Granted), string(procedure.Refused)}, 0
	err := q.QueryRow(ctx, `SELECT count(*) FROM application WHERE entered_at > $1 AND outcome IN ($2, $3) AND `+store.InSQL("id", cases, &args), args...).Scan(&n)
	return n, err
}
