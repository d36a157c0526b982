package bench

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// firstVisit fetches the home page and what it needs, as a browser with an empty cache would, and returns the bytes of each
// body as they came over the wire, compressed where the portal compresses.
func firstVisit(l *line, host string) (map[string]int64, error) {
	sizes := map[string]int64{}
	fetch := func(path string) (answer, error) {
		a, err := l.do(request(host, path, "", nil), true)
		if err == nil && a.status != 200 {
			err = fmt.Errorf("GET %s: %d", path, a.status)
		}
		sizes[path] = a.length
		return a, err
	}
	page, err := fetch("/")
	if err != nil {
		return nil, err
	}
	text, err := plain(page)
	if err != nil {
		return nil, err
	}
	for _, m := range linked.FindAllStringSubmatch(text, -1) {
		if sizes[m[1]] > 0 {
			continue
		}
		a, err := fetch(m[1])
		if err != nil {
			return nil, err
		}
		if text, err = plain(a); err != nil {
			return nil, err
		}
		for _, f := range font.FindAllStringSubmatch(text, -1) {
			if _, err := fetch(f[1]); err != nil {
				return nil, err
			}
		}
	}
	if len(sizes) < 4 {
		return nil, fmt.Errorf("the home page names no more than %v", sizes)
	}
	return sizes, nil
}

// plain is the body of an answer, whatever it was packed in.
func plain(a answer) (string, error) {
	if len(a.body) < 2 || a.body[0] != 0x1f || a.body[1] != 0x8b {
		return string(a.body), nil
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}
