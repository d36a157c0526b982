package staff

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/store"
)

// Get finds an active employee; ok is false for one who is dismissed, or never was.
func (s *Service) Get(ctx context.Context, q store.Querier, employee string) (e Employee, ok bool, err error) {
	list, err := s.list(ctx, q, `id = $1`, employee)
	if err != nil || len(list) == 0 {
		return Employee{}, false, err
	}
	return list[0], true, nil
}

// Officers are the active employees who decide the cases of an agency, by login.
func (s *Service) Officers(ctx context.Context, q store.Querier, unit string) ([]Employee, error) {
	return s.list(ctx, q, `unit = $1 AND role IN ($2, $3)`, unit, string(access.Officer), string(access.Head))
}

// All are the employees on duty, of one agency or centre where unit names it, by login.
func (s *Service) All(ctx context.Context, who access.Actor, unit string) ([]Employee, error) {
	if err := who.May(access.ManageStaff); err != nil {
		return nil, err
	}
	if unit != "" {
		return s.list(ctx, s.DB, `unit = $1`, unit)
	}
	return s.list(ctx, s.DB, `1 = 1`)
}

func (s *Service) list(ctx context.Context, q store.Querier, condition string, args ...any) ([]Employee, error) {
	rows, err := q.Query(ctx, `SELECT id, login, name, role, unit, services FROM employee WHERE state = 'active' AND `+condition+` ORDER BY login`, args...)
	if err != nil {
		return nil, fmt.Errorf("employees: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Employee
	for rows.Next() {
		var e Employee
		var role string
		var name []byte
		if err := rows.Scan(&e.ID, &e.Login, &name, &role, &e.Unit, &e.Services); err != nil {
			return nil, err
		}
		e.Role = access.Role(role)
		if e.Name, err = s.openText(e.ID, "name", name); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Names are the names of employees, of dismissed ones too; of those who never were there is none.
func (s *Service) Names(ctx context.Context, q store.Querier, employees ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, e := range employees { // few a page, and the same ones
		if _, known := out[e]; known || e == "" {
			continue
		}
		name, err := s.Name(ctx, q, e)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			out[e] = name
		}
	}
	return out, nil
}

// Deciders are who decide the cases of agencies today, officers and heads, as they act: of which agency, in which role, and for which services.
func Deciders(ctx context.Context, q store.Querier) ([]access.Actor, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT role, unit, services FROM employee WHERE state = 'active' AND role IN ($1, $2)`, string(access.Officer), string(access.Head))
	var out []access.Actor
	err = store.Each(rows, err, func(r *store.Rows) error {
		a, role := access.Actor{Kind: access.Staff}, ""
		err := r.Scan(&role, &a.Unit, &a.Services)
		a.Role = access.Role(role)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who decides cases: %w", err)
	}
	return out, nil
}
