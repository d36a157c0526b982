package kind

import (
	"slices"
	"strings"
	"time"

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
	At      time.Time         // since when it does; else when the person wrote it down
	EndsAt  time.Time         // the end of its last day; zero when it does not end
}

// Ended reports whether it counts no more.
func (h Held) Ended(now time.Time) bool { return !h.EndsAt.IsZero() && !now.Before(h.EndsAt) }

// Called is what tells the document from others: what it is, its number, and what lists show beside.
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
	return f.Show(l, h.Values[f.ID])
}

// LastDay is the middle of the last day on which the document is valid.
func (h Held) LastDay() time.Time { return MiddleBefore(h.EndsAt) }

// MiddleBefore is the middle of the day that ends at the moment: the same day in zones that are not far apart.
func MiddleBefore(end time.Time) time.Time { return end.Add(-12 * time.Hour) }
