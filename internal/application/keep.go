package application

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Typed is what a page of a form brings.
type Typed struct {
	Values map[string][]string // by name of the input
	Seen   int64               // version of the draft that the page was made of; 0 when nobody else can have changed it
	Tab    string              // tells one page that was opened from another: it does not clash with itself
	Sent   int64               // when the page's script sent it, in µs since it was opened; 0 without a script
	Remove string              // a row to take away: work.1
}

// Clash is an answer that was changed in another tab or on another device after the page was made, and differently. It stays as
// it was changed there until the person says which one counts.
type Clash struct {
	Field form.Field
	Mine  any // what the page brought
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
	def, err := s.service(code, who)
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
	return d, fault.Check(append(d.wanted(page), d.ofTheirs(page)...)...)
}

// ofTheirs are the complaints that the person can do something about on the page: what a register or the profile has yet to give keeps
// nobody there. That it is lacking is said, and asked for when the application is sent.
func (d Draft) ofTheirs(page string) []fault.Field {
	p, _ := d.Form.Page(page)
	return slices.DeleteFunc(d.Form.ValidatePage(page, d.Answers, d.Form.Today), func(w fault.Field) bool {
		return slices.ContainsFunc(p.Fields, func(f form.Field) bool {
			fact, _ := d.Def.Fed(f.Pointer)
			return f.Name == w.Name && f.Locked && d.Answers.Get(f.Pointer) == nil && slices.Contains(d.Lacking, fact)
		})
	})
}

func (s *Service) keep(ctx context.Context, who access.Actor, def *procedure.Definition, t Typed) (Draft, error) {
	var d Draft
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.profile(ctx, tx, who)
		if err != nil {
			return err
		}
		if d, err = s.draft(ctx, tx, who, def, p); err != nil {
			return err
		}
		d.merge(d.Form.Parse(t.Values, d.Answers), t)
		d.remove(t)
		if d.touched.any() {
			d.Form = def.FormFor(d.Profile, d.Answers, s.today(tx))
			d.mark()
			if _, err := s.lookUp(ctx, tx, who, &d, ""); err != nil { // another page may be asked now
				return err
			}
			return s.saveDraft(ctx, tx, who, &d)
		}
		_, err = tx.Exec(ctx, `UPDATE draft SET updated_at = $1 WHERE id = $2`, tx.Now(), d.ID) // somebody goes on with it
		return err
	})
	return d, err
}

// merge takes over the answers of a page. An answer that changed elsewhere since the page was made is left alone:
// silently when the page still has what stood there before, else it is a clash. other reports whether there was one.
func (d *Draft) merge(typed form.Answers, from Typed) (other bool) {
	alone := sync.OnceValue(func() form.Answers { return d.Form.Parse(from.Values, nil) }) // what was not sent is not the page's
	for _, page := range d.Form.Pages {
		for i := range page.Fields {
			field := &page.Fields[i]
			mine, there := typed.Get(field.Pointer), d.Answers.Get(field.Pointer)
			if form.Same(mine, there) {
				continue
			}
			if d.late(field.Pointer, from) {
				continue
			}
			if t, changed := d.elsewhere(field.Pointer, from); changed {
				other = true
				nothing := t.was == digest(nil) && bare(alone().Get(field.Pointer))
				if digest(mine) != t.was && !nothing {
					d.Clashes = append(d.Clashes, Clash{*field, mine})
				}
				continue
			}
			d.change(field.Pointer, mine, from)
		}
	}
	return other
}

// bare reports whether nothing is answered: a page shows a first row, or the parts of an address, where there is no answer yet.
func bare(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !bare(x) })
	case map[string]any:
		for _, x := range v {
			if !bare(x) {
				return false
			}
		}
		return true
	}
	return false
}

// elsewhere is the last change of an answer, and whether it was made by another page since this one was made.
func (d *Draft) elsewhere(pointer string, from Typed) (touch, bool) {
	if from.Seen == 0 || from.Seen >= d.Version {
		return touch{}, false
	}
	t, touched := d.touched.since(pointer, from.Seen)
	return t, touched && (from.Tab == "" || t.tab != from.Tab)
}

// late reports whether the same page changed the answer by something that it sent later: over a slow line the one that was sent first may
// come last. Of an answer that the later one left as it was nothing is known.
func (d *Draft) late(pointer string, from Typed) bool {
	if from.Sent == 0 || from.Seen >= d.Version {
		return false
	}
	t, touched := d.touched.since(pointer, from.Seen)
	return touched && t.tab == from.Tab && t.n > from.Sent
}

// change sets an answer and notes when, what it was, and which page brought it.
func (d *Draft) change(pointer string, v any, from Typed) {
	d.touched.note(pointer, touch{d.Version + 1, from.Tab, digest(d.Answers.Get(pointer)), from.Sent})
	d.Answers = d.Answers.With(pointer, v)
}

// remove takes a row away. When the rows were changed elsewhere meanwhile, nobody knows any more which one the page meant.
func (d *Draft) remove(from Typed) {
	pointer, n, ok := RowNamed(from.Remove)
	if !ok {
		return
	}
	if _, other := d.elsewhere(pointer, from); other {
		return
	}
	if field, ok := d.Form.Field(pointer); ok && field.Rows != nil && !field.Locked && n < d.Answers.Count(pointer) {
		d.change(pointer, d.Answers.Without(pointer, n).Get(pointer), from)
	}
}

// RowNamed reads the name of a row: work.1 is the second of /work.
func RowNamed(name string) (pointer string, row int, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(name[dot+1:])
	return "/" + strings.ReplaceAll(name[:dot], ".", "/"), n, err == nil && n >= 0
}
