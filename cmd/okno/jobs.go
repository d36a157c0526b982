package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okno/internal/jobs"
	"okno/internal/system"
)

type jobsCmd struct {
	List  jobsListCmd  `cmd:"" help:"Name the jobs that have given up for good, the latest first, and what each said last."`
	Retry jobsRetryCmd `cmd:"" help:"Let jobs that have given up run once more, when the cause is mended."`
}

type jobsListCmd struct {
	system.Settings `embed:""`
	Most            int `default:"100" help:"So many at most."`
}

// Run lists the dead jobs. What they say holds nothing of persons.
func (c *jobsListCmd) Run(ctx context.Context, log *slog.Logger) error {
	if c.Most < 1 {
		return errors.New("--most is less than 1")
	}
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		list, err := x.Jobs.Dead(ctx, c.Most)
		for _, d := range list {
			fmt.Printf("%d  %s  %s  tries: %d  %s  %q\n", d.ID, d.At.UTC().Format(time.RFC3339), d.Kind, d.Tries, d.Args, d.Reason)
		}
		if err == nil && len(list) == 0 {
			fmt.Println("no job has given up")
		}
		return err
	})
}

type jobsRetryCmd struct {
	system.Settings `embed:""`
	IDs             []int64 `arg:"" optional:"" name:"id" help:"The jobs, by the numbers that okno jobs list shows."`
	Of              string  `help:"Every job of this kind, such as notification.deliver." placeholder:"KIND"`
	All             bool    `help:"Every job that has given up."`
}

// revivedMost is how many jobs one command lets run again; the next finds the others.
const revivedMost = 10_000

// Run lets them run again.
func (c *jobsRetryCmd) Run(ctx context.Context, log *slog.Logger) error {
	ways := 0
	for _, on := range []bool{len(c.IDs) > 0, c.Of != "", c.All} {
		if on {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("say which jobs: by their numbers, by --of=KIND or by --all")
	}
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		revived, err := c.retry(ctx, x.Jobs)
		fmt.Printf("%d jobs run again\n", revived)
		return err
	})
}

func (c *jobsRetryCmd) retry(ctx context.Context, queue *jobs.Client) (revived int, err error) {
	ids := c.IDs
	if len(ids) == 0 {
		list, err := queue.Dead(ctx, revivedMost)
		if err != nil {
			return 0, err
		}
		for _, d := range list {
			if c.All || d.Kind == c.Of {
				ids = append(ids, d.ID)
			}
		}
	}
	for _, id := range ids {
		switch e := queue.Revive(ctx, id); {
		case e == nil:
			revived++
		case errors.Is(e, jobs.ErrNotDead) && len(c.IDs) == 0: // another let it run at this moment
		default:
			err = errors.Join(err, e)
		}
	}
	return revived, err
}
