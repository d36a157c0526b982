package system

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/staff"
	"okno/internal/store"
)

// Migrate brings the database of the settings up to date, and nothing else.
func Migrate(ctx context.Context, s Settings) error {
	s, err := s.normal()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, s.Database, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx), jobs.Migrate(ctx, db), db.Close())
}

// AddStaff makes an employee and returns the secret of the authenticator app.
func (x *System) AddStaff(ctx context.Context, n staff.New, password string) (string, error) {
	if p := x.Credentials.NewPassword(ctx, password, n.Login, n.Name); p != nil {
		return "", errors.New(i18n.EN.T(p.Key, p.Args...))
	}
	if err := x.servedBy(n.Unit, n.Services); err != nil {
		return "", err
	}
	var err error
	if n.Encoded, err = x.Hasher.Hash(ctx, password); err != nil {
		return "", err
	}
	_, secret, err := x.Staff.Add(ctx, access.SystemActor(), n)
	return secret, err
}

// ResetStaff gives an employee another password, and returns the new secret of the authenticator app.
func (x *System) ResetStaff(ctx context.Context, login, password string) (string, error) {
	e, err := x.Staff.Lookup(ctx, x.DB, login)
	if err != nil {
		return "", err
	}
	if e.Employee.ID == "" {
		return "", staff.ErrNobody
	}
	if p := x.Credentials.NewPassword(ctx, password, e.Employee.Login, e.Employee.Name); p != nil {
		return "", errors.New(i18n.EN.T(p.Key, p.Args...))
	}
	encoded, err := x.Hasher.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	return x.SignIn.StaffReset(ctx, access.SystemActor(), login, encoded)
}

// LimitStaff limits an employee to cases of these services of their agency; without any they see all of them again.
func (x *System) LimitStaff(ctx context.Context, login string, services []string) error {
	e, err := x.Staff.Lookup(ctx, x.DB, login)
	if err != nil {
		return err
	}
	if e.Employee.ID == "" {
		return staff.ErrNobody // and not that an agency without a name has no such service
	}
	if err := x.servedBy(e.Employee.Unit, services); err != nil {
		return err
	}
	return x.Staff.Limit(ctx, access.SystemActor(), login, services)
}

// servedBy refuses what is no service of the agency, and names those that there are.
func (x *System) servedBy(unit string, services []string) error {
	var known []string
	for _, d := range x.Catalogue.All() {
		if d.Owner.Code == unit && d.Online() {
			known = append(known, d.Code)
		}
	}
	slices.Sort(known)
	for _, code := range services {
		if !slices.Contains(known, code) {
			return fmt.Errorf("%q is no service of the agency %q; it has: %s", code, unit, strings.Join(known, ", "))
		}
	}
	return nil
}
