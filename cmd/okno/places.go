package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"okno/internal/appointment"
	"okno/internal/place"
	"okno/internal/system"
)

type placesCmd struct {
	Check placesCheckCmd `cmd:"" help:"Read a list of places before it is put in place: what is wrong, and which visits that are booked fall outside of its hours."`
}

type placesCheckCmd struct {
	system.Settings `embed:""`
	Path            string `arg:"" name:"file" help:"The list." type:"existingfile"`
}

// Run prints every mistake, or what the list would do to people who have booked.
func (c *placesCheckCmd) Run(ctx context.Context, log *slog.Logger) error {
	places, err := place.Read(c.Path)
	if err != nil {
		return err
	}
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		s, err := x.Appointments(ctx, places)
		if err != nil {
			return err
		}
		outside, err := s.Outside(ctx)
		if err != nil {
			return err
		}
		outside = slices.DeleteFunc(outside, func(o appointment.Outside) bool { return o.Visits == 0 })
		for _, o := range outside {
			fmt.Printf("%s  %s  visits: %d\n", o.Start.In(s.Zone).Format("2006-01-02 15:04"), o.Resource, o.Visits)
		}
		if len(outside) > 0 {
			return errors.New("these times are booked and would lie outside of the hours: " + s.Policy.CloseAfter.String() + " after the list is in force they are cancelled, and people are told and led to other times. Mend the hours, or put the list in place all the same")
		}
		fmt.Printf("%d places; every time that is booked lies within the hours\n", len(places.All()))
		return nil
	})
}
