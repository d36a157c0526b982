package staff

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Employee is one of the staff.
type Employee struct {
	ID    string
	Login string
	Name  string
	Role  access.Role
	Unit  string // code of the agency or of the centre

	Services string // codes of the services to whose cases they are limited, with spaces between; "" for all of their agency's
}

// Actor is the employee as they act.
func (e Employee) Actor() access.Actor {
	return access.Actor{Kind: access.Staff, ID: e.ID, Role: e.Role, Unit: e.Unit, Services: e.Services}
}

// Service keeps the staff.
type Service struct {
	DB   *store.DB
	Ring *keyring.Ring
}

// New is what an employee is made of; the password is hashed already.
type New struct {
	Login, Name string
	Role        access.Role
	Unit        string
	Encoded     string   // hash of the password
	TOTPSecret  string   // base32; made when empty
	Services    []string // to whose cases they are limited; none for all of their agency's
}

// The refusals.
var (
	ErrLogin    = fault.New(fault.InvalidInput, "staff.login")    // not a login: Latin letters, digits, point, hyphen
	ErrTaken    = fault.New(fault.Conflict, "staff.taken")        // the login is taken
	ErrRole     = fault.New(fault.InvalidInput, "staff.role")     // no such role
	ErrServices = fault.New(fault.InvalidInput, "staff.services") // no code of a service, or a role that decides no cases
	ErrNobody   = fault.New(fault.Missing, "staff.nobody")        // nobody on duty has that login
	ErrReplay   = fault.New(fault.Conflict, "staff.totp_again")   // the code of the app was used already
)

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,63}$`)

// Add makes an employee and returns the secret of the authenticator app, which is shown once.
func (s *Service) Add(ctx context.Context, who access.Actor, n New) (Employee, string, error) {
	if err := who.May(access.ManageStaff); err != nil {
		return Employee{}, "", err
	}
	n.Login = strings.ToLower(strings.TrimSpace(n.Login))
	if !loginForm.MatchString(n.Login) {
		return Employee{}, "", ErrLogin.With(fault.F("login", "staff.login"))
	}
	if !n.Role.Valid() {
		return Employee{}, "", ErrRole.With(fault.F("role", "staff.role"))
	}
	if n.TOTPSecret == "" {
		var err error
		if n.TOTPSecret, err = newSecret(); err != nil {
			return Employee{}, "", err
		}
	}
	services, err := limits(n.Role, n.Services)
	if err != nil {
		return Employee{}, "", err
	}
	e := Employee{ID: id.New(), Login: n.Login, Name: n.Name, Role: n.Role, Unit: n.Unit, Services: services}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		sys := s.Ring.System()
		_, err := tx.Exec(ctx, `INSERT INTO employee (id, login, name, role, unit, state, password, totp, created_at, services) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			e.ID, e.Login, sys.Seal("employee", "name", e.ID, []byte(e.Name)), string(e.Role), e.Unit, active, n.Encoded,
			sys.Seal("employee", "totp", e.ID, []byte(n.TOTPSecret)), tx.Now(), e.Services)
		if errors.Is(err, store.ErrExists) {
			return ErrTaken.With(fault.F("login", "staff.taken"))
		}
		if err != nil {
			return fmt.Errorf("add employee: %w", err)
		}
		err = audit.Record(ctx, tx, audit.Event{Action: "staff.added", Actor: who, Object: e.ID})
		if err != nil || services == "" {
			return err
		}
		return limited(ctx, tx, who, e.ID, services)
	})
	return e, n.TOTPSecret, err
}

// newSecret makes the secret of an authenticator app. The names go into an address of the library's that nobody reads.
func newSecret() (string, error) {
	k, err := totp.Generate(totp.GenerateOpts{Issuer: "Okno", AccountName: "Okno"})
	if err != nil {
		return "", err
	}
	return k.Secret(), nil
}

// Reset gives an employee on duty another password, hashed already, and another secret for the app, which is shown once.
func (s *Service) Reset(ctx context.Context, tx *store.Tx, employee, encoded string) (string, error) {
	secret, err := newSecret()
	if err != nil {
		return "", err
	}
	return secret, store.TouchedOr(store.ErrNotFound)(tx.Exec(ctx, `UPDATE employee SET password = $1, totp = $2, totp_step = 0 WHERE id = $3 AND state = $4`,
		encoded, s.Ring.System().Seal("employee", "totp", employee, []byte(secret)), employee, active))
}

const (
	active    = "active"
	dismissed = "dismissed"
)

// Dismiss takes an employee off duty.
func (s *Service) Dismiss(ctx context.Context, who access.Actor, login string) error {
	if err := who.May(access.ManageStaff); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		err := store.Touched(tx.Exec(ctx, `UPDATE employee SET state = $1 WHERE login = $2`, dismissed, strings.ToLower(login)))
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "staff.dismissed", Actor: who})
	})
}

// Secret is what is needed to judge an employee's sign-in.
type Secret struct {
	Employee Employee
	Encoded  string
	TOTP     string
}

// Lookup finds an active employee by login; when there is none, only Employee.Login is set: the login as it is looked up.
func (s *Service) Lookup(ctx context.Context, q store.Querier, login string) (Secret, error) {
	x := Secret{Employee: Employee{Login: strings.ToLower(strings.TrimSpace(login))}}
	var role string
	var name, secret []byte
	err := store.One(q.QueryRow(ctx, `SELECT id, name, role, unit, services, password, totp FROM employee WHERE login = $1 AND state = $2`, x.Employee.Login, active).
		Scan(&x.Employee.ID, &name, &role, &x.Employee.Unit, &x.Employee.Services, &x.Encoded, &secret))
	if errors.Is(err, store.ErrNotFound) {
		return x, nil
	}
	if err != nil {
		return Secret{}, fmt.Errorf("look up an employee: %w", err)
	}
	x.Employee.Role = access.Role(role)
	if x.Employee.Name, err = s.openText(x.Employee.ID, "name", name); err != nil {
		return Secret{}, err
	}
	x.TOTP, err = s.openText(x.Employee.ID, "totp", secret)
	return x, err
}

// Active is the employee on duty; store.ErrNotFound when there is none, or no more.
func (s *Service) Active(ctx context.Context, q store.Querier, employee string) (Employee, error) {
	e := Employee{ID: employee}
	var role string
	var name []byte
	err := store.One(q.QueryRow(ctx, `SELECT login, name, role, unit, services FROM employee WHERE id = $1 AND state = $2`, employee, active).Scan(&e.Login, &name, &role, &e.Unit, &e.Services))
	if err != nil {
		return Employee{}, fmt.Errorf("employee %s: %w", employee, err)
	}
	e.Role = access.Role(role)
	e.Name, err = s.openText(employee, "name", name)
	return e, err
}

func (s *Service) openText(row, column string, sealed []byte) (string, error) {
	plain, err := s.Ring.System().Open("employee", column, row, sealed)
	if err != nil {
		return "", fmt.Errorf("open %s of employee %s: %w", column, row, err)
	}
	return string(plain), nil
}

// Name is how the employee is called on the desk.
func (s *Service) Name(ctx context.Context, q store.Querier, employee string) (string, error) {
	var name []byte
	if err := store.One(q.QueryRow(ctx, `SELECT name FROM employee WHERE id = $1`, employee).Scan(&name)); err != nil {
		return "", err
	}
	return s.openText(employee, "name", name)
}

// Step finds the time step of a code of an authenticator app (RFC 6238: 30 seconds, six digits), one step of drift
// either way; 0 when the code is wrong. It follows the real clock, whatever a demo's clock shows.
func Step(secret, code string, now time.Time) int64 {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != 6 {
		return 0
	}
	for _, drift := range []time.Duration{0, -30 * time.Second, 30 * time.Second} {
		at := now.Add(drift)
		want, err := totp.GenerateCode(secret, at)
		if err == nil && keyring.Equal(want, code) {
			return at.Unix() / 30
		}
	}
	return 0
}

// UseStep consumes the time step of a code: the same code, and any older one, is ErrReplay afterwards.
func (s *Service) UseStep(ctx context.Context, tx *store.Tx, employee string, step int64) error {
	err := store.Touched(tx.Exec(ctx, `UPDATE employee SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, employee))
	if errors.Is(err, store.ErrStale) {
		return ErrReplay
	}
	return err
}

// Duty is role, unit and services of an employee on duty, as another package's statement reads it: "role unit service service", NULL for
// others.
type Duty struct {
	Role     access.Role
	Unit     string
	Services string
}

// Scan reads what RoleSQL lends.
func (d *Duty) Scan(v any) error {
	*d = Duty{}
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s = v
	case []byte:
		s = string(v)
	default:
		return fmt.Errorf("staff: %T is not a duty", v)
	}
	role, unit, _ := strings.Cut(s, " ")
	d.Role = access.Role(role)
	d.Unit, d.Services, _ = strings.Cut(unit, " ")
	return nil
}

// RoleSQL lends role, unit and services of the active employee that expr names.
func RoleSQL(expr string) string {
	return `(SELECT employee.role || ' ' || employee.unit || ' ' || employee.services FROM employee WHERE employee.id = ` + expr + ` AND employee.state = 'active')`
}

// SetPassword stores another password of an employee on duty in place of the one that was judged; store.ErrStale when that is not in force any more.
func (s *Service) SetPassword(ctx context.Context, tx *store.Tx, employee, was, encoded string) error {
	return store.Touched(tx.Exec(ctx, `UPDATE employee SET password = $1 WHERE id = $2 AND password = $3 AND state = $4`, encoded, employee, was, active))
}
