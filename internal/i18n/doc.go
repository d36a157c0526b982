// Package i18n holds every sentence the portal says, in Russian and in English.
//
// A message has a flat key that reads like a place (register.code.title) and lives in
// locales/LANG/AREA.json; the first word of the key is the area or one of the words declared for it.
// Placeholders are {name}; a message that counts is an object of plural forms and is said with N.
// The catalogues are read once, when the first text is asked for, and never change; a key that is missing shows
// itself as the key, and a test sees to it that none is.
//
// Content that is data (names of services, addresses of offices) is a Text and travels with the data.
package i18n
