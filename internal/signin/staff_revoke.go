package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/passkey"
	"okno/internal/store"
)

// A device that is lost opens a desk for whoever has its PIN, and its owner may be on leave: whoever manages the staff takes its key away.
// That asks for nothing of the employee's, and adds nothing: a key is made at the employee's own desk only.

// StaffKeysFor lists the keys of an employee on duty, for whoever manages the staff; store.ErrNotFound when there is no such employee.
func (s *Service) StaffKeysFor(ctx context.Context, who access.Actor, login string) ([]passkey.Key, error) {
	if err := who.May(access.ManageStaff); err != nil {
		return nil, err
	}
	employee, err := s.onDuty(ctx, login)
	if err != nil {
		return nil, err
	}
	return s.StaffKeys.Keys(ctx, s.DB, employee)
}

// StaffRevokeKey forgets a key of an employee on duty, and ends the employee's sessions: one of them may be whoever's the device is now.
func (s *Service) StaffRevokeKey(ctx context.Context, who access.Actor, login, kid string) error {
	if err := who.May(access.ManageStaff); err != nil {
		return err
	}
	employee, err := s.onDuty(ctx, login)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.StaffKeys.Remove(ctx, tx, access.Actor{Kind: access.Staff, ID: employee}, kid); err != nil {
			return err
		}
		if err := s.Credentials.CloseAll(ctx, tx, employee); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "staff.passkey_revoked", Actor: who, Object: employee})
	})
}

func (s *Service) onDuty(ctx context.Context, login string) (string, error) {
	x, err := s.Staff.Lookup(ctx, s.DB, login)
	if err == nil && x.Employee.ID == "" {
		err = store.ErrNotFound
	}
	return x.Employee.ID, err
}
