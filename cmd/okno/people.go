package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/system"
)

type peopleCmd struct {
	Import peopleImportCmd `cmd:"" help:"Bring in people of another portal, with the hashes of their passwords (docs/import.md)."`
}

type peopleImportCmd struct {
	system.Settings `embed:""`
	File            string `arg:"" help:"JSON lines, or CSV with a header." type:"existingfile"`
	DryRun          bool   `help:"Check every line and make nothing."`
	ContactsProved  bool   `help:"The other portal has proved that phones and e-mails are their owners': people sign in and recover by them."`
}

// Run brings in whoever can be, says of every other line what is wrong with it, and ends with an error when there was one.
func (c *peopleImportCmd) Run(ctx context.Context, log *slog.Logger) error {
	if !c.ContactsProved && !c.DryRun {
		return errors.New("whoever holds a phone or an e-mail of the file will be able to enter: say --contacts-proved if the other portal has proved them, or try with --dry-run")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	x, err := system.New(ctx, c.Settings, log)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	in := importing{bring: func(n registration.Newcomer) error { return x.Registration.Bring(ctx, n, c.DryRun) }, say: os.Stderr, seen: map[string]int{}}
	err = errors.Join(in.read(ctx, f), f.Close(), x.Close())
	verb := "brought in"
	if c.DryRun {
		verb = "would be brought in"
	}
	fmt.Printf("%d %s, %d have an account already, %d lines refused\n", in.made, verb, in.there, in.refused)
	if err == nil && in.refused > 0 {
		err = fmt.Errorf("%d lines were refused: mend them and read the file again, whoever was brought in is passed over", in.refused)
	}
	return err
}

// importing goes through a file of people.
type importing struct {
	bring                func(registration.Newcomer) error
	say                  io.Writer
	seen                 map[string]int // contacts of the file, and the lines they stand in
	made, there, refused int
}

// longestLine of JSON, in bytes.
const longestLine = 64 << 10

func (x *importing) read(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, longestLine)
	if mark, err := in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) { // of programs of offices
		in.Discard(3) //nolint:errcheck // it was seen
	}
	start, err := in.Peek(1)
	if err != nil {
		return fmt.Errorf("the file is empty: %w", err)
	}
	if start[0] == '{' {
		return x.lines(ctx, in)
	}
	return x.table(ctx, in)
}

func (x *importing) lines(ctx context.Context, in io.Reader) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, longestLine)
	for n := 1; s.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var p registration.Newcomer
		d := json.NewDecoder(bytes.NewReader(s.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&p); err != nil {
			x.refuse(n, plainJSON(err))
			continue
		}
		if err := x.one(n, p); err != nil {
			return err
		}
	}
	return s.Err()
}

// plainJSON says what is wrong with a line, and nothing of what stands in it.
func plainJSON(err error) string {
	var kind *json.UnmarshalTypeError
	switch name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case unknown:
		return "there is no field " + name + "; the fields are " + strings.Join(columns, ", ")
	case errors.As(err, &kind):
		return kind.Field + ": it must be text in quotes"
	}
	return "it is not an object of JSON on one line"
}

// columns are the fields of a person.
var columns = []string{"surname", "given_name", "phone", "email", "password_hash", "lang"}

func (x *importing) table(ctx context.Context, in io.Reader) error {
	r := csv.NewReader(in)
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	for _, h := range head {
		if !slices.Contains(columns, h) {
			return fmt.Errorf("line 1: there is no column %q; the columns are %s, separated by commas", h, strings.Join(columns, ", "))
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := r.FieldPos(0)
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			x.refuse(broken.StartLine, broken.Err.Error())
			continue
		}
		if err != nil {
			return err
		}
		of := map[string]string{}
		for i, h := range head {
			of[h] = row[i]
		}
		p := registration.Newcomer{Surname: of["surname"], GivenName: of["given_name"], Phone: of["phone"], Email: of["email"], Hash: of["password_hash"], Lang: i18n.Lang(of["lang"])}
		if err := x.one(line, p); err != nil {
			return err
		}
	}
}

// one brings in a person; its error ends the whole.
func (x *importing) one(line int, p registration.Newcomer) error {
	for _, c := range []string{p.Phone, p.Email} {
		if before := x.seen[c]; c != "" && before > 0 {
			x.refuse(line, fmt.Sprintf("its phone or e-mail stands in line %d, too: an account has its own", before))
			return nil
		}
	}
	err := x.bring(p)
	switch {
	case err == nil:
		x.made++
	case errors.Is(err, registration.ErrTaken):
		x.there++
	default:
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Fields) == 0 {
			return fmt.Errorf("line %d: %w", line, err)
		}
		for _, f := range refused.Fields {
			fmt.Fprintf(x.say, "line %d: %s: %s\n", line, f.Name, i18n.EN.T(f.Key, f.Args...))
		}
		x.refused++
		return nil
	}
	for _, c := range []string{p.Phone, p.Email} {
		if c != "" {
			x.seen[c] = line
		}
	}
	return nil
}

func (x *importing) refuse(line int, why string) {
	fmt.Fprintf(x.say, "line %d: %s\n", line, why)
	x.refused++
}
