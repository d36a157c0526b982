package notification

import (
	"testing"
	"time"
)

func TestTheNightEndsInTheMorningWhicheverSideOfMidnightItIs(t *testing.T) {
	at := func(clock string) time.Time {
		x, err := time.Parse(time.DateTime, "2026-11-27 "+clock+":00")
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	over, within := Night{22 * time.Hour, 8 * time.Hour}, Night{time.Hour, 6 * time.Hour}
	for _, c := range []struct {
		night Night
		at    string
		left  time.Duration
	}{
		{over, "21:59", 0}, {over, "22:00", 10 * time.Hour}, {over, "23:30", 8*time.Hour + 30*time.Minute}, {over, "00:00", 8 * time.Hour}, {over, "07:59", time.Minute}, {over, "08:00", 0}, {over, "12:00", 0},
		{within, "00:59", 0}, {within, "01:00", 5 * time.Hour}, {within, "05:59", time.Minute}, {within, "06:00", 0}, {within, "23:00", 0},
		{Night{}, "00:00", 0}, {Night{8 * time.Hour, 8 * time.Hour}, "08:00", 0},
	} {
		if got := c.night.left(at(c.at)); got != c.left {
			t.Errorf("at %s the night %v lasts %v more, want %v", c.at, c.night, got, c.left)
		}
	}
}

func TestTheEveningIsJustBeforeTheNightWhicheverSideOfMidnightItIs(t *testing.T) {
	over, within := Night{22 * time.Hour, 8 * time.Hour}, Night{time.Hour, 6 * time.Hour}
	for _, c := range []struct {
		night    Night
		at, want string
	}{
		{over, "27 21:59", "27 21:59"}, {over, "27 22:00", "27 21:45"}, {over, "27 23:30", "27 21:45"}, {over, "27 05:30", "26 21:45"}, {over, "27 08:00", "27 08:00"},
		{within, "27 03:00", "27 00:45"}, {within, "27 23:00", "27 23:00"}, {Night{}, "27 03:00", "27 03:00"},
	} {
		at, err := time.Parse("2 15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Service{Night: c.night, Zone: time.UTC}).Evening(at).Format("2 15:04"); got != c.want {
			t.Errorf("the evening before %s with the night %v is %s, want %s", c.at, c.night, got, c.want)
		}
	}
}
