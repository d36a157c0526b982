package account

import (
	"context"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
)

// MoveFavourites gives the favourites of one account to another of the same person, and names them (REG-12). Those that the
// other has already stay behind.
func (s *Service) MoveFavourites(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.To, b.From}
	rows, err := tx.Query(ctx, `UPDATE favourite SET account_id = $1 WHERE account_id = $2 AND `+b.OnlySQL("service", &args)+`
		AND NOT EXISTS (SELECT 1 FROM favourite other WHERE other.account_id = $1 AND other.service = favourite.service) RETURNING service`, args...)
	if err != nil {
		return nil, fmt.Errorf("move favourites: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var service string
		if err := rows.Scan(&service); err != nil {
			return nil, err
		}
		out = append(out, service)
	}
	return out, rows.Err()
}
