package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"okno/internal/access"
	"okno/internal/system"
)

type staffLimitCmd struct {
	system.Settings `embed:""`
	Login           string   `arg:"" help:"Login of the employee."`
	LimitTo         services `help:"Codes of the services; what they were limited to before counts no more." placeholder:"CODE,CODE" xor:"services" required:""`
	All             bool     `help:"Lift the limit: the employee sees the cases of all services of the agency." xor:"services" required:""`
}

// services are codes of services, with commas between. Of a flag that names none, as of a variable that is empty, nobody is left or made
// without a limit.
type services []string

// Decode reads the flag.
func (s *services) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("codes of services", &text); err != nil {
		return err
	}
	if text == "" {
		return errors.New("it names no service")
	}
	*s = append(*s, strings.Split(text, ",")...)
	return nil
}

// Run limits the employee, or lifts the limit. It holds from their next request on.
func (c *staffLimitCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		return ofEmployee(c.Login, x.LimitStaff(ctx, c.Login, c.LimitTo))
	})
}

type staffListCmd struct {
	system.Settings `embed:""`
	Unit            string `help:"Code of an agency or a centre: only its employees."`
}

// Run prints a line for each employee.
func (c *staffListCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		list, err := x.Staff.All(ctx, access.SystemActor(), c.Unit)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LOGIN\tNAME\tROLE\tUNIT\tLIMITED TO")
		for _, e := range list {
			unit, services := "-", "-"
			if e.Unit != "" {
				unit = e.Unit
			}
			if e.Services != "" {
				services = strings.ReplaceAll(e.Services, " ", ",") // as --limit-to takes it
			}
			fmt.Fprintf(w, "%s\t%q\t%s\t%s\t%s\n", e.Login, e.Name, e.Role, unit, services)
		}
		return w.Flush()
	})
}
