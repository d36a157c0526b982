package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

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
	text, err := os.ReadFile(c.Path)
	if err != nil {
		return err
	}
	list, err := place.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		outside, after, zone, err := x.Outside(ctx, list)
		if err != nil {
			return err
		}
		for _, o := range outside {
			fmt.Printf("%s  %s  visits: %d\n", o.Start.In(zone).Format("2006-01-02 15:04"), o.Resource, o.Visits)
		}
		if len(outside) > 0 {
			return errors.New("these times are booked and would lie outside of the hours: " + after.String() + " after the list is in force they are cancelled, and people are told and led to other times. Mend the hours, or put the list in place all the same")
		}
		fmt.Printf("%d places; every time that is booked lies within the hours\n", len(list))
		return nil
	})
}
