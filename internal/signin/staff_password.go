package signin

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// ErrStaffSet is a password that comes after another one has taken the place of the former: a form that was sent twice, or somebody who manages
// the staff was faster.
var ErrStaffSet = fault.New(fault.Conflict, "desk.own.password_set")

// StaffChangePassword sets another password of the employee's own, a moment after the former one and the factor were shown. It is judged as
// that of a new employee is, and is not the one in force. The employee's other sessions end; this one goes on under another token.
func (s *Service) StaffChangePassword(ctx context.Context, who access.Actor, v credential.Visitor, password, again string) error {
	ctx = keyring.AtDesk(ctx)
	if !s.StaffFresh(who) {
		return ErrStaffAgain
	}
	x, err := s.staffOf(ctx, v, who)
	if err != nil {
		return err
	}
	if err := s.Credentials.ReadNew(ctx, password, again, x.secret.Employee.Login, x.secret.Employee.Name); err != nil {
		return err
	}
	if err := s.countNew(ctx, who.ID); err != nil { // each try costs two hashes
		return err
	}
	same, _, err := s.staffPassword(ctx, x, password)
	if err != nil {
		return err
	}
	if same {
		return fault.Invalid(fault.F("password", "desk.own.password_same"))
	}
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return renewed(ctx, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.Credentials.ShownBy(ctx, tx, who, credential.ByPassword); err != nil { // first: a session that has ended sets nothing
			return err
		}
		if err := s.Staff.SetPassword(ctx, tx, who.ID, x.secret.Encoded, encoded); errors.Is(err, store.ErrStale) {
			return ErrStaffSet
		} else if err != nil {
			return err
		}
		if err := errors.Join(s.Credentials.CloseBut(ctx, tx, who), limit.Clear(ctx, tx, s.reuse(who.ID).Key)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "staff.password_changed", Actor: who, Object: who.ID})
	}))
}
