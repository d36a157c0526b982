package portal

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/mandate"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	devicePath  = "/cabinet/device"
	offlinePath = "/offline"
)

func (p *Pages) mountDevice(s *web.Server) {
	s.Handle("GET "+ui.Manifest, p.manifest)
	s.Handle("GET /sw.js", p.serviceWorker)
	s.Handle("GET "+offlinePath, p.offline)
	s.Handle("GET "+devicePath, web.RequirePerson(p.device))
	s.Handle("GET /cabinet/offline", web.RequirePerson(p.offlineList))
}

// The colours of the installed portal: its paper and its brand, as in theme.json.
const (
	paperColour = "#ffffff"
	brandColour = "#0d4cd3"
)

type appIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// manifest is what a browser needs to install the portal, in the person's language (Web App Manifest).
func (p *Pages) manifest(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	name := p.Notices.Name.In(ctx)
	body, err := json.Marshal(map[string]any{
		"id": "/", "name": name, "short_name": i18n.T(ctx, "ui.brand"), "description": i18n.T(ctx, "portal.home.text"), "lang": string(i18n.From(ctx)), "dir": "ltr",
		"start_url": "/cabinet", "scope": "/", "display": "standalone", "background_color": paperColour, "theme_color": brandColour,
		"icons": []appIcon{{ui.URL("app-192.png"), "192x192", "image/png", ""}, {ui.URL("app-512.png"), "512x512", "image/png", ""}, {ui.URL("app-mask.png"), "512x512", "image/png", "maskable"}},
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	_, err = w.Write(body)
	return err
}

// worker is what the service worker is told before it begins; see sw.js.
type worker struct {
	Version string   `json:"version"`
	Name    string   `json:"name"`
	Body    string   `json:"body"`
	Icon    string   `json:"icon"`
	Shell   []string `json:"shell"` // what it keeps of the portal itself
	Keep    int      `json:"keep"`  // for how long the person's list is shown, in seconds
}

// serviceWorker is the program that a browser keeps. It has one address for ever, so browsers ask for it each time; what changes in it
// changes its bytes.
func (p *Pages) serviceWorker(w http.ResponseWriter, r *http.Request) error {
	assets, err := ui.Assets()
	if err != nil {
		return err
	}
	script, ok := assets.Named("sw.js")
	if !ok {
		return ui.ErrNotBuilt
	}
	ctx := r.Context()
	o := worker{Name: p.Notices.Name.In(ctx), Body: i18n.T(ctx, "message.push", "portal", p.Notices.Name), Icon: ui.URL("app-192.png"), Shell: []string{offlinePath, ui.URL("okno.css"), ui.URL("logo.svg")},
		Keep: int(p.Policy.Notices.OfflineKept / time.Second)}
	o.Version = fmt.Sprintf("%.6x", sha256.Sum256(append([]byte(script.File+string(i18n.From(ctx))), fmt.Sprint(o)...)))
	told, err := json.Marshal(o)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", script.Type)
	h.Set("Cache-Control", "no-cache")
	_, err = fmt.Fprintf(w, "const own = %s;\n%s", told, script.Body)
	return err
}

type offlineView struct {
	Page   ui.Page
	Saved  string
	Cases  []ui.Item
	Drafts []ui.Item
	Own    []ui.Item // documents of the wallet
	Papers []ui.Item
	Wards  []offlineWard
}

// offlineWard are the documents of a child, of the wallet and those that were issued.
type offlineWard struct {
	Title string
	List  []ui.Item
}

// offline is what a browser shows where there is no network and no list of the person's.
func (p *Pages) offline(w http.ResponseWriter, r *http.Request) error {
	v := offlineView{Page: frame(r.Context(), "portal.offline.title")}
	return web.Render(w, r, http.StatusOK, offlinePage(v))
}

// offlineList is what a browser shows a person there: names and states of what is theirs; of a document of the wallet what lists show without
// a second factor, which is its number masked and its last day (CAB-2). The documents of the person's children stand there by the same rule, under
// the child's given name, which tells two of them apart. No whole number, no other name of anybody and nothing that a paper says gets there. The
// service worker keeps it until the person signs out.
func (p *Pages) offlineList(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	v := offlineView{Page: frame(ctx, "portal.offline.title"), Saved: i18n.T(ctx, "portal.offline.saved", "time", web.Moment(ctx, p.DB.Now()))}
	var err error
	if v.Cases, v.Drafts, err = p.offlineCases(ctx, who); err != nil {
		return err
	}
	children, err := p.childrenOf(ctx, who)
	if err != nil {
		return err
	}
	issued, err := p.offlinePapers(ctx, who, children)
	if err != nil {
		return err
	}
	v.Papers = issued[who.Whose()]
	if v.Own, err = p.offlineOwn(ctx, who); err != nil {
		return err
	}
	for _, c := range children { // as many as children
		own, err := p.offlineOwn(ctx, who.Acting(c.Account.ID, access.Child))
		if err != nil {
			return err
		}
		if list := append(own, issued[c.Account.ID]...); len(list) > 0 {
			v.Wards = append(v.Wards, offlineWard{i18n.T(ctx, "portal.offline.childs", "name", c.Account.Profile.GivenName), list})
		}
	}
	return web.Render(w, r, http.StatusOK, offlinePage(v))
}

// offlineOwn are the documents of the wallet of whoever is meant.
func (p *Pages) offlineOwn(ctx context.Context, who access.Actor) (out []ui.Item, _ error) {
	if p.Wallet == nil {
		return nil, nil
	}
	list, err := p.Wallet.List(ctx, who)
	for _, d := range list {
		out = append(out, p.offlineDocument(ctx, d))
	}
	return out, err
}

// offlinePapers are the documents that were issued to the person and to the children, by whose they are.
func (p *Pages) offlinePapers(ctx context.Context, who access.Actor, children []mandate.Child) (map[string][]ui.Item, error) {
	if p.Papers == nil {
		return nil, nil
	}
	var ids []string
	for _, c := range children {
		ids = append(ids, c.Account.ID)
	}
	list, err := p.Papers.List(ctx, who, ids...)
	out := map[string][]ui.Item{}
	for _, d := range list {
		if len(out[d.Owner]) < mostCases {
			item := paperItem(ctx, d)
			out[d.Owner] = append(out[d.Owner], ui.Item{Title: item.Title, Tag: item.Tag})
		}
	}
	return out, err
}

// offlineDocument is a document of the wallet without whose it is, and of one that the person named themselves without that name.
func (p *Pages) offlineDocument(ctx context.Context, d wallet.Document) ui.Item {
	words := []string{maskedNumber(ctx, d), p.until(ctx, d)}
	return ui.Item{Title: d.Kind.Title.In(ctx), Icon: ui.Icon(d.Kind.Icon), Tag: p.stateTag(ctx, d),
		Text: strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " · ")}
}

func (p *Pages) offlineCases(ctx context.Context, who access.Actor) (cases, drafts []ui.Item, _ error) {
	list, err := p.Applications.List(ctx, p.DB, who, mostCases)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range list {
		cases = append(cases, ui.Item{Title: c.Def.Title.In(ctx), Tag: caseItem(ctx, c).Tag})
	}
	open, err := p.Applications.Open(ctx, p.DB, who)
	if err != nil {
		return nil, nil, err
	}
	for _, def := range p.Catalogue.All() {
		if _, ok := open[def.Code]; ok {
			drafts = append(drafts, ui.Item{Title: def.Title.In(ctx), Tag: &ui.Tag{Label: i18n.T(ctx, "portal.draft.tag"), Icon: ui.IconPencil}})
		}
	}
	return cases, drafts, nil
}

type deviceView struct{ Page ui.Page }

// device says how to have the portal on this device, and lets the person keep their list there.
func (p *Pages) device(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, devicePage(deviceView{frame(r.Context(), "portal.device.title")}))
}
