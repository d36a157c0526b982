package web

import (
	"context"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/i18n"
	"okno/internal/store"
	"okno/internal/web/ui"
)

// Paused is what stands on top of a page of whoever asks, whose form is refused while their account is paused.
func Paused(ctx context.Context, q store.Querier) (ui.Paused, error) {
	p, err := alert.Of(ctx, q, access.From(ctx).ID)
	if err != nil || !p.On() {
		return ui.Paused{}, err
	}
	return ui.Paused{Until: i18n.DateTime(ctx, p.Until)}, nil
}
