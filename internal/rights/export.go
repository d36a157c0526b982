package rights

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/limit"
	"okno/internal/store"
)

// Format is the name and the version of data.json; docs/export.md says what stands in it.
const Format = "okno-export/1"

// Copy is everything that is held of a person, as of one moment.
type Copy struct {
	Account  string
	At       time.Time
	Lang     i18n.Lang
	Sections []Section
	Files    []files.Held

	service *Service
}

// Section is what one table holds of the person, each row as JSON.
type Section struct {
	Table string
	Rows  []json.RawMessage
}

// Allow lets whoever asks take a copy away, for some minutes and in this session: the password is asked for, the record has it, and
// the person is told by every channel. It returns the copy's id.
func (s *Service) Allow(ctx context.Context, who access.Actor, password string) (string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return "", err
	}
	if err := s.Prover.ProveAgain(ctx, who, password); err != nil {
		return "", err
	}
	exportID := id.New()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := alert.Allowed(ctx, tx, who.ID); err != nil {
			return err
		}
		v, err := limit.Take(ctx, tx, s.Policy.Rights.Exports.Rule("rights.exports"), "rights.exports:"+who.ID)
		if err != nil {
			return err
		}
		if !v.Allowed {
			return ErrMany.At(v.Until)
		}
		if err := tx.Do(ctx, `INSERT INTO data_export (id, account_id, session_id, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			exportID, who.ID, who.SessionID, tx.Now(), tx.Now().Add(s.Policy.Rights.ExportLifetime)); err != nil {
			return fmt.Errorf("allow a copy to %s: %w", who.ID, err)
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "rights.exported", Actor: who, Subject: who.ID, Object: "export/" + exportID}); err != nil {
			return err
		}
		return s.Notices.Tell(ctx, tx, who.ID, s.exported())
	})
	return exportID, err
}

// Allowed is until when the copy may be taken away by whoever asks; ErrGone when it may not.
func (s *Service) Allowed(ctx context.Context, who access.Actor, exportID string) (time.Time, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return time.Time{}, err
	}
	var until time.Time
	err := store.One(s.DB.QueryRow(ctx, `SELECT expires_at FROM data_export WHERE id = $1 AND account_id = $2 AND session_id = $3 AND expires_at > $4`,
		exportID, who.ID, who.SessionID, s.DB.Now()).Scan(store.Time(&until)))
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, ErrGone
	}
	return until, err
}

// Export reads everything that is held of whoever asks, in the language of the context, if a copy was allowed.
func (s *Service) Export(ctx context.Context, who access.Actor, exportID string) (*Copy, error) {
	if _, err := s.Allowed(ctx, who, exportID); err != nil {
		return nil, err
	}
	return s.Everything(ctx, who.ID)
}

// Everything is Export without a question: for what has decided that already.
func (s *Service) Everything(ctx context.Context, accountID string) (*Copy, error) {
	c := &Copy{Account: accountID, Lang: i18n.From(ctx), service: s}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c.At, c.Sections = tx.Now(), nil
		for _, h := range slices.Concat(s.Holders, []Holder{own{}}) {
			if err := h.Export(ctx, tx, accountID, c.take); err != nil {
				return err
			}
		}
		var err error
		c.Files, err = s.Files.Of(ctx, tx, accountID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("copy for %s: %w", accountID, err)
	}
	return c, nil
}

// take keeps one row. Rows of a table come one after the other.
func (c *Copy) take(table string, row any) error {
	text, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("a row of %s: %w", table, err)
	}
	if n := len(c.Sections); n == 0 || c.Sections[n-1].Table != table {
		c.Sections = append(c.Sections, Section{Table: table})
	}
	last := &c.Sections[len(c.Sections)-1]
	last.Rows = append(last.Rows, text)
	return nil
}

// Write writes the copy as a ZIP. Only one file is in memory at a time; those that cannot be opened any more are named in the copy
// and told of in the log, and do not keep the rest back.
func (c *Copy) Write(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name  string
		write func(io.Writer) error
	}{{"index.html", c.page}, {"data.json", c.data}} {
		e, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: c.At})
		if err != nil {
			return err
		}
		b := bufio.NewWriterSize(e, 64<<10)
		if err := errors.Join(part.write(b), b.Flush()); err != nil {
			return fmt.Errorf("write %s: %w", part.name, err)
		}
	}
	for _, f := range c.Files {
		if err := c.file(ctx, z, f); err != nil {
			return err
		}
	}
	return z.Close()
}

func (c *Copy) file(ctx context.Context, z *zip.Writer, f files.Held) error {
	data, err := c.service.Files.Read(ctx, f)
	name := f.Path
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.service.Log.ErrorContext(ctx, "a file is missing from a copy", "file", f.ID, "error", err)
		name, data = f.Path+".txt", []byte(c.Lang.T("rights.file_lost")+"\n")
	}
	e, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: f.CreatedAt}) // pictures and PDFs are packed already
	if err != nil {
		return err
	}
	_, err = e.Write(data)
	return err
}

// data writes data.json: one object, its rows one a line.
func (c *Copy) data(w io.Writer) error {
	head, err := json.Marshal(map[string]any{"format": Format, "made_at": c.At, "account": c.Account, "lang": c.Lang})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s,\n\"data\": {", head[:len(head)-1]); err != nil {
		return err
	}
	for i, s := range c.Sections {
		if i > 0 {
			io.WriteString(w, ",") //nolint:errcheck // the writer keeps its error
		}
		fmt.Fprintf(w, "\n%q: [", s.Table) //nolint:errcheck // likewise
		for j, row := range s.Rows {
			if j > 0 {
				io.WriteString(w, ",") //nolint:errcheck // likewise
			}
			io.WriteString(w, "\n") //nolint:errcheck // likewise
			w.Write(row)            //nolint:errcheck // likewise
		}
		io.WriteString(w, "\n]") //nolint:errcheck // likewise
	}
	_, err = io.WriteString(w, "\n}\n}\n")
	return err
}
