package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/signin"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The form of a document that a person keeps: added, or changed.

type addView struct {
	Page  ui.Page
	Text  string
	Kinds []ui.Item
}

func (p *Pages) addDocument(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := addView{Page: frame(ctx, "portal.wallet.add"), Text: i18n.T(ctx, "portal.wallet.add_text")}
	if access.From(ctx).By() != "" {
		v.Text = i18n.T(ctx, "portal.wallet.add_childs")
	}
	for _, k := range kindsFor(access.From(ctx)) {
		v.Kinds = append(v.Kinds, ui.Item{Title: k.Title.In(ctx), URL: whosePath(ctx, addPath) + "/" + string(k.ID), Icon: ui.Icon(k.Icon)})
	}
	return web.Render(w, r, http.StatusOK, addPage(v))
}

type ownFormView struct {
	Page    ui.Page
	Title   string
	Trail   []ui.Link
	Action  string
	Back    string
	Hidden  []ui.Hidden
	Fields  []fieldView
	Holder  *ui.Field
	Accept  string
	About   string
	Scan    string // of the scan that is there; "" when there is none
	Errors  ui.Errors
	Setback *web.Setback
	Again   string // address at which the person shows a second factor again, "" when that is not needed
	Button  string
}

func (p *Pages) kindOf(r *http.Request) (kind.Kind, error) {
	k, ok := kind.Of(kind.ID(r.PathValue("kind")))
	if !ok || !wallet.MayHave(access.From(r.Context()), k) {
		return k, wallet.ErrMissing
	}
	return k, nil
}

func (p *Pages) addForm(w http.ResponseWriter, r *http.Request) error {
	k, err := p.kindOf(r)
	if err != nil {
		return err
	}
	return p.showAdd(w, r, http.StatusOK, k, map[string]string{}, id.New(), nil, nil)
}

func (p *Pages) showAdd(w http.ResponseWriter, r *http.Request, status int, k kind.Kind, typed map[string]string, formID string, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	v := p.ownForm(ctx, k, typed, errs)
	v.Page, v.Title = frame(ctx, "portal.service.page", "title", k.Title), k.Title.In(ctx)
	v.Page.Invalid = len(errs) > 0
	v.Action, v.Back, v.Button = whosePath(ctx, addPath)+"/"+string(k.ID), whosePath(ctx, documentsPath), i18n.T(ctx, "portal.wallet.add_button")
	v.Trail = []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}, {Label: i18n.T(ctx, "portal.wallet.add"), URL: whosePath(ctx, addPath)}}
	v.Hidden, v.Setback = []ui.Hidden{{Name: "form", Value: formID}}, s
	return web.Render(w, r, status, ownFormPage(v))
}

// ownForm makes the fields of a kind of document.
func (p *Pages) ownForm(ctx context.Context, k kind.Kind, typed map[string]string, errs ui.Errors) ownFormView {
	up := p.Policy.Uploads
	v := ownFormView{Errors: errs, Accept: strings.Join(up.Types, ","), About: i18n.T(ctx, "portal.wallet.scan_about", "types", files.Names(up.Types), "max", int64(up.MaxSize)/1_000_000)}
	for _, f := range k.Fields {
		v.Fields = append(v.Fields, ownField(ctx, f, typed[f.Name()], errs.Of(f.Name())))
	}
	if k.Others && access.From(ctx).By() == "" { // a child's is the child's
		v.Holder = &ui.Field{Name: kind.Holder, Label: i18n.T(ctx, "portal.wallet.holder"), Description: i18n.T(ctx, "portal.wallet.holder_text"), Value: typed[kind.Holder], Optional: true, MaxLength: 60, Error: errs.Of(kind.Holder)}
	}
	return v
}

func ownField(ctx context.Context, f kind.Field, value, problem string) fieldView {
	label, hint := f.Label.In(ctx), f.Hint.In(ctx)
	if f.Check == kind.Chosen {
		x := &ui.Radios{Name: f.Name(), Legend: label, Description: hint, Value: value, Optional: !f.Required, Required: f.Required, Error: problem}
		for _, c := range f.Choices {
			x.Choices = append(x.Choices, ui.Choice{Value: c.Value, Label: c.Label.In(ctx)})
		}
		return fieldView{Radios: x}
	}
	x := &ui.Field{Name: f.Name(), Label: label, Description: hint, Value: value, Required: f.Required, Optional: !f.Required, MaxLength: f.Max, Error: problem, Autocomplete: "off"}
	if f.Check != kind.Line {
		x.Check, x.Width = f.Check, ui.Medium
	}
	if f.Day() {
		x.Mask, x.InputMode, x.Placeholder, x.Width, x.MaxLength = ui.MaskDate, "numeric", i18n.T(ctx, "desk.papers.date"), ui.Short, 12
	}
	if f.Digits {
		x.InputMode = "numeric"
	}
	if strings.HasSuffix(f.Check, ".issued_by") {
		x.Width = ""
	}
	return fieldView{Text: x}
}

// entryIn is what was typed and chosen on such a page.
func entryIn(ctx context.Context, f web.Form, k kind.Kind) (wallet.Entry, error) {
	e := wallet.Entry{ID: f.Get("form"), Kind: k.ID, Typed: map[string]string{kind.Holder: f.Get(kind.Holder)}, Bare: f.On("bare")}
	for _, x := range k.Fields {
		e.Typed[x.Name()] = f.Get(x.Name())
	}
	if err := f.Full(ctx); err != nil {
		return e, err
	}
	sent := slices.Concat(f.Files(wallet.ScanField), f.Files("photo"))
	if len(sent) > 1 {
		return e, fault.Invalid(fault.F(wallet.ScanField, "original.file_one"))
	}
	if len(sent) == 1 {
		e.Scan = &wallet.Scan{Name: sent[0].Name, Data: sent[0].Data}
	}
	return e, nil
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	k, err := p.kindOf(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	e, err := entryIn(ctx, f, k)
	var d wallet.Document
	if err == nil {
		d, err = p.Wallet.Add(ctx, access.From(ctx), e)
	}
	if errs, ok := web.Refused(ctx, err, k.Fields[0].Name()); ok {
		return p.showAdd(w, r, http.StatusUnprocessableEntity, k, e.Typed, e.ID, errs, nil)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showAdd(w, r, s.Status, k, e.Typed, e.ID, nil, s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.wallet.added")
	return web.Redirect(w, r, whosePath(ctx, ownPath)+d.ID)
}

func (p *Pages) changeForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := p.Wallet.Open(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return toSealed(w, r, err, whosePath(ctx, documentsPath))
	}
	typed := map[string]string{kind.Holder: d.Holder}
	for _, f := range d.Kind.Fields {
		typed[f.Name()] = d.Values[f.ID]
		if f.Check != kind.Chosen {
			typed[f.Name()] = f.Show(i18n.From(ctx), d.Values[f.ID])
		}
	}
	return p.showChange(w, r, http.StatusOK, d, d.Number, typed, nil, nil)
}

func (p *Pages) showChange(w http.ResponseWriter, r *http.Request, status int, d wallet.Document, seen int64, typed map[string]string, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	v := p.ownForm(ctx, d.Kind, typed, errs)
	v.Page, v.Title = frame(ctx, "portal.wallet.change"), i18n.T(ctx, "portal.wallet.change")
	v.Page.Invalid = len(errs) > 0
	v.Action, v.Back, v.Button = whosePath(ctx, ownPath)+d.ID+"/change", whosePath(ctx, ownPath)+d.ID, i18n.T(ctx, "portal.wallet.change_button")
	v.Trail = []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}, {Label: d.Title().In(ctx), URL: whosePath(ctx, ownPath) + d.ID}}
	v.Hidden, v.Setback = []ui.Hidden{{Name: "seen", Value: strconv.FormatInt(seen, 10)}}, s
	if s != nil && s.Status == http.StatusForbidden {
		v.Again = web.Again + "?need=" + web.NeedSecond + "&next=" + whosePath(ctx, ownPath) + d.ID
	}
	if d.Scan {
		v.Scan = whosePath(ctx, ownPath) + d.ID + "/scan/" + strconv.FormatInt(d.Number, 10)
	}
	return web.Render(w, r, status, ownFormPage(v))
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	d, err := p.Wallet.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(f.Get("seen"), 10, 64) //nolint:errcheck // nobody saw version 0
	e, err := entryIn(ctx, f, d.Kind)
	if err == nil {
		_, err = p.Wallet.Change(ctx, who, d.ID, seen, e)
	}
	if errs, ok := web.Refused(ctx, err, d.Kind.Fields[0].Name()); ok {
		return p.showChange(w, r, http.StatusUnprocessableEntity, d, seen, e.Typed, errs, nil)
	}
	switch {
	case errors.Is(err, signin.ErrSealed): // what was typed stays on the page while the person shows it in another window
		return p.showChange(w, r, http.StatusForbidden, d, seen, e.Typed, nil, &web.Setback{Status: http.StatusForbidden, Text: i18n.T(ctx, signin.ErrSealed.Key)})
	case errors.Is(err, wallet.ErrStale):
		return p.showChange(w, r, http.StatusConflict, d, d.Number, e.Typed, nil, &web.Setback{Status: http.StatusConflict, Text: i18n.T(ctx, wallet.ErrStale.Key)})
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showChange(w, r, s.Status, d, seen, e.Typed, nil, s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.wallet.changed")
	return web.Redirect(w, r, whosePath(ctx, ownPath)+d.ID)
}
