// Package verification proves who a person is and raises the level of the account (LVL-1, LVL-7).
//
// The thin way of today is the desk of a service centre. The cabinet shows a short code; the person says it to the operator,
// who opens the person by it, enters passport and SNILS from the originals, and sees what the registers answer:
//
//	cabinet: visit code ──▶ Open ──▶ entering ──Enter──▶ checking ──all needed match──▶ Confirm ──▶ confirmed
//	                                    ▲───────correct and check again───────┘   └──Leave, or visit.proof_lifetime──▶ left
//
// Registers are asked by jobs, one for each, tried again while a register is away; the desk shows what is being waited for
// and changes by itself. Confirm writes the profile, the level and the record in one transaction, and the person's page
// changes by itself too.
//
// Whoever has no SNILS applies for one in the cabinet (snils.go): a job files the application with the social fund and asks for the number
// until it is there, which then stands in the profile. A check or an application that a person starts without an operator is counted
// first (throttle.go), so that nobody uses us to try other people's papers on the registers. Words for what a register answered are in
// advice.go.
//
// What always holds: only an operator on duty opens a person, only by a code that the person gave, and every such look is
// recorded and visible to the person. Nothing that a register holds is shown or stored unless the paper matched. One SNILS
// is confirmed in one account only, and an account that is Confirmed is not opened, let alone confirmed, again: confirming ends
// every other proof of the account. An operator confirms the papers that the page showed, not those entered since. A new way of proof is a new verb here that ends in raise.
package verification
