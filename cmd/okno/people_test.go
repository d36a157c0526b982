package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/registration"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestAFileOfPeopleIsReadLineByLineAndEachMistakeHasItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		text, says           string
		made, there, refused int
	}{
		"JSON lines":                 {`{"surname":"Иванов","given_name":"Иван","phone":"+79120000001","password_hash":"$2b$…"}` + "\n\n" + `{"surname":"Петров","given_name":"Пётр","email":"there@example.ru"}` + "\n", "", 1, 1, 0},
		"CSV with a mark and quotes": {"\ufeffsurname,given_name,phone,email,password_hash\n\"Иванов\",Иван,+79120000001,,\"pbkdf2_sha256$1,000\"\nПетров,Пётр,,there@example.ru,\n", "", 1, 1, 0},
		"twice in the file":          {"surname,given_name,email\nА,Б,a@example.ru\nВ,Г,a@example.ru\n", "line 3: its phone or e-mail stands in line 2, too", 1, 0, 1},
		"another field":              {`{"surname":"Иванов","snils":"1"}` + "\n", `line 1: there is no field "snils"; the fields are surname, given_name`, 0, 0, 1},
		"no text":                    {`{"surname":7}` + "\n", "line 1: surname: it must be text", 0, 0, 1},
		"half an object":             {`{"surname":"Секретов` + "\n" + `{"surname":"А","given_name":"Б","email":"a@example.ru"}`, "line 1: it is not an object", 1, 0, 1},
		"fewer cells":                {"surname,given_name,email\nА,Б\nВ,Г,a@example.ru\n", "line 2: wrong number of fields", 1, 0, 1},
	} {
		var said bytes.Buffer
		x := importing{say: &said, seen: map[string]int{}, bring: func(n registration.Newcomer) error {
			if n.Email == "there@example.ru" {
				return registration.ErrTaken
			}
			return nil
		}}
		err := x.read(t.Context(), strings.NewReader(c.text))
		if err != nil || x.made != c.made || x.there != c.there || x.refused != c.refused || !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: %d made, %d there, %d refused, says %q, %v", name, x.made, x.there, x.refused, said.String(), err)
		}
		if strings.Contains(said.String(), "Секретов") {
			t.Errorf("%s: it repeats what stands in the line: %s", name, said.String())
		}
	}
	for name, text := range map[string]string{"empty": "", "another column": "surname;given_name\n"} {
		x := importing{say: &bytes.Buffer{}, seen: map[string]int{}}
		if err := x.read(t.Context(), strings.NewReader(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	x := importing{say: &bytes.Buffer{}, seen: map[string]int{}, bring: func(registration.Newcomer) error { return errors.New("the database is away") }}
	if err := x.read(t.Context(), strings.NewReader(`{"surname":"А"}`)); err == nil || !strings.Contains(err.Error(), "line 1: the database is away") {
		t.Errorf("%v", err)
	}
}

func TestPeopleAreBroughtInByTheCommandAndPassedOverTheSecondTime(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, engine store.Engine) {
		env, _, _ := install(t, engine, free(t))
		if out, err := okno(t, "", env, "migrate"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		file := filepath.Join(t.TempDir(), "people.csv")
		text := "surname,given_name,phone,email,password_hash\nПроверкина,Анна,+79123456789,,$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i\nПроверкин,Иван,,ivan@example.ru,\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			args []string
			says string
			ok   bool
		}{
			{nil, "--contacts-proved", false},
			{[]string{"--dry-run"}, "2 would be brought in, 0 have an account already, 0 lines refused", true},
			{[]string{"--contacts-proved"}, "2 brought in, 0 have an account already", true},
			{[]string{"--contacts-proved"}, "0 brought in, 2 have an account already", true},
		} {
			out, err := okno(t, "", env, append([]string{"people", "import", file}, c.args...)...)
			if (err == nil) != c.ok || !strings.Contains(out, c.says) || strings.Contains(out, "Проверкина") {
				t.Errorf("%v: %v: %s", c.args, err, out)
			}
		}
	})
}
