package main

import (
	"log/slog"
	"testing"

	"github.com/alecthomas/kong"
)

func TestADemoTakesAListOfPlaces(t *testing.T) {
	var c commands
	k, err := kong.New(&c, kong.Vars{"bench_parts": ""})
	if err == nil {
		_, err = k.Parse([]string{"demo", "--places=here.yaml"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Demo.settings(); s.Places != "here.yaml" || !s.Demo {
		t.Errorf("the settings are %+v", s)
	}
}

func TestEveryCommandDoesSomething(t *testing.T) {
	k, err := kong.New(&commands{}, kong.Vars{"bench_parts": ""})
	if err != nil {
		t.Fatal(err)
	}
	leaves := k.Model.Leaves(false)
	if len(leaves) < 40 {
		t.Fatalf("%d commands", len(leaves))
	}
	for _, leaf := range leaves {
		if _, err := chosen(t.Context(), leaf.Target.Addr().Interface(), slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("%s: %v", leaf.Path(), err)
		}
	}
}
