// Package keyring keeps what is private unreadable: sealed columns, look-up without reading, codes and tokens
// that need no storing, and passwords.
//
// Keys hang in a tree. Outside the data folder lie two secrets; everything else follows from them:
//
//	master keyset (a file of Tink, AES-256-GCM; several keys, one of them primary)
//	├── seals the key of each person (table person_key), which seals the person's columns and files
//	└── seals what belongs to no person (Ring.System)
//	index root (a file; 32 bytes)
//	├── a key per column for blind indexes (Ring.Index): equality can be asked, nothing can be read or enumerated
//	├── codes and tokens derived from what they are for (Ring.Code, Ring.Token)
//	└── the pepper of password hashes (Hasher)
//
// What always holds:
//
//   - A sealed value opens only in the table, column and row it was sealed for, and only with its owner's key.
//   - A dump of the database without the two secrets says nothing of anybody: it cannot be read, and phones and
//     SNILS, of which there are few enough to try them all, cannot be found in its indexes.
//   - Destroying the row of person_key (Ring.Forget) erases the person in every table, file and backup of them at
//     once. Copies of the key in the memory of other nodes die when Watch hears of it, after the TTL at the latest.
//   - Rotating the master keyset changes no sealed column of a person: new keys of persons are sealed with the new
//     primary, old ones go on opening, and Rotation.Reseal seals them anew while everybody works.
//   - While the index root rotates every row is indexed under both roots, each in a column that is unique: nothing can
//     be taken twice, and whatever a node asks by, the row is found. See docs/adr/0015.
//   - A pepper goes on verifying passwords until none is under it; whoever signs in moves their own.
//   - A secret goes out of its file only when nothing in the database needs it and no running node uses it
//     (Rotation.Retire). Nodes take changed files up by themselves (Ring.Keep).
//
// A password is hashed with Argon2id over an HMAC with the pepper, in a bounded pool with a bounded queue:
// a flood is answered "come back in a moment", not with memory. See docs/adr/0003 and 0004.
//
// The package refuses to know who may read what: callers hold a Key after they have asked access.
package keyring
