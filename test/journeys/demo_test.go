package journeys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// World is a whole portal with a sandbox around it. Everything else of it is reached as outsiders reach it:
// over HTTP, the levers of the demo too.
type World interface{ URL() string }

// message is one that the outbox of the demo holds.
type message struct {
	To      string    `json:"to"`
	Channel string    `json:"channel"`
	Text    string    `json:"text"`
	SentAt  time.Time `json:"sent_at"`
}

func (p *play) demo(path string, into any) {
	p.t.Helper()
	resp, err := http.Get(p.world.URL() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber() // kopecks are not floats
		err = d.Decode(into)
	}
	if err != nil {
		p.t.Fatalf("%s: %v: %.200s", path, err, body)
	}
}

func (p *play) lever(path string, form url.Values) {
	p.t.Helper()
	resp, err := http.PostForm(p.world.URL()+path, form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode >= http.StatusBadRequest {
		p.t.Fatalf("POST %s %s: status %d: %.200s", path, form.Encode(), resp.StatusCode, body)
	}
}

// unread are the messages on a channel to an address that no step has read, the newest first.
func (p *play) unread(channel, to string) []message {
	p.t.Helper()
	if !strings.Contains(to, "@") {
		to = regexp.MustCompile(`[^\d+]`).ReplaceAllString(to, "")
	}
	var all []message
	p.demo("/demo/outbox?to="+url.QueryEscape(to), &all)
	var fresh []message
	for _, m := range all {
		if m.Channel == channel && !p.read[m] {
			fresh = append(fresh, m)
		}
	}
	return fresh
}

var (
	linkIn  = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)
	codeIn  = regexp.MustCompile(`(?:^|[^\d])(\d{6})(?:[^\d]|$)`)
	codeIn2 = regexp.MustCompile(`(?:^|[^\d])(\d{3}[\s\x{a0}-]\d{3})(?:[^\d\s-]|[\s-][^\d]|$)`)

	spokenNumber = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}\b`) // that people say to the support desk
)

// take keeps what a message says: its text, link, code and number.
func (p *play) take(m message) {
	p.named["text"], p.named["link"], p.named["code"], p.named["wrong"] = m.Text, "", "", ""
	if n := spokenNumber.FindString(m.Text); n != "" {
		p.named["number"] = n
	}
	if l := linkIn.FindString(m.Text); l != "" {
		p.named["link"] = l
	}
	words := linkIn.ReplaceAllString(m.Text, "")
	c := codeIn.FindStringSubmatch(words)
	if c == nil {
		c = codeIn2.FindStringSubmatch(words)
	}
	if c == nil {
		return
	}
	code := regexp.MustCompile(`\D`).ReplaceAllString(c[1], "")
	p.named["code"] = code
	p.named["wrong"] = code[:5] + string('0'+(code[5]-'0'+1)%10)
}
