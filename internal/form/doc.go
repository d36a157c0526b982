// Package form knows what people type: how it is read, what is wrong with it, how it is shown.
//
// There are two halves. The first is a function per kind of value: Surname, BirthDate, MobilePhone, Email,
// Password, SNILS, INN, the lines of a passport, codes. Each takes the text as it was typed and gives back the
// one normal form that is stored, or a Problem: the key of a message that says what is wrong and what to do
// about it (REG-9). They are forgiving where a machine can mend what was typed (8 912… is +7 912…, spaces and
// dashes are dropped, 01021990 is a date) and exact where it cannot. Each has a function that shows the value
// (FormatPhone) and most have one that shows it to somebody who should only recognise it (MaskPhone).
//
// What always holds: reading is idempotent, so a normal form is read as itself; a value that was accepted can
// be shown and read again; nothing here looks at a clock, a database or a register.
//
// Three things are made of several values. Papers lists the kinds of identity documents (REG-13): their fields, who is given
// one and at what age; ReadIdentity reads one. PartsOfAddress are those of an address, each with a type of its own, and ParseAddress takes
// one apart that was typed in a line; AddressesDiffer says where registration and residence part (REG-16), which is a notice and no
// refusal. Checks are all of these readers by name, so that a page asks about a value while it is typed with the function
// that will read it.
//
// The second half is the form as data: pages of fields with labels in both languages, bound by JSON Pointers to
// Answers, which is what is kept of a draft and of an application.
//
//	typed --Parse--> Answers --Validate--> what is wrong, by field
//	                    |
//	                    +--Typed--> the same input again, --Show--> the page to review
//
// Parse never refuses: what cannot be read is kept as it was typed, so that nothing is lost when a page comes
// back with errors or a connection breaks; Validate is what refuses. Fields and pages may depend on earlier
// answers by a Condition, an expression of a service's definition (package rule).
package form
