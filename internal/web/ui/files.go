package ui

import (
	"context"
	"io"
)

// Files are the files of an application, with what can be done with each.
type Files struct {
	List  []FileRow
	Label string // for screen readers
}

// FileRow is one file.
type FileRow struct {
	Name    string
	Text    string // what it is: type, size, when
	Tag     *Tag
	Note    string  // what is the matter with it
	View    string  // address to look at it; "" when it cannot be shown
	Save    string  // address to keep it
	Replace *Button // what is typed on the page goes with it
	Remove  *Button
}

// Render shows the files.
func (f Files) Render(ctx context.Context, w io.Writer) error {
	if len(f.List) == 0 {
		return nil
	}
	return f.view().Render(ctx, w)
}
