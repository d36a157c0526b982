package sandbox

import (
	"context"

	"okno/internal/sandbox/authority"
)

// Signatory is a resident who can sign.
type Signatory struct {
	Resident int // as Sign and the levers of /demo/signatures take it
	Name     string
	SNILS    string
}

// Signatories lists them, in the order of People.
func (w *World) Signatories() []Signatory {
	var out []Signatory
	for i, p := range w.signatures.people {
		if !p.minor {
			out = append(out, Signatory{Resident: i, Name: p.Surname + " " + p.GivenName + " " + p.Patronymic, SNILS: p.SNILS})
		}
	}
	return out
}

// Sign plays the program by which a resident signs a text: the signature is beside it. It is fs.ErrNotExist when there is no such
// resident or algorithm.
func (w *World) Sign(ctx context.Context, resident, algorithm string, text []byte) ([]byte, error) {
	i, err := w.signatures.identity(ctx, resident, algorithm)
	if err != nil {
		return nil, err
	}
	return i.Sign(ctx, text, authority.Form{})
}
