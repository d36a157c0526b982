package files

import "bytes"

// Media is the type of a file's content. Its text is stored and is what HTTP calls the media type.
type Media string

// The types that people may bring.
const (
	JPEG Media = "image/jpeg"
	PNG  Media = "image/png"
	PDF  Media = "application/pdf"
)

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
