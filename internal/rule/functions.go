package rule

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// functions are those that expressions have beside the standard ones.
func functions() []cel.EnvOption {
	day := cel.NullableType(cel.TimestampType)
	return []cel.EnvOption{
		cel.Function("date", cel.Overload("date_text", []*cel.Type{cel.StringType}, cel.TimestampType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			s, _ := v.Value().(string)
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				return types.NewErr("%q is no date such as 2026-03-01", s)
			}
			return types.Timestamp{Time: t}
		}))),
		cel.Function("age", cel.Overload("age_days", []*cel.Type{day, day}, cel.IntType, cel.BinaryBinding(onDays(age)))),
		cel.Function("days", cel.Overload("days_days", []*cel.Type{day, day}, cel.IntType, cel.BinaryBinding(onDays(between)))),
		cel.Function("gap", cel.Overload("gap_rows", []*cel.Type{cel.ListType(cel.DynType), cel.StringType, cel.StringType, day, day}, cel.IntType, cel.FunctionBinding(gap))),
	}
}

// onDays makes a function of two days one of two values, which says nothing when one of them is missing.
func onDays(of func(a, b time.Time) int64) func(a, b ref.Val) ref.Val {
	return func(a, b ref.Val) ref.Val {
		from, ok := a.(types.Timestamp)
		to, also := b.(types.Timestamp)
		if !ok || !also {
			return types.NewErr("a day is missing")
		}
		return types.Int(of(from.Time, to.Time))
	}
}

// age is how many years somebody has completed on the day.
func age(born, on time.Time) int64 {
	years := on.Year() - born.Year()
	if on.Month() < born.Month() || on.Month() == born.Month() && on.Day() < born.Day() {
		years--
	}
	return int64(years)
}

func between(from, to time.Time) int64 { return int64(to.Sub(from).Hours() / 24) }

// gap is the longest stretch of days from since to until that no row covers. A row without an end lasts on.
func gap(args ...ref.Val) ref.Val {
	list, ok := args[0].(traits.Lister)
	since, begins := args[3].(types.Timestamp)
	until, ends := args[4].(types.Timestamp)
	if !ok || !begins || !ends {
		return types.NewErr("a day is missing")
	}
	type span struct{ from, to time.Time }
	var spans []span
	for it := list.Iterator(); it.HasNext() == types.True; {
		row, ok := it.Next().(traits.Mapper)
		if !ok {
			continue
		}
		from, _ := row.Find(args[1])
		to, _ := row.Find(args[2])
		begin, ok := from.(types.Timestamp)
		if !ok {
			continue
		}
		end, ok := to.(types.Timestamp)
		if !ok {
			end = until
		}
		spans = append(spans, span{begin.Time, end.Time})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from.Unix(), b.from.Unix()) })
	longest, covered := int64(0), since.Time
	for _, s := range append(spans, span{until.Time, until.Time}) {
		longest = max(longest, between(covered, s.from))
		if s.to.After(covered) {
			covered = s.to
		}
	}
	return types.Int(longest)
}

const syntaxError = "Syntax error"

var (
	noOverload = regexp.MustCompile(`found no matching overload for '([^']*)' applied to '\((.*)\)'`)
	undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	noField    = regexp.MustCompile(`undefined field '([^']*)'`)
)

// plain is what the compiler says, in words for whoever writes a definition.
func plain(said string) string {
	switch {
	case noField.MatchString(said):
		return "there is no " + noField.FindStringSubmatch(said)[1] + " there"
	case undeclared.MatchString(said):
		return noField.ReplaceAllString(undeclared.FindStringSubmatch(said)[1], "$1") + " is not known here; known are d, p, today, and row in what is said of each row"
	case noOverload.MatchString(said):
		m := noOverload.FindStringSubmatch(said)
		return strings.Trim(m[1], "_") + " does not go with " + readable(m[2])
	}
	return strings.TrimSuffix(strings.Replace(said, syntaxError, "this is not understood", 1), ".")
}

func typeName(t *cel.Type) string { return readable(t.String()) }

var typeNames = strings.NewReplacer("wrapper(", "", ")", "", "google.protobuf.Timestamp", "date", "timestamp", "date", "string", "text", "double", "number", "int", "whole number",
	"bool", "true or false", "list(dyn", "rows")

// readable is the name of a type without what the language calls it.
func readable(t string) string { return typeNames.Replace(t) }
