package signin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// Whoever has got in reads the inbox and may take the copy of the data: what they did must be there, and no link that pauses.
func TestTheLinkGoesToTheContactsAndIsNowhereInTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		if err := w.SignIn.MakeMain(ctx, thief, contactsOf(t, w, thief)[mail].ID); err != nil {
			t.Fatal(err)
		}
		c, err := w.SignIn.AddContact(ctx, anna, v, "more@example.org", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.ConfirmContact(ctx, anna, v, c.ID, w.Code(t, "more@example.org")); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.SwitchCodes(ctx, anna, true); err != nil {
			t.Fatal(err)
		}
		const events = 4
		for _, to := range []string{phone, mail} {
			if n := len(links(t, w, to)); n != events {
				t.Errorf("%s has %d links, want %d", to, n, events)
			}
		}
		inbox, err := w.Notices.Inbox(ctx, thief, 20)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, n := range inbox {
			text := fmt.Sprint(n.Note.Body, n.Note.Subject, n.Note.Path)
			if strings.Contains(text, "not-me") {
				t.Errorf("the inbox has the link: %s", text)
			}
			if strings.Contains(text, "откройте ссылку из SMS или письма") {
				said++
			}
		}
		if said != events {
			t.Errorf("%d of %d notices in the inbox say what to do when it was not the owner", said, events)
		}
		err = w.Notices.Export(ctx, w.DB, anna.ID, func(table string, row any) error {
			text, err := json.Marshal(row)
			if strings.Contains(string(text), "not-me") {
				t.Errorf("the copy has the link, in %s: %s", table, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// She clicks every link of a bad night. The next stranger finds her with pauses still to be had.
func TestManyLinksOfOneNightTakeOnePauseOfTheThree(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, v := home(t, w, clock)
		for i := range 6 {
			enter(t, w, signintest.Visitor(fmt.Sprint("thief-", i)))
			look(t, w)
			later(t, w, clock, time.Minute)
		}
		all := links(t, w, mail)
		end := disavow(t, w, all[0]).Until
		for _, link := range all[1:] {
			later(t, w, clock, time.Minute)
			if a := disavow(t, w, link); !a.Until.Equal(end) {
				t.Errorf("a link within the pause pauses until %s, not %s", a.Until, end)
			}
		}
		for n := range w.Policy.Alert.Pauses.Max - 1 {
			clock.Advance(w.Policy.Alert.Pause)
			enter(t, w, signintest.Visitor(fmt.Sprint("another-", n)))
			look(t, w)
			if a := disavow(t, w, newest(t, w)); a.Until.IsZero() {
				t.Fatalf("after one pause and %d more nothing is paused", n)
			}
		}
		anna := enter(t, w, v)
		attempt, err := w.SignIn.LiftSend(ctx, anna, v, signin.ByMail)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByMail, attempt, w.Code(t, mail)); err != nil {
			t.Fatal(err)
		}
		if list := contactsOf(t, w, anna); len(list) != 2 || list[mail].Target.Kind != contact.Email {
			t.Errorf("the account has the contacts %v", list)
		}
	})
}
