package application

import (
	"context"
	"strconv"

	"okno/internal/access"
	"okno/internal/store"
)

// FoundAs reads the beginning of a list in the way that is taken when few cases have the state of the filter, or in the other.
func (s *Service) FoundAs(ctx context.Context, who access.Actor, f Filter, few bool, most int) ([]string, error) {
	var args []any
	_, down := f.Sort.key()
	text := s.found(who, asked{f, few}, nil, most, &args)
	return store.Names(s.DB.Query(ctx, `SELECT id FROM (`+text+`) few ORDER BY `+ordered(`k`, `id`, down)+` LIMIT `+strconv.Itoa(most), args...))
}
