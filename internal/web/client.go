package web

import (
	"net/http"
	"strings"
)

// network is the part of the visitor's address that limits count: trusted proxies are seen through.
func (s *Server) network(r *http.Request) string {
	return s.Policy.Network.ClientPrefix(r.RemoteAddr, strings.Join(r.Header["X-Forwarded-For"], ","))
}

// neighbours names the network of the visitor where a network may hold only its share of something. It is "" in a network of
// staff, which has no share: a whole centre stands behind it.
func (v *visit) neighbours() string {
	n, forwarded := v.server.Policy.Network, strings.Join(v.r.Header["X-Forwarded-For"], ",")
	if n.Exempt(n.ClientAddr(v.r.RemoteAddr, forwarded)) {
		return ""
	}
	return n.ClientPrefix(v.r.RemoteAddr, forwarded)
}

// Neighbours is the network that limits on visitors without an account count; "" is a network of staff, where they do not hold.
func Neighbours(r *http.Request) string { return visitOf(r.Context()).neighbours() }

// Returning reports whether the browser has come with the name that it was given before (Visitor).
func Returning(r *http.Request) bool {
	return likeToken(cookie(r, visitOf(r.Context()).server.cookies.browser))
}

// families are what browsers and systems call themselves, the most particular first: most of them claim to be others too.
var (
	browsers = []struct{ mark, name string }{
		{"YaBrowser/", "Yandex Browser"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []struct{ mark, name string }{
		{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// agent is the family of browser and system, «Chrome, Linux»: enough for a person to know their own device by, too little
// to tell two people apart. What is not known is left out.
func agent(ua string) string {
	var words []string
	for _, list := range [][]struct{ mark, name string }{browsers, systems} {
		for _, f := range list {
			if strings.Contains(ua, f.mark) {
				words = append(words, f.name)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
