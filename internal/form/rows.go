package form

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"okno/internal/i18n"
	"okno/internal/rule"
)

// Rows is a group of questions that is asked several times: places of work, earlier names.
type Rows struct {
	Fields []Field   // their pointers are /work/*/from
	Item   i18n.Text // what one is called: «Место работы»
	Add    i18n.Text // on the button
	Min    int
	Max    int
}

// Row is one of a group as it is asked of these answers.
type Row struct {
	Title  i18n.Text // «Место работы 2»
	Fields []Field   // with pointers of their own, /work/1/from; only those that are asked
}

// star stands in a pointer for the number of a row.
const star = "*"

// Group is the pointer of the rows that the pointer is in, "" when it is in none: /work of /work/*/from.
func Group(pointer string) string {
	group, _, ok := strings.Cut(pointer, "/"+star+"/")
	if !ok {
		return ""
	}
	return group
}

// InRow is the pointer in the row of that number: /work/1/from.
func InRow(pointer string, row int) string {
	return strings.Replace(pointer, "/"+star+"/", "/"+strconv.Itoa(row)+"/", 1)
}

// Pattern is the pointer with a star for the number of its row: /work/*/from of /work/1/from.
func Pattern(pointer string) string {
	keys := steps(pointer)
	for i, key := range keys {
		if _, ok := index(key); ok {
			keys[i] = star
		}
	}
	return "/" + strings.Join(keys, "/")
}

func index(key string) (int, bool) {
	n, err := strconv.Atoi(key)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == key
}

// Count is how many rows there are at the pointer.
func (a Answers) Count(pointer string) int {
	rows, _ := a.Get(pointer).([]any)
	return len(rows)
}

// called gives the questions that the row of that number calls for, by their numbers in the group.
func (f *Field) called(i int, s rule.Sight) iter.Seq2[int, *Field] {
	return func(yield func(int, *Field) bool) {
		var in rule.Sight
		for k := range f.Rows.Fields {
			x := &f.Rows.Fields[k]
			if !x.When.IsZero() {
				if in.IsZero() {
					in = s.Row(f.Pointer, i)
				}
				if !x.When.Holds(in) {
					continue
				}
			}
			if !yield(k, x) {
				return
			}
		}
	}
}

// row is the field's questions in the row of that number, which comes from there.
func (f *Field) row(i int, from Origin, s rule.Sight) Row {
	r, number := Row{Title: f.Rows.title(i), Fields: make([]Field, 0, len(f.Rows.Fields))}, strconv.Itoa(i)
	for _, x := range f.called(i, s) {
		inside := x.at(f.Pointer+"/"+number+x.inRow(f), f.Name+"."+number+x.nameInRow(f))
		inside.Origin = from
		r.Fields = append(r.Fields, inside)
	}
	return r
}

// inRow is the field's pointer inside a row of the group: /from of /work/*/from.
func (f *Field) inRow(group *Field) string { return f.Pointer[len(group.Pointer)+len("/"+star):] }

// nameInRow is what follows the number of the row in the name of the field's input: .from of work.*.from.
func (f *Field) nameInRow(group *Field) string { return f.Name[len(group.Name)+len("."+star):] }

func (r Rows) title(i int) i18n.Text {
	n := " " + strconv.Itoa(i+1)
	return i18n.Text{RU: r.Item.RU + n, EN: r.Item.EN + n}
}

// RowsOf lists the rows of the field, and so many empty ones after them.
func (f Form) RowsOf(field Field, a Answers, more int) []Row {
	if field.Rows == nil {
		return nil
	}
	s := f.See(a)
	var out []Row
	there, _ := a.Get(field.Pointer).([]any)
	for i := range min(len(there)+more, field.Rows.Max) {
		from := Origin{}
		if field.Told != nil && i < len(there) {
			from = field.Told.of(there[i])
		}
		out = append(out, field.row(i, from, s))
	}
	return out
}

// Called gives the questions that the rows of the field call for, each by the number of its row: what RowsOf has, as the definition has it.
func (f Form) Called(field *Field, a Answers) iter.Seq2[int, *Field] {
	return func(yield func(int, *Field) bool) {
		if field.Rows == nil {
			return
		}
		s := f.See(a)
		for i := range min(a.Count(field.Pointer), field.Rows.Max) {
			for _, x := range field.called(i, s) {
				if !yield(i, x) {
					return
				}
			}
		}
	}
}

// Flat lists the fields of the page with those of rows one by one, each called by its row: «Место работы 2: должность».
func (f Form) Flat(p Page, a Answers) []Field {
	var out []Field
	for _, field := range p.Fields {
		if field.Rows == nil {
			out = append(out, field)
			continue
		}
		for _, row := range f.RowsOf(field, a, 0) {
			for _, x := range row.Fields {
				x.Label = i18n.Text{RU: row.Title.RU + ": " + x.Label.RU, EN: row.Title.EN + ": " + x.Label.EN}
				out = append(out, x)
			}
		}
	}
	return out
}

// parseRows reads what was typed into rows: values by work.0.from. A row in which nothing was typed is none, and the ones
// after it move up; rows are touched only when one of them, or the group's own name, was sent.
func (f Field) parseRows(typed map[string][]string, into Answers) Answers {
	prefix := f.Name + "."
	numbers := map[int]bool{} // of rows that were sent
	_, sent := typed[f.Name]
	for name := range typed {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		key, _, _ := strings.Cut(rest, ".")
		if n, ok := index(key); ok && n < f.Rows.Max {
			numbers[n], sent = true, true
		}
	}
	if !sent {
		return into
	}
	old, _ := into.Get(f.Pointer).([]any)
	var rows []any
	for _, n := range sorted(numbers) {
		row, owned := Answers(nil), false
		if n < len(old) {
			m, _ := old[n].(map[string]any)
			row = m
		}
		before := prefix + strconv.Itoa(n)
		for i := range f.Rows.Fields {
			x := &f.Rows.Fields[i]
			inside, name := x.inRow(&f), before+x.nameInRow(&f)
			was := row.Get(inside)
			if of, sent := typed[name]; x.single() && (!sent || was == last(of) || was == nil && last(of) == "") {
				continue // most rows of many are as they were
			}
			v, sent := x.typed(typed, name, was)
			if !sent || Same(was, v) || was == nil && missing(v) {
				continue
			}
			if !owned {
				row, owned = row.own(), true
			}
			row.set(inside, v)
		}
		if len(row) > 0 {
			rows = append(rows, map[string]any(row))
		}
	}
	return into.With(f.Pointer, rows)
}

func sorted(set map[int]bool) []int {
	var out []int
	for n := range set {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Without is a copy in which the row of that number is gone.
func (a Answers) Without(pointer string, row int) Answers {
	rows, _ := a.Get(pointer).([]any)
	if row < 0 || row >= len(rows) {
		return a
	}
	return a.With(pointer, slices.Delete(slices.Clone(rows), row, row+1))
}

// check of a group of rows: how many there are. What is wrong in them is told of their fields.
func (f Field) checkRows(n int) *Problem {
	switch {
	case n == 0 && !f.Required && f.Rows.Min == 0:
		return nil
	case n == 0:
		return problem("form.rows.none", "label", f.Label)
	case n < f.Rows.Min:
		return problem("form.rows.few", "label", f.Label, "least", f.Rows.Min)
	case n > f.Rows.Max:
		return problem("form.rows.many", "label", f.Label, "most", f.Rows.Max)
	}
	return nil
}

// prune keeps of the rows what is asked.
func (f Field) prune(a Answers, s rule.Sight) any {
	var rows []any
	for i := range a.Count(f.Pointer) {
		kept := Answers{}
		for _, x := range f.row(i, Origin{}, s).Fields {
			kept = kept.With(strings.TrimPrefix(x.Pointer, f.Pointer+"/"+strconv.Itoa(i)), x.pruneParts(a.Get(x.Pointer)))
		}
		rows = append(rows, map[string]any(kept))
	}
	return rows
}
