package system

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/contact"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/verification"
)

// The stories of the people who have an account in a demo; each is a key of the demo page.
const (
	storyFinished   = "finished"   // a certificate is there
	storyWaiting    = "waiting"    // an extract waits for the officer
	storyRefused    = "refused"    // an extract was refused
	storySimplified = "simplified" // not confirmed yet
)

// seed fills a new demo, so that no screen is empty: staff, and people with finished, waiting and refused cases.
func (x *System) seed(ctx context.Context) error {
	k, err := x.Known()
	if err != nil || len(k.Staff) > 0 {
		return err
	}
	if err := x.seedStaff(ctx, &k); err != nil {
		return err
	}
	people := x.World.People()
	for i, story := range []string{storyFinished, storyWaiting, storyRefused, storySimplified} {
		p, err := x.seedPerson(ctx, adult(people[10:], i), i, story)
		if err != nil {
			return fmt.Errorf("seed a person: %w", err)
		}
		k.People = append(k.People, p)
	}
	return x.remember(k)
}

// adult finds the n-th resident who has a passport and property.
func adult(people []sandbox.Resident, n int) sandbox.Resident {
	for _, p := range people {
		if p.Passport != nil && len(p.Estates) > 0 && len(p.Incomes) > 0 && p.Incomes[0].Total > 0 && p.Old == nil && p.Patronymic != "" {
			if n == 0 {
				return p
			}
			n--
		}
	}
	return people[n]
}

// seedPerson makes an account as registration and a desk would have made it.
func (x *System) seedPerson(ctx context.Context, r sandbox.Resident, n int, story string) (DemoPerson, error) {
	p := DemoPerson{ID: id.New(), Name: r.GivenName + " " + r.Surname, Story: story, Password: "Okno-" + random(10) + "-7",
		Phone: fmt.Sprintf("+7900000010%d", n), Email: fmt.Sprintf("person%d@okno.example", n)}
	encoded, err := x.Hasher.Hash(ctx, p.Password)
	if err != nil {
		return p, err
	}
	err = x.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.Ring.NewPerson(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		entered := account.Source{From: account.Entered, At: tx.Now()}
		profile := account.Profile{Surname: r.Surname, GivenName: r.GivenName, Sources: map[string]account.Source{"surname": entered, "given_name": entered}}
		err = x.Accounts.Create(ctx, tx, key, account.New{ID: p.ID, Profile: profile, Lang: i18n.RU, AgreedAt: tx.Now(),
			Consents: x.Texts.InForce()})
		if err != nil {
			return err
		}
		for _, t := range []contact.Target{{Kind: contact.Phone, Value: p.Phone}, {Kind: contact.Email, Value: p.Email}} {
			if err := x.Contacts.Attach(ctx, tx, key, p.ID, t); err != nil {
				return err
			}
		}
		return x.Credentials.SetPassword(ctx, tx, p.ID, encoded, false)
	})
	if err != nil || story == storySimplified {
		return p, err
	}
	if err := x.seedConfirmed(ctx, p.ID, r); err != nil {
		return p, err
	}
	return p, x.seedCase(ctx, p.ID, story, r)
}

func (x *System) seedConfirmed(ctx context.Context, accountID string, r sandbox.Resident) error {
	sex := "m"
	if r.Sex == "female" {
		sex = "f"
	}
	return x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Verification.Grant(ctx, tx, access.SystemActor(), accountID, verification.WayCentre, func(to *account.Profile) {
			mvd := account.Source{From: account.FromMVD, At: tx.Now()}
			*to = account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: sex,
				SNILS: form.Digits(r.SNILS), INN: r.INN, Address: r.Address,
				Document: form.PassportOf(r.Passport.Series, r.Passport.Number, r.Passport.IssuedAt, r.Passport.IssuedBy, r.Passport.DepartmentCode),
				Sources: map[string]account.Source{"surname": mvd, "given_name": mvd, "patronymic": mvd, "birth_date": mvd, "sex": mvd, "document": mvd,
					"snils": {From: account.FromSFR, At: tx.Now()}, "inn": {From: account.FromFNS, At: tx.Now()}, "address": {From: account.FromCentre, At: tx.Now()}}}
		})
		return err
	})
}

// seedCase files the application of the story, by the same verbs that pages call.
func (x *System) seedCase(ctx context.Context, accountID, story string, r sandbox.Resident) error {
	who := access.Actor{Kind: access.Person, ID: accountID, Level: access.Confirmed}
	code, typed := "rosreestr.extract", map[string][]string{"property.cadastral_number": {r.Estates[0].CadastralNumber}, "property.owner": {"true"}, "extract.kind": {"object"}}
	if story == storyFinished {
		code, typed = "fns.income-certificate", map[string][]string{"year": {fmt.Sprint(x.clock.now().Year() - 1)}}
	}
	d, err := x.Applications.Begin(ctx, who, code)
	if err != nil {
		return err
	}
	for _, page := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, who, code, page.ID, typed); err != nil {
			return fmt.Errorf("page %s: %w", page.ID, err)
		}
	}
	c, err := x.Applications.Submit(ctx, who, code, d.ID)
	if err != nil || story != storyRefused {
		return err
	}
	officer := access.Actor{Kind: access.Staff, ID: "demo", Role: access.Officer, Unit: c.Unit}
	if c, err = x.Applications.Take(ctx, officer, c.ID); err != nil {
		return err
	}
	_, err = x.Applications.Do(ctx, officer, c.ID, x.demoRefusal())
	return err
}

// demoRefusal is a refusal as an officer writes one.
func (x *System) demoRefusal() application.Act {
	return application.Act{Event: "refuse", Reason: "data-mismatch", Advice: i18n.RU.T("demo.refusal")}
}
