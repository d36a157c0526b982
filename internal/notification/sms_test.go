package notification_test

import (
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/notification"
)

func TestATextIsCutIntoThePartsThatArePaidFor(t *testing.T) {
	for _, c := range []struct {
		name, body  string
		parts, unit int
		wide        bool
	}{
		{"nothing", "", 1, 0, false},
		{"a hundred and sixty Latin letters are one", strings.Repeat("a", 160), 1, 160, false},
		{"one more makes two", strings.Repeat("a", 161), 2, 161, false},
		{"two parts of 153", strings.Repeat("a", 306), 2, 306, false},
		{"and three", strings.Repeat("a", 307), 3, 307, false},
		{"seventy Russian letters are one", strings.Repeat("я", 70), 1, 70, true},
		{"one more makes two", strings.Repeat("я", 71), 2, 71, true},
		{"two parts of 67", strings.Repeat("я", 134), 2, 134, true},
		{"and three", strings.Repeat("я", 135), 3, 135, true},
		{"one Russian letter makes all wide", strings.Repeat("a", 70) + "я", 2, 71, true},
		{"what carriers disagree about is wide, too", "somebody@mail.example", 1, 21, true},
		{"a picture is two units", strings.Repeat("😀", 35), 1, 70, true},
		{"and is not torn", strings.Repeat("😀", 67), 3, 134, true}, // 33 of them are 66 units: the 67th stays empty
	} {
		t.Run(c.name, func(t *testing.T) {
			parts, wide := notification.Cut(c.body)
			if len(parts) != c.parts || wide != c.wide || notification.Units(c.body) != c.unit {
				t.Errorf("%d parts, wide %t, %d units; want %d, %t, %d", len(parts), wide, notification.Units(c.body), c.parts, c.wide, c.unit)
			}
			if got := strings.Join(parts, ""); got != c.body {
				t.Errorf("the parts make %q", got)
			}
		})
	}
}

func TestADateDoesNotMakeATextDearer(t *testing.T) {
	h := notification.Letterhead{Name: i18n.Text{RU: "Портал", EN: "Portal"}}
	sms := h.SMS(i18n.EN, notification.Note{Body: i18n.Text{EN: "You have a time on 28\u00a0November"}})
	if _, wide := notification.Cut(sms); wide || sms != "Portal: You have a time on 28 November" {
		t.Errorf("%q, wide %t", sms, wide)
	}
}
