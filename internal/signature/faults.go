package signature

import "okno/internal/fault"

// The refusals. Each has its reason and its remedy in the locales.
var (
	ErrTooLarge      = fault.New(fault.InvalidInput, "signature.too_large")
	ErrNotSignature  = fault.New(fault.InvalidInput, "signature.not_signature")
	ErrKeyFile       = fault.New(fault.InvalidInput, "signature.key_file")       // a key, which nobody should have sent
	ErrSeveral       = fault.New(fault.InvalidInput, "signature.several")        // signers
	ErrPlain         = fault.New(fault.InvalidInput, "signature.plain")          // without the signed attributes
	ErrNoCertificate = fault.New(fault.InvalidInput, "signature.no_certificate") // of the signer in the file
	ErrAlgorithm     = fault.New(fault.InvalidInput, "signature.algorithm")      // unknown, too weak or not allowed
	ErrDetached      = fault.New(fault.InvalidInput, "signature.no_content")     // nothing to hold the signature against
	ErrContent       = fault.New(fault.InvalidInput, "signature.content_differs")
	ErrBroken        = fault.New(fault.InvalidInput, "signature.broken")

	ErrUntrusted    = fault.New(fault.InvalidInput, "signature.untrusted")
	ErrNotYet       = fault.New(fault.InvalidInput, "signature.not_yet_valid")
	ErrExpired      = fault.New(fault.InvalidInput, "signature.expired")
	ErrRevoked      = fault.New(fault.InvalidInput, "signature.revoked")
	ErrUsage        = fault.New(fault.InvalidInput, "signature.key_usage")
	ErrNotQualified = fault.New(fault.InvalidInput, "signature.not_qualified")
	ErrNoSNILS      = fault.New(fault.InvalidInput, "signature.no_snils")
	ErrNoName       = fault.New(fault.InvalidInput, "signature.no_name")

	ErrCannotCheck = fault.New(fault.Unavailable, "signature.cannot_check")

	ErrChallenge = fault.New(fault.Missing, "signature.challenge_missing") // there is none, or it is somebody else's
	ErrLate      = fault.New(fault.Conflict, "signature.challenge_late")   // its time is over
	ErrTries     = fault.New(fault.Conflict, "signature.challenge_tries")
	ErrSpent     = fault.New(fault.Conflict, "signature.challenge_spent")
	ErrNotShown  = fault.New(fault.InvalidInput, "signature.token.none") // the browser showed no certificate
	ErrTicket    = fault.New(fault.Conflict, "signature.token.over")     // used, or too old
	ErrOften     = fault.New(fault.TooMany, "signature.often")
)
