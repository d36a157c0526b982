package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/store"
)

// List is the papers of whom the actor acts for, and of those for whom the caller knows that they act, the newest first, in one statement.
func (s *Service) List(ctx context.Context, who access.Actor, wards ...string) ([]Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return s.ofOwners(ctx, s.DB, append([]string{who.Whose()}, wards...))
}

// OfCase is the papers of a case of that owner, the newest first, for a page that has decided who may see the case.
func (s *Service) OfCase(ctx context.Context, q store.Querier, owner, caseID string) ([]Document, error) {
	return s.ofCase(ctx, q, owner, caseID)
}

// Get is what a list says of one of the papers of whom the actor acts for; to everybody else it says that there is no such paper.
func (s *Service) Get(ctx context.Context, who access.Actor, documentID string) (Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Document{}, err
	}
	d, err := s.byID(ctx, s.DB, documentID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !d.opensFor(who) {
		return Document{}, ErrMissing
	}
	if err != nil {
		return Document{}, fmt.Errorf("paper %s: %w", documentID, err)
	}
	return d, nil
}

// Open reads a paper and its PDF. Only its owner may, when sealed things are open to them (CAB-2), and the system, whose look is recorded;
// to everybody else it says that there is no such paper.
func (s *Service) Open(ctx context.Context, who access.Actor, documentID string) (Document, *bytes.Reader, error) {
	d, err := s.Get(ctx, who, documentID)
	if err != nil {
		return Document{}, nil, err
	}
	if who.Kind == access.Person {
		if err := s.Opens(ctx, who); err != nil {
			return Document{}, nil, err
		}
	} else {
		err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.record(ctx, tx, who, "document.opened", d) })
		if err != nil {
			return Document{}, nil, fmt.Errorf("open paper %s: %w", documentID, err)
		}
	}
	_, pdf, err := s.Files.Open(ctx, s.DB, d.file)
	if err != nil {
		return Document{}, nil, fmt.Errorf("open paper %s: %w", documentID, err)
	}
	return d, pdf, nil
}

// OpenOfCase is Open for a caller that has decided who may see the case: the look is recorded, and the owner reads it.
func (s *Service) OpenOfCase(ctx context.Context, who access.Actor, caseID, documentID string) (Document, *bytes.Reader, error) {
	d, err := s.byID(ctx, s.DB, documentID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.CaseID != caseID || caseID == "") {
		return Document{}, nil, ErrMissing
	}
	if err == nil {
		err = s.DB.Write(ctx, func(tx *store.Tx) error { return s.record(ctx, tx, who, "document.opened", d) })
	}
	if err != nil {
		return Document{}, nil, fmt.Errorf("open paper %s: %w", documentID, err)
	}
	_, pdf, err := s.Files.Open(ctx, s.DB, d.file)
	if err != nil {
		return Document{}, nil, fmt.Errorf("open paper %s: %w", documentID, err)
	}
	return d, pdf, nil
}

// OfOwner is the paper of that owner, for a caller whom the owner let show it.
func (s *Service) OfOwner(ctx context.Context, q store.Querier, owner, documentID string) (Document, error) {
	d, err := s.byID(ctx, q, documentID)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) || err == nil && d.Owner != owner {
		return Document{}, ErrMissing
	}
	return d, err
}

// File is the PDF of a paper that OfOwner gave.
func (s *Service) File(ctx context.Context, d Document) (files.File, *bytes.Reader, error) {
	f, pdf, err := s.Files.Open(ctx, s.DB, d.file)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		err = ErrMissing // erased this very moment
	}
	return f, pdf, err
}

// HolderName is the full name of whom the paper is about.
func (d Document) HolderName() string { return d.body.Holder.profile().FullName() }

// opensFor reports whether the actor may read the paper whole.
func (d Document) opensFor(who access.Actor) bool {
	switch who.Kind {
	case access.Person:
		return who.Whose() == d.Owner
	case access.System:
		return true
	case access.Staff, access.Agent, access.Anonymous:
	}
	return false
}

// often is how often looks by strangers are recorded.
const often = time.Hour

// ByToken is what a stranger who holds the paper may see. A look by anybody but the owner is recorded for the owner to
// read, at most once an hour.
func (s *Service) ByToken(ctx context.Context, token string) (Public, error) {
	if !tokenShaped(token) {
		return Public{}, ErrMissing
	}
	d, last, err := s.byToken(ctx, s.DB, token)
	if errors.Is(err, store.ErrNotFound) {
		return s.erased(ctx, s.DB, token)
	}
	if err != nil {
		return Public{}, fmt.Errorf("paper by token: %w", err)
	}
	who := access.From(ctx)
	if own := who.Kind == access.Person && who.ID == d.Owner; !own && !last.After(s.DB.Now().Add(-often)) {
		if err := s.look(ctx, who, d); err != nil {
			return Public{}, fmt.Errorf("paper by token: %w", err)
		}
	}
	return d.public(), nil
}

// look records that somebody saw the public page.
func (s *Service) look(ctx context.Context, who access.Actor, d Document) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE document SET checked_at = $1 WHERE id = $2 AND (checked_at IS NULL OR checked_at <= $3)`,
			tx.Now(), d.ID, tx.Now().Add(-often))
		if err != nil || n == 0 { // somebody else looked at the same time
			return err
		}
		return s.record(ctx, tx, who, "document.checked", d)
	})
}

// public is the paper without what only its owner may read.
func (d Document) public() Public {
	return Public{
		Kind: d.Kind, State: d.State, Number: d.Number, Title: d.Title, Subtitle: d.Subtitle, Agency: d.Agency,
		Holder: d.body.Holder.profile().Masked(), IssuedAt: d.IssuedAt, RevokedAt: d.RevokedAt, Reason: d.Reason, Facts: d.body.Facts,
	}
}

// tokenShaped reports whether s may be a token at all: the page is open to everybody, and what is not is not looked up.
func tokenShaped(s string) bool {
	if len(s) != tokenLen {
		return false
	}
	for _, r := range []byte(s) {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

var tokenLen = len(keyring.NewToken())
