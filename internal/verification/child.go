package verification

import (
	"context"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/store"
)

// GrantParent gives a child's account what a Confirmed parent and the civil-status register stand for (package mandate asks them).
func (s *Service) GrantParent(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, write func(*account.Profile)) (account.Account, error) {
	return s.Grant(ctx, tx, who, accountID, WayParent, write)
}

// GrantInsured gives a child's account the SNILS that the social fund matched for this child. One that another account holds more
// strongly is account.ErrSnilsTaken.
func (s *Service) GrantInsured(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, write func(*account.Profile)) (account.Account, error) {
	return s.Grant(ctx, tx, who, accountID, WayInsured, write)
}
