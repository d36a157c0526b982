package application

import (
	"context"
	"errors"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/scan"
	"okno/internal/store"
)

// FromScan is the source of an answer that was read on a scan and confirmed by the person. No register confirmed it.
const FromScan = "scan"

// Unconfirmed reports whether the person has still to look at what was read on the scan: some of it may become an answer.
func (d Draft) Unconfirmed(a Attached) bool {
	return a.ConfirmedAt.IsZero() && slices.ContainsFunc(d.Tells(a), func(t Told) bool { return t.Correct })
}

// Told is an answer that a scan fills in: what was read, beside what was typed and what is known.
type Told struct {
	Field   form.Field
	Read    string // as it would be typed; "" when it could not be read
	Proven  bool   // a check digit stands for it
	Typed   string // what stands in the answer now, when that is something else
	Known   string // what the profile has, when that is something else
	Correct bool   // it may be changed here; the profile answers for it otherwise
}

// Tells are the answers that the scan fills in, of those that are asked, in the order of the form.
func (d Draft) Tells(a Attached) []Told {
	x, ok := d.Def.Attachment(a.Slot)
	if !ok || a.Reading != Legible {
		return nil
	}
	var out []Told
	for _, page := range d.Form.Asked(d.Answers) {
		for _, f := range page.Fields {
			i := slices.IndexFunc(x.Fills, func(fill procedure.Fill) bool { return fill.To == f.Pointer })
			if i < 0 {
				continue
			}
			from := x.Fills[i].From
			t := Told{Field: f, Read: normal(f, a.Read[from]), Proven: a.Read[from].Proven, Correct: !f.Locked}
			if typed := d.Answers.Text(f.Pointer); typed != "" && t.Read != "" && typed != t.Read {
				t.Typed = typed
			}
			if known := d.Profile[factOf(x.Reads, from)].Value; known != "" && scan.Compare(a.Read, map[scan.Field]string{from: known})[from] == scan.Differs {
				t.Known = known
			}
			out = append(out, t)
		}
	}
	return out
}

// factOf is what a profile calls what is read on such a page. Names of an international passport are in other letters, and Compare knows no
// such names to be equal; what is told of them is for the person to judge. Its number is none of the profile's.
func factOf(page scan.Page, read scan.Field) procedure.Fact {
	if page == scan.Travel && read == scan.Number {
		return ""
	}
	return facts[read]
}

var facts = map[scan.Field]procedure.Fact{
	scan.Surname: procedure.Surname, scan.GivenName: procedure.GivenName, scan.Patronymic: procedure.Patronymic, scan.BirthDate: procedure.BirthDate,
	scan.Series: procedure.PassportSeries, scan.Number: procedure.PassportNumber, scan.IssuedAt: procedure.PassportIssuedAt, scan.IssuedBy: procedure.PassportIssuedBy,
	scan.DepartmentCode: procedure.PassportDepartment, scan.InsuranceNumber: procedure.SNILS, scan.TaxNumber: procedure.INN,
}

// normal is what was read as the answer would hold it.
func normal(f form.Field, v scan.Value) string {
	if v.Text == "" {
		return ""
	}
	f.Locked = false
	one := form.Form{Pages: []form.Page{{Fields: []form.Field{f}}}}
	return one.Parse(map[string][]string{f.Name: {v.Text}}, form.Answers{}).Text(f.Pointer)
}

// mark says of every answer that stands as a confirmed scan has it that it was read there. What a register knows counts for more.
func (d *Draft) mark() {
	when := d.scanned()
	d.Form = marked(d.Form, when)
}

func marked(f form.Form, when map[string]time.Time) form.Form {
	if len(when) == 0 {
		return f
	}
	out := f
	out.Pages = slices.Clone(f.Pages)
	for i, page := range out.Pages {
		out.Pages[i].Fields = slices.Clone(page.Fields)
		for j, field := range out.Pages[i].Fields {
			if at, ok := when[field.Pointer]; ok && field.Origin.IsZero() {
				out.Pages[i].Fields[j].Origin = form.Origin{Source: FromScan, At: at}
			}
		}
	}
	return out
}

// scanned are the answers that stand as they were read and confirmed, by pointer, with the moment they were read.
func (d Draft) scanned() map[string]time.Time {
	var out map[string]time.Time
	for _, a := range d.Called() {
		x, ok := d.Def.Attachment(a.Slot)
		if !ok || a.Reading != Legible || a.ConfirmedAt.IsZero() {
			continue
		}
		for _, fill := range x.Fills {
			f, ok := d.Form.Field(fill.To)
			if v := normal(f, a.Read[fill.From]); ok && v != "" && d.Answers.Text(fill.To) == v {
				if out == nil {
					out = map[string]time.Time{}
				}
				out[fill.To] = a.ReadAt
			}
		}
	}
	return out
}

// Confirm takes the answers of a scan as the person confirmed or corrected them. What is wrong with one is said beside it; nothing typed
// is lost, and the scan stays unconfirmed until all of them are right.
func (s *Attachments) Confirm(ctx context.Context, who access.Actor, attachmentID string, typed map[string][]string) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	a, err := s.get(ctx, s.DB, who, attachmentID)
	if err != nil {
		return Draft{}, err
	}
	if !a.FiledAt.IsZero() {
		return Draft{}, ErrFiled
	}
	_, code, err := s.of(ctx, s.DB, Upload{Application: a.Application, Slot: a.Slot, account: a.account})
	if errors.Is(err, ErrNoUpload) || err == nil && code == "" {
		return Draft{}, ErrNoFile
	}
	if err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	var wrong []fault.Field
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.profile(ctx, tx, who)
		if err != nil {
			return err
		}
		if d, err = s.draft(ctx, tx, who, def, p); err != nil {
			return err
		}
		at := slices.IndexFunc(d.Attached, func(x Attached) bool { return x.ID == a.ID })
		if at < 0 {
			return ErrNoFile
		}
		var fields []form.Field
		for _, t := range d.Tells(d.Attached[at]) {
			if t.Correct {
				fields = append(fields, t.Field)
			}
		}
		part := form.Form{Pages: []form.Page{{Fields: fields}}}
		said := part.Parse(typed, d.Answers)
		for _, f := range fields {
			if v := said.Get(f.Pointer); !form.Same(v, d.Answers.Get(f.Pointer)) {
				d.change(f.Pointer, v, Typed{}) // so that a page that was made, or sent, before does not take it back in silence
			}
		}
		if wrong = part.Validate(d.Answers, s.today(tx)); len(wrong) == 0 {
			d.Attached[at].ConfirmedAt = tx.Now()
			if err := store.Touched(tx.Exec(ctx, `UPDATE attachment SET confirmed_at = $1 WHERE id = $2 AND reading = 'read'`, tx.Now(), a.ID)); err != nil {
				return ErrNoFile
			}
		}
		d.Form = def.FormFor(d.Profile, d.Answers, s.today(tx))
		d.mark()
		return errors.Join(s.saveDraft(ctx, tx, who, &d), tx.Notify(ctx, FilesTopic(d.ID)))
	})
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrMissing
	}
	if err != nil {
		return Draft{}, err
	}
	return d, fault.Check(wrong...)
}
