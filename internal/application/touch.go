package application

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"okno/internal/form"
)

// touch is a change of an answer, or several that one page has made one after the other.
type touch struct {
	at  int64  // version of the draft that the last of them made
	tab string // which page
	was string // digest of what stood there before the first
	n   int64  // when that page sent the last of them; see Typed
}

// touches are the changes of a draft's answers. They are read when another page has written since somebody's page was made, which
// is seldom. A keystroke adds a line to what is stored and reads nothing.
type touches struct {
	log   []byte             // as it is stored: its length when it was last tidied, then a change a line, in order
	fresh map[string]touch   // of this save, by pointer
	read  map[string][]touch // what the log says, once it was asked
}

// untidy is how many bytes of changes are added to a log before it is tidied, beside those that it had after the last time.
const untidy = 16 << 10

func (t *touches) any() bool { return len(t.fresh) > 0 }

// since is what was done to an answer after that version of the draft: when and by which page at last, and what stood there before.
func (t *touches) since(pointer string, seen int64) (touch, bool) {
	for _, first := range t.all()[pointer] {
		if first.at > seen {
			last := t.read[pointer][len(t.read[pointer])-1]
			return touch{last.at, last.tab, first.was, last.n}, true
		}
	}
	return touch{}, false
}

func (t *touches) all() map[string][]touch {
	if t.read == nil {
		t.read = parseTouches(t.log)
	}
	return t.read
}

// byHand reports whether the person changed the answer last, and no register or document did.
func (t *touches) byHand(pointer string) bool {
	all := t.all()[pointer]
	return len(all) > 0 && all[len(all)-1].tab != registerTab
}

func (t *touches) note(pointer string, c touch) {
	if t.fresh == nil {
		t.fresh = map[string]touch{}
	}
	if earlier, ok := t.fresh[pointer]; ok { // what stood there before this save is what counts
		c.was = earlier.was
	}
	t.fresh[pointer] = c
}

// written is the log with what this save has changed; nil when nobody has changed anything.
func (t *touches) written() []byte {
	if len(t.log) == 0 && len(t.fresh) == 0 {
		return nil
	}
	tidied, rest, ok := tidyAt(t.log)
	if !ok || len(rest) > 2*tidied+untidy {
		rest = nil
		for pointer, changes := range t.all() {
			rest = run(changes).line(rest, pointer)
		}
		tidied = len(rest)
	}
	out := strconv.AppendInt(make([]byte, 0, len(rest)+64*len(t.fresh)+8), int64(tidied), 10)
	out = append(append(out, '\n'), rest...)
	for pointer, change := range t.fresh {
		out = change.line(out, pointer)
	}
	return out
}

// run is the last of the changes, with those before it that the same page has made.
func run(changes []touch) touch {
	last := changes[len(changes)-1]
	for i := len(changes) - 2; i >= 0 && last.tab != "" && changes[i].tab == last.tab; i-- {
		last.was = changes[i].was
	}
	return last
}

// line adds a change to a log: ["/work",5,"tab","digest",2].
func (t touch) line(log []byte, pointer string) []byte {
	text, err := json.Marshal([]any{pointer, t.at, t.tab, t.was, t.n})
	if err != nil {
		panic(err) // texts and numbers
	}
	return append(append(log, text...), '\n')
}

// tidyAt parts a log from the length it begins with. One that begins otherwise is of an earlier edition.
func tidyAt(log []byte) (tidied int, rest []byte, ok bool) {
	first, rest, ok := bytes.Cut(log, []byte("\n"))
	if !ok {
		return 0, nil, false
	}
	tidied, err := strconv.Atoi(string(first))
	return tidied, rest, err == nil
}

// parseTouches reads a log, by pointers.
func parseTouches(log []byte) map[string][]touch {
	out := map[string][]touch{}
	_, rest, ok := tidyAt(log)
	if !ok {
		return earlierTouches(log)
	}
	for line := range bytes.Lines(rest) {
		var pointer string
		var t touch
		if json.Unmarshal(line, &[]any{&pointer, &t.at, &t.tab, &t.was, &t.n}) == nil { // it was sealed by us: nothing else stands there
			out[pointer] = append(out[pointer], t)
		}
	}
	return out
}

// earlierTouches reads what was stored before changes were lines: an object by pointers, of the last change alone.
func earlierTouches(stored []byte) map[string][]touch {
	var earlier map[string]struct {
		Version int64  `json:"version"`
		Tab     string `json:"tab"`
		Was     any    `json:"was"`
	}
	out := map[string][]touch{}
	if json.Unmarshal(stored, &earlier) != nil {
		return out
	}
	for pointer, t := range earlier {
		out[pointer] = []touch{{at: t.Version, tab: t.Tab, was: digest(t.Was)}}
	}
	return out
}

// digest tells one value from another: 64 bits, of which nobody but the portal has a say.
func digest(v any) string {
	sum := sha256.Sum256(form.Canonical(v))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}
