package bench

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/sync/errgroup"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/store"
	"okno/internal/system"
)

const password = "Quiet-River-9"

// person is somebody made for the bench.
type person struct {
	account string
	phone   string
	browser string // value of the cookie
	token   string // of an open session
	draft   string
}

// batch is how many people one transaction makes.
const batch = 200

// people makes n accounts with one shared hash of the password, a browser each that the account knows, and an open session.
// level is that of all of them.
func people(ctx context.Context, x *system.System, n int, encoded string, level access.Level) ([]person, error) {
	all := make([]person, n)
	var g errgroup.Group
	g.SetLimit(2)
	for from := 0; from < n; from += batch {
		g.Go(func() error {
			some := all[from:min(from+batch, n)]
			return x.DB.WriteRows(ctx, func(tx *store.Tx) error {
				for i := range some {
					if err := makePerson(ctx, tx, x, from+i, encoded, level, &some[i]); err != nil {
						return fmt.Errorf("make person %d: %w", from+i, err)
					}
				}
				return nil
			})
		})
	}
	return all, g.Wait()
}

func makePerson(ctx context.Context, tx *store.Tx, x *system.System, n int, encoded string, level access.Level, p *person) error {
	*p = person{account: id.New(), phone: fmt.Sprintf("+7%d", 9120000000+n), browser: fmt.Sprintf("browser-of-the-bench-%09d", n)}
	key, err := x.Ring.NewPerson(ctx, tx, p.account)
	if err != nil {
		return err
	}
	entered := account.Source{From: account.Entered, At: tx.Now()}
	profile := account.Profile{Surname: "Proverkina", GivenName: "Anna", Sources: map[string]account.Source{"surname": entered, "given_name": entered}}
	if err := x.Accounts.Create(ctx, tx, key, account.New{ID: p.account, Profile: profile, Lang: i18n.RU, AgreedAt: tx.Now(),
		Consents: x.Texts.InForce()}); err != nil {
		return err
	}
	if err := x.Contacts.Attach(ctx, tx, key, p.account, contact.Target{Kind: contact.Phone, Value: p.phone}); err != nil {
		return err
	}
	if err := x.Credentials.SetPassword(ctx, tx, p.account, encoded, false); err != nil {
		return err
	}
	if level == access.Confirmed {
		if _, err := x.Accounts.Update(ctx, tx, p.account, func(a *account.Account) error { confirm(a, n, tx.Now()); return nil }); err != nil {
			return err
		}
	}
	if err := x.Accounts.EndTour(ctx, tx, p.account); err != nil { // they come again: the first visit of all writes down that the tour was shown
		return err
	}
	v := credential.Visitor{Browser: p.browser, Agent: "Chrome, Linux", Lang: i18n.RU}
	if err := x.Credentials.Remember(ctx, tx, p.account, v); err != nil {
		return err
	}
	if err := x.Credentials.Trust(ctx, tx, p.account, v, tx.Now().Add(x.Policy.SecondFactor.Remember)); err != nil { // what is measured is the password
		return err
	}
	p.token, err = x.Credentials.Open(ctx, tx, access.Person, p.account, level, v)
	return err
}

// confirm makes the account one of a person with every paper that an application asks for.
func confirm(a *account.Account, n int, now time.Time) {
	mvd := account.Source{From: account.FromMVD, At: now}
	a.Level, a.ConfirmedAt = access.Confirmed, now
	a.Profile.Patronymic, a.Profile.BirthDate, a.Profile.Sex = "Ivanovna", "1990-05-17", "f"
	a.Profile.SNILS, a.Profile.Address = snils(n), "Moscow"
	a.Profile.Document = form.PassportOf("4510", fmt.Sprintf("%06d", n%1_000_000), "2010-06-01", "OVD", "770001")
	for _, f := range []string{"patronymic", "birth_date", "sex", "document", "snils", "address"} {
		a.Profile.Sources[f] = mvd
	}
}

// snils is an insurance number whose check number is right.
func snils(n int) string {
	for check := range 100 {
		if s, p := form.SNILS(fmt.Sprintf("%09d%02d", 100_000_000+n, check)); p == nil {
			return s
		}
	}
	return ""
}

// service is the one whose applications the bench files.
const (
	service = "fns.income-certificate"
	slug    = "income-certificate"
)

// drafts opens a draft for everybody and fills it in, ready to be sent.
func drafts(ctx context.Context, x *system.System, all []person) error {
	year := strconv.Itoa(x.DB.Now().Year() - 1)
	var g errgroup.Group
	g.SetLimit(2)
	for i := range all {
		g.Go(func() error {
			who := access.Actor{Kind: access.Person, ID: all[i].account, Level: access.Confirmed}
			d, err := x.Applications.Begin(ctx, who, service)
			if err != nil {
				return err
			}
			for _, page := range d.Form.Pages {
				if _, err := x.Applications.SavePage(ctx, who, service, page.ID, map[string][]string{"year": {year}}); err != nil {
					return fmt.Errorf("fill in %s: %w", page.ID, err)
				}
			}
			all[i].draft = d.ID
			return nil
		})
	}
	return g.Wait()
}

// apps gives everybody an authenticator app, and takes from their browsers that they were remembered: from now on both are asked for.
func apps(ctx context.Context, x *system.System, all []person) ([]login, error) {
	out := make([]login, len(all))
	err := x.DB.WriteRows(ctx, func(tx *store.Tx) error {
		for i, p := range all {
			_, secret, err := x.Credentials.NewApp(ctx, tx, p.account, "App")
			if err != nil {
				return err
			}
			now := tx.Now()
			code, err := totp.GenerateCode(secret, now.Add(-time.Minute)) // those of the measurement are later
			if err != nil {
				return err
			}
			if ok, err := x.Credentials.ProveApp(ctx, tx, p.account, code, now.Add(-time.Minute)); err != nil || !ok {
				return fmt.Errorf("the app of person %d: %v, %w", i, ok, err)
			}
			if err := x.Credentials.TrustNone(ctx, tx, p.account); err != nil {
				return err
			}
			out[i] = login{Phone: p.phone, Browser: p.browser, Secret: secret}
		}
		return nil
	})
	return out, err
}

// The requests that people send.

func (p person) signIn(host string) []byte {
	return request(host, "/signin", "okno_browser="+p.browser, url.Values{"login": {p.phone}, "password": {password}})
}

func (p person) get(host, path string) []byte { return request(host, path, p.cookies(), nil) }

// cookies are those of the person's browser, signed in.
func (p person) cookies() string { return "okno_browser=" + p.browser + "; okno_session=" + p.token }

func (p person) submit(host string) []byte {
	return request(host, "/services/"+slug+"/submit", p.cookies(), url.Values{"draft": {p.draft}})
}

func each(all []person, one func(p person) []byte) [][]byte {
	out := make([][]byte, len(all))
	for i, p := range all {
		out[i] = one(p)
	}
	return out
}
