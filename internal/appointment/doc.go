// Package appointment gives people a time to come: to a doctor, to an agency, to a place where identity is proved (SRV-7).
//
//	calendar ──▶ slots of a day ──▶ Hold, for appointments.hold ──▶ Confirm ──▶ Cancel
//	                                  └── nobody confirmed ──▶ free again by itself
//	booked ──▶ Hold of another time that Moves it ──▶ Confirm: the new one is booked and the old one given back, at once
//
//	nothing free ──▶ Queue ──▶ Offer: a seat that became free is held for the first in the line, for appointments.offer ──▶ Confirm
//	                              └── not in time ──▶ the next in the line; who let it pass is out of it
//
// What always holds:
//
//   - A seat of a slot has one person. The constraint appointment_seat_key says so on both engines, whatever the code does.
//   - Slots are not stored: they follow from the calendar of the resource, so a day off takes effect at once. Who has booked for it is told,
//     and their time is cancelled, when it has stood so for appointments.close_after.
//   - A hold whose time is over is free for the next person without waiting for a sweep.
//   - A move never leaves a person without a time: the old one is theirs until the new one is booked. A calendar knows both by the same
//     name, the first of them (Root).
//   - A party has one appointment and a seat for each; it gets them all or none.
//   - A reminder goes once for each of its two moments, however often the timer rings. Its link frees or keeps one time, once, and tells
//     nothing of the person. On the page of the appointment the person answers the same, with or without the link.
//   - A person has at most appointments.most of a kind, a move does not count twice.
//   - Two that race for a seat are let through by the key of the seat, two holds of one person by the index of holds: no verb needs more
//     than the rows that it changes, so that a crowd does not collide in pages of an index.
//   - While somebody waits, what becomes free is theirs: nobody who came later gets it, by whichever way. Of a line those in front are asked, a
//     hundred of each size of party: what suits none of them is everybody's.
//   - A list of many desks tells what the page of each does: Soonest is the first of Open.
//   - Free times are read once for many who look in the same moment, and shown for appointments.fresh at most; a seat that is taken or given
//     back at this node and hours that change are seen at once. What decides is Hold.
//   - Of a person the account is stored and nothing else: why they come is not asked.
package appointment
