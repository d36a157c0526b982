package appointment

import (
	"testing"
	"time"

	"okno/internal/notification"
	"okno/internal/policy"
)

func TestTheHourOfAnOfferIsOneOfTheDay(t *testing.T) {
	s := &Service{Policy: policy.Default().Appointments, Notices: &notification.Service{Night: notification.Night{Since: 22 * time.Hour, Until: 8 * time.Hour}, Zone: time.UTC}}
	for at, want := range map[string]string{
		"12:00": "13:00", "20:59": "21:59", "21:00": "09:00", "21:30": "09:00", "23:00": "09:00", "03:00": "09:00", "07:59": "09:00", "08:00": "09:00", "08:01": "09:01",
	} {
		now, err := time.Parse("15:04", at)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.offerEnds(now).Format("15:04"); got != want {
			t.Errorf("an offer of %s runs out at %s, want %s", at, got, want)
		}
	}
	if got := (&Service{Policy: s.Policy}).offerEnds(time.Unix(0, 0)); !got.Equal(time.Unix(0, 0).Add(s.Policy.Offer)) {
		t.Errorf("where nobody is told anything an offer lasts until %v", got)
	}
}
