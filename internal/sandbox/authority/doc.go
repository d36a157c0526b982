// Package authority is the sandbox's certification authorities: it issues qualified certificates to residents, and publishes which of
// them are revoked, as a list and by OCSP, over HTTP. Its certificates look like those that order 795 of the FSB asks for, and nobody
// trusts them but a portal that is told to.
//
// There are authorities of each sort of keys, RSA, ECDSA and GOST R 34.10-2012, each below a root of its own:
//
//	root (head authority) ──▶ issuing authority ──▶ residents, the responder of OCSP
//
// They are made when the first certificate is asked for, and kept in a folder, so that a file with a key goes on working after a
// restart. The folder trusted in it is the operator's list of accredited authorities.
//
// What Go cannot sign is signed by OpenSSL with its engine gost: a certificate, a list or an answer is composed by Go's library under a
// key of one moment, and then gets the name of the right algorithm, the right key and the right signature (resign.go). So one path
// makes them all, and a test can have any certificate that it wants refused.
package authority
