package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"okno/internal/access"
	"okno/internal/staff"
	"okno/internal/system"
)

type staffCmd struct {
	Add     staffAddCmd     `cmd:"" help:"Make an employee; the password is read from standard input."`
	List    staffListCmd    `cmd:"" help:"List the employees on duty, and to which services each is limited."`
	Limit   staffLimitCmd   `cmd:"" help:"Limit an employee of an agency's desk to cases of some of its services, or let them see all."`
	Reset   staffResetCmd   `cmd:"" help:"Give an employee another password, read from standard input, and another secret for the app, and end the employee's sessions."`
	Dismiss staffDismissCmd `cmd:"" help:"Take an employee off duty."`

	Keys      staffKeysCmd      `cmd:"" help:"List the passkeys of an employee."`
	RemoveKey staffRemoveKeyCmd `cmd:"" help:"Take a passkey of an employee away, as of a lost device, and end the employee's sessions."`
}

type staffAddCmd struct {
	system.Settings `embed:""`
	Login           string `help:"Login: Latin letters, digits, point, hyphen." required:""`
	FullName        string `help:"Name as the desk shows it." required:""`
	Role            string `help:"officer, head (of an agency's desk), centre, reception, support or admin." required:"" enum:"officer,head,centre,reception,support,admin"`
	Unit            string `help:"Code of the agency or of the centre."`

	LimitTo services `help:"Codes of the services to whose cases the employee is limited; all of the agency's without it." placeholder:"CODE,CODE"`
}

// Run makes the employee and prints the secret of the authenticator app, once.
func (c *staffAddCmd) Run(ctx context.Context, log *slog.Logger) error {
	password, err := readPassword()
	if err != nil {
		return err
	}
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	secret, err := x.AddStaff(ctx, staff.New{Login: c.Login, Name: c.FullName, Role: access.Role(c.Role), Unit: c.Unit, Services: c.LimitTo}, password)
	if err == nil {
		fmt.Printf("login: %s\ntotp_secret: %s\n", c.Login, secret)
	}
	return errors.Join(err, x.Close())
}

// readPassword reads a password from standard input.
func readPassword() (string, error) {
	fmt.Fprint(os.Stderr, "Password: ")
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	password = strings.TrimRight(password, "\r\n")
	if password == "" {
		return "", fmt.Errorf("no password on standard input: %w", err)
	}
	return password, nil
}

type staffResetCmd struct {
	system.Settings `embed:""`
	Login           string `arg:"" help:"Login of the employee."`
}

// Run resets both and prints the secret of the authenticator app, once.
func (c *staffResetCmd) Run(ctx context.Context, log *slog.Logger) error {
	password, err := readPassword()
	if err != nil {
		return err
	}
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		secret, err := x.ResetStaff(ctx, c.Login, password)
		if err == nil {
			fmt.Printf("login: %s\ntotp_secret: %s\n", c.Login, secret)
		}
		return ofEmployee(c.Login, err)
	})
}

type staffDismissCmd struct {
	system.Settings `embed:""`
	Login           string `arg:"" help:"Login of the employee."`
}

// Run takes the employee off duty.
func (c *staffDismissCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	return errors.Join(x.Staff.Dismiss(ctx, access.SystemActor(), c.Login), x.Close())
}
