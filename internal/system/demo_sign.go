package system

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/demo"
	"okno/internal/web/ui"
)

// demoSigning is where the demo signs for whoever has no program of signing.
const demoSigning = "/demo/sign"

// mostToSign is the largest text that the demo signs.
const mostToSign = 256 << 10

// mountSigning adds the page on which a resident signs a text as by a program of their own.
func (x *System) mountSigning() {
	x.Web.Handle("GET "+demoSigning, x.demoSignPage)
	x.Web.Handle("POST "+demoSigning, web.Upload(mostToSign, x.demoSign))
}

func (x *System) demoSignView(r *http.Request) demo.SignView {
	v := demo.SignView{Page: web.Page(r.Context(), i18n.T(r.Context(), "demo.sign.title")), Resident: "0", Algorithm: demo.Algorithms()[0]}
	for _, s := range x.World.Signatories() {
		v.Residents = append(v.Residents, ui.Choice{Value: strconv.Itoa(s.Resident), Label: s.Name + ", " + s.SNILS})
	}
	return v
}

func (x *System) demoSignPage(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, demo.Sign(x.demoSignView(r)))
}

// demoSign gives the signature as a file, or shows the page under what is wrong.
func (x *System) demoSign(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := x.demoSignView(r)
	v.Resident, v.Algorithm, v.Text = f.Get("resident"), f.Get("algorithm"), f.Get("text")
	text, err := textToSign(r, f)
	var signed []byte
	if err == nil && !slices.Contains(demo.Algorithms(), v.Algorithm) {
		err = fault.Invalid(fault.F("algorithm", "demo.sign.no_algorithm"))
	}
	if err == nil {
		signed, err = x.World.Sign(ctx, v.Resident, v.Algorithm, text)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Invalid(fault.F("resident", "demo.sign.no_resident"))
	}
	if errs, ok := web.Refused(ctx, err, "file"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, demo.Sign(v))
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pkcs7-signature")
	h.Set("Content-Disposition", `attachment; filename="okno.sig"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(signed)
	return err
}

// textToSign is the file, else what was pasted. What is pasted gets the ends of lines that the portal's texts have, because no browser
// keeps them.
func textToSign(r *http.Request, f web.Form) ([]byte, error) {
	if err := f.Full(r.Context()); err != nil {
		return nil, err
	}
	if files := f.Files("file"); len(files) > 0 && len(files[0].Data) > 0 {
		return files[0].Data, nil
	}
	pasted := bytes.TrimRight(bytes.ReplaceAll([]byte(f.Get("text")), []byte("\r\n"), []byte("\n")), "\n \t\r")
	if len(pasted) == 0 {
		return nil, fault.Invalid(fault.F("file", "demo.sign.no_text"))
	}
	return append(bytes.ReplaceAll(pasted, []byte("\n"), []byte("\r\n")), "\r\n"...), nil
}
