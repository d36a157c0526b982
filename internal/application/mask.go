package application

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
)

// A SNILS that the fund gave and nobody typed is a register's word, of which whoever is not Confirmed sees the end alone (REG-11): the
// application for it may have had somebody else's name and passport. A form takes the number, and a register is asked with it; on pages,
// papers and in the copy of the data stands the end. An officer sees it whole, and so does a parent, whom somebody has seen, of their child.

// secret is the account's number when its person is shown the end alone, "" when there is none or it is theirs to see.
func (s *Service) secret(ctx context.Context, q store.Querier, a account.Account) (string, error) {
	if s.Accounts.SNILSHidden == nil {
		return "", nil
	}
	hidden, err := s.Accounts.SNILSHidden(ctx, q, a)
	if err != nil || !hidden {
		return "", err
	}
	return a.Profile.SNILS, nil
}

// masking marks the number in a profile that is read for the person themselves.
func masking(p procedure.Profile, secret string) {
	if k, ok := p[procedure.SNILS]; ok && secret != "" && k.Value == secret {
		k.Masked = true
		p[procedure.SNILS] = k
	}
}

// maskFor marks the number in a case that is read by whom it is about.
func (s *Service) maskFor(ctx context.Context, q store.Querier, who access.Actor, c *Case) error {
	if who.Kind != access.Person || who.ID != c.AccountID || who.Level == access.Confirmed || c.Content.Profile[procedure.SNILS].Value == "" {
		return nil
	}
	a, err := s.Accounts.Get(ctx, q, c.AccountID)
	if err != nil {
		return fmt.Errorf("whose case %s is: %w", c.ID, err)
	}
	secret, err := s.secret(ctx, q, a)
	if err != nil {
		return err
	}
	masking(c.Content.Profile, secret)
	return nil
}

// masked gives with the end alone of the number whatever is given out of the account.
func masked(secret string, give func(table string, row any) error) func(table string, row any) error {
	if secret == "" {
		return give
	}
	end := form.MaskSNILS(secret)
	cover := strings.NewReplacer(secret, end, form.FormatSNILS(secret), end)
	return func(table string, row any) error {
		plain, err := json.Marshal(row)
		if err != nil {
			return err
		}
		return give(table, json.RawMessage(cover.Replace(string(plain))))
	}
}
