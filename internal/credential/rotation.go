package credential

import "okno/internal/keyring"

// Hashed are the columns of hashed passwords: a rotation of the index root counts the peppers in them.
func Hashed() []keyring.Hashed {
	return []keyring.Hashed{{Table: "password", Column: "encoded"}, {Table: "security_question", Column: "encoded"}}
}
