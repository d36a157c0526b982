package form

import (
	"time"

	"okno/internal/i18n"
	"okno/internal/rule"
)

// Condition says when something is asked: an expression over answers (package rule). The zero Condition always holds.
type Condition struct{ expr *rule.Expr }

// On makes a condition of an expression.
func On(e *rule.Expr) Condition { return Condition{e} }

// IsZero reports whether the condition always holds because nothing was asked of it.
func (c Condition) IsZero() bool { return c.expr == nil }

// Holds reports whether the values meet the condition.
func (c Condition) Holds(s rule.Sight) bool { return c.expr == nil || c.expr.Holds(s) }

// Pointers lists the answers the condition looks at.
func (c Condition) Pointers() []string {
	if c.expr == nil {
		return nil
	}
	return c.expr.Pointers()
}

// Demand is what must hold of the answers together: a day before another, periods without a gap.
type Demand struct {
	At      string    // pointer of the field that is told to be wrong; in a group of rows, /work/*/to
	When    Condition // demanded only then
	Assert  *rule.Expr
	Message i18n.Text // what is wrong and what to do
}

// See is the values that conditions and demands look at.
func (f Form) See(a Answers) rule.Sight {
	if f.Scope == nil {
		return rule.Sight{}
	}
	return f.Scope.See(a, f.Known, f.Today.In(time.UTC))
}
