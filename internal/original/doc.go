// Package original keeps the originals of papers that people send for the proof of who they are (LVL-4, LVL-11).
//
// A person sends a picture or a PDF of a page. It is looked through, cleaned of what its maker noted in it, sealed under the person's
// key, and read by a job:
//
//	Send ──▶ waiting ──Read──▶ read      the fields are known; they are compared with what is typed whenever somebody looks
//	                    │ ├──▶ kept      no reader knows such a paper, or the readers are away: an operator looks
//	                    │ └──▶ refused   it cannot be read, and why; erased after originals.keep_refused
//	                    └── every state: Send in its place, Delete ──▶ nothing
//
// What was read is a claim about a picture. It changes nothing by itself: neither a field that was typed nor the level of the account.
// Where it differs, the person is told in which fields; they correct what they typed or send another picture.
//
// At a centre's desk an operator who has the person before them sees what was sent, beside what they entered from the papers themselves
// (desk.go). Every such look is recorded, and the person reads of it in the cabinet.
//
// What always holds: a page is decoded only where so many at once are allowed, in a request as in a job. Nothing of a page gets into
// the audit, a job or the log. One of a person's originals is shown to them, behind a second factor
// (Config.Opens), to an operator with their proof open, and to nobody else.
package original
