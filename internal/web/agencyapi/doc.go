// Package agencyapi is the machine interface by which an agency's own system does what an officer does: /api/agency/v1.
//
// openapi.yaml says what there is; it is served as OpenAPI 3.1 and as a page for people, and tests hold the routes and every answer to
// it. A request goes through one door: the language, the token (package agent), the scope, then a handler that calls the same verbs of
// package application as the officer's desk. What goes wrong is told as RFC 9457 says, each field with its reason and its remedy.
//
// What always holds:
//   - Cookies count for nothing here; a token counts for nothing anywhere else.
//   - A case of another agency is not there, whatever is asked about it.
//   - A look at a person's data is recorded before it is answered.
//   - An act names the version of the case that was seen, and may be repeated under its Idempotency-Key.
package agencyapi
