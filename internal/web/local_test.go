package web

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"okno/internal/web/ui"
)

func TestOnlyPagesOfThePortalAreComeBackTo(t *testing.T) {
	for to, want := range map[string]bool{
		"/":                             true,
		"/cabinet":                      true,
		"/services/income?year=2025":    true,
		"/a%20b":                        true,
		"/a/../b":                       true,
		"/@evil.example":                true,
		"":                              false,
		"cabinet":                       false,
		"//evil.example":                false,
		"///evil.example":               false,
		"/\\evil.example":               false,
		"/\t/evil.example":              false,
		"/\n/evil.example":              false,
		"/\r\nSet-Cookie: a=b":          false,
		"\t//evil.example":              false,
		" //evil.example":               false,
		"\\\\evil.example":              false,
		"https://evil.example":          false,
		"https:/evil.example":           false,
		"javascript:alert(1)":           false,
		"data:text/html,x":              false,
		"/a b":                          false,
		"/путь":                         false,
		"/%zz":                          false,
		"/#fragment":                    false,
		"/" + strings.Repeat("a", 2000): false,
	} {
		if _, ok := Local(to); ok != want {
			t.Errorf("Local(%q) = %v", to, ok)
		}
	}
}

// A browser reads an address by the URL standard of WHATWG: it drops tabs and line ends and takes \ for /.
func FuzzNoAddressLeadsAway(f *testing.F) {
	for _, s := range []string{"/", "/a", "//e", "/\\e", "/\t/e", "/a?next=//e", "/%2f/e", "/.//e", "https://e", "/a\r\nb: c", "/@e", "/:80", "/?@e"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "okno.example", Path: "/signin"}
	f.Fuzz(func(t *testing.T, s string) {
		to, ok := Local(s)
		if !ok {
			return
		}
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimFunc(to, func(r rune) bool { return r <= ' ' }))
		if seen != to || !strings.HasPrefix(seen, "/") || strings.HasPrefix(seen, "//") {
			t.Fatalf("%q is read as %q", s, seen)
		}
		u, err := base.Parse(to)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("%q leads to %v, %v", s, u, err)
		}
	})
}

func TestABrowserIsKnownByItsFamilyOnly(t *testing.T) {
	for ua, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                                   "Chrome, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 YaBrowser/25.8.0.0 Safari/537.36":      "Yandex Browser, Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "Edge, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0":                                                    "Firefox, macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1": "Safari, iOS",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":        "Samsung Internet, Android",
		"curl/8.5": "",
		"<script>": "",
	} {
		if got := agent(ua); got != want {
			t.Errorf("agent(%q) = %q, want %q", ua, got, want)
		}
	}
}

func TestABrowserOlderThanThePortalIsMadeForIsKnown(t *testing.T) {
	const win, ios = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ", "Mozilla/5.0 (iPhone; CPU iPhone OS "
	for ua, want := range map[string]bool{
		win + "Chrome/" + ui.Chrome + ".0.0.0 Safari/537.36":                                                                                 false,
		win + "Chrome/110.0.0.0 Safari/537.36":                                                                                               true,
		win + "Chrome/98.0.4758.141 YaBrowser/22.3.1.892 Safari/537.36":                                                                      true,
		win + "Chrome/140.0.0.0 YaBrowser/25.8.0.0 Safari/537.36":                                                                            false,
		win + "Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763":                                                                             true,
		win + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":                                                                                 false,
		win + "Chrome/W.X.Y.Z Safari/537.36":                                                                                                 false,
		"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko":                                                               true,
		"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)":                                                                                 true,
		"Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18":                                                                          true,
		"Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/" + ui.Firefox + ".0":                                                 false,
		"Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Firefox/52.0":                                                                  true,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/" + ui.Safari + " Safari/605.1.15": false,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.3 Safari/605.1.15":              true,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":              false,
		ios + "16_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1":                      true,
		ios + "16_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/100.0 Mobile/15E148 Safari/605.1.15":                     false,
		ios + "18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1":                         false,
		"Mozilla/5.0 (Linux; U; Android 4.0.3; ru-ru) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30":               true,
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":   false,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15":                                           false,
		"Mozilla/5.0 (X11; Linux x86_64) okno-webtest":                                                                                       false,
		"curl/8.5": false,
		"":         false,
	} {
		if got := old(ua); got != want {
			t.Errorf("old(%q) = %t, want %t", ua, got, want)
		}
	}
}

func TestACookieIsFoundByItsWholeName(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = []string{"xokno_session=a; okno_session2=b;okno_session=c=d; okno_session=e", "other=f"}
	for name, want := range map[string]string{"okno_session": "c=d", "other": "f", "okno": "", "session": "", "okno_session2": "b"} {
		if got := cookie(r, name); got != want {
			t.Errorf("cookie(%q) = %q, want %q", name, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { cookie(r, "other") }); n > 0 {
		t.Errorf("reading a cookie allocates %v times", n)
	}
}
