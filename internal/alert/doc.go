// Package alert keeps what a person was told that somebody did with their account, and the pause that follows when they say that it was
// not them (AUTH-8, «это не я»).
//
//	something was done ──▶ told over every channel, with a link
//	    link, GET  ──▶ a page that asks; nothing changes, mail scanners open links by themselves
//	    link, POST ──▶ disavowed, once ──▶ pause: what changes the ways in is refused
//	                                         └──▶ over by itself after alert.pause, or sooner by a proof (package signin)
//
// What always holds:
//
//   - A link opens nothing, restores nothing and makes nothing easier. Whoever reads another's letters can pause once for each event, for
//     a day at most, and alert.pauses_per_person times in all.
//   - An event is disavowed once: of two clicks at once one finds it done.
//   - During a pause a person signs in and uses every service as before.
//   - What was there only since the event, and what the session was proved by in which it was done, is in doubt: it ends no pause.
//
// Everybody whose act may be a stranger's calls Allowed in the transaction that does it. Who may end a pause, and what else
// happens when an event is disavowed, is decided by signin.
package alert
