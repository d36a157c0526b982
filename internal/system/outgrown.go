package system

import (
	"context"
	"fmt"
	"log/slog"

	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/store"
)

// lookAtOutgrown tells the log, soon after the start and each day, of stored definitions that nobody could publish today.
func (x *System) lookAtOutgrown(ctx context.Context) error {
	list, err := application.Outgrown(ctx, x.DB, x.Catalogue)
	for _, o := range list {
		x.Log.LogAttrs(ctx, slog.LevelWarn, "a stored definition would be refused today, and goes on as it is: "+mended(o),
			slog.String("service", o.Service), slog.String("version", fmt.Sprintf("%.12s", o.Version)), slog.Bool("in force", o.InForce), slog.Int("cases", o.Cases), slog.String("why", o.Issues[0].Text))
	}
	return err
}

// mended says what to do about an outgrown version.
func mended(o catalogue.Outgrown) string {
	if o.InForce {
		return "mend its file and publish it (okno service publish), then take its cases along (okno service migrate " + o.Service + ")"
	}
	return "take its cases along (okno service migrate " + o.Service + ")"
}

// outgrown looks for stored definitions that nobody could publish today.
func (d *doctor) outgrown(ctx context.Context, db *store.DB, all *catalogue.Catalogue) {
	const what = "stored services"
	list, err := application.Outgrown(ctx, db, all)
	if err != nil {
		d.wrong(what, trimmed(err), "")
		return
	}
	for _, o := range list {
		way := fmt.Sprintf("%d open cases go by it", o.Cases)
		if o.InForce {
			way = "it is in force, and " + way
		}
		d.doubt(what, fmt.Sprintf("%s, version %.12s: %s, and nobody could publish it today: %s", o.Service, o.Version, way, o.Issues[0].Text), mended(o))
	}
	if len(list) == 0 {
		d.fine(what, "every version that goes on could be published today")
	}
}
