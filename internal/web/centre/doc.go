// Package centre is the desk of a service centre: an operator has a person and their papers before them and confirms who
// they are (LVL-7, OPS-2).
//
//	code from the cabinet ──▶ papers ──▶ what the registers say, field by field ──▶ confirm | correct | end without
//
// The operator opens a person by the code that the person says, never by a name; the page waits for registers by itself
// and says how often they were asked. Once a proof has ended its papers are not shown any more. Every look is
// recorded for the person, a colleague's too.
//
// Whoever is Confirmed already and has lost phone and e-mail is given a temporary password on paper (AUTH-6, temporary.go).
package centre
