package verification_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/sandbox"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/system"
	"okno/internal/verification"
)

// pixel is a picture, the smallest there is.
var pixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// life is a person of the demo who has lived on the portal for a while: a refused case with the officer's words, a granted one with
// its paper, a form begun, favourites, a question with a screenshot.
type life struct {
	access.Actor
	known    system.DemoPerson
	resident sandbox.Resident
	question string
}

// lived gives the person of the demo whose extract was refused the rest of a life.
func lived(t *testing.T, x *system.System) life {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	l := life{known: known.People[2], Actor: access.Actor{Kind: access.Person, ID: known.People[2].ID, Level: access.Confirmed}}
	a, err := x.Accounts.Get(ctx, x.DB, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(x.World.People(), func(r sandbox.Resident) bool { return r.INN == a.Profile.INN })
	l.resident = x.World.People()[at]
	const income, extract = "fns.income-certificate", "rosreestr.extract"
	d, err := x.Applications.Begin(ctx, l.Actor, income)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, l.Actor, income, page.ID, map[string][]string{"year": {fmt.Sprint(x.DB.Now().Year() - 1)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Applications.Submit(ctx, l.Actor, income, d.ID); err != nil {
		t.Fatal(err)
	}
	typed := func(tx *store.Tx) error { // in a correction, as in a case that waits for one
		key, err := x.Ring.Person(ctx, tx, l.Actor.ID)
		if err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE application SET correction = $1 WHERE id = $2`, key.Seal("application", "correction", d.ID, []byte("{}")), d.ID)
	}
	for n := 0; len(papersOf(t, x, l.Actor)) == 0; n++ {
		if n > 300 {
			t.Fatal("the certificate does not come")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := x.DB.Write(ctx, typed); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Applications.Begin(ctx, l.Actor, extract); err != nil {
		t.Fatal(err)
	}
	d, err = x.Applications.Draft(ctx, l.Actor, extract)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Applications.Dispute(ctx, l.Actor, extract, "/applicant/surname", application.Objection{Seen: d.Seen("/applicant/surname"), Claim: "Иная"}); err != nil {
		t.Fatal(err)
	}
	x.Applications.SavePage(ctx, l.Actor, extract, "property", map[string][]string{"property.owner": {"true"}}) //nolint:errcheck // half a form, and it is kept
	for _, service := range []string{income, extract} {
		if err := x.Accounts.SetFavourite(ctx, l.Actor, service, true); err != nil {
			t.Fatal(err)
		}
	}
	q, err := x.Support.Ask(ctx, l.Actor, support.New{ID: id.New(), Text: "Не открывается справка", Page: "/documents", Browser: "b", Lang: i18n.RU, Files: []support.Upload{{Name: "экран.png", Data: pixel}}})
	if err != nil {
		t.Fatal(err)
	}
	l.question = q.ID
	return l
}

// papersOf opens every paper of the account with its PDF.
func papersOf(t *testing.T, x *system.System, who access.Actor) []string {
	t.Helper()
	list, err := x.Papers.List(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		who.AuthAt, who.Methods = x.DB.Now(), "pwd sms" // a second factor a moment ago
		_, pdf, err := x.Papers.Open(ctx, who, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(pdf); err != nil || !bytes.HasPrefix(b, []byte("%PDF")) {
			t.Errorf("paper %s: %q…, %v", d.ID, b[:min(len(b), 10)], err)
		}
		out = append(out, "paper "+d.ID+" "+d.Number)
	}
	return out
}

// sees is all that the account opens, each thing by what it says: nothing of it can be told without the right key.
func sees(t *testing.T, x *system.System, who access.Actor, question string) []string {
	t.Helper()
	out := papersOf(t, x, who)
	cases, err := x.Applications.List(ctx, x.DB, who, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		whole, err := x.Applications.Get(ctx, who, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("case %s %v %d", c.ID, whole.Content.Profile["surname"], len(whole.Events)))
	}
	for _, service := range []string{"fns.income-certificate", "rosreestr.extract"} {
		d, err := x.Applications.Draft(ctx, who, service)
		if err == nil {
			out = append(out, fmt.Sprint("draft ", d.ID, " ", d.Disputes()["/applicant/surname"].Claim))
		}
	}
	favourites, err := x.Accounts.Favourites(ctx, x.DB, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range favourites {
		out = append(out, "favourite "+f)
	}
	inbox, err := x.Notices.Inbox(ctx, who, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range inbox {
		if n.Note.Topic == "case" {
			out = append(out, "notice "+n.ID+" "+n.Note.Subject.RU)
		}
	}
	q, err := x.Support.Get(ctx, who, question, "")
	if errors.Is(err, support.ErrMissing) {
		slices.Sort(out)
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, "question "+q.Messages[0].Text)
	for _, f := range q.Files {
		_, r, err := x.Support.File(ctx, who, question, "", f.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		out = append(out, fmt.Sprintf("file %s %t %v", f.Name, bytes.Equal(b, pixel), err))
	}
	slices.Sort(out)
	return out
}

// atDesk brings the person to a desk anew, up to where the registers have matched everything.
func atDesk(t *testing.T, x *system.System, who access.Actor, r sandbox.Resident) verification.Proof {
	t.Helper()
	p := open(t, x, who)
	if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
		t.Fatal(err)
	}
	return await(t, x, p.ID, "the registers", verification.Proof.Ready)
}

func moved(t *testing.T, x *system.System, old string) {
	t.Helper()
	for range 600 {
		var n int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM takeover WHERE old_id = $1 AND moved_at IS NOT NULL`, old).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the data does not move")
}

func sure(of string) verification.Takeover {
	return verification.Takeover{Of: of, Reason: verification.ReasonLost, Sure: true}
}

// trusts makes the browser one in which the person is not asked for a second factor.
func trusts(t *testing.T, x *system.System, accountID string, v credential.Visitor) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		if err := x.Credentials.Remember(ctx, tx, accountID, v); err != nil {
			return err
		}
		return x.Credentials.Trust(ctx, tx, accountID, v, tx.Now().Add(time.Hour))
	}); err != nil {
		t.Fatal(err)
	}
}

// REG-12: whoever lost phone and e-mail makes a new account, proves identity, and finds there all that they had.
func TestWhoLostPhoneAndMailFindsTheirCasesPapersAndFilesInTheNewAccount(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		for _, what := range []string{"paper ", "case ", "draft ", "favourite ", "notice ", "question ", "file экран.png true"} {
			if !slices.ContainsFunc(had, func(s string) bool { return strings.HasPrefix(s, what) }) {
				t.Fatalf("the person has no %s: %q", what, had)
			}
		}
		visitor := credential.Visitor{Browser: "b", Agent: "a", Prefix: "203.0.113.0/24"}
		trusts(t, x, old.ID, visitor)
		token, err := x.SignIn.SignIn(ctx, visitor, old.known.Phone, old.known.Password)
		if err != nil {
			t.Fatal(err)
		}
		who := newcomer(t, x, "+79990000021")
		p := atDesk(t, x, who, old.resident)
		rival, ok, err := x.Verification.Rival(ctx, operator, p.ID)
		if err != nil || !ok || rival.ID != old.ID || len(rival.Contacts) != 2 {
			t.Fatalf("%+v, %t, %v", rival, ok, err)
		}
		if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(rival.ID)); err != nil {
			t.Fatal(err)
		}
		who.Level = access.Confirmed
		if levelOf(t, x, who) != access.Confirmed {
			t.Errorf("the new account is %s", levelOf(t, x, who))
		}
		if _, err := x.Credentials.Check(ctx, token); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("a session of the old account lives: %v", err)
		}
		if _, err := x.SignIn.SignIn(ctx, visitor, old.known.Phone, old.known.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("signing in to the old account: %v", err)
		}
		moved(t, x, old.ID)
		if got := sees(t, x, who, old.question); !slices.Equal(got, had) {
			t.Errorf("the new account opens\n%q\nwant\n%q", got, had)
		}
		if got := sees(t, x, old.Actor, old.question); len(got) != 0 {
			t.Errorf("the old account opens %q", got)
		}
		var note, wrapped []byte
		if err := x.DB.QueryRow(ctx, `SELECT e.note, `+keyring.WrappedSQL("a.account_id")+` FROM application_event e JOIN application a ON a.id = e.application_id WHERE e.note IS NOT NULL AND a.account_id = $1`, who.ID).Scan(&note, &wrapped); err != nil || note == nil {
			t.Fatalf("the officer's words are gone: %v", err)
		}
		a, err := x.Accounts.Get(ctx, x.DB, old.ID)
		if err != nil || a.State != account.Retired || a.Level != access.Simplified {
			t.Errorf("the old account: %s %s, %v", a.State, a.Level, err)
		}
		said(t, x, who.ID, "message.took_over")
		heard(t, x, "message.retired", numberOf(t, x, old.ID), old.known.Phone, old.known.Email)
		former, err := x.Verification.Former(ctx, x.DB, who)
		if err != nil || !slices.Equal(former, []string{old.ID}) {
			t.Errorf("%v, %v", former, err)
		}
		for _, c := range []struct{ subject, action string }{{old.ID, "verification.retired"}, {who.ID, "verification.took_over"}, {old.ID, "verification.contacts_shown"}} {
			looks, err := audit.Looks(ctx, x.DB, c.subject, 50, "")
			if err != nil || !slices.ContainsFunc(looks, func(e audit.Entry) bool { return e.Action == c.action }) {
				t.Errorf("%s is not on the record: %+v, %v", c.action, looks, err)
			}
		}
		// The record of who looked goes along (CAB-7), and so does the freedom to use the old phone again.
		before, err := audit.Looks(ctx, x.DB, old.ID, 50, "")
		if err != nil {
			t.Fatal(err)
		}
		all, err := audit.Looks(ctx, x.DB, who.ID, 100, "", former...)
		if err != nil || !slices.ContainsFunc(all, func(e audit.Entry) bool { return e.ID == before[len(before)-1].ID }) {
			t.Errorf("the record of the old account is not seen: %v", err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			key, err := x.Ring.Person(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			return x.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Phone, Value: old.known.Phone})
		}); err != nil {
			t.Errorf("the old phone cannot be used again: %v", err)
		}
		var rows int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM takeover_row WHERE part IN ('application', 'document', 'file', 'draft', 'favourite', 'question')`).Scan(&rows); err != nil || rows < 8 {
			t.Errorf("%d rows are known to have moved, %v", rows, err)
		}
	})
}

// heard waits until each of the places was told, with the number of the takeover.
func heard(t *testing.T, x *system.System, key, number string, places ...string) {
	t.Helper()
	for _, to := range places {
		said := notification.Said(key, !strings.Contains(to, "@")) // an SMS says it in brief
		words := strings.TrimSpace(i18n.RU.T(said, "phone", x.Policy.Hotline.Phone, "number", number[:4]+"-"+number[4:], "link", ""))
		found := false
		for n := 0; n < 200 && !found; n++ {
			found = slices.ContainsFunc(x.World.Outbox(to), func(m sandbox.Message) bool {
				return strings.Contains(strings.Join(strings.Fields(m.Text), " "), words)
			})
			time.Sleep(50 * time.Millisecond)
		}
		if !found {
			t.Errorf("%s was not told", to)
		}
	}
}

func TestNothingIsTakenOverWithoutADecisionAboutTheAccountThatWasShown(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		old, who := grant(t, x, "+79990000031", r), newcomer(t, x, "+79990000032")
		p := open(t, x, who)
		if _, ok, err := x.Verification.Rival(ctx, operator, p.ID); ok || err != nil {
			t.Errorf("an account is shown before the registers matched: %t, %v", ok, err)
		}
		p = atDesk(t, x, who, r)
		if _, _, err := x.Verification.Rival(ctx, access.Actor{Kind: access.Staff, ID: "o", Role: access.Officer, Unit: operator.Unit}, p.ID); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer sees it: %v", err)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, account.ErrSnilsTaken) {
			t.Errorf("confirmed without a word: %v", err)
		}
		for name, c := range map[string]struct {
			verification.Takeover
			round int64
			want  error
		}{
			"another account": {sure(who.ID), p.Round, verification.ErrRival},
			"other papers":    {sure(old.ID), p.Round + 1, verification.ErrRound},
		} {
			if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, c.round, c.Takeover); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for field, c := range map[string]verification.Takeover{
			"reason": {Of: old.ID, Sure: true},
			"sure":   {Of: old.ID, Reason: verification.ReasonLost},
		} {
			if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, c); !slices.ContainsFunc(fields(err), func(f fault.Field) bool { return f.Name == field }) {
				t.Errorf("without %s: %v", field, err)
			}
		}
		if levelOf(t, x, old) != access.Confirmed || levelOf(t, x, who) != access.Simplified {
			t.Errorf("%s, %s", levelOf(t, x, old), levelOf(t, x, who))
		}
	})
}

func TestOfTwoDesksThatTakeOverOneAccountOneDoes(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		old := grant(t, x, "+79990000041", r)
		var proofs []verification.Proof
		var people []access.Actor
		for _, phone := range []string{"+79990000042", "+79990000043"} {
			who := newcomer(t, x, phone)
			people, proofs = append(people, who), append(proofs, atDesk(t, x, who, r))
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, p := range proofs {
			wg.Go(func() { _, errs[i] = x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old.ID)) })
		}
		wg.Wait()
		won := slices.Index(errs, nil)
		if won < 0 || !errors.Is(errs[1-won], verification.ErrRival) {
			t.Fatalf("%v", errs)
		}
		if levelOf(t, x, people[won]) != access.Confirmed || levelOf(t, x, people[1-won]) != access.Simplified {
			t.Errorf("%s, %s", levelOf(t, x, people[won]), levelOf(t, x, people[1-won]))
		}
	})
}

// A stop at any point leaves each thing readable in the one account or the other, and nothing is lost or doubled.
func TestAMoveThatIsKilledHalfWayLosesNothingAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		who := newcomer(t, x, "+79990000051")
		who.Level = access.Confirmed
		kills := killing(x)
		p := atDesk(t, x, who, old.resident)
		if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old.ID)); err != nil {
			t.Fatal(err)
		}
		var takeover string
		if err := x.DB.QueryRow(ctx, `SELECT id FROM takeover`).Scan(&takeover); err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			err := x.Verification.Move(ctx, verification.MoveData{Takeover: takeover, Round: 9})
			readable(t, x, old.ID, who.ID)
			if err == nil {
				break
			}
			if !strings.Contains(err.Error(), "killed") || n > 100 {
				t.Fatal(err)
			}
		}
		if kills.Load() < 8 {
			t.Errorf("stopped only %d times", kills.Load()/2)
		}
		if got := sees(t, x, who, old.question); !slices.Equal(got, had) {
			t.Errorf("the new account opens\n%q\nwant\n%q", got, had)
		}
	})
}

// Twice in a life, and with something that was still under way for the first account: it comes to the account of today.
func TestWhatComesLateOrWentOverBeforeFindsTheAccountOfToday(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		holder := old.Actor
		for _, phone := range []string{"+79990000061", "+79990000062"} {
			who := newcomer(t, x, phone)
			p := atDesk(t, x, who, old.resident)
			if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(holder.ID)); err != nil {
				t.Fatal(err)
			}
			moved(t, x, holder.ID)
			holder = access.Actor{Kind: access.Person, ID: who.ID, Level: access.Confirmed}
		}
		if got := sees(t, x, holder, old.question); !slices.Equal(got, had) {
			t.Errorf("the third account opens\n%q\nwant\n%q", got, had)
		}
		if former, err := x.Verification.Former(ctx, x.DB, holder); err != nil || len(former) != 2 || !slices.Contains(former, old.ID) {
			t.Errorf("%v, %v", former, err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return x.Notices.Tell(ctx, tx, old.ID, x.Notices.Say(notification.Case, "applications", "message.level.standard"))
		}); err != nil {
			t.Fatal(err)
		}
		var takeover string
		if err := x.DB.QueryRow(ctx, `SELECT id FROM takeover WHERE old_id = $1`, old.ID).Scan(&takeover); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.Move(ctx, verification.MoveData{Takeover: takeover, Round: 1}); err != nil {
			t.Fatal(err)
		}
		said(t, x, holder.ID, "message.level.standard")
	})
}

// Whoever is erased leaves no former account behind.
func TestWhoIsErasedIsErasedWithTheAccountsTheyTookOver(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		old, who := grant(t, x, "+79990000071", r), newcomer(t, x, "+79990000072")
		p := atDesk(t, x, who, r)
		if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old.ID)); err != nil {
			t.Fatal(err)
		}
		moved(t, x, old.ID)
		if n, err := x.Rights.Again(ctx, []string{who.ID}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		for _, one := range []access.Actor{old, who} {
			if _, err := x.Ring.Person(ctx, x.DB, one.ID); !errors.Is(err, keyring.ErrNoKey) {
				t.Errorf("a key is left: %v", err)
			}
			for _, table := range []string{"contact", "evidence", "proof", "consent", "notice"} {
				var n int
				if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM `+table+` WHERE account_id = $1`, one.ID).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d rows, %v", table, n, err)
				}
			}
		}
	})
}

// readable checks that whatever is sealed in the rows of both accounts opens with the key of the account that the row names, as it
// all is at one moment.
func readable(t *testing.T, x *system.System, accounts ...string) {
	t.Helper()
	seen := 0
	err := x.DB.Read(ctx, func(tx *store.Tx) error {
		for place, text := range map[[2]string]string{
			{"application", "content"}:    `SELECT account_id, id, content FROM application`,
			{"application", "correction"}: `SELECT account_id, id, correction FROM application WHERE correction IS NOT NULL`,
			{"application_event", "note"}: `SELECT a.account_id, e.application_id || '/' || CAST(e.version AS TEXT), e.note FROM application_event e JOIN application a ON a.id = e.application_id WHERE e.note IS NOT NULL`,
			{"document", "body"}:          `SELECT owner, id, body FROM document`,
			{"draft", "answers"}:          `SELECT account_id, id, answers FROM draft`,
			{"draft", "beside"}:           `SELECT account_id, id, beside FROM draft WHERE beside IS NOT NULL`,
			{"draft", "touched"}:          `SELECT account_id, id, touched FROM draft WHERE touched IS NOT NULL`,
			{"file", "name"}:              `SELECT owner, id, name FROM file`,
			{"notice", "content"}:         `SELECT account_id, id, content FROM notice`,
			{"question_message", "text"}:  `SELECT q.owner, m.id, m.text FROM question_message m JOIN question q ON q.id = m.question_id`,
		} {
			rows, err := tx.Query(ctx, text)
			if err != nil {
				return err
			}
			type row struct {
				owner, id string
				sealed    []byte
			}
			var all []row
			for rows.Next() {
				var r row
				if err := rows.Scan(&r.owner, &r.id, &r.sealed); err != nil {
					return err
				}
				all = append(all, r)
			}
			if err := rows.Err(); err != nil {
				return err
			}
			for _, r := range all {
				if !slices.Contains(accounts, r.owner) {
					continue
				}
				key, err := x.Ring.Person(ctx, tx, r.owner)
				if err != nil {
					return err
				}
				if _, err := key.Open(place[0], place[1], r.id, r.sealed); err != nil {
					t.Errorf("half way: %v", err)
				}
				seen++
			}
		}
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("%d values, %v", seen, err)
	}
}

// stays are the columns that name an account and do not move, each with the reason.
var stays = map[string]string{
	"account.id":           "the account itself: retired, and the profile is proved anew",
	"consent.account_id":   "what was agreed to in making that account; the new one has its own",
	"contact.account_id":   "freed for whoever proves them; the old account is told over them",
	"challenge.account_id": "an attempt to prove a contact, swept within days",
	"password.account_id":  "opens nothing any more",

	"password_past.account_id": "says which passwords that account must not be given again",

	"security_question.account_id": "counts beside a contact of its own account alone, and is there when the account is given back",
	"factor.account_id":            "opens nothing without the password, and is there when the account is given back",
	"pending_signin.account_id":    "ends with the sessions",

	"passkey.account_id": "opens nothing: judging it asks whether the account is active; it is there when the account is given back",

	"signature_challenge.account_id": "a text that waits for a signature, for half an hour",

	"alert.account_id":             "what that account's owner was told of it, and may say of it still",
	"device.account_id":            "browsers of whoever knew the old password",
	"session.owner_id":             "closed",
	"recovery.account_id":          "ends by itself, and a retired account is not recovered",
	"visit.account_id":             "deleted: the code would open the retired account",
	"proof.account_id":             "what a desk saw about that account, with the papers as they were then; open ones are ended",
	"evidence.account_id":          "ended: the new account is proved anew",
	"audit_event.subject":          "append-only; read together by Former",
	"person_key.owner":             "the key of what stays",
	"snils_request.account_id":     "an application of that account, which has a SNILS",
	"child.account_id":             "an account that a parent opened, and by what; the new one is proved anew",
	"child_request.account_id":     "asked of registers for that account, and asked again by the new one",
	"handover.account_id":          "an account that a parent hands over, and that the child has left behind",
	"handover.by_id":               "who began it; it ends with the account or by itself within days",
	"push_browser.account_id":      "a browser in which that account's news are shown; the person switches it on for the new one",
	"notice_choice.account_id":     "over what that account was told; the new one has a choice of its own",
	"untying.account_id":           "about contacts of that account, which are free",
	"erasure.account_id":           "a wish about that account, dropped: dropErasure",
	"data_export.account_id":       "for a session that is closed",
	"application_event.actor":      "who acted then",
	"wallet_request.account_id":    "asked of registers for that account, and asked again by the new one",
	"wallet_share.account_id":      "a code that lives for minutes and shows nothing once the document is another account's; the log of that account's showings",
	"attachment_upload.account_id": "a file that was sent in part: what has come of it is swept",
	"takeover.old_id":              "the takeover itself",
	"takeover.new_id":              "the takeover itself",
	"audit_event.actor_id":         "who acted then, append-only",
}

// Whoever adds a table that names an account decides here what becomes of it when another account takes over.
func TestEveryTableThatNamesAnAccountMovesOrSaysWhyNot(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		text := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()`
		if x.DB.Engine() == store.SQLite {
			text = `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`
		}
		rows, err := x.DB.Query(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close() //nolint:errcheck // read to the end below
		moves, seen := map[string]bool{}, map[string]bool{}
		for _, part := range x.Verification.Parts {
			moves[part.Name] = true
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			seen[name] = true
			table, column, _ := strings.Cut(name, ".")
			names := slices.Contains([]string{"account_id", "account", "owner", "owner_id", "person", "person_id", "subject", "holder", "holder_id", "principal", "principal_id", "by_id"}, column)
			if column == "by_id" {
				table += "_by"
			}
			if strings.HasPrefix(table, "river") || strings.HasPrefix(table, "goose") || !names || moves[table] {
				continue
			}
			if column == "subject" && table == "challenge" {
				continue // a registration or a recovery
			}
			if stays[name] == "" {
				t.Errorf("%s names an account and neither moves with a takeover (system.parts) nor says here why it stays", name)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		for name := range stays {
			if !seen[name] {
				t.Errorf("%s is excepted and not there", name)
			}
		}
		for table := range moves {
			acted, by := strings.CutSuffix(table, "_by") // whoever did it for somebody else, beside whose it is
			if !seen[table+".account_id"] && !seen[table+".owner"] && !(by && seen[acted+".by_id"]) {
				t.Errorf("part %s is no table that names an account", table)
			}
		}
	})
}
