package staff

import (
	"context"

	"okno/internal/keyring"
	"okno/internal/store"
)

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: "employee", Row: "id", Column: "name"}, {Table: "employee", Row: "id", Column: "totp"}}
}

// Hashed are the columns of hashed passwords: a rotation of the index root counts the peppers in them. Who is dismissed signs
// in no more, and their password is nobody's need.
func Hashed() []keyring.Hashed {
	return []keyring.Hashed{{Table: "employee", Column: "password", Where: "state = '" + active + "'"}}
}

// Rehash replaces the stored hash of an employee's password by another one of the same password.
func (s *Service) Rehash(ctx context.Context, tx *store.Tx, employee, was, encoded string) error {
	_, err := tx.Exec(ctx, `UPDATE employee SET password = $1 WHERE id = $2 AND password = $3`, encoded, employee, was)
	return err
}
