// Command okno runs the portal and its tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"okno/internal/bench"
	"okno/internal/keyring"
)

// commands is the command line. Each command is a struct whose fields are its flags and whose Run does it.
type commands struct {
	Demo    demoCmd    `cmd:"" help:"Run the portal with a sandbox world, on this machine only."`
	Serve   serveCmd   `cmd:"" help:"Run the portal."`
	Migrate migrateCmd `cmd:"" help:"Bring the database up to date."`
	Keys    keysCmd    `cmd:"" help:"The two secrets: make them, rotate them."`
	Staff   staffCmd   `cmd:"" help:"Employees."`
	People  peopleCmd  `cmd:"" help:"People of another portal: bring them in."`
	Agency  agencyCmd  `cmd:"" help:"Agencies' own information systems: their tokens."`
	Service serviceCmd `cmd:"" help:"Definitions of services."`

	Calendar calendarCmd `cmd:"" help:"The production calendar: the decree of each year."`
	Places   placesCmd   `cmd:"" help:"The list of places where people go: look at one before it is in force."`

	Document documentCmd `cmd:"" help:"Papers that the portal signed."`

	Jobs    jobsCmd    `cmd:"" help:"Work that has given up for good: what it is, let it run again."`
	Audit   auditCmd   `cmd:"" help:"The record of who did what."`
	Erasure erasureCmd `cmd:"" help:"People who were erased."`
	Doctor  doctorCmd  `cmd:"" help:"Check every setting and every outside system, and say what is wrong."`
	Backup  backupCmd  `cmd:"" help:"Copy database and files, without the keys, into a new folder."`
	Restore restoreCmd `cmd:"" help:"Fill an empty portal with a backup."`
	Bench   benchCmd   `cmd:"" help:"Measure this program beside what it is compared with, and print a table."`
	Policy  policyCmd  `cmd:"" help:"Print every limit, lifetime and threshold with its default."`
	Sandbox sandboxCmd `cmd:"" help:"Parts of the sandbox world that stand alone, for test portals."`

	Config  kong.ConfigFlag `help:"YAML file of settings." env:"OKNO_CONFIG"`
	Verbose bool            `help:"Log more." short:"v" env:"OKNO_VERBOSE"`
}

func main() {
	if len(os.Args) == 2 {
		if life, ok := map[string]func() error{keyring.WorkerArg: keyring.Work, bench.ChildArg: bench.Child}[os.Args[1]]; ok {
			if life() != nil {
				os.Exit(1) // whoever started it says why it is gone
			}
			return
		}
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "okno:", err)
		os.Exit(exitCode(err))
	}
}

// ended is an error with an exit code of its own, for scripts that ask how a command ended.
type ended struct {
	error
	code int
}

func exitCode(err error) int {
	var e ended
	if errors.As(err, &e) {
		return e.code
	}
	return 1
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	k, err := kong.New(&c, kong.Name("okno"), kong.Description("An open portal of public services with its own identity provider."),
		kong.UsageOnError(), kong.Vars{"bench_parts": strings.Join(bench.Parts(), ", ")}, kong.Configuration(yamlFile))
	if err != nil {
		return err
	}
	cmd, err := k.Parse(os.Args[1:])
	k.FatalIfErrorf(err)
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	life, err := chosen(ctx, cmd.Selected().Target.Addr().Interface(), log)
	if err != nil {
		return err
	}
	return life() // what has read the command line is many times the size of the command, and a server lives long
}

// chosen is what a command does, without what has read it.
func chosen(ctx context.Context, command any, log *slog.Logger) (func() error, error) {
	switch c := command.(type) {
	case interface{ Run() error }:
		return c.Run, nil
	case interface{ Run(context.Context) error }:
		return func() error { return c.Run(ctx) }, nil
	case interface {
		Run(context.Context, *slog.Logger) error
	}:
		return func() error { return c.Run(ctx, log) }, nil
	}
	return nil, fmt.Errorf("%T does nothing", command)
}
