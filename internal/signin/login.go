package signin

import (
	"regexp"

	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/form"
)

// login is what an account is called by at a sign-in: a contact that it has proved, or the SNILS that it holds (AUTH-1).
type login struct {
	find   [2][]byte                              // its index under each root
	holder func(index, other string) (sql string) // the account, in another statement
}

// grouped is a SNILS as people write it, 112-233-445 95; bare is one without a mark, which begins as no phone does here.
var (
	grouped = regexp.MustCompile(`^\s*\d{3}[-–\s\x{a0}]\d{3}[-–\s\x{a0}]\d{3}[-–\s\x{a0}]\d{2}\s*$`)
	bare    = regexp.MustCompile(`^\s*[0-69]\d{10}\s*$`)
)

// readLogin takes what was typed for what it looks like. Eleven digits that begin with 7 or 8 are a phone, unless they stand in the
// groups of a SNILS.
func (s *Service) readLogin(typed string) (login, *form.Problem) {
	if grouped.MatchString(typed) || bare.MatchString(typed) {
		snils, p := form.SNILS(typed)
		return login{s.Accounts.FindSNILS(snils), account.HolderSQL}, p
	}
	t, p := contact.Read(typed)
	return login{s.Contacts.Find(t), contact.AccountSQL}, p
}
