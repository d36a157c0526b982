package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The client of net/http costs as much as the pages that are measured. This one keeps a connection, writes bytes that were made
// beforehand and reads just enough of the answer.

// request is one HTTP request as bytes. A form makes it a POST.
func request(host, path, cookies string, form url.Values) []byte {
	var b bytes.Buffer
	if form == nil {
		fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, host)
	} else {
		fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", path, host, host, len(form.Encode()))
	}
	if cookies != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookies)
	}
	b.WriteString("User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0\r\nAccept-Encoding: gzip\r\n\r\n")
	b.WriteString(form.Encode())
	return b.Bytes()
}

// answer is what the client keeps of an answer.
type answer struct {
	status   int
	location string
	cookies  []string // as Set-Cookie has them, without attributes
	tag      string   // its ETag
	later    bool     // it says when to come again
	length   int64    // of the body, as it came over the wire
	body     []byte   // when it is wanted
}

// line is a kept connection.
type line struct {
	c net.Conn
	r *bufio.Reader
}

func dial(addr string) (*line, error) {
	c, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	return &line{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

func (l *line) close() { l.c.Close() } //nolint:errcheck // nothing is lost with it

// do asks and reads the answer; its body is kept when keep says so.
func (l *line) do(req []byte, keep bool) (answer, error) {
	if err := l.c.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		return answer{}, err
	}
	if _, err := l.c.Write(req); err != nil {
		return answer{}, err
	}
	a, chunked, err := l.head()
	if err != nil {
		return a, err
	}
	var body io.Reader = io.LimitReader(l.r, a.length)
	if chunked {
		body = &chunks{r: l.r}
	}
	if keep {
		a.body, err = io.ReadAll(body)
		a.length = int64(len(a.body))
		return a, err
	}
	a.length, err = io.Copy(io.Discard, body)
	return a, err
}

func (l *line) head() (a answer, chunked bool, err error) {
	first, err := l.r.ReadSlice('\n')
	if err != nil {
		return a, false, err
	}
	if len(first) < 12 || string(first[:5]) != "HTTP/" {
		return a, false, fmt.Errorf("no HTTP: %.40q", first)
	}
	if a.status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return a, false, err
	}
	for {
		h, err := l.r.ReadSlice('\n')
		if err != nil {
			return a, false, err
		}
		if len(h) <= 2 {
			return a, chunked, nil
		}
		name, value, _ := bytes.Cut(h, []byte(": "))
		value = bytes.TrimRight(value, "\r\n")
		switch string(name) {
		case "Content-Length":
			if a.length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return a, false, err
			}
		case "Transfer-Encoding":
			chunked = true
		case "Retry-After":
			a.later = true
		case "Etag":
			a.tag = string(value)
		case "Location":
			a.location = string(value)
		case "Set-Cookie":
			one, _, _ := strings.Cut(string(value), ";")
			a.cookies = append(a.cookies, one)
		}
	}
}

// chunks reads a body in chunks (RFC 9112, 7.1).
type chunks struct {
	r    *bufio.Reader
	left int64
	over bool
}

func (c *chunks) Read(b []byte) (int, error) {
	for c.left == 0 {
		if c.over {
			return 0, io.EOF
		}
		size, err := c.r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if size == "\r\n" {
			continue // the end of the chunk before
		}
		if c.left, err = strconv.ParseInt(strings.TrimSpace(size), 16, 64); err != nil {
			return 0, err
		}
		if c.left == 0 {
			c.over = true
			if _, err := c.r.ReadString('\n'); err != nil {
				return 0, err
			}
		}
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// jar keeps the cookies of one browser.
type jar map[string]string

func (j jar) take(set []string) {
	for _, c := range set {
		name, value, _ := strings.Cut(c, "=")
		j[name] = value
	}
}

func (j jar) String() string {
	var b strings.Builder
	for name, value := range j {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name + "=" + value)
	}
	return b.String()
}

// post sends a form as the browser of the jar, whose answer has to lead to want, or anywhere when want is "".
func (l *line) post(host string, j jar, path, want string, form url.Values) error {
	a, err := l.do(request(host, path, j.String(), form), false)
	j.take(a.cookies)
	if err == nil && (a.status != 303 || want != "" && a.location != want) {
		err = fmt.Errorf("POST %s: %d, to %q", path, a.status, a.location)
	}
	return err
}
