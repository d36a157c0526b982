package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Typed is what a page of a form brings.
type Typed struct {
	Values map[string][]string // by name of the input
	Seen   int64               // version of the draft that the page was made of; 0 when nobody else can have changed it
	Remove string              // a row to take away: work.1
}

// Clash is an answer that was changed in another tab or on another device after the page was made, and differently. It stays as
// it was changed there until the person says which one counts.
type Clash struct {
	Field form.Field
	Mine  any // what the page brought
}

// touch is the last change of an answer.
type touch struct {
	Version int64 `json:"version"`
	Was     any   `json:"was"`
}

// SavePage is Save of a page that nobody else has open.
func (s *Service) SavePage(ctx context.Context, who access.Actor, code, page string, typed map[string][]string) (Draft, error) {
	return s.Save(ctx, who, code, page, Typed{Values: typed})
}

// Save keeps what was typed on a page, right or wrong, and says what is wrong with it as a fault of fields. The draft is
// returned in both cases: nothing typed is lost. What another tab has changed meanwhile stands in Clashes and is not changed.
func (s *Service) Save(ctx context.Context, who access.Actor, code, page string, t Typed) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who.Level)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	for range 5 { // of two tabs that save at once one reads what the other has written
		if d, err = s.keep(ctx, who, def, t); !errors.Is(err, store.ErrStale) {
			break
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrMissing
	}
	if err != nil {
		return Draft{}, err
	}
	return d, fault.Check(d.Form.ValidatePage(page, d.Answers, d.Form.Today)...)
}

func (s *Service) keep(ctx context.Context, who access.Actor, def *procedure.Definition, t Typed) (Draft, error) {
	var d Draft
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := s.profile(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if d, err = s.draft(ctx, tx, who.ID, def, p); err != nil {
			return err
		}
		version := d.Version
		d.merge(d.Form.Parse(t.Values, d.Answers), t.Seen)
		d.remove(t.Remove)
		if d.changed(version) {
			d.Form = def.FormFor(p, d.Answers, s.today(tx))
			return s.saveDraft(ctx, tx, who.ID, &d)
		}
		_, err = tx.Exec(ctx, `UPDATE draft SET updated_at = $1 WHERE id = $2`, tx.Now(), d.ID) // somebody goes on with it
		return err
	})
	return d, err
}

// changed reports whether anything was changed since the version that was read.
func (d *Draft) changed(read int64) bool {
	for _, t := range d.touched {
		if t.Version > read {
			return true
		}
	}
	return false
}

// merge takes over the answers of a page that was made of the version seen. An answer that changed since then is left alone:
// silently when the page still has what stood there before, else it is a clash.
func (d *Draft) merge(typed form.Answers, seen int64) {
	for _, page := range d.Form.Pages {
		for _, field := range page.Fields {
			mine, there := typed.Get(field.Pointer), d.Answers.Get(field.Pointer)
			if reflect.DeepEqual(mine, there) {
				continue
			}
			t, touched := d.touched[field.Pointer]
			if seen > 0 && touched && t.Version > seen {
				if !reflect.DeepEqual(mine, t.Was) {
					d.Clashes = append(d.Clashes, Clash{field, mine})
				}
				continue
			}
			d.change(field.Pointer, mine)
		}
	}
}

// change sets an answer and notes when and what it was.
func (d *Draft) change(pointer string, v any) {
	if d.touched == nil {
		d.touched = map[string]touch{}
	}
	d.touched[pointer] = touch{d.Version + 1, d.Answers.Get(pointer)}
	d.Answers = d.Answers.With(pointer, v)
}

// remove takes a row away.
func (d *Draft) remove(row string) {
	group, number, ok := strings.Cut(row, ".")
	for ok && strings.Contains(number, ".") { // a group deeper in the data
		var more string
		more, number, ok = strings.Cut(number, ".")
		group += "/" + more
	}
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return
	}
	pointer := "/" + group
	if field, ok := d.Form.Field(pointer); ok && field.Rows != nil && !field.Locked && n < d.Answers.Count(pointer) {
		d.change(pointer, d.Answers.Without(pointer, n).Get(pointer))
	}
}

// sealTouched and openTouched keep the changes beside the answers, under the same key.
func (d *Draft) sealTouched(key *keyring.Key) ([]byte, error) {
	if len(d.touched) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(d.touched)
	if err != nil {
		return nil, fmt.Errorf("changes of draft %s: %w", d.ID, err)
	}
	return key.Seal("draft", "touched", d.ID, plain), nil
}

func (d *Draft) openTouched(key *keyring.Key, sealed []byte) error {
	if sealed == nil {
		return nil
	}
	plain, err := key.Open("draft", "touched", d.ID, sealed)
	if err != nil {
		return fmt.Errorf("open the changes of draft %s: %w", d.ID, err)
	}
	return json.Unmarshal(plain, &d.touched)
}
