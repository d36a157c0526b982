package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// Another password takes the former one (staff_password.go), and an employee has no contact to which a code could go: whoever manages the
// staff gives another password and another secret for the app, in place of both. It is the way back for whoever forgot one or lost the other,
// and for whoever has a password that everybody may have by now.

// ErrStaffListed is a sign-in of an employee whose password stands on a list of those that everybody tries, after all the rest was right.
var ErrStaffListed = fault.New(fault.Conflict, "signin.staff_listed")

// StaffReset gives an employee on duty another password, hashed already, and another secret for the app, which it returns to be shown once. The
// employee's sessions end, and codes that were typed wrong count no more. Passkeys stay: StaffRevokeKey takes one away. It is store.ErrNotFound
// when there is no such employee.
func (s *Service) StaffReset(ctx context.Context, who access.Actor, login, encoded string) (secret string, _ error) {
	if err := who.May(access.ManageStaff); err != nil {
		return "", err
	}
	x, err := s.staffLook(ctx, credential.Visitor{}, login)
	if err != nil {
		return "", err
	}
	employee := x.secret.Employee.ID
	if employee == "" {
		return "", store.ErrNotFound
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if secret, err = s.Staff.Reset(ctx, tx, employee, encoded); err != nil {
			return err
		}
		if err := s.Credentials.CloseAll(ctx, tx, employee); err != nil {
			return err
		}
		if err := limit.Clear(ctx, tx, x.keys[1]); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "staff.reset", Actor: who, Object: employee})
	})
	return secret, err
}

// staffListed refuses whoever has proved everything, when the password is one that everybody may have: whoever guesses has it, too. It is looked
// up for the right password alone, so that a wrong one costs what it did.
func (s *Service) staffListed(ctx context.Context, tx *store.Tx, x staffTry, list credential.List) (refused, _ error) {
	if list == credential.NoList {
		return nil, nil
	}
	if _, err := s.staffJudge(ctx, tx, x); err != nil { // others were judged by the same state
		return nil, err
	}
	return ErrStaffListed, audit.Record(ctx, tx, audit.Event{Action: "signin.staff_listed", Object: x.secret.Employee.ID})
}
