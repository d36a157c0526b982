package account

import (
	"encoding/json"

	"okno/internal/keyring"
)

// Indexed are the columns of blind indexes, for a rotation of the index root.
func Indexed() []keyring.Indexed {
	return []keyring.Indexed{{
		Table: "account", Row: "id", Column: "snils_index", Ahead: "snils_ahead", Sealed: "profile", Owner: "id",
		Value: func(_ string, plain []byte) (string, string, error) {
			var p Profile
			err := json.Unmarshal(plain, &p)
			return "account.snils", p.SNILS, err
		},
	}}
}
