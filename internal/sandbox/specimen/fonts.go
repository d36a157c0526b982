package specimen

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/image/font/opentype"
)

// Typefaces are read where npm (make build) and Debian (scripts/need) have put them: none is copied into this repository.
// Held are those on which the reader of scans was never tried while its thresholds were chosen.
var (
	faces = map[string]string{ //nolint:gochecknoglobals // a table
		"golos":      "golos-text/500Medium/GolosText_500Medium.ttf",
		"pt-sans":    "pt-sans/400Regular/PTSans_400Regular.ttf",
		"pt-serif":   "pt-serif/400Regular/PTSerif_400Regular.ttf",
		"noto-serif": "noto-serif/500Medium/NotoSerif_500Medium.ttf",
		"plex-serif": "ibm-plex-serif/500Medium/IBMPlexSerif_500Medium.ttf",
		"roboto":     "roboto/500Medium/Roboto_500Medium.ttf",
	}
	zones = map[string]string{ //nolint:gochecknoglobals // a table
		"ocr-b": "OCRBS.otf", // of its sisters OCRBE and OCRBX are light on dark, OCRB and OCRBF have no filler, OCRBL leans
	}
	Tuned = []string{"golos", "pt-sans", "pt-serif"}       //nolint:gochecknoglobals // a table
	Held  = []string{"noto-serif", "plex-serif", "roboto"} //nolint:gochecknoglobals // a table
)

// Fonts reads typefaces.
type Fonts struct {
	Modules string // folder of npm's packages
	OCR     string // folder of Debian's fonts-ocr-b; where Debian puts it when ""
}

// Text reads a typeface of Tuned or Held.
func (f Fonts) Text(name string) (*opentype.Font, error) {
	if faces[name] == "" {
		return nil, fmt.Errorf("specimen: there is no typeface %q", name)
	}
	return parse(filepath.Join(f.Modules, "@expo-google-fonts", filepath.FromSlash(faces[name])))
}

// Zone reads a typeface of machine-readable zones: ocr-b.
func (f Fonts) Zone(name string) (*opentype.Font, error) {
	if zones[name] == "" {
		return nil, fmt.Errorf("specimen: there is no typeface %q", name)
	}
	dir := f.OCR
	if dir == "" {
		dir = "/usr/share/fonts/opentype/ocr-b"
	}
	return parse(filepath.Join(dir, zones[name]))
}

func parse(path string) (*opentype.Font, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("specimen: %w; scripts/need and npm ci bring the typefaces", err)
	}
	font, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("specimen: %s: %w", path, err)
	}
	return font, nil
}
