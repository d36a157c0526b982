package system

import (
	"context"
	"slices"

	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/portal"
	"okno/internal/web/ui"
)

// pages builds the server and hangs every page into it.
func (x *System) pages(context.Context) error {
	assets, err := ui.Assets()
	if err != nil {
		return err
	}
	x.Web, err = web.New(web.Config{
		URL: x.URL, Demo: x.Settings.Demo, Expose: x.Settings.Expose, Sessions: x.Credentials, Name: x.personName, SetLang: x.Accounts.SetLang, Ready: x.DB.Ping,
		Nav: portal.Nav(), Menu: slices.Concat(portal.Menu(), identity.Menu()), Footer: slices.Concat(portal.Footer(), identity.Footer()), Assets: assets, Policy: x.Policy, Now: x.clock.now, Log: x.Log,
	})
	if err != nil {
		return err
	}
	(&identity.Pages{DB: x.DB, Registration: x.Registration, SignIn: x.SignIn, Credentials: x.Credentials, Texts: x.Texts}).Mount(x.Web)
	(&portal.Pages{DB: x.DB, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: x.Catalogue, Applications: x.Applications, Papers: x.Papers,
		Verification: x.Verification, Notices: x.Notices, Zone: x.Zone}).Mount(x.Web)
	if x.Settings.Demo {
		x.mountDemo()
	}
	return nil
}
