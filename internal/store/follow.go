package store

import (
	"context"
	"errors"
	"time"
)

// FollowEvery is how often Follow looks for what it did not hear of: what a command beside the server has written on SQLite, where news do not
// go from one process to another, and what came while the line to PostgreSQL was broken.
const FollowEvery = 500 * time.Millisecond

// Follow calls look at each news of the topic, and every half second, until ctx ends.
func (db *DB) Follow(ctx context.Context, topic string, look func()) {
	news, stop := db.Listen(topic)
	defer stop()
	tick := time.NewTicker(FollowEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-tick.C:
		}
		look()
	}
}

// WriteNext is Write of a row with the next serial of its table. Who was overtaken by another, whose serial was the next, decides anew on
// what is there then.
func (db *DB) WriteNext(ctx context.Context, fn func(tx *Tx) error) error {
	var err error
	for range 5 {
		if err = db.Write(ctx, fn); !errors.Is(err, ErrExists) {
			return err
		}
	}
	return err
}
