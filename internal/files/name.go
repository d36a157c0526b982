package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how many letters of a name are kept, its extension apart.
const longest = 80

// Name is the name under which a file of the type is kept and sent, made of the one it came with. A name is what a person
// decides by whether to open a file, and the extension what their system opens it with: so the extension is that of the
// content, and there are no folders in it, nothing that cannot be seen, and nothing that turns the order of the letters
// round. The extension of a type that is not known stays as it was; that is for telling a person which file is meant.
func Name(given string, m Media) string {
	given = given[strings.LastIndexAny(given, `/\`)+1:]
	given = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsGraphic(r): // controls, and formats: marks of direction, joiners of no width
			return -1
		}
		return r
	}, given)
	ext := m.Extension()
	if ext != "" {
		given = strings.TrimSuffix(given, path.Ext(given))
	}
	given = strings.Trim(strings.Join(strings.Fields(given), " "), ". ")
	if r := []rune(given); len(r) > longest {
		given = strings.TrimRight(string(r[:longest]), ". ")
	}
	if given == "" {
		given = "file"
	}
	return given + ext
}
