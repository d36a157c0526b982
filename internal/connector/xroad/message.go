package xroad

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"okno/internal/connector/call"
)

// whole reads the body of a question, which is in memory anyway.
func whole(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close() //nolint:errcheck // a transport closes it
	return io.ReadAll(req.Body)
}

func reader(body []byte) io.ReadCloser {
	if body == nil {
		return http.NoBody
	}
	return io.NopCloser(bytes.NewReader(body))
}

// dropped are the headers that a security server does not take into the message.
var dropped = map[string]bool{
	"Transfer-Encoding": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Te": true, "Trailer": true, "Upgrade": true,
	"Connection": true, "User-Agent": true, "Host": true, "Content-Length": true, "Server": true, "Expect": true,
	headerRequest: true, headerHash: true,
}

// hash is X-Road-Request-Hash of the question. The order of the headers is that in which net/http writes them: by name.
func hash(sent *http.Request, body []byte, requestID string) string {
	var m bytes.Buffer
	fmt.Fprintf(&m, "%s\r\n%s\r\n", sent.Method, sent.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(sent.Header)) {
		if dropped[name] {
			continue
		}
		for _, v := range sent.Header[name] {
			fmt.Fprintf(&m, "%s:%s\r\n", name, v)
		}
	}
	fmt.Fprintf(&m, "x-road-request-id:%s\r\n", requestID)
	sum := sha512.Sum512(m.Bytes())
	if len(body) > 0 {
		of := sha512.Sum512(body)
		sum = sha512.Sum512(append(sum[:], of[:]...))
	}
	return base64.StdEncoding.EncodeToString(sum[:])
}

// mostComplaint is how much of a complaint is read.
const mostComplaint = 64 << 10

// mistakes are errors that an operator must mend, here or at the provider; they are compared without case and underscores, because
// version 8 writes access_denied where version 7 writes AccessDenied.
var mistakes = map[string]bool{
	"accessdenied": true, "unknownservice": true, "unknownmember": true, "servicedisabled": true, "servicetype": true, "invalidrequest": true,
	"missingheader": true, "inconsistentheaders": true, "sslauthenticationfailed": true, "badrequest": true, "invalidservicetype": true,
	"invalidclientidentifier": true, "invalidprotocolversion": true, "unsupportedversion": true,
}

// mistake reports whether the type of an error is one that waiting does not mend.
func mistake(kind string) bool {
	parts := strings.Split(strings.ReplaceAll(strings.ToLower(kind), "_", ""), ".")
	return parts[0] == "client" || slices.ContainsFunc(parts, func(p string) bool { return mistakes[p] })
}

// complaint reads what the road itself has to complain of; nil when it has nothing. Then the body is still to be read.
func (r *Road) complaint(sent *http.Request, resp *http.Response) error {
	kind := resp.Header.Get(headerError)
	if kind == "" {
		return nil
	}
	defer resp.Body.Close() //nolint:errcheck // it is read as far as we want
	var more struct{ Type, Message, Detail string }
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostComplaint))
	if err != nil || json.Unmarshal(text, &more) != nil {
		more.Detail = "" // the header says enough
	}
	failed := &call.Failed{Why: call.ErrUnavailable, What: "x-road: " + plain(kind)}
	level, says := slog.LevelWarn, "x-road could not reach the register"
	if mistake(kind) {
		failed.Why, level, says = call.ErrSettings, slog.LevelError, "x-road does not let us through: see the settings and the rights at the provider"
	}
	r.told(sent.Context(), level, says, sent, kind, more.Detail)
	return failed
}

// allowed are the codes of the services that the provider lets us use. Versions name the members of the list differently.
func allowed(resp *http.Response) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	resp.Body.Close() //nolint:errcheck // it was read
	resp.Body = http.NoBody
	var list map[string][]map[string]any
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, &list) != nil {
		return nil, &call.Failed{Why: call.ErrGarbage, What: "x-road did not list the services"}
	}
	var out []string
	for _, services := range list {
		for _, s := range services {
			for name, v := range s {
				if code, ok := v.(string); ok && strings.EqualFold(strings.ReplaceAll(name, "_", ""), "serviceCode") {
					out = append(out, code)
				}
			}
		}
	}
	return out, nil
}
