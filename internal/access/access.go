// Package access says who acts, for whom, how strongly that was proven, and what they may do.
//
// An Actor travels in the context and stands second in every verb: Book(ctx, who, slot). The first line of a
// verb asks who.May(…), so that permission can neither be forgotten nor hidden in SQL. Permission here is
// about the sort of act; whether this case or that paper is theirs is decided by the capability that owns it.
package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"okno/internal/fault"
)

// Level is the assurance level of a person's account (LVL-1). Its text is stored: it never changes.
type Level string

// The three levels, weakest first.
const (
	Simplified Level = "simplified" // a contact is proved
	Standard   Level = "standard"   // SNILS and identity document are matched in the registers
	Confirmed  Level = "confirmed"  // the person is bound to the account
)

func (l Level) rank() int {
	switch l {
	case Simplified:
		return 1
	case Standard:
		return 2
	case Confirmed:
		return 3
	}
	return 0
}

// Valid reports whether l is one of the three.
func (l Level) Valid() bool { return l.rank() > 0 }

// AtLeast reports whether l opens what needs the level need.
func (l Level) AtLeast(need Level) bool { return need.Valid() && l.rank() >= need.rank() }

// Kind is the sort of actor.
type Kind string

// The kinds of actors.
const (
	Anonymous Kind = ""
	Person    Kind = "person"
	Staff     Kind = "staff"
	System    Kind = "system"
	Agent     Kind = "agent" // an agency's own information system, which shows a token
)

// Role is what an employee was appointed to. Its text is stored.
type Role string

// The roles (OPS-1 … OPS-4).
const (
	Officer   Role = "officer"   // an agency's case officer
	Head      Role = "head"      // the head of an agency's desk
	Centre    Role = "centre"    // an operator of a service centre
	Support   Role = "support"   // the support desk
	Admin     Role = "admin"     // the platform's administrator
	Reception Role = "reception" // who receives people by appointment: a clinic's reception
)

// Roles lists every role.
func Roles() []Role { return []Role{Officer, Centre, Support, Admin, Head, Reception} }

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Scope is a part of what an agency's employees may do that a token of its information system may do, too. Its text is stored.
type Scope string

// The scopes.
const (
	CasesRead   Scope = "cases:read"
	CasesDecide Scope = "cases:decide"
	CasesAssign Scope = "cases:assign"
	FilesRead   Scope = "files:read"
	Webhooks    Scope = "webhooks"
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{CasesRead, CasesDecide, CasesAssign, FilesRead, Webhooks} }

// Valid reports whether s is a scope.
func (s Scope) Valid() bool { return slices.Contains(Scopes(), s) }

func (s Scope) permission() Permission {
	switch s {
	case CasesRead:
		return ReadCases
	case CasesDecide:
		return DecideCases
	case CasesAssign:
		return AssignCases
	case FilesRead:
		return ReadFiles
	case Webhooks:
		return Subscribe
	}
	return ""
}

// Actor is who acts. The zero Actor is nobody in particular: a visitor of the portal.
type Actor struct {
	Kind      Kind
	ID        string // of the account, of the employee or of the agent
	Level     Level  // of a person
	Role      Role   // of an employee
	Unit      string // code of the employee's or the agent's agency, or of the centre
	Services  string // codes of the services to whose cases an employee is limited, with spaces between; "" for all of their agency's
	Scopes    string // of an agent's token, with spaces between
	SessionID string
	AuthAt    time.Time // when a credential was last shown
	Methods   string    // by which the session was proved: "pwd", "pwd otp" (RFC 8176)
	For       string    // account for which a person acts by a mandate, "" for their own; who may is decided by package mandate
	As        Capacity  // in which they act for it; Self when For is ""
}

// Capacity is for whom a person acts. Its text stands in definitions (actAs) and in what is kept of a case.
type Capacity string

// The capacities.
const (
	Self  Capacity = "self"  // for themselves
	Child Capacity = "child" // a parent, for their child
)

// Capacities lists every capacity.
func Capacities() []Capacity { return []Capacity{Self, Child} }

// Acting is the actor as they act for that account. Whether they may is for package mandate to say, before.
func (a Actor) Acting(forID string, as Capacity) Actor {
	a.For, a.As = forID, as
	return a
}

// Capacity is for whom the actor acts.
func (a Actor) Capacity() Capacity {
	if a.For == "" {
		return Self
	}
	return a.As
}

// Whose is the account for which the actor acts: their own, or somebody else's.
func (a Actor) Whose() string {
	if a.For == "" {
		return a.ID
	}
	return a.For
}

// By is the account of whoever acts for somebody else, "" for one who acts for themselves.
func (a Actor) By() string {
	if a.For == "" {
		return ""
	}
	return a.ID
}

// SystemActor acts when nobody does: jobs, timers, seeds.
func SystemActor() Actor { return Actor{Kind: System} }

// Permission is a sort of act.
type Permission string

// The permissions.
const (
	UseCabinet      Permission = "cabinet.use"         // a signed-in person, on their own things
	Apply           Permission = "application.apply"   // file an application; the service names the level
	ReadCases       Permission = "application.read"    // the cases of one's agency: every look at one is recorded
	DecideCases     Permission = "application.decide"  // take and decide the cases of one's agency
	AssignCases     Permission = "application.assign"  // give any case of one's agency to any of its officers
	ReadFiles       Permission = "application.files"   // files and papers of the cases of one's agency
	Subscribe       Permission = "webhook.subscribe"   // have news of the cases of one's agency sent to an address
	LeadDesk        Permission = "application.lead"    // decide on several at once, keep the desk's texts and queries
	ProveIdentity   Permission = "verification.prove"  // open a person by the code, check papers, confirm
	ReceiveVisitors Permission = "appointment.receive" // see who comes to one's own place, say who came, seat who stands there
	AnswerTickets   Permission = "support.answer"      // read and answer questions
	UndoTakeovers   Permission = "support.undo"        // give an account back that was taken over by mistake (REG-12)
	LiftBlocks      Permission = "support.unblock"     // lift a block by its reference number (REG-5)
	ManageStaff     Permission = "staff.manage"
	ManagePlatform  Permission = "platform.manage"
	ManageAgents    Permission = "agent.manage" // give agencies' information systems their tokens, see what is sent to them
)

func (r Role) permissions() []Permission {
	switch r {
	case Officer:
		return []Permission{ReadCases, DecideCases, ReadFiles, ReceiveVisitors}
	case Head:
		return []Permission{ReadCases, DecideCases, AssignCases, ReadFiles, LeadDesk, ReceiveVisitors}
	case Centre:
		return []Permission{ProveIdentity, ReceiveVisitors}
	case Reception:
		return []Permission{ReceiveVisitors}
	case Support:
		return []Permission{AnswerTickets, LiftBlocks, UndoTakeovers}
	case Admin:
		return []Permission{ManageStaff, ManagePlatform, ManageAgents}
	}
	return nil
}

// The refusals.
var (
	ErrSignIn = fault.New(fault.Unauthenticated, "error.signin")
	ErrDenied = fault.New(fault.Denied, "error.denied")
)

// Serves reports whether cases of the service are the actor's business, as far as that is limited.
func (a Actor) Serves(service string) bool {
	return a.Services == "" || slices.Contains(strings.Fields(a.Services), service)
}

// ForAgency reports whether the actor works for an agency, as one of its employees or as its system.
func (a Actor) ForAgency() bool { return a.Kind == Staff || a.Kind == Agent }

// May returns nil when the actor may do acts of the sort p, ErrSignIn when nobody is signed in,
// ErrDenied otherwise.
func (a Actor) May(p Permission) error {
	switch a.Kind {
	case System:
		return nil
	case Person:
		if p == UseCabinet || p == Apply {
			return nil
		}
		return ErrDenied
	case Staff:
		if slices.Contains(a.Role.permissions(), p) {
			return nil
		}
		return ErrDenied
	case Agent:
		for s := range strings.FieldsSeq(a.Scopes) {
			if Scope(s).permission() == p {
				return nil
			}
		}
		return ErrDenied
	case Anonymous:
	}
	return ErrSignIn
}

type key struct{}

// With puts the actor into the context.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From takes the actor out of the context: the anonymous one when there is none.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}
