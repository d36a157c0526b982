// Package agency is the desk of an agency's officer: queues, a case beside what the registers know of the applicant, and the
// decisions that the definition of the service gives an officer (OPS-1).
//
//	new ──take──▶ mine ──decide──▶ done        waiting: the applicant's or a register's turn        burning: the deadline is near
//
// Which buttons there are and what a refusal must come with is said by the definition alone. Queues name nobody; opening a
// case is recorded, and the applicant sees it. Two officers who press at the same time: one wins, the other is shown what became of the case.
package agency
