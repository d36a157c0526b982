// Package registration makes an account out of a visitor (REG-1).
//
//	details ──▶ code ──right code or link──▶ password ──▶ account, signed in
//	   ▲          │                └─ the contact has an account ──▶ taken
//	   └─restart──┘
//
// A draft belongs to one browser and survives leaving: whoever comes back within the policy's term finds the step where
// they were, and what they typed. It is sealed under the key of the person to be, whose account gets the draft's id;
// an abandoned draft is erased with its key (REG-8). With the first page, and with the proof of a contact, the browser is
// given a secret (credential.Visitor.Fresh), and the draft is found by that: the browser's old name may have been copied.
//
// What always holds: nothing on the pages depends on whether the contact has an account, until a code or a link has
// proved control of it (REG-6). A proof counts for the contact it was sent to and for the draft that waits for it now, never
// for what the draft came to say meanwhile. The password is hashed outside any transaction; everything that makes the account is
// written in one.
package registration
