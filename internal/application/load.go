package application

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Load is what waits for an agency, by the day on which it is due, and for the head of the desk by who has it.
type Load struct {
	Days     []DayLoad
	Officers []OfficerLoad
}

// DayLoad is how many cases are due on a day.
type DayLoad struct {
	Day  time.Time // its beginning; zero of what is overdue
	Last bool      // that day and every later one, and what has no deadline
	N    int       // at most Plenty
}

// OfficerLoad is what an officer has.
type OfficerLoad struct {
	Officer         string
	All, Near, Late int
}

// Plenty is what the load counts to.
const Plenty = 1000

// ahead is how many days the load shows one by one.
const ahead = 7

// Load counts what is the agency's turn, by days and, for the head of the desk, by officers.
func (s *Service) Load(ctx context.Context, who access.Actor) (Load, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Load{}, err
	}
	var out Load
	now := s.DB.Now()
	y, m, d := now.In(s.Zone).Date()
	out.Days = []DayLoad{{}}
	var args []any
	put := func(v any) string { args = append(args, v); return `$` + strconv.Itoa(len(args)) }
	count := func(condition string) string {
		var each []string
		for _, v := range sightOf(who, now).each("") {
			each = append(each, `SELECT 1 FROM (SELECT 1 FROM application WHERE `+v.sql(&args)+` AND turn = `+put(string(procedure.TurnAgency))+` AND `+condition+` ORDER BY `+dueSQL+` LIMIT `+strconv.Itoa(Plenty)+`) one`+strconv.Itoa(len(args)))
		}
		return `(SELECT count(*) FROM (SELECT 1 FROM (` + strings.Join(each, ` UNION ALL `) + `) each` + strconv.Itoa(len(args)) + ` LIMIT ` + strconv.Itoa(Plenty) + `) few` + strconv.Itoa(len(args)) + `)`
	}
	parts := []string{count(dueSQL + ` < ` + put(now))}
	for i := range ahead + 1 {
		day, next := time.Date(y, m, d+i, 0, 0, 0, 0, s.Zone), time.Date(y, m, d+i+1, 0, 0, 0, 0, s.Zone)
		from := store.Moment(day)
		if i == 0 {
			from = now
		}
		condition := dueSQL + ` >= ` + put(from)
		if i < ahead {
			condition += ` AND ` + dueSQL + ` < ` + put(store.Moment(next))
		}
		out.Days = append(out.Days, DayLoad{Day: day, Last: i == ahead})
		parts = append(parts, count(condition))
	}
	into := make([]any, len(out.Days))
	for i := range out.Days {
		into[i] = &out.Days[i].N
	}
	if err := s.DB.QueryRow(ctx, `SELECT `+strings.Join(parts, `, `), args...).Scan(into...); err != nil {
		return Load{}, fmt.Errorf("load of %s: %w", who.Unit, err)
	}
	var err error
	if who.May(access.LeadDesk) == nil {
		out.Officers, err = s.loadOfOfficers(ctx, who, now)
	}
	return out, err
}

// loadOfOfficers counts what officers have taken: as many rows as people can have on their tables.
func (s *Service) loadOfOfficers(ctx context.Context, who access.Actor, now time.Time) ([]OfficerLoad, error) {
	args := []any{now.Add(s.Policy.Cases.Near), now}
	which := `unit = $3`
	if args = append(args, who.Unit); who.Services != "" {
		which = sightOf(who, now).sql(&args) + ` AND unit = $3`
	}
	rows, err := s.DB.Query(ctx, `SELECT officer, count(*), count(*) FILTER (WHERE `+dueSQL+` < $1), count(*) FILTER (WHERE `+dueSQL+` < $2)
		FROM application WHERE `+which+` AND officer > '' AND turn = 'agency' GROUP BY officer ORDER BY 2 DESC, officer`, args...)
	if err != nil {
		return nil, fmt.Errorf("load of the officers of %s: %w", who.Unit, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []OfficerLoad
	for rows.Next() {
		var o OfficerLoad
		if err := rows.Scan(&o.Officer, &o.All, &o.Near, &o.Late); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}
