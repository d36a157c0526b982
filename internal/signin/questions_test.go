package signin_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var asked = []credential.Question{"pet", "book", "toy"}

// asking is a Confirmed person with security questions, on a portal that has switched them on.
func asking(t *testing.T, w *signintest.World, clock *storetest.Clock) access.Actor {
	t.Helper()
	w.Policy.Recovery.Questions.UpTo = access.Confirmed
	anna, _ := home(t, w, clock)
	if err := w.SignIn.AgainPassword(ctx, anna, signintest.Password); err != nil {
		t.Fatal(err)
	}
	if err := w.SignIn.SetQuestions(ctx, anna, asked, []string{"Барсик Второй", "Три толстяка", "Ёжик"}); err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET level = 'confirmed' WHERE id = $1`, anna.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	later(t, w, clock, 2*time.Minute)
	return anna
}

// AUTH-5: off unless a portal wants them, and then beside a contact.
func TestSecurityQuestionsAreOffUnlessThePolicySwitchesThemOn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := asking(t, w, clock)
		w.Policy.Recovery.Questions.UpTo = "none"
		if _, err := w.SignIn.MyQuestions(ctx, anna); !errors.Is(err, signin.ErrNoQuestions) {
			t.Errorf("the page: %v", err)
		}
		owner := signintest.Visitor("owner")
		proved(t, w, owner, phone)
		x, err := w.SignIn.RecoverSecond(ctx, owner, "", "")
		if err != nil || slices.Contains(x.Means, signin.ByQuestions) {
			t.Errorf("%v, %v", x.Means, err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByQuestions, "", "Барсик Второй\nТри толстяка\nЁжик"); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("the answers: %v", err)
		}
		w.Policy.Recovery.Questions.UpTo = access.Standard
		if x, err = w.SignIn.RecoverSecond(ctx, owner, "", ""); err != nil || slices.Contains(x.Means, signin.ByQuestions) {
			t.Errorf("above the level they are for: %v, %v", x.Means, err)
		}
	})
}

func TestAnswersRecoverBesideAContactHoweverTheyAreWritten(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		asking(t, w, clock)
		if n := saw(t, w, mail, "контрольные вопросы"); n != 1 {
			t.Errorf("the mail was told of them %d times", n)
		}
		owner := signintest.Visitor("owner")
		if step := proved(t, w, owner, phone); step != signin.StepSecond {
			t.Fatalf("the recovery stands at %s", step)
		}
		x, err := w.SignIn.RecoverSecond(ctx, owner, signin.ByQuestions, "")
		if err != nil || !slices.Equal(x.Questions, asked) {
			t.Fatalf("%+v, %v", x, err)
		}
		var invalid *fault.Error
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByQuestions, "", "барсик\n\nёжик"); !errors.As(err, &invalid) || errors.Is(err, signin.ErrSecondWrong) {
			t.Errorf("an answer that is not there counts: %v", err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByQuestions, "", "Барсик второй\nтри толстяка\nслон"); !errors.Is(err, signin.ErrSecondWrong) {
			t.Errorf("one answer is wrong: %v", err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, owner, newPassword, newPassword); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a password is set after a wrong answer: %v", err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByQuestions, "", " барсик-второй \nТРИ ТОЛСТЯКА!\nежик"); err != nil {
			t.Fatal(err)
		}
		token, err := w.SignIn.RecoverFinish(ctx, owner, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd kba" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// A thief of the phone has as many answers as the policy says, whatever number of recoveries is begun and however many come at once.
func TestNoCrowdOfGuessesAnswersMoreThanThePolicyAllows(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Policy.Code.SendsPerHour.Max, w.Policy.Code.SendsPerDay.Max = 10, 20 // their ceilings: more codes, more recoveries
		asking(t, w, clock)
		var mu sync.Mutex
		looked, blocked := 0, false
		for i := range 8 {
			thief := signintest.Visitor("thief-" + string(rune('a'+i)))
			if _, err := w.SignIn.RecoverStart(ctx, thief, phone); err != nil {
				break // the contact itself takes no more
			}
			if x, err := w.SignIn.RecoverCode(ctx, thief, w.Code(t, phone)); err != nil || x.Step != signin.StepSecond {
				t.Fatalf("%+v, %v", x, err)
			}
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByQuestions, "", "мурзик\nколобок\nмишка")
					if errors.Is(err, signin.ErrSecondWrong) || errors.Is(err, signin.ErrRecoverOver) {
						mu.Lock()
						looked++
						mu.Unlock()
					} else if err == nil {
						t.Error("a wrong answer is right")
					}
				})
			}
			all.Wait()
			later(t, w, clock, 2*time.Minute)
			if err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByQuestions, "", "мурзик\nколобок\nмишка"); errors.Is(err, signin.ErrSecondBlocked) {
				blocked = true
				break
			}
		}
		if !blocked {
			t.Error("the thieves are never stopped")
		}
		if most := w.Policy.SecondFactor.Recover.Max; looked == 0 || looked > most {
			t.Errorf("%d answers were looked at, %d are allowed", looked, most)
		}
		owner := signintest.Visitor("anna") // from whose browser the thief's guesses take nothing
		if step := proved(t, w, owner, phone); step != signin.StepSecond {
			t.Fatalf("the owner's recovery stands at %s", step)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByQuestions, "", "барсик второй\nтри толстяка\nёжик"); err != nil {
			t.Errorf("the owner is kept from recovering: %v", err)
		}
	})
}

func TestQuestionsThatAreSoonGuessedAreNotTaken(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := asking(t, w, clock)
		if err := w.SignIn.AgainPassword(ctx, anna, signintest.Password); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			list    []credential.Question
			answers []string
			field   string
		}{
			"the same question twice": {[]credential.Question{"pet", "pet", "toy"}, []string{"барсик", "мурзик", "мишка"}, "question-2"},
			"a question of one's own": {[]credential.Question{"pet", "mine", "toy"}, []string{"барсик", "мурзик", "мишка"}, "question-2"},
			"two letters":             {asked, []string{"барсик", "«Я! Я»", "мишка"}, "answer-2"},
			"the same answer":         {asked, []string{"барсик", "БАРСИК", "мишка"}, "answer-2"},
			"a story":                 {asked, []string{"барсик", strings.Repeat("очень", 20), "мишка"}, "answer-2"},
			"nothing":                 {nil, nil, "question-1"},
		} {
			err := w.SignIn.SetQuestions(ctx, anna, tt.list, tt.answers)
			var invalid *fault.Error
			if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Fields, func(f fault.Field) bool { return f.Name == tt.field }) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.SignIn.RemoveQuestions(ctx, anna); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RemoveQuestions(ctx, anna); !errors.Is(err, signin.ErrQuestionsSet) {
			t.Errorf("there are none to remove: %v", err)
		}
		owner := signintest.Visitor("owner")
		later(t, w, clock, 2*time.Minute)
		proved(t, w, owner, phone)
		if x, err := w.SignIn.RecoverSecond(ctx, owner, "", ""); err != nil || slices.Contains(x.Means, signin.ByQuestions) {
			t.Errorf("%v, %v", x.Means, err)
		}
	})
}

// Whoever reads the database reads no answer.
func TestAnswersAreNotStored(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := asking(t, w, clock)
		q, err := w.Credentials.QuestionsOf(ctx, w.DB, anna.ID)
		if err != nil || !strings.HasPrefix(q.Encoded, "$argon2id-hmac$") || strings.Contains(q.Encoded, "барсик") {
			t.Errorf("%q, %v", q.Encoded, err)
		}
		if n := len(credential.Answers([]string{"а", "б", "в"})); n > keyring.MaxPassword {
			t.Error(n)
		}
	})
}
