//go:build !linux

package signature

import (
	"fmt"
	"os"
)

// lend hands bytes to a child as a file that only we may read: there are no files in memory on this system. They are certificates and
// signatures, which are no secrets.
func lend(data []byte, _ int) (f *os.File, path string, done func(), err error) {
	f, err = os.CreateTemp("", "okno-signature-")
	if err != nil {
		return nil, "", nil, fmt.Errorf("a file for a child: %w", err)
	}
	done = func() { os.Remove(f.Name()) } //nolint:errcheck,gosec // the system's sweep takes it
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		done()
		return nil, "", nil, fmt.Errorf("a file for a child: %w", err)
	}
	return nil, f.Name(), done, nil
}
