package system

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"okno/internal/store"
)

// A backup is a folder:
//
//	database           the database at one moment: an SQLite file, or an archive of pg_dump
//	files/aa/01k…      the sealed files
//	manifest.json      what there is, with sha256 and size of each; written last, so that what has one is whole
//
// The keys are not in it, on purpose: a backup alone tells nothing of anybody. They are kept elsewhere, and without them it is
// worth nothing.
const (
	manifestName = "manifest.json"
	databaseName = "database"
	filesName    = "files"
)

// Manifest is what a backup says of itself.
type Manifest struct {
	Made   time.Time    `json:"made"`
	Engine store.Engine `json:"engine"`
	Parts  []Part       `json:"parts"`
}

// Part is a file of a backup.
type Part struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func engineOf(dsn string) store.Engine {
	if strings.HasPrefix(dsn, "sqlite:") {
		return store.SQLite
	}
	return store.Postgres
}

// Backup writes a copy of everything but the keys into the new folder dir, while the portal runs. The database is copied first:
// a file is written before its row is, and so every row of the copy has its file.
func Backup(ctx context.Context, s Settings, dir string) (Manifest, error) {
	s, err := s.derived()
	if err != nil {
		return Manifest{}, err
	}
	if inside(dir, s.Data) {
		return Manifest{}, fmt.Errorf("backup: %s lies in the data folder: it would be lost together with it", dir)
	}
	if err := fresh(dir); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	m := Manifest{Made: time.Now().UTC().Truncate(time.Second), Engine: engineOf(s.Database)}
	if path, ok := strings.CutPrefix(s.Database, "sqlite:"); ok && !exists(path) {
		return m, fmt.Errorf("backup: there is no database %s", path)
	}
	if err := store.Backup(ctx, s.Database, filepath.Join(dir, databaseName)); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := copyFiles(ctx, filepath.Join(s.Data, filesName), filepath.Join(dir, filesName)); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if m.Parts, err = parts(dir); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := writeDurably(filepath.Join(dir, manifestName), strings.NewReader(string(text)+"\n")); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, nil
}

// Restore fills an empty data folder and an empty database with what Backup wrote, after it has seen that every part is what it was.
func Restore(ctx context.Context, s Settings, dir string) (Manifest, error) {
	s, err := s.derived()
	if err != nil {
		return Manifest{}, err
	}
	m, err := verifyBackup(dir)
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	if engine := engineOf(s.Database); engine != m.Engine {
		return m, fmt.Errorf("restore: the backup is of %s, and the settings name a database of %s", m.Engine, engine)
	}
	if err := fresh(s.Data); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	if err := store.Restore(ctx, s.Database, filepath.Join(dir, databaseName)); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	if err := copyFiles(ctx, filepath.Join(dir, filesName), filepath.Join(s.Data, filesName)); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	return m, nil
}

// fresh makes an empty folder, or is content with one that is empty.
func fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%s holds something and is not overwritten", dir)
	}
	return err
}

// verifyBackup reads the manifest and every part.
func verifyBackup(dir string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(dir, manifestName)) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: it is no backup, or one that was never finished", dir, manifestName)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	there, err := parts(dir)
	if err != nil {
		return m, err
	}
	for _, want := range m.Parts {
		i := slices.IndexFunc(there, func(p Part) bool { return p.Name == want.Name })
		if i < 0 {
			return m, fmt.Errorf("the backup lacks %s", want.Name)
		}
		if there[i] != want {
			return m, fmt.Errorf("%s is not what it was when the backup was made", want.Name)
		}
	}
	if len(there) != len(m.Parts) {
		return m, fmt.Errorf("the backup holds %d files, and its manifest tells of %d", len(there), len(m.Parts))
	}
	return m, nil
}

// parts are the files of a backup but the manifest, in order.
func parts(dir string) ([]Part, error) {
	var out []Part
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == manifestName {
			return err
		}
		f, err := os.Open(path) //nolint:gosec // below the folder that the operator names
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // it was only read
		h := sha256.New()
		n, err := io.Copy(h, f)
		out = append(out, Part{filepath.ToSlash(name), n, hex.EncodeToString(h.Sum(nil))})
		return err
	})
	return out, err
}

// copyFiles copies a folder of sealed files. One that is deleted meanwhile was nobody's any more.
func copyFiles(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		if !e.Type().IsRegular() {
			return nil
		}
		f, err := os.Open(path) //nolint:gosec // below the data folder
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(writeDurably(filepath.Join(to, name), f), f.Close())
	})
}

// writeDurably writes a new file, for its owner alone.
func writeDurably(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // below a folder that the operator names
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}
