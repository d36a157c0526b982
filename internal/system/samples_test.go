package system

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/store"
)

// A message that nobody can look at before it goes is one that nobody has read.
func TestEveryMessageOfThePortalHasASample(t *testing.T) {
	x := sampled(t)
	kinds := map[string]bool{}
	for _, s := range x.samples(t.Context()) {
		if kinds[s.Kind] {
			t.Errorf("%s is sampled twice", s.Kind)
		}
		kinds[s.Kind] = true
	}
	subjects := []string{"message.digest", "message.code.have_account", "message.support.visitor"}
	for _, key := range keys(t) {
		if kind, ok := strings.CutSuffix(key, ".subject"); ok && (strings.HasPrefix(key, "message.") || strings.HasPrefix(key, "complaint.notice.")) {
			subjects = append(subjects, kind)
		}
	}
	if len(subjects) < 80 {
		t.Fatalf("%d messages: the catalogue was not read", len(subjects))
	}
	for _, kind := range subjects {
		if !kinds[kind] {
			t.Errorf("%s has no sample", kind)
		}
		delete(kinds, kind)
	}
	if len(kinds) > 0 {
		t.Errorf("samples of what is nowhere said: %v", kinds)
	}
}

// mostParts is how long an SMS of ours is at most.
const mostParts = 4

var hole = regexp.MustCompile(`\{[a-z_]+\}`)

func TestSamplesAreFilledInAndSpeakTheirLanguage(t *testing.T) {
	x := sampled(t)
	list := x.samples(t.Context())
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, def := range c.All() {
		list = append(list, application.Samples(x.Notices.Letterhead(), def)...)
	}
	for _, s := range list {
		for _, l := range i18n.Langs() {
			m := s.Lang(l)
			for channel, text := range map[string]string{"inbox": m.Inbox.Subject + m.Inbox.Text, "letter": m.Letter.Subject + m.Letter.Text, "sms": m.SMS, "push": m.Push.Title + m.Push.Body} {
				if at := hole.FindString(text); at != "" {
					t.Errorf("%s, %s, %s: %s is left open: %s", s.Kind, l, channel, at, text)
				}
				if strings.Contains(text, s.Kind+".") && strings.HasPrefix(s.Kind, "message.") {
					t.Errorf("%s, %s, %s: a key instead of words: %s", s.Kind, l, channel, text)
				}
				if l == i18n.EN && strings.ContainsFunc(text, func(r rune) bool { return r >= 'а' && r <= 'я' }) {
					t.Errorf("%s, %s: Russian words: %s", s.Kind, channel, text)
				}
			}
			if parts, _ := notification.Cut(m.SMS); len(parts) > mostParts {
				t.Errorf("%s, %s: an SMS of %d parts, each of which is paid for: %s", s.Kind, l, len(parts), m.SMS)
			}
			if m.Letter == (notification.Letter{}) && m.SMS == "" && m.Push == (notification.Screen{}) && !strings.HasPrefix(s.Kind, "message.") {
				continue // a definition says that it is for the inbox alone
			}
			if m.Letter.Subject == "" {
				t.Errorf("%s, %s: a letter without a subject", s.Kind, l)
			}
			if stops := m.Letter.Off != ""; stops != (s.Kind == "message.digest" || m.Inbox.Subject != "" && s.About != notification.Security) {
				t.Errorf("%s, %s: it can be stopped: %t", s.Kind, l, stops)
			}
		}
	}
}

func sampled(t *testing.T) *System {
	t.Helper()
	x, err := New(t.Context(), demoSettings(t, store.SQLite), discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // the test is over
	return x
}

// keys are those of every message in Russian, and by a test of the catalogue of every one in English.
func keys(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../i18n/locales/ru/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(src, &raw); err != nil {
			t.Fatal(err)
		}
		for key := range raw {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}
