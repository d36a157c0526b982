// Package fault is the only kind of error whose words may reach a person.
//
// Three audiences hear of a failure: the caller tests a sentinel, the person reads a message, the operator
// reads the wrapped chain in the log. A fault carries what the second needs: a kind, which a page turns into
// a status, and the key of a message with its values, never a sentence. Everything that is not a fault
// becomes "internal" at the edge.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure it is; pages turn it into an HTTP status.
type Kind int

// The kinds. The order is not stored anywhere.
const (
	Internal        Kind = iota
	InvalidInput         // what was typed cannot be taken: 422
	Unauthenticated      // nobody is signed in: 401
	Denied               // somebody is, and may not: 403
	Missing              // there is no such thing, or none that this person may see: 404
	Conflict             // it was changed or taken meanwhile: 409
	TooMany              // a limit was reached; RetryAt says until when: 429
	Unavailable          // something we need is away; RetryAt says when to come back: 503
)

// Status is the HTTP status of a kind.
func (k Kind) Status() int {
	switch k {
	case InvalidInput:
		return 422
	case Unauthenticated:
		return 401
	case Denied:
		return 403
	case Missing:
		return 404
	case Conflict:
		return 409
	case TooMany:
		return 429
	case Unavailable:
		return 503
	case Internal:
	}
	return 500
}

// Field is what is wrong with one field of a form: its name in the form, the key of the message, and the
// values of the message as pairs of name and value. A message names the reason and the remedy (REG-9).
type Field struct {
	Name, Key string
	Args      []any
}

// F makes a Field.
func F(name, key string, args ...any) Field { return Field{Name: name, Key: key, Args: args} }

// Error is a failure that a person may be told of.
type Error struct {
	Kind    Kind
	Key     string // of the message for the whole
	Args    []any  // pairs of name and value
	Fields  []Field
	RetryAt time.Time // when it makes sense to try again; zero when that is not known
	Cause   error     // for the log only
}

// New makes a fault of the kind with a message.
func New(kind Kind, key string, args ...any) *Error { return &Error{Kind: kind, Key: key, Args: args} }

// Invalid makes a fault of bad fields.
func Invalid(fields ...Field) *Error {
	return &Error{Kind: InvalidInput, Key: "error.fields", Fields: fields}
}

// Check is Invalid as an error: nil when there is nothing to complain of, so that a validator may end with it.
func Check(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return Invalid(fields...)
}

// Refusals are exported as values, so the following return changed copies.

// Because is the fault with a cause for the log.
func (e *Error) Because(err error) *Error { c := *e; c.Cause = err; return &c }

// At is the fault with the moment after which it makes sense to try again.
func (e *Error) At(t time.Time) *Error { c := *e; c.RetryAt = t; return &c }

// With is the fault with the fields that are wrong.
func (e *Error) With(fields ...Field) *Error { c := *e; c.Fields = fields; return &c }

// Say is the fault with the values of its message.
func (e *Error) Say(args ...any) *Error { c := *e; c.Args = args; return &c }

// Error is for the log: the key and the names of the fields, never a value.
func (e *Error) Error() string {
	s := e.Key
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s: %s]", f.Name, f.Key)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, fault) true for faults of one key, so that a package may export its refusals as
// values and return copies of them with fields and times.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Key == e.Key
}

// Of finds the fault in a chain of errors.
func Of(err error) (*Error, bool) {
	var f *Error
	ok := errors.As(err, &f)
	return f, ok
}

// KindOf is the kind of the fault in the chain, Internal when there is none.
func KindOf(err error) Kind {
	if f, ok := Of(err); ok {
		return f.Kind
	}
	return Internal
}
