// Package account holds people: who they say they are, how far that is proved, and what they agreed to.
//
// An account is made at the level Simplified by a proved contact (registration), rises to Standard when the registers
// matched SNILS and document, and to Confirmed when the person was bound to it (verification). It is never deleted by
// losing something; it may be frozen (REG-6) or retired in favour of another of the same person (REG-12).
//
//	         make             registers matched        bound to the person
//	(nobody) ────▶ simplified ─────────────────▶ standard ─────────────────▶ confirmed
//	                    └───────────────────────────────────────────────────────▲
//
// The profile is one sealed document. Every value in it says where it came from (Source), because pages show that.
// What always holds: one SNILS is held by one account only, by an index of the database, on both engines.
// Data of registers enters the profile only with the level Confirmed, so that a weaker account cannot show it.
package account
