package support

import (
	"context"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
)

// moved is how many questions go to another account at once.
const moved = 50

// Move gives the next questions of one account to another of the same person, with their talk, and names them (REG-12).
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, contact FROM question WHERE owner = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	questions, err := b.Rows(rows, "question", "contact")
	if err != nil || len(questions.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE question SET account_id = $1, owner = $1, contact = `+questions.CaseSQL("id", "contact", &args)+`
		WHERE owner = $2 AND `+store.InSQL("id", questions.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move questions: %w", err)
	}
	args = nil
	rows, err = tx.Query(ctx, `SELECT id, text FROM question_message WHERE `+store.InSQL("question_id", questions.Keys, &args), args...)
	if err != nil {
		return nil, err
	}
	talk, err := b.Rows(rows, "question_message", "text")
	if err != nil || len(talk.Keys) == 0 {
		return questions.Keys, err
	}
	args = nil
	if _, err := tx.Exec(ctx, `UPDATE question_message SET text = `+talk.CaseSQL("id", "text", &args)+`
		WHERE `+store.InSQL("question_id", questions.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move the talk of questions: %w", err)
	}
	return questions.Keys, nil
}

// FilesOf are the files that were sent with the questions.
func (s *Service) FilesOf(ctx context.Context, q store.Querier, questions []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT file_id FROM question_file WHERE `+store.InSQL("question_id", questions, &args), args...))
}
