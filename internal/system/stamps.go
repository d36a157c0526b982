package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"okno/internal/stamp"
)

// stamps builds what signs papers. In a demo its key lies beside the others, and is made at the first start.
func (x *System) stamps(ctx context.Context) error {
	x.Stamp = &stamp.Service{DB: x.DB, Path: x.Settings.PapersKey, Name: x.Name.RU, Address: x.URL.String(), Life: x.Policy.Papers.KeyLifetime}
	if x.Settings.Demo {
		x.Stamp.Path = filepath.Join(x.Settings.Data, "keys", "papers.pem")
		if _, err := os.Lstat(x.Stamp.Path); errors.Is(err, fs.ErrNotExist) {
			if _, err := x.Stamp.Make(ctx); err != nil {
				return err
			}
		}
	}
	return x.Stamp.Ready(ctx)
}

// ending is how long before its end a certificate is spoken of.
const ending = 60 * 24 * time.Hour

// papersKey must be readable by the portal alone, lie where a copy of the data does not take it along, and have a certificate that goes on.
func (d *doctor) papersKey() {
	const what, set = "key of papers", "papers-key (OKNO_PAPERS_KEY)"
	path := d.s.PapersKey
	if path == "" {
		d.doubt(what, "it is not set: papers are issued without a signature, and their codes are checked with the portal only", "okno keys papers make; then set "+set)
		return
	}
	ends, err := (&stamp.Service{Path: path}).Expires()
	switch {
	case err != nil:
		d.wrong(what, trimmed(err), "restore it from its backup; a new portal makes one: okno keys papers make")
	case inside(path, d.s.Data):
		d.wrong(what, path+" lies in the data folder: whoever gets a copy of the data signs papers in the portal's name", "move it elsewhere and set "+set)
	case time.Until(ends) < ending:
		d.doubt(what, fmt.Sprintf("its certificate ends on %s: programs will call papers signed after that day doubtful", ends.Format(time.DateOnly)), "okno keys papers stage, then rotate")
	default:
		d.fine(what, fmt.Sprintf("%s, until %s", path, ends.Format(time.DateOnly)))
	}
}
