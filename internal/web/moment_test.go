package web

import (
	"context"
	"testing"
	"time"

	"okno/internal/i18n"
)

// Nobody reads of a sign-in that it happened in a minute in which it had not, and nobody is called back before a wait is over.
func TestWhatWasIsSaidByItsMinuteAndWhatWillBeIsNeverTooEarly(t *testing.T) {
	ctx := i18n.WithZone(i18n.With(context.Background(), i18n.RU), time.FixedZone("", 3*3600))
	year := time.Now().Year()
	at := func(day, hour, minute, second int) time.Time {
		return time.Date(year, time.November, day, hour-3, minute, second, 0, time.UTC)
	}
	now := at(18, 14, 2, 30)
	for _, c := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"a moment ago", at(18, 14, 2, 1), "14:02"},
		{"this very moment", now, "14:02"},
		{"a minute ago", at(18, 14, 1, 59), "14:01"},
		{"yesterday", at(17, 23, 59, 59), "17\u00a0ноября, 23:59"},
		{"soon", at(18, 14, 2, 31), "14:03"},
		{"at a full minute", at(18, 14, 5, 0), "14:05"},
		{"a second later", at(18, 14, 5, 1), "14:06"},
		{"tomorrow", at(19, 10, 0, 1), "19\u00a0ноября, 10:01"},
		{"at the end of the day", at(18, 23, 59, 30), "19\u00a0ноября, 00:00"},
	} {
		if got := moment(ctx, now, c.at); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
