package journeys

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// filmed is what the camera of every browser sees: the passport of resident 2.
const filmed = "passport.jpg"

// film makes a film of it, as a camera sees it that does not move: Motion JPEG, which is pictures back to back. Its sides are even, as
// video wants them.
func film(t *testing.T) string {
	t.Helper()
	shot, err := os.ReadFile(filepath.Join("testdata", filmed))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	even := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx()&^1, m.Bounds().Dy()&^1))
	draw.Draw(even, even.Bounds(), m, m.Bounds().Min, draw.Src)
	var frame bytes.Buffer
	if err := jpeg.Encode(&frame, even, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "camera.mjpeg")
	if err := os.WriteFile(file, bytes.Repeat(frame.Bytes(), 30), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
