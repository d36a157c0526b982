// Package workday is the Russian production calendar: which days people work, and on which of them an hour less.
//
// The holidays are those of article 112 of the Labour Code. Each autumn the Government says by decree where days off of the next year
// move; the operator gives that decree as a file (okno calendar put, docs/operations.md), which is kept in the database and wins over
// what is embedded here. Every node takes it in within a second.
//
//	file ──Parse──▶ every mistake at once, or years ──Put──▶ database ──Follow──▶ Calendar of each node
//
// What always holds:
//
//   - A year is given whole: the last one that was put counts, and taking it back leaves what is embedded.
//   - A year of which nothing is known follows the article's own rule: a holiday on a weekend moves to the next working day, except in
//     January. Known says where that begins, so that somebody can be told before deadlines reach it.
//   - What was put is never changed, so that it can be said later by which calendar a day was counted.
//   - A moment that was computed and told to somebody is not computed again: a deadline keeps its day.
package workday
