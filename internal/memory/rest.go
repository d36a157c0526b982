package memory

import (
	"context"
	"runtime/metrics"
	"time"
)

// Rest gives memory back whenever the program has come to rest after work, until ctx ends. It looks each time that every has passed:
// a program that allocated less than little bytes since the last look rests, and one that allocated more than that since it last gave
// memory back has some to give. A busy program is left alone.
func Rest(ctx context.Context, every time.Duration, little uint64) {
	look := time.NewTicker(every)
	defer look.Stop()
	last := allocated()
	given := uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := allocated()
		if now-last < little && now-given > little {
			Release()
			now = allocated()
			given = now
		}
		last = now
	}
}

// allocated is how many bytes the program has ever allocated.
func allocated() uint64 { return read("/gc/heap/allocs:bytes") }

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
