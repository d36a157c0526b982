package notification

import "context"

// Text is one SMS. ID is ours: a carrier that is asked twice with one ID may send once.
type Text struct{ ID, To, Body string }

// Letter is one e-mail, as plain text and, when HTML is set, as HTML too.
type Letter struct{ ID, To, Subject, Text, HTML string }

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
