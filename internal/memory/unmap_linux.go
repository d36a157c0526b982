package memory

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unmap lets go of the program's own pages that can be read from its file again: mapped from it, not writable, none of them changed (a
// program that was moved as it was loaded, or that a debugger looks into, has changed some).
func unmap() {
	for _, m := range own() {
		if !m.writable && m.changed == 0 {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, syscall.MADV_DONTNEED) // it is asked, not told
		}
	}
}

// mapping is a part of the program's file in memory.
type mapping struct {
	start, end    uintptr
	writable      bool
	here, changed int // kB
}

// own are the parts of this program's file that are mapped; none where the system does not tell.
func own() []mapping {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // it was only read
	var all []mapping
	ours := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, said := strings.Cut(lines.Text(), ":")
		if said && !strings.Contains(name, " ") { // Rss:   1234 kB
			if !ours {
				continue
			}
			kB, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			switch last := &all[len(all)-1]; name {
			case "Rss":
				last.here = kB
			case "Anonymous":
				last.changed = kB
			}
			continue
		}
		head := strings.Fields(lines.Text()) // 00400000-01b2c000 r-xp 00000000 08:02 173521   /usr/bin/okno
		if ours = len(head) > 5 && strings.HasSuffix(lines.Text(), " "+program); !ours {
			continue
		}
		from, to, _ := strings.Cut(head[0], "-")
		start, err := strconv.ParseUint(from, 16, 64)
		end, wrong := strconv.ParseUint(to, 16, 64)
		if ours = err == nil && wrong == nil; ours {
			all = append(all, mapping{start: uintptr(start), end: uintptr(end), writable: strings.Contains(head[1], "w")})
		}
	}
	return all
}
