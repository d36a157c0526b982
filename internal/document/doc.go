// Package document holds the papers a person gets: certificates and extracts that a case ends with, and the receipt of an
// application.
//
// A paper is three things: a row, sealed with the person's key; a PDF, sealed as a file; and a public page, found by the
// token in the paper's QR code, where whoever was handed the paper sees whether it is genuine.
//
//	Compose ──► content ──Prepare──► draft ──Issue──► valid ──Revoke──► revoked
//	(pure)               (number,      │                 │                 │
//	                      token, PDF)  └─ nobody issued  └────── Issue ────┴──► superseded
//	                                      it: swept           of the next one
//
// Compose says in both languages what a kind of paper says, from what a register answered. Prepare does what takes time and
// holds no transaction: it takes a number, makes the token, prints and stores the bytes. Issue makes the paper valid in the
// transaction that ends the case, so that a case is never done without its paper and no paper is there without its case.
//
// What always holds:
//
//   - One case has one paper of a kind, however often the job runs that makes it: whoever comes second is given the first.
//   - A number is used once. Numbers run on within a year of the portal's zone and may have gaps.
//   - A token is 192 bits of chance. The database knows its hash, by which the public page finds the paper, and the token
//     itself under the person's key only, so that a copy of the database opens nobody's page.
//   - The public page shows no more than the paper, and of the name the first letters. It shows the sums, too, because
//     a genuine code can be copied onto a forged paper.
//   - A paper never changes. What turns out wrong is revoked or replaced, and its page says so from then on.
//   - The same content, number, moment and token print the same bytes.
//   - A paper with a letter that the typeface lacks is not printed at all: a name is whole or the operator hears of it.
//
// The person alone opens the PDF, behind a second factor (Service.Opens); the list of papers shows without it what they are called, whose
// they are and their numbers. What others may see of it is decided when a policy for that is there. Looks by others,
// the public page's too, are recorded for the person to read.
package document
