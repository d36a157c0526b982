// Package store opens the one database, SQLite or PostgreSQL, and runs transactions on it.
//
// SQLite is the embedded default, PostgreSQL is production; business code does not know which it has. There is
// one portable SQL text with $1 placeholders, one set of migrations, and these rules:
//
//   - Write is serialisable on both engines (BEGIN IMMEDIATE there, SERIALIZABLE with retry here), so a verb may
//     read, decide and write without thinking of races. Its function may run twice and touches nothing but tx.
//   - Read is one snapshot for several statements; a single statement may be asked of the DB itself.
//   - The moment is frozen at the start (tx.Now), UTC, in microseconds. SQL never asks the database for time,
//     randomness or identifiers.
//   - Driver errors become ErrNotFound, ErrExists, ErrStale; everything else keeps its own words.
//   - A table is named by one package only. A package may lend a fact to another's statement as a scalar
//     subquery (a func ending in SQL), so that the name of the table and its meaning stay at home.
//   - Times are TIMESTAMPTZ in the migrations; SQLite reads that as TIMESTAMP, the one forced difference.
//     Expressions such as max(at) come back as text there: scan every time through Time or NullTime.
//   - JSONB columns hold objects and arrays only: SQLite would make a number of a bare number.
//   - lower() and LIKE know only ASCII on SQLite: fold in Go into a column of its own.
package store
