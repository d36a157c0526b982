//go:build linux || darwin || freebsd

package system

import "syscall"

// freeSpace is how many bytes the portal may still write to the disk of a folder.
func freeSpace(dir string) (uint64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return uint64(st.Bavail) * uint64(st.Bsize), true //nolint:gosec,unconvert // never negative; the types differ between systems
}
