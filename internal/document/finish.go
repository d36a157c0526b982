package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"time"

	"okno/internal/i18n"
	"okno/internal/stamp"
)

// about is what a PDF says of itself.
type about struct {
	title, author, creator string
	lang                   i18n.Lang
	at                     time.Time
}

func (s sheet) about() about {
	title := s.content.Title.Lang(s.lang)
	if sub := s.content.Subtitle.Lang(s.lang); sub != "" && s.way == checked {
		title += " " + sub // they read as one: of income, for the year
	}
	if s.number != "" {
		title += ", " + s.number
	}
	return about{title: title, author: s.content.Agency.Lang(s.lang), creator: s.brand.Lang(s.lang), lang: s.lang, at: s.at.UTC()}
}

var errShape = errors.New("document: the PDF library wrote something else than expected")

// finish gives a PDF what the library cannot: its language, for those who listen to it, its title in the bar of the window,
// metadata, and an identifier made of its content. The first object, the catalogue, is written anew at the end, and
// so is the table of objects; nothing else moves. With a key it is signed, too: then the first page, which holds the field of the
// signature, is also written anew.
func finish(raw []byte, a about, k *stamp.Key) ([]byte, error) {
	offsets, end, err := objects(raw)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(raw[offsets[1]:], []byte("1 0 obj\n<<\n  /Type /Catalog\n  /Pages 2 0 R\n>>\nendobj")) {
		return nil, fmt.Errorf("%w: no plain catalogue", errShape)
	}
	var out bytes.Buffer
	out.Grow(len(raw) + 4096)
	out.Write(raw[:end])
	object := func(n int, body func()) {
		if n == len(offsets) {
			offsets = append(offsets, 0)
		}
		offsets[n] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n", n)
		body()
		out.WriteString("\nendobj\n\n")
	}
	info, meta, field := len(offsets), len(offsets)+1, len(offsets)+2
	form := ""
	if k != nil {
		form = fmt.Sprintf(" /AcroForm << /Fields [%d 0 R] /SigFlags 3 >>", field)
	}
	object(1, func() {
		fmt.Fprintf(&out, "<< /Type /Catalog /Pages 2 0 R /Lang (%s) /ViewerPreferences << /DisplayDocTitle true >> /Metadata %d 0 R%s >>", a.lang, meta, form)
	})
	object(info, func() {
		fmt.Fprintf(&out, "<< /Title %s /Author %s /Creator %s /CreationDate (D:%sZ) >>", utf16Hex(a.title), utf16Hex(a.author), utf16Hex(a.creator), a.at.Format("20060102150405"))
	})
	object(meta, func() {
		x := a.xmp()
		fmt.Fprintf(&out, "<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(x), x)
	})
	if k != nil {
		page, text, err := firstPage(raw, offsets, field)
		if err != nil {
			return nil, err
		}
		object(field, func() {
			fmt.Fprintf(&out, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (portal) /F 132 /Rect [0 0 0 0] /P %d 0 R /V %d 0 R >>", page, field+1)
		})
		object(field+1, func() {
			out.Write(k.Hole(a.at, utf16Hex(a.creator), utf16Hex(a.lang.T("document.print.signed")), len(offsets)))
		})
		object(page, func() { out.Write(text) })
	}
	at, id := out.Len(), sha256.Sum256(out.Bytes())
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets))
	for _, o := range offsets[1:] {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /ID [<%x> <%x>] >>\nstartxref\n%d\n%%%%EOF\n", len(offsets), info, id[:16], id[:16], at)
	if k != nil {
		return k.Fill(out.Bytes(), a.at)
	}
	return out.Bytes(), nil
}

// firstPage is the first page with the field of the signature among what stands on it.
func firstPage(raw []byte, offsets []int, field int) (page int, text []byte, err error) {
	body := func(n int) ([]byte, error) {
		if n < 1 || n >= len(offsets) {
			return nil, fmt.Errorf("%w: no first page", errShape)
		}
		text, ok := bytes.CutPrefix(raw[offsets[n]:], fmt.Appendf(nil, "%d 0 obj\n", n))
		text, _, found := bytes.Cut(text, []byte("\nendobj"))
		if !ok || !found {
			return nil, fmt.Errorf("%w: no first page", errShape)
		}
		return text, nil
	}
	tree, err := body(2)
	if err != nil {
		return 0, nil, err
	}
	_, kids, _ := bytes.Cut(tree, []byte("/Kids ["))
	if _, err := fmt.Sscanf(string(kids), "%d 0 R", &page); err != nil {
		return 0, nil, fmt.Errorf("%w: no first page", errShape)
	}
	if text, err = body(page); err != nil {
		return 0, nil, err
	}
	const list = "/Annots ["
	if !bytes.Contains(text, []byte(list)) {
		return page, bytes.Replace(text, []byte("  /Contents"), fmt.Appendf(nil, "  %s%d 0 R ]\n  /Contents", list, field), 1), nil
	}
	return page, bytes.Replace(text, []byte(list), fmt.Appendf(nil, "%s%d 0 R ", list, field), 1), nil
}

// objects reads the table at the end of a PDF: where each object begins, by its number, and where the table itself does.
func objects(raw []byte) (offsets []int, table int, err error) {
	i := bytes.LastIndex(raw, []byte("startxref\n"))
	if i < 0 {
		return nil, 0, fmt.Errorf("%w: no startxref", errShape)
	}
	word, _, _ := bytes.Cut(raw[i+len("startxref\n"):], []byte("\n"))
	table, err = strconv.Atoi(string(word))
	if err != nil || table < 0 || table >= i {
		return nil, 0, fmt.Errorf("%w: no table", errShape)
	}
	rest, ok := bytes.CutPrefix(raw[table:i], []byte("xref\n0 "))
	if !ok {
		return nil, 0, fmt.Errorf("%w: no table", errShape)
	}
	word, rest, _ = bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(word))
	const entry = 20 // bytes, always
	if err != nil || n < 2 || n > len(rest)/entry {
		return nil, 0, fmt.Errorf("%w: the table is cut", errShape)
	}
	for j := range n {
		o, err := strconv.Atoi(string(rest[j*entry : j*entry+10]))
		if err != nil || o < 0 || o >= table {
			return nil, 0, fmt.Errorf("%w: an entry of the table", errShape)
		}
		offsets = append(offsets, o)
	}
	return offsets, table, nil
}

// xmp is the metadata in the form that archives read.
func (a about) xmp() []byte {
	var b bytes.Buffer
	text := func(s string) string {
		var t bytes.Buffer
		xml.EscapeText(&t, []byte(s)) //nolint:errcheck // a buffer takes everything
		return t.String()
	}
	at := a.at.Format(time.RFC3339)
	fmt.Fprintf(&b, `<?xpacket begin="`+"\ufeff"+`" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%[1]s</rdf:li><rdf:li xml:lang="%[2]s">%[1]s</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>%[3]s</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>%[2]s</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>%[4]s</xmp:CreatorTool><xmp:CreateDate>%[5]s</xmp:CreateDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, text(a.title), a.lang, text(a.author), text(a.creator), at)
	return b.Bytes()
}
