package credential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"okno/internal/keyring"
	"okno/internal/store"
)

// Question is one of the security questions that a portal offers (AUTH-5). They exist because services of this kind have them; what they ask
// is often known to relatives and found in networks, so they are off unless the policy switches them on, and prove nothing alone.
type Question string

// Offered are the questions: what does not change and is in no register. Their texts are i18n "question.ask.".
func Offered() []Question {
	return []Question{"teacher", "street", "pet", "book", "dish", "toy", "trip", "nickname"}
}

// Questions are those of an account; List is empty when there are none.
type Questions struct {
	List    []Question
	Encoded string // the hash of the answers, in the order of the list
	MadeAt  time.Time
}

// QuestionsOf are the account's questions.
func (s *Service) QuestionsOf(ctx context.Context, q store.Querier, account string) (Questions, error) {
	var out Questions
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT content, encoded, made_at, `+keyring.WrappedSQL("security_question.account_id")+` FROM security_question WHERE account_id = $1`, account).
		Scan(&sealed, &out.Encoded, store.Time(&out.MadeAt), &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return Questions{}, nil
	}
	if err != nil {
		return Questions{}, fmt.Errorf("questions of %s: %w", account, err)
	}
	key, err := s.Ring.Unwrap(account, wrapped)
	if err != nil {
		return Questions{}, err
	}
	return out, key.OpenJSON("security_question", "content", account, sealed, &out.List)
}

// SetQuestions keeps questions and the hash of their answers in place of those there were.
func (s *Service) SetQuestions(ctx context.Context, tx *store.Tx, account string, list []Question, encoded string) error {
	key, err := s.Ring.Person(ctx, tx, account)
	if err != nil {
		return err
	}
	sealed, err := key.SealJSON("security_question", "content", account, list)
	if err != nil {
		return err
	}
	return tx.Do(ctx, `INSERT INTO security_question (account_id, content, encoded, made_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id) DO UPDATE SET content = excluded.content, encoded = excluded.encoded, made_at = excluded.made_at`, account, sealed, encoded, tx.Now())
}

// RemoveQuestions forgets them; false when there were none.
func (s *Service) RemoveQuestions(ctx context.Context, tx *store.Tx, account string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM security_question WHERE account_id = $1`, account)
	return n > 0, err
}

// Answers are what is hashed of answers, "" when one of them says nothing: letters and digits alone, as people write them twice.
func Answers(list []string) string {
	plain := make([]string, len(list))
	for i, a := range list {
		plain[i] = strings.Map(func(r rune) rune {
			switch r = unicode.ToLower(r); {
			case r == 'ё':
				return 'е'
			case unicode.IsLetter(r), unicode.IsDigit(r):
				return r
			}
			return -1
		}, a)
	}
	if len(plain) == 0 || slices.Contains(plain, "") {
		return ""
	}
	return strings.Join(plain, "\n")
}
