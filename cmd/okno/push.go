package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okno/internal/notification"
	"okno/internal/system"
)

type keysPushCmd struct {
	Status pushStatusCmd `cmd:"" help:"Say which keys there are, and how many browsers are bound to each."`
	Rotate pushRotateCmd `cmd:"" help:"Make a new key for browsers that are switched on from now on; the others keep theirs until their owner comes by."`
}

type pushStatusCmd struct {
	system.Settings `embed:""`
}

// Run lists the keys.
func (c *pushStatusCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	list, err := notification.PushKeys(ctx, x.DB)
	for i, k := range list {
		state := "former  "
		if i == 0 {
			state = "in force"
		}
		fmt.Printf("%s  %s  since %s, browsers: %d\n", k.ID, state, k.CreatedAt.Format(time.DateOnly), k.Browsers)
	}
	if err == nil && len(list) == 0 {
		fmt.Println("there is none yet: the first page that offers notifications makes it")
	}
	return errors.Join(err, x.Close())
}

type pushRotateCmd struct {
	system.Settings `embed:""`
}

// Run makes the new key.
func (c *pushRotateCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	k, err := x.Notices.RotatePushKey(ctx)
	if err == nil {
		fmt.Printf("key %s is in force\n", k.ID)
	}
	return errors.Join(err, x.Close())
}
