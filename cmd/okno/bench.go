package main

import (
	"context"
	"os"
	"time"

	"okno/internal/bench"
	"okno/internal/store"
)

type benchCmd struct {
	Parts    []string      `arg:"" optional:"" help:"What to measure: ${bench_parts}; all when none is named."`
	Postgres string        `help:"DSN of a PostgreSQL on this machine in which schemas may be made; only SQLite is measured without one." env:"OKNO_TEST_POSTGRES"`
	Engine   string        `help:"Measure this engine alone: sqlite or postgres." enum:",sqlite,postgres" default:""`
	Dir      string        `help:"Folder for databases, on the sort of disk that matters." type:"path" default:"/tmp"`
	Slice    time.Duration `help:"How long each side works before the other has its turn." default:"2s"`
	Slices   int           `help:"Slices of each side." default:"6"`
	People   int           `help:"People who sign in, look and apply." default:"4000"`
	Accounts int           `help:"Accounts of the large database." default:"1000000"`
	Cases    int           `help:"Cases of the agency whose desk is measured." default:"1000000"`
	Pages    int           `help:"Pictures of good pages to read; a third of it of every other sort." default:"60"`
	Seed     uint64        `help:"Seed of the first picture; those below a million are the ones the reader was tuned on." default:"1000000"`
	Fonts    string        `help:"Folder of npm's packages, for the typefaces of the pages." type:"path" default:"node_modules"`
	Auditor  string        `name:"lighthouse" help:"Folder of the package of Lighthouse, installed." type:"path" default:"tools/lighthouse"`
	Keys     int           `help:"People who come under new keys." default:"100000"`
	Timers   int           `help:"Deadlines of cases that fall due." default:"100000"`
	Hour     time.Duration `help:"Time in which they do; an hour is what is promised." default:"1h"`
	Watch    time.Duration `help:"How much of that time is watched, from its beginning." default:"6m"`
}

// Run measures the program and prints the table.
func (c *benchCmd) Run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Run(ctx, bench.Config{Program: self, Parts: c.Parts, Postgres: c.Postgres, Engine: store.Engine(c.Engine), Dir: c.Dir, Slice: c.Slice, Slices: c.Slices, People: c.People, Many: c.Accounts, Cases: c.Cases, Pages: c.Pages, Seed: c.Seed, Fonts: c.Fonts, Auditor: c.Auditor, Keys: c.Keys, Timers: c.Timers, Hour: c.Hour, Watch: c.Watch, Out: os.Stdout})
}
