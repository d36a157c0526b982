package notification

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What fits into 140 octets: 160 characters of seven bits or 70 of sixteen; six octets less for the header of a part.
const (
	plainWhole, plainPart = 160, 153
	wideWhole, widePart   = 70, 67
)

// plain is what the default alphabet of GSM has at the same place as ASCII and Latin-1. The rest, like @ or _,
// is elsewhere, and carriers disagree where.
const plain = "\n\r !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Plain reports whether a text can go in the default alphabet.
func Plain(s string) bool {
	return strings.Trim(s, plain) == "" // what Trim leaves begins and ends with something that is not plain
}

// Cut cuts a text into the parts that go over the air, each of which is paid for. wide says that they go as UCS-2: one letter that the
// default alphabet of GSM lacks, a Russian one say, makes all of them so.
func Cut(body string) (parts []string, wide bool) {
	if !utf8.ValidString(body) {
		body = strings.ToValidUTF8(body, "\uFFFD")
	}
	whole, part := plainWhole, plainPart
	if wide = !Plain(body); wide {
		whole, part = wideWhole, widePart
	}
	if Units(body) <= whole {
		return []string{body}, wide
	}
	begin, n := 0, 0
	for i, r := range body {
		u := utf16.RuneLen(r)
		if n+u > part { // the two halves of a pair go into the next part together
			parts = append(parts, body[begin:i])
			begin, n = i, 0
		}
		n += u
	}
	return append(parts, body[begin:]), wide
}

// Units is how much of a text's room a text takes: a letter is one, a picture mostly two.
func Units(body string) int {
	n := 0
	for _, r := range body {
		n += utf16.RuneLen(r)
	}
	return n
}
