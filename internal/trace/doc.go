// Package trace tells a collector of the operator how long the parts of a request or a job took. It is off unless an
// endpoint is set (traces-endpoint), and then costs a look into the context and nothing else.
//
// A trace begins in two places, which system gives a Tracer: web begins one for each request, jobs one for each run.
// Everything else only adds to the trace it is in, which the context knows, so a sweep, a seal of the audit or a tool
// on the command line leaves no trace of its own:
//
//	POST /register                      web
//	├── store.query                     store: one reading statement
//	├── store.write                     store: a transaction with all its tries
//	└── password.hash                   keyring: the wait and the hash
//	contact.send_code                   jobs; points to the request that enqueued it
//	├── store.query
//	└── call sms1                       connector/call: a register, a carrier, the mail server
//
// What leaves the portal this way leaves the walls of the people who may see personal data. So what may leave is
// decided here: names are those of routes, kinds of jobs and connectors; facts are words and numbers under the Keys
// below. There is no way to attach an address, a statement, an error or anything that somebody typed. Outside systems
// are not told of traces.
//
// The SDK that exports is known to system only.
package trace
