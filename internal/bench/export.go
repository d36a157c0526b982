package bench

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/rights"
	"okno/internal/store"
	"okno/internal/system"
)

// casesOfOne is how many cases the person has whose copy is made.
const casesOfOne = 1000

// exports measures the copy of everything that is held of one person with very many cases, each with a paper, from the first
// statement to the last byte of the archive.
func (b *bench) exports(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // as above
	who, err := b.busy(ctx, x)
	if err != nil {
		return err
	}
	var took, busy []time.Duration // by the wall, and of CPU: beside other work the wall says more of that
	var out bytes.Buffer
	var c *rights.Copy
	for range 5 {
		out.Reset()
		began, cpu := time.Now(), myCPU()
		if c, err = x.Rights.Everything(i18n.With(ctx, i18n.RU), who.ID); err != nil {
			return err
		}
		if err := c.Write(ctx, &out); err != nil {
			return err
		}
		took, busy = append(took, time.Since(began)), append(busy, myCPU()-cpu)
	}
	if err := whole(c, out.Bytes()); err != nil {
		return err
	}
	goal, met := atMost(median(took).Seconds(), 1)
	b.add(fmt.Sprintf("copy of a person with %d cases and as many papers", casesOfOne), e, fmt.Sprintf("%.2f s", median(took).Seconds()), goal+" s", met, "%.1f MB, %.2f s of CPU, the slowest of 5 took %.2f s",
		float64(out.Len())/1e6, median(busy).Seconds(), slices.Max(took).Seconds())
	return nil
}

// whole refuses to measure a copy that lacks something.
func whole(c *rights.Copy, archive []byte) error {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	for _, s := range c.Sections {
		if s.Table == "application" && len(s.Rows) == casesOfOne && len(z.File) == 2+casesOfOne {
			return nil
		}
	}
	return errors.New("bench: the copy does not hold every case and every paper")
}

// busy makes a person with very many cases, by the verbs that the pages call.
func (b *bench) busy(ctx context.Context, x *system.System) (access.Actor, error) {
	x.Policy.Cases.SubmitsPerDay.Max = casesOfOne
	all, err := people(ctx, x, 1, x.Hasher.Dummy(), access.Confirmed)
	if err != nil {
		return access.Actor{}, err
	}
	who := access.Actor{Kind: access.Person, ID: all[0].account, Level: access.Confirmed}
	year := strconv.Itoa(x.DB.Now().Year() - 1)
	for n := range casesOfOne {
		if err := b.file(ctx, x, who, year); err != nil {
			return who, fmt.Errorf("case %d: %w", n, err)
		}
	}
	return who, nil
}

// file files one application and issues a paper for it.
func (b *bench) file(ctx context.Context, x *system.System, who access.Actor, year string) error {
	d, err := x.Applications.Begin(ctx, who, service)
	if err != nil {
		return err
	}
	for _, page := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, who, service, page.ID, map[string][]string{"year": {year}}); err != nil {
			return err
		}
	}
	c, err := x.Applications.Submit(ctx, who, service, d.ID)
	if err != nil {
		return err
	}
	said := i18n.Text{RU: "Income", EN: "Income"}
	paper, err := x.Papers.Prepare(ctx, who.ID, document.New{Kind: document.IncomeCertificate, CaseID: c.ID, Lang: i18n.RU, Content: document.Content{Title: c.Def.Title, Agency: c.Def.Owner.Name,
		Unit: c.Unit, Holder: document.Holder{Surname: "Proverkina", GivenName: "Anna"}, Blocks: []document.Block{{Heading: said, Facts: []document.Fact{{Label: said, Value: said, Open: true}}}}}})
	if err != nil {
		return err
	}
	return x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Papers.Issue(ctx, tx, paper)
		return err
	})
}
