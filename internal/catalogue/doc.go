// Package catalogue lists the services: all of them, by agency, by life situation, by search.
//
// The services are the definition files embedded here (services/*.yaml) and those of the operator's own
// folders. Load compiles every one when the program starts; one that is broken stops the start with its file,
// line, column and reason, because a portal that quietly lacks a service is worse than one that does not come
// up. A file in a later folder takes the place of an earlier one with the same code, so an operator can change
// a built-in service; two files of one folder may not have the same code, and no two services the same slug.
//
// A service of several parts (SRV-8) begins cases of other services. It stands on a shelf only beside every one of them, and when each
// can be begun with what it is given (procedure.Joins): what does not join stops the start, and is not published.
//
// Over the files lies what was published in the database: a service published there wins over a file of the same
// code, until it is taken back. The order is: built-in, the operator's folder, published. Publish compiles, lays the
// definition beside all others (slug, owner, life situation), compares it with what is in force and refuses what
// breaks something without a reason; every publication stays, so that each version can be gone back to. Follow takes
// in publications of other nodes within a second; what a node cannot take in leaves its services as they are.
//
//	file ──Load──▶ in force ◀──Publish, GoBack── published ──Unpublish──▶ what the files have
//
// Search is in memory: an index of stems (Russian and English), made once for a shelf. A query is folded (case, ё)
// and read in both keyboard layouts (pfuhfy); the one in which more of its words are known is taken. Each word is
// looked for as a word and as those that mean the same (words.yaml), the last one as a beginning too; one that is
// not known as two written together, then with slips, of which letters that are heard alike are half ones. A
// service scores by its words (a rare one says more; the title counts most, then synonyms) and by the phrase of its
// own, the title or a synonym, that is most like the whole query. What was understood otherwise than it was typed
// is said back. Queries are kept nowhere. How good that is the package golden measures.
//
//	query ─tokens─▶ understand (layout, word, akin, beginning, joined, slips) ─senses─▶ rank ─▶ cut ─▶ Found
//
// LinkedData is the same catalogue for programs, by CPSV-AP.
//
// What the catalogue answers is of one moment: a shelf is made anew for each publication and put in the place of the
// last one, so that readers need no lock.
package catalogue
