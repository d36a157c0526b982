package web

import (
	"context"

	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web/ui"
)

// Checklist shows advice in words (REG-19). The page at back offers it; all is every piece, those that are done or dismissed too.
func Checklist(ctx context.Context, list []signin.Advice, back string, all bool) ui.Checklist {
	c := ui.Checklist{Action: "/cabinet/security/advice", Back: back}
	for _, a := range list {
		if !all && (a.Done || a.Off) {
			continue
		}
		x := ui.CheckItem{Name: a.Name, URL: a.Path, Title: i18n.T(ctx, "advice.title."+a.Name), Text: i18n.T(ctx, "advice.why."+a.Name), Go: i18n.T(ctx, "advice.go."+a.Name)}
		if a.Done {
			x.Done = i18n.T(ctx, "advice.done."+a.Name)
		}
		if !a.Off {
			x.Dismiss = i18n.T(ctx, "advice.dismiss")
		}
		c.Items = append(c.Items, x)
	}
	return c
}
