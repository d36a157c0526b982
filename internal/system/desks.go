package system

import (
	"context"
	"maps"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/catalogue"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
)

// desks looks for agencies whose services wait for somebody whom there is not: a case that nobody decides stands until its deadline is over,
// and what is then told to the head of the desk, or complained of, nobody reads.
func (d *doctor) desks(ctx context.Context, db *store.DB, all *catalogue.Catalogue) {
	const what = "desks"
	if err := all.Update(ctx, db); err != nil {
		return // so does outgrown
	}
	people, err := staff.Deciders(ctx, db)
	if err == nil {
		var systems []access.Actor
		systems, err = agent.Deciders(ctx, db)
		people = append(people, systems...)
	}
	if err != nil {
		d.wrong(what, trimmed(err), "")
		return
	}
	undecided, unled := bare(all.All(), people)
	if len(undecided) > 0 {
		d.doubt(what, "nobody decides the cases of "+listed(undecided), "okno staff add --role officer --unit AGENCY, or a token for the agency's own system (okno agent add)")
	}
	if len(unled) > 0 {
		d.doubt(what, "deadlines that pass and complaints are told to nobody: there is no head of the desk for "+listed(unled), "okno staff add --role head --unit AGENCY")
	}
	if len(undecided)+len(unled) == 0 {
		d.fine(what, "every service that waits for an agency has somebody who decides, and a head")
	}
}

// bare are the services, by their agency, for which nobody decides cases, and those for which no head of the desk reads what is told to them.
func bare(services []*procedure.Definition, people []access.Actor) (undecided, unled map[string][]string) {
	undecided, unled = map[string][]string{}, map[string][]string{}
	for _, def := range services {
		waits := slices.ContainsFunc(def.Steps(), func(st procedure.Step) bool { return st.Turn == procedure.TurnAgency })
		tells := waits || slices.ContainsFunc(def.Steps(), func(st procedure.Step) bool { return st.Deadline.Breach == procedure.Escalate })
		may := func(p access.Permission) bool {
			return slices.ContainsFunc(people, func(a access.Actor) bool { return a.Unit == def.Owner.Code && a.Serves(def.Code) && a.May(p) == nil })
		}
		if waits && !may(access.DecideCases) {
			undecided[def.Owner.Code] = append(undecided[def.Owner.Code], def.Code)
		}
		if tells && !may(access.LeadDesk) {
			unled[def.Owner.Code] = append(unled[def.Owner.Code], def.Code)
		}
	}
	return undecided, unled
}

// listed names agencies with the services meant: fns (fns.inn, fns.extract).
func listed(of map[string][]string) string {
	var out []string
	for _, unit := range slices.Sorted(maps.Keys(of)) {
		out = append(out, unit+" ("+strings.Join(of[unit], ", ")+")")
	}
	return strings.Join(out, "; ")
}
