package identity

import (
	"context"

	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// restartLabel is the way back to what was typed on the first page.
func restartLabel(ctx context.Context, v codeView) string {
	switch {
	case v.Road == recovering:
		return i18n.T(ctx, "recover.code.restart")
	case v.Mail:
		return i18n.T(ctx, "register.code.change_mail")
	}
	return i18n.T(ctx, "register.code.change_phone")
}

// switchLabel offers the other contact.
func switchLabel(ctx context.Context, v codeView) string {
	if v.ToMail {
		return i18n.T(ctx, "register.code.to_mail", "to", v.Other)
	}
	return i18n.T(ctx, "register.code.to_phone", "to", v.Other)
}

func switchIcon(v codeView) ui.Icon {
	if v.ToMail {
		return ui.IconMail
	}
	return ui.IconSmartphone
}

// triedCode tells support what was tried where no code comes (CAB-8).
func triedCode(ctx context.Context, v codeView) string {
	way := "sms"
	switch {
	case v.Mail:
		way = "mail"
	case v.Spoken:
		way = "voice"
	}
	return i18n.T(ctx, "register.help.tried."+way, "to", v.Masked, "time", v.Sent)
}

// helpLines are what to try when no code comes.
func helpLines(ctx context.Context, v codeView) []string {
	keys := []string{"register.help.sms_wait", "register.help.sms_number", "register.help.sms_signal", "register.help.sms_new"}
	if v.Spoken {
		keys = []string{"register.help.voice_wait", "register.help.sms_number", "register.help.voice_block", "register.help.sms_new"}
	}
	if v.Mail {
		keys = []string{"register.help.mail_wait", "register.help.mail_spam", "register.help.mail_address", "register.help.mail_new"}
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = i18n.T(ctx, k)
	}
	return out
}
