package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// The changes of the two files. Each leaves the file as it was beside the new one, under its name and ".previous"; nodes take
// the new one up by themselves (Keep). Rotation asks beforehand whether the change may be made.

// The refusals of a change that the file is not ready for.
var (
	ErrStaged    = errors.New("keyring: a key is staged or an old one is there already: that rotation comes first")
	ErrNotStaged = errors.New("keyring: no key is staged")
)

// Stage adds a key to the master keyset in the file that opens and does not yet seal. Give the file to every node, then
// Rotate: so that no node meets what it cannot open.
func Stage(path string) error {
	return changeMaster(path, func(m *keyset.Manager, h *keyset.Handle) error {
		if h.Len() > 1 {
			return ErrStaged
		}
		_, err := m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// Rotate makes the staged key of the master keyset in the file primary; when none is staged it adds one, which is
// enough where there is one node and it is stopped. Old keys go on opening.
func Rotate(path string) error {
	return changeMaster(path, func(m *keyset.Manager, h *keyset.Handle) error {
		last, err := h.Entry(h.Len() - 1)
		if err != nil {
			return err
		}
		next := last.KeyID()
		if last.IsPrimary() {
			if next, err = m.Add(aead.AES256GCMKeyTemplate()); err != nil {
				return err
			}
		}
		return m.SetPrimary(next)
	})
}

// Retire takes the keys before the primary one out of the master keyset in the file: what they sealed never opens again.
func Retire(path string) error {
	return changeMaster(path, func(m *keyset.Manager, h *keyset.Handle) error {
		for i := range h.Len() {
			e, err := h.Entry(i)
			if err != nil {
				return err
			}
			if e.IsPrimary() {
				return nil
			}
			if err := m.Delete(e.KeyID()); err != nil {
				return err
			}
		}
		return nil
	})
}

// StageRoot adds an index root to the file under which rows are indexed beside the root in force, so that every row has been
// when RotateRoot makes it the one in force.
func StageRoot(path string) error {
	return changeRoots(path, func(roots []line) ([]line, error) {
		if slices.ContainsFunc(roots, func(l line) bool { return l.role == coming || l.role == former }) {
			return nil, ErrStaged
		}
		return slices.Insert(roots, 1, line{coming, random(rootLen)}), nil
	})
}

// RotateRoot puts the staged index root in force. The one that was goes on being asked by.
func RotateRoot(path string) error {
	return changeRoots(path, func(roots []line) ([]line, error) {
		i := slices.IndexFunc(roots, func(l line) bool { return l.role == coming })
		if i < 0 {
			return nil, ErrNotStaged
		}
		roots[0].role, roots[i].role = former, inForce
		roots[0], roots[i] = roots[i], roots[0]
		return roots, nil
	})
}

// RetireRoot leaves of the index root that goes, and of those before it, what keep says of their names: a pepper, or nothing.
func RetireRoot(path string, keep func(id [4]byte) bool) error {
	return changeRoots(path, func(roots []line) ([]line, error) {
		var out []line
		for _, l := range roots {
			if l.role == former || l.role == pepperOnly {
				if !keep(newRoot(l.secret).id) {
					continue
				}
				l.role = pepperOnly
			}
			out = append(out, l)
		}
		return out, nil
	})
}

func changeRoots(path string, change func([]line) ([]line, error)) error {
	text, err := readSecret(path)
	if err != nil {
		return err
	}
	roots, err := parseRoots(text)
	if err != nil {
		return fmt.Errorf("keyring: %s: %w", path, err)
	}
	if roots, err = change(roots); err != nil {
		return fmt.Errorf("keyring: change %s: %w", path, err)
	}
	return supersede(path, rootsText(roots))
}

func changeMaster(path string, change func(*keyset.Manager, *keyset.Handle) error) error {
	text, err := readSecret(path)
	if err != nil {
		return err
	}
	h, err := parseMaster(text)
	if err != nil {
		return fmt.Errorf("keyring: %s: %w", path, err)
	}
	m := keyset.NewManagerFromHandle(h)
	if err := change(m, h); err != nil {
		return fmt.Errorf("keyring: change %s: %w", path, err)
	}
	if h, err = m.Handle(); err != nil {
		return fmt.Errorf("keyring: change %s: %w", path, err)
	}
	if text, err = masterText(h); err != nil {
		return err
	}
	return supersede(path, text)
}

// supersede puts text in the place of the file. The new file stands whole beside the old one, for the same readers, before it
// takes its place, and the old one stays as ".previous"; whenever the machine fails, a whole file stands there.
func supersede(path string, text []byte) error {
	if was, err := os.ReadFile(path); err == nil && bytes.Equal(was, text) { //nolint:gosec // the operator's own file
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	next, previous := path+".new", path+".previous"
	for _, left := range []string{next, previous} { // a change that was killed leaves the one, every change the other
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	if err := create(next, text); err != nil {
		return err
	}
	if err := os.Chmod(next, info.Mode().Perm()); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if who, ok := info.Sys().(*syscall.Stat_t); ok { // the change may be root's, and the file of the user who serves
		if err := os.Chown(next, int(who.Uid), int(who.Gid)); err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	if err := os.Link(path, previous); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return syncDir(filepath.Dir(path))
}
