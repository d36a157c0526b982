package identity

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const questionsURL = "/cabinet/security/questions"

// questionsView is the page on which security questions are chosen; only a portal that has switched them on shows it.
type questionsView struct {
	Page   ui.Page
	Since  string // that there are some, "" when there are none
	Fields []questionField
	Errors ui.Errors
}

// questionField is one question to choose, with its answer.
type questionField struct {
	Question ui.Select
	Answer   ui.Field
}

func questionText(ctx context.Context, q credential.Question) string {
	return i18n.T(ctx, "question.ask."+string(q))
}

func (p *Pages) questionsView(r *http.Request, get func(string) string, errs ui.Errors) (questionsView, error) {
	ctx := r.Context()
	mine, err := p.SignIn.MyQuestions(ctx, access.From(ctx))
	if err != nil {
		return questionsView{}, err
	}
	v := questionsView{Page: frame(r, "questions.title"), Errors: errs}
	v.Page.Invalid = len(errs) > 0
	if len(mine.List) > 0 {
		v.Since = i18n.T(ctx, "questions.since", "date", i18n.Date(ctx, mine.MadeAt))
	}
	var choices []ui.Choice
	for _, q := range credential.Offered() {
		choices = append(choices, ui.Choice{Value: string(q), Label: questionText(ctx, q)})
	}
	rule := p.SignIn.Policy.Recovery.Questions
	for i := range rule.Ask {
		question, answer := fmt.Sprintf("question-%d", i+1), fmt.Sprintf("answer-%d", i+1)
		v.Fields = append(v.Fields, questionField{
			ui.Select{Name: question, Label: i18n.T(ctx, "questions.question", "n", i+1), Choices: choices, Value: get(question), Empty: i18n.T(ctx, "questions.empty"), Required: true, Error: errs.Of(question)},
			ui.Field{Name: answer, Label: i18n.T(ctx, "questions.answer", "n", i+1), Description: i18n.T(ctx, "questions.answer_hint"), Value: get(answer), Required: true, Autocomplete: "off", Error: errs.Of(answer)},
		})
	}
	return v, nil
}

func (p *Pages) questions(w http.ResponseWriter, r *http.Request) error {
	v, err := p.questionsView(r, func(string) string { return "" }, nil)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, questionsPage(v))
}

func (p *Pages) setQuestions(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var list []credential.Question
	var answers []string
	for i := range p.SignIn.Policy.Recovery.Questions.Ask {
		list = append(list, credential.Question(f.Get(fmt.Sprintf("question-%d", i+1))))
		answers = append(answers, f.Get(fmt.Sprintf("answer-%d", i+1)))
	}
	refused := p.SignIn.SetQuestions(ctx, access.From(ctx), list, answers)
	if refused == nil {
		web.Say(r, ui.Success, "questions.set")
		return web.Redirect(w, r, security)
	}
	errs, ok := web.Refused(ctx, refused, "")
	if !ok {
		return refused
	}
	v, err := p.questionsView(r, f.Get, errs)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, questionsPage(v))
}

func (p *Pages) removeQuestions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.SignIn.RemoveQuestions(ctx, access.From(ctx)); err != nil {
		return err
	}
	web.Say(r, ui.Success, "questions.removed")
	return web.Redirect(w, r, security)
}

// askedFields are the questions of a recovery.
func askedFields(ctx context.Context, list []credential.Question, errs ui.Errors) []ui.Field {
	out := make([]ui.Field, len(list))
	for i, q := range list {
		out[i] = ui.Field{Name: answerName(i), Label: questionText(ctx, q), Required: true, Autocomplete: "off"}
	}
	if len(out) > 0 {
		out[0].Error = errs.Of("code")
	}
	return out
}

// answerName is the field of an answer; an error of all of them stands at the first.
func answerName(i int) string {
	if i == 0 {
		return "code"
	}
	return fmt.Sprintf("code-%d", i+1)
}

// answersIn are the answers of a form, a line for each.
func answersIn(f web.Form, n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = strings.ReplaceAll(f.Get(answerName(i)), "\n", " ")
	}
	return strings.Join(lines, "\n")
}
