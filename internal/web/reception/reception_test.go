package reception_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/place"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/reception"
	"okno/internal/web/webtest"
)

var ctx = context.Background()

type hall struct {
	*desktest.Floor
	clock *storetest.Clock
	times *appointment.Service
}

func each(t *testing.T, body func(t *testing.T, x hall)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := hall{Floor: desktest.Open(t, db), clock: clock}
		zone, err := time.LoadLocation(x.Policy.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		var places place.Book
		x.times = &appointment.Service{DB: db, Policy: x.Policy.Appointments, Places: &places, Zone: zone, Accounts: x.Accounts, Ring: x.Ring, Notices: x.Notices}
		(&reception.Pages{DB: db, Appointments: x.times, Places: &places}).Mount(x.Server)
		body(t, x)
	})
}

// booked gives the person the n-th free time of the desk.
func (x hall) booked(t *testing.T, who access.Actor, code string, n int) appointment.Appointment {
	t.Helper()
	_, _, r, _ := x.times.Resource(code)
	free, err := x.times.Open(ctx, r)
	if err != nil || len(free) <= n {
		t.Fatalf("%d times, %v", len(free), err)
	}
	a, err := x.times.Hold(ctx, who, r, appointment.Ask{Start: free[n].Start})
	if err == nil {
		a, err = x.times.Confirm(ctx, who, a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (x hall) looks(t *testing.T, accountID, action string) (n int) {
	t.Helper()
	list, err := audit.Looks(ctx, x.DB, accountID, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Action == action {
			n++
		}
	}
	return n
}

func sees(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if !c.Page().Sees(w) {
			t.Errorf("%s does not say «%s»: %s", c.Page().URL.Path, w, c.Page().Text())
		}
	}
}

// SRV-7.
func TestTheDeskSeesItsDayAndEachWhoIsSeenReadsOfIt(t *testing.T) {
	each(t, func(t *testing.T, x hall) {
		anna, _ := x.Person(t, "+79120000001")
		a := x.booked(t, anna, "mfc-1-visit", 0) // today at 14:20
		_, c := x.Hire(t, access.Centre, "mfc-1")
		c.Open("/desk/visits")
		if c.Page().URL.Path != "/desk/visits/mfc-1-visit" {
			t.Fatalf("it leads to %s", c.Page().URL.Path)
		}
		person, err := x.Accounts.Get(ctx, x.DB, anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		sees(t, c, "14:20", person.Profile.FullName(), "Приём заявителей, зал 1", "Каждый просмотр записан")
		if n := x.looks(t, anna.ID, "appointment.viewed"); n == 0 {
			t.Error("that her name was read is not in what she reads")
		}
		if _, err := c.Page().Button("Не пришёл"); err == nil {
			t.Error("she is missed before her time")
		}
		c.Press("Пришёл")
		if got, err := x.times.Get(ctx, anna, a.ID); err != nil || got.Came == nil || !*got.Came || x.looks(t, anna.ID, "appointment.came") != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		x.clock.Advance(19 * time.Minute)
		c.Open("/desk/visits/mfc-1-visit")
		c.Press("Не пришёл") // it was a mistake
		if got, err := x.times.Get(ctx, anna, a.ID); err != nil || got.Came == nil || *got.Came {
			t.Errorf("%+v, %v", got, err)
		}
		c.Follow("Следующий день")
		sees(t, c, "На этот день никто не записан")
	})
}

func TestADayIsForThoseWhoWorkThere(t *testing.T) {
	each(t, func(t *testing.T, x hall) {
		anna, _ := x.Person(t, "+79120000001")
		a := x.booked(t, anna, "clinic-1-therapist", 0)
		_, elsewhere := x.Hire(t, access.Centre, "mfc-1")
		other, _ := x.Hire(t, access.Centre, "mfc-1")
		if got := elsewhere.Get("/desk/visits/clinic-1-therapist").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("the day of another place: %d", got)
		}
		for _, err := range []error{x.times.Mark(ctx, other, "clinic-1-therapist", a.ID, true), x.times.Mark(ctx, other, "mfc-1-visit", a.ID, true)} {
			if err == nil {
				t.Error("a clerk of another place marked a visit")
			}
		}
		if _, err := x.times.WalkIn(ctx, other, "clinic-1-therapist", a.Start); err == nil {
			t.Error("a clerk of another place gave a seat")
		}
		_, support := x.Hire(t, access.Support, "support")
		if got := support.Get("/desk/visits").StatusCode; got != http.StatusForbidden { //nolint:bodyclose // the client reads it whole
			t.Errorf("the support desk: %d", got)
		}
		if x.looks(t, anna.ID, "appointment.viewed") != 0 {
			t.Error("somebody saw her")
		}
		clerk, own := x.Hire(t, access.Reception, "clinic-1")
		own.Open("/desk")
		sees(t, own, "Терапевт Орлова", "Педиатр Ветров")
		if list, err := x.times.Desks(clerk); err != nil || len(list) != 4 {
			t.Errorf("%d desks, %v", len(list), err)
		}
	})
}

func TestWhoStandsThereTakesASeatFromTheSameOnesAsEverybody(t *testing.T) {
	each(t, func(t *testing.T, x hall) {
		clerk, c := x.Hire(t, access.Centre, "mfc-2") // two seats
		_, _, r, _ := x.times.Resource("mfc-2-visit")
		seats := func() int {
			free, err := x.times.Open(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return free[0].Free
		}
		c.Open("/desk/visits")
		c.Choose("14:20", "start")
		c.Press("Дать номер")
		sees(t, c, "Без записи, номер 1", "Место занято")
		if got := seats(); got != 1 {
			t.Errorf("%d seats are left", got)
		}
		c.Choose("14:20", "start")
		c.Press("Дать номер")
		sees(t, c, "Без записи, номер 2")
		slot := time.Date(2026, 11, 18, 11, 20, 0, 0, time.UTC)
		if _, err := x.times.WalkIn(ctx, clerk, "mfc-2-visit", slot); err == nil {
			t.Error("a third has a seat of two")
		}
		if _, err := x.times.WalkIn(ctx, clerk, "mfc-2-visit", slot.AddDate(0, 0, 1)); err == nil {
			t.Error("who stands there today has a seat of tomorrow")
		}
		anna, _ := x.Person(t, "+79120000001")
		if _, err := x.times.Hold(ctx, anna, r, appointment.Ask{Start: slot}); err == nil {
			t.Error("she has the seat of who stands there")
		}
	})
}
