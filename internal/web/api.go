package web

import (
	"net/http"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
)

// apiSession says whether somebody is signed in and how far their identity is proved. Scripts and outside checks ask it
// often, so its answers are made beforehand.
func (s *Server) apiSession(w http.ResponseWriter, r *http.Request) error {
	x, err := Session(r.Context())
	switch {
	case fault.KindOf(err) == fault.Unauthenticated && err != nil:
		return raw(w, http.StatusUnauthorized, nobody)
	case err != nil:
		return err
	}
	switch x.Level {
	case access.Simplified:
		return raw(w, http.StatusOK, simplified)
	case access.Standard:
		return raw(w, http.StatusOK, standard)
	case access.Confirmed:
		return raw(w, http.StatusOK, confirmed)
	}
	return fault.New(fault.Internal, "error.internal")
}

var (
	nobody     = []byte(`{"error":"signin"}` + "\n")
	simplified = []byte(`{"level":"simplified"}` + "\n")
	standard   = []byte(`{"level":"standard"}` + "\n")
	confirmed  = []byte(`{"level":"confirmed"}` + "\n")
)

// checks are the kinds of values that apiCheck knows, by the names of their fields. A password is checked by what the
// server was given for it. Pages ask about one only when they find nothing wrong with it themselves, just before the form
// is sent: a half-typed one has no business on the wire.
var checks = map[string]func(string) (string, *form.Problem){
	"surname": form.Surname, "given_name": form.GivenName, "patronymic": form.Patronymic,
	"phone": form.MobilePhone, "email": form.Email, "snils": form.SNILS, "inn": form.INN,
	"passport_series": form.PassportSeries, "passport_number": form.PassportNumber,
	"passport_department_code": form.DepartmentCode,
}

// longestChecked is how much of a value is looked at.
const longestChecked = 500

// apiCheck says what is wrong with one value while it is typed (REG-9). It looks at the value alone: nothing is stored,
// logged, or looked up among people, so it can tell nobody whether a phone is known.
func (s *Server) apiCheck(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	check, ok := checks[f.Get("field")]
	if f.Get("field") == "password" && s.CheckPassword != nil {
		check, ok = func(v string) (string, *form.Problem) { return v, s.CheckPassword(ctx, v) }, true
	}
	if !ok {
		return errNowhere
	}
	value := f.Get("value")
	if len(value) > longestChecked {
		value = value[:longestChecked]
	}
	answer := checked{}
	if _, p := check(value); p != nil {
		answer.Error = i18n.T(ctx, p.Key, p.Args...)
	}
	return JSON(w, http.StatusOK, answer)
}

type checked struct {
	Error string `json:"error"`
}
