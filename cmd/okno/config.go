package main

import (
	"errors"
	"fmt"
	"io"
	"os"
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
	flat := map[string]any{}
	flatten("", raw, flat)
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Tag.Envs {
			if _, set := os.LookupEnv(name); set {
				return nil, nil // a variable wins over the file; kong would let the file win
			}
		}
		return flat[flag.Name], nil
	}), nil
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
