package original

import (
	"bytes"
	"context"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/store"
	"okno/internal/verification"
)

// OfProof lists what the person whose proof is open at the desk has sent. That an operator looked is recorded.
func (s *Service) OfProof(ctx context.Context, who access.Actor, proofID string) (verification.Proof, []Original, error) {
	p, err := s.before(ctx, who, proofID)
	if err != nil {
		return verification.Proof{}, nil, err
	}
	var all []Original
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if all, err = s.list(ctx, tx, p.AccountID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "original.listed", Actor: who, Subject: p.AccountID, Object: "proof/" + p.ID})
	})
	return p, all, err
}

// OpenAt opens the bytes of an original of the person whose proof is open at the desk. The look is recorded before anything is shown.
func (s *Service) OpenAt(ctx context.Context, who access.Actor, proofID, originalID string) (files.File, *bytes.Reader, error) {
	p, err := s.before(ctx, who, proofID)
	if err != nil {
		return files.File{}, nil, err
	}
	o, err := load(ctx, s.DB, originalID)
	if err != nil || o.account != p.AccountID {
		return files.File{}, nil, missing(err)
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Action: "original.viewed", Actor: who, Subject: p.AccountID, Object: "original/" + o.ID, Detail: audit.Detail{"document": string(o.Kind)}})
	}); err != nil {
		return files.File{}, nil, err
	}
	return s.open(ctx, o)
}

// before is the open proof of the person whom the operator has before them. When it has ended, the person is gone, and so is the reason
// to look.
func (s *Service) before(ctx context.Context, who access.Actor, proofID string) (verification.Proof, error) {
	if err := who.May(access.ProveIdentity); err != nil {
		return verification.Proof{}, err
	}
	p, err := s.Proofs.Get(ctx, who, proofID)
	if err != nil {
		return verification.Proof{}, err
	}
	if p.Ended() {
		return verification.Proof{}, ErrMissing
	}
	return p, nil
}

func missing(err error) error {
	if err == nil {
		return ErrMissing
	}
	return err
}
