package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// mapped gives a driver's refusal its sentinel and keeps the driver's words behind it.
func mapped(err error) error {
	if err == nil {
		return nil
	}
	if sqliteExists(err) || postgresExists(err) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

func collided(err error) bool { return sqliteCollided(err) || postgresCollided(err) }

// pause waits before the try number i+1: 1 ms, 2, 4 … 64, with as much jitter again.
func pause(ctx context.Context, i int) error {
	d := time.Millisecond << min(i, 6)
	d += rand.N(d) //nolint:gosec // jitter, not a secret
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
