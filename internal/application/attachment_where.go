package application

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/mandate"
	"okno/internal/store"
)

// Whereabouts is where a file lies that a person put into an application.
type Whereabouts struct {
	ID          string
	Application string
	Service     string // code
	Number      string // of the case; "" while it is a draft
	For         string // the account that the application is about, when the person fills it in for somebody else
}

// Where says of the files that the person put into applications, by their ids, where each lies. One that was taken out again, or in which malware was found, is left out.
func (s *Attachments) Where(ctx context.Context, who access.Actor, ids []string) ([]Whereabouts, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	args := []any{who.ID, s.DB.Now()}
	rows, err := s.DB.Query(ctx, `SELECT x.id, x.application_id, COALESCE(c.service, d.service, ''), COALESCE(c.number, ''), CASE WHEN x.account_id = $1 THEN '' ELSE x.account_id END FROM attachment x
		LEFT JOIN application c ON c.id = x.application_id LEFT JOIN draft d ON d.id = x.application_id
		WHERE (x.account_id = $1 OR c.by_id = $1 AND `+mandate.StandsSQL("c.by_id", "c.account_id", "$2")+` OR d.by_id = $1 AND `+mandate.StandsSQL("d.by_id", "d.account_id", "$2")+`) AND x.state <> 'infected' AND (c.id IS NOT NULL OR d.id IS NOT NULL) AND `+store.InSQL("x.id", ids, &args), args...)
	if err != nil {
		return nil, fmt.Errorf("where files of %s lie: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Whereabouts
	for rows.Next() {
		var w Whereabouts
		if err := rows.Scan(&w.ID, &w.Application, &w.Service, &w.Number, &w.For); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}
