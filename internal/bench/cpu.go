package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit in which /proc counts CPU: USER_HZ, which Linux fixes at 100 on every machine that Go runs on.
const tick = 10 * time.Millisecond

// process is what /proc/PID/stat tells (proc(5)).
type process struct {
	pid, parent int
	own         time.Duration // of its threads, living and ended
	gone        time.Duration // of its children that ended
}

func readProcess(pid int) (process, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, err
	}
	end := bytes.LastIndexByte(text, ')') // the name before it may hold anything
	f := strings.Fields(string(text[end+1:]))
	if end < 0 || len(f) < 15 {
		return process{}, fmt.Errorf("/proc/%d/stat reads like nothing we know", pid)
	}
	var n [15]int64
	for _, i := range []int{1, 11, 12, 13, 14} {
		if n[i], err = strconv.ParseInt(f[i], 10, 64); err != nil {
			return process{}, err
		}
	}
	return process{pid: pid, parent: int(n[1]), own: time.Duration(n[11]+n[12]) * tick, gone: time.Duration(n[13]+n[14]) * tick}, nil
}

// children are the living children of a process.
func children(pid int) ([]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var out []process
	for _, d := range dirs {
		n, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			continue
		}
		if p, err := readProcess(n); err == nil && p.parent == pid {
			out = append(out, p)
		}
	}
	return out, nil
}

// family is the CPU of a process and of all its children.
func family(pid int) (own, kids time.Duration, err error) {
	p, err := readProcess(pid)
	if err != nil {
		return 0, 0, err
	}
	kids = p.gone
	living, err := children(pid)
	for _, c := range living {
		kids += c.own + c.gone
	}
	return p.own, kids, err
}

// myCPU is the CPU of this process so far.
func myCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is the proportional share of memory (PSS, bytes) of a process and of its children: pages that they share count once.
func memory(pid int) (int64, error) {
	list, err := children(pid)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, p := range append(list, process{pid: pid}) {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "smaps_rollup"))
		if err != nil {
			return 0, err
		}
		_, after, ok := strings.Cut(string(text), "\nPss:")
		if !ok {
			return 0, errors.New("smaps_rollup has no Pss")
		}
		kb, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += kb << 10
	}
	return sum, nil
}

// median of what was measured; it sorts its argument.
func median[T ~int64 | ~float64](all []T) T {
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return all[len(all)/2]
}
