// Package catalogue lists the services: all of them, by agency, by life situation, by search.
//
// The services are the definition files embedded here (services/*.yaml) and those of the operator's own
// folders. Load compiles every one when the program starts; one that is broken stops the start with its file,
// line, column and reason, because a portal that quietly lacks a service is worse than one that does not come
// up. A file in a later folder takes the place of an earlier one with the same code, so an operator can change
// a built-in service; two files of one folder may not have the same code, and no two services the same slug.
//
// Search is in memory: an index of stems (Russian and English), made once. A query is folded (case, ё), each of
// its words is looked for as a word, as the beginning of one while it is still being typed, in the other
// keyboard layout (pfuhfy), and with one slip in it; what matches in the title counts more than what matches in
// a synonym, and that more than the rest. Nothing of it depends on the number of services but the size of the
// postings of the words that match.
//
// The catalogue is never changed after Load and needs no lock.
package catalogue
