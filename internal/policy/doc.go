// Package policy is every limit, lifetime and threshold of the portal in one file people can read.
//
// policy.yaml holds the defaults with the reason of each; it is part of the program. An operator may lay a file of his own over
// it that names only what differs (Load). Beyond both stand floors and ceilings, compiled in (bounds.go): a setting that would
// break a requirement or make the portal unsafe is refused at start, with file, line, reason and remedy. Unknown names are
// refused, too: a misspelt limit must not silently be the default.
//
// A Policy does not change while the program runs.
package policy
