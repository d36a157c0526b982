package application

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Dispute is that the person says a value is wrong which they cannot type over, because a register or their profile answers for it. It goes
// with the application to whoever decides it.
type Dispute struct {
	Said  any       `json:"said"`          // what stands there
	Claim string    `json:"claim"`         // how it should be
	Why   string    `json:"why,omitempty"` // and how the person knows
	At    time.Time `json:"at"`
}

// The refusals.
var (
	ErrUndisputed = fault.New(fault.Conflict, "application.undisputed")  // the answer can be typed over, or nothing stands there
	ErrUndecided  = fault.New(fault.Conflict, "application.undecided")   // nobody at the agency would read it
	ErrOtherValue = fault.New(fault.Conflict, "application.other_value") // another value stands there than the person saw
)

// Disputable is the answer that the person cannot type over, and what stands there; false of any other.
func (d Draft) Disputable(pointer string) (form.Field, bool) {
	for _, page := range d.Form.Asked(d.Answers) {
		for _, f := range page.Fields {
			if f.Pointer == pointer {
				return f, f.Locked && !f.Origin.IsZero() && d.Answers.Get(pointer) != nil
			}
		}
	}
	return form.Field{}, false
}

// Disputes are what the person says is wrong, by pointer. What has changed since is not disputed any more.
func (d Draft) Disputes() map[string]Dispute {
	out := maps.Clone(d.beside.Disputes)
	maps.DeleteFunc(out, func(pointer string, x Dispute) bool {
		_, ok := d.Disputable(pointer)
		return !ok || !form.Same(d.Answers.Get(pointer), x.Said)
	})
	if len(out) == 0 {
		return nil
	}
	return out
}

// renamed are disputes under the pointers of a version of the service.
func renamed(to *procedure.Definition, was map[string]Dispute) map[string]Dispute {
	if len(was) == 0 {
		return nil
	}
	out := make(map[string]Dispute, len(was))
	for pointer, x := range was {
		out[to.PointerOf(pointer)] = x
	}
	return out
}

// Objection is what a person says of a value. With neither claim nor reason it is not disputed any more.
type Objection struct {
	Seen       string // Draft.Seen of the value that the person had before them
	Claim, Why string
}

// Seen names the value that stands there, so that an objection to it touches no other. It is on the page: of a number that is masked it is that of
// the end, for who has the end finds the others by trying.
func (d Draft) Seen(pointer string) string {
	if f, ok := d.Form.Field(pointer); ok && f.Masked {
		return digest(form.MaskKnown(d.Answers.Text(pointer)))
	}
	return digest(d.Answers.Get(pointer))
}

// Dispute notes that a value of the draft is wrong.
func (s *Service) Dispute(ctx context.Context, who access.Actor, code, pointer string, x Objection) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	def, err := s.service(code, who)
	if err != nil {
		return err
	}
	if !def.Decided() {
		return ErrUndecided
	}
	claim, why := strings.TrimSpace(x.Claim), strings.TrimSpace(x.Why)
	if err := s.disputed(claim, why); err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d, _, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		if claim == "" && why == "" {
			if _, there := d.beside.Disputes[pointer]; !there {
				return nil
			}
			d.beside.Disputes = maps.Clone(d.beside.Disputes)
			delete(d.beside.Disputes, pointer)
			return s.saveDraft(ctx, tx, who, &d)
		}
		if _, ok := d.Disputable(pointer); !ok {
			return ErrUndisputed
		}
		if d.Seen(pointer) != x.Seen {
			return ErrOtherValue
		}
		d.beside.Disputes = with(d.beside.Disputes, pointer, Dispute{d.Answers.Get(pointer), claim, why, store.Moment(tx.Now())})
		return s.saveDraft(ctx, tx, who, &d)
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrMissing
	}
	return err
}

func (s *Service) disputed(claim, why string) error {
	var wrong []fault.Field
	most := s.Policy.Cases.DisputeText
	for _, x := range []struct{ name, text string }{{"claim", claim}, {"why", why}} {
		if n := len([]rune(x.text)); n > most {
			wrong = append(wrong, fault.F(x.name, "application.dispute.long", "most", most, "length", n))
		}
	}
	if claim == "" && why != "" {
		wrong = append(wrong, fault.F("claim", "application.dispute.empty"))
	}
	return fault.Check(wrong...)
}
