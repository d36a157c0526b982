package system

import (
	"context"
	"slices"

	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/notification"
)

// samples are those of everything that the portal tells people in words of its own; what is told in words of services is sampled of each
// definition (application.Samples).
func (x *System) samples(ctx context.Context) []notification.Sample {
	h, now := x.Notices.Letterhead(), x.DB.Now()
	out := slices.Concat(application.OwnSamples(h, now), x.Verification.Samples(), x.Mandates.Samples(ctx, now), x.Wallet.Samples(ctx, now), x.Appointments.Samples(ctx, now),
		x.Support.Samples(), x.SignIn.Samples(now), x.Rights.Samples(now))
	out = append(out, h.Samples(h.Say(notification.Identity, "cabinet", "message.level.standard"), h.Say(notification.Support, "support/"+notification.SampleID, "message.support", "number", "0000-0000"))...)
	for _, c := range x.sender().Samples(notification.SampleCode, notification.SampleToken) {
		out = append(out, notification.Direct(c.Kind, notification.Codes, func(l i18n.Lang) notification.Message {
			sms, subject, text := c.In(l)
			return notification.Message{SMS: sms, Letter: notification.Letter{Subject: subject, Text: text}}
		}))
	}
	return out
}
