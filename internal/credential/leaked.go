package credential

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the key of the file; it protects nothing
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Leaked is an operator's file of passwords that leaked somewhere, in the form in which Have I Been Pwned gives it away:
//
//	000000005AD76BD555C1D6D771DE417A4B87E4B4:10
//
// one line a password, the SHA-1 of the password and how often it was seen, sorted. The file may have tens of gigabytes:
// nothing of it is loaded, a password is found by some thirty short reads. It is safe for use by many goroutines.
type Leaked struct {
	file io.ReaderAt
	size int64
	end  func() error
}

const (
	longestLine = 128 // of a sound file: 40 digits, a colon, a number, CR LF
	block       = 512 // what is left is read line by line when it is no longer
	samples     = 64  // lines that are looked at when the file is opened
)

// OpenLeaked opens the file and looks whether it is what it should be: the first line, the last and some between.
func OpenLeaked(path string) (*Leaked, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, f.Close()))
	}
	l := &Leaked{file: f, size: info.Size(), end: f.Close}
	if err := l.sound(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, f.Close()))
	}
	return l, nil
}

// Close closes the file.
func (l *Leaked) Close() error { return l.end() }

// sound looks at lines spread over the file: each must be one, and none may stand before a smaller one.
func (l *Leaked) sound() error {
	if l.size == 0 {
		return errors.New("it is empty")
	}
	var before entry
	for i := range int64(samples) {
		var start int64
		if i > 0 {
			var err error
			start, err = l.lineAfter(l.size / samples * i)
			if errors.Is(err, io.EOF) { // a short file has fewer lines
				break
			}
			if err != nil {
				return err
			}
		}
		here, _, err := l.line(start)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(here.sum[:], before.sum[:]) < 0 {
			return fmt.Errorf("it is not sorted: the line at byte %d is smaller than one before it", start)
		}
		before = here
	}
	return l.whole()
}

// whole looks at the end of the file: a download that was broken off ends within a line.
func (l *Leaked) whole() error {
	tail := make([]byte, min(l.size, longestLine))
	if _, err := l.file.ReadAt(tail, l.size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	tail = bytes.TrimRight(tail, "\r\n")
	last := tail[bytes.LastIndexByte(tail, '\n')+1:]
	if _, err := parse(last); err != nil {
		return fmt.Errorf("the last line: %w", err)
	}
	return nil
}

// Count is how often the password was seen in leaks, 0 when never.
func (l *Leaked) Count(password string) (int, error) {
	return l.find(sha1.Sum([]byte(password))) //nolint:gosec // as above
}

// find looks for the line of a hash. All lines that begin before low are smaller; low is where a line begins; a line that begins
// at high or behind it is larger.
func (l *Leaked) find(sum [sha1.Size]byte) (int, error) {
	low, high := int64(0), l.size
	for high-low > block {
		start, err := l.lineAfter(low + (high-low)/2)
		if err != nil {
			return 0, err
		}
		here, _, err := l.line(start)
		if err != nil {
			return 0, err
		}
		switch bytes.Compare(here.sum[:], sum[:]) {
		case 0:
			return here.count, nil
		case -1:
			low = start
		default:
			high = start
		}
	}
	for low < high {
		here, next, err := l.line(low)
		if err != nil {
			return 0, err
		}
		if here.sum == sum {
			return here.count, nil
		}
		low = next
	}
	return 0, nil
}

// entry is one line.
type entry struct {
	sum   [sha1.Size]byte
	count int
}

// lineAfter is where the first line begins behind the place; io.EOF when none does.
func (l *Leaked) lineAfter(at int64) (int64, error) {
	piece, err := l.read(at)
	if err != nil {
		return 0, err
	}
	i := bytes.IndexByte(piece, '\n')
	switch {
	case i >= 0 && at+int64(i)+1 < l.size:
		return at + int64(i) + 1, nil
	case i >= 0 || at+int64(len(piece)) >= l.size:
		return 0, io.EOF
	}
	return 0, fmt.Errorf("the line at byte %d is too long", at)
}

// line reads the line that begins at the place, and says where the next one begins.
func (l *Leaked) line(at int64) (entry, int64, error) {
	piece, err := l.read(at)
	if err != nil {
		return entry{}, 0, err
	}
	next := l.size
	if i := bytes.IndexByte(piece, '\n'); i >= 0 {
		piece, next = piece[:i], at+int64(i)+1
	}
	e, err := parse(bytes.TrimSuffix(piece, []byte("\r")))
	if err != nil {
		return entry{}, 0, fmt.Errorf("the line at byte %d: %w", at, err)
	}
	return e, next, nil
}

// read reads what one line may take.
func (l *Leaked) read(at int64) ([]byte, error) {
	piece := make([]byte, longestLine)
	n, err := l.file.ReadAt(piece, at)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return piece[:n], err
}

// errLine is of a line that is no SHA-1 with a number.
var errLine = errors.New("it is not SHA1:COUNT, 40 hexadecimal digits, a colon and a number")

func parse(line []byte) (e entry, err error) {
	digits, number, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(digits) != hex.EncodedLen(len(e.sum)) {
		return e, errLine
	}
	if _, err := hex.Decode(e.sum[:], digits); err != nil {
		return e, errLine
	}
	if e.count, err = strconv.Atoi(string(number)); err != nil || e.count < 0 {
		return e, errLine
	}
	return e, nil
}
