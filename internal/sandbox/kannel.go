package sandbox

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// kannelRoutes is the carrier sms2: the sendsms interface of a Kannel, as its smsbox has it. A GET carries
// everything in the address; a POST carries the text as its body and the rest in X-Kannel headers.
func (w *World) kannelRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cgi-bin/sendsms", w.spoil("sms2", w.sendSMS))
	mux.HandleFunc("POST /cgi-bin/sendsms", w.spoil("sms2", w.sendSMS))
	return mux
}

// sendSMS answers with the words and statuses of Kannel 1.4.5.
func (w *World) sendSMS(rw http.ResponseWriter, r *http.Request) {
	get := r.URL.Query().Get
	if r.Method == http.MethodPost {
		get = func(name string) string { return r.Header.Get("X-Kannel-" + name) }
	}
	say := func(status int, words string) {
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(status)
		io.WriteString(rw, words) //nolint:errcheck // the caller has hung up
	}
	if get("username") != KannelUser || get("password") != KannelPassword {
		say(http.StatusForbidden, "Authorization failed for sendsms")
		return
	}
	to := strings.TrimSpace(get("to"))
	if d := digits(to); len(d) < 10 || len(d) > 15 || strings.Trim(to, "0123456789+- ") != "" {
		say(http.StatusBadRequest, "Garbage 'to' field, rejected.")
		return
	}
	text, err := kannelText(r, get)
	if err != nil {
		say(http.StatusBadRequest, "Charset or body misformed, rejected")
		return
	}
	if err := w.outbox.add(Message{To: to, Channel: "sms", Text: text, System: "sms2", ID: get("account")}); err != nil {
		w.log.Error("sandbox carrier", "error", err)
		say(http.StatusInternalServerError, "Sending failed.")
		return
	}
	say(http.StatusAccepted, "0: Accepted for delivery")
}

// kannelText is the text of a request: in the charset that it names, else UTF-8, or UTF-16BE for coding 2.
func kannelText(r *http.Request, get func(string) string) (string, error) {
	raw, charset := get("text"), get("charset")
	if r.Method == http.MethodPost {
		kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || (kind != "text/plain" && kind != "application/octet-stream") {
			return "", errors.New("content type")
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		raw, charset = string(b), params["charset"]
	}
	switch {
	case strings.EqualFold(charset, "UTF-16BE"), charset == "" && get("coding") == "2":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().String(raw)
	case charset == "", strings.EqualFold(charset, "UTF-8"):
		return raw, nil
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return "", fmt.Errorf("charset: %w", err)
	}
	return enc.NewDecoder().String(raw)
}
