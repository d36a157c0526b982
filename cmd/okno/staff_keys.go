package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"okno/internal/access"
	"okno/internal/passkey"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/system"
)

type staffKeysCmd struct {
	system.Settings `embed:""`
	Login           string `arg:"" help:"Login of the employee."`
}

// Run prints a line for each key.
func (c *staffKeysCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		list, err := x.SignIn.StaffKeysFor(ctx, access.SystemActor(), c.Login)
		if err != nil {
			return ofEmployee(c.Login, err)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tNAME\tMADE\tUSED\tSTATE")
		for _, k := range list {
			state, used := "works", "never"
			if k.Cloned {
				state = "copied, opens nothing"
			}
			if !k.UsedAt.IsZero() {
				used = k.UsedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%q\t%s\t%s\t%s\n", k.ID, k.Name, k.MadeAt.Format(time.RFC3339), used, state)
		}
		return w.Flush()
	})
}

type staffRemoveKeyCmd struct {
	system.Settings `embed:""`
	Login           string `arg:"" help:"Login of the employee."`
	Key             string `arg:"" help:"Id of the key, as okno staff keys prints it."`
}

// Run takes the key away.
func (c *staffRemoveKeyCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		return ofEmployee(c.Login, x.SignIn.StaffRevokeKey(ctx, access.SystemActor(), c.Login, c.Key))
	})
}

// ofEmployee says in the operator's words what is not there.
func ofEmployee(login string, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, staff.ErrNobody):
		return fmt.Errorf("no employee %q is on duty", login)
	case errors.Is(err, passkey.ErrMissing):
		return fmt.Errorf("%q has no such key: okno staff keys lists them", login)
	}
	return err
}
