// Package rule evaluates the expressions of service definitions: when something is asked, what must hold of the answers.
//
// The language is CEL (https://cel.dev), whose expressions always end and touch nothing outside. An expression is compiled
// once against a Scope, which knows the name and type of every answer, so that a slip of the pen is an error of the
// definition and never of a person who fills in a form. It is run against a Sight, the values of one moment:
//
//	d       the answers: d.kind, d.work (a list of rows)
//	row     one row of a group, in what is said of each
//	p       what the profile knows of the applicant: p.birth_date
//	today   the day at the portal
//
// Rows, and an answer of which several can be chosen ('name' in d.changed), are lists, empty when nothing is answered. Any other
// answer that is missing is null, but for an address, of which each part is: look at one of them. Null equals nothing but null, and
// whatever cannot be said of it cannot be said at all: a condition that meets it does not hold, a demand that meets it is not broken. So a
// question that depends on another is not asked before that one is answered, and two dates are compared when both are there.
//
// Beside the standard functions there are age(birth, day), days(from, to) and gap(rows, 'from', 'to', since, until), the longest
// stretch in days that no row covers. What an expression may cost is bounded (costLimit), as are its text and its depth.
package rule
