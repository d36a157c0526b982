package staff

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/store"
)

var serviceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// Limit limits an employee to cases of these services, or lets them see all of their agency's when there are none. It holds from their next
// request on. Which services there are is for whoever asks to know.
func (s *Service) Limit(ctx context.Context, who access.Actor, login string, services []string) error {
	if err := who.May(access.ManageStaff); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := s.Lookup(ctx, tx, login)
		if err != nil {
			return err
		}
		e := x.Employee
		if e.ID == "" {
			return ErrNobody.With(fault.F("login", "staff.nobody"))
		}
		if e.Services, err = limits(e.Role, services); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE employee SET services = $1 WHERE id = $2`, e.Services, e.ID); err != nil {
			return fmt.Errorf("limit employee %s: %w", e.ID, err)
		}
		return limited(ctx, tx, who, e.ID, e.Services)
	})
}

// limits is the services as they are kept: in order, each once, since a list is read service by service, with spaces between. It refuses what is no
// code, and any for a role that decides no cases.
func limits(role access.Role, services []string) (string, error) {
	decides := access.Actor{Kind: access.Staff, Role: role}.May(access.DecideCases) == nil
	if len(services) > 0 && !decides || slices.ContainsFunc(services, func(c string) bool { return !serviceForm.MatchString(c) }) {
		return "", ErrServices.With(fault.F("service", "staff.services"))
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(services))), " "), nil
}

// limited records to what an employee is limited now: an event for each service, which says of how many it is one, or that it is none.
func limited(ctx context.Context, tx *store.Tx, who access.Actor, employee, services string) error {
	list := strings.Fields(services)
	if len(list) == 0 {
		return audit.Record(ctx, tx, audit.Event{Action: "staff.unlimited", Actor: who, Object: employee})
	}
	for _, code := range list { // few: an operator typed them
		detail := audit.Detail{"service": code, "count": strconv.Itoa(len(list))}
		if err := audit.Record(ctx, tx, audit.Event{Action: "staff.limited", Actor: who, Object: employee, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}
