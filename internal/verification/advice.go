package verification

import (
	"slices"
	"strings"

	"okno/internal/i18n"
)

// Advice is what a page says of a register's answer (LVL-3): what is wrong, what to do about it, and where in the form.
type Advice struct {
	Wrong  string // key of the message; it takes the register's code: i18n.T(ctx, a.Wrong, "code", a.Code)
	Remedy string // key of the message
	Code   string // the register's own, "MVD-113": support asks for it, and so does the register
	Field  string // name of the form's field to correct, "" when there is none
}

// named are the fields that a code speaks of by itself. What is not here is told by the answer's Fields.
var named = map[string]string{
	"MVD-101": "passport_number", "MVD-102": "passport_number", "MVD-104": "passport_number",
	"MVD-111": "birth_date", "MVD-112": "passport_issued_at", "MVD-113": "passport_department_code",
	"MVD-201": "document_number", "MVD-202": "document_number", "MVD-203": "document_expires_at", "MVD-204": "document_number",
	"MVD-211": "birth_date", "MVD-212": "document_issued_at", "MVD-213": "document_expires_at",
	"ZAGS-701": "document_number", "ZAGS-702": "document_number", "ZAGS-704": "document_series", "ZAGS-711": "birth_date", "ZAGS-712": "document_issued_at",
	"SFR-201": "snils", "SFR-202": "snils", "SFR-203": "snils", "SFR-204": "snils", "SFR-211": "birth_date",
	"FNS-301": "inn", "FNS-302": "inn", "FNS-303": "inn", "FNS-304": "inn", "FNS-311": "birth_date",
	"SFR-603": "passport_number",
}

// first is the order in which people look for a difference.
var first = []string{"surname", "given_name", "patronymic", "birth_date", "passport_series", "passport_number", "passport_issued_at",
	"passport_department_code", "document_country", "document_series", "document_number", "document_issued_at", "document_expires_at", "snils", "inn"}

// Advise finds the words for the answer; found is false for a match, of which there is nothing to say. A code that we have no words
// for gets those of its verdict, and the code stands in them.
func Advise(a Answer) (advice Advice, found bool) {
	if a.Verdict == Match {
		return Advice{}, false
	}
	word := strings.ToLower(a.Code)
	if !i18n.Has("verification.wrong." + word) {
		word = string(a.Verdict)
	}
	if !i18n.Has("verification.wrong." + word) {
		word = string(Mismatch) // a verdict without words would be ours to mend; people still read what to do
	}
	advice = Advice{Wrong: "verification.wrong." + word, Remedy: "verification.remedy." + word, Code: a.Code, Field: named[a.Code]}
	if advice.Field != "" {
		return advice, true
	}
	if at := slices.IndexFunc(first, func(f string) bool { same, told := a.Fields[f]; return told && !same }); at >= 0 {
		advice.Field = first[at]
	} else {
		advice.Field = document[a.Register]
	}
	return advice, true
}

// document is the field that stands for the document of a register.
var document = map[string]string{"passport": "passport_number", "snils": "snils", "inn": "inn", "civil": "document_number"}
