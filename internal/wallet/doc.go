// Package wallet keeps the documents of a person: a driving licence, a medical policy, a certificate of birth (CAB-2).
//
// A document is added by typing and a scan, or comes from the register that keeps it. A change makes a new version; older ones stay to be
// seen. Which kinds there are and what stands in each is one list, package kind. What the portal knows already is not copied here: the
// document of identity, SNILS, INN and addresses lie with the account, papers that the portal issued with package document, and the page
// «Документы» shows all of them together; what is done with issued papers as with documents, putting them into applications and showing them to
// others, is done here. A child has a wallet, too, which the parents keep (package mandate): whose wallet it is says access.Actor.Whose.
//
//	Add ──▶ version 1 ──Change──▶ version 2 … ──Remove──▶ nothing
//	            ▲                    ▲
//	Ask ──▶ asking ──register──▶ found │ none │ differs │ lacking      away: asked again, for wallet.ask_for; nothing waits for it
//
//	Share ──▶ waits ──Open──▶ seen by that one browser ──▶ over after wallet.share, or when its owner stops it
//
// What always holds:
//
//   - Numbers and scans are sealed with the person's key. Lists and pages show them masked. Whole they are seen, changed, attached and shown
//     to others by whoever showed a second factor in the session a moment ago (Config.Opens), and every such opening is recorded.
//   - Whatever a register answers is about the person whom the account is bound to: only Confirmed accounts ask, or somebody Confirmed who may
//     act for the account, and never about somebody else's document that they keep. Of several documents each is one here, told by its number
//     or by what it is of (kind.One); what a register names no more stays, as gone. Of an answer with one that cannot be nothing is kept.
//   - What stands for known is what the register told and nothing that somebody typed; a scan beside it is its owner's still, and a share
//     says so. What was removed the register does not bring again by itself, whatever its owner made of it before: it is remembered as the
//     register told it last.
//   - A share shows what its owner ticked, of the version that was shown to them, and says whether a register stands for it. Of a paper of the
//     profile it shows what stands there now: there are no versions of it, and who looks has to learn that it is proved no more. It opens in one
//     browser. Its address holds 192 bits of chance; its short code is for reading out and is guarded by a limit per network.
//   - Of one end of a document a person is reminded twice at most, however often the sweep runs.
//   - Nothing of a document gets into the audit, a job or the log.
package wallet
