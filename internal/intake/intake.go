// Package intake takes a page of a paper that a person sends with a form: a picture or a PDF, told by its content and not by its name, of
// a size that is allowed. What its maker noted in it is taken out, and it is looked through for malware. Whoever keeps it seals it (package
// files); nothing of it has touched a disk before.
//
// What is wrong with a page is said beside the field that it came in. So many pictures at once are unpacked, and no more.
package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/policy"
	"okno/internal/scan"
)

// ErrLater says that the virus scanner is away and nothing is taken meanwhile.
var ErrLater = fault.New(fault.Unavailable, "original.later")

// Desk takes pages. Make it with New.
type Desk struct {
	policy  *policy.Policy
	files   *files.Store
	turning chan struct{} // pictures being cleaned
}

// New returns a desk that goes by the policy and has pages looked through as the store does.
func New(p *policy.Policy, f *files.Store) *Desk {
	return &Desk{policy: p, files: f, turning: make(chan struct{}, max(1, p.Scan.AtOnce))}
}

// Page is what came.
type Page struct {
	Field string // of the form, beside which complaints stand
	Owner string
	Name  string // as the browser says
	Data  []byte
}

// Judge says what is wrong with a page before anything is done with it.
func (d *Desk) Judge(p Page) (files.Media, form.Sheet) {
	up := d.policy.Uploads
	most := min(int(up.MaxSize), files.MaxSize)
	media, ok := files.Sniff(p.Data)
	switch {
	case len(p.Data) == 0:
		return media, form.Sheet{fault.F(p.Field, "original.file_missing")}
	case len(p.Data) > most:
		return media, form.Sheet{fault.F(p.Field, "original.file_large", "max", int64(most)/1_000_000)}
	case !ok || !slices.Contains(up.Types, string(media)):
		return media, form.Sheet{fault.F(p.Field, "original.file_type", "types", files.Names(up.Types))}
	}
	return media, nil
}

// Take cleans a page that Judge found nothing wrong with, has it looked through, and gives what is to be put into the store.
func (d *Desk) Take(ctx context.Context, p Page, media files.Media) (files.New, error) {
	clean, err := d.clean(ctx, p)
	if err != nil {
		return files.New{}, err
	}
	seen, err := d.files.Inspect(ctx, files.New{Owner: p.Owner, Name: files.Name(p.Name, media), Media: media, Data: clean})
	switch {
	case errors.Is(err, files.ErrInfected):
		return files.New{}, fault.Invalid(fault.F(p.Field, "original.file_infected"))
	case errors.Is(err, files.ErrUnscanned):
		return files.New{}, ErrLater.Because(err)
	case err != nil:
		return files.New{}, fmt.Errorf("look through a page: %w", err)
	}
	return seen, nil
}

// clean takes out what the maker of the file noted in it. That may decode the picture.
func (d *Desk) clean(ctx context.Context, p Page) ([]byte, error) {
	select {
	case d.turning <- struct{}{}:
		defer func() { <-d.turning }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out, err := scan.Clean(p.Data, d.policy.Scan.Pixels)
	refuse := func(key string, args ...any) error { return fault.Invalid(fault.F(p.Field, key, args...)) }
	switch {
	case errors.Is(err, scan.ErrActive):
		return nil, refuse("original.file_active")
	case errors.Is(err, scan.ErrBomb), err == nil && len(out) > files.MaxSize: // a PNG that was turned is packed anew
		return nil, refuse("original.file_pixels", "max", d.policy.Scan.Pixels/1_000_000)
	case errors.Is(err, scan.ErrBroken):
		return nil, refuse("original.file_broken")
	}
	return out, err
}
