package scan

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
)

// ErrActive is of a PDF that does something when it is opened, carries other files, or is locked so that nobody can tell.
var ErrActive = errors.New("scan: the PDF holds more than pages")

// active are names without which a PDF can do nothing but be looked at. All are long enough not to turn up in compressed data by
// chance: a name of six letters does so once in some hundred million files.
var active = map[string]bool{ //nolint:gochecknoglobals // a table
	"JavaScript": true, "Launch": true, "EmbeddedFile": true, "EmbeddedFiles": true, "RichMedia": true, "SubmitForm": true,
	"ImportData": true, "Rendition": true, "GoTo3DView": true, "Encrypt": true, "AcroForm": false,
}

// mostInflated bounds what the streams of one PDF may unfold to while they are looked through.
const mostInflated = 128 << 20

// passive refuses a PDF that is more than pages. It does not follow the file's own table of contents, which may lie: it looks at every
// byte, and into every stream that unfolds, for names that actions need. Objects packed in a way that is not looked into are refused,
// for a reader would unpack them.
func passive(data []byte) error {
	if err := named(data); err != nil {
		return err
	}
	left := int64(mostInflated)
	for rest, at := data, 0; ; {
		i := bytes.Index(rest, []byte("stream"))
		if i < 0 {
			return nil
		}
		start := at + i + len("stream")
		rest, at = data[start:], start
		if i >= 3 && bytes.HasSuffix(data[:start], []byte("endstream")) {
			continue
		}
		head := dictionary(data[:start-len("stream")])
		body := bytes.TrimPrefix(bytes.TrimPrefix(data[start:], []byte("\r")), []byte("\n"))
		packed := has(head, "ObjStm")
		plain, err := inflated(body, left)
		left -= int64(len(plain))
		if left <= 0 {
			return ErrBomb
		}
		if packed && (err != nil || has(head, "DecodeParms") || has(head, "Crypt") || has(head, "Filter") && !has(head, "FlateDecode")) && has(head, "Filter") {
			return ErrActive
		}
		if err := named(plain); err != nil {
			return err
		}
	}
}

// dictionary is what stands before a stream: no further back than where its object begins.
func dictionary(before []byte) []byte {
	before = before[max(0, len(before)-4096):]
	if i := bytes.LastIndex(before, []byte("obj")); i >= 0 {
		return before[i:]
	}
	return before
}

// inflated unfolds what it can; an error after some of it is one too.
func inflated(body []byte, most int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, most))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, zlib.ErrChecksum) {
		return out, err
	}
	return out, err
}

func named(b []byte) error {
	found := false
	names(b, func(name []byte) bool {
		found = active[string(name)]
		return !found
	})
	if found {
		return ErrActive
	}
	return nil
}

func has(b []byte, want string) bool {
	found := false
	names(b, func(name []byte) bool {
		found = string(name) == want
		return !found
	})
	return found
}

// names walks over what looks like a name of PDF: a slash and regular characters, of which #4A is one.
func names(b []byte, each func(name []byte) (more bool)) {
	var name []byte
	for {
		i := bytes.IndexByte(b, '/')
		if i < 0 {
			return
		}
		b = b[i+1:]
		name = name[:0]
		n := 0
		for n < len(b) && len(name) < 32 && regular(b[n]) {
			c := b[n]
			if c == '#' && n+2 < len(b) && hex(b[n+1]) >= 0 && hex(b[n+2]) >= 0 {
				c = byte(hex(b[n+1])<<4 | hex(b[n+2])) //nolint:gosec // two halves of a byte
				n += 2
			}
			name = append(name, c)
			n++
		}
		if !each(name) {
			return
		}
		b = b[n:]
	}
}

func regular(c byte) bool {
	return c > ' ' && c != 0x7f && !bytes.ContainsRune([]byte("()<>[]{}/%"), rune(c))
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
