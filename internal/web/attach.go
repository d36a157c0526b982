package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"okno/internal/fault"
	"okno/internal/files"
)

// EachFile reads a form whose files are not to be in memory: take is called with each as it comes, and reads as much of it as it wants.
// field is the field that it was chosen in. Of the other fields take is given those that stand before the file. What take says is no
// reason to lose what was typed below: the files after it are left out, and the fields are read to the end and come back with the error.
func EachFile(r *http.Request, take func(f Form, field, name string, body io.Reader) error) (Form, error) {
	f := Form{values: map[string][]string{}}
	in, err := r.MultipartReader()
	if err != nil {
		return f, fault.New(fault.InvalidInput, "error.form").Because(fmt.Errorf("read form: %w", err))
	}
	v := visitOf(r.Context())
	var stopped error
	err = f.eachPart(in, longForm, func(field string, part *multipart.Part) error {
		switch {
		case stopped != nil:
		case !v.place():
			stopped = errFull.At(Now(r.Context()).Add(soon))
		default:
			stopped = take(f, field, clean(part.FileName()), reading{part})
		}
		return nil //nolint:nilerr // it comes back when all was read
	})
	if stopped != nil {
		return f, stopped
	}
	return f, err
}

// reading is a part whose reader hears of a broken line in words that a page has.
type reading struct{ io.Reader }

func (r reading) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // the very value: one that is wrapped is a file cut short
		err = broken(err)
	}
	return n, err
}

// broken is the error of a form that stopped in the middle or is longer than allowed.
func broken(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge.Because(err)
	}
	return fault.New(fault.InvalidInput, "error.form").Because(fmt.Errorf("read form: %w", err))
}

// Piece reads a body that is a part of a file, up to most bytes. While too many others are being sent it asks to come again soon.
func Piece(r *http.Request, most int64) ([]byte, error) {
	if !visitOf(r.Context()).place() {
		return nil, errFull.At(Now(r.Context()).Add(soon))
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return nil, broken(err)
	}
	if int64(len(data)) > most {
		return nil, errTooLarge
	}
	return data, nil
}

// Save answers like Send with a file that the browser is to keep and not to show.
func Save(w http.ResponseWriter, r *http.Request, f files.File, body *bytes.Reader) error {
	h := w.Header()
	h.Set("Content-Type", string(f.Media))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": files.Name(f.Name, f.Media)}))
	http.ServeContent(w, r, "", f.CreatedAt, body)
	return nil
}
