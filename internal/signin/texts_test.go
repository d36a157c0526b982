package signin_test

import (
	"fmt"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// Each text costs, and whoever has the password brings about as many sign-ins as they like. The inbox and the letters have them all.
func TestASwarmOfNewBrowsersSendsFewTextsAndHidesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		most := w.Policy.Alert.Texts.Max
		swarm := func(from string, n int) {
			for i := range n {
				v := signintest.Visitor(fmt.Sprint(from, "-", i))
				v.Prefix = from
				enter(t, w, v)
				look(t, w)
			}
		}
		swarm("2001:db8:1:1::/64", 3*most)
		if n := saw(t, w, phone, "с нового устройства"); n != most+1 {
			t.Errorf("%d texts of a swarm from one place, want %d", n, most+1)
		}
		swarm("2001:db8:1:2::/64", 1) // another network of the same customer
		if n := saw(t, w, phone, "2001:db8:1:2::"); n != 0 {
			t.Errorf("%d texts of a place that was told", n)
		}
		swarm("198.51.100.0/24", 3)
		if n := saw(t, w, phone, "198.51.100.0"); n != 1 {
			t.Errorf("%d texts of the first arrival from another network, behind a heap of others; want 1", n)
		}
		all := 3*most + 1 + 3
		if n := saw(t, w, mail, "с нового устройства"); n != all {
			t.Errorf("%d letters of %d arrivals", n, all)
		}
		inbox, err := w.Notices.Inbox(ctx, anna, 2*all)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, n := range inbox {
			if n.Note.Subject.RU == "Вход с нового устройства" {
				told++
			}
		}
		if told != all {
			t.Errorf("the inbox has %d of %d arrivals", told, all)
		}
		later(t, w, clock, w.Policy.Alert.Texts.Window+time.Minute)
		swarm("2001:db8:1:3::/64", 1)
		if n := saw(t, w, phone, "2001:db8:1:3::"); n != 1 {
			t.Errorf("%d texts of that place on the next day", n)
		}
	})
}

// To and fro with the main contact, a hundred times; then something else.
func TestAHeapOfChangesHidesNoOtherChange(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		list := contactsOf(t, w, anna)
		most := w.Policy.Alert.Texts.Max
		for range most + 5 {
			if err := w.SignIn.MakeMain(ctx, anna, list[mail].ID); err != nil {
				t.Fatal(err)
			}
		}
		if n := saw(t, w, phone, "Основной контакт"); n != most+1 {
			t.Errorf("%d texts of one change made %d times, want %d", n, most+5, most+1)
		}
		if n := saw(t, w, mail, "Основной контакт"); n != most+5 {
			t.Errorf("%d letters of it", n)
		}
		if err := w.SignIn.RemoveContact(ctx, anna, list[phone].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, phone, "удалён контакт"); n != 1 {
			t.Errorf("whoever loses the phone is told %d times", n)
		}
		if got := contactsOf(t, w, anna); len(got) != 1 || got[mail].Target.Kind != contact.Email {
			t.Errorf("the contacts are %v", got)
		}
	})
}
