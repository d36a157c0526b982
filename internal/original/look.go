package original

import (
	"bytes"
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/verification"
)

// Mine lists the person's originals, the newest first.
func (s *Service) Mine(ctx context.Context, who access.Actor) ([]Original, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return s.list(ctx, s.DB, who.ID)
}

// Typed is what a person's originals are compared with: what they have typed for a check that is open, else what the account knows.
func (s *Service) Typed(ctx context.Context, who access.Actor) (verification.Papers, error) {
	p, ok, err := s.Proofs.Own(ctx, who)
	if err != nil || ok && !p.Ended() {
		return p.Papers, err
	}
	if ok {
		return verification.Known(p.Account.Profile), nil
	}
	a, err := s.Proofs.Accounts.Get(ctx, s.DB, who.ID)
	return verification.Known(a.Profile), err
}

// Open opens the bytes of one of the person's originals, when sealed things are open to them.
func (s *Service) Open(ctx context.Context, who access.Actor, originalID string) (files.File, *bytes.Reader, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return files.File{}, nil, err
	}
	o, err := load(ctx, s.DB, originalID)
	if err != nil {
		return files.File{}, nil, err
	}
	if _, err := mine(o, who); err != nil {
		return files.File{}, nil, err
	}
	if err := s.Opens(ctx, who); err != nil {
		return files.File{}, nil, err
	}
	return s.open(ctx, o)
}

func (s *Service) open(ctx context.Context, o Original) (files.File, *bytes.Reader, error) {
	f, body, err := s.Files.Open(ctx, s.DB, o.file)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return files.File{}, nil, ErrMissing // replaced this very moment
	}
	return f, body, err
}
