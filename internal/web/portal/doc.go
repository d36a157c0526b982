// Package portal is the citizen's side: home, catalogue, forms, applications, papers, the cabinet.
//
// Handlers translate: they call one verb, fill one view of ready words, and render it. Rules live in the capabilities; a
// page asks the definition and the case what is possible. Pages that change by themselves (a case, the cabinet, the proof of
// identity) follow the news of the store over server-sent events, and say the same without a script when they are reloaded.
package portal
