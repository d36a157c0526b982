package notification

import (
	"context"

	"okno/internal/contact"
	"okno/internal/i18n"
)

// Text is one SMS. ID is ours: a carrier that is asked twice with one ID may send once.
type Text struct{ ID, To, Body string }

// Letter is one e-mail, as plain text and, when HTML is set, as HTML too. Off is the address at which its like are stopped, "" when they cannot be.
type Letter struct{ ID, To, Subject, Text, HTML, Off string }

// Spoken is a code that is said over the telephone, in the language of whoever takes it.
type Spoken struct {
	ID, To string
	Lang   i18n.Lang
	Digits string
}

// SMSGateway hands texts to a carrier. An error means that the carrier did not take it.
type SMSGateway interface {
	Name() string
	SendSMS(ctx context.Context, t Text) error
}

// MailGateway hands letters to a mail server. An error means that the server did not take it.
type MailGateway interface {
	Name() string
	SendMail(ctx context.Context, l Letter) error
}

// VoiceGateway calls a telephone and says a code. An error means that nobody has heard it; ErrNoLine, that nothing was tried.
type VoiceGateway interface {
	Name() string
	Call(ctx context.Context, s Spoken) error
}

// ErrNoLine says that as many calls are under way as may be.
var ErrNoLine = contact.ErrNoLine
