package ui

import (
	"context"
	"fmt"
	"io"
)

// Icon is a drawing of Lucide by its name there; the ones we use are in assets/icons.txt. It says nothing to a screen
// reader: words stand beside it.
type Icon string

// Render draws the icon. The zero Icon draws nothing.
func (i Icon) Render(_ context.Context, w io.Writer) error {
	if i == "" {
		return nil
	}
	d := i.drawing()
	if d == "" {
		return fmt.Errorf("there is no icon %q in assets/icons.txt", string(i))
	}
	_, err := io.WriteString(w, `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">`+d+`</svg>`)
	return err
}
