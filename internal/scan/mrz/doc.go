// Package mrz reads the machine-readable zone of passports and cards: ICAO Doc 9303, and what Russia's internal passport
// makes of it.
//
//	TD1  three lines of 30   cards
//	TD2  two lines of 36     larger cards, visas of that size
//	TD3  two lines of 44     passports
//
// The internal passport has the size of TD3 and begins with PNRUS. The last digit of its series, the day of issue and the code
// of the department stand where others have optional data, and its names are not transcribed: every Russian letter has a sign
// of its own, some of them digits (2 is Ё, 3 is Ч, 8 is Я), so that the name is had back exactly.
//
// What always holds: Parse is pure and takes exactly the signs A–Z, 0–9 and < in lines of the right length; whatever was read by
// a camera is brought to that form by Mend first. A zone whose check digits do not agree is returned with Checks that say which,
// for a reader may try again; Sound says whether all do. Names have no check digit: whoever needs them right compares them with
// what else the page says.
package mrz
