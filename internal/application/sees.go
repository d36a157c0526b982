package application

import (
	"strconv"

	"okno/internal/access"
	"okno/internal/keyring"
)

// sight is which cases an actor may see. It is the one rule: a case is asked by sees, a statement that reads many by sql, and both
// say the same (TestListPageFilesStreamComplaintsAPIAndSearchShowTheSameCases). The zero sight is blind.
type sight struct {
	all     bool
	account string // the cases of this account
	unit    string // … or of this agency
}

func sightOf(who access.Actor) sight {
	switch who.Kind {
	case access.System:
		return sight{all: true}
	case access.Person:
		return sight{account: who.ID}
	case access.Staff:
		if who.May(access.DecideCases) == nil {
			return sight{unit: who.Unit}
		}
	case access.Agent: // of a token that opens nothing of a case there is no case
		if who.May(access.ReadCases) == nil || who.May(access.DecideCases) == nil || who.May(access.ReadFiles) == nil {
			return sight{unit: who.Unit}
		}
	case access.Anonymous:
	}
	return sight{}
}

// sees reports whether the case is among them.
func (v sight) sees(c Case) bool {
	return v.all || v.account != "" && v.account == c.AccountID || v.unit != "" && v.unit == c.Unit
}

// sql is sees as a condition on rows of application. Nobody but the system sees what is left of a case whose person was erased.
func (v sight) sql(args *[]any) string {
	column, value := "unit", v.unit
	switch {
	case v.all:
		return `1 = 1`
	case v.account != "":
		column, value = "account_id", v.account
	case v.unit == "":
		return `1 = 0`
	}
	*args = append(*args, value)
	return column + ` = $` + strconv.Itoa(len(*args)) + ` AND ` + keyring.WrappedSQL("application.account_id") + ` IS NOT NULL`
}

// sees is the one rule of who sees a case.
func (c Case) sees(who access.Actor) bool { return sightOf(who).sees(c) }
