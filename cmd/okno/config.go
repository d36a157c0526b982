package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// yamlFile reads settings from a YAML file, which yields to variables as they yield to flags: the names are those of the flags, "smtp-addr: …" or nested, "smtp: {addr: …}".
func yamlFile(r io.Reader) (kong.Resolver, error) {
	var raw map[string]any
	if err := yaml.NewDecoder(r).Decode(&raw); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	f := file{}
	flatten("", raw, f)
	return f, nil
}

// file is what a settings file says, by the names of flags.
type file map[string]any

// Validate refuses a name that is no flag of any command: what was meant by it would not hold, and nobody would know.
func (f file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for nodes := []*kong.Node{app.Node}; len(nodes) > 0; nodes = nodes[1:] {
		for _, flag := range nodes[0].Flags {
			known[flag.Name] = true
		}
		nodes = append(nodes, nodes[0].Children...)
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !known[name] {
			return fmt.Errorf("settings file: %s is no setting; okno serve --help lists them", name)
		}
	}
	return nil
}

// Resolve is the value of a flag that was not given on the command line.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Tag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil // a variable wins over the file; kong would let the file win
		}
	}
	return f[flag.Name], nil
}

func flatten(prefix string, from map[string]any, into map[string]any) {
	for k, v := range from {
		name := strings.ReplaceAll(prefix+k, "_", "-")
		if m, ok := v.(map[string]any); ok {
			flatten(name+"-", m, into)
			continue
		}
		into[name] = v
	}
}
