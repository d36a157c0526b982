package scan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"

	"okno/internal/files"
)

// Clean is a file without what its owner did not mean to show: where and by what it was made, what it was called, small copies of
// what was cut away. Of JPEG and PNG only what makes the picture is kept, so that even kinds of notes nobody has thought of go. The
// picture itself is not touched, unless its notes say which way up it is: then it is turned first and saved anew. A PDF is returned
// as it is, or refused with ErrActive. pixels bounds a picture that has to be turned.
func Clean(data []byte, pixels int) ([]byte, error) {
	media, ok := files.Sniff(data)
	switch {
	case !ok:
		return nil, ErrBroken
	case media == files.PDF:
		return data, passive(data)
	}
	if err := small(data, pixels); err != nil {
		return nil, err
	}
	turn := orientation(data)
	if turn < 2 {
		if media == files.PNG {
			return cleanPNG(data)
		}
		return cleanJPEG(data)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	var out bytes.Buffer
	if media == files.PNG {
		err = png.Encode(&out, upright(m, turn))
	} else {
		err = jpeg.Encode(&out, upright(m, turn), &jpeg.Options{Quality: 92})
	}
	if err != nil {
		return nil, fmt.Errorf("scan: save a turned picture: %w", err)
	}
	return out.Bytes(), nil
}

// upright turns a picture as an orientation of EXIF says, 2 to 8.
func upright(m image.Image, turn int) image.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if turn >= 5 {
		w, h = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u, v := x, y
			switch turn {
			case 2:
				u = w - 1 - x
			case 3:
				u, v = w-1-x, h-1-y
			case 4:
				v = h - 1 - y
			case 5:
				u, v = y, x
			case 6:
				u, v = y, w-1-x
			case 7:
				u, v = h-1-y, w-1-x
			case 8:
				u, v = h-1-y, x
			}
			out.Set(x, y, m.At(b.Min.X+u, b.Min.Y+v))
		}
	}
	return out
}

// segments walks over the parts of a JPEG: each is given with its marker, from the marker to its end; the data of a scan belongs to
// its header (DA). It ends at the end of the picture and says where that is.
func segments(data []byte, each func(marker byte, part []byte) (more bool)) (end int, err error) {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return 0, ErrBroken
	}
	for i := 2; ; {
		for i < len(data) && data[i] == 0xff && i+1 < len(data) && data[i+1] == 0xff { // fill bytes
			i++
		}
		if i+2 > len(data) || data[i] != 0xff {
			return 0, ErrBroken
		}
		marker, from := data[i+1], i
		if marker == 0xd9 {
			return i + 2, nil
		}
		if marker == 0 || marker == 0xd8 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 || i+4 > len(data) {
			return 0, ErrBroken
		}
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if i += 2 + n; n < 2 || i > len(data) {
			return 0, ErrBroken
		}
		if marker == 0xda {
			for i < len(data)-1 && (data[i] != 0xff || data[i+1] == 0 || data[i+1] >= 0xd0 && data[i+1] <= 0xd7) {
				i++
			}
		}
		if !each(marker, data[from:i]) {
			return i, nil
		}
	}
}

// cleanJPEG keeps the tables, the frame and the scans, the plain head of JFIF, and the mark of Adobe by which colours are told.
func cleanJPEG(data []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(data)), 0xff, 0xd8)
	scans := 0
	_, err := segments(data, func(marker byte, part []byte) bool {
		switch {
		case marker == 0xe0 && len(part) >= 18 && bytes.HasPrefix(part[4:], []byte("JFIF\x00")):
			head := bytes.Clone(part[:18])
			head[2], head[3], head[16], head[17] = 0, 16, 0, 0 // without the small copy
			out = append(out, head...)
		case marker == 0xee && len(part) >= 16 && bytes.HasPrefix(part[4:], []byte("Adobe")):
			head := bytes.Clone(part[:16])
			head[2], head[3] = 0, 14
			out = append(out, head...)
		case marker >= 0xe0 && marker <= 0xef, marker == 0xfe, marker >= 0xf0:
		default:
			if marker == 0xda {
				scans++
			}
			out = append(out, part...)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if scans == 0 {
		return nil, ErrBroken
	}
	return append(out, 0xff, 0xd9), nil
}

const pngHead = "\x89PNG\r\n\x1a\n"

// chunks walks over the parts of a PNG to its end.
func chunks(data []byte, each func(name string, body, whole []byte) (more bool)) error {
	if !bytes.HasPrefix(data, []byte(pngHead)) {
		return ErrBroken
	}
	for i := len(pngHead); ; {
		if i+12 > len(data) {
			return ErrBroken
		}
		n := binary.BigEndian.Uint32(data[i:])
		if n > 1<<30 || i+12+int(n) > len(data) {
			return ErrBroken
		}
		end := i + 12 + int(n)
		name, body := string(data[i+4:i+8]), data[i+8:end-4]
		if crc32.ChecksumIEEE(data[i+4:end-4]) != binary.BigEndian.Uint32(data[end-4:]) {
			return ErrBroken
		}
		if !each(name, body, data[i:end]) || name == "IEND" {
			return nil
		}
		i = end
	}
}

// cleanPNG keeps the picture, what is transparent in it, and numbers about its colours.
func cleanPNG(data []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(data)), pngHead...)
	err := chunks(data, func(name string, _, whole []byte) bool {
		switch name {
		case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB":
			out = append(out, whole...)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// orientation is what the EXIF of a JPEG or a PNG says of which way up it is: 1 to 8, and 1 when it says nothing.
func orientation(data []byte) int {
	turn := 1
	if bytes.HasPrefix(data, []byte(pngHead)) {
		chunks(data, func(name string, body, _ []byte) bool { //nolint:errcheck // of a broken one nothing is known
			if name == "eXIf" {
				turn = tiff(body)
			}
			return name != "eXIf"
		})
		return turn
	}
	segments(data, func(marker byte, part []byte) bool { //nolint:errcheck // of a broken one nothing is known
		if marker == 0xe1 && len(part) > 10 && bytes.HasPrefix(part[4:], []byte("Exif\x00\x00")) {
			turn = tiff(part[10:])
			return false
		}
		return marker != 0xda
	})
	return turn
}

// tiff finds the orientation in the first directory.
func tiff(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	n := int64(order.Uint16(b[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[e:]) == 0x0112 && order.Uint16(b[e+2:]) == 3 {
			if turn := int(order.Uint16(b[e+8:])); turn >= 1 && turn <= 8 {
				return turn
			}
			return 1
		}
	}
	return 1
}
