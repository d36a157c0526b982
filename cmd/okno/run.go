package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"okno/internal/memory"
	"okno/internal/policy"
	"okno/internal/system"
)

type serveCmd struct {
	system.Settings `embed:""`
}

// Run serves the portal until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, log *slog.Logger) error {
	tuneMemory()
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	err = x.Run(ctx, func(portal, metrics net.Addr) {
		log.Info("serving", "url", c.URL, "portal", fmt.Sprint(portal), "metrics", metrics.String())
		go memory.Rest(ctx, restLook, restAllocs) // definitions, texts and pages were made, and what that took is not needed again
	})
	return errors.Join(err, x.Close())
}

// A server that allocated less than this between two looks is at rest: nobody came, and its periodic jobs found nothing to do.
const (
	restLook   = 5 * time.Second
	restAllocs = 2 << 20 // bytes
)

// tuneMemory lets the collector run less often than Go's default would, within a bound that keeps the server small:
// pages make short-lived garbage, and what lives is little.
func tuneMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		memory.Pace(200, heapFloor)
	}
}

// heapFloor is how large the heap may grow, in bytes, before it is collected at all: what a server at work needs beside its hashes.
const heapFloor = 96 << 20

type demoCmd struct {
	Addr        string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"OKNO_ADDR"`
	URL         string   `help:"Address people use." name:"url" env:"OKNO_URL"`
	Data        string   `help:"Folder that the demo keeps between starts." default:"data/demo" env:"OKNO_DATA" type:"path"`
	Database    string   `help:"sqlite:PATH or postgres://…; a file in the data folder when empty." env:"OKNO_DATABASE"`
	MetricsAddr string   `help:"Address for metrics." default:"127.0.0.1:0" env:"OKNO_METRICS_ADDR"`
	Places      string   `help:"File of the places where people go, in place of the made-up ones." env:"OKNO_PLACES"`
	Expose      []string `help:"Let other machines in, under these host names. The demo's passwords are known to everybody."`
}

// Run serves the demo until it is told to stop.
func (c *demoCmd) Run(ctx context.Context, log *slog.Logger) error {
	tuneMemory()
	if len(c.Expose) == 0 && !system.Loopback(c.Addr) {
		return fmt.Errorf("a demo listens on this machine only, and %s is not that: its passwords are known to everybody. To let others in all the same, say --expose=HOST", c.Addr)
	}
	x, err := system.New(ctx, c.settings(), log)
	if err != nil {
		return err
	}
	err = x.Run(ctx, func(_, metrics net.Addr) { greet(x, metrics) })
	return errors.Join(err, x.Close())
}

func (c *demoCmd) settings() system.Settings {
	return system.Settings{Addr: c.Addr, URL: c.URL, Data: c.Data, Database: c.Database, MetricsAddr: c.MetricsAddr, Places: c.Places,
		Workers: 8, MaxConns: 16, Demo: true, Expose: c.Expose}
}

// greet tells where everything is.
func greet(x *system.System, metrics net.Addr) {
	at := func(path string) string { return x.URL.JoinPath(path).String() }
	fmt.Printf(`
  Okno, a demo with a sandbox world. Everybody in it is made up.

    portal      %s
    demo page   %s   people, staff, one-click sign-in, clock, faults
    outbox      %s   SMS and letters that the portal sent
    desks       %s
    components  %s
    metrics     http://%s/metrics

  Data are kept in %s. Stop with Ctrl-C.

`, at("/"), at("demo"), at("demo/outbox"), at("desk"), at("demo/ui"), metrics, x.Settings.Data)
}

type migrateCmd struct {
	system.Settings `embed:""`
}

// Run brings the database up to date.
func (c *migrateCmd) Run(ctx context.Context) error { return system.Migrate(ctx, c.Settings) }

type policyCmd struct{}

// Run prints the defaults with their explanations.
func (policyCmd) Run() error {
	fmt.Print(policy.Defaults())
	return nil
}
