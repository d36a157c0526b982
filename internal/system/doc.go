// Package system builds every service, connector and page, and runs them. It can be read top to bottom: nothing
// registers itself. Only cmd and the journeys import it.
//
// What differs between a demo and production is told here and nowhere else: a demo brings its own sandbox world, keys
// in its data folder, a clock that can be moved and pages under /demo; serve refuses a folder that a demo has used.
package system
