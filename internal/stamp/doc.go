// Package stamp is the portal's own signature on the papers that it issues: on the PDF, and in the QR code that is printed on it.
// It has nothing to do with people's signatures (package signature): those are theirs, this is the portal's word that a paper is its own.
//
//	key file ──Make──▶ in force ──Stage: a second one, published──▶ next ──Rotate──▶ in force
//	(outside the data    │                                                             │
//	 folder)             ├── signs papers ◀──────────────────────────────────────── the old one: its private half is
//	                     │                                                             destroyed, its public one stays
//	                     └──Revoke──▶ revoked: no paper under it is believed off line any more
//
// What is signed:
//
//   - The PDF: one signature over the whole file but itself (PAdES B-B: CMS, detached, SHA-256, ECDSA P-256). Any reader of PDF
//     sees it. Its signed attributes hold, beside what the standard asks for, when it was signed and a digest of each object with its
//     page, so that of a file that was changed can be said on which pages, and nobody can change that list.
//   - The code: what the public page of the paper shows, packed (code.go) and signed (COSE_Sign1), as decimal digits behind # in the
//     address of that page. No browser sends that part anywhere. Whoever has the list of keys reads it without any network.
//
// The list of keys (List) is all that a check needs. It is published, dated, and may be kept: a check says of which day its list is.
//
// What always holds:
//
//   - A file is whole when every byte of it is signed, the signature's own bytes having one form only. What was appended is not signed,
//     and a file with something appended is not whole, whatever readers of PDF think of such updates.
//   - A signature counts while its key was in force: not before it, not after it, and not at all when the key was revoked. Whoever stole
//     a key can write any date, so a revoked key's papers of before are not believed either; their public pages still are.
//   - A code says no more than the public page: the name is masked.
//   - What is read here comes from strangers: it is bounded, and read strictly. What does not come out again byte by byte when it is
//     written anew is refused.
//   - The private key is in one file, of the operator, and in the memory of the process. It is in no database and no backup of one.
package stamp
