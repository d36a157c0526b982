package specimen

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
)

// Film is a picture seen for a while by a camera that does not move: Motion JPEG, which is pictures back to back. Its sides are even, as
// video wants them.
func Film(shot []byte, frames int) ([]byte, error) {
	m, err := jpeg.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, fmt.Errorf("specimen: film: %w", err)
	}
	b := m.Bounds()
	even := image.NewRGBA(image.Rect(0, 0, b.Dx()&^1, b.Dy()&^1))
	draw.Draw(even, even.Bounds(), m, b.Min, draw.Src)
	var frame bytes.Buffer
	if err := jpeg.Encode(&frame, even, &jpeg.Options{Quality: 95}); err != nil {
		return nil, fmt.Errorf("specimen: film: %w", err)
	}
	return bytes.Repeat(frame.Bytes(), frames), nil
}
