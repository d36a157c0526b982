package scan

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// seekable hands data to a child as a file that is in memory only. Poppler would copy a pipe into a file of its own.
func seekable(data []byte) (in io.Reader, done func(), err error) {
	fd, err := unix.MemfdCreate("page", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, fmt.Errorf("scan: memory for a page: %w", err)
	}
	f := os.NewFile(uintptr(fd), "page") //nolint:gosec // a descriptor is not negative
	done = func() { f.Close() }          //nolint:errcheck,gosec // it was only memory
	if _, err = f.Write(data); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("scan: memory for a page: %w", err)
	}
	return f, done, nil
}
