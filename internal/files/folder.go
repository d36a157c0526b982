package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// Folder is the bucket in a folder of this machine, which OpenFolder opens.
type Folder struct {
	root *os.Root

	// Now dates what is written when that is not the machine's clock: a demo moves its own on, and a sweep by it must not take what
	// was written a moment ago. The machine's when nil.
	Now func() time.Time
}

// OpenFolder opens the folder dir, and makes it when it is not there. Nobody but its owner may look into it.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return &Folder{root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Write writes under the name itself: what a crash leaves half written has no row, and a sweep takes it.
func (f *Folder) Write(_ context.Context, name string, data []byte) error {
	err := f.root.Mkdir(path.Dir(name), 0o700)
	made := err == nil
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	w, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err == nil && f.Now != nil {
		at := f.Now()
		err = f.root.Chtimes(name, at, at)
	}
	if err = errors.Join(err, w.Sync(), w.Close()); err == nil {
		err = f.sync(path.Dir(name))
	}
	if err == nil && made {
		err = f.sync(".")
	}
	if err != nil {
		return errors.Join(err, f.root.Remove(name))
	}
	return nil
}

// sync makes the names in a folder durable.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *Folder) Read(_ context.Context, name string, most int64) ([]byte, error) {
	r, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", store.ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, ErrTooBig
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(r, data)
	return data, err
}

func (f *Folder) Delete(_ context.Context, name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Each passes over what is not ours: the lost+found of a disk, what an operator left there.
func (f *Folder) Each(ctx context.Context, fn func(name string, at time.Time) error) error {
	return fs.WalkDir(f.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if name == "." {
			return err
		}
		if e.IsDir() && len(name) != 2 {
			return fs.SkipDir
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e.IsDir() || !id.Valid(path.Base(name)) || name != where(path.Base(name)) {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted since the folder was read
		}
		if err != nil {
			return err
		}
		return fn(name, info.ModTime())
	})
}
