package files

import (
	"context"
	"time"
)

// Bucket keeps sealed bytes under names. A folder of this machine is one (Folder); where several nodes serve, an object
// store is another, and the connector that speaks to it implements this.
//
// A name is written once and never again. Its form is two letters, a slash and an identifier.
type Bucket interface {
	// Write is done when the bytes would survive the loss of power.
	Write(ctx context.Context, name string, data []byte) error
	// Read says store.ErrNotFound of a name that is not there. It never returns more than most bytes: ErrTooBig.
	Read(ctx context.Context, name string, most int64) ([]byte, error)
	// Delete of a name that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Each calls fn with every name and the moment it was written.
	Each(ctx context.Context, fn func(name string, at time.Time) error) error
}

// maxSealed is the most that the sealed bytes of a file can be; it leaves room for what sealing adds.
const maxSealed = MaxSize + 1024

// where spreads files over 1024 folders by the last two letters of the id, which are chance; the first are the time.
func where(fileID string) string { return fileID[len(fileID)-2:] + "/" + fileID }
