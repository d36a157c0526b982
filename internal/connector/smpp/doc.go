// Package smpp hands SMS to a carrier over SMPP 3.4.
//
// The gateway keeps one session, bound as a transceiver, opened when the first text comes and again after it was
// lost; enquire_link finds out whether it still lives. Texts go over it at the same time, each waiting for its
// own submit_sm_resp.
//
//	(none) --text--> binding --ok--> bound --an answer is late--> retired --nobody waits--> (none)
//	                                   +------ unbind, nonsense, the connection breaks -----^
//
// A text of plain Latin letters, digits and common signs goes in the default alphabet, which for these is the
// same octets with every carrier; everything else goes in UCS-2. What does not fit into one message goes in parts
// of 153 or 67 characters with a header by which the phone puts them together; no character is torn. The reference
// number of the parts comes from our id: a repetition after a broken session continues the same puzzle.
//
// No error means that the carrier took every part. An error means that it did not take all of them, as far as we
// know; whoever sends again may make the phone show a text twice, never in a mixture.
//
// Frames and encodings are those of github.com/linxGnu/gosmpp/pdu. Its Session is not used: it reads frames in a
// goroutine of its own, where some malformed ones panic and would end our process; it dials and binds without a
// deadline; and its splitting gives all parts one sequence number and tears characters outside the basic plane.
package smpp
