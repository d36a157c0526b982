package centre

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type answersView struct {
	Frame     ui.Desk
	Live      ui.Live
	ID        string
	Round     string   // of the papers that are shown: only these are confirmed
	Name      string   // on the papers
	Other     string   // the account's name, when it is not that of the papers
	Sum       ui.Alert // what it comes to
	Registers []registerView
	Fields    ui.Table // entered beside what each register says
	Ready     bool
	Takeover  *takeoverView // another account of the person's stands in the way
	Setback   *web.Setback
}

// takeoverView is the decision that another account is the same person's and lost to them.
type takeoverView struct {
	Of      string // the account, an identifier
	Text    string // what is known of it
	Reason  string
	Sure    bool
	Reasons []ui.Choice
	Errors  ui.Errors
}

// registerView is one register's answer in words.
type registerView struct {
	Name      string
	Tag       ui.Tag
	Text      string // what the answer means
	Do        string // what to do about it
	Reference string // the register's number of the request
}

func (p *Pages) answers(ctx context.Context, x verification.Proof, s *web.Setback) answersView {
	v := answersView{Frame: p.frame(ctx, "desk.centre.answers"), ID: x.ID, Round: strconv.FormatInt(x.Round, 10), Name: strings.TrimSpace(x.Papers.Surname + " " + x.Papers.GivenName + " " + x.Papers.Patronymic), Ready: x.Ready(), Setback: s,
		Live: ui.Live{ID: "proof", Events: address(x.ID) + "/events?seen=" + web.Seen(stateOf(x))}, Fields: fields(ctx, x)}
	v.Frame.Keys = []ui.Key{{Key: "e", Label: i18n.T(ctx, "desk.centre.key.correct")}}
	v.Sum = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "desk.centre.differs"), Text: i18n.T(ctx, "desk.centre.differs_text")}
	switch {
	case v.Ready:
		v.Frame.Keys = append([]ui.Key{{Key: "a", Label: i18n.T(ctx, "desk.centre.key.confirm")}}, v.Frame.Keys...)
		v.Sum = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "desk.centre.ready"), Text: i18n.T(ctx, "desk.centre.ready_text")}
	case x.Waiting() && !differs(x):
		v.Sum = ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "desk.centre.waiting"), Text: i18n.T(ctx, "desk.centre.waiting_text")}
	}
	if other(x) {
		v.Other = x.Account.Profile.FullName()
	}
	for _, c := range x.Checks {
		v.Registers = append(v.Registers, said(ctx, c))
	}
	return v
}

// rivalled turns the page into the decision about another account that holds the SNILS.
func (v *answersView) rivalled(ctx context.Context, rival verification.Rival, t takeoverView) {
	v.Frame.Keys = slices.DeleteFunc(v.Frame.Keys, func(k ui.Key) bool { return k.Key == "a" })
	v.Frame.Invalid = len(t.Errors) > 0
	var contacts []string
	for _, c := range rival.Contacts {
		contacts = append(contacts, c.Masked())
	}
	v.Sum = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "desk.takeover.taken"), Text: i18n.T(ctx, "desk.takeover.taken_text", "contacts", strings.Join(contacts, ", "))}
	t.Of, t.Text = rival.ID, i18n.T(ctx, "desk.takeover.text")
	for _, reason := range verification.Reasons() {
		t.Reasons = append(t.Reasons, ui.Choice{Value: string(reason), Label: i18n.T(ctx, "desk.takeover.reason."+string(reason))})
	}
	v.Takeover = &t
}

// differs reports whether a register has answered anything but a match.
func differs(x verification.Proof) bool {
	return slices.ContainsFunc(x.Checks, func(c verification.Check) bool { return c.Answered && c.Answer.Verdict != verification.Match })
}

// other reports whether the account goes by another name than the papers say: a slip at registration, a change of name, or
// somebody else's code.
func other(x verification.Proof) bool {
	a, p := x.Account.Profile, x.Papers
	return !strings.EqualFold(a.Surname, p.Surname) || !strings.EqualFold(a.GivenName, p.GivenName)
}

// said puts a register's answer into plain words: by its code, where we know the code, and by the verdict otherwise.
func said(ctx context.Context, c verification.Check) registerView {
	v := registerView{Name: i18n.T(ctx, "desk.register."+c.Register), Reference: c.Answer.Reference}
	if !c.Answered {
		v.Tag = ui.Tag{Label: i18n.T(ctx, "desk.centre.asking"), Tone: ui.Info, Icon: ui.IconHourglass}
		if c.Tries > 0 {
			v.Tag.Label, v.Tag.Tone = i18n.T(ctx, "desk.centre.away"), ui.Warning
			v.Text = i18n.T(ctx, "desk.centre.again", "n", c.Tries+1)
		}
		return v
	}
	v.Tag = ui.Tag{Label: i18n.T(ctx, "desk.verdict."+string(c.Answer.Verdict)), Tone: ui.Danger, Icon: ui.IconCircleX}
	if c.Answer.Verdict == verification.Match {
		v.Tag.Tone, v.Tag.Icon = ui.Success, ui.IconCircleCheck
		return v
	}
	if a, found := verification.Advise(c.Answer); found { // the same words as the person reads at home
		v.Text, v.Do = i18n.T(ctx, a.Wrong, "code", a.Code), i18n.T(ctx, a.Remedy)
	}
	return v
}

// fields puts what was entered beside what each register says of it.
func fields(ctx context.Context, x verification.Proof) ui.Table {
	t := ui.Table{Caption: i18n.T(ctx, "desk.centre.compare"), HideCaption: true, Stack: true,
		Columns: []ui.Column{{Label: i18n.T(ctx, "desk.centre.field")}, {Label: i18n.T(ctx, "desk.centre.entered")}}}
	for _, c := range x.Checks {
		t.Columns = append(t.Columns, ui.Column{Label: i18n.T(ctx, "desk.register.short."+c.Register)})
	}
	for _, e := range entered(ctx, x.Papers) {
		row := ui.Row{Cells: []ui.Cell{{Text: e.label}, {Text: e.value}}}
		for _, c := range x.Checks {
			row.Cells = append(row.Cells, verdict(ctx, c, e.name))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// verdict is what a register says of one field.
func verdict(ctx context.Context, c verification.Check, field string) ui.Cell {
	if !c.Answered {
		return ui.Cell{Text: "…"}
	}
	matched, judged := c.Answer.Fields[field]
	switch {
	case !judged:
		if found := c.Answer.Data[field]; found != "" && field == "inn" {
			return ui.Cell{Text: found, Icon: ui.IconCheck, Tone: ui.Success} // it was not entered: the register knows it
		}
		return ui.Cell{Text: "—"}
	case matched:
		return ui.Cell{Text: i18n.T(ctx, "desk.centre.same"), Icon: ui.IconCheck, Tone: ui.Success}
	case c.Answer.Verdict == verification.Match:
		return ui.Cell{Text: i18n.T(ctx, "desk.centre.spelled"), Tone: ui.Neutral} // nothing hangs on it
	}
	return ui.Cell{Text: i18n.T(ctx, "desk.centre.other"), Icon: ui.IconX, Tone: ui.Danger, Strong: true}
}

type value struct{ name, label, value string }

// entered lists the papers as they are compared.
func entered(ctx context.Context, x verification.Papers) []value {
	sex := ""
	if x.Sex != "" {
		sex = i18n.T(ctx, "desk.sex."+x.Sex)
	}
	all := []value{{name: "surname", value: x.Surname}, {name: "given_name", value: x.GivenName}, {name: "patronymic", value: x.Patronymic},
		{name: "birth_date", value: form.Dotted(x.BirthDate)}, {name: "sex", value: sex},
	}
	for i := range all {
		all[i].label = i18n.T(ctx, "desk.papers."+all[i].name)
	}
	for _, l := range x.Document.Lines(ctx) {
		all = append(all, value{l.Name, l.Label, l.Value})
	}
	for _, v := range []value{{name: "snils", value: form.FormatSNILS(x.SNILS)}, {name: "inn", value: form.FormatINN(x.INN)}, {name: "address", value: x.Address}} {
		v.label = i18n.T(ctx, "desk.papers."+v.name)
		all = append(all, v)
	}
	for i := range all {
		if all[i].value == "" {
			all[i].value = "—"
		}
	}
	return all
}
