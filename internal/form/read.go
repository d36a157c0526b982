package form

import (
	"strconv"
	"strings"
)

// Read is what another system says as the answer would hold it, and nil when nothing of it fits the question; whole is false when some of
// it does not. Rows are a list of objects with the names of their questions.
func (f Field) Read(said any, today Date) (v any, whole bool) {
	if f.Rows != nil {
		return f.readRows(said, today)
	}
	if f.Parts != nil {
		return f.readParts(said, today)
	}
	if f.Type == TypeChoices {
		return f.readChoices(said)
	}
	text, ok := asTyped(said)
	if !ok {
		return nil, false
	}
	if v = f.parse(text); missing(v) {
		return nil, true
	}
	if f.Validate(v, today) != nil {
		return nil, false
	}
	return v, true
}

func (f Field) readRows(said any, today Date) (any, bool) {
	list, ok := said.([]any)
	whole := ok && len(list) <= f.Rows.Max
	var rows []any
	for _, one := range list[:min(len(list), f.Rows.Max)] {
		from, ok := one.(map[string]any)
		whole = whole && ok
		row := Answers{}
		for i := range f.Rows.Fields {
			x := &f.Rows.Fields[i]
			inside := x.inRow(&f)
			told := Answers(from).Get(inside)
			if told == nil {
				continue
			}
			v, fits := x.Read(told, today)
			whole = whole && fits
			row.set(inside, v)
		}
		if len(row) > 0 {
			rows = append(rows, map[string]any(row))
		}
	}
	if len(rows) == 0 {
		return nil, whole
	}
	return rows, whole
}

// asTyped is a plain value as a person would type it.
func asTyped(said any) (string, bool) {
	switch v := said.(type) {
	case string:
		return strings.TrimSpace(v), true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), finite(v)
	}
	return "", false
}
