// Package reception is the desk of who receives people by appointment (SRV-7): the day of a doctor, of a window.
//
// Whoever works at a place sees its desks and no others. The page of a day names people, so every look at it is recorded of each of
// them; it is printed as it stands. Who stands there without an appointment gets a seat of today and a number.
package reception
