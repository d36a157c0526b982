package stamp

import "errors"

// The reasons for which a signature does not count.
var (
	ErrForeign = errors.New("stamp: this is not what the portal signs")                // its form is another
	ErrForged  = errors.New("stamp: the signature is not the portal's")                // of the right form, and wrong
	ErrUnknown = errors.New("stamp: the list has no such key")                         // somebody else's, or younger than the list
	ErrRevoked = errors.New("stamp: the key was revoked")                              // whatever it signed, and whenever
	ErrTime    = errors.New("stamp: the key was not in force when this was signed")    // before it, or after it
	ErrOther   = errors.New("stamp: the address and the code are of different papers") // each may be genuine
)
