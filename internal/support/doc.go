// Package support is the desk that people turn to when something does not work (CAB-7, OPS-3).
//
//	Ask ──▶ open ──Answer──▶ answered ──Reply──▶ open …          Close ──▶ closed
//
// A question comes from an account or from a visitor. A visitor leaves a contact, if they want an answer there, and gets
// an address with a secret part under which the question can be read; the answer says only that there is one. A question
// names the page where it arose, without the part after "?", and may hold screenshots, sealed like everything else.
//
// What always holds: a question is read by whoever asked it and by the support desk; every look of the desk is recorded,
// with the account it concerns. A form sent twice is one question, because the form brings the question's id. A network is
// never shut out: when many visitors' questions come from one, they are taken a little later and without files (crowd.go). A
// visitor's question is erased with its key some time after it was answered (sweep.go).
package support
