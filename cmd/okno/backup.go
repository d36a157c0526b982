package main

import (
	"context"
	"fmt"

	"okno/internal/system"
)

type backupCmd struct {
	system.Settings `embed:""`
	Dir             string `arg:"" help:"New folder for the copy. The keys are not copied: keep them elsewhere." type:"path"`
}

// Run copies database and files while the portal runs.
func (c *backupCmd) Run(ctx context.Context) error {
	m, err := system.Backup(ctx, c.Settings, c.Dir)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s database and %d files, without the keys\n", c.Dir, m.Engine, len(m.Parts)-1)
	return nil
}

type restoreCmd struct {
	system.Settings `embed:""`
	Dir             string `arg:"" help:"Folder that okno backup made." type:"existingdir"`
}

// Run fills an empty data folder and an empty database.
func (c *restoreCmd) Run(ctx context.Context) error {
	m, err := system.Restore(ctx, c.Settings, c.Dir)
	if err != nil {
		return err
	}
	fmt.Printf("restored %s database and %d files of %s; okno doctor says whether the keys fit\n", m.Engine, len(m.Parts)-1, m.Made.Format("2006-01-02 15:04"))
	return nil
}
