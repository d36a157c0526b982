package owned

import (
	"context"
	"errors"

	"okno/internal/connector/call"
	"okno/internal/wallet"
)

// POST {URL}/licence/v1/find, JSON. The codes of the traffic police:
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
		RequestNumber string `json:"requestNumber"`
		Status        string `json:"status"` // FOUND NONE DIFFERS DEPRIVED
		Code          string `json:"code"`
		Licence       *struct {
			SNILS      string `json:"snils"`
			Number     string `json:"number"`
			Categories string `json:"categories"`
			Issued     string `json:"issued"`
			Expires    string `json:"expires"`
			Issuer     string `json:"issuer"`
		} `json:"licence"`
	}
)

// licences are the outcomes of the traffic police, by status and code; one that was taken away for a time opens no road.
var licences = map[string]wallet.Outcome{"FOUND GAI-000": wallet.Found, "NONE GAI-601": wallet.None, "NONE GAI-604": wallet.Lacking, "DEPRIVED GAI-602": wallet.None, "DIFFERS GAI-610": wallet.Differs}

// Check says whether the answer makes sense.
func (a licenceAnswer) Check() error {
	o, known := licences[a.Status+" "+a.Code]
	if !known || !call.Word(a.RequestNumber) {
		return errors.New("no status, code or number")
	}
	if (o == wallet.Found) != (a.Licence != nil) {
		return errors.New("a licence that is there and is not")
	}
	return nil
}

func licence(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[licenceAnswer](ctx, r.Client, "/licence/v1/find", licenceQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	out := found{outcome: licences[a.Status+" "+a.Code]}
	if d := a.Licence; d != nil {
		out.own = call.Digits(d.SNILS) == call.Digits(p.SNILS)
		out.typed = []map[string]string{{"document_number": d.Number, "document_categories": d.Categories, "document_issued_at": d.Issued, "document_expires_at": d.Expires, "document_issued_by": d.Issuer}}
	}
	return out, nil
}
