//go:build !linux

package memory

// Large does nothing where large pages are not asked for like this.
func Large(int) {}
