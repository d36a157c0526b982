package catalogue

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"okno/internal/procedure"
)

// Export is the catalogue as linked data, packed: all of it, or a page. It is made once in the life of a shelf, which is until the next
// publication.
type Export struct {
	Packed []byte // gzip
	Size   int    // bytes of it unpacked
	Tag    string // of what stands in it: the same on every node
	At     time.Time
	Pages  int // of the size that was asked for; 1 of the whole
}

// ErrNoPage means that the catalogue has fewer pages.
var ErrNoPage = errors.New("catalogue: there is no such page")

// exported is an export that is made when it is asked for first.
type exported struct {
	once sync.Once
	it   *Export
	err  error
}

type exportKey struct {
	base       string
	page, size int
}

// Export is what LinkedData says of every service, or of a page of so many, counted from 1; page 0 is the whole. Each page says whole what its
// services belong to. ErrNoPage says that there are fewer.
func (c *Catalogue) Export(base string, page, size int) (*Export, error) {
	s := c.shelf()
	services, pages := s.all, 1
	if page != 0 {
		size = max(size, 1)
		pages = max((len(services)+size-1)/size, 1)
		if page < 0 || page > pages {
			return nil, ErrNoPage
		}
		services = services[(page-1)*size : min(page*size, len(services))]
	}
	kept, _ := s.exports.LoadOrStore(exportKey{base, page, size}, &exported{})
	x := kept.(*exported) //nolint:forcetypeassert // nothing else is stored there
	x.once.Do(func() { x.it, x.err = s.export(base, services, pages) })
	return x.it, x.err
}

func (s *shelf) export(base string, services []*procedure.Definition, pages int) (*Export, error) {
	body, err := linked(base, services, s.lifeEvents)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(body); err != nil {
		return nil, fmt.Errorf("pack the catalogue: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack the catalogue: %w", err)
	}
	return &Export{Packed: bytes.Clone(packed.Bytes()), Size: len(body), Tag: hex.EncodeToString(sum[:12]), At: s.at, Pages: pages}, nil
}
