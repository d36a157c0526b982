package identity_test

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"okno/internal/web/ui"
)

// shown is a page that says where one is and at which level.
func shown(p ui.Page, level string) templ.Component {
	inner := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<h1>"+templ.EscapeString(p.Title)+"</h1><p>level: "+level+"</p>")
		return err
	})
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return p.Narrow().Render(templ.WithChildren(ctx, inner), w)
	})
}
