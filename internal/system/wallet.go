package system

import (
	"context"
	"io"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/wallet"
)

// openWallet builds the wallet, and ties it to applications, which do not know it.
func (x *System) openWallet() {
	x.Wallet = wallet.New(wallet.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Files: x.Files, Desk: x.Originals.Desk, Accounts: x.Accounts, Jobs: x.Jobs, Notices: x.Notices, Papers: x.Papers, Zone: x.Zone,
		Registers: x.outside.owned, Opens: x.SignIn.Opens, State: x.statement, Hidden: func(ctx context.Context, q store.Querier, a account.Account) (bool, error) {
			return x.Verification.SNILSHidden(ctx, q, a) // built later
		},
		ServicesOf: func(ctx context.Context, cases []string) (map[string]string, error) {
			return x.Applications.ServicesOf(ctx, x.DB, cases)
		},
		Guarded: func(ctx context.Context, q store.Querier, accountID string) (form.Identity, bool, error) {
			return x.Mandates.Certificate(ctx, q, accountID) // built later
		},
		Attach: func(ctx context.Context, who access.Actor, to wallet.Slot, name string, body io.Reader) (string, error) {
			a, err := x.Attachments.Receive(ctx, who, application.NewUpload{Service: to.Service, Case: to.Case, Slot: to.ID, Name: name}, body)
			return a.ID, err
		},
		Waiting: func(ctx context.Context, who access.Actor, attachments []string) ([]wallet.Place, error) {
			list, err := x.Attachments.Where(ctx, who, attachments)
			out := make([]wallet.Place, 0, len(list))
			for _, w := range list {
				p := wallet.Place{Attachment: w.ID, Application: w.Application, Number: w.Number, For: w.For}
				if def, ok := x.Catalogue.ByCode(w.Service); ok {
					p.Service, p.Slug = def.Title, def.Slug
				}
				out = append(out, p)
			}
			return out, err
		}})
	x.Applications.Held, x.Applications.Opens = x.Wallet.ForForms, x.SignIn.Opens
}

// statement prints what a register told of a person's document.
func (x *System) statement(ctx context.Context, who access.Actor, d wallet.Document) (string, []byte, error) {
	a, err := x.Accounts.Get(ctx, x.DB, who.Whose())
	if err != nil {
		return "", nil, err
	}
	register := "portal.wallet.register." + d.Kind.Register
	s := document.Statement{Title: d.Title(), Register: i18n.Text{RU: i18n.RU.T(register), EN: i18n.EN.T(register)}, Person: a.Profile, KnownAt: d.KnownAt}
	for _, f := range d.Kind.Fields {
		if value := d.Values[f.ID]; value != "" {
			s.Facts = append(s.Facts, document.Fact{Label: f.Label, Value: i18n.Text{RU: f.Show(i18n.RU, value), EN: f.Show(i18n.EN, value)}})
		}
	}
	lang := i18n.From(ctx)
	pdf, err := x.Papers.PrintStatement(ctx, s, lang)
	return s.Name(lang), pdf, err
}

// walletParts are the parts of a wallet that go with a person to another account of theirs.
func (x *System) walletParts() []verification.Part {
	return []verification.Part{
		verification.Rows("wallet_document", x.Wallet.Move),
		verification.Rows("wallet_version", x.Wallet.MoveVersions).From("wallet_document", x.Wallet.VersionsOf),
		verification.Rows("wallet_use", x.Wallet.MoveUses).From("wallet_document", x.Wallet.UsesOf),
		verification.Rows("wallet_paper_use", x.Wallet.MovePaperUses).From("document", x.Wallet.PaperUsesOf),
	}
}

func (x *System) walletJobs() {
	jobs.Handle(x.Jobs, x.Wallet.Do)
	x.Jobs.Every(time.Hour, "wallet.remind", x.Wallet.Remind)
	x.Jobs.Every(time.Hour, "wallet.refresh", x.Wallet.Refresh)
	x.Jobs.Every(time.Hour, "wallet.sweep", x.Wallet.Sweep)
}
