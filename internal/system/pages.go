package system

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"okno/internal/form"
	"okno/internal/web"
	"okno/internal/web/admin"
	"okno/internal/web/agency"
	"okno/internal/web/agencyapi"
	"okno/internal/web/centre"
	"okno/internal/web/desk"
	"okno/internal/web/helpdesk"
	"okno/internal/web/identity"
	"okno/internal/web/portal"
	"okno/internal/web/reception"
	"okno/internal/web/ui"
)

// pages builds the server and hangs every page into it.
func (x *System) pages(context.Context) error {
	assets, err := ui.Assets()
	if err != nil {
		return err
	}
	who := &identity.Pages{DB: x.DB, Registration: x.Registration, SignIn: x.SignIn, Credentials: x.Credentials, Texts: x.Texts, Rights: x.Rights, Accounts: x.Accounts, Former: x.Verification.Former,
		Signatures: x.Signatures, Verification: x.Verification, SecurityContact: x.Settings.SecurityContact}
	if x.Settings.Demo {
		who.Signing = demoSigning
	}
	if err := x.mountTokens(who); err != nil {
		return err
	}
	x.Web, err = web.New(web.Config{
		URL: x.URL, Demo: x.Settings.Demo, Expose: x.Settings.Expose, Sessions: x.Credentials, Name: x.personName, SetLang: x.Accounts.SetLang, Gate: who.Gate, Ready: x.DB.Ping,
		CheckPassword: func(ctx context.Context, s string) *form.Problem { return x.Credentials.NewPassword(ctx, s) },
		Nav:           portal.Nav(), Menu: slices.Concat(portal.Menu(), identity.Menu()), Footer: slices.Concat(portal.Footer(), identity.Footer()), Assets: assets, Policy: x.Policy, Now: x.clock.now, Log: x.Log, Tracer: x.Tracer,
	})
	if err != nil {
		return err
	}
	for _, c := range []prometheus.Collector{x.capped, x.calls, x.knownDays()} {
		if err := x.Web.Registry.Register(c); err != nil {
			return err
		}
	}
	who.Mount(x.Web)
	(&portal.Pages{DB: x.DB, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: x.Catalogue, Applications: x.Applications, Attachments: x.Attachments, Papers: x.Papers,
		Verification: x.Verification, Originals: x.Originals, Wallet: x.Wallet, Mandates: x.Mandates, Notices: x.Notices, Places: x.Places, Appointments: x.Appointments, Policy: x.Policy, Zone: x.Zone, Workdays: x.Workdays, Signatures: x.Signatures.Authorities.Set(), Stamp: x.Stamp, Ring: x.Ring, Support: x.Support}).Mount(x.Web)
	(&desk.Pages{SignIn: x.SignIn, Credentials: x.Credentials}).Mount(x.Web)
	(&centre.Pages{DB: x.DB, SignIn: x.SignIn, Verification: x.Verification, Originals: x.Originals, Unit: x.Places.Unit}).Mount(x.Web)
	(&agency.Pages{DB: x.DB, Applications: x.Applications, Attachments: x.Attachments, Catalogue: x.Catalogue, Staff: x.Staff, SystemName: x.Agents.Name, Zone: x.Zone}).Mount(x.Web)
	(&reception.Pages{DB: x.DB, Appointments: x.Appointments, Places: x.Places}).Mount(x.Web)
	(&helpdesk.Pages{DB: x.DB, Support: x.Support, Contacts: x.Contacts, SignIn: x.SignIn, Policy: x.Policy, Verification: x.Verification}).Mount(x.Web)
	(&admin.Pages{DB: x.DB, Agents: x.Agents, Webhooks: x.Webhooks, Catalogue: x.Catalogue, Policy: x.Policy, Letterhead: x.Notices.Letterhead(), Samples: x.samples, Workdays: x.Workdays, Zone: x.Zone}).Mount(x.Web)
	if err := (&agencyapi.API{Agents: x.Agents, Applications: x.Applications, Attachments: x.Attachments, Catalogue: x.Catalogue, Policy: x.Policy, Webhooks: x.Webhooks}).Mount(x.Web); err != nil {
		return err
	}
	if x.Settings.Demo {
		x.mountDemo()
	}
	return nil
}
