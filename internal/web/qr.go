package web

import (
	"net/http"

	"rsc.io/qr"
)

// QR sends a picture of the text, for the camera of a phone: a module is so many pixels wide.
func QR(w http.ResponseWriter, text string, scale int) error {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return err
	}
	c.Scale = scale
	w.Header().Set("Content-Type", "image/png")
	_, err = w.Write(c.PNG())
	return err
}
