package sandbox

import "fmt"

// The registers of documents that people own (connector/owned).
//
// The traffic police know the same licences here as when a service asks for one (mvd.licence).
//
//	GAI-000  the licence is here          GAI-604  the SNILS is missing
//	GAI-601  there is none                GAI-610  the name or the date of birth differs
//	GAI-602  taken away for a time
type (
	licenceQuestion struct {
		SNILS      string `json:"snils"`
		LastName   string `json:"lastName"`
		FirstName  string `json:"firstName"`
		MiddleName string `json:"middleName"`
		BirthDate  string `json:"birthDate"`
	}
	licenceAnswer struct {
		RequestNumber string       `json:"requestNumber"`
		Status        string       `json:"status"` // FOUND NONE DIFFERS DEPRIVED
		Code          string       `json:"code"`
		Licence       *licenceHeld `json:"licence,omitempty"` // only when FOUND
	}
	licenceHeld struct {
		SNILS      string `json:"snils"`
		Number     string `json:"number"`
		Categories string `json:"categories"`
		Issued     string `json:"issued"`
		Expires    string `json:"expires"`
		Issuer     string `json:"issuer"`
	}
)

func (w *World) findLicence(q licenceQuestion) licenceAnswer {
	a := licenceAnswer{RequestNumber: w.number("GAI"), Status: "NONE", Code: "GAI-601"}
	if digits(q.SNILS) == "" {
		a.Code = "GAI-604"
		return a
	}
	p := w.insured(digits(q.SNILS))
	if p == nil {
		return a
	}
	if like := (claim{q.LastName, q.FirstName, q.MiddleName, q.BirthDate}).compare(p); !like.name() || !like.birth {
		a.Status, a.Code = "DIFFERS", "GAI-610"
		return a
	}
	outcome, data := w.licence(p, agencyQuestion{})
	text := func(key string) string { s, _ := data[key].(string); return s }
	switch outcome {
	case "found":
		a.Status, a.Code = "FOUND", "GAI-000"
		a.Licence = &licenceHeld{digits(p.SNILS), text("number"), text("categories"), text("issued"), text("expires"), "ГИБДД 9901"}
	case "deprived":
		a.Status, a.Code = "DEPRIVED", "GAI-602"
	}
	return a
}

// The fund of compulsory medical insurance. One resident in fifty is not insured.
//
//	OMS-000  the policy is here           OMS-704  the SNILS is missing
//	OMS-701  not insured                  OMS-710  the name or the date of birth differs
type (
	policyQuestion struct {
		SNILS string `json:"snils"`
		Fam   string `json:"fam"`
		Im    string `json:"im"`
		Ot    string `json:"ot"`
		Dr    string `json:"dr"`
	}
	policyAnswer struct {
		Reference string      `json:"reference"`
		Result    int         `json:"result"` // 0 found, 1 not found, 2 differs
		Code      string      `json:"code"`
		Policy    *policyHeld `json:"policy,omitempty"`
	}
	policyHeld struct {
		SNILS string `json:"snils"`
		ENP   string `json:"enp"`
		SMO   string `json:"smo"`
		From  string `json:"from"`
		Until string `json:"until"`
	}
)

func (w *World) findPolicy(q policyQuestion) policyAnswer {
	a := policyAnswer{Reference: w.number("OMS"), Result: 1, Code: "OMS-701"}
	if digits(q.SNILS) == "" {
		a.Code = "OMS-704"
		return a
	}
	p := w.insured(digits(q.SNILS))
	if p == nil {
		return a
	}
	if like := (claim{q.Fam, q.Im, q.Ot, q.Dr}).compare(p); !like.name() || !like.birth {
		a.Result, a.Code = 2, "OMS-710"
		return a
	}
	n := made("policy", p.SNILS)
	if p.index >= famous && n%50 == 0 {
		return a
	}
	from := day(2011, 5, 1).AddDate(0, 0, int(n%1500))
	if from.Before(p.born) {
		from = p.born
	}
	a.Result, a.Code = 0, "OMS-000"
	a.Policy = &policyHeld{SNILS: digits(p.SNILS), ENP: PolicyNumber(n), SMO: []string{"АО «Заречная медицинская страховая»", "ООО «Здоровье-ОМС»"}[n%2], From: iso(from)}
	return a
}

// PolicyNumber is the number of a policy with the last of its sixteen digits right.
func PolicyNumber(n uint64) string {
	s := fmt.Sprintf("99%013d", n%10_000_000_000_000)
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprintf("%s%d", s, (10-sum%10)%10)
}
