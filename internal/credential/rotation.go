package credential

import "okno/internal/keyring"

// Hashed are the columns of hashed passwords: a rotation of the index root counts the peppers in them. Passwords of before are not among
// them: nobody types those, so that they could be hashed anew, and an old secret is not kept to know one again (keyring.Hasher.Any).
func Hashed() []keyring.Hashed {
	return []keyring.Hashed{{Table: "password", Column: "encoded"}, {Table: "security_question", Column: "encoded"}}
}
