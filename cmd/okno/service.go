package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/system"
)

type serviceCmd struct {
	Check     serviceCheckCmd     `cmd:"" help:"Compile definition files, run the tests in them, and say what is wrong as file:line:column."`
	Test      serviceTestCmd      `cmd:"" help:"Run the tests in definition files, and print each with its result."`
	Diff      serviceDiffCmd      `cmd:"" help:"Say what a new version changes for people: text, compatible, migration or breaking."`
	Notices   serviceNoticesCmd   `cmd:"" help:"Print what a service tells people, as it arrives over each channel."`
	Publish   servicePublishCmd   `cmd:"" help:"Put definitions in force on every running node."`
	Unpublish serviceUnpublishCmd `cmd:"" help:"Take a service back to what the files have of it."`
	Revert    serviceRevertCmd    `cmd:"" help:"Put an earlier version of a service in force again."`
	History   serviceHistoryCmd   `cmd:"" help:"Print what was published of a service, the latest first."`
	Migrate   serviceMigrateCmd   `cmd:"" help:"Take open cases of earlier versions along to the one in force."`
}

// The exit codes of what service commands say, beside 0 for good and 1 for what could not be done.
const (
	exitMigration = 2 // open cases are of an earlier version, or stay there
	exitBreaking  = 3 // something that was right before is not any more
)

type serviceCheckCmd struct {
	Paths []string `arg:"" name:"file" help:"Definition files, or folders of them." type:"path"`
}

// Run compiles each file; what is wrong is told with file, line and column.
func (c *serviceCheckCmd) Run() error {
	sources, err := system.Sources(c.Paths...)
	if err != nil {
		return err
	}
	list, err := catalogue.Load()
	if err != nil {
		return err
	}
	list.Fits = system.Printable
	defs, err := list.Check(sources...)
	bad := 0
	for i, def := range defs {
		if def == nil {
			bad++
			continue
		}
		fmt.Printf("%s: %s, version %.12s\n", sources[i].File, def.Code, def.Version)
	}
	switch {
	case err == nil:
		return nil
	case bad == 0:
		fmt.Println(err)
		return errors.New("the definitions compile, but do not fit together")
	}
	fmt.Println(err)
	return fmt.Errorf("%d of %d definitions cannot be published", bad, len(defs))
}

type serviceTestCmd struct {
	Paths []string `arg:"" name:"file" help:"Definition files, or folders of them." type:"path"`
}

// Run prints every test; a file that does not compile has none that ran.
func (c *serviceTestCmd) Run() error {
	sources, err := system.Sources(c.Paths...)
	if err != nil {
		return err
	}
	failed := 0
	for _, s := range sources {
		_, tests, err := procedure.Tests(s.File, s.Content)
		for _, t := range tests {
			if t.Passed() {
				fmt.Printf("ok    %s:%d %s\n", s.File, t.Line, t.Name)
				continue
			}
			fmt.Printf("WRONG %s:%d %s\n", s.File, t.Line, t.Name)
		}
		if err != nil {
			failed++
			fmt.Println(err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d definitions are not as their tests want them", failed, len(sources))
	}
	return nil
}

type serviceDiffCmd struct {
	system.Settings `embed:""`
	Old             string `arg:"" help:"A file, the CODE of a service for what is in force, or CODE@VERSION."`
	New             string `arg:"" help:"Likewise."`
}

// Run prints what is different. Its exit code is that of the gravest difference.
func (c *serviceDiffCmd) Run(ctx context.Context, log *slog.Logger) error {
	prev, err := named(ctx, c.Settings, log, c.Old)
	if err != nil {
		return err
	}
	next, err := named(ctx, c.Settings, log, c.New)
	if err != nil {
		return err
	}
	if prev.Code != next.Code {
		return fmt.Errorf("%s and %s are two services; a diff is of one", prev.Code, next.Code)
	}
	changes := procedure.Diff(prev, next)
	return tell(changes)
}

// tell prints the changes and says by its error what they come to.
func tell(changes []procedure.Change) error {
	for _, c := range changes {
		fmt.Println(c)
	}
	switch procedure.Worst(changes) {
	case procedure.Breaking:
		return ended{errors.New("something that was right before is not any more: publishing it needs --breaking=REASON"), exitBreaking}
	case procedure.Migration:
		return ended{errors.New("open cases can be taken along: okno service migrate"), exitMigration}
	case procedure.Wording, procedure.Compatible:
	}
	return nil
}

// named is the definition that is meant: a file where there is one, else one of the portal's.
func named(ctx context.Context, s system.Settings, log *slog.Logger, what string) (*procedure.Definition, error) {
	if info, err := os.Stat(what); err == nil && !info.IsDir() {
		src, err := os.ReadFile(what)
		if err != nil {
			return nil, err
		}
		return procedure.Compile(what, src)
	}
	code, version, _ := strings.Cut(what, "@")
	var def *procedure.Definition
	err := library(ctx, s, log, func(x *system.Library) (err error) {
		def, err = x.Definition(ctx, code, version)
		return err
	})
	return def, err
}

type serviceNoticesCmd struct {
	system.Settings `embed:""`
	Service         string `arg:"" help:"A file, the CODE of a service for what is in force, or CODE@VERSION."`
}

// Run prints every notice of the definition in both languages, made by what sends them, about a case that is not there.
func (c *serviceNoticesCmd) Run(ctx context.Context, log *slog.Logger) error {
	def, err := named(ctx, c.Settings, log, c.Service)
	if err != nil {
		return err
	}
	h, err := c.Letterhead()
	if err != nil {
		return err
	}
	most, err := c.SMSParts()
	if err != nil {
		return err
	}
	fmt.Printf("%s, version %.12s\n", def.Code, def.Version)
	for _, s := range application.Samples(h, def) {
		for _, l := range i18n.Langs() {
			m := s.Lang(l)
			fmt.Printf("\n== %s, %s\n", s.Kind, l)
			fmt.Printf("inbox    %s\n%s\n", m.Inbox.Subject, indented(m.Inbox.Text))
			if m.Letter.Subject != "" { // what the definition does not name does not go out
				fmt.Printf("letter   %s\n%s\n", m.Letter.Subject, indented(m.Letter.Text))
			}
			if m.SMS != "" {
				fmt.Printf("sms      %s\n%s\n", size(m.SMS, most), indented(m.SMS))
			}
			if m.Push.Title != "" {
				fmt.Printf("push     %s\n%s\n", m.Push.Title, indented(m.Push.Body))
			}
		}
	}
	return nil
}

// size says how long a text is, and whether it is too long.
func size(sms string, most int) string {
	parts, wide := notification.Cut(sms)
	alphabet, long := "GSM-7", ""
	if wide {
		alphabet = "UCS-2"
	}
	if len(parts) > most {
		long = ", LONG"
	}
	return fmt.Sprintf("%d characters, %s, parts: %d%s", notification.Units(sms), alphabet, len(parts), long)
}

func indented(text string) string {
	return "         " + strings.ReplaceAll(text, "\n", "\n         ")
}

// library lets do work with the services of the settings.
func library(ctx context.Context, s system.Settings, log *slog.Logger, do func(x *system.Library) error) error {
	x, err := system.OpenLibrary(ctx, s, log)
	if err != nil {
		return err
	}
	return errors.Join(do(x), x.Close())
}

// reasons are what goes with every publication.
type reasons struct {
	Note     string `help:"What changes and why, for the history."`
	Breaking string `help:"Why it must be, although something that was right before is not any more."`
	By       string `help:"Who does it, for the history; the user of this machine when empty."`
}

func (r reasons) why() catalogue.Why {
	return catalogue.Why{Note: r.Note, Breaking: r.Breaking, By: author(r.By)}
}

// author is who does something on the command line: whom they name, else the user of this machine.
func author(by string) string {
	if u, err := user.Current(); err == nil {
		by = cmp.Or(by, u.Username)
	}
	return by
}

type servicePublishCmd struct {
	system.Settings `embed:""`
	reasons         `embed:""`
	Paths           []string `arg:"" name:"file" help:"Definition files, or folders of them; all are published or none." type:"path"`
}

// Run publishes and says what changed.
func (c *servicePublishCmd) Run(ctx context.Context, log *slog.Logger) error {
	sources, err := system.Sources(c.Paths...)
	if err != nil {
		return err
	}
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		out, err := x.Catalogue.Publish(ctx, x.Actor(), x.DB, c.why(), sources...)
		return report(out, err)
	})
}

type serviceRevertCmd struct {
	system.Settings `embed:""`
	reasons         `embed:""`
	Code            string `arg:"" help:"Code of the service."`
	Version         string `arg:"" help:"The version as okno service history prints it, or its beginning."`
}

// Run publishes an earlier version once more.
func (c *serviceRevertCmd) Run(ctx context.Context, log *slog.Logger) error {
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		out, err := x.Catalogue.GoBack(ctx, x.Actor(), x.DB, c.why(), c.Code, c.Version)
		return report(out, err)
	})
}

// report prints what a publication changed, also when it was refused for it.
func report(out []catalogue.Outcome, err error) error {
	refused := errors.Is(err, catalogue.ErrBreaking)
	if err != nil && !refused {
		return err
	}
	for _, o := range out {
		what := "published"
		switch {
		case o.Same:
			what = "in force already"
		case refused:
			what = "left as it is"
		case o.Gone:
			what = "taken back; there is no such service any more"
		}
		fmt.Printf("%s, version %.12s: %s\n", o.Service, cmp.Or(o.Version, "none"), what)
		for _, c := range o.Changes {
			fmt.Println("  " + c.String())
		}
		if !refused && len(o.Changes) > 0 && !o.Same {
			fmt.Printf("  open cases stay on their version; okno service migrate %s --dry-run says which could come along\n", o.Service)
		}
	}
	if refused {
		return ended{err, exitBreaking}
	}
	return nil
}

type serviceUnpublishCmd struct {
	system.Settings `embed:""`
	reasons         `embed:""`
	Code            string `arg:"" help:"Code of the service."`
}

// Run takes the service back to what the files have.
func (c *serviceUnpublishCmd) Run(ctx context.Context, log *slog.Logger) error {
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		out, err := x.Catalogue.Unpublish(ctx, x.Actor(), x.DB, c.why(), c.Code)
		return report([]catalogue.Outcome{out}, err)
	})
}

type serviceHistoryCmd struct {
	system.Settings `embed:""`
	Code            string `arg:"" help:"Code of the service."`
}

// Run prints the publications.
func (c *serviceHistoryCmd) Run(ctx context.Context, log *slog.Logger) error {
	return library(ctx, c.Settings, log, func(x *system.Library) error {
		acts, err := x.Catalogue.History(ctx, x.Actor(), x.DB, c.Code)
		if err != nil {
			return err
		}
		for _, p := range acts {
			fmt.Printf("%s  %-12.12s  %-10s  %s  %s\n", p.At.UTC().Format(time.RFC3339), cmp.Or(p.Version, "taken back"), cmp.Or(string(p.Class), "new"), p.By, p.Note)
		}
		now, err := x.Definition(ctx, c.Code, "")
		if errors.Is(err, catalogue.ErrUnknown) && len(acts) > 0 {
			fmt.Println("in force: none")
			return nil
		}
		if err == nil {
			fmt.Printf("in force: %s\n", now.Version)
		}
		return err
	})
}

type serviceMigrateCmd struct {
	system.Settings `embed:""`
	Code            string `arg:"" help:"Code of the service."`
	From            string `help:"Only cases of this version (its beginning is enough)."`
	DryRun          bool   `help:"Say which cases would go and which would not, and change nothing."`
}

// Run takes the cases along, and prints why one cannot go. The exit code says whether some stay.
func (c *serviceMigrateCmd) Run(ctx context.Context, log *slog.Logger) error {
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return err
	}
	sum, err := x.Carry(ctx, c.Code, c.From, c.DryRun, func(one application.Carried) {
		for _, why := range one.Why {
			fmt.Printf("%s stays on %.12s: %s\n", one.Number, one.From, why)
		}
	})
	if sum.To != "" {
		for _, version := range slices.Sorted(maps.Keys(sum.From)) {
			fmt.Printf("%d open on %.12s\n", sum.From[version], version)
		}
		went := "went"
		if c.DryRun {
			went = "would go"
		}
		fmt.Printf("%d %s to %.12s (%d of their applicants see a difference and are told), %d cannot go, %d moved meanwhile\n", sum.Went, went, sum.To, sum.Told, sum.Stay, sum.Moved)
	}
	if err == nil && sum.Stay > 0 {
		err = ended{fmt.Errorf("%d cases stay on their version", sum.Stay), exitMigration}
	}
	return errors.Join(err, x.Close())
}
