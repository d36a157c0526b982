package system

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/original"
	"okno/internal/passkey/passkeytest"
	"okno/internal/rights"
	"okno/internal/sandbox/specimen"
	"okno/internal/signature"
	"okno/internal/store"
	"okno/internal/wallet"
)

// notCopied are the tables with something of persons that are in nobody's copy, each with the reason.
var notCopied = map[string]string{
	"person_key":   "the key itself: it opens nothing outside, and is destroyed by the erasure",
	"registration": "a registration under way, before there is an account; it is consumed by it, and swept after seven days",
	"employee":     "staff, not persons of the portal",

	"staff_passkey": "staff, not persons of the portal",

	"signature_proof":  "whose signature it was in a browser, before there is an account; it is consumed by it, and swept after an hour",
	"signature_ticket": "what a certificate came to, on its way back through the browser; it is consumed by it, and swept after two minutes",

	"agent_token":         "tokens of agencies' systems, not of persons",
	"agent_request":       "what an agency's system was answered: identifiers and states; its look and its moves are in the audit of the copy",
	"webhook":             "addresses of agencies' systems, not of persons",
	"desk_batch_case":     "which cases the head of a desk decided on at once, and how that ended: identifiers and codes. What became of a case is in its history",
	"escalation":          "of which deadlines the head of a desk was told: identifiers and times. The copy has it in desk_event",
	"application_carried": "on which versions of its service a case was: hashes. The copy has the event itself",

	"root_key": "keys that signed the audit, not of a person",
	"takeover": "which account took over which: identifiers. What came along is copied where it lies now",
	"undoing":  "which takeover was undone: identifiers, and what an employee wrote of it, which speaks of two persons; the audit in the copy says that it was done",
}

// columnsWithSecrets say of each column that is bytes what becomes of it in a copy.
var columnsWithSecrets = map[string]string{
	"agent_token.hash":          "not of a person",
	"agent_token.fresh":         "not of a person",
	"agent_request.key":         "not of a person",
	"agent_request.fingerprint": "a hash of what an agency's system sent",
	"agent_request.answer":      "identifiers and states of a case",
	"webhook.secret":            "not of a person",
	"webhook.previous":          "not of a person",

	"alert.token_hash": "a hash of the link in the notice",
	"draft.touched":    "what answers of a draft were before their last change, for two tabs that are open at once; the answers are in the copy",
	"draft.beside":     "what registers told for it and which of its values are said to be wrong; both are opened for the copy",
	"alert.browser":    "a hash of the browser's cookie",
	"device.network":   "from where a browser came, sealed until its owner was told, which is seconds: the notice says it",
	"session.browser":  "a hash of the browser's cookie; agent says which it was",

	"passkey.handle": "a hash of the key's identifier",
	"passkey.record": "copied as key_name, synced; the public key tells nobody anything",

	"account.profile":       "copied as profile",
	"account.snils_index":   "a keyed hash of the SNILS, which is in the profile",
	"contact.value":         "copied as value",
	"contact.value_ahead":   "a keyed hash of the value",
	"account.snils_ahead":   "a keyed hash of the SNILS",
	"visit.code_ahead":      "a keyed hash of the code",
	"root_key.sealed":       "not of a person",
	"contact.value_index":   "a keyed hash of the value",
	"challenge.value":       "copied as value",
	"challenge.value_index": "a keyed hash of the value",
	"challenge.browser":     "a hash of the browser's cookie",
	"challenge.network":     "a keyed hash of the network",
	"device.browser":        "a hash of the browser's cookie; agent says which it was",
	"session.token_hash":    "a hash: whoever has the copy must not have a way in",
	"recovery.browser":      "a hash of the browser's cookie",

	"signature_challenge.browser": "a hash of the browser's cookie",
	"signature_challenge.content": "in the copy as text; not sealed, for it names nobody",

	"notice.content":        "copied as subject and body",
	"notice_choice.content": "copied as ways and quiet",

	"push_browser.content":       "copied as endpoint; by the keys beside it nobody but the portal needs to write to the browser",
	"push_browser.endpoint_hash": "a hash of endpoint",
	"push_key.public":            "not of a person",
	"push_key.secret":            "not of a person",

	"visit.code":             "copied as code",
	"visit.code_index":       "a keyed hash of the code",
	"proof.papers":           "copied as papers",
	"register_check.answer":  "copied as answer",
	"draft.answers":          "copied as answers",
	"snils_request.details":  "copied as details",
	"child.birth":            "copied as certificate and act",
	"child.act_index":        "a keyed hash of act",
	"child.act_ahead":        "a keyed hash of act",
	"handover.contact":       "copied as contact",
	"handover.contact_index": "a keyed hash of the contact",
	"handover.contact_ahead": "a keyed hash of the contact",
	"child_request.papers":   "copied as papers",
	"child_check.answer":     "copied as answer",
	"takeover.proposed_why":  "as undoing.why, before a second employee has confirmed it",
	"undoing.why":            "an employee's words about two persons; taken out with either",
	"untying.value":          "a contact of whoever holds it, sealed for whoever asks for it until they are told",
	"untying.value_index":    "a keyed hash of the value",
	"application.content":    "copied as content",
	"application.correction": "copied as correction",

	"attachment.content":        "copied as name and read; the digest is of the file that is in the copy",
	"attachment_upload.content": "copied as name",

	"application_event.note": "copied as note",
	"desk_event.note":        "copied as note",
	"desk_proposal.advice":   "copied as note",
	"complaint.content":      "copied as text, answer and note",
	"document.body":          "copied as number, title, holder, facts, link",
	"document.token_hash":    "a hash of the token in link",
	"file.name":              "copied as name",
	"original.reading":       "copied as read",
	"file.sha256":            "of the sealed bytes; the bytes themselves are in the copy",
	"question.contact":       "copied as contact",
	"question.token_hash":    "of a visitor's address; an account's question has none to give away",
	"question_message.text":  "copied as text",
	"audit_seal.hash":        "not of a person",
	"audit_seal.prev":        "not of a person",
	"audit_seal.sign":        "not of a person",
	"definition.content":     "not of a person",
	"publication.content":    "not of a person",

	"wallet_version.content":  "copied as values",
	"wallet_share.content":    "copied as shown; whoever has the copy must not have a way in",
	"wallet_share.token_hash": "a hash of the address of the page that shows it",
	"wallet_share.code_index": "a keyed hash of the short code",
	"wallet_share.browser":    "a hash of the cookie of whoever was shown it",

	"factor.name":               "copied as app",
	"security_question.content": "copied as questions",
	"factor.secret":             "whoever has the copy must not have a way in",
	"pending_signin.token_hash": "a hash: whoever has the copy must not have a way in",
	"pending_signin.browser":    "a hash of the browser's cookie",
}

// belongs are the names of columns that say whose a row is.
var belongs = []string{"account_id", "owner", "owner_id", "subject"}

var (
	tableText  = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	columnText = regexp.MustCompile(`(?m)^\s+(\w+)\s+(TEXT|BYTEA|BIGINT|BOOLEAN|TIMESTAMPTZ)\b`)
	addedText  = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN (\w+)\s+(\w+)`)
)

// schema reads the migrations: table -> column -> type.
func schema(t *testing.T) map[string]map[string]string {
	t.Helper()
	list, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || len(list) < 20 {
		t.Fatalf("%d migrations, %v", len(list), err)
	}
	tables := map[string]map[string]string{}
	for _, file := range list {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range tableText.FindAllStringSubmatch(string(text), -1) {
			tables[m[1]] = map[string]string{}
			for _, c := range columnText.FindAllStringSubmatch(m[2], -1) {
				tables[m[1]][c[1]] = c[2]
			}
		}
		for _, m := range addedText.FindAllStringSubmatch(string(text), -1) {
			tables[m[1]][m[2]] = m[3]
		}
	}
	return tables
}

var inBackticks = regexp.MustCompile("`([a-z_]+)`")

// ofPersons are the tables that may hold something of a person: those whose rows belong to somebody, those with something sealed,
// and those that hang on one of them.
func ofPersons(t *testing.T) []string {
	t.Helper()
	var out []string
	for table, columns := range schema(t) {
		mine := slices.ContainsFunc(belongs, func(c string) bool { return columns[c] != "" })
		for column, kind := range columns {
			reason, known := columnsWithSecrets[table+"."+column]
			if kind == "BYTEA" && notCopied[table] == "" && !known {
				t.Errorf("%s.%s holds bytes: say in columnsWithSecrets what becomes of it in a person's copy", table, column)
			}
			mine = mine || kind == "BYTEA" && reason != "not of a person"
			mine = mine || strings.HasSuffix(column, "_id") && slices.Contains([]string{"notice_id", "proof_id", "application_id", "question_id"}, column)
		}
		if mine {
			out = append(out, table)
		}
	}
	slices.Sort(out)
	return out
}

// TestEveryTableOfPersonsIsCopiedOrExcused needs no walk: whoever adds a table learns at once that a copy has to have it.
func TestEveryTableOfPersonsIsCopiedOrExcused(t *testing.T) {
	tables := schema(t)
	for table := range notCopied {
		if tables[table] == nil {
			t.Errorf("notCopied excuses %s, which is no table", table)
		}
	}
	for column := range columnsWithSecrets {
		table, name, _ := strings.Cut(column, ".")
		if tables[table][name] == "" {
			t.Errorf("columnsWithSecrets speaks of %s, which is no column", column)
		}
	}
	for _, table := range ofPersons(t) {
		if notCopied[table] == "" && !i18n.Has("rights.table."+table) {
			t.Errorf("%s holds something of persons: give it away in the Export of its package and take it out in its Erase, or excuse it in notCopied", table)
		}
	}
	said, err := os.ReadFile("../../docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for line := range strings.Lines(string(said)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, name := range inBackticks.FindAllStringSubmatch(cells[1], -1) {
				described[name[1]] = true
			}
		}
	}
	for _, table := range ofPersons(t) {
		if notCopied[table] == "" && !described[table] {
			t.Errorf("docs/export.md has no line of %s", table)
		}
	}
	for _, table := range rights.Shown() {
		if tables[table] == nil {
			t.Errorf("the page names %s, which is no table", table)
		}
	}
}

// TestAPersonTakesEverythingAwayAndIsGoneAfterTheErasure lets a person do everything there is, take a copy, ask to be erased, take it
// back, ask again, and be erased by a portal that was started anew meanwhile. Then it looks for them: with their old key, in every
// table and file.
func TestAPersonTakesEverythingAwayAndIsGoneAfterTheErasure(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		s.Services = "systemtest/services"
		x := run(t, s, discard)
		w := walk(t, x)
		g := &goodbye{running: x, phone: "+79123456789", base: x.Settings.URL}
		g.more(t)
		g.copies(t)
		g.erasure(t, s, w)
	})
}

// goodbye is the person of walk who leaves.
type goodbye struct {
	*running
	phone, base string
	account     string
	person      access.Actor
	profile     account.Profile
	browser     *visitor
	underWay    string // a case that is not decided
}

func (g *goodbye) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// more does what walk leaves out, so that every table holds something of the person.
func (g *goodbye) more(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	var err error
	g.account, err = g.Contacts.Holder(ctx, g.DB, contact.Target{Kind: contact.Phone, Value: g.phone})
	g.must(t, err)
	g.person = access.Actor{Kind: access.Person, ID: g.account, Level: access.Confirmed}
	a, err := g.Accounts.Get(ctx, g.DB, g.account)
	g.must(t, err)
	g.profile = a.Profile
	g.must(t, g.Accounts.SetFavourite(ctx, g.person, "fns.income-certificate", true))
	browser, err := g.World.PushBrowser("+79120000001")
	g.must(t, err)
	g.must(t, g.Notices.Subscribe(ctx, g.person, notification.Subscription(browser), "Chrome, Linux"))
	g.must(t, g.Notices.Choose(ctx, g.person, notification.Choice{Ways: map[notification.Topic][]notification.Way{notification.Case: {notification.ByMail, notification.BySMS}, notification.Support: {notification.Daily}}, Quiet: true}))
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO notice_digest (notice_id, due_at) SELECT max(id), $1 FROM notice WHERE account_id = $2`, tx.Now().Add(24*time.Hour), g.person.ID)
		return err
	}))
	d, err := g.Applications.Draft(ctx, g.person, "rosreestr.extract")
	g.must(t, err)
	c, err := g.Applications.Submit(ctx, g.person, "rosreestr.extract", d.ID)
	g.must(t, err)
	g.underWay = c.ID
	jobstest.Settle(t, g.Jobs)
	_, err = g.Applications.Take(ctx, access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}, g.underWay)
	g.must(t, err)
	g.desk(t)
	_, err = g.Applications.Begin(ctx, g.person, "fns.income-certificate")
	g.must(t, err)
	_, err = g.Verification.VisitCode(ctx, g.person)
	g.must(t, err)
	_, err = g.Signatures.Begin(ctx, signature.Holder{Account: g.account}, signature.Confirm)
	g.must(t, err)
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error { // somebody wanted the phone, and was told no
		_, err := tx.Exec(ctx, `INSERT INTO untying (id, contact_id, account_id, asker, kind, value_index, state, lang, asked_at, due_at, ended_at)
			SELECT 'u-1', id, account_id, 'somebody', kind, value_index, 'cancelled', 'ru', $2, $2, $2 FROM contact WHERE account_id = $1`, g.account, tx.Now())
		return err
	}))
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error { // another password was the person's before
		return tx.Do(ctx, `INSERT INTO password_past (account_id, encoded, left_at) VALUES ($1, 'of-before', $2)`, g.account, tx.Now())
	}))
	g.files(t)
	_, err = g.Originals.Send(ctx, g.person, original.Page{Kind: original.SNILS, Name: "снимок.jpg", Data: certificate(t, g.profile)})
	g.must(t, err)
	jobstest.Settle(t, g.Jobs)
	g.wallet(t)
	g.family(t)
	forgetful := newVisitor(g.base, "203.0.113.8")
	_, err = forgetful.post("/recover", "/recover/code", "login", g.phone)
	g.must(t, err)
	g.browser = newVisitor(g.base, "203.0.113.7")
	g.must(t, g.browser.signIn(g.phone))
	_, err = forgetful.post("/signin", "/signin/second", "login", g.phone, "password", testPassword) // and the code is never typed
	g.must(t, err)
	g.factors(t)
	jobstest.Settle(t, g.Jobs)
}

// wallet lets the person keep a document, have a register asked, show it to somebody, and put it into an application.
func (g *goodbye) wallet(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	who := g.person
	who.Methods, who.AuthAt = "pwd sms", g.DB.Now()
	d, err := g.Wallet.Add(ctx, who, wallet.Entry{Kind: "other", Scan: &wallet.Scan{Name: "Диплом Уходящей.jpg", Data: certificate(t, g.profile)},
		Typed: map[string]string{"document_title": "Диплом: " + g.profile.Surname, "document_number": "ВСГ 7654321"}})
	g.must(t, err)
	_, err = g.Wallet.ShareIt(ctx, who, d.ID, wallet.Showing{Fields: []string{"number"}, Scan: true, Name: true})
	g.must(t, err)
	g.must(t, g.Wallet.Ask(ctx, who, "medical-policy"))
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO wallet_use (attachment_id, account_id, document_id, version, used_at) VALUES ('w-1', $1, $2, 1, $3)`, g.account, d.ID, tx.Now())
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO wallet_paper_use (attachment_id, account_id, paper_id, used_at) VALUES ('w-2', $1, 'p-1', $2)`, g.account, tx.Now())
		}
		return err
	}))
}

// files lets the person put a file into a draft, and send half of another.
func (g *goodbye) files(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	const code = "town.badge"
	_, err := g.Applications.Begin(ctx, g.person, code)
	g.must(t, err)
	_, err = g.Applications.SavePage(ctx, g.person, code, "kind", map[string][]string{"kind": {"guest"}})
	g.must(t, err)
	n := application.NewUpload{Service: code, Slot: "passport", Name: "Паспорт Уходящей.jpg"}
	_, err = g.Attachments.Receive(ctx, g.person, n, bytes.NewReader(certificate(t, g.profile)))
	g.must(t, err)
	g.half(t)
}

// half lets the person begin to send a file.
func (g *goodbye) half(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	n := application.NewUpload{Service: "town.badge", Slot: "photo", Name: "Портрет Уходящей.jpg", Size: 5000}
	u, err := g.Attachments.Begin(ctx, g.person, n)
	g.must(t, err)
	_, err = g.Attachments.Append(ctx, g.person, u.ID, 0, []byte("\xff\xd8\xff\xfe Уходящая"))
	g.must(t, err)
}

// desk lets officers write to each other of the person's case, and a decision wait for a second pair of eyes.
func (g *goodbye) desk(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	officers, err := g.Staff.Officers(ctx, g.DB, "rosreestr")
	g.must(t, err)
	head := access.Actor{Kind: access.Staff, ID: "head-1", Role: access.Head, Unit: "rosreestr"}
	_, err = g.Applications.Assign(ctx, head, g.underWay, application.Handing{To: officers[0].ID, Words: "Позвоните: " + g.profile.Surname + " торопится"})
	g.must(t, err)
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error { // no service of the demo needs two officers, and no deadline has passed
		key, err := g.Ring.Person(ctx, tx, g.account)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO complaint (id, application_id, unit, version, ground, state, barred, handler, content, made_at, due_at) VALUES ('complaint-1', $1, 'rosreestr', 1, 'late', 'open', '', '', $2, $3, $3)`,
			g.underWay, key.Seal("complaint", "content", "complaint-1", []byte(`{"text":"Жалуется `+g.profile.Surname+`"}`)), tx.Now())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO desk_proposal (application_id, unit, version, employee_id, event, reason, fields, advice, at) VALUES ($1, 'rosreestr', 2, 'officer-1', 'refuse', 'data-mismatch', '', $2, $3)`,
			g.underWay, key.Seal("desk_proposal", "advice", g.underWay, []byte("Проверьте фамилию "+g.profile.Surname)), tx.Now())
		if err != nil {
			return err
		}
		typed := base64.StdEncoding.EncodeToString([]byte(`{"applicant":{"surname":"` + g.profile.Surname + `"}}`))
		_, err = tx.Exec(ctx, `UPDATE application SET correction = $1 WHERE id = $2`, key.Seal("application", "correction", g.underWay, []byte(`{"answers":"`+typed+`","at":"2026-01-01T00:00:00Z","version":2}`)), g.underWay)
		return err
	}))
}

// family lets the person ask for a child's account in vain, and makes them somebody whose own account a parent once opened.
func (g *goodbye) family(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	q, err := g.Mandates.Open(ctx, g.person)
	g.must(t, err)
	typed := mandate.Papers{Surname: "Чужов", GivenName: "Пётр", BirthDate: "01.02.2020", Sex: "m", Series: "II-МЮ", Number: "135790", IssuedAt: "10.02.2020", IssuedBy: "Отдел ЗАГС"}
	for _, step := range q.Steps() {
		_, err = g.Mandates.Fill(ctx, g.person, q.ID, step, typed)
		g.must(t, err)
	}
	_, err = g.Mandates.Send(ctx, g.person, q.ID, true)
	g.must(t, err)
	await(t, "the civil-status register", func() bool {
		q, err = g.Mandates.Request(ctx, g.person, q.ID)
		return err == nil && q.Refusal == mandate.RefusedAnswers
	})
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := g.Ring.Person(ctx, tx, g.account)
		if err != nil {
			return err
		}
		birth, err := json.Marshal(mandate.Birth{Act: "1234"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO child (account_id, birth, act_index, opened_at) VALUES ($1, $2, $3, $4)`, g.account, key.Seal("child", "birth", g.account, birth), []byte("1"), tx.Now())
		if err != nil {
			return err
		}
		to, err := json.Marshal(contact.Target{Kind: contact.Email, Value: "heir@okno.example"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO handover (account_id, by_id, contact, contact_index, started_at, expires_at) VALUES ($1, 'somebody', $2, $3, $4, $5)`,
			g.account, key.Seal("handover", "contact", g.account, to), []byte("2"), tx.Now(), tx.Now().AddDate(0, 6, 0))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO mandate (id, kind, account_id, for_id, given_at, ended_at, why) VALUES ('m-1', 'child', $1, 'somebody', $2, $2, 'grown')`, g.account, tx.Now())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO appointment (id, account_id, kind, resource, starts_at, ends_at, seat, state, held_until, moves, sequence, created_at)
			VALUES ('t-1', $1, 'doctor', 'd-1', $2, $2, 0, 'held', $2, 't-0', 1, $2)`, g.account, tx.Now())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO appointment_wait (id, account_id, resource, party, state, appointment, created_at) VALUES ('w-1', $1, 'd-1', 1, 'waiting', 't-1', $2)`, g.account, tx.Now())
		return err
	}))
}

// certificate is a picture of the person's certificate of insurance.
func certificate(t *testing.T, p account.Profile) []byte {
	t.Helper()
	text, err := specimen.Fonts{Modules: "../../node_modules"}.Text("golos")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := specimen.Insurance(specimen.Person{Surname: p.Surname, GivenName: p.GivenName, SNILS: form.FormatSNILS(p.SNILS), BirthDate: p.BirthDate}, specimen.Style{Text: text, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := specimen.Shot(sheet, specimen.None, 5)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func (g *goodbye) copies(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	if _, err := g.browser.post("/cabinet/data/copy", "/cabinet/data", "password", "Wrong-River-1"); err == nil {
		t.Fatal("a copy is made without the password")
	}
	// The copy that holds the wish, too: it is taken back at once.
	_, err := g.browser.post("/cabinet/data/delete", "/cabinet/data", "password", testPassword)
	g.must(t, err)
	_, err = g.browser.post("/cabinet/data/copy", "/cabinet/data", "password", testPassword)
	g.must(t, err)
	_, page, err := g.browser.do("GET", "/cabinet/data", nil)
	g.must(t, err)
	if strings.Contains(page, "/cabinet/data/copy/") {
		t.Error("the page shows a copy to whoever opens it later")
	}
	var exportID string
	g.must(t, g.DB.QueryRow(ctx, `SELECT id FROM data_export WHERE account_id = $1`, g.account).Scan(&exportID))
	stranger := newVisitor(g.base, "203.0.113.9")
	g.must(t, stranger.signIn(g.phone))
	if _, _, err := stranger.do("GET", "/cabinet/data/copy/"+exportID, nil); err == nil {
		t.Error("another session takes the copy away")
	}
	_, body, err := g.browser.do("GET", "/cabinet/data/copy/"+exportID, nil)
	g.must(t, err)
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	g.must(t, err)

	var told struct {
		Format, Account string
		Data            map[string][]map[string]any
	}
	g.must(t, json.Unmarshal(entry(t, z, "data.json"), &told))
	if told.Format != rights.Format || told.Account != g.account {
		t.Errorf("data.json is %q of %q", told.Format, told.Account)
	}
	for _, table := range ofPersons(t) {
		if notCopied[table] == "" && len(told.Data[table]) == 0 {
			t.Errorf("the copy has nothing of the table %s", table)
		}
	}
	for table, rows := range told.Data {
		for _, row := range rows {
			for name := range row {
				if !i18n.Has("rights.field." + name) {
					t.Errorf("the page has no word for %s.%s", table, name)
				}
			}
		}
	}
	index := string(entry(t, z, "index.html"))
	p := g.profile
	for _, want := range []string{p.Surname, p.GivenName, p.Patronymic, p.SNILS, p.Document.Number, p.Address, g.phone, "Справка", "подтверждённая", "Заявления"} {
		if !strings.Contains(index, want) || want == "" {
			t.Errorf("index.html does not say %q", want)
		}
	}
	for _, no := range []string{"<script", "officer-1", "centre-1", "support-1", "rights."} {
		if strings.Contains(index, no) || strings.Contains(body, no) && no != "rights." && no != "<script" {
			t.Errorf("the copy says %q", no)
		}
	}
	papers := 0
	for _, f := range told.Data["file"] {
		data := entry(t, z, fmt.Sprint(f["path"]))
		if float64(len(data)) != f["size"] {
			t.Errorf("%s has %d bytes, want %v", f["path"], len(data), f["size"])
		}
		if bytes.HasPrefix(data, []byte("%PDF")) {
			papers++
		}
	}
	if papers == 0 || papers != len(told.Data["document"]) {
		t.Errorf("%d PDFs of %d papers", papers, len(told.Data["document"]))
	}
	if texts, err := g.browser.texts(g.phone); err != nil || !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "копия всех ваших данных") }) {
		jobstest.Settle(t, g.Jobs)
		t.Errorf("nobody was told of the copy: %v", err)
	}
	_, err = g.browser.post("/cabinet/data/keep", "/cabinet/data")
	g.must(t, err)
}

func entry(t *testing.T, z *zip.Reader, name string) []byte {
	t.Helper()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (g *goodbye) clock(t *testing.T, days int) {
	t.Helper()
	_, _, err := g.browser.do("POST", "/demo/clock", url.Values{"advance": {fmt.Sprintf("P%dD", days)}})
	g.must(t, err)
	jobstest.Settle(t, g.Jobs)
}

func (g *goodbye) told(t *testing.T, words string) int {
	t.Helper()
	jobstest.Settle(t, g.Jobs)
	texts, err := g.browser.texts(g.phone)
	g.must(t, err)
	n := 0
	for _, text := range texts {
		if strings.Contains(text, words) {
			n++
		}
	}
	return n
}

// factors gives the person backup codes, and an app that was not proved yet: one of those is swept after a day.
func (g *goodbye) factors(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error {
		if _, _, err := g.Credentials.NewApp(ctx, tx, g.account, "Проверкин телефон"); err != nil {
			return err
		}
		if _, err := g.Credentials.NewBackupCodes(ctx, tx, g.account); err != nil {
			return err
		}
		return g.Credentials.SetQuestions(ctx, tx, g.account, credential.Offered()[:3], "$argon2id-hmac$")
	}))
	for i := range 2 { // one key is made, the other is only asked for
		visitor := credential.Visitor{Browser: "somebody's", Lang: i18n.RU}
		person := g.person
		person.AuthAt = g.DB.Now()
		c, err := g.SignIn.AddKey(ctx, person, visitor)
		g.must(t, err)
		if i == 0 {
			err = g.SignIn.KeepKey(ctx, person, visitor, c.ID, "Проверкин ключ", passkeytest.New().Make(t, g.base, c))
			g.must(t, err)
		}
	}
}

func (g *goodbye) erasure(t *testing.T, s Settings, w *wanted) {
	t.Helper()
	ctx := t.Context()
	if _, err := g.browser.post("/cabinet/data/delete", "/cabinet/data", "password", "Wrong-River-1"); err == nil {
		t.Fatal("an account is erased without the password")
	}
	g.clock(t, 16)
	if _, err := g.Accounts.Get(ctx, g.DB, g.account); err != nil {
		t.Fatalf("a wish that was taken back is done all the same: %v", err)
	}
	g.browser = newVisitor(g.base, "203.0.113.7")
	g.must(t, g.browser.signIn(g.phone))
	_, err := g.browser.post("/cabinet/data/delete", "/cabinet/data", "password", testPassword)
	g.must(t, err)
	if got := g.told(t, "Войдите и отмените"); got != 2 {
		t.Errorf("the person was told %d times that they asked, want 2", got)
	}
	list, err := g.Papers.List(ctx, g.person)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d papers, %v", len(list), err)
	}
	paper, err := url.Parse(list[0].Link)
	g.must(t, err)
	key, err := g.Ring.Person(ctx, g.DB, g.account)
	g.must(t, err)
	forgetful := newVisitor(g.base, "203.0.113.8")
	_, err = forgetful.post("/recover", "/recover/code", "login", g.phone) // an attempt holds the phone under the master keyset
	g.must(t, err)
	g.factors(t)
	g.half(t) // the first was swept meanwhile
	before, n := g.opens(t, key)
	if n < 25 {
		t.Fatalf("the search finds only %d sealed values: %v", n, before)
	}
	for table, columns := range schema(t) { // the search must know every sealed column, or it proves nothing
		for column := range columns {
			name := table + "." + column
			if strings.HasPrefix(columnsWithSecrets[name], "copied") && name != "question.contact" && !slices.Contains(before, name) {
				t.Errorf("the search opens nothing of %s", name)
			}
		}
	}
	held, err := g.Files.Of(ctx, g.DB, g.account)
	g.must(t, err)

	g.stop() // and is started anew
	g.running = run(t, s, discard)
	g.clock(t, 13)
	if g.told(t, "Напоминаем") != 1 {
		t.Error("the person is not reminded once")
	}
	_, _, err = g.browser.do("GET", "/cabinet/data", nil) // it is not the day yet
	g.must(t, err)
	g.clock(t, 2)
	await(t, "the erasure", func() bool {
		gone, err := g.Rights.Erased(ctx)
		return err == nil && slices.Equal(gone, []string{g.account})
	})
	g.must(t, g.Rights.Sweep(ctx))
	g.must(t, g.Rights.Erase(ctx, rights.EraseAccount{Account: g.account})) // a job may run twice

	if left, n := g.opens(t, key); n != 0 {
		t.Errorf("with the old key still opens: %v", left)
	}
	if _, err := g.Ring.Person(ctx, g.DB, g.account); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("the key: %v", err)
	}
	g.noBytes(t, held)
	for name, rows := range everyTable(t, g.DB) {
		for _, row := range rows {
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				w.search(t, "the table "+name, fmt.Sprint(v))
			}
		}
	}
	g.afterwards(t, paper)
}

// noBytes looks into the bucket.
func (g *goodbye) noBytes(t *testing.T, held []files.Held) {
	t.Helper()
	if len(held) < 2 {
		t.Fatalf("the person had only %d files", len(held))
	}
	there := map[string]bool{}
	g.must(t, g.Files.Bucket.Each(t.Context(), func(name string, _ time.Time) error { there[filepath.Base(name)] = true; return nil }))
	for _, f := range held {
		if there[f.ID] {
			t.Errorf("the bytes of %s are there", f.ID)
		}
	}
}

// afterwards is what others see, and that the person may come back as somebody new.
func (g *goodbye) afterwards(t *testing.T, paper *url.URL) {
	t.Helper()
	ctx := t.Context()
	stranger := newVisitor(g.base, "198.51.100.9")
	_, page, err := stranger.do("GET", paper.Path, nil)
	if err != nil || !strings.Contains(page, "Документ был выдан") || !strings.Contains(page, "ОК-") || strings.Contains(page, "···") {
		t.Errorf("the public page of the paper: %v", err)
	}
	officer := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
	if _, err := g.Applications.Look(ctx, officer, g.underWay); !errors.Is(err, application.ErrMissing) {
		t.Errorf("an officer opens the case: %v", err)
	}
	for _, queue := range application.Queues() {
		if _, err := g.Applications.OfUnit(ctx, officer, queue, 100); err != nil {
			t.Errorf("the queue %s: %v", queue, err)
		}
	}
	if _, body, err := g.browser.do("GET", "/api/session", nil); err == nil {
		t.Errorf("the session is open: %s", body)
	}
	nobody, unknown := "", ""
	for login, into := range map[string]*string{g.phone: &nobody, "+79990000077": &unknown} {
		body, err := newVisitor(g.base, "198.51.100.10").post("/signin", "/cabinet", "login", login, "password", testPassword)
		if err == nil {
			t.Fatalf("%s signs in", login)
		}
		*into = strings.ReplaceAll(body, login, "")
	}
	if plain(nobody) != plain(unknown) {
		t.Error("signing in tells an erased account from none")
	}
	again := newVisitor(g.base, "203.0.113.77")
	_, err = again.post("/register", "/register/code", "surname", g.profile.Surname, "given_name", g.profile.GivenName, "phone", g.phone, "terms", "on", "data", "on")
	g.must(t, err)
	jobstest.Settle(t, g.Jobs) // there are older codes in the outbox
	code, err := again.code(g.phone)
	g.must(t, err)
	_, err = again.post("/register/code", "/register/password", "code", code)
	g.must(t, err)
	_, err = again.post("/register/password", "/cabinet/welcome", "password", testPassword, "password_again", testPassword)
	g.must(t, err)
	now, err := g.Contacts.Holder(ctx, g.DB, contact.Target{Kind: contact.Phone, Value: g.phone})
	if err != nil || now == "" || now == g.account {
		t.Fatalf("the phone belongs to %q, %v", now, err)
	}
	g.must(t, g.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := g.Accounts.Update(ctx, tx, now, func(a *account.Account) error {
			a.Level, a.ConfirmedAt, a.Profile.SNILS = access.Confirmed, tx.Now(), g.profile.SNILS
			return nil
		})
		return err
	}))
	// A list that was kept erases them again after an older backup was restored; here it finds that they are erased, or never were.
	if n, err := g.Rights.Again(ctx, []string{g.account, "01jzzzzzzzzzzzzzzzzzzzzzzz"}); n != 0 || err != nil {
		t.Errorf("erased again: %d, %v", n, err)
	}
	if n, err := g.Rights.Again(ctx, []string{now}); n != 1 || err != nil {
		t.Errorf("erased after a restore: %d, %v", n, err)
	}
	if holder, err := g.Contacts.Holder(ctx, g.DB, contact.Target{Kind: contact.Phone, Value: g.phone}); holder != "" || err != nil {
		t.Errorf("the phone belongs to %q, %v", holder, err)
	}
}

// plain takes out of a page what differs from request to request.
func plain(page string) string {
	return regexp.MustCompile(`\d+`).ReplaceAllString(regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(page, ""), "")
}

// opens lists the columns of which something opens with the person's key, or holds the person's phone under the master keyset. It
// tries every value of the row, and every two of them, for the name of the row.
func (g *goodbye) opens(t *testing.T, key *keyring.Key) (columns []string, n int) {
	t.Helper()
	found := map[string]bool{}
	for table := range schema(t) {
		cols, rows := wholeTable(t, g.DB, table)
		for _, row := range rows {
			var names []string
			for _, v := range row {
				switch v := v.(type) {
				case string:
					names = append(names, v)
				case int64:
					names = append(names, fmt.Sprint(v))
				}
			}
			for _, a := range slices.Clone(names) {
				for _, b := range names[:min(len(names), 4)] {
					names = append(names, a+"/"+b, b+"/"+a)
				}
			}
			for i, v := range row {
				sealed, ok := v.([]byte)
				if !ok || len(sealed) == 0 {
					continue
				}
				for _, name := range names {
					if _, err := key.Open(table, cols[i], name, sealed); err == nil {
						found[table+"."+cols[i]], n = true, n+1
						break
					}
					if text, err := g.Ring.System().Open(table, cols[i], name, sealed); err == nil && strings.Contains(string(text), g.phone[2:]) {
						found[table+"."+cols[i]], n = true, n+1
						break
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), n
}

func wholeTable(t *testing.T, db *store.DB, table string) (columns []string, all [][]any) {
	t.Helper()
	rows, err := db.Query(context.Background(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return columns, all
}
