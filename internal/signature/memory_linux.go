package signature

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// lend hands bytes to a child as a file that is in memory only, under the descriptor that it will have there.
func lend(data []byte, descriptor int) (f *os.File, path string, done func(), err error) {
	fd, err := unix.MemfdCreate("signature", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, "", nil, fmt.Errorf("memory for a child: %w", err)
	}
	f = os.NewFile(uintptr(fd), "signature") //nolint:gosec // a descriptor is not negative
	done = func() { f.Close() }              //nolint:errcheck,gosec // it was only memory
	if _, err := f.Write(data); err != nil {
		done()
		return nil, "", nil, fmt.Errorf("memory for a child: %w", err)
	}
	return f, "/dev/fd/" + strconv.Itoa(descriptor), done, nil
}
