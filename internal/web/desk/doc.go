// Package desk is what the workplaces of staff share: signing in with all three (login, password, code of the authenticator app or a
// passkey), signing out, the passkeys of one's own, and the way from /desk to the desk of one's role.
//
//	/desk ──▶ centre /desk/centre · officer /desk/cases · support /desk/support · admin /desk/admin
//
// The session of an employee lies in a cookie of its own that is sent below /desk only, so that the same browser may hold
// a person's session beside it.
package desk
