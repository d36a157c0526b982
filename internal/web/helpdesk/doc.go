// Package helpdesk is where help is asked for and given (CAB-7, OPS-3).
//
//	everybody   /support: hotline, answers to what is asked most, a question with screenshots; /support/{id}: the talk
//	support     /desk/support: the queue, a question and its answer, blocks by reference number (REG-5),
//	            takeovers that were a mistake by theirs (REG-12)
//
// A visitor without an account comes back to a question by an address with a secret part. What the desk looks at is
// recorded: questions, screenshots and blocks alike.
package helpdesk
