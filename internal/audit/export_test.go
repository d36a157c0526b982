package audit

// VerifyIn is Verify inside a transaction, so that a test can look at a forgery and roll it back.
var VerifyIn = verify
