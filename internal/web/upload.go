package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"okno/internal/fault"
	"okno/internal/files"
)

// File is a file of a form. It is in memory only: what nobody has sealed yet must not reach a disk, where a crash would
// leave it for whoever comes next. So ReadForm takes forms of files apart itself, and does not let net/http do it.
type File struct {
	Name string // as the browser says
	Data []byte // of one that is larger than the policy allows no more than shows it; nothing of files beyond the number that is allowed
}

// mostParts is how many fields and files a form may have.
const mostParts = 1000

// errFull is for a form whose files found no place.
var errFull = fault.New(fault.Unavailable, "error.uploads")

// soon is when a place among the uploads is likely to be free.
const soon = 10 * time.Second

// Upload lets the handler take a body of up to n bytes, and a slow line the time to send it.
func Upload(n int64, h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := visitOf(r.Context())
		if v.body != nil {
			r.Body = http.MaxBytesReader(v.w.ResponseWriter, v.body, n)
		}
		v.large = true
		rc := http.NewResponseController(v.w.ResponseWriter)
		late := time.Now().Add(max(time.Minute, time.Duration(n>>14)*time.Second)) // 16 KiB a second
		if err := errors.Join(rc.SetReadDeadline(late), rc.SetWriteDeadline(late.Add(v.server.Limits.Write))); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("give an upload time: %w", err)
		}
		return h(w, r)
	}
}

// Files are the files attached in the field. A field left empty has none.
func (f Form) Files(name string) []File { return f.files[name] }

// Full is nil, or says that files came with the form and were let go, because too many others are being sent just now. All
// else of the form is there, to be shown again.
func (f Form) Full(ctx context.Context) error {
	if !f.full {
		return nil
	}
	return errFull.At(Now(ctx).Add(soon))
}

// readParts reads a form that may hold files; of any other it does nothing.
func (f *Form) readParts(r *http.Request) error {
	in, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if err != nil {
		return err
	}
	v, files := visitOf(r.Context()), 0
	return f.eachPart(in, v.server.Limits.Body, func(name string, part *multipart.Part) (err error) {
		if !v.place() {
			f.full = true
			return nil
		}
		x := File{Name: clean(part.FileName())}
		if files++; files <= v.server.Policy.Uploads.Count {
			if x.Data, err = io.ReadAll(io.LimitReader(part, int64(v.server.Policy.Uploads.MaxSize)+1)); err != nil {
				return broken(err)
			}
		}
		if f.files == nil {
			f.files = map[string][]File{}
		}
		f.files[name] = append(f.files[name], x)
		return nil
	})
}

// eachPart reads the words of a form in parts, text bytes of them at most, and gives each file to file. A form that stops before its end is an error, however
// whole what has come looks.
func (f *Form) eachPart(in *multipart.Reader, text int64, file func(name string, part *multipart.Part) error) error {
	for n := 0; ; n++ {
		part, err := in.NextPart()
		if err == io.EOF { //nolint:errorlint // the very value: one that is wrapped says that the form has no end
			return nil
		}
		if err != nil {
			return broken(err)
		}
		name := part.FormName()
		switch {
		case n >= mostParts:
			return errTooLarge
		case name == "":
		case part.FileName() == "":
			value, err := io.ReadAll(io.LimitReader(part, text+1))
			if err != nil {
				return broken(err)
			}
			if text -= int64(len(value)); text < 0 {
				return errTooLarge
			}
			f.values.Add(name, string(value))
		default:
			if err := file(name, part); err != nil {
				return err
			}
		}
	}
}

// place reports whether the request may hold files in memory. It keeps its place until it ends. Small forms need none: all of
// such a form is less than what is read of it at once.
func (v *visit) place() bool {
	if !v.large || v.placed {
		return true
	}
	p := v.server.Policy.Uploads
	v.placed = v.server.uploads.enter(v.neighbours(), p.PerPrefix, p.AtOnce)
	return v.placed
}

// done gives back what the request held, however it ended.
func (v *visit) done() {
	if v.placed {
		v.server.uploads.leave(v.neighbours())
	}
}

// Send answers with a file that came from outside, so nothing in it may run: pictures are shown, a PDF is downloaded. No cache keeps it.
func Send(w http.ResponseWriter, r *http.Request, f files.File, body *bytes.Reader) error {
	way := "inline"
	if f.Media == files.PDF {
		way = "attachment"
	}
	h := w.Header()
	h.Set("Content-Type", string(f.Media))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType(way, map[string]string{"filename": files.Name(f.Name, f.Media)}))
	http.ServeContent(w, r, "", f.CreatedAt, body)
	return nil
}
