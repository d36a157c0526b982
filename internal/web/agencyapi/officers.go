package agencyapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/store"
)

// officer is an employee to whom cases can be given.
type officer struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Services []string `json:"services"`
}

// officers lists the employees of the agency who decide cases.
func (x *API) officers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := x.Applications.Colleagues(ctx, access.From(ctx), "")
	if err != nil {
		return err
	}
	out := []officer{}
	for _, e := range list {
		out = append(out, officer{e.ID, e.Name, string(e.Role), append([]string{}, strings.Fields(e.Services)...)})
	}
	return answer(w, http.StatusOK, map[string]any{"officers": out})
}

// handing is to whom an agent gives a case, and who had it when the agent saw it, "" for nobody: a case that is given away keeps its version.
type handing struct {
	Officer string  `json:"officer"`
	Words   string  `json:"words"`
	From    *string `json:"from,omitempty"`
}

func (h handing) check() error {
	var wrong []fault.Field
	if !id.Valid(h.Officer) {
		wrong = append(wrong, fault.F("officer", "application.colleague"))
	}
	if !readable(h.Words, application.MostWords) {
		wrong = append(wrong, fault.F("words", "agencyapi.words", "most", application.MostWords))
	}
	if h.From != nil && *h.From != "" && !id.Valid(*h.From) {
		wrong = append(wrong, fault.F("from", "agencyapi.from"))
	}
	return fault.Check(wrong...)
}

// readable reports whether a text of a person is no longer than most characters, and all of it can be read.
func readable(text string, most int) bool {
	return utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

// handed is what a handing is answered.
type handed struct {
	ID      string `json:"id"`
	Officer string `json:"officer"`
	Version int64  `json:"version"`
}

// handOver gives a case to an employee. For the applicant nothing changes by it: state, version and deadline stay.
func (x *API) handOver(w http.ResponseWriter, r *http.Request) error {
	return once(x, w, r, func(ctx context.Context, d deedOf[handing]) error {
		_, err := x.Applications.Assign(ctx, d.who, d.caseID, application.Handing{To: d.body.Officer, Words: d.body.Words, Version: d.version, Had: d.body.From,
			Also: func(ctx context.Context, tx *store.Tx, c application.Case) error {
				text, err := json.Marshal(handed{c.ID, c.Officer, c.Version})
				if err != nil {
					return err
				}
				return d.keep(ctx, tx, text)
			}})
		return err
	})
}
