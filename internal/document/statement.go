package document

import (
	"context"
	"fmt"
	"time"

	"okno/internal/account"
	"okno/internal/i18n"
)

// Statement is what a register told the portal of a document that a person keeps, for whoever they give it to where there is no scan
// (CAB-2).
type Statement struct {
	Title    i18n.Text // of the document
	Register i18n.Text
	Person   account.Profile
	Facts    []Fact // what stands in the document
	KnownAt  time.Time
}

// PrintStatement prints a statement and signs it as papers are signed, so that whoever was given the file finds by it alone that the
// portal made it and nobody changed it (/verify). Nothing is stored and it has no public page: it says what was so when the register was asked, and bears the
// day on which it was printed.
func (s *Service) PrintStatement(ctx context.Context, x Statement, lang i18n.Lang) ([]byte, error) {
	p, err := s.press()
	if err != nil {
		return nil, err
	}
	sh := sheet{content: x.content(i18n.Zone(ctx)), brand: s.Name, lang: lang, at: s.DB.Now(), zone: i18n.Zone(ctx), way: checked}
	if s.Stamp != nil && s.Stamp.Signs() {
		if sh.key, err = s.Stamp.Signer(ctx); err != nil {
			return nil, fmt.Errorf("sign a statement: %w", err)
		}
	}
	return p.print(sh)
}

func (x Statement) content(zone *time.Location) Content {
	return Content{
		Title: x.Title, Subtitle: both("document.statement.subtitle"), Agency: x.Register,
		Blocks: []Block{
			{Facts: facts(append([]Fact{strong(fact("document.statement.holder", same(x.Person.FullName())))}, x.Facts...)...)},
			{Heading: both("document.statement.source"), Facts: facts(
				fact("document.statement.register", x.Register),
				fact("document.statement.at", moment(x.KnownAt, zone)),
			)},
		},
		Note: both("document.statement.note"),
	}
}

// Name is the name of the file.
func (x Statement) Name(lang i18n.Lang) string {
	return fileName(x.Title, both("document.statement.file"), x.KnownAt.UTC().Format(time.DateOnly), lang)
}
