package system

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"okno/internal/application"
	"okno/internal/store"
	"okno/internal/workday"
)

// untilWhen says in a line how far the calendar reaches.
func untilWhen(u application.Unknown) string {
	text := fmt.Sprintf("of days from %s on nothing was decreed: deadlines there are counted by the Labour Code alone", u.From.Format(time.DateOnly))
	if u.Cases > 0 {
		text += fmt.Sprintf("; %d open cases have one already, and keep the day that people were told", u.Cases)
	}
	return text
}

// lookAtWorkdays tells the log each day that a year is missing, until somebody gives it.
func (x *System) lookAtWorkdays(ctx context.Context) error {
	u, err := application.UnknownDays(ctx, x.DB, x.Workdays, x.clock.now().In(x.Zone), x.Policy.Workdays.Warn)
	if err != nil || !u.Soon {
		return err
	}
	x.Log.LogAttrs(ctx, slog.LevelWarn, "the production calendar ends soon: give the decree of the next year (okno calendar put FILE)", slog.String("from", u.From.Format(time.DateOnly)), slog.Int("cases", u.Cases))
	return nil
}

// knownDays tells whoever watches how far the calendar reaches.
func (x *System) knownDays() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "okno_workdays_known_seconds", Help: "How long until the first day of which the production calendar knows nothing."},
		func() float64 {
			now := x.clock.now().In(x.Zone)
			return x.Workdays.Known(now).Sub(now).Seconds()
		})
}

// workdays looks how far the production calendar reaches.
func (d *doctor) workdays(ctx context.Context, db *store.DB) {
	const what = "working days"
	zone, err := time.LoadLocation(d.policy.TimeZone)
	if err != nil {
		return // limits told of it
	}
	cal := &workday.Calendar{}
	if err := cal.Update(ctx, db); err != nil {
		d.wrong(what, trimmed(err), "")
		return
	}
	u, err := application.UnknownDays(ctx, db, cal, db.Now().In(zone), d.policy.Workdays.Warn)
	switch {
	case err != nil:
		d.wrong(what, trimmed(err), "")
	case u.Soon:
		d.doubt(what, untilWhen(u), "give the Government's decree: okno calendar check FILE, then okno calendar put FILE (docs/operations.md)")
	default:
		d.fine(what, "the production calendar is known until "+u.From.Format(time.DateOnly))
	}
}
