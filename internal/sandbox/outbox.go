package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Message is what lies in somebody's letterbox.
type Message struct {
	To      string    `json:"to"`      // +79001234567, or an e-mail in lower case
	Channel string    `json:"channel"` // sms, voice, email, push, post
	Text    string    `json:"text"`    // of a letter: the subject, then the text, without HTML
	SentAt  time.Time `json:"sent_at"`

	System string `json:"system"`       // which system took it
	ID     string `json:"id,omitempty"` // the sender's own number of it, as far as the protocol has a place for one
}

// keep is how many messages are held; the oldest go first.
const keep = 50_000

// outbox is the letterboxes of everybody: in memory for reading, in a file for the next start.
type outbox struct {
	now func() time.Time

	mu   sync.Mutex
	file *os.File
	all  []*Message
	byTo map[string][]*Message
}

func openOutbox(dir string, now func() time.Time) (*outbox, error) {
	path := filepath.Join(dir, "outbox.jsonl")
	o := &outbox{now: now, byTo: map[string][]*Message{}}
	torn, err := o.load(path)
	if err != nil {
		return nil, fmt.Errorf("open the outbox: %w", err)
	}
	if o.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("open the outbox: %w", err)
	}
	if torn { // by a kill in the middle of a line
		if _, err := o.file.WriteString("\n"); err != nil {
			return nil, errors.Join(fmt.Errorf("open the outbox: %w", err), o.file.Close())
		}
	}
	return o, nil
}

// load reads what an earlier start wrote. Lines that are not messages are passed over.
func (o *outbox) load(path string) (torn bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadBytes('\n')
		var m Message
		if json.Unmarshal(line, &m) == nil && m.To != "" {
			o.put(&m)
		}
		if err != nil {
			return len(line) > 0, nil
		}
	}
}

// add delivers a message. It is written down before the sender hears that it was taken.
func (o *outbox) add(m Message) error {
	m.To = address(m.To)
	m.SentAt = o.now().UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == nil {
		return fmt.Errorf("deliver: %w", os.ErrClosed)
	}
	if _, err := o.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	o.put(&m)
	return nil
}

func (o *outbox) put(m *Message) {
	o.all = append(o.all, m)
	o.byTo[m.To] = append(o.byTo[m.To], m)
	if len(o.all) < keep+keep/10 {
		return
	}
	o.all = slices.Clone(o.all[len(o.all)-keep:])
	clear(o.byTo)
	for _, m := range o.all {
		o.byTo[m.To] = append(o.byTo[m.To], m)
	}
}

// find returns the messages for to, or for everybody when to is empty, the latest first; at most n unless n is 0.
func (o *outbox) find(to string, n int) []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	from := o.all
	if to != "" {
		from = o.byTo[address(to)]
	}
	if n == 0 || n > len(from) {
		n = len(from)
	}
	out := make([]Message, 0, n)
	for i := range n {
		out = append(out, *from[len(from)-1-i])
	}
	return out
}

func (o *outbox) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.file
	o.file = nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// address writes an address one way, however it was typed: +7 900 …, 8 (900) …, 7900…, Name@Example.org. A plus
// that a query string turned into a space is a plus.
func address(s string) string {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "@") {
		return strings.ToLower(s)
	}
	d := digits(s)
	if d == "" {
		return s
	}
	if len(d) == 11 && d[0] == '8' {
		d = "7" + d[1:]
	}
	return "+" + d
}
