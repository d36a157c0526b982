package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Inputs of a form that are no answers. No answer has a name that begins with a dot.
const (
	nameVersion = ".version" // of the draft that the page was made of
	nameCase    = ".case"    // version of the case that the page of a correction was made of
	nameFurther = ".further" // pointers of questions on the page that a correction brought with it
	nameVoids   = ".voids"   // pointers of answers of which the person has read that a correction makes them void
	nameTab     = ".tab"     // tells this page from another that is open
	nameSent    = ".sent"    // when the page's script sent it, in ms since the page was opened
	nameAdd     = ".add"     // one more row: work
	nameRemove  = ".remove"  // a row to take away: work.1
	nameDetach  = ".detach"  // id of a file to delete
	nameReplace = ".replace" // id of a file to replace, or none
	nameScan    = ".scan."   // of what was read on a scan: .scan.ID.passport.series
	nameWas     = ".was."    // … and what the page had there
)

// versionOn is the version of the draft that a page was made of; 0 of a page that is not ours.
func versionOn(f web.Form) int64 {
	seen, err := strconv.ParseInt(f.Get(nameVersion), 10, 64)
	if err != nil {
		return 0
	}
	return seen
}

func typedOn(f web.Form) application.Typed {
	sent, err := strconv.ParseFloat(f.Get(nameSent), 64)
	if err != nil || !(sent > 0 && sent < 1e12) { // a page without a script does not say it, and NaN is no time
		sent = 0
	}
	return application.Typed{Values: corrected(f.Values()), Seen: versionOn(f), Tab: f.Get(nameTab), Sent: int64(sent * 1000), Remove: f.Get(nameRemove)}
}

// corrected adds to what was typed on a page what was corrected there of what scans tell, so that it is not lost before it is confirmed.
// What the page asks for itself stands as it was typed there.
func corrected(typed url.Values) url.Values {
	for field := range typed {
		scanned, ok := strings.CutPrefix(field, nameWas)
		if !ok {
			continue
		}
		_, name, _ := strings.Cut(scanned, ".")
		if v := typed.Get(nameScan + scanned); !typed.Has(name) && v != typed.Get(field) {
			typed.Set(name, v)
		}
	}
	return typed
}

// ofScan is what a page has in the fields of one scan, by the names of the answers. What the page asks for itself counts as it was typed
// there, and as it was read when nothing was; separate reports whether the scan has a field of its own for an answer.
func ofScan(typed url.Values, scan string) (out url.Values, separate func(name string) bool) {
	out = url.Values{}
	separate = func(name string) bool { return typed.Has(nameWas + scan + "." + name) }
	for field, v := range typed {
		name, ok := strings.CutPrefix(field, nameScan+scan+".")
		switch {
		case !ok:
		case !separate(name) && strings.TrimSpace(typed.Get(name)) != "":
			out[name] = typed[name]
		default:
			out[name] = v
		}
	}
	return out, separate
}

// fieldView is one field of a form as the right component, or a group of rows.
type fieldView struct {
	Text   *ui.Field
	Area   *ui.Textarea
	Radios *ui.Radios
	Boxes  *ui.Checkboxes
	Select *ui.Select
	Group  *rowsView
	Parts  *partsView
}

// partsView is an address: its parts in one fieldset, the short ones side by side where there is room.
type partsView struct {
	Name     string
	ID       string
	Legend   string
	Hint     string
	Error    string
	Optional bool
	Lines    [][]fieldView
}

// describedBy names the hint of the address and what is wrong with it as a whole.
func (v partsView) describedBy() string {
	return rowsView{ID: v.ID, Hint: v.Hint, Error: v.Error}.describedBy()
}

type rowsView struct {
	Name   string
	ID     string
	Legend string
	Hint   string
	Error  string
	Rows   []rowView
	Add    string // on the button; "" when there are as many as there can be
}

// describedBy names the hint of the group and what is wrong with it as a whole.
func (v rowsView) describedBy() string {
	var ids []string
	if v.Hint != "" {
		ids = append(ids, v.ID+"-hint")
	}
	if v.Error != "" {
		ids = append(ids, v.ID+"-error")
	}
	return strings.Join(ids, " ")
}

type rowView struct {
	Title  string
	From   string // where it was filled in from, when that is not said of all of them
	Remove string // value of the button; "" of a row that is not kept yet
	Fields []fieldView
}

// fields makes the components of a page: what is locked as facts, what is asked as fields. more is the group of rows that was
// asked for one more.
func (p *Pages) fields(ctx context.Context, f form.Form, list []form.Field, a form.Answers, errs ui.Errors, more string) (facts []ui.Fact, out []fieldView) {
	for _, x := range list {
		switch {
		case x.Locked:
			facts = append(facts, ui.Fact{Label: x.Label.In(ctx), Value: orBlank(ctx, x.Show(ctx, a)), Source: source(ctx, x.Origin)})
		case x.Rows != nil:
			out = append(out, p.group(ctx, f, x, a, errs, more == x.Name))
		default:
			out = append(out, p.field(ctx, x, a, errs))
		}
	}
	return facts, out
}

// lockedOf are the fields that fields makes facts of, in its order.
func lockedOf(list []form.Field) []form.Field {
	return slices.DeleteFunc(slices.Clone(list), func(f form.Field) bool { return !f.Locked })
}

// group makes the rows of a group. One row stands there to begin with when at least one is wanted.
func (p *Pages) group(ctx context.Context, f form.Form, x form.Field, a form.Answers, errs ui.Errors, more bool) fieldView {
	n := a.Count(x.Pointer)
	extra := 0
	if more || n == 0 && (x.Required || x.Rows.Min > 0) {
		extra = 1
	}
	v := &rowsView{Name: x.Name, ID: ui.FieldID(x.Name), Legend: x.Label.In(ctx), Hint: filled(ctx, x, x.Hint.In(ctx)), Error: errs.Of(x.Name)}
	rows := f.RowsOf(x, a, extra)
	for i, row := range rows {
		r := rowView{Title: row.Title.In(ctx)}
		for k := range row.Fields { // said of the row as a whole
			if from := row.Fields[k].Origin; !from.IsZero() && x.Origin.IsZero() {
				r.From = i18n.T(ctx, "portal.form.row_from", "source", source(ctx, from).Label)
			}
			row.Fields[k].Origin = form.Origin{}
		}
		if i < n {
			r.Remove = x.Name + "." + strconv.Itoa(i)
		}
		for k, y := range row.Fields {
			view := p.field(ctx, y, a, errs)
			if view.Text != nil && more && i == n && k == 0 {
				view.Text.Attrs = map[string]any{"data-focus": true}
			}
			r.Fields = append(r.Fields, view)
		}
		v.Rows = append(v.Rows, r)
	}
	if len(rows) < x.Rows.Max {
		v.Add = x.Rows.Add.In(ctx)
	}
	return fieldView{Group: v}
}

// filled says before the hint of a field where its value was filled in from, and when that was checked.
func filled(ctx context.Context, f form.Field, hint string) string {
	if f.Origin.IsZero() {
		return hint
	}
	from := source(ctx, f.Origin)
	if from.Note != "" && f.Origin.Title.RU != "" && f.Rows == nil { // of a document or a register: what it said may be old
		from.Label += ", " + from.Note
	}
	return strings.TrimSpace(i18n.T(ctx, "portal.form.filled_from", "source", from.Label) + " " + hint)
}

// field makes the component of a field.
func (p *Pages) field(ctx context.Context, f form.Field, a form.Answers, errs ui.Errors) fieldView {
	label, hint, value, wrong := f.Label.In(ctx), filled(ctx, f, f.Hint.In(ctx)), f.Typed(a), errs.Of(f.Name)
	var choices []ui.Choice
	for _, o := range f.OptionsFor(a, p.today()) {
		choices = append(choices, ui.Choice{Value: o.Value, Label: o.Label.In(ctx)})
	}
	switch {
	case f.Parts != nil:
		return p.parts(ctx, f, hint, a, errs)
	case f.Type == form.TypeBoolean:
		yes, no := ui.Choice{Value: "true", Label: i18n.T(ctx, "portal.form.yes")}, ui.Choice{Value: "false", Label: i18n.T(ctx, "portal.form.no")}
		return fieldView{Radios: &ui.Radios{Name: f.Name, Legend: label, Description: hint, Value: value, Choices: []ui.Choice{yes, no}, Required: f.Required, Inline: true, Error: wrong}}
	case (f.Type == form.TypeChoice || f.Type == form.TypeYear) && len(choices) <= 6 && f.Within == "":
		return fieldView{Radios: &ui.Radios{Name: f.Name, Legend: label, Description: hint, Value: value, Choices: choices, Required: f.Required, Optional: !f.Required, Error: wrong}}
	case f.Type == form.TypeChoice || f.Type == form.TypeYear:
		return fieldView{Select: &ui.Select{Name: f.Name, Label: label, Description: hint, Value: value, Choices: choices, Empty: i18n.T(ctx, "portal.form.choose"), Required: f.Required, Optional: !f.Required, Error: wrong}}
	case f.Type == form.TypeChoices:
		return fieldView{Boxes: &ui.Checkboxes{Name: f.Name, Legend: label, Description: hint, Values: f.Chosen(a), Choices: choices, Optional: !f.Required, Sent: true, Error: wrong}}
	case f.Type == form.TypeLines:
		return fieldView{Area: &ui.Textarea{Name: f.Name, Label: label, Description: hint, Value: value, Required: f.Required, Optional: !f.Required, Error: wrong}}
	}
	t := &ui.Field{Name: f.Name, Label: label, Description: hint, Value: value, Autocomplete: f.Autocomplete(), InputMode: f.InputMode(), Required: f.Required, Optional: !f.Required, Error: wrong}
	switch f.Type { //nolint:exhaustive // the others are written as they are
	case form.TypeDate, form.TypeBirthDate:
		t.Mask, t.Width = ui.MaskDate, ui.Short
	case form.TypeSNILS:
		t.Mask, t.Width = ui.MaskSNILS, ui.Short
	case form.TypePhone:
		t.Mask, t.Width = ui.MaskPhone, ui.Medium
	case form.TypeNumber, form.TypeINN:
		t.Width = ui.Short
	}
	if slices.Contains(shortParts[:], f.Type) {
		t.Width = ui.Short
	}
	return fieldView{Text: t}
}

// parts makes the fieldset of an address. One that need not be given says so once, in its legend.
func (p *Pages) parts(ctx context.Context, f form.Field, hint string, a form.Answers, errs ui.Errors) fieldView {
	v := &partsView{Name: f.Name, ID: ui.FieldID(f.Name), Legend: f.Label.In(ctx), Hint: hint, Error: errs.Of(f.Name), Optional: !f.Required}
	besides := false // the line before is of short parts, and takes one more
	for _, x := range f.Parts {
		x.Required = x.Required && f.Required
		view := p.field(ctx, x, a, errs)
		if !f.Required {
			if view.Text != nil {
				view.Text.Optional = false
			}
			if view.Select != nil {
				view.Select.Optional = false
			}
		}
		short := slices.Contains(shortParts[:], x.Type)
		if short && besides {
			v.Lines[len(v.Lines)-1] = append(v.Lines[len(v.Lines)-1], view)
		} else {
			v.Lines = append(v.Lines, []fieldView{view})
		}
		besides = short
	}
	return fieldView{Parts: v}
}

// shortParts are the types of parts of which several stand in one line.
var shortParts = [...]form.Type{"address.index", "address.house", "address.building", "address.flat"}

// mine is the answers as the page that was just sent has them: what clashes with another tab stands as it was typed here.
func mine(d application.Draft) form.Answers { return theirs(d.Answers, d.Clashes) }

// theirs are answers with what a page brought where others have changed them.
func theirs(a form.Answers, clashes []application.Clash) form.Answers {
	for _, c := range clashes {
		a = a.With(c.Field.Pointer, c.Mine)
	}
	return a
}

// clashesOf says what was changed in another tab meanwhile, and what stands there.
func clashesOf(ctx context.Context, a form.Answers, clashes []application.Clash) ui.Errors {
	var out ui.Errors
	for _, c := range clashes {
		key, there := "portal.form.clash", c.Field.Show(ctx, a)
		if c.Field.Rows != nil || there == "" {
			key = "portal.form.clash_other"
		}
		out = append(out, ui.FieldError{Name: c.Field.Name, Text: i18n.T(ctx, key, "label", c.Field.Label, "there", there)})
	}
	return out
}

// shape tells one set of questions from another: when the answers call for others than the page has, it is made anew.
func shape(f form.Form, page form.Page, a form.Answers, today form.Date) string {
	var list []byte
	for _, x := range page.Fields {
		list = note(list, x, a, today)
		for i, y := range f.Called(&x, a) {
			list = note(strconv.AppendInt(list, int64(i), 10), *y, a, today)
		}
	}
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:8])
}

// note adds a question to a list.
func note(list []byte, x form.Field, a form.Answers, today form.Date) []byte {
	list = strconv.AppendBool(append(append(list, x.Name...), ' '), x.Locked)
	if !x.Origin.At.IsZero() && x.Origin.Title.RU != "" { // filled in by a register, which may happen while the page is open
		list = x.Origin.At.AppendFormat(append(list, ' '), time.RFC3339Nano)
	}
	if x.Within != "" {
		list = strconv.AppendInt(append(list, ' '), int64(len(x.OptionsFor(a, today))), 10)
		list = append(append(list, ' '), a.Text(x.Within)...)
	}
	return append(list, '\n')
}
