package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"okno/internal/application"
	"okno/internal/system"
	"okno/internal/workday"
)

type calendarCmd struct {
	Check  calendarCheckCmd  `cmd:"" help:"Read files of years, and say what is wrong as file:line:column."`
	Put    calendarPutCmd    `cmd:"" help:"Put years of the production calendar in force on every running node."`
	Remove calendarRemoveCmd `cmd:"" help:"Take a year back to what is built in."`
	List   calendarListCmd   `cmd:"" help:"Print what was put, and until when days are known."`
}

// years reads the files; the error lists every mistake.
func years(paths []string) (all []workday.Year, err error) {
	from := map[int]string{}
	var wrong []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		list, err := workday.Parse(path, text)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		for _, y := range list {
			if first, twice := from[y.Year]; twice {
				wrong = append(wrong, fmt.Errorf("%s: year: %d is in %s, too; leave one", path, y.Year, first))
			}
			from[y.Year] = path
		}
		all = append(all, list...)
	}
	return all, errors.Join(wrong...)
}

type calendarCheckCmd struct {
	Paths []string `arg:"" name:"file" help:"Files of one year or several, YAML or JSON." type:"path"`
}

// Run prints what the years come to.
func (c *calendarCheckCmd) Run() error {
	list, err := years(c.Paths)
	if err != nil {
		return err
	}
	for _, y := range list {
		fmt.Printf("%d: %d working days, by %s\n", y.Year, y.WorkingDays(), y.Source)
	}
	return nil
}

type calendarPutCmd struct {
	system.Settings `embed:""`
	By              string   `help:"Who does it, for the history; the user of this machine when empty."`
	Paths           []string `arg:"" name:"file" help:"Files of one year or several, YAML or JSON; all are put or none." type:"path"`
}

// Run puts the years, and says what stays as it was counted.
func (c *calendarPutCmd) Run(ctx context.Context, log *slog.Logger) error {
	list, err := years(c.Paths)
	if err != nil {
		return err
	}
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		put, err := x.Workdays.Put(ctx, x.Actor(), x.DB, author(c.By), list...)
		if err != nil {
			return err
		}
		if len(put) == 0 {
			fmt.Println("in force already")
		}
		for _, y := range put {
			fmt.Printf("%d: %d working days, by %s: in force\n", y.Year, y.WorkingDays(), y.Source)
			n, err := application.DueWithin(ctx, x.DB, yearStart(y.Year), yearStart(y.Year+1))
			if err != nil {
				return err
			}
			if n > 0 {
				fmt.Printf("  %d open cases have a deadline in %d: they keep the day that people were told; what is counted from now on goes by the new calendar\n", n, y.Year)
			}
		}
		return nil
	})
}

func yearStart(n int) time.Time { return time.Date(n, time.January, 1, 0, 0, 0, 0, time.UTC) }

type calendarRemoveCmd struct {
	system.Settings `embed:""`
	By              string `help:"Who does it, for the history; the user of this machine when empty."`
	Year            int    `arg:"" help:"The year."`
}

// Run takes the year back.
func (c *calendarRemoveCmd) Run(ctx context.Context, log *slog.Logger) error {
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		if err := x.Workdays.TakeBack(ctx, x.Actor(), x.DB, author(c.By), c.Year); err != nil {
			return err
		}
		if _, known := x.Workdays.Year(c.Year); !known {
			fmt.Printf("%d: nothing is known of it now; its days are counted by the Labour Code alone\n", c.Year)
			return nil
		}
		fmt.Printf("%d: what is built in is in force again\n", c.Year)
		return nil
	})
}

type calendarListCmd struct {
	system.Settings `embed:""`
}

// Run prints the history of what was put, and until when days are known.
func (c *calendarListCmd) Run(ctx context.Context, log *slog.Logger) error {
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		if err := x.Workdays.Update(ctx, x.DB); err != nil {
			return err
		}
		all, err := workday.History(ctx, x.Actor(), x.DB)
		if err != nil {
			return err
		}
		for _, a := range all {
			what := a.Year.Source
			if a.Gone {
				what = "taken back"
			}
			fmt.Printf("%4d  %s  %-12s %d: %s\n", a.Serial, a.At.Format(time.RFC3339), a.By, a.Year.Year, what)
		}
		fmt.Println("known until", x.Workdays.Known(time.Now()).Format(time.DateOnly))
		return nil
	})
}
