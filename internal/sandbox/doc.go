// Package sandbox is the outside world: the registers of a small state with its residents, a mail server, two
// carriers of SMS, the telephones, and the letterboxes of everybody, all over their real protocols.
//
// The demo, the measurements (bench) and the tests run against it, and the portal cannot tell: connectors are pointed at it by their
// settings. Its certification authorities can also stand alone: okno sandbox ca.
//
//	passport, snils, inn, civil, income,
//	property                                 registers, JSON over HTTP, each with its own vocabulary and codes
//	xroad                                    a security server of X-Road before the same registers
//	sms1                                     a carrier that speaks SMPP 3.4
//	sms2                                     a carrier behind a Kannel, HTTP
//	voice                                    everybody's telephone, SIP over UDP; it writes down the digits that it hears
//	smtp                                     a mail server
//	agency                                   an agency's own system, which gets news of cases and may decide them
//	authority                                certification authorities: lists of revoked certificates and OCSP over HTTP
//
// Whatever the carriers and the mail server take lands in the outbox, which outlives the program as a file of
// JSON lines. A message sent twice is there twice: the sandbox forgives nothing.
//
// Every system can be spoiled while it runs: slow (answers after a while), down (hangs up), garbage (talks
// nonsense). See SetFault.
//
// The residents are made from a seed and are the same in every sandbox. Their papers are consistent, with right
// check digits, and belong to nobody: SNILS numbers lie in a range that was never given out, tax inspectorates
// and towns do not exist. This package computes the check digits by itself and does not ask the portal's forms:
// if the two disagree, one of them is wrong, and a test should say so.
//
// Some residents have no SNILS (Newcomers): the social fund gives them one four working days after they applied, by the clock of the
// sandbox, and remembers that in a file beside the outbox.
//
// A register never says anything of a resident to one who does not name the resident rightly: a wrong name and
// a wrong birth date together are "not found".
package sandbox
