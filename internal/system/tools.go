package system

import (
	"context"
	"errors"

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
	var err error
	if n.Encoded, err = x.Hasher.Hash(ctx, password); err != nil {
		return "", err
	}
	_, secret, err := x.Staff.Add(ctx, access.SystemActor(), n)
	return secret, err
}
