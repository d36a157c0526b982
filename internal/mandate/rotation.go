package mandate

import (
	"encoding/json"

	"okno/internal/contact"
	"okno/internal/keyring"
)

// Indexed are the columns of blind indexes, for a rotation of the index root.
func Indexed() []keyring.Indexed {
	return []keyring.Indexed{{
		Table: "handover", Row: "account_id", Column: "contact_index", Ahead: "contact_ahead", Sealed: "contact", Owner: "account_id",
		Value: func(_ string, plain []byte) (column, value string, err error) {
			var t contact.Target
			err = json.Unmarshal(plain, &t)
			column, value = t.Named()
			return column, value, err
		},
	}, {
		Table: "child", Row: "account_id", Column: "act_index", Ahead: "act_ahead", Sealed: "birth", Owner: "account_id",
		Value: func(_ string, plain []byte) (string, string, error) {
			var x Birth
			err := json.Unmarshal(plain, &x)
			return "child.act", x.Act, err
		},
	}}
}
