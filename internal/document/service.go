package document

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/stamp"
	"okno/internal/store"
)

// Path is where the public page of a paper is: the token follows.
const Path = "/check/"

// VerifyPath is where papers are checked off line.
const VerifyPath = "/verify"

// Service issues papers and shows them.
type Service struct {
	DB    *store.DB
	Ring  *keyring.Ring
	Files *files.Store
	URL   *url.URL                                  // of the portal, as people write it: it is printed
	Name  i18n.Text                                 // of the portal
	Fonts func() (regular, bold []byte, err error)  // TTF
	Stamp *stamp.Service                            // nil: papers are not signed
	Opens func(context.Context, access.Actor) error // whether sealed things open to their owner now

	mu    sync.Mutex
	ready *press
}

// Ready reports whether papers can be printed. A start asks, and the doctor.
func (s *Service) Ready() error {
	if s.URL == nil || s.URL.Host == "" {
		return errors.New("document: the address of the portal is not known")
	}
	_, err := s.press()
	return err
}

// press is the one press. A failure is not remembered: the fonts may be there the next time.
func (s *Service) press() (*press, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready != nil {
		return s.ready, nil
	}
	r, b, err := s.Fonts()
	if err != nil {
		return nil, fmt.Errorf("typefaces of papers: %w", err)
	}
	p, err := newPress(r, b)
	if err != nil {
		return nil, err
	}
	s.ready = p
	return p, nil
}

// link is the address of the public page.
func (s *Service) link(token string) string { return s.URL.JoinPath(Path, token).String() }
