package system

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// clock is the real time, moved on by what a demo was told. The offset is kept in the data folder, so that what has run
// out stays run out.
type clock struct {
	offset atomic.Int64
	file   string
}

func openClock(data string) *clock {
	c := &clock{file: filepath.Join(data, "clock")}
	if text, err := os.ReadFile(c.file); err == nil {
		if d, err := time.ParseDuration(strings.TrimSpace(string(text))); err == nil {
			c.offset.Store(int64(d))
		}
	}
	return c
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// advance moves the clock on, for good.
func (c *clock) advance(d time.Duration) error {
	total := time.Duration(c.offset.Add(int64(d)))
	return os.WriteFile(c.file, []byte(total.String()+"\n"), 0o600)
}
