package application

import (
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/mandate"
)

// sight is which cases an actor may see. It is the one rule: a case is asked by sees, a statement that reads many by sql, and both
// say the same (TestListPageFilesStreamComplaintsAPIAndSearchShowTheSameCases). The zero sight is blind.
type sight struct {
	all     bool
	account string // the cases of this account, and those that it filed for somebody for whom it may act
	unit    string // … or of this agency
	now     time.Time
}

func sightOf(who access.Actor, now time.Time) sight {
	switch who.Kind {
	case access.System:
		return sight{all: true}
	case access.Person:
		return sight{account: who.ID, now: now}
	case access.Staff:
		if who.May(access.DecideCases) == nil {
			return sight{unit: who.Unit}
		}
	case access.Agent: // of a token that opens nothing of a case there is no case
		if who.May(access.ReadCases) == nil || who.May(access.DecideCases) == nil || who.May(access.AssignCases) == nil || who.May(access.ReadFiles) == nil {
			return sight{unit: who.Unit}
		}
	case access.Anonymous:
	}
	return sight{}
}

// sees reports whether the case is among them.
func (v sight) sees(c Case) bool {
	mine := v.account == c.AccountID || v.account == c.By && c.actsUntil.After(v.now)
	return v.all || v.account != "" && mine || v.unit != "" && v.unit == c.Unit
}

// sql is sees as a condition on rows of application. Nobody but the system sees what is left of a case whose person was erased.
func (v sight) sql(args *[]any) string {
	put := func(v any) string {
		*args = append(*args, v)
		return `$` + strconv.Itoa(len(*args))
	}
	var which string
	switch {
	case v.all:
		return `1 = 1`
	case v.account != "":
		me := put(v.account)
		which = `(account_id = ` + me + ` OR by_id = ` + me + ` AND ` + mandate.StandsSQL("application.by_id", "application.account_id", put(v.now)) + `)`
	case v.unit != "":
		which = `unit = ` + put(v.unit)
	default:
		return `1 = 0`
	}
	return which + ` AND ` + keyring.WrappedSQL("application.account_id") + ` IS NOT NULL`
}

// sees is the one rule of who sees a case.
func (c Case) sees(who access.Actor, now time.Time) bool { return sightOf(who, now).sees(c) }
