package application

import (
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/store"
)

// sight is which cases an actor may see. It is the one rule: a case is asked by sees, a statement that reads many by sql, and both
// say the same (TestListPageFilesStreamComplaintsAPIAndSearchShowTheSameCases). The zero sight is blind.
type sight struct {
	all     bool
	account string // the cases of this account, and those that it filed for somebody for whom it may act
	unit    string // … or of this agency
	// of these services of the agency, as access.Actor has them; "" for all of them
	services string
	beside   bool // of the list's order: the services stand beside what is read, and do not lead to their index
	now      time.Time
}

func sightOf(who access.Actor, now time.Time) sight {
	switch who.Kind {
	case access.System:
		return sight{all: true}
	case access.Person:
		return sight{account: who.ID, now: now}
	case access.Staff:
		if who.May(access.DecideCases) == nil {
			return sight{unit: who.Unit, services: who.Services}
		}
	case access.Agent: // of a token that opens nothing of a case there is no case
		if who.May(access.ReadCases) == nil || who.May(access.DecideCases) == nil || who.May(access.AssignCases) == nil || who.May(access.ReadFiles) == nil {
			return sight{unit: who.Unit, services: who.Services}
		}
	case access.Anonymous:
	}
	return sight{}
}

// sees reports whether the case is among them.
func (v sight) sees(c Case) bool {
	mine := v.account == c.AccountID || v.account == c.By && c.actsUntil.After(v.now)
	return v.all || v.account != "" && mine || v.unit != "" && v.unit == c.Unit && access.Actor{Services: v.services}.Serves(c.Service)
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
		column := `service`
		if v.beside {
			column = `service || ''`
		}
		switch list := strings.Fields(v.services); len(list) {
		case 0:
		case 1:
			which += ` AND ` + column + ` = ` + put(list[0])
		default:
			which += ` AND ` + store.InSQL(column, list, args)
		}
	default:
		return `1 = 0`
	}
	return which + ` AND ` + keyring.WrappedSQL("application.account_id") + ` IS NOT NULL`
}

// each is the sight service by service, where it is limited to some: a list that is in the order of their index is read from each of them.
// service keeps it to that one; "" does not.
func (v sight) each(service string) []sight {
	if v.services == "" {
		return []sight{v}
	}
	var out []sight
	for _, code := range strings.Fields(v.services) {
		if service == "" || service == code {
			one := v
			one.services, one.beside = code, false
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return []sight{{}} // of what they do not see there is nothing
	}
	return out
}

// sees is the one rule of who sees a case.
func (c Case) sees(who access.Actor, now time.Time) bool { return sightOf(who, now).sees(c) }
