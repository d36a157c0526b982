package portal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/stamp"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The page on which papers are verified by the portal's signature. Its script reads codes in the browser, by the list of keys that the
// page brings along, and asks nobody: the page works on when the network goes, and can be kept as one file. A PDF is sent, judged and
// not kept. Without scripts the address on a paper leads to its page, as it does without this one.

func (p *Pages) mountVerify(s *web.Server) {
	s.Handle("GET "+document.VerifyPath, p.verify)
	s.Handle("POST "+document.VerifyPath+"/code", p.verifyCode)
	s.Handle("POST "+document.VerifyPath+"/file", web.Upload(int64(p.Policy.Uploads.MaxSize)+64<<10, p.verifyFile))
	s.Handle("GET "+document.VerifyPath+"/result", p.verifyResult)
	s.Handle("GET "+document.VerifyPath+"/page", p.verifyKept)
	s.Handle("GET /.well-known/document-keys.json", p.documentKeys)
	s.Handle("GET /.well-known/document-keys.pem", p.documentCertificates)
}

type verifyView struct {
	Page    ui.Page
	Keys    string // the list, for the script
	Words   string // what the script says
	Zone    string
	AsOf    string
	About   string // how large a file may be
	Typed   string
	Errors  ui.Errors
	Setback *web.Setback
	Kept    *keptPage // of the page that is kept: what it consists of
}

// keptPage is a page in one file.
type keptPage struct {
	Title, Lang, Script, Style, Policy string
}

func (p *Pages) verify(w http.ResponseWriter, r *http.Request) error {
	return p.showVerify(w, r, http.StatusOK, verifyView{})
}

func (p *Pages) showVerify(w http.ResponseWriter, r *http.Request, status int, v verifyView) error {
	ctx := r.Context()
	if err := p.fillVerify(ctx, &v); err != nil {
		return err
	}
	v.Page = frame(ctx, "verify.title")
	v.Page.Invalid = len(v.Errors) > 0
	web.AllowCamera(w)
	return web.Render(w, r, status, verifyPage(v))
}

func (p *Pages) fillVerify(ctx context.Context, v *verifyView) error {
	l, err := p.Stamp.List(ctx)
	if err != nil {
		return err
	}
	keys, err := json.Marshal(l)
	if err != nil {
		return err
	}
	words, err := json.Marshal(verifyWords(ctx))
	if err != nil {
		return err
	}
	v.Keys, v.Words, v.Zone, v.AsOf = string(keys), string(words), p.Zone.String(), i18n.DateTime(ctx, l.AsOf)
	v.About = i18n.T(ctx, "verify.file_about", "max", int64(p.Policy.Uploads.MaxSize)/1_000_000)
	return nil
}

// verifyWords are what the script says: of each outcome a title and a sentence, of everything else a word.
func verifyWords(ctx context.Context) map[string]any {
	out := map[string]any{}
	for _, why := range []string{"genuine", "foreign", "forged", "unknown", "revoked", "untimely", "other", "address", "picture", "camera"} {
		out[why] = []string{i18n.T(ctx, "verify.code."+why), i18n.T(ctx, "verify.code."+why+"_text")}
	}
	for word, key := range map[string]string{"number": "portal.check.number", "holder": "portal.check.holder", "issuer": "portal.check.issuer", "date": "portal.check.date",
		"title": "verify.paper", "more": "verify.more", "signed": "verify.signed_at", "signer": "verify.signer", "key": "verify.key", "list": "verify.list", "page": "verify.page"} {
		out[word] = i18n.T(ctx, key)
	}
	out["key_good"] = i18n.T(ctx, "verify.key_good", "as_of", "{as_of}")
	out["key_revoked"] = i18n.T(ctx, "verify.key_revoked", "as_of", "{as_of}", "date", "{date}")
	return out
}

// verifyCode leads whoever has no scripts to the page of the paper, which says more than its code.
func (p *Pages) verifyCode(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := f.Get("code")
	if token, ok := p.tokenOf(typed); ok {
		http.Redirect(w, r, document.Path+token, http.StatusSeeOther)
		return nil
	}
	key := "verify.code_missing"
	if typed != "" {
		key = "verify.code_wrong"
	}
	return p.refuseVerify(w, r, fault.Invalid(fault.F("code", key)), typed)
}

func (p *Pages) refuseVerify(w http.ResponseWriter, r *http.Request, err error, typed string) error {
	v := verifyView{Typed: typed}
	if v.Errors, _ = web.Refused(r.Context(), err, "file"); len(v.Errors) > 0 {
		return p.showVerify(w, r, http.StatusUnprocessableEntity, v)
	}
	var ok bool
	if v.Setback, ok = web.SetBack(r, err); !ok {
		return err
	}
	return p.showVerify(w, r, v.Setback.Status, v)
}

// tokenOf finds the token in the address of a paper's page, if it is an address of this portal.
func (p *Pages) tokenOf(address string) (string, bool) {
	address, _, _ = strings.Cut(strings.TrimSpace(address), "#")
	token, ok := strings.CutPrefix(address, p.Papers.URL.JoinPath(document.Path).String())
	return token, ok && token != "" && !strings.ContainsAny(token, "/?%\\ ")
}

// outcome is what a file was found to be, on its way through the browser to the page that shows it. It is sealed: nobody can make a link
// that calls a file genuine, and no address holds that of a paper in the clear.
type outcome struct {
	State    stamp.State `json:"s"`
	Key      string      `json:"k,omitempty"`
	Signer   string      `json:"n,omitempty"`
	Revoked  time.Time   `json:"v,omitzero"`
	SignedAt time.Time   `json:"a,omitzero"`
	AsOf     time.Time   `json:"o"`
	Link     string      `json:"l,omitempty"`
	Pages    []int       `json:"p,omitempty"`
	Rest     bool        `json:"r,omitempty"`
	Behind   int         `json:"b,omitempty"`
	At       time.Time   `json:"t"`
}

// mostPages is how many changed pages are named.
const mostPages = 20

// resultLives is how long the page of a result can be opened.
const resultLives = 15 * time.Minute

func (p *Pages) verifyFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := f.Full(ctx); err != nil {
		return p.refuseVerify(w, r, err, "")
	}
	sent := f.Files("file")
	switch {
	case len(sent) == 0 || len(sent[0].Data) == 0:
		return p.refuseVerify(w, r, fault.Invalid(fault.F("file", "verify.file_missing")), "")
	case len(sent[0].Data) > int(p.Policy.Uploads.MaxSize):
		return p.refuseVerify(w, r, fault.Invalid(fault.F("file", "verify.file_large", "max", int64(p.Policy.Uploads.MaxSize)/1_000_000)), "")
	}
	l, err := p.Stamp.List(ctx)
	if err != nil {
		return err
	}
	v := stamp.Verify(sent[0].Data, l)
	web.Note(ctx, "verified", string(v.State))
	o := outcome{State: v.State, Key: v.Key.ID, Signer: v.Key.Signer(), Revoked: v.Key.RevokedAt, SignedAt: v.SignedAt, AsOf: v.AsOf, Link: v.Link,
		Pages: v.Pages[:min(len(v.Pages), mostPages)], Rest: v.Rest, Behind: v.Behind, At: p.DB.Now()}
	sealed, err := p.Ring.System().SealJSON("verify", "outcome", "result", o)
	if err != nil {
		return err
	}
	http.Redirect(w, r, document.VerifyPath+"/result?is="+base64.RawURLEncoding.EncodeToString(sealed), http.StatusSeeOther)
	return nil
}

type verifyResultView struct {
	Page  ui.Page
	State ui.Alert
	Now   *ui.Alert // whether the paper still counts
	Facts []ui.Fact
	Link  string
}

// opened opens what verifyFile sealed, if it is not too old.
func (p *Pages) opened(text string) (outcome, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	var o outcome
	ok := err == nil && p.Ring.System().OpenJSON("verify", "outcome", "result", sealed, &o) == nil && p.DB.Now().Sub(o.At) <= resultLives
	return o, ok
}

func (p *Pages) verifyResult(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, ok := p.opened(r.URL.Query().Get("is"))
	if !ok {
		http.Redirect(w, r, document.VerifyPath, http.StatusSeeOther)
		return nil
	}
	v := verifyResultView{Page: frame(ctx, "verify.result"), State: ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "verify.state."+string(o.State)), Text: i18n.T(ctx, "verify.state."+string(o.State)+"_text")}}
	switch o.State {
	case stamp.Whole:
		v.State.Tone = ui.Success
	case stamp.Unsigned, stamp.Unknown, stamp.NoPDF:
		v.State.Tone = ui.Warning
	case stamp.Appended, stamp.Changed, stamp.Cut, stamp.Revoked, stamp.Untimely:
	}
	fact := func(key, value string) { v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, key), Value: value}) }
	if o.Key != "" {
		fact("verify.signer", o.Signer+", "+o.Key)
		fact("verify.signed_at", i18n.DateTime(ctx, o.SignedAt))
		standing := i18n.T(ctx, "verify.key_good", "as_of", i18n.DateTime(ctx, o.AsOf))
		if !o.Revoked.IsZero() {
			standing = i18n.T(ctx, "verify.key_revoked", "as_of", i18n.DateTime(ctx, o.AsOf), "date", i18n.Date(ctx, o.Revoked))
		}
		fact("verify.key", standing)
	}
	if len(o.Pages) > 0 {
		var list []string
		for _, n := range o.Pages {
			list = append(list, strconv.Itoa(n))
		}
		fact("verify.changed", strings.Join(list, ", "))
	}
	if o.Rest {
		fact("verify.changed_rest", i18n.T(ctx, "verify.changed_rest_text"))
	}
	if o.Behind > 0 {
		fact("verify.behind", i18n.N(ctx, "verify.bytes", o.Behind))
	}
	if token, ok := p.tokenOf(o.Link); ok {
		var err error
		if v.Now, err = p.standsNow(ctx, token); err != nil {
			return err
		}
		v.Link = document.Path + token
	}
	return web.Render(w, r, http.StatusOK, verifyResultPage(v))
}

// standsNow says whether a paper still counts: a whole file may be of a paper that was revoked since.
func (p *Pages) standsNow(ctx context.Context, token string) (*ui.Alert, error) {
	d, err := p.Papers.ByToken(access.With(ctx, web.Actor(ctx)), token)
	if fault.KindOf(err) == fault.Missing && err != nil {
		return nil, nil //nolint:nilnil,nilerr // the page of the paper will say so
	}
	if err != nil || d.State == document.Valid {
		return nil, err
	}
	return &ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.check."+string(d.State)), Text: i18n.T(ctx, "verify.no_more")}, nil
}

// verifyKept is the page in one file, to be kept and opened without any network. It may ask nobody: its own policy says so.
func (p *Pages) verifyKept(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var v verifyView
	if err := p.fillVerify(ctx, &v); err != nil {
		return err
	}
	bundle, err := ui.Assets()
	if err != nil {
		return err
	}
	script, ok := bundle.Named("verify.js")
	style, styled := bundle.Named("verify.css")
	if !ok || !styled {
		return errors.New("the page that verifies papers was not built")
	}
	v.Kept = &keptPage{Title: i18n.T(ctx, "verify.title"), Lang: string(i18n.From(ctx)), Script: "<script type=\"module\">" + string(script.Body) + "</script>", Style: "<style>" + string(style.Body) + "</style>",
		Policy: "default-src 'none'; script-src " + digest(script.Body) + "; style-src " + digest(style.Body) + "; base-uri 'none'; form-action 'none'"}
	var page bytes.Buffer
	if err := verifyKeptPage(v).Render(ctx, &page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // it is kept, not shown
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": i18n.T(ctx, "verify.kept_name") + ".html"}))
	_, err = w.Write(page.Bytes())
	return err
}

// digest is how a policy names what stands in the page.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// documentKeys publishes the list for programs, those of other sites, too.
func (p *Pages) documentKeys(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Stamp.List(r.Context())
	if err != nil {
		return err
	}
	openToAll(w)
	return web.JSON(w, http.StatusOK, l)
}

// documentCertificates publishes the certificates for programs that verify signatures of PDF.
func (p *Pages) documentCertificates(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Stamp.List(r.Context())
	if err != nil {
		return err
	}
	openToAll(w)
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, err = w.Write(l.PEM())
	return err
}

func openToAll(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=300")
}
