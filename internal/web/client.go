package web

import (
	"net/http"
	"strings"
)

// network is the part of the visitor's address that limits count: trusted proxies are seen through.
func (s *Server) network(r *http.Request) string {
	return s.Policy.Network.ClientPrefix(r.RemoteAddr, strings.Join(r.Header["X-Forwarded-For"], ","))
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
