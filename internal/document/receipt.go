package document

import (
	"context"
	"strings"
	"time"

	"okno/internal/account"
	"okno/internal/i18n"
)

// Receipt is a filed application as its receipt shows it.
type Receipt struct {
	Number      string // of the case
	Service     i18n.Text
	Agency      i18n.Text
	Person      account.Profile
	By          string // full name of whoever filed it for them, "" when they did themselves
	SubmittedAt time.Time
	Term        i18n.Text // how long it takes; may be empty
	Facts       []Fact    // what was filed, as it was reviewed; may be empty
	Link        string    // address of the case; may be empty
}

// Print prints the receipt of an application. Nothing is stored: the same receipt prints the same bytes whenever it is
// asked for.
func (s *Service) Print(ctx context.Context, r Receipt, lang i18n.Lang) ([]byte, error) {
	p, err := s.press()
	if err != nil {
		return nil, err
	}
	return p.print(sheet{
		content: r.content(i18n.Zone(ctx)), brand: s.Name, lang: lang, number: r.Number, at: r.SubmittedAt, zone: i18n.Zone(ctx),
		link: strings.TrimSpace(r.Link), way: followed,
	})
}

func (r Receipt) content(zone *time.Location) Content {
	c := Content{
		Title: both("document.receipt.title"), Subtitle: r.Service, Agency: r.Agency,
		Blocks: []Block{{Facts: facts(
			strong(fact("document.receipt.number", same(r.Number))),
			fact("document.receipt.service", r.Service),
			fact("document.receipt.agency", r.Agency),
			fact("document.receipt.person", same(r.Person.FullName())),
			fact("document.receipt.by", same(r.By)),
			fact("document.receipt.at", moment(r.SubmittedAt, zone)),
			fact("document.receipt.term", r.Term),
		)}},
		Note: both("document.receipt.note"),
	}
	if len(r.Facts) > 0 {
		c.Blocks = append(c.Blocks, Block{Heading: both("document.receipt.filed"), Facts: facts(r.Facts...)})
	}
	return c
}

// Name is the name of the file.
func (r Receipt) Name(lang i18n.Lang) string {
	return fileName(both("document.receipt.file"), i18n.Text{}, r.Number, lang)
}
