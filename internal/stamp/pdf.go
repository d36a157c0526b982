package stamp

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Signing a PDF takes two steps, because its signature lies in it: whoever writes the file puts the object of Hole into it and draws
// its field on the first page; Fill signs all but the hole, and fills it.

// unknown stands for the numbers of a hole that was not filled yet.
const unknown = "/ByteRange [0 ********** ********** **********]"

// contentsOf stands between the range and the signature. The range ends in spaces, one at least.
const contentsOf = "/Contents <"

// Hole is the dictionary of a signature that is not made yet, as an object of the PDF. The texts are strings of PDF with their brackets.
func (k *Key) Hole(at time.Time, name, reason []byte, objects int) []byte {
	size := 1024 + objects*48
	for _, c := range k.chain {
		size += len(c.Raw)
	}
	return fmt.Appendf(nil, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%sZ) /Name %s /Reason %s %s %s%s> >>",
		at.UTC().Format("20060102150405"), name, reason, unknown, contentsOf, bytes.Repeat([]byte("0"), 2*size))
}

// errHole is of a file that was not made for Fill.
var errHole = errors.New("stamp: the PDF has no room for a signature")

// Fill signs the PDF, in its own bytes, and gives it back. The time is that of the Hole.
func (k *Key) Fill(pdf []byte, at time.Time) ([]byte, error) {
	i := bytes.Index(pdf, []byte(unknown))
	if i < 0 || bytes.Count(pdf, []byte("/ByteRange")) != 1 {
		return nil, errHole
	}
	from := i + len(unknown+" "+contentsOf) - 1
	n := bytes.IndexByte(pdf[from:], '>') + 1
	if n < 2 || pdf[from] != '<' {
		return nil, errHole
	}
	to := from + n
	copy(pdf[i:], fmt.Sprintf("%-*s", len(unknown), fmt.Sprintf("/ByteRange [0 %d %d %d]", from, to, len(pdf)-to)))
	parts, err := partsOf(pdf)
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	digest.Write(pdf[:from])
	digest.Write(pdf[to:])
	der, err := k.cms(digest.Sum(nil), contents{Version: 1, At: at.UTC().Truncate(time.Second), Parts: parts})
	if err != nil {
		return nil, fmt.Errorf("stamp: sign: %w", err)
	}
	if hex.EncodedLen(len(der)) > n-2 {
		return nil, errHole
	}
	hex.Encode(pdf[from+1:], der)
	return pdf, nil
}

var (
	tables   = regexp.MustCompile(`startxref\s+(\d{1,10})\s+%%EOF\s*$`)
	section  = regexp.MustCompile(`^xref\n0 (\d{1,7})\n`)
	kids     = regexp.MustCompile(`/Kids\s*\[([\d\sR]*)\]`)
	annots   = regexp.MustCompile(`/Annots\s*\[([\d\sR]*)\]`)
	drawn    = regexp.MustCompile(`/Contents\s*(\d{1,7} 0 R)`)
	indirect = regexp.MustCompile(`(\d{1,7}) 0 R`)
)

// partsOf lists the objects of a PDF that the portal printed, without the signature itself.
func partsOf(pdf []byte) ([]part, error) {
	m := tables.FindSubmatch(pdf[max(0, len(pdf)-64):])
	if m == nil {
		return nil, errHole
	}
	at, err := strconv.Atoi(string(m[1]))
	if err != nil || at >= len(pdf) {
		return nil, errHole
	}
	m = section.FindSubmatch(pdf[at:])
	if m == nil {
		return nil, errHole
	}
	n, err := strconv.Atoi(string(m[1]))
	entries := pdf[at+len(m[0]):]
	const entry = 20
	if err != nil || len(entries) < n*entry {
		return nil, errHole
	}
	bodies := map[int][]byte{}
	for i := 1; i < n; i++ {
		from, err := strconv.Atoi(string(entries[i*entry : i*entry+10]))
		if err != nil || from >= at {
			return nil, errHole
		}
		end := endOf(pdf[from:at])
		if end < 0 {
			return nil, errHole
		}
		bodies[i] = pdf[from : from+end]
	}
	pages := pagesOf(bodies)
	var parts []part
	for i := 1; i < n; i++ {
		if bytes.Contains(bodies[i], []byte("/ByteRange")) {
			continue
		}
		sum := sha256.Sum256(bodies[i])
		parts = append(parts, part{Object: i, Page: pages[i], Length: len(bodies[i]), Digest: sum[:partDigest]})
	}
	return parts, nil
}

// endOf is where the object at the beginning ends. The word may stand in a stream, too; then the part ends there, which does no harm: the
// digest of the whole covers the rest.
func endOf(text []byte) int {
	const word = "\nendobj"
	i := bytes.Index(text, []byte(word))
	if i < 0 {
		return i
	}
	return i + len(word)
}

// pagesOf says to which page an object belongs: the page itself, what is drawn on it, its links.
func pagesOf(bodies map[int][]byte) map[int]int {
	pages := map[int]int{}
	for _, body := range bodies {
		m := kids.FindSubmatch(body)
		if m == nil || !bytes.Contains(body, []byte("/Type /Pages")) {
			continue
		}
		for p, page := range refs(m[1]) {
			of := []int{page}
			for _, x := range []*regexp.Regexp{annots, drawn} {
				if m := x.FindSubmatch(bodies[page]); m != nil {
					of = append(of, refs(m[1])...)
				}
			}
			for _, object := range of {
				pages[object] = p + 1
			}
		}
	}
	return pages
}

func refs(text []byte) []int {
	var out []int
	for _, m := range indirect.FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err == nil {
			out = append(out, n)
		}
	}
	return out
}

// State is what became of a file since it was signed.
type State string

// The states. Only a Whole file is what the portal issued.
const (
	Whole    State = "whole"
	Appended State = "appended" // something was added behind what was signed, which may show something else
	Changed  State = "changed"  // what was signed is not what is there
	Cut      State = "cut"      // the end is missing
	Unsigned State = "unsigned" // there is no signature, or none that this portal makes
	Unknown  State = "unknown"  // signed by a key that is not on the list: somebody else's, or one younger than the list
	Revoked  State = "revoked"  // whole, but the key does not count any more
	Untimely State = "untimely" // whole, but the key was not in force when it was signed
	NoPDF    State = "no_pdf"
)

// Verdict is what is known of a file.
type Verdict struct {
	State    State
	Key      Entry     // of a signature by a key on the list
	SignedAt time.Time // as the portal wrote it
	Link     string    // the address of the public page that is written in a whole file
	Pages    []int     // of a changed file: the pages on which something is not as it was
	Rest     bool      // of a changed file: something was changed beside pages, as their order or the typefaces
	Behind   int       // of a file with something appended: how many bytes
	AsOf     time.Time // of the list
}

// Genuine reports whether the file is what the portal issued.
func (v Verdict) Genuine() bool { return v.State == Whole }

// mostSignatures is how many signatures of a file are looked at. The portal makes one.
const mostSignatures = 8

// mostHole is how long a signature may be.
const mostHole = 1 << 18

var ranges = regexp.MustCompile(`/ByteRange\s{0,8}\[\s{0,8}0\s{1,8}(\d{1,10})\s{1,8}(\d{1,10})\s{1,8}(\d{1,10})\s{0,8}\]\s{0,40}`)

// Verify says what a file is by the list. The best signature of several counts: one that holds cannot be spoilt by others beside it,
// which then are signed by it, too.
func Verify(pdf []byte, l List) Verdict {
	best := Verdict{State: Unsigned, AsOf: l.AsOf}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		best.State = NoPDF
		return best
	}
	if !bytes.HasSuffix(bytes.TrimRight(pdf, "\r\n \x00"), []byte("%%EOF")) {
		best.State = Cut
	}
	for _, m := range ranges.FindAllSubmatchIndex(pdf, mostSignatures) {
		v := verifyOne(pdf, m, l)
		if v.AsOf = l.AsOf; rank(v.State) < rank(best.State) {
			best = v
		}
	}
	return best
}

// rank orders states: who knows more speaks first.
func rank(s State) int {
	return slices.Index([]State{Whole, Revoked, Untimely, Appended, Changed, Cut, Unknown, Unsigned, NoPDF}, s)
}

// verifyOne looks at the signature whose range stands at m. The signature is found behind its range, where the portal puts it: in a file
// that was changed it need not lie where the range says.
func verifyOne(pdf []byte, m []int, l List) Verdict {
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(pdf[m[2*i+2]:m[2*i+3]])) // ten digits at most
	}
	text, ok := bytes.CutPrefix(pdf[m[1]:], []byte(contentsOf))
	at := m[1] + len(contentsOf)
	text, _, closed := bytes.Cut(text[:min(len(text), mostHole)], []byte(">"))
	if !ok || !closed {
		return Verdict{State: Unsigned}
	}
	der, ok := filled(text)
	if !ok {
		return Verdict{State: Unsigned}
	}
	msg, err := parseCMS(der)
	if err != nil {
		return Verdict{State: Unsigned}
	}
	e, ok := l.key(keyID(msg.chain[0]))
	if !ok {
		return Verdict{State: Unknown}
	}
	if !msg.by(e) {
		return Verdict{State: Unsigned} // it has the certificate of the portal, which anybody has, and not its signature
	}
	v := Verdict{State: Whole, Key: e, SignedAt: msg.contents.At}
	from, to, end := at-1, at+len(text)+1, n[1]+n[2]
	placed := n[0] == from && n[1] == to
	if placed && end > len(pdf) {
		v.State = Cut
		return v
	}
	digest := sha256.New()
	if placed {
		digest.Write(pdf[:from])
		digest.Write(pdf[to:end])
	}
	if !bytes.Equal(digest.Sum(nil), msg.digest) {
		v.State = Changed
		v.Pages, v.Rest = msg.contents.changed(pdf)
		return v
	}
	if end < len(pdf) {
		v.State, v.Behind = Appended, len(pdf)-end
		return v
	}
	switch err := e.counts(v.SignedAt); {
	case errors.Is(err, ErrRevoked):
		v.State = Revoked
	case err != nil:
		v.State = Untimely
	default:
		v.Link = linkOf(pdf)
	}
	return v
}

// filled takes the message out of its hole: lower-case hexadecimal, then zeros to the end. There is one way to write it.
func filled(text []byte) ([]byte, bool) {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return nil, false
		}
	}
	all := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(all, text); err != nil {
		return nil, false
	}
	var one asn1.RawValue
	rest, err := asn1.Unmarshal(all, &one)
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, false
	}
	return one.FullBytes, true
}

// changed finds the pages of which an object is nowhere in the file as it was signed.
func (c contents) changed(pdf []byte) (pages []int, rest bool) {
	for _, p := range c.Parts {
		if p.in(pdf) {
			continue
		}
		if p.Page == 0 {
			rest = true
			continue
		}
		pages = append(pages, p.Page)
	}
	slices.Sort(pages)
	pages = slices.Compact(pages)
	return pages, rest || len(pages) == 0
}

// in reports whether the object is in the file, wherever it has moved to.
func (p part) in(pdf []byte) bool {
	head := []byte(strconv.Itoa(p.Object) + " 0 obj\n")
	for at, tries := 0, 0; tries < mostTries; {
		i := bytes.Index(pdf[at:], head)
		if i < 0 {
			return false
		}
		at += i
		if at > 0 && pdf[at-1] == '\n' && p.Length >= 0 && p.Length <= len(pdf)-at {
			tries++
			if sum := sha256.Sum256(pdf[at : at+p.Length]); bytes.Equal(sum[:partDigest], p.Digest) {
				return true
			}
		}
		at += len(head)
	}
	return false
}

// mostTries is in how many places an object is looked for: a stranger's file may have its head anywhere, and each is a digest to take.
const mostTries = 8

var uri = regexp.MustCompile(`/S /URI /URI \((https?://[^\s()\\]{1,500})\)`)

func linkOf(pdf []byte) string {
	if m := uri.FindSubmatch(pdf); m != nil {
		return string(m[1])
	}
	return ""
}
