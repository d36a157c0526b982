package scan

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"okno/internal/files"
)

// corner is a picture of 40 by 20 that is dark but for its first corner.
func corner() image.Image {
	m := image.NewGray(image.Rect(0, 0, 40, 20))
	for y := range 8 {
		for x := range 8 {
			m.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	return m
}

const secret = "GPS 55.75 37.61 Ivanov"

// exif says which way up a picture is, and where it was made.
func exif(turn uint16) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	b = binary.BigEndian.AppendUint16(b, turn)
	return append(b, "\x00\x00\x00\x00\x00\x00"+secret...)
}

func segment(marker byte, body string) []byte {
	b := []byte{0xff, marker}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(body)+2)), body...) //nolint:gosec // short
}

func photograph(t testing.TB, turn uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, corner(), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	out := append([]byte{0xff, 0xd8}, segment(0xe1, "Exif\x00\x00"+string(exif(turn)))...)
	for marker, body := range map[byte]string{0xe0: "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x01\x01" + secret, 0xe1: "http://ns.adobe.com/xap/1.0/\x00" + secret, 0xe2: "ICC_PROFILE\x00" + secret, 0xed: "Photoshop 3.0\x00" + secret, 0xfe: secret} {
		out = append(out, segment(marker, body)...)
	}
	return append(append(out, b.Bytes()[2:]...), secret...) // and a second file behind the picture
}

func pngChunk(name string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name...) //nolint:gosec // short
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func screenshot(t testing.TB, turn uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, corner()); err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(b.Bytes()[:33]) // with IHDR
	out = append(out, pngChunk("tEXt", []byte("Author\x00"+secret))...)
	out = append(out, pngChunk("iCCP", []byte(secret))...)
	out = append(out, pngChunk("eXIf", exif(turn))...)
	return append(append(out, b.Bytes()[33:]...), secret...)
}

func TestWhatAPictureTellsBesidesIsTakenOut(t *testing.T) {
	for name, make := range map[string]func(testing.TB, uint16) []byte{"jpeg": photograph, "png": screenshot} {
		for turn, bright := range map[uint16]image.Point{1: {2, 2}, 2: {37, 2}, 3: {37, 17}, 4: {2, 17}, 5: {2, 2}, 6: {17, 2}, 7: {17, 37}, 8: {2, 37}} {
			data := make(t, turn)
			if !bytes.Contains(data, []byte(secret)) || orientation(data) != int(turn) {
				t.Fatalf("%s %d: the test is wrong: %d", name, turn, orientation(data))
			}
			out, err := Clean(data, 1e6)
			if err != nil {
				t.Fatalf("%s %d: %v", name, turn, err)
			}
			if bytes.Contains(out, []byte("Ivanov")) || bytes.Contains(out, []byte("Exif")) || bytes.Contains(out, []byte("ns.adobe")) || bytes.Contains(out, []byte("ICC_")) {
				t.Errorf("%s %d: something is left", name, turn)
			}
			m, _, err := image.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatalf("%s %d: %v", name, turn, err)
			}
			if wide := m.Bounds().Dx() > m.Bounds().Dy(); wide != (turn < 5) {
				t.Errorf("%s %d: it has become %v", name, turn, m.Bounds())
			}
			for _, p := range []image.Point{{2, 2}, {m.Bounds().Dx() - 3, 2}, {2, m.Bounds().Dy() - 3}, {m.Bounds().Dx() - 3, m.Bounds().Dy() - 3}} {
				if light := color.GrayModel.Convert(m.At(p.X, p.Y)).(color.Gray).Y > 128; light != (p == bright) { //nolint:forcetypeassert // the model's own type
					t.Errorf("%s %d: at %v it is light: %v", name, turn, p, light)
				}
			}
			if again, err := Clean(out, 1e6); err != nil || !bytes.Equal(again, out) {
				t.Errorf("%s %d: cleaned again it is another: %v", name, turn, err)
			}
		}
	}
}

func TestAPictureLargerThanAllowedIsNotDecoded(t *testing.T) {
	// A head that promises 30,000 by 30,000 pixels; behind it is nothing.
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 30_000), 30_000)
	bomb := append([]byte(pngHead), pngChunk("IHDR", append(head, 8, 0, 0, 0, 0))...)
	bomb = append(bomb, pngChunk("eXIf", exif(6))...)
	if _, err := Clean(bomb, 40_000_000); !errors.Is(err, ErrBomb) {
		t.Errorf("cleaned: %v", err)
	}
	if _, err := bench(Limits{}).Read(t.Context(), bomb, Photo); !errors.Is(err, ErrBomb) {
		t.Errorf("read: %v", err)
	}
}

func TestABrokenFileIsCalledThat(t *testing.T) {
	whole := photograph(t, 1)
	for name, data := range map[string][]byte{"text": []byte("hello"), "nothing": nil, "half a jpeg": whole[:len(whole)/3], "a lone mark": {0xff, 0xd8, 0xff}, "half a png": screenshot(t, 1)[:60], "changed png": bytes.Replace(screenshot(t, 1), []byte("Author"), []byte("Aathor"), 1)} {
		if out, err := Clean(data, 1e6); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
	}
}

func packed(plain string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(plain)) //nolint:errcheck,gosec // into memory
	z.Close()              //nolint:errcheck,gosec // into memory
	return b.String()
}

func TestAPDFThatDoesThingsIsRefused(t *testing.T) {
	stream := func(dictionary, body string) string {
		return "%PDF-1.5\n1 0 obj\n" + dictionary + "\nstream\n" + body + "\nendstream\nendobj\n"
	}
	for name, c := range map[string]struct {
		pdf  string
		want error
	}{
		"a page":                         {"%PDF-1.4\n1 0 obj <</Type/Page/Contents 2 0 R>> endobj\n" + strings.TrimPrefix(stream("<</Filter/FlateDecode>>", packed("BT /F1 12 Tf (JavaScript is a word) Tj ET")), "%PDF-1.5\n"), nil},
		"where to open it":               {"%PDF-1.4\n<</OpenAction [3 0 R /FitH null]>>", nil},
		"packed objects of a page":       {stream("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>", packed("5 0 <</Type/Catalog>>")), nil},
		"a script":                       {"%PDF-1.4\n<</S/JavaScript/JS(app.alert(1))>>", ErrActive},
		"a script in disguise":           {"%PDF-1.4\n<</S/J#61vaScr#69pt/JS(app.alert(1))>>", ErrActive},
		"a program":                      {"%PDF-1.4\n<</S /Launch /F (cmd.exe)>>", ErrActive},
		"a file in the file":             {"%PDF-1.4\n<</Type/EmbeddedFile>>", ErrActive},
		"a form that sends itself":       {"%PDF-1.4\n<</S/SubmitForm/F(http://example.org)>>", ErrActive},
		"a lock":                         {"%PDF-1.4\ntrailer <</Encrypt 5 0 R>>", ErrActive},
		"a script among packed objects":  {stream("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>", packed("5 0 <</S/JavaScript/JS(x)>>")), ErrActive},
		"objects packed in another way":  {stream("<</Type/ObjStm/Filter/LZWDecode>>", "whatever"), ErrActive},
		"objects packed twice":           {stream("<</Type/ObjStm/Filter[/ASCIIHexDecode/FlateDecode]>>", "whatever"), ErrActive},
		"objects with a predictor":       {stream("<</Type/ObjStm/Filter/FlateDecode/DecodeParms<</Predictor 12>>>>", packed("5 0 <<>>")), ErrActive},
		"a script in what calls itself ": {"%PDF-1.4\n7 0 obj <</Length 99>> stream\n8 0 obj <</S/JavaScript/JS(x)>> endobj\nendstream endobj", ErrActive},
	} {
		if err := passive([]byte(c.pdf)); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAPDFThatUnfoldsWithoutEndIsRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("%PDF-1.5\n")
	part := packed(strings.Repeat("\x00", mostInflated/4))
	for i := range 6 {
		fmt.Fprintf(&b, "%d 0 obj <</Filter/FlateDecode>> stream\n%s\nendstream endobj\n", i+1, part)
	}
	if err := passive([]byte(b.String())); !errors.Is(err, ErrBomb) {
		t.Errorf("%d bytes: %v", b.Len(), err)
	}
}

func FuzzClean(f *testing.F) {
	for _, turn := range []uint16{1, 6} {
		f.Add(photograph(f, turn))
		f.Add(screenshot(f, turn))
	}
	f.Add([]byte("%PDF-1.5\n1 0 obj <</Type/ObjStm/Filter/FlateDecode>> stream\n" + packed("1 0 <<>>") + "\nendstream"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := Clean(data, 100_000)
		if err != nil {
			return
		}
		before, ok := files.Sniff(data)
		if after, _ := files.Sniff(out); !ok || after != before {
			t.Errorf("a %s has become a %s", before, after)
		}
		if orientation(out) != 1 {
			t.Error("it still says which way up it is")
		}
		again, err := Clean(out, 100_000)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("cleaned again it is another: %v", err)
		}
	})
}
