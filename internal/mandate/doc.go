// Package mandate is acting for somebody else. Today that is a parent for their child (REG-13); an organisation and its employee, a
// principal and whom they trust are other kinds of the same thing: a row that says who may act for whom, since when, until when,
// and why it ended.
//
// An account for a child under 14 is opened by a parent whose own account is Confirmed. The parent enters the child's data and
// certificate of birth, a step at a time; the civil-status register says whether it holds that certificate, for that child, and
// this parent in it; the social fund says whether the SNILS is the child's, when one was given.
//
//	entering ──Fill, step by step──▶ entering ──Send──▶ checking ──all match──▶ opened, or joined when the other parent was first
//	    ▲──────────────Fill: correct it───────────────────┤  (refusal: answers, taken, level)
//	    └──────────────children.draft without a word, or Drop──▶ left
//
// The child's account has a profile under a key of its own, no contacts and no password: nobody signs in to it. Its level follows
// from evidence like any other (policy, levels): the certificate and the parent, with a matched SNILS, give Standard, without one
// Simplified. A SNILS that was left for later is given by a request of the same sort. Parents see the child's page, its level, and
// every look of staff; what is told to the account is told to them.
//
// At children.until_age, by the civil day of the portal, the parents' mandates end (Age, every hour); they are told children.remind_before
// ahead.
//
// The civil-status register is asked again every children.recheck whether the parent still is one (Again). That the record has other
// parents ends the mandate at once; that the register does not know the record, or has it otherwise, only when it says so a second time
// within children.doubt_lasts. A register that is away changes nothing. A second certificate, entered as for a new child, takes the
// former one's place.
//
//	stands ──no such record──▶ in doubt ──again, within the time──▶ ended
//	  ▲ ▲──match, or another certificate──┘                            ▲
//	  └─match──                        ──other parents, at once────────┘
//
// Within that time a parent may hand the account over: they name a phone or an e-mail of the child's own, and whoever proves it on the
// pages of recovery sets the password (signin.Heirs). Until the birthday the parents have access beside the child, who agrees to the
// portal's texts in their own name. An account that was not handed over is the child's all the same: the parent who answered for it
// binds it (policy.EvidenceParent), so that nobody displaces it from afar, and at a desk, with the passport, the child takes it over.
//
//	waits ──HandOver──▶ named ──proved in a recovery: Inherit──▶ the child's
//	  ▲──KeepBack, children.hand_over──┘
//
// What always holds: one child has one account, by an index of the database on the record of the birth, of which certificates are made out, and on the SNILS (account): the
// parent who comes second, and whom the register knows as a parent too, gets a mandate for the account that is there. A mandate is
// given by the registers' word alone, to a Confirmed parent, and ends on the birthday, whatever happens. What a parent named is no
// contact of the account before the child has proved it. Nothing that a register
// holds enters the profile but what the parent typed and it matched. No account of a child is left to nobody: when the last
// parent is erased, their child's account is erased with them (Wards), unless the child has it, or may take it. Who could otherwise demand a copy or an erasure of it, or
// take the consent back? And the account is opened again from the registers in minutes, by whichever parent comes. One exception: an account that a
// stranger opened as the parent whom they were taken for. When that mistake is undone (EndSince) it waits for a parent of that child, who
// gets access as a second parent does, and at a desk it is the child's; to erase it would destroy what the child may have in it for a mistake of ours.
package mandate
