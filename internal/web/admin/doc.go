// Package admin is the desk of the platform's administrators: agencies' own systems with their tokens, and the news that are sent to
// them. What else there is to administer is done by commands, which the first page lists (web/desk).
//
// A token is shown once, on a page of its own that its issue leads to. What was given up of the news stands on one page with the reason,
// and is sent again one by one or all together.
package admin
