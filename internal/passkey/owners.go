package passkey

import (
	"context"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/store"
)

// owners are one sort of those who hold keys. What is said of an account is true of an employee, too: only the table is another, and what
// it is sealed under. A challenge of one sort is none of the other.
type owners struct {
	table, owner string // the table, and its column that says whose a key is
	wrapped      string // the person's key as SQL, NULL where there is none
	realm        string // begins what a challenge is sealed for
	kind         access.Kind
}

var (
	persons   = owners{table: "passkey", owner: "account_id", wrapped: keyring.WrappedSQL("passkey.account_id"), kind: access.Person}
	employees = owners{table: "staff_passkey", owner: "employee_id", wrapped: "NULL", realm: "staff/", kind: access.Staff}
)

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: employees.table, Row: "id", Column: "record"}}
}

func (o owners) may(who access.Actor) error {
	if o.kind == access.Staff {
		if who.Kind != access.Staff {
			return access.ErrDenied
		}
		return nil
	}
	return who.May(access.UseCabinet)
}

// key is what the owner's keys are sealed under: the person's key, or for staff, who are no persons of the portal, the master keyset.
func (s *Service) key(ctx context.Context, q store.Querier, owner string) (*keyring.Key, error) {
	if s.of.kind == access.Staff {
		return s.Ring.System(), nil
	}
	return s.Ring.Person(ctx, q, owner)
}

// unwrap is key, where a statement has brought the person's along.
func (s *Service) unwrap(owner string, wrapped []byte) (*keyring.Key, error) {
	if s.of.kind == access.Staff {
		return s.Ring.System(), nil
	}
	return s.Ring.Unwrap(owner, wrapped)
}
