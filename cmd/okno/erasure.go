package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"okno/internal/id"
	"okno/internal/system"
)

type erasureCmd struct {
	List  erasureListCmd  `cmd:"" help:"Print the ids of the accounts that were erased, the first one first. Keep the list apart from backups."`
	Apply erasureApplyCmd `cmd:"" help:"Erase the accounts of a list at once: after an older backup was restored."`
}

type erasureListCmd struct {
	system.Settings `embed:""`
}

// Run prints one id a line.
func (c *erasureListCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	gone, err := x.Rights.Erased(ctx)
	for _, accountID := range gone {
		fmt.Println(accountID)
	}
	return errors.Join(err, x.Close())
}

type erasureApplyCmd struct {
	system.Settings `embed:""`
	File            string `arg:"" help:"What okno erasure list printed." type:"existingfile"`
}

// Run erases whoever is in the list and in the database.
func (c *erasureApplyCmd) Run(ctx context.Context, log *slog.Logger) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	accounts, err := identifiers(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	n, err := x.Rights.Again(ctx, accounts)
	fmt.Printf("%d in the list, %d erased again; the others were erased already or are not in this database\n", len(accounts), n)
	return errors.Join(err, x.Close())
}

// identifiers reads one a line. A line that is none stops it: half a list would leave people unerased without a word.
func identifiers(r io.Reader) ([]string, error) {
	var out []string
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "":
		case !id.Valid(line):
			return nil, fmt.Errorf("line %d is not an id", n)
		default:
			out = append(out, line)
		}
	}
	return out, lines.Err()
}
