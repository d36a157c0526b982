package keyring

import (
	"context"

	"okno/internal/store"
)

// Between is two owners of whom one's things become the other's, with both keys at hand (REG-12).
type Between struct {
	From, To string
	Only     []string // keys of the rows that go; nil: all that are the one's
	from, to *Key
}

// Between opens the keys of both; ErrNoKey when one was forgotten.
func (r *Ring) Between(ctx context.Context, q store.Querier, from, to string) (Between, error) {
	b := Between{From: from, To: to}
	var err error
	if b.from, err = r.Person(ctx, q, from); err != nil {
		return Between{}, err
	}
	b.to, err = r.Person(ctx, q, to)
	return b, err
}

// OnlySQL is the condition that a row with that key is one of those that go.
func (b Between) OnlySQL(key string, args *[]any) string {
	if b.Only == nil {
		return "TRUE"
	}
	return store.InSQL(key, b.Only, args)
}

// Reseal opens what was sealed for the place with the one's key and seals it for the same place with the other's.
func (b Between) Reseal(table, column, row string, sealed []byte) ([]byte, error) {
	plain, err := b.from.Open(table, column, row, sealed)
	if err != nil {
		return nil, err
	}
	return b.to.Seal(table, column, row, plain), nil
}

// Rows reads rows of a key and a sealed column to their end, and seals each anew for the same table, column and key.
func (b Between) Rows(rows *store.Rows, table, column string) (store.Pairs, error) {
	defer rows.Close()
	var out store.Pairs
	for rows.Next() {
		var key string
		var sealed []byte
		if err := rows.Scan(&key, &sealed); err != nil {
			return store.Pairs{}, err
		}
		if sealed == nil {
			out.Add(key, nil)
			continue
		}
		anew, err := b.Reseal(table, column, key, sealed)
		if err != nil {
			return store.Pairs{}, err
		}
		out.Add(key, anew)
	}
	return out, rows.Err()
}
