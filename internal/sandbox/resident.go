package sandbox

import "time"

// Resident is one person of the sandbox as /demo/people shows him or her. Dates are ISO 8601.
type Resident struct {
	Surname          string       `json:"surname"`
	GivenName        string       `json:"given_name"`
	Patronymic       string       `json:"patronymic"` // a few have none
	BirthDate        string       `json:"birth_date"`
	BirthPlace       string       `json:"birth_place"`
	Sex              string       `json:"sex"` // male, female
	SNILS            string       `json:"snils"`
	INN              string       `json:"inn"`
	Passport         *Passport    `json:"passport,omitempty"`          // from 14 on
	BirthCertificate *Certificate `json:"birth_certificate,omitempty"` // before
	Citizenship      string       `json:"citizenship,omitempty"`       // ISO 3166 or "none"; nothing: Russia
	Document         *Document    `json:"document,omitempty"`          // what is shown where there is no passport of Russia
	Address          string       `json:"address"`
	Old              *Old         `json:"old,omitempty"`
	Estates          []Estate     `json:"property"`
	Incomes          []Income     `json:"income"` // of the last five finished years, the latest first

	index int
	born  time.Time
	minor bool

	mother, father *Resident // of whoever has a certificate of birth

	trades []trade // who employs; empty for most of the old
}

// Passport is an internal passport.
type Passport struct {
	Series         string `json:"series"` // four digits: where and when the form was printed
	Number         string `json:"number"` // six digits
	IssuedAt       string `json:"issued_at"`
	IssuedBy       string `json:"issued_by"`
	DepartmentCode string `json:"department_code"` // 502-014
}

// Certificate is a certificate of birth.
type Certificate struct {
	Series   string  `json:"series"`
	Number   string  `json:"number"`
	IssuedAt string  `json:"issued_at"`
	IssuedBy string  `json:"issued_by"`
	Act      string  `json:"act"` // number of the record of the birth; a second certificate has the same
	Mother   *Parent `json:"mother,omitempty"`
	Father   *Parent `json:"father,omitempty"`
}

// Parent is a parent as the record of a birth has them.
type Parent struct {
	Surname    string `json:"surname"`
	GivenName  string `json:"given_name"`
	Patronymic string `json:"patronymic"`
	BirthDate  string `json:"birth_date"`
	SNILS      string `json:"snils"` // of the resident, where there is one; the record does not hold it
}

// Document is an identity document other than a passport of Russia.
type Document struct {
	Kind      string `json:"kind"`    // foreign_document, residence_permit, temporary_card, …
	Country   string `json:"country"` // whose it is, ISO 3166
	Series    string `json:"series,omitempty"`
	Number    string `json:"number"`
	IssuedAt  string `json:"issued_at"`
	ExpiresAt string `json:"expires_at,omitempty"`
	IssuedBy  string `json:"issued_by,omitempty"`
}

// Old is what a resident once had and no longer counts: the registers call it invalid.
type Old struct {
	Passport *Passport `json:"passport,omitempty"`
	SNILS    string    `json:"snils,omitempty"`
	INN      string    `json:"inn,omitempty"`

	Document         *Document    `json:"document,omitempty"`
	BirthCertificate *Certificate `json:"birth_certificate,omitempty"`
}

// Estate is a thing in the register of real estate, and the resident's share in it.
type Estate struct {
	CadastralNumber string `json:"cadastral_number"`
	Kind            string `json:"kind"`
	Address         string `json:"address"`
	Area            string `json:"area"`  // square metres, with a dot
	Share           string `json:"share"` // 1, 1/2
	Right           string `json:"right"`
	RightNumber     string `json:"right_number"`
	Since           string `json:"since"`
}

// Income is what the tax service knows of one year.
type Income struct {
	Year   int     `json:"year"`
	Payers []Payer `json:"payers"`
	Total  int64   `json:"income_kopecks"`
	Tax    int64   `json:"tax_kopecks"`
}

// Payer is one who paid the resident in a year, and the tax it kept back.
type Payer struct {
	Name   string        `json:"name"`
	INN    string        `json:"inn"`
	KPP    string        `json:"kpp"`
	Months []MonthlyPaid `json:"-"` // too many to list
	Total  int64         `json:"income_kopecks"`
	Tax    int64         `json:"tax_kopecks"`
}

// MonthlyPaid is one kind of payment of one month; the codes are those of the tax service: 2000 wages,
// 2012 holiday pay, 2002 bonus.
type MonthlyPaid struct {
	Month int    `json:"month"`
	Code  string `json:"code"`
	Sum   int64  `json:"sum_kopecks"`
}

// age is how many birthdays a person had by day.
func age(born, day time.Time) int {
	n := day.Year() - born.Year()
	if day.Before(born.AddDate(n, 0, 0)) {
		n--
	}
	return n
}
