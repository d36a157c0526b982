// Package internal is the map of everything below it. layers_test.go reads this page and holds the code to
// it: a package that is not here, an import that goes down the page, a table that two packages name, all
// fail the test.
//
// A package imports only what stands higher on this page. Within a group marked "in this order" that means
// any line above its own; in every other group siblings do not know each other. Exceptions are listed in
// layers_test.go, each with its reason. Need something from below? Declare the two methods you need, and
// system passes the implementation. News travels down by jobs: whoever it concerns handles them.
//
// # Kernel, in this order: knows nothing of the state or its services
//
//	id            new sortable identifiers
//	fault         errors a person may see: kind, message key, field
//	i18n          every sentence in Russian and English; plurals, dates, sums
//	rule          expressions of definitions: CEL over answers, typed and bounded
//	form          declarative forms: fields, conditions, validation, answers
//	wallet/kind   the kinds of documents that people keep: what stands in each, and how it is read
//	access        who acts, how strongly that was proven, what they may do
//	trace         how long the parts of a request took, for a collector
//	memory        what a process needs no more is handed back to the system
//	store         SQLite or PostgreSQL from one text: Read, Write, migrations
//	keyring       sealing of columns, blind indexes, hashing, rotation of keys
//	audit         append-only, chained record of who did what to whom
//	policy        every limit, lifetime and threshold, in one file people can read
//	workday       the production calendar: which days people work
//	limit         the one rate limiter and lock-out
//	gate          what a network beyond its limit meets: a puzzle or a wait
//	jobs          durable work, enqueued in the caller's transaction
//	files         bytes of uploads and issued papers, sealed
//	stamp         the portal's own signature on papers: keys, PDF, code
//	scan/mrz      the machine-readable zone of passports and cards
//	scan          what a picture of a document says, or why it cannot be read
//	intake        a page that a person sends: its sort and size, cleaned, looked through
//
// # Shared facts
//
//	account       people: profile, level, consents, lifecycle
//	staff         employees, their unit and role
//	agent         agencies' own information systems and their tokens
//	alert         what a person was told and may say not to have done, and the pause after it
//	catalogue/golden  what people ask for, judged: how well the search answers
//	catalogue     services, agencies, offices, search
//	contact       phones and e-mails: codes, links, tries; who holds which
//	credential    passwords, second factors, sessions, known devices
//	passkey       keys that people's devices hold
//	notification  inbox, e-mail, SMS; templates, preferences, delivery
//	place         where people go: address, hours, papers, who receives them there
//	procedure     a service's definition: parse, compile, rules, process
//	webhook       news of cases that are sent to agencies' systems
//
// # Capabilities
//
//	registration  creating an account
//	signin        which proofs, in what order; recovery
//	verification  proving identity, raising the level
//	mandate       acting for an organisation, a child, a principal
//	document      a person's papers
//	payment       charges, settlement, refunds
//	appointment   offices' slots, bookings, queue
//	signature     signing and verifying
//
// # Built on capabilities
//
//	application   casework: draft, submission, decision, deadlines
//	oidc          OpenID provider
//	support       questions and complaints, hand-over
//	original      papers that people send for the proof of who they are: read, compared, kept
//	wallet        the documents that a person keeps: added, asked of registers, attached, shown to others
//	rights        a copy of everything held of a person, and its erasure
//
// # What every connector needs
//
//	connector/call  limits, repetition, circuit, JSON over HTTP
//
// # Connectors, each to one outside system, behind interfaces declared above
//
//	connector/*
//
// # Components of pages
//
//	web/ui        the design system: templates, assets
//
// # What every page needs
//
//	web           server, routing, cookie of the session, security headers, error pages
//
// # What desks share
//
//	web/desk      sign-in of the staff, the way to each desk
//
// # Pages by audience: desks do not know each other
//
//	web/identity  register, sign in, recover, security settings
//	web/portal    catalogue, forms, my cases, papers, inbox
//	web/centre    desk of the service-centre operator
//	web/agency    desk of the agency's officer
//	web/reception desk of who receives people by appointment
//	web/helpdesk  desk of support
//	web/admin     desk of the platform's administrators
//	web/api       machine interface
//	web/agencyapi machine interface of agencies' own systems
//	web/demo      where a demo is walked from
//	web/webtest   a person at a browser, for tests
//
// # The outside world, played over its real protocols; reached over the network only; in this order
//
//	sandbox/authority certification authorities: certificates, lists of revoked ones, OCSP
//	sandbox
//	sandbox/specimen  papers of the residents, drawn and spoilt
//
// # The whole
//
//	system        builds every service, connector and page, and runs them
//
// # What measures the whole, from outside
//
//	bench         the program in processes of its own, beside what it is compared with
package internal
