package main

import (
	"context"
	"fmt"

	"okno/internal/system"
)

type doctorCmd struct {
	system.Settings `embed:""`
}

// Run says of everything whether it is well, a line each, and ends with an error when something is wrong.
func (c *doctorCmd) Run(ctx context.Context) error {
	bad := 0
	for _, f := range system.Examine(ctx, c.Settings) {
		fmt.Println(f)
		if f.Verdict == system.Wrong {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d things are wrong", bad)
	}
	return nil
}
