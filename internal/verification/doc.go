// Package verification proves who a person is and gives the account its level (LVL-1).
//
// What stands behind a person is evidence: a SNILS that the social fund knows for this name and day of birth, a document that the
// interior ministry knows (a certificate of birth: the civil-status register), an operator who saw the person with the originals. The
// policy says which evidence gives which level (LevelOf, a pure function), and every way of proof ends in Grant, which writes evidence,
// profile and level in one transaction.
// Evidence ends – a document runs out, a register calls it invalid, somebody proves the same SNILS more strongly – and the level
// follows down; the person is told why and what to do (LVL-13). A new way is a line in gives, its evidence a line in the policy.
//
// At the desk of a service centre (LVL-7) the cabinet shows a short code; the person says it to the operator, who opens the person
// by it, enters document and SNILS from the originals, and sees what the registers answer:
//
//	cabinet: visit code ──▶ Open ──▶ entering ──Enter──▶ checking ──all needed match──▶ Confirm ──▶ confirmed
//	                                    ▲───────correct and check again───────┘   └──Leave, or visit.proof_lifetime──▶ left
//
// A person's own proof (LVL-2) has nobody at the other side: the papers are entered in the cabinet, a step at a time, and what the
// registers answer concludes it.
//
//	entering ──Fill, step by step──▶ entering ──Send──▶ checking ──all match──────────────▶ confirmed
//	    ▲──────────────Fill: correct it───────────────────┤  (refusal: answers, taken)
//	    └──────────────levels.draft without a word──▶ left
//
// Whoever has lost the way into an account to which they are bound makes a new one and comes to a desk with it (REG-12). The papers
// match, the SNILS is held, and the operator decides that it is the same person: ConfirmAndTakeOver. In one transaction the old
// account is retired, its sessions end, its contacts are free, and the new one is Confirmed; what the person had follows by a job:
//
//	decided ──MoveData: some rows at a time, each sealed anew──▶ moved ──a minute, an hour later: what was under way──▶ moved
//
// A takeover that was a mistake is undone by the support desk within takeover.undo, by the number that both accounts were told (undo.go).
// In one transaction the new account loses what the proof gave it and the old one is its owner's again; what went along goes back by a job:
//
// One employee proposes it and another confirms (takeover.employees, undo_second.go).
//
//	moved ──Undo──▶ proposed ──ConfirmUndo──▶ undone ──GiveBack: the rows that went along──▶ back ──a minute, an hour later: what came of them──▶ back
//
// Registers are asked by jobs, one for each, tried again while a register is away; pages show what is being waited for and change
// by themselves.
//
// Whoever has a qualified electronic signature proves by it who they are (signature.go): the authority that made out the certificate saw
// the person and checked the SNILS in it, and no register is asked.
//
// Whoever has no SNILS applies for one in the cabinet (snils.go): a job files the application with the social fund and asks for the number
// until it is there, which then stands in the profile. A check or an application that a person starts without an operator is counted
// first (throttle.go), so that nobody uses us to try other people's papers on the registers. Words for what a register answered are in
// advice.go.
//
// What is shown is one identity document of whatever kind (papers.go): the kind says which register is asked, and without the word of
// that register nothing is proved. A person's page and a desk read it by one reader.
//
// What always holds: only an operator on duty opens a person, only by a code that the person gave, and every such look is
// recorded and visible to the person. What a register holds is shown and stored only when the paper matched, and only for
// Confirmed accounts: Standard learns that what it typed is right. One SNILS has one holder (REG-11): Standard is a claim, which a
// Confirmed proof displaces; an account that has held a SNILS never becomes another person's. Data moves only between accounts
// to which one person was bound, each by an operator who saw them; a row is sealed with the key of the account that it names at
// every moment. A desk does not open an account that
// is Confirmed: confirming ends every other proof of the account. An operator confirms the papers that the page showed, not those
// entered since. Garbage from a register changes nothing.
package verification
