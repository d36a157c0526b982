// Package signature tells whether a qualified electronic signature is good, and whose it is (AUTH-3, LVL-9).
//
// A signature comes as a file: CMS (RFC 5652) of the sort CAdES-BES, with the signed bytes in it or beside it, as DER, BER, PEM or
// base64, made by RSA, ECDSA or GOST R 34.10-2012. What becomes of it:
//
//	file ──parse──▶ message ──the signer's key──▶ whole ──the list of accredited authorities──▶ trusted
//	                                                  ──certificate: now, for signing, qualified, SNILS──▶ fit
//	                                                      ──OCSP, else the list of revoked ones──▶ Signer
//
// Whoever is to prove who they are signs a Challenge: a text of this portal with a number of its own, which names what is being done.
// It is for one purpose and one holder (a browser, or an account), lives for signatures.challenge_lifetime, and is spent once:
//
//	Challenge ──▶ open ──Answer: a good signature──▶ spent      (of two at once one wins)
//	               │ ▲──Answer: a refusal, counted──┘
//	               └──its time or its tries are over──▶ dead
//
// A token may sign a handshake of TLS in the place of the text (ticket.go): the certificate is held to the same rules from "trusted" on.
//
// Go reads everything: messages, certificates, lists, answers of OCSP, all in strict DER after one normalising (ber.go). Only two
// questions are put to a program of others, as there is no GOST in Go and we write no primitives: what is the Streebog of these bytes,
// and did this key sign them; and, when a chain holds a GOST key, whether the chain is a path. That is OpenSSL with its engine gost,
// a child process within bounds (openssl.go, docs/adr/0018).
//
// What always holds:
//
//   - What cannot be checked now is refused as just that, ErrCannotCheck: there is no soft failure. What an authority published counts
//     until the moment that it names, and is asked for anew before, so that its absence for an hour hurts nobody.
//   - An authority that is not in the operator's list is not accredited: certificates that come along in a message never make a path.
//   - Nothing is fetched for a certificate whose path is not proven: a stranger cannot make us call addresses.
//   - Each refusal is a fault of its own, with its reason and its remedy. What is too large is refused before it is read.
//   - No name or number of a signer stands in an error, a log or an address.
package signature
