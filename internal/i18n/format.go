package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"
)

const nbsp = "\u00a0"

// Date shows the day of the moment: «18 ноября 2026», "18 November 2026".
func Date(ctx context.Context, t time.Time) string { return From(ctx).date(t.In(Zone(ctx))) }

func (l Lang) date(t time.Time) string {
	return strconv.Itoa(t.Day()) + nbsp + l.month(t.Month()) + " " + strconv.Itoa(t.Year())
}

// DateTime shows day and minute: «18 ноября, 14:02», with the year when it is not the year of now.
func DateTime(ctx context.Context, t time.Time) string {
	t = t.In(Zone(ctx))
	l := From(ctx)
	if t.Year() != time.Now().Year() {
		return l.date(t) + ", " + t.Format("15:04")
	}
	return strconv.Itoa(t.Day()) + nbsp + l.month(t.Month()) + ", " + t.Format("15:04")
}

// Clock shows the minute: «14:02».
func Clock(ctx context.Context, t time.Time) string { return t.In(Zone(ctx)).Format("15:04") }

// Numeric shows the day as it is typed: «18.11.2026».
func Numeric(ctx context.Context, t time.Time) string { return t.In(Zone(ctx)).Format("02.01.2006") }

func (l Lang) month(m time.Month) string { return l.T("i18n.month." + strconv.Itoa(int(m))) }

// Sum shows kopecks as roubles: «6 000 ₽», «6 000,50 ₽», in English "6,000.50 ₽"; the spaces do not break.
func Sum(ctx context.Context, kopecks int64) string { return From(ctx).Sum(kopecks) }

// Sum shows kopecks as roubles in the language l.
func (l Lang) Sum(kopecks int64) string {
	sign := ""
	if kopecks < 0 {
		sign, kopecks = "−", -kopecks
	}
	group, point := nbsp, ","
	if l == EN {
		group, point = ",", "."
	}
	s := sign + grouped(kopecks/100, group)
	if k := kopecks % 100; k != 0 {
		s += point + strconv.Itoa(int(k/10)) + strconv.Itoa(int(k%10))
	}
	return s + nbsp + "₽"
}

func grouped(n int64, sep string) string {
	d := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, c := range d {
		if i > 0 && (len(d)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Duration shows a span in its largest sensible unit: «5 минут», «2 часа», «15 дней».
func Duration(ctx context.Context, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return N(ctx, "i18n.days", int(d.Round(time.Hour)/(24*time.Hour)))
	case d >= 2*time.Hour:
		return N(ctx, "i18n.hours", int(d.Round(time.Minute)/time.Hour))
	case d >= 2*time.Minute || d == time.Minute:
		return N(ctx, "i18n.minutes", int(d.Round(time.Second)/time.Minute))
	}
	return N(ctx, "i18n.seconds", int(d.Round(time.Second)/time.Second))
}

// Told shows day, minute and the time of which place that is, for a message that is read who knows where: «18 ноября, 14:02 по московскому
// времени (UTC+3)». brief is how an SMS says it: «18 ноября, 14:02 (UTC+3)».
func Told(ctx context.Context, t time.Time, brief bool) string {
	zone := Zone(ctx)
	said := DateTime(ctx, t)
	if key := "i18n.zone." + zone.String(); !brief && Has(key) {
		said += " " + T(ctx, key)
	}
	return said + " (" + offset(t.In(zone)) + ")"
}

// offset is how far the clock is from UTC at that moment: UTC, UTC+3, UTC+5:30.
func offset(t time.Time) string {
	_, s := t.Zone()
	if s == 0 {
		return "UTC"
	}
	sign := "+"
	if s < 0 {
		sign, s = "-", -s
	}
	out := "UTC" + sign + strconv.Itoa(s/3600)
	if m := s % 3600 / 60; m != 0 {
		out += ":" + strconv.Itoa(m/10) + strconv.Itoa(m%10)
	}
	return out
}
