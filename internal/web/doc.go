// Package web is the edge: it takes requests, finds out who asks, shows pages, and says the same things on every
// answer: security headers, a reference number, one line in the log.
//
// Pages live in the packages below it, one per audience (identity, portal, centre, agency, helpdesk). A page is a
// Handler: it reads a form, calls one verb of a capability, and renders or redirects. It returns an error instead of
// showing it; the Server shows it once, the same way everywhere:
//
//	fault of bad fields    the page does that itself: 422 with what was typed (Refused)
//	nobody is signed in    a redirect to the sign-in page, and back afterwards
//	any other fault        a page with its words, its status and the reference number
//	anything else          «internal error» with the reference number; the chain goes to the log only
//
// Below /api/ the same is said in JSON.
//
// A request goes through: a reference number, the headers, the host that was asked for, the origin of a POST, the size of
// the body, the route. Who asks is found out when a page wants to know (Session): one statement, at most once a request.
//
// What always holds, and is tested:
//   - the log never holds an address with its values, a query, a form, a name: routes are logged by their pattern;
//   - every answer, errors too, carries the policy that makes a hole in a template harmless;
//   - no address that came from outside is redirected to unless Local let it through;
//   - pages work without scripts, and every POST that worked ends in a redirect.
package web
