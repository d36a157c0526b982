// Package bench measures the program as it runs: okno serve in a process of its own on a real database, a generator of
// load in another, and what it is compared with in a third. It prints one table, each line a ratio of two things that were
// measured in turns in one run on one machine, beside what it ought to be. It judges nothing else: a slow machine fails
// no build.
//
//	parent ──starts──▶ okno serve        (the portal, on SQLite or on PostgreSQL)
//	   │                  ▲
//	   │                  │ HTTP
//	   ├──orders──▶ child: generator     (its CPU is its own, and is deducted where the line says so)
//	   ├──orders──▶ child: bare hash     (Argon2id and nothing else, in a process with nothing else in memory)
//	   └──orders──▶ child: bare writer   (the rows of a case, in plain transactions of database/sql)
//
// People are made beforehand by the verbs that the pages call (people.go). What a case writes is not listed here but seen:
// the writer compares the tables before and after one submission (rows.go), so it cannot fall behind the program.
//
// CPU is that of /proc: of the server, of its hash worker, and of PostgreSQL with all its backends.
package bench
