package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okno/internal/system"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Recompute the chain and say where it is broken."`
}

type auditVerifyCmd struct {
	system.Settings `embed:""`
}

// Run verifies the chain. A broken one is an error; an unsealed tail is told of, for a busy portal always has one.
func (c *auditVerifyCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	r, err := x.VerifyAudit(ctx)
	if err == nil {
		fmt.Printf("%d events in %d seals are in order; the head is seal %d, %x\n", r.Events, r.Seals, r.Head.Seq, r.Head.Hash)
		if r.Tail > 0 {
			fmt.Printf("%d events are not sealed yet, the oldest of %s\n", r.Tail, r.Oldest.UTC().Format(time.RFC3339))
		}
		if r.Broken != nil {
			err = r.Broken
		}
	}
	return errors.Join(err, x.Close())
}
