package signin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/store"
)

// ByQuestions are the answers to security questions, where the policy has switched them on: beside the contact and never without it, and
// of accounts up to the level that the policy names.
const ByQuestions Means = "questions"

// The refusals.
var (
	ErrNoQuestions  = fault.New(fault.Missing, "questions.off")  // this portal asks none
	ErrQuestionsSet = fault.New(fault.Missing, "questions.none") // there are none to remove
)

// AsksQuestions reports whether the portal offers security questions to accounts of the level.
func (s *Service) AsksQuestions(l access.Level) bool { return s.Policy.Recovery.Questions.For(l) }

// MyQuestions are the security questions of whoever asks.
func (s *Service) MyQuestions(ctx context.Context, who access.Actor) (credential.Questions, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return credential.Questions{}, err
	}
	if !s.AsksQuestions(who.Level) {
		return credential.Questions{}, ErrNoQuestions
	}
	return s.Credentials.QuestionsOf(ctx, s.DB, who.ID)
}

// SetQuestions keeps the person's questions with the hash of the answers, and tells every contact. The fields are question-1, answer-1 and so on.
func (s *Service) SetQuestions(ctx context.Context, who access.Actor, list []credential.Question, answers []string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if !s.AsksQuestions(who.Level) {
		return ErrNoQuestions
	}
	if !s.Fresh(who) {
		return ErrAgain
	}
	if err := s.readQuestions(list, answers); err != nil {
		return err
	}
	encoded, err := s.Hasher.Hash(ctx, credential.Answers(answers))
	if err != nil {
		return err
	}
	return s.changeFactors(ctx, who, "questions_set", func(tx *store.Tx) error { return s.Credentials.SetQuestions(ctx, tx, who.ID, list, encoded) })
}

func (s *Service) readQuestions(list []credential.Question, answers []string) error {
	p := s.Policy.Recovery.Questions
	var sheet form.Sheet
	for i := range p.Ask {
		question, answer := credential.Question(""), ""
		if i < len(list) && i < len(answers) {
			question, answer = list[i], answers[i]
		}
		if !slices.Contains(credential.Offered(), question) {
			sheet = append(sheet, fault.F(fmt.Sprintf("question-%d", i+1), "questions.choose"))
		} else if slices.Index(list, question) < i {
			sheet = append(sheet, fault.F(fmt.Sprintf("question-%d", i+1), "questions.twice"))
		}
		plain := credential.Answers([]string{answer})
		n := utf8.RuneCountInString(plain)
		same := slices.IndexFunc(answers, func(a string) bool { return credential.Answers([]string{a}) == plain })
		switch field := fmt.Sprintf("answer-%d", i+1); {
		case n < p.Shortest:
			sheet = append(sheet, fault.F(field, "questions.short", "n", p.Shortest))
		case n > p.Longest:
			sheet = append(sheet, fault.F(field, "questions.long", "n", p.Longest))
		case same < i:
			sheet = append(sheet, fault.F(field, "questions.same"))
		}
	}
	return sheet.Err()
}

// RemoveQuestions forgets the person's questions, and tells every contact.
func (s *Service) RemoveQuestions(ctx context.Context, who access.Actor) error {
	return s.changeFactors(ctx, who, "questions_removed", func(tx *store.Tx) error {
		there, err := s.Credentials.RemoveQuestions(ctx, tx, who.ID)
		if err == nil && !there {
			err = ErrQuestionsSet
		}
		return err
	})
}

// questionsFor are those that a recovery of the account may ask, none where they are off, were never set or do not count at its level.
func (s *Service) questionsFor(ctx context.Context, q store.Querier, accountID string) (credential.Questions, error) {
	if !s.Policy.Recovery.Questions.UpTo.Valid() { // as on most portals, and nothing is read
		return credential.Questions{}, nil
	}
	level, _, err := s.standing(ctx, q, accountID)
	if err != nil || !s.AsksQuestions(level) {
		return credential.Questions{}, err
	}
	return s.Credentials.QuestionsOf(ctx, q, accountID)
}

// rightAnswers compares what was typed, a line for each question, with the hash; no transaction is open meanwhile.
func (s *Service) rightAnswers(ctx context.Context, encoded, typed string) (bool, error) {
	ok, _, err := s.Hasher.Verify(ctx, encoded, credential.Answers(strings.Split(typed, "\n")))
	return ok, err
}
