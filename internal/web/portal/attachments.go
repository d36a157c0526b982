package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The files of an application (SRV-3) and what is read on them (SRV-11). With scripts a file goes out in pieces as soon as it is chosen,
// and goes on where it stopped; without them it goes with a form.

// mountAttachments adds what pages with files need.
func (p *Pages) mountAttachments(s *web.Server) {
	piece := int64(p.Policy.Attachments.Chunk) + 1<<10
	p.person(s, "GET /services/{slug}/apply/{page}/events", p.draftEvents(application.FilesTopic, func(d application.Draft) string { return filesState(d.Attached) }))
	p.person(s, "POST /services/{slug}/apply/{page}/attach/{slot}", p.attachFiles, func(h web.Handler) web.Handler { return web.Upload(2*files.MaxSize, h) })
	p.person(s, "POST /services/{slug}/uploads", p.beginUpload)
	s.Handle("GET /uploads/{id}", web.RequirePerson(p.upload))
	s.Handle("POST /uploads/{id}", web.Upload(piece, web.RequirePerson(p.appendUpload)))
	s.Handle("POST /uploads/{id}/finish", web.RequirePerson(p.finishUpload))
	s.Handle("POST /uploads/{id}/stop", web.RequirePerson(p.stopUpload))
	s.Handle("GET /attachments/{id}", web.RequirePerson(p.attachment))
	p.person(s, "POST /services/{slug}/apply/{page}/confirm/{id}", p.confirmScan)
	s.Handle("GET /applications/{id}/amend/events", web.RequirePerson(p.amendEvents))
	s.Handle("POST /applications/{id}/amend/attach/{slot}", web.Upload(2*files.MaxSize, web.RequirePerson(p.amendFiles)))
	s.Handle("POST /applications/{id}/amend/uploads", web.RequirePerson(p.amendUpload))
	s.Handle("GET /applications/{id}/amend/attach/{slot}", web.RequirePerson(p.amendAgain))
}

// filesView is the files of one page of a form.
type filesView struct {
	Events string // address that tells of news; "" when the page asks for no files
	Enter  string // label of the button that Enter presses
	Slots  []slotView
}

// slotView is one attachment of the definition, and what was put into it.
type slotView struct {
	ID, Field string
	Title     string
	Hint      string
	About     string // what may be sent
	Optional  bool
	Files     ui.Files
	Confirm   []confirmView
	Offers    []ownOffer // documents of the wallet that can be put here
	Action    string     // of the form without scripts
	Uploads   string     // address at which a script begins
	Full      string     // that no more are taken, "" when more are
	Instead   string     // id of the file that is replaced
	Said      string     // over the form
	Accept    string
	Pictures  bool // it takes pictures: a phone may take one now
	Many      bool
	Words     string // of the script, as JSON
	Error     string
}

// confirmView is what was read on a scan, to be confirmed or corrected.
type confirmView struct {
	ID     string
	Action string
	Title  string
	Text   string
	Fields []fieldView
	Twins  []ui.Fact   // what the page asks for itself
	Hidden []ui.Hidden // what the page has in all of these
	Locked []ui.Fact   // what the profile answers for
}

// filesOf makes the files of the page. instead is the file that is to be replaced; errs are what was refused.
func (p *Pages) filesOf(ctx context.Context, d application.Draft, page form.Page, instead string, errs ui.Errors) filesView {
	v := filesView{Enter: i18n.T(ctx, "portal.form.next")}
	if p.Attachments == nil {
		return v
	}
	for _, x := range d.Def.Attachments(d.Form, d.Answers) {
		if x.Page == page.ID {
			v.Slots = append(v.Slots, p.slot(ctx, d, x, page, instead, errs))
		}
	}
	if len(v.Slots) > 0 {
		v.Events = actingAt(ctx, "services", d.Def.Slug, "apply", page.ID) + "/events?seen=" + web.Seen(filesState(d.Attached))
	}
	return v
}

func (p *Pages) slot(ctx context.Context, d application.Draft, x procedure.Attachment, page form.Page, instead string, errs ui.Errors) slotView {
	here := actingAt(ctx, "services", d.Def.Slug, "apply", page.ID)
	v := slotOf(ctx, x, here, actingAt(ctx, "services", d.Def.Slug, "uploads"), d.Attached, instead, errs)
	for _, a := range d.Attached {
		if a.Slot != x.ID {
			continue
		}
		if c, ok := p.confirm(ctx, d, a, page, here, errs); ok {
			v.Confirm = append(v.Confirm, c)
		}
	}
	return v
}

// slotOf is an attachment with what was put into it. here is the address of the page, uploads that at which a script begins.
func slotOf(ctx context.Context, x procedure.Attachment, here, uploads string, list []application.Attached, instead string, errs ui.Errors) slotView {
	v := slotView{ID: x.ID, Field: application.FieldOfSlot(x.ID), Title: x.Title.In(ctx), Hint: x.Hint.In(ctx), Optional: !x.Required(), Action: here + "/attach/" + x.ID,
		Uploads: uploads, Error: errs.Of(application.FieldOfSlot(x.ID)), Many: x.Most > 1, Said: i18n.T(ctx, "portal.attachment.choose"), Words: words(ctx),
		Files: ui.Files{Label: x.Title.In(ctx)}}
	var types, accept []string
	for _, t := range x.Types {
		types = append(types, string(t))
		accept = append(accept, string(t), t.Extension())
		v.Pictures = v.Pictures || t != files.PDF
	}
	v.Accept = strings.Join(accept, ",")
	v.About = i18n.T(ctx, "portal.attachment.about", "types", files.Names(types), "size", size(ctx, x.Max))
	if x.Most > 1 {
		v.About += " " + i18n.N(ctx, "portal.attachment.most", x.Most)
	}
	if x.Width > 0 && v.Pictures {
		v.About += " " + i18n.T(ctx, "portal.attachment.pixels", "width", x.Width, "height", x.Height)
	}
	n := 0
	for _, a := range list {
		if a.Slot != x.ID {
			continue
		}
		if a.State != application.Infected {
			n++
		}
		row := fileRow(ctx, a, "")
		row.Replace = besides(nameReplace, a.ID, i18n.T(ctx, "ui.file.replace"), i18n.T(ctx, "ui.file.replace_of", "name", a.Name), ui.IconUpload)
		row.Remove = besides(nameDetach, a.ID, i18n.T(ctx, "portal.attachment.remove"), i18n.T(ctx, "portal.attachment.remove_of", "name", a.Name), ui.IconTrash2)
		row.Remove.Tone = ui.Danger
		v.Files.List = append(v.Files.List, row)
		if a.ID == instead {
			v.Instead, v.Said = a.ID, i18n.T(ctx, "portal.attachment.instead", "name", a.Name)
		}
	}
	if n >= x.Most && v.Instead == "" {
		v.Full = i18n.T(ctx, "portal.attachment.full")
	}
	return v
}

// besides is a button that does something to a file and keeps what is typed on its page: it sends the page's form.
func besides(name, value, label, about string, icon ui.Icon) *ui.Button {
	return &ui.Button{Form: formID, Name: name, Value: value, Label: label, Variant: ui.Tertiary, Small: true, Icon: icon, Attrs: templ.Attributes{"aria-label": about, "formnovalidate": true}}
}

// none is what nameReplace has when no file is to be replaced after all.
const none = "none"

// notReplacing is the button that replaces none.
func notReplacing(ctx context.Context) *ui.Button {
	return &ui.Button{Form: formID, Name: nameReplace, Value: none, Label: i18n.T(ctx, "portal.attachment.keep"), Variant: ui.Tertiary, Attrs: templ.Attributes{"formnovalidate": true, "data-keep": true}}
}

// confirm is where the person confirms what was read. It goes with the answers of the page; what the page asks for itself is corrected
// there.
func (p *Pages) confirm(ctx context.Context, d application.Draft, a application.Attached, page form.Page, here string, errs ui.Errors) (confirmView, bool) {
	if !d.Unconfirmed(a) {
		return confirmView{}, false
	}
	v := confirmView{ID: "scan-" + a.ID, Action: here + "/confirm/" + a.ID, Title: i18n.T(ctx, "portal.scan.title", "name", a.Name), Text: i18n.T(ctx, "portal.scan.text")}
	for _, t := range d.Tells(a) {
		shown := func(value string) string {
			return orBlank(ctx, t.Field.Show(ctx, form.Answers{}.With(t.Field.Pointer, value)))
		}
		note := i18n.T(ctx, "portal.scan.unread")
		if t.Read != "" {
			note = i18n.T(ctx, "portal.scan.read", "value", shown(t.Read))
		}
		if t.Known != "" {
			note += " " + i18n.T(ctx, "portal.scan.known", "value", shown(t.Known))
		}
		if !t.Correct {
			if t.Known != "" {
				v.Locked = append(v.Locked, ui.Fact{Label: t.Field.Label.In(ctx), Value: orBlank(ctx, t.Field.Show(ctx, d.Answers)), Source: &ui.Source{Label: note, Tone: ui.Warning}})
			}
			continue
		}
		value, name := d.Answers, a.ID+"."+t.Field.Name
		if slices.ContainsFunc(page.Fields, func(x form.Field) bool { return x.Pointer == t.Field.Pointer }) {
			v.Twins = append(v.Twins, ui.Fact{Label: t.Field.Label.In(ctx), Value: orBlank(ctx, shown(t.Read)), Source: &ui.Source{Note: twinNote(ctx, t, shown)}})
			v.Hidden = append(v.Hidden, ui.Hidden{Name: nameScan + name, Value: t.Field.Typed(value.With(t.Field.Pointer, t.Read))})
			continue
		}
		wrong := errs.Of(nameScan + name)
		if t.Typed == "" && t.Read != "" && wrong == "" {
			value = value.With(t.Field.Pointer, t.Read)
		}
		f := p.field(ctx, t.Field, value, nil)
		f.scanned(nameScan+name, note, wrong)
		v.Fields = append(v.Fields, f)
		v.Hidden = append(v.Hidden, ui.Hidden{Name: nameWas + name, Value: t.Field.Typed(value)})
	}
	return v, len(v.Fields) > 0 || len(v.Twins) > 0
}

// twinNote says how what was read for a field of the page becomes its answer.
func twinNote(ctx context.Context, t application.Told, shown func(string) string) string {
	note := i18n.T(ctx, "portal.scan.twin")
	switch {
	case t.Read == "":
		note = i18n.T(ctx, "portal.scan.twin_unread")
	case t.Typed != "":
		note = i18n.T(ctx, "portal.scan.twin_stays", "value", shown(t.Typed))
	}
	if t.Known != "" {
		note += " " + i18n.T(ctx, "portal.scan.known", "value", shown(t.Known))
	}
	return note
}

// scanned makes the field one of a scan: it stands outside of the page's form and goes with it, under a name of its own.
func (f fieldView) scanned(name, note, wrong string) {
	explained := func(hint string) string { return strings.TrimSpace(hint + " " + note) }
	switch attrs := (templ.Attributes{"form": formID}); {
	case f.Text != nil:
		f.Text.Name, f.Text.Description, f.Text.Error, f.Text.Attrs = name, explained(f.Text.Description), wrong, attrs
	case f.Area != nil:
		f.Area.Name, f.Area.Description, f.Area.Error, f.Area.Attrs = name, explained(f.Area.Description), wrong, attrs
	case f.Radios != nil:
		f.Radios.Name, f.Radios.Description, f.Radios.Error, f.Radios.Form = name, explained(f.Radios.Description), wrong, formID
	case f.Select != nil:
		f.Select.Name, f.Select.Description, f.Select.Error, f.Select.Attrs = name, explained(f.Select.Description), wrong, attrs
	}
}

// fileRow is a file with its state. slot is which attachment it is, "" where it stands under its title.
func fileRow(ctx context.Context, a application.Attached, slot string) ui.FileRow {
	kind := strings.ToUpper(strings.TrimPrefix(a.Media.Extension(), "."))
	row := ui.FileRow{Name: a.Name, Text: kind + " · " + size(ctx, a.Size) + " · " + web.Moment(ctx, a.SentAt)}
	if !a.ReplacedAt.IsZero() {
		row.Text += " · " + i18n.T(ctx, "portal.attachment.replaced", "when", web.Moment(ctx, a.ReplacedAt))
	}
	if slot != "" {
		row.Text = slot + " · " + row.Text
	}
	switch a.State {
	case application.Checking:
		row.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.attachment.checking"), Tone: ui.Info, Icon: ui.IconHourglass}
		row.Note = i18n.T(ctx, "portal.attachment.checking_text")
		return row
	case application.Infected:
		row.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.attachment.infected"), Tone: ui.Danger, Icon: ui.IconCircleX}
		row.Note = i18n.T(ctx, "portal.attachment.infected_text")
		return row
	case application.Ready:
	}
	row.Save = "/attachments/" + a.ID + "?save"
	if a.Media != files.PDF {
		row.View = "/attachments/" + a.ID
	}
	switch a.Reading {
	case application.ToRead:
		row.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.scan.reading"), Tone: ui.Info, Icon: ui.IconHourglass}
		row.Note = i18n.T(ctx, "portal.scan.reading_text")
	case application.Unread:
		if a.FiledAt.IsZero() {
			row.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.scan.not_read"), Tone: ui.Neutral}
			row.Note = i18n.T(ctx, "portal.scan.not_read_text")
			if a.Reason != "" {
				row.Note = i18n.T(ctx, a.Reason.Key()) + " " + row.Note
			}
		}
	case application.Legible:
		if !a.ConfirmedAt.IsZero() && a.FiledAt.IsZero() {
			row.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.scan.confirmed"), Tone: ui.Success, Icon: ui.IconCircleCheck}
		}
	case application.NotRead:
	}
	return row
}

// filedFiles are the files of a case, or of a draft that is looked over before it is sent.
func filedFiles(ctx context.Context, def *procedure.Definition, list []application.Attached) ui.Files {
	out := ui.Files{Label: i18n.T(ctx, "portal.attachment.title")}
	for _, a := range list {
		title := ""
		if x, ok := def.Attachment(a.Slot); ok {
			title = x.Title.In(ctx)
		}
		out.List = append(out.List, fileRow(ctx, a, title))
	}
	return out
}

// size is a number of bytes as people say it.
func size(ctx context.Context, n int64) string {
	if n < 1_000_000 {
		return i18n.T(ctx, "portal.attachment.kb", "n", max(1, n/1000))
	}
	s := strings.TrimSuffix(strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64), ".0")
	if i18n.From(ctx) == i18n.RU {
		s = strings.Replace(s, ".", ",", 1)
	}
	return i18n.T(ctx, "portal.attachment.mb", "n", s)
}

// words are what the script says while a file is on its way.
func words(ctx context.Context) string {
	out := map[string]string{}
	for _, key := range []string{"going", "waiting", "checking", "done", "stop", "stopped", "again", "wait", "failed"} {
		out[key] = i18n.T(ctx, "portal.uploading."+key)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "{}" // texts are text
	}
	return string(b)
}

// here leads back to the page of the form.
func here(r *http.Request) string {
	return actingAt(r.Context(), "services", r.PathValue("slug"), "apply", r.PathValue("page"))
}

// attachFiles takes the files of a form. Each is judged by itself: those that fit are kept, and of the others it is said why not.
func (p *Pages) attachFiles(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	slot := r.PathValue("slot")
	f, wrong, err := p.receive(r, application.NewUpload{Service: def.Code, Slot: slot})
	// What was typed on the page came with the files. It is kept whatever became of them; what is wrong with it is said when the page is left.
	d, lost := p.Applications.Save(ctx, who, def.Code, r.PathValue("page"), typedOn(f))
	if fault.KindOf(lost) == fault.InvalidInput {
		lost = nil
	}
	if errors.Is(errors.Join(err, lost), application.ErrMissing) {
		return p.gone(w, r, def)
	}
	if lost != nil {
		return errors.Join(lost, err)
	}
	clashes := clashesOf(ctx, d.Answers, d.Clashes)
	if s, ok := web.SetBack(r, err); ok || (len(wrong) > 0 || len(clashes) > 0) && err == nil {
		errs, _ := web.Refused(ctx, fault.Check(wrong...), application.FieldOfSlot(slot))
		return p.show(w, r, def, d, r.PathValue("page"), append(errs, clashes...), s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.attachment.kept")
	return web.Redirect(w, r, here(r))
}

// receive takes the files of a form one by one, and says what is wrong with those that were not taken. One that was chosen for another
// attachment of the page is taken for that one.
func (p *Pages) receive(r *http.Request, to application.NewUpload) (form web.Form, wrong []fault.Field, err error) {
	ctx := r.Context()
	who, pressed, kept, replaced := access.From(ctx), to.Slot, 0, map[string]bool{}
	form, err = web.EachFile(r, func(f web.Form, field, name string, body io.Reader) error {
		to.Name, to.Slot, to.Instead = name, slotOfField(field, pressed), ""
		if !replaced[to.Slot] {
			to.Instead = f.Get(nameInstead + to.Slot) // the first takes its place
		}
		_, err := p.Attachments.Receive(ctx, who, to, body)
		if f, ok := fault.Of(err); ok && f.Kind == fault.InvalidInput && len(f.Fields) > 0 {
			for _, x := range f.Fields {
				wrong = append(wrong, fault.F(x.Name, "portal.attachment.wrong", "name", files.Name(name, ""), "text", i18n.T(ctx, x.Key, x.Args...)))
			}
			return nil
		}
		if err == nil {
			kept++
			replaced[to.Slot] = true
		}
		return err
	})
	if err == nil && kept == 0 && len(wrong) == 0 {
		wrong = append(wrong, fault.F(application.FieldOfSlot(pressed), "portal.attachment.nothing"))
	}
	return form, wrong, err
}

// nameInstead is before the name of an attachment in the field with the file that is replaced.
const nameInstead = "instead-"

// slotOfField is the attachment that a file was chosen for, or the one whose button was pressed.
func slotOfField(field, pressed string) string {
	for _, before := range []string{application.FieldOfSlot(""), "photo-"} {
		if slot, ok := strings.CutPrefix(field, before); ok && slot != "" {
			return slot
		}
	}
	return pressed
}

// unsent are the files that were chosen on a page and did not come with it: the browser has no scripts, and sends them by their button.
func unsent(ctx context.Context, f web.Form, slots []slotView) ui.Errors {
	var out ui.Errors
	for _, s := range slots {
		for _, field := range []string{s.Field, "photo-" + s.ID} {
			if name := f.Get(field); name != "" {
				out = append(out, ui.FieldError{Name: s.Field, Text: i18n.T(ctx, "portal.attachment.unsent", "name", files.Name(name, ""))})
			}
		}
	}
	return out
}

// way is what a script is told of a file on its way.
type way struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	Piece  int64  `json:"piece"`
	Error  string `json:"error,omitempty"`
}

// wayOf answers with the way, or with what is wrong with the file.
func (p *Pages) wayOf(w http.ResponseWriter, r *http.Request, u application.Upload, err error) error {
	ctx := r.Context()
	v, status := way{ID: u.ID, Offset: u.Offset, Size: u.Size, Piece: int64(p.Policy.Attachments.Chunk)}, http.StatusOK
	switch errs, refused := web.Refused(ctx, err, ""); {
	case errors.Is(err, application.ErrOffset):
		v.Error, status = i18n.T(ctx, application.ErrOffset.Key), http.StatusConflict
	case refused:
		v.Error, status = errs[0].Text, http.StatusUnprocessableEntity
	case err != nil:
		return err
	}
	return web.JSON(w, status, v)
}

func (p *Pages) beginUpload(w http.ResponseWriter, r *http.Request) error {
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	return p.beginWay(w, r, application.NewUpload{Service: def.Code})
}

// beginWay opens a way for the file that the script describes.
func (p *Pages) beginWay(w http.ResponseWriter, r *http.Request, to application.NewUpload) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(f.Get("size"), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	to.Slot, to.Name, to.Size, to.Key, to.Instead = f.Get("slot"), f.Get("name"), n, f.Get("key"), f.Get("instead")
	u, err := p.Attachments.Begin(r.Context(), access.From(r.Context()), to)
	return p.wayOf(w, r, u, err)
}

func (p *Pages) upload(w http.ResponseWriter, r *http.Request) error {
	u, err := p.Attachments.Under(r.Context(), access.From(r.Context()), r.PathValue("id"))
	return p.wayOf(w, r, u, err)
}

func (p *Pages) appendUpload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset < 0 {
		return fault.New(fault.InvalidInput, "error.form")
	}
	if _, err := p.Attachments.Under(ctx, access.From(ctx), r.PathValue("id")); err != nil {
		return err // nothing is read of what is nobody's
	}
	data, err := web.Piece(r, int64(p.Policy.Attachments.Chunk))
	if err != nil {
		return err
	}
	u, err := p.Attachments.Append(ctx, access.From(ctx), r.PathValue("id"), offset, data)
	return p.wayOf(w, r, u, err)
}

func (p *Pages) finishUpload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.Attachments.Finish(ctx, access.From(ctx), r.PathValue("id"))
	return p.wayOf(w, r, application.Upload{ID: a.ID, Size: a.Size, Offset: a.Size}, err)
}

func (p *Pages) stopUpload(w http.ResponseWriter, r *http.Request) error {
	err := p.Attachments.Stop(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil && !errors.Is(err, application.ErrNoUpload) { // it has ended by itself
		return err
	}
	return web.JSON(w, http.StatusOK, way{ID: r.PathValue("id")})
}

func (p *Pages) attachment(w http.ResponseWriter, r *http.Request) error {
	_, f, body, err := p.Attachments.Open(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if r.URL.Query().Has("save") {
		return web.Save(w, r, f, body)
	}
	return web.Send(w, r, f, body)
}

// detach deletes the file whose button was pressed, if one was, and reports whether it did. A button pressed twice deletes one.
func (p *Pages) detach(ctx context.Context, f web.Form) (bool, error) {
	file := f.Get(nameDetach)
	if file == "" || p.Attachments == nil {
		return false, nil
	}
	_, err := p.Attachments.Remove(ctx, access.From(ctx), file)
	if errors.Is(err, application.ErrNoFile) {
		return false, nil
	}
	return err == nil, err
}

// fileDeed does what a button beside a file of a form's page asks, after the page was saved.
func (p *Pages) fileDeed(w http.ResponseWriter, r *http.Request, x sent) error {
	ctx, id := r.Context(), r.PathValue("page")
	gone, err := p.detach(ctx, x.form)
	if err != nil {
		return err
	}
	if gone {
		web.Say(r, ui.Success, "portal.attachment.removed")
	}
	to := here(r)
	file := x.form.Get(nameReplace)
	for _, a := range x.draft.Attached {
		if a.ID == file {
			to += "?replace=" + a.ID
		}
	}
	// A file that was chosen for another attachment does not come along: it is said, and not lost in silence.
	d, err := p.Applications.Draft(ctx, access.From(ctx), x.def.Code)
	if err != nil {
		return err
	}
	if page, ok := d.Form.AskedPage(id, d.Answers); ok {
		if errs := unsent(ctx, x.form, p.filesOf(ctx, d, page, file, nil).Slots); len(errs) > 0 {
			return p.show(w, r, x.def, d, id, errs, nil)
		}
	}
	return web.Redirect(w, r, to)
}

func (p *Pages) confirmScan(w http.ResponseWriter, r *http.Request) error {
	ctx, file, page := r.Context(), r.PathValue("id"), r.PathValue("page")
	x, err := p.save(r) // what is wrong with the page is said when it is left
	if errors.Is(err, application.ErrMissing) && x.def != nil {
		return p.gone(w, r, x.def)
	}
	if err != nil {
		return err
	}
	if clashes := clashesOf(ctx, x.draft.Answers, x.draft.Clashes); len(clashes) > 0 {
		return p.show(w, r, x.def, x.draft, page, clashes, nil)
	}
	values, separate := ofScan(x.form.Values(), file)
	d, err := p.Attachments.Confirm(ctx, access.From(ctx), file, values)
	if errs, ok := web.Refused(ctx, err, ""); ok {
		for i := range errs {
			if separate(errs[i].Name) {
				errs[i].Name = nameScan + file + "." + errs[i].Name
			}
		}
		return p.show(w, r, x.def, d, page, errs, nil)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.scan.confirmed_done")
	return web.Redirect(w, r, here(r))
}

// filesState tells one look at files from another.
func filesState(list []application.Attached) string {
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%s.%s.%s.%t ", a.ID, a.State, a.Reading, a.ConfirmedAt.IsZero())
	}
	return b.String()
}

// camera offers a phone's camera for pictures alone: it gives no PDF.
func camera() templ.Attributes { return templ.Attributes{"data-upload": true} }

// kept adds to a file field that it goes with the answers of the page. A script takes that away again: it sends the files by itself.
func (s slotView) kept(a templ.Attributes) templ.Attributes {
	a["form"] = formID
	if s.Instead != "" && a["data-drop"] != nil { // whoever pressed "replace" is led to the field
		a["autofocus"] = true
	}
	return a
}

// button is the button that sends the files without scripts.
func (s slotView) button(ctx context.Context) templ.Attributes {
	return templ.Attributes{"data-upload-button": true, "aria-label": i18n.T(ctx, "portal.attachment.button_of", "title", s.Title),
		"form": formID, "formaction": s.Action, "formenctype": "multipart/form-data", "formnovalidate": true}
}
