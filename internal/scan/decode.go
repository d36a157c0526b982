package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // decoders of what people may bring
	_ "image/png"

	"okno/internal/files"
)

// The refusals of what is not read at all.
var (
	// ErrBomb is of a picture with more pixels than Limits allow. It was not decoded.
	ErrBomb = errors.New("scan: the picture has too many pixels")
	// ErrBroken is of a file that is not what it begins like.
	ErrBroken = errors.New("scan: the file is broken")
)

// decode makes a picture of a file: of a PDF, its first page.
func (r *Reader) decode(ctx context.Context, data []byte) (*gray, error) {
	media, ok := files.Sniff(data)
	if !ok {
		return nil, ErrBroken
	}
	if media == files.PDF {
		if err := passive(data); err != nil {
			return nil, err
		}
		page, err := r.page(ctx, data)
		if err != nil {
			return nil, err
		}
		data = page
	}
	m, err := r.picture(data)
	if err != nil {
		return nil, err
	}
	if turn := orientation(data); turn > 1 {
		m = upright(m, turn)
	}
	return fromImage(m), nil
}

func (r *Reader) picture(data []byte) (image.Image, error) {
	if err := small(data, r.limits.Pixels); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return m, nil
}

// small refuses a picture by what its head says.
func small(data []byte, most int) error {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > 30_000 || c.Height > 30_000 || c.Width*c.Height > most {
		return ErrBomb
	}
	return nil
}

// page draws the first page of a PDF so that its longer side has 2000 pixels: the size is ours, whatever the page says of itself.
func (r *Reader) page(ctx context.Context, pdf []byte) ([]byte, error) {
	in, done, err := seekable(pdf)
	if err != nil {
		return nil, err
	}
	defer done()
	out, err := r.run(ctx, in, "pdftoppm", "-f", "1", "-l", "1", "-singlefile", "-scale-to", "2000", "-gray", "-png", "-")
	if err != nil && ctx.Err() == nil && errors.Is(err, ErrChild) {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return out, err
}
