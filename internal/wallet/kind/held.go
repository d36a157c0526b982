package kind

import (
	"slices"
	"strings"
	"time"

	"okno/internal/form"
	"okno/internal/i18n"
)

// Held is a document of a wallet as a form sees it that is filled in from it.
type Held struct {
	ID      string
	Kind    Kind
	Version int64
	Holder  string            // whose it is, when it is not its keeper's
	Values  map[string]string // by the ids of the kind's fields
	Masked  bool              // the secret ones are
	Known   bool              // its register vouches for it
	Gone    bool              // its register gave it, and holds it no more
	At      time.Time         // since when it does; else when the person wrote it down
	EndsAt  time.Time         // the end of its last day; zero when it does not end
}

// Ended reports whether its last day is over.
func (h Held) Ended(now time.Time) bool { return !h.EndsAt.IsZero() && !now.Before(h.EndsAt) }

// Stands reports whether it counts still.
func (h Held) Stands(now time.Time) bool { return !h.Gone && !h.Ended(now) }

// LastDay is the last day on which it is valid; zero when it does not end.
func (h Held) LastDay() form.Date { return h.Kind.Ends(h.Values) }

// Called is what tells the document from others wherever it is shown: what it is, its number, and what lists show beside. What is secret is masked
// whether the wallet is open or not.
func (h Held) Called() i18n.Text {
	say := func(l i18n.Lang) string {
		words := []string{h.Kind.Called(h.Values).Lang(l)}
		if f, ok := h.Kind.Field("number"); ok {
			words[0] += " " + h.show(f, l)
		}
		for _, id := range h.Kind.Beside {
			f, _ := h.Kind.Field(id)
			words = append(words, h.show(f, l))
		}
		words = append(words, h.Holder)
		for i := range words {
			words[i] = strings.TrimSpace(words[i])
		}
		return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
	}
	return i18n.Text{RU: say(i18n.RU), EN: say(i18n.EN)}
}

func (h Held) show(f Field, l i18n.Lang) string {
	if h.Masked && f.Secret {
		return h.Values[f.ID] // its mask
	}
	return f.Mask(l, h.Values[f.ID])
}
