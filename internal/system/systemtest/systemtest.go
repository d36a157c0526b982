// Package systemtest runs a test on a whole portal with a sandbox around it, on both engines.
package systemtest

import (
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	_ "okno/internal/jobs/jobstest" // its tables are in the copies
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/system"
)

// services are definitions that only tests offer.
//
//go:embed services
var services embed.FS

// Services is a folder with services of the tests: badge takes files.
func Services(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, services); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "services")
}

// begun is a demo that has begun: with its staff, its people and their cases.
var begun = storetest.Begun{Begin: func(dsn, dir string) error {
	x, err := open(system.Settings{Data: dir, Database: dsn})
	if err != nil {
		return err
	}
	return x.Close()
}}

func open(s system.Settings) (*system.System, error) {
	s.Addr, s.URL, s.Demo, s.Workers, s.MaxConns = "127.0.0.1:0", "http://localhost:8080", true, 4, 8
	return system.New(context.Background(), s, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// Each runs body on a fresh demo whose jobs run, on SQLite and on PostgreSQL.
func Each(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	With(t, func(*system.Settings) {}, body)
}

// With is Each with other settings.
func With(t *testing.T, change func(*system.Settings), body func(t *testing.T, x *system.System)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		var s system.Settings
		change(&s)
		if reflect.DeepEqual(s, system.Settings{}) {
			s.Database, s.Data, s.Lent = begun.Lend(t, e)
		} else { // another demo begins otherwise
			s.Database, s.Data = storetest.Copy(t, e), t.TempDir()+"/data"
		}
		x, err := open(s)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background() // jobs are stopped after the test, when its own context has ended
		if err := x.Jobs.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(x.Jobs.Stop(ctx), x.Close()); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
		body(t, x)
	})
}
