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

// secret are the account's numbers of which its person is shown the end alone.
func (s *Service) secret(ctx context.Context, q store.Querier, a account.Account) (map[string]bool, error) {
	if s.Accounts.SecretSNILS == nil {
		return nil, nil
	}
	return s.Accounts.SecretSNILS(ctx, q, a)
}

// masking marks a number in a profile that is read for the person themselves.
func masking(p procedure.Profile, secret map[string]bool) {
	if k, ok := p[procedure.SNILS]; ok && secret[k.Value] {
		k.Masked = true
		p[procedure.SNILS] = k
	}
}

// maskFor marks the number in a case that is read by whom it is about.
func (s *Service) maskFor(ctx context.Context, q store.Querier, who access.Actor, c *Case) error {
	if who.Kind != access.Person || who.ID != c.AccountID {
		return nil
	}
	c.Content.Profile.Mask(who.Level)
	if c.Content.Profile[procedure.SNILS].Value == "" {
		return nil
	}
	secret, err := s.secret(ctx, q, account.Account{ID: who.ID, Level: who.Level})
	if err != nil {
		return fmt.Errorf("what is masked in case %s: %w", c.ID, err)
	}
	masking(c.Content.Profile, secret)
	return nil
}

// masked gives with the ends alone of the numbers whatever is given out of the account.
func masked(secret map[string]bool, give func(table string, row any) error) func(table string, row any) error {
	if len(secret) == 0 {
		return give
	}
	var words []string
	for number := range secret {
		end := form.MaskSNILS(number)
		words = append(words, number, end, form.FormatSNILS(number), end)
	}
	cover := strings.NewReplacer(words...)
	return func(table string, row any) error {
		plain, err := json.Marshal(row)
		if err != nil {
			return err
		}
		return give(table, json.RawMessage(cover.Replace(string(plain))))
	}
}
