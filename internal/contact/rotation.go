package contact

import (
	"strings"

	"okno/internal/keyring"
)

// Indexed are the columns of blind indexes, for a rotation of the index root. An attempt is moved when its link has run out:
// until then codes and links are derived from the root under which it began.
func Indexed() []keyring.Indexed {
	value := func(kind string, plain []byte) (column, value string, err error) {
		if cid, retired := strings.CutPrefix(kind, "retired "); retired { // freed: found by nobody under the new root, too
			return "contact.retired", cid, nil
		}
		column, value = Target{Kind(kind), string(plain)}.index()
		return column, value, nil
	}
	return []keyring.Indexed{
		{Table: "contact", Row: "id", Column: "value_index", Ahead: "value_ahead", Sealed: "value", Owner: "account_id", Kind: "CASE WHEN retired THEN 'retired ' || id ELSE kind END", Value: value},
		{Table: "challenge", Row: "id", Column: "value_index", Sealed: "value", Kind: "kind", Dead: "link_until", Value: value},
	}
}

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: "challenge", Row: "id", Column: "value"}}
}
