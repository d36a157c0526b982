package files_test

import (
	"strings"
	"testing"

	"okno/internal/files"
)

func TestANameDoesNotSayThatAFileIsAnother(t *testing.T) {
	long := strings.Repeat("я", 300)
	for _, c := range []struct {
		given string
		media files.Media
		want  string
	}{
		{"экран.png", files.PNG, "экран.png"},
		{"photo.JPEG", files.JPEG, "photo.jpg"},
		{"скан.hta", files.PDF, "скан.pdf"},
		{"скан.pdf.exe", files.PNG, "скан.pdf.png"},
		{"скан.hta.", files.PDF, "скан.hta.pdf"},
		{"скан", files.PDF, "скан.pdf"},
		{"скан\u202efdp.exe", files.PDF, "сканfdp.pdf"},
		{"a\u200bb\x00c\r\nd\te\u2066.png", files.PNG, "abc d e.png"},
		{`C:\Users\Анна\скан.pdf`, files.PDF, "скан.pdf"},
		{"../../etc/passwd", files.PDF, "passwd.pdf"},
		{".hta", files.PDF, "file.pdf"},
		{"", files.PNG, "file.png"},
		{"\xff\xfe.png", files.PNG, "file.png"},
		{long + ".png", files.PNG, long[:160] + ".png"},
		{"список\u202e.txt", "", "список.txt"},
	} {
		got := files.Name(c.given, c.media)
		if got != c.want {
			t.Errorf("%q becomes %q, not %q", c.given, got, c.want)
		}
		if again := files.Name(got, c.media); again != got {
			t.Errorf("%q becomes %q the second time", got, again)
		}
	}
}
