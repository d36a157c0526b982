package mandate

import (
	"encoding/json"

	"okno/internal/keyring"
)

// Indexed are the columns of blind indexes, for a rotation of the index root.
func Indexed() []keyring.Indexed {
	return []keyring.Indexed{{
		Table: "child", Row: "account_id", Column: "act_index", Ahead: "act_ahead", Sealed: "birth", Owner: "account_id",
		Value: func(_ string, plain []byte) (string, string, error) {
			var x Birth
			err := json.Unmarshal(plain, &x)
			return "child.act", x.Act, err
		},
	}}
}
