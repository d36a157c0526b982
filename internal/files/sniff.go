package files

import (
	"bytes"
	"strings"
)

// Media is the type of a file's content. Its text is stored and is what HTTP calls the media type.
type Media string

// The types that people may bring.
const (
	JPEG Media = "image/jpeg"
	PNG  Media = "image/png"
	PDF  Media = "application/pdf"
)

// Names are the types as people call them: «JPG, PNG, PDF».
func Names(types []string) string {
	out := make([]string, 0, len(types))
	for _, t := range types {
		out = append(out, strings.ToUpper(strings.TrimPrefix(Media(t).Extension(), ".")))
	}
	return strings.Join(out, ", ")
}

// Extension is how the name of such a file ends.
func (m Media) Extension() string {
	switch m {
	case JPEG:
		return ".jpg"
	case PNG:
		return ".png"
	case PDF:
		return ".pdf"
	}
	return ""
}

// Sniff says what the content is by what it holds, whatever it is called. Only content that begins as its format says
// counts: PDF readers would look for the mark further on, and that is how one file comes to be two things.
func Sniff(data []byte) (Media, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG, true
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, true
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return PDF, true
	}
	return "", false
}
