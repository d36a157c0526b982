package original

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

const columns = `id, account_id, kind, file_id, state, reason, reading, sent_at, judged_at`

func scanned(row func(...any) error) (o Original, sealed []byte, err error) {
	err = row(&o.ID, &o.account, &o.Kind, &o.file, &o.State, &o.Reason, &sealed, store.Time(&o.SentAt), store.NullTime(&o.JudgedAt))
	return o, sealed, err
}

// load reads one original, without its fields.
func load(ctx context.Context, q store.Querier, originalID string) (Original, error) {
	o, _, err := scanned(q.QueryRow(ctx, `SELECT `+columns+` FROM original WHERE id = $1`, originalID).Scan)
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		return Original{}, ErrMissing
	}
	if err != nil {
		return Original{}, fmt.Errorf("original %s: %w", originalID, err)
	}
	return o, nil
}

func opened(key *keyring.Key, originalID string, sealed []byte) (map[scan.Field]scan.Value, error) {
	if sealed == nil {
		return nil, nil
	}
	plain, err := key.Open("original", "reading", originalID, sealed)
	if err != nil {
		return nil, fmt.Errorf("open what was read of original %s: %w", originalID, err)
	}
	var fields map[scan.Field]scan.Value
	return fields, json.Unmarshal(plain, &fields)
}
