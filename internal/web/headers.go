package web

import (
	"net"
	"net/http"
	"strings"
)

// csp is what a page may load and where it may send: its own server and nothing else, and nothing written into the
// page itself. A page cannot be framed, its forms cannot be pointed elsewhere, its base cannot be moved.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// headers are those that stand on every answer. Their values are shared between answers: set a header, never append to one.
type headers []struct {
	name  string
	value []string
}

func (h headers) set(to http.Header) {
	for _, x := range h {
		to[x.name] = x.value
	}
}

func fixedHeaders(secure bool, hosts map[string]bool) headers {
	h := headers{
		{"Content-Security-Policy", []string{csp}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"same-origin"}},
		{"Permissions-Policy", []string{"camera=(), geolocation=(), " + otherDevices}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Cache-Control", []string{"no-store"}}, // pages are about a person until one says otherwise
	}
	if secure || hosts["localhost"] { // browsers ignore it elsewhere, loudly
		h = append(h, headers{{"Cross-Origin-Opener-Policy", []string{"same-origin"}}}...)
	}
	if secure {
		h = append(h, headers{{"Strict-Transport-Security", []string{"max-age=63072000"}}}...)
	}
	return h
}

// otherDevices are those that no page uses.
const otherDevices = "accelerometer=(), display-capture=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// AllowCamera lets the page's own scripts ask for the camera, for which the browser asks the person.
func AllowCamera(w http.ResponseWriter) {
	w.Header().Set("Permissions-Policy", "camera=(self), geolocation=(), "+otherDevices)
}

// AllowPosition lets the page's own scripts ask where the person is, for which the browser asks them.
func AllowPosition(w http.ResponseWriter) {
	w.Header().Set("Permissions-Policy", "camera=(), geolocation=(self), "+otherDevices)
}

// allowedHosts are the names under which the portal may be asked for. Any other is a mistake of the proxy or an attack:
// a name that somebody pointed at us would read a demo on the visitor's own machine (DNS rebinding).
func allowedHosts(c Config) map[string]bool {
	hosts := map[string]bool{strings.ToLower(c.URL.Hostname()): true}
	if c.Demo {
		for _, h := range append([]string{"localhost", "127.0.0.1", "::1"}, c.Expose...) {
			hosts[strings.ToLower(h)] = true
		}
	}
	return hosts
}

// hostname is the host that was asked for without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}
