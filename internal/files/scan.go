package files

import (
	"context"
	"errors"
	"fmt"
)

// Scanner looks through bytes for malware. It returns the name of what it found, "" for nothing; an error says that nobody looked.
type Scanner interface {
	Scan(ctx context.Context, data []byte) (found string, err error)
}

// The refusals of a Scanner's store.
var (
	// ErrInfected is of a file in which malware was found.
	ErrInfected = errors.New("files: there is malware in the file")
	// ErrUnscanned is of a file that nobody could look through just now.
	ErrUnscanned = errors.New("files: the scanner could not look through the file")
)

// Inspect has an upload looked through before anything is kept of it, and says so in what it returns. Without a Scanner it lets
// everything pass. When the scanner is away, AcceptUnscanned decides between ErrUnscanned and a file that is marked. The name of what
// was found is in the error, the name of the file is not.
func (s *Store) Inspect(ctx context.Context, n New) (New, error) {
	if s.Scanner == nil {
		return n, nil
	}
	found, err := s.Scanner.Scan(ctx, n.Data)
	switch {
	case err != nil && ctx.Err() != nil:
		return n, ctx.Err()
	case err != nil && s.AcceptUnscanned:
		n.Unscanned = true
		return n, nil
	case err != nil:
		return n, fmt.Errorf("%w: %w", ErrUnscanned, err)
	case found != "":
		return n, fmt.Errorf("%w: %s", ErrInfected, found)
	}
	return n, nil
}
