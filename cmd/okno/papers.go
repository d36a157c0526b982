package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"okno/internal/stamp"
	"okno/internal/system"
)

type keysPapersCmd struct {
	Make    papersMakeCmd    `cmd:"" help:"Make the first key in the file that papers-key names, and put it in force."`
	Status  papersStatusCmd  `cmd:"" help:"Say which keys there are."`
	Stage   papersStageCmd   `cmd:"" help:"Make the next key and publish it; it signs nothing yet."`
	Rotate  papersRotateCmd  `cmd:"" help:"Put the next key in force and destroy the private half of the old one."`
	Revoke  papersRevokeCmd  `cmd:"" help:"Say that nothing a key signed is to be believed off line any more."`
	Request papersRequestCmd `cmd:"" help:"Print a request for a certificate of the next key, or of the one in force, for an authority."`
	Certify papersCertifyCmd `cmd:"" help:"Give a key the certificates that an authority issued for it."`
	List    papersListCmd    `cmd:"" help:"Print the list of keys as it is published: okno document verify takes it."`
}

// papers opens the portal and lets the verb work on the keys of its papers.
func papers(ctx context.Context, s system.Settings, log *slog.Logger, verb func(p *stamp.Service) error) error {
	x, err := system.New(ctx, s, log)
	if err != nil {
		return err
	}
	return errors.Join(verb(x.Stamp), x.Close())
}

type papersMakeCmd struct {
	system.Settings `embed:""`
}

// Run makes the key; it never overwrites one. The portal is opened without it, as it does not start with a file that is not there.
func (c *papersMakeCmd) Run(ctx context.Context, log *slog.Logger) error {
	path := c.PapersKey
	if path == "" {
		return errors.New("name the file: --papers-key or OKNO_PAPERS_KEY")
	}
	s := c.Settings
	s.PapersKey = ""
	return papers(ctx, s, log, func(p *stamp.Service) error {
		p.Path = path
		k, err := p.Make(ctx)
		if err == nil {
			fmt.Printf("OKNO_PAPERS_KEY=%s\nkey %s is in force\n", path, k.ID)
		}
		return err
	})
}

type papersStageCmd struct {
	system.Settings `embed:""`
}

// Run makes the next key.
func (c *papersStageCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		k, err := p.Stage(ctx)
		if err == nil {
			fmt.Printf("key %s is published; okno keys papers rotate puts it in force\n", k.ID)
		}
		return err
	})
}

type papersRotateCmd struct {
	system.Settings `embed:""`
	Settle          time.Duration `help:"For how long nodes that do not have the new file yet may sign with the old key." default:"1h"`
}

// Run puts the next key in force.
func (c *papersRotateCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		k, err := p.Rotate(ctx, c.Settle)
		if err == nil {
			fmt.Printf("key %s is in force; give every node its file within %s\n", k.ID, c.Settle)
		}
		return err
	})
}

type papersRevokeCmd struct {
	system.Settings `embed:""`
	Key             string `arg:"" help:"Name of the key."`
	Reason          string `help:"leaked or withdrawn." required:"" enum:"leaked,withdrawn"`
}

// Run revokes the key.
func (c *papersRevokeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error { return p.Revoke(ctx, c.Key, stamp.Reason(c.Reason)) })
}

type papersRequestCmd struct {
	system.Settings `embed:""`
}

// Run prints the request.
func (c *papersRequestCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		text, err := p.Request()
		fmt.Printf("%s", text)
		return err
	})
}

type papersCertifyCmd struct {
	system.Settings `embed:""`
	File            string `arg:"" help:"Certificates in PEM: that of the key, then each that signed the one before it." type:"existingfile"`
}

// Run takes the certificates.
func (c *papersCertifyCmd) Run(ctx context.Context, log *slog.Logger) error {
	chain, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		k, err := p.Certify(ctx, chain)
		if err == nil {
			fmt.Printf("key %s is certified\n", k.ID)
		}
		return err
	})
}

type papersListCmd struct {
	system.Settings `embed:""`
}

// Run prints the list.
func (c *papersListCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		l, err := p.List(ctx)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(l)
	})
}

type papersStatusCmd struct {
	system.Settings `embed:""`
}

// Run prints the keys.
func (c *papersStatusCmd) Run(ctx context.Context, log *slog.Logger) error {
	return papers(ctx, c.Settings, log, func(p *stamp.Service) error {
		l, err := p.List(ctx)
		if err != nil {
			return err
		}
		for _, e := range l.Keys {
			fmt.Printf("%s  %s\n", e.ID, standing(e))
		}
		return nil
	})
}

// standing is what a key does, in words.
func standing(e stamp.Entry) string {
	day := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case !e.RevokedAt.IsZero():
		return "revoked " + day(e.RevokedAt) + ", " + string(e.Reason)
	case e.Since.IsZero():
		return "next, signs nothing yet"
	case !e.Until.IsZero():
		return "from " + day(e.Since) + " until " + day(e.Until)
	}
	return "in force since " + day(e.Since)
}

type documentCmd struct {
	Verify documentVerifyCmd `cmd:"" help:"Say whether a paper is what the portal issued. It asks nobody: the list of keys is a file."`
}

type documentVerifyCmd struct {
	Keys string `help:"List of keys, as the portal publishes it at /.well-known/document-keys.json." required:"" type:"existingfile"`
	File string `arg:"" help:"PDF, or a text file with what the QR code says; - is standard input." type:"path"`
}

// mostFile is the largest file that is read.
const mostFile = 64 << 20

// Run prints what the paper is, and fails unless it is genuine.
func (c *documentVerifyCmd) Run() error {
	text, err := os.ReadFile(c.Keys)
	if err != nil {
		return err
	}
	l, err := stamp.ParseList(text)
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // it was read only
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, mostFile+1))
	if err != nil {
		return err
	}
	if len(data) > mostFile {
		return errors.New("the file is too large for a paper")
	}
	if len(data) <= stamp.MostCode && !strings.HasPrefix(string(data), "%PDF") {
		return sayCode(string(data), l)
	}
	return sayFile(stamp.Verify(data, l))
}

func sayFile(v stamp.Verdict) error {
	fmt.Printf("state: %s\nlist of keys: %s\n", v.State, v.AsOf.UTC().Format(time.RFC3339))
	if v.Key.ID != "" {
		fmt.Printf("signed by: %s, key %s (%s)\nsigned at: %s\n", v.Key.Signer(), v.Key.ID, standing(v.Key), v.SignedAt.UTC().Format(time.RFC3339))
	}
	if len(v.Pages) > 0 {
		fmt.Printf("changed pages: %v\n", v.Pages)
	}
	if v.Rest {
		fmt.Println("changed beside pages: their order, typefaces or what the file says of itself")
	}
	if v.Behind > 0 {
		fmt.Printf("appended: %d bytes\n", v.Behind)
	}
	if v.Link != "" {
		fmt.Printf("ask whether it still counts: %s\n", v.Link)
	}
	if !v.Genuine() {
		return fmt.Errorf("the file is not what the portal issued: %s", v.State)
	}
	return nil
}

func sayCode(text string, l stamp.List) error {
	p, e, err := stamp.Read(text, l)
	fmt.Printf("list of keys: %s\n", l.AsOf.UTC().Format(time.RFC3339))
	if p.Number != "" {
		fmt.Printf("signed by: %s, key %s (%s)\n%s\nnumber: %s\nissued: %s\nby: %s\nto: %s\n", e.Signer(), e.ID, standing(e), p.Title, p.Number,
			p.IssuedAt.UTC().Format(time.RFC3339), p.Agency, p.Holder)
		for _, f := range p.Facts {
			fmt.Printf("%s: %s\n", f.Label, f.Value)
		}
		if p.More > 0 {
			fmt.Printf("and %d more, which found no room in the code\n", p.More)
		}
	}
	if err != nil {
		return fmt.Errorf("the code is not to be believed: %w", err)
	}
	return nil
}
