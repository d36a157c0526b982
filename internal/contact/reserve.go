package contact

import (
	"context"
	"slices"

	"okno/internal/fault"
	"okno/internal/store"
)

// A reserve e-mail is one that its owner does not use day by day: it opens a recovery and hears of everything that touches the safety of
// the account, and nothing else (AUTH-5). Nobody signs in by it, no code of a sign-in and no news of cases go to it: whoever reads the
// owner's everyday mail finds no letter that names it. It is proved, sealed, indexed, untied and erased like any contact.

// ErrReserveMail is a phone that is to be the reserve.
var ErrReserveMail = fault.New(fault.Conflict, "contacts.reserve_mail")

// Serving are the contacts of the list that serve everything.
func Serving(list []Contact) []Contact {
	return slices.DeleteFunc(slices.Clone(list), func(c Contact) bool { return c.Reserve })
}

// Reserve makes an e-mail of the account a reserve one, or one that serves everything again.
func (s *Service) Reserve(ctx context.Context, tx *store.Tx, account, cid string, on bool) error {
	var since any
	if on {
		since = tx.Now()
	}
	return store.TouchedOr(ErrMissing)(tx.Exec(ctx, `UPDATE contact SET reserved_at = $1, main_at = NULL WHERE id = $2 AND account_id = $3 AND kind = 'email'`, since, cid, account))
}
