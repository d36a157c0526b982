// Package notification tells people what happened: into their inbox at once, and by SMS or mail from a job.
//
// A verb that changes something a person should know of calls Tell in its own transaction; nobody waits for a gateway.
// The notice is written in both languages, sealed under the person's key. A job per channel hands it to the first gateway
// that takes it, in the account's language, and is tried again while none does. What was sent is written down, so that a job
// that runs twice sends once; only a crash between the carrier's "yes" and our note of it can send a thing twice,
// and then it is the same text under the same id.
//
// Browsers in which a person switched notices on are channels, too (Web Push): push.go, pushkey.go. Who wants ordinary news once a day
// gets them in one letter: digest.go.
//
// Ordinary news go by mail, or by SMS to who has no mail. What touches the safety of the account goes by every channel.
package notification
