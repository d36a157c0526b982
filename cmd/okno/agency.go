package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/system"
)

type agencyCmd struct {
	Token  agencyTokenCmd  `cmd:"" help:"Make a system of an agency, and print its token, once."`
	Rotate agencyRotateCmd `cmd:"" help:"Print another token of a system; the old one works beside it for a while."`
	List   agencyListCmd   `cmd:"" help:"List the systems with their tokens."`
	Revoke agencyRevokeCmd `cmd:"" help:"End a token at once."`
	Close  agencyCloseCmd  `cmd:"" help:"End a system with its tokens and its subscriptions."`
}

type agencyTokenCmd struct {
	system.Settings `embed:""`
	Unit            string   `help:"Code of the agency, as definitions of services have it." required:""`
	Called          string   `name:"system" help:"What the agency calls its system." required:""`
	Scopes          []string `help:"cases:read, cases:decide, files:read, webhooks." required:""`
	Days            int      `help:"How many days the token works; as many as the policy allows when 0."`
}

// Run makes the system and prints its token.
func (c *agencyTokenCmd) Run(ctx context.Context, log *slog.Logger) error {
	n := agent.New{Unit: c.Unit, Name: c.Called, Lifetime: time.Duration(c.Days) * 24 * time.Hour}
	for _, s := range c.Scopes {
		n.Scopes = append(n.Scopes, access.Scope(s))
	}
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		_, t, err := x.Agents.Register(ctx, access.SystemActor(), n)
		if err != nil {
			return err
		}
		return printToken(ctx, x, t)
	})
}

// printToken prints a new token; after that nobody can see it again.
func printToken(ctx context.Context, x *system.System, t agent.Issued) error {
	fmt.Printf("system: %s\ntoken_id: %s\nexpires: %s\ntoken: %s\n", t.AgentID, t.ID, t.ExpiresAt.Format(time.RFC3339), t.Secret)
	return x.Agents.Shown(ctx, t.ID)
}

func withSystem(ctx context.Context, s system.Settings, log *slog.Logger, do func(x *system.System) error) error {
	x, err := system.New(ctx, s, log)
	if err != nil {
		return err
	}
	return errors.Join(do(x), x.Close())
}

type agencyRotateCmd struct {
	system.Settings `embed:""`
	System          string `arg:"" help:"Id of the system, as okno agency list prints it."`
}

// Run prints another token.
func (c *agencyRotateCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		t, err := x.Agents.Rotate(ctx, access.SystemActor(), c.System)
		if err != nil {
			return err
		}
		return printToken(ctx, x, t)
	})
}

type agencyListCmd struct {
	system.Settings `embed:""`
}

// Run prints a line for each token.
func (c *agencyListCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error {
		list, err := x.Agents.List(ctx, access.SystemActor())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SYSTEM\tUNIT\tNAME\tSCOPES\tTOKEN\tEXPIRES\tUSED\tSTATE")
		for _, a := range list {
			var scopes []string
			for _, s := range a.Scopes {
				scopes = append(scopes, string(s))
			}
			for _, t := range a.Tokens {
				state, used := "ended", "never"
				if t.Stands(x.DB.Now()) {
					state = "works"
				}
				if !t.UsedAt.IsZero() {
					used = t.UsedAt.Format(time.RFC3339)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.Unit, a.Name, strings.Join(scopes, ","), t.ID, t.ExpiresAt.Format(time.RFC3339), used, state)
			}
		}
		return w.Flush()
	})
}

type agencyRevokeCmd struct {
	system.Settings `embed:""`
	Token           string `arg:"" help:"Id of the token, as okno agency list prints it; not the token itself."`
}

// Run ends the token.
func (c *agencyRevokeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error { return x.Agents.Revoke(ctx, access.SystemActor(), c.Token) })
}

type agencyCloseCmd struct {
	system.Settings `embed:""`
	System          string `arg:"" help:"Id of the system, as okno agency list prints it."`
}

// Run ends the system.
func (c *agencyCloseCmd) Run(ctx context.Context, log *slog.Logger) error {
	return withSystem(ctx, c.Settings, log, func(x *system.System) error { return x.Agents.Close(ctx, access.SystemActor(), c.System) })
}
