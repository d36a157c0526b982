package scan_test

import (
	"testing"

	"okno/internal/scan"
)

func TestCompareForgivesWhatAReaderCannotTellAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		field       scan.Field
		read, typed string
		want        scan.Outcome
	}{
		{scan.Surname, "АЛФЕРОВА", "Алфёрова", scan.Equal},
		{scan.Surname, "АЛФЁР0ВА", "Алфёрова", scan.Equal},
		{scan.Surname, "САЛТЫКОВ ЩЕДРИН", "Салтыков-Щедрин", scan.Equal},
		{scan.Surname, "PETROV", "Petrov", scan.Equal},
		{scan.Surname, "АЛФЁРОВ", "Алфёрова", scan.Differs},
		{scan.Surname, "", "Алфёрова", scan.Unread},
		{scan.Patronymic, "", "", scan.Equal},
		{scan.Patronymic, "ИВАНОВИЧ", "", scan.Differs},
		{scan.Number, "654321", "654321", scan.Equal},
		{scan.Number, "654321", "654 321", scan.Equal},
		{scan.Number, "65432O", "654320", scan.Differs},
		{scan.DepartmentCode, "990-014", "990014", scan.Equal},
		{scan.BirthDate, "1984-03-12", "1984-03-13", scan.Differs},
		{scan.IssuedBy, "ОТДЕЛОМ УФМС РОССИИ ПО ЗАРЕЧН0И ОБЛАСТИ", "Отделом УФМС России по Заречной области", scan.Equal},
		{scan.IssuedBy, "ОТДЕЛОМ УФМС РОССИИ", "Отделом УФМС России по Заречной области", scan.Unread},
		{scan.IssuedBy, "ГУ МВД ПО ГОРОДУ", "Отделом УФМС России по Заречной области", scan.Differs},
	} {
		got := scan.Compare(map[scan.Field]scan.Value{c.field: {Text: c.read}}, map[scan.Field]string{c.field: c.typed})
		if got[c.field] != c.want {
			t.Errorf("%s: %q beside %q is %s, want %s", c.field, c.read, c.typed, got[c.field], c.want)
		}
	}
	if got := scan.Compare(map[scan.Field]scan.Value{scan.Number: {Text: "1"}}, map[scan.Field]string{scan.Surname: ""}); len(got) != 0 {
		t.Errorf("what was not typed is compared: %v", got)
	}
}
