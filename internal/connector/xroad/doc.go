// Package xroad is the road to registers that stand behind X-Road: the REST message protocol r1 (PR-REST 1.0) between us and our
// security server.
//
// A connector speaks as ever; its questions only take another way. Road is a transport for call.Config: the address becomes
// {server}/r1/{instance}/{class}/{member}/{subsystem}/{service}/…, and every try carries
//
//	X-Road-Client    who we are; the register's access rights go by it
//	X-Road-Id        of this message, new for each try
//	X-Road-UserId    RU and our identifier of whose act it is      when the question has a matter (call.About)
//	X-Road-Issue     our identifier of the proof or the case       likewise
//
// An answer is believed only when it is one to this question: X-Road-Id is ours, X-Road-Service, when it is there, is the one that was
// asked, and X-Road-Request-Hash is the hash of what we sent:
//
//	message = METHOD CRLF path CRLF, each header "name:value" CRLF as we sent it, "x-road-request-id:{theirs}" CRLF
//	hash    = base64(SHA512(SHA512(message) SHA512(body)))
//
// without the headers that a hop drops (host, user-agent, content-length and their like). That is how the security server of NIIS
// builds it. A proxy between us and the server that adds a header breaks it; where there must be one, Config.AnyHash lets the hash be.
// Anything else is garbage and changes nothing.
//
// What the road itself has to complain of comes with X-Road-Error, and is told apart:
//
//	Client.*, access denied, unknown or disabled service,   ErrSettings: an operator's mistake, here or there; logged as an error,
//	unknown member, our certificate refused …               not tried twice
//	network, timeouts, stale configuration, maintenance …   ErrUnavailable: asked again
//
// An error without that header is the register's own. Messages may carry personal data, so of an error's text nothing is kept but its
// type and its identifier; the security servers have the rest.
package xroad
