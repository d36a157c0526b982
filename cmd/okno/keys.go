package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"okno/internal/keyring"
	"okno/internal/system"
)

type keysCmd struct {
	Papers keysPapersCmd `cmd:"" help:"The key that signs papers."`
	Push   keysPushCmd   `cmd:"" help:"The key by which push services know the portal (VAPID)."`

	Make   keysMakeCmd   `cmd:"" default:"withargs" help:"Make the keys of a new portal (this is meant when no other command is named)."`
	Status keysStatusCmd `cmd:"" help:"Say which keys there are, what is under each, and what the running nodes hold."`
	Stage  keysStageCmd  `cmd:"" help:"First step of a rotation: add new keys to the files, which open and do not seal yet."`
	Rotate keysRotateCmd `cmd:"" help:"Put the staged keys in force."`
	Reseal keysResealCmd `cmd:"" help:"Move what is under old keys to the new ones, while the portal serves; goes on where it was killed."`
	Retire keysRetireCmd `cmd:"" help:"Last step: take the old keys out of the files; refused while anything needs them."`
}

type keysMakeCmd struct {
	Dir string `arg:"" help:"Folder for master.json and index.key, outside the data folder." type:"path"`
}

// Run makes the keys; it never overwrites any.
func (c *keysMakeCmd) Run() error {
	made, err := keyring.Generate(c.Dir)
	if err != nil {
		return err
	}
	fmt.Printf("OKNO_MASTER_KEY=%s\nOKNO_INDEX_KEY=%s\n", made.MasterPath, made.IndexPath)
	return nil
}

// rotation is what the commands of a rotation have in common.
type rotation struct {
	system.Settings `embed:""`
	Secret          string        `help:"Which secret: master, index, or both." default:"both" enum:"master,index,both"`
	Settle          time.Duration `help:"For how long every running node must have held its keys before a change: longer than any request." default:"1m"`
}

// do runs verb for each secret that is meant. Of both, one that is not at this step is told of and left.
func (c *rotation) do(ctx context.Context, log *slog.Logger, verb func(r *keyring.Rotation, w keyring.Which) error) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	r := x.Rotation()
	r.Settle = c.Settle
	for _, w := range []keyring.Which{{Master: true}, {Index: true}} {
		name := map[bool]string{true: "master", false: "index"}[w.Master]
		if c.Secret != "both" && c.Secret != name {
			continue
		}
		one := verb(r, w)
		if c.Secret == "both" && (errors.Is(one, keyring.ErrStaged) || errors.Is(one, keyring.ErrNotStaged)) {
			fmt.Printf("%s: left as it is: %v\n", name, one)
			continue
		}
		if one == nil {
			fmt.Printf("%s: done\n", name)
		}
		err = errors.Join(err, one)
	}
	return errors.Join(err, x.Close())
}

type keysStageCmd struct {
	rotation `embed:""`
}

// Run adds the new keys.
func (c *keysStageCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.do(ctx, log, func(r *keyring.Rotation, w keyring.Which) error { return r.Stage(w) })
}

type keysRotateCmd struct {
	rotation `embed:""`
}

// Run puts the new keys in force.
func (c *keysRotateCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.do(ctx, log, func(r *keyring.Rotation, w keyring.Which) error { return r.Rotate(ctx, w) })
}

type keysRetireCmd struct {
	rotation `embed:""`
}

// Run takes the old keys out.
func (c *keysRetireCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.do(ctx, log, func(r *keyring.Rotation, w keyring.Which) error { return r.Retire(ctx, w) })
}

type keysResealCmd struct {
	system.Settings `embed:""`
	Batch           int     `help:"Rows of one transaction." default:"100"`
	Share           float64 `help:"Of the time in which it works; the rest is the portal's." default:"0.5"`
}

// Run moves everything, and prints each step as it ends.
func (c *keysResealCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	r := x.Rotation()
	r.Batch, r.Share = c.Batch, c.Share
	began, said := time.Now(), time.Now()
	left, err := r.Reseal(ctx, func(p keyring.Progress) {
		if time.Since(said) > 2*time.Second || p.Moved >= p.Left && p.Moved > 0 {
			said = time.Now()
			fmt.Printf("%s: %d of %d\n", p.Step, p.Moved, p.Left)
		}
	})
	if err == nil {
		fmt.Printf("done in %s; %d left: okno keys status\n", time.Since(began).Round(time.Millisecond), left)
	}
	return errors.Join(err, x.Close())
}

type keysStatusCmd struct {
	system.Settings `embed:""`
}

// Run prints what there is.
func (c *keysStatusCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	s, err := x.Rotation().Status(ctx)
	if err != nil {
		return errors.Join(err, x.Close())
	}
	fmt.Printf("master keyset:\n  %s\nindex roots:\n  %s\nleft to do:\n", strings.Join(s.Keys, "\n  "), strings.Join(s.Roots, "\n  "))
	for _, l := range s.Steps {
		fmt.Printf("  %-24s %d left, %d moved\n", l.Step, l.Left, l.Done)
	}
	fmt.Printf("running nodes: %d\n", len(s.Nodes))
	for _, n := range s.Nodes {
		fmt.Printf("  %s since %s: %s\n", n.ID, n.Since.UTC().Format(time.RFC3339), strings.Join(n.Holds, " "))
	}
	return x.Close()
}
