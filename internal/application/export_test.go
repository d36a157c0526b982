package application

import (
	"context"
	"strconv"

	"okno/internal/access"
	"okno/internal/procedure"
	"okno/internal/store"
)

// FoundAs reads the beginning of a list in the way that is taken when few cases have the state of the filter, or in the other.
func (s *Service) FoundAs(ctx context.Context, who access.Actor, f Filter, few bool, most int) ([]string, error) {
	var args []any
	_, down := f.Sort.key()
	rare := map[procedure.Turn]bool{}
	for _, turn := range f.Turn.turns() {
		rare[turn] = few
	}
	text := s.found(who, asked{f, rare}, nil, most, &args)
	return store.Names(s.DB.Query(ctx, `SELECT id FROM (`+text+`) few ORDER BY `+ordered(`k`, `id`, down)+` LIMIT `+strconv.Itoa(most), args...))
}

// TellChange is one step of TellChanges, which tells at most some people.
func (s *Service) TellChange(ctx context.Context, some int) (more bool, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		more, err = s.tellChange(ctx, tx, some)
		return err
	})
	return more, err
}
