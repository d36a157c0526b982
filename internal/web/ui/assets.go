package ui

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"okno/internal/form"
)

// Prefix is where the files of a Bundle are served. Their names change with their bytes, so a browser may
// keep them for ever: Cache-Control: public, max-age=31536000, immutable.
const Prefix = "/assets/"

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt says that the program was compiled before its pages were built.
var ErrNotBuilt = errors.New("internal/web/ui/dist is empty: run `npm ci && npm run build`, then compile again")

// Asset is one built file.
type Asset struct {
	Name   string // what the source calls it: okno.css
	File   string // what browsers call it, with a hash of its bytes: okno-4K2XQ7PA.css
	Type   string // content type
	Body   []byte
	Gzip   []byte // nil where compressing gains nothing
	Brotli []byte
}

// Bundle is everything that was built, read-only.
type Bundle struct {
	byName map[string]Asset
	byFile map[string]Asset
}

// Assets opens what build.mjs made, or says ErrNotBuilt. Whoever serves pages asks once, at the start.
func Assets() (*Bundle, error) { return built() }

var built = sync.OnceValues(func() (*Bundle, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return open(sub)
})

func open(dir fs.FS) (*Bundle, error) {
	src, err := fs.ReadFile(dir, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest of assets: %w", err)
	}
	var list []struct{ Name, File, Type string }
	if err := json.Unmarshal(src, &list); err != nil {
		return nil, fmt.Errorf("read the manifest of assets: %w", err)
	}
	b := &Bundle{byName: map[string]Asset{}, byFile: map[string]Asset{}}
	for _, e := range list {
		a := Asset{Name: e.Name, File: e.File, Type: e.Type}
		if a.Body, err = fs.ReadFile(dir, e.File); err != nil {
			return nil, fmt.Errorf("asset %s: %w", e.Name, err)
		}
		if a.Gzip, err = optional(dir, e.File+".gz"); err != nil {
			return nil, err
		}
		if a.Brotli, err = optional(dir, e.File+".br"); err != nil {
			return nil, err
		}
		b.byName[a.Name], b.byFile[a.File] = a, a
	}
	return b, nil
}

func optional(dir fs.FS, name string) ([]byte, error) {
	body, err := fs.ReadFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asset %s: %w", name, err)
	}
	return body, nil
}

// File returns the asset that browsers ask for under Prefix.
func (b *Bundle) File(file string) (Asset, bool) { a, ok := b.byFile[file]; return a, ok }

// Named returns the asset the source calls name.
func (b *Bundle) Named(name string) (Asset, bool) { a, ok := b.byName[name]; return a, ok }

// All lists the assets in no order.
func (b *Bundle) All() []Asset {
	out := make([]Asset, 0, len(b.byFile))
	for _, a := range b.byFile {
		out = append(out, a)
	}
	return out
}

// URL is the address of the asset called name. Before the build it is an address that answers nothing, so that pages
// can be tested without Node; a server never gets so far, because Assets fails first.
func URL(name string) string {
	b, err := built()
	if err != nil {
		return Prefix + name
	}
	a, ok := b.Named(name)
	if !ok {
		return Prefix + name
	}
	return Prefix + a.File
}

// CommonPasswords are the passwords that are tried first by whoever guesses: those that build.mjs took from elsewhere.
// They are read when somebody sets a password for the first time. Before the build there are none.
func CommonPasswords() form.Words { return commonPasswords() }

var commonPasswords = sync.OnceValue(func() form.Words {
	words, err := optional(dist, "dist/common-passwords.txt")
	if err != nil {
		return ""
	}
	return form.Words(words)
})

// Typefaces are the TrueType files of Golos Text, for papers made as PDF. They cover Cyrillic, Latin and the rouble sign.
func Typefaces() (regular, bold []byte, err error) {
	for _, f := range []struct {
		into *[]byte
		name string
	}{{&regular, "golos-regular.ttf"}, {&bold, "golos-bold.ttf"}} {
		body, err := dist.ReadFile("dist/ttf/" + f.name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, ErrNotBuilt
		}
		if err != nil {
			return nil, nil, err
		}
		*f.into = bytes.Clone(body)
	}
	return regular, bold, nil
}
