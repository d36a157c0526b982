package files

import "okno/internal/keyring"

// Fixed are the files of the platform itself, whose bytes the master keyset seals: nothing puts any yet, and a rotation of the
// master keyset would have to write them anew.
func Fixed() []keyring.Fixed {
	return []keyring.Fixed{{Name: "files of the platform", Table: "file", Where: "owner = ''"}}
}
