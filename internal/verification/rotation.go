package verification

import "okno/internal/keyring"

// Indexed are the columns of blind indexes, for a rotation of the index root.
func Indexed() []keyring.Indexed {
	return []keyring.Indexed{{
		Table: "visit", Row: "account_id", Column: "code_index", Ahead: "code_ahead", Sealed: "code", Owner: "account_id",
		Value: func(_ string, plain []byte) (string, string, error) { return "visit.code", string(plain), nil },
	}}
}
