package policy

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"time"
)

// bound is a floor and a ceiling, or a relation between settings; reason is empty when it holds.
type bound struct{ field, reason, remedy string }

const day = 24 * time.Hour

// within: lo ≤ v ≤ hi, because of why.
func within[T cmp.Ordered](field string, v, lo, hi T, why string) bound {
	b := bound{field: field}
	switch {
	case v < lo:
		b.reason = fmt.Sprintf("%v is too little: %s", show(v), why)
	case v > hi:
		b.reason = fmt.Sprintf("%v is too much: %s", show(v), why)
	default:
		return b
	}
	b.remedy = fmt.Sprintf("set it between %v and %v", show(lo), show(hi))
	return b
}

// holds: ok, or else the reason.
func holds(field string, ok bool, reason, remedy string) bound {
	if ok {
		return bound{field: field}
	}
	return bound{field, reason, remedy}
}

// limited: the numbers of a limit. most is the ceiling of max; blocks says whether it may block at all.
func limited(field string, l Limit, most int, window, block time.Duration, why string) []bound {
	return []bound{
		within(field+".max", l.Max, 1, most, why),
		within(field+".window", l.Window, time.Second, window, why),
		within(field+".block", l.Block, 0, block, "no block is longer: the owner waits, too"),
		within(field+".factor", l.Factor, 0, 10, "a block at most ten times the one before"),
		within(field+".ceiling", l.Ceiling, 0, block, "no block is longer: the owner waits, too"),
		holds(field+".ceiling", l.Ceiling == 0 || l.Ceiling >= l.Block, "it is less than the first block", "set it to the block or more, or leave it out"),
	}
}

// The most guesses in 24 hours that any policy may allow at what is judged by these limits (Limit.PerDay): docs/security.md says what
// chance that is.
const (
	mostStrangers = 40  // codes of an app, with the right password, from all browsers that the owner never used
	mostCodes     = 200 // … from one browser of the owner's, or of an employee's app, or at a recovery
	mostPasswords = 500 // passwords of one account, likewise
)

// guessed is the bound of a limit that is all that stands between somebody and a guess.
func guessed(field string, l Limit, most int) bound {
	return holds(field, l.PerDay() <= most, fmt.Sprintf("it lets %d be guessed in a day, at most %d may be", l.PerDay(), most), "lower max, or set a longer block, or a factor and a ceiling")
}

// bounds are the floors and ceilings of everything. The list is in the order of policy.yaml; a test demands every setting.
func (p *Policy) bounds() []bound {
	_, zone := time.LoadLocation(p.TimeZone)
	c, g := p.Code, p.Code.GuessesPerDay
	b := []bound{
		holds("time_zone", zone == nil && p.TimeZone != "", "there is no such time zone", "write a name of the IANA list: Europe/Moscow, Asia/Yekaterinburg"),
		holds("hotline.phone", phone.MatchString(p.Hotline.Phone), "this is not a phone number", "write digits with spaces and hyphens: 8 800 100-00-00"),
		within("hotline.hours.ru", len(p.Hotline.Hours.RU), 1, 200, "it stands in every footer"),
		within("hotline.hours.en", len(p.Hotline.Hours.EN), 1, 200, "it stands in every footer"),

		within("code.sms_lifetime", c.SMSLifetime, time.Minute, 10*time.Minute, "a code that was sent lives ten minutes at most (NIST SP 800-63B), and people need a minute"),
		within("code.email_code_lifetime", c.EmailLifetime, 2*time.Minute, 10*time.Minute, "a code that was sent lives ten minutes at most (NIST SP 800-63B), and mail needs two"),
		within("code.email_link_lifetime", c.LinkLifetime, 10*time.Minute, 24*time.Hour, "a link that opens a registration lives a day at most (NIST SP 800-63A)"),
		within("code.wrong_allowed", c.WrongAllowed, 1, 3, "more than three wrong codes block the attempt (REG-5)"),
		within("code.guesses_per_contact_day.register", g.Register, 1, 30, "at most 30 guesses per contact per day (REG-5)"),
		within("code.guesses_per_contact_day.recover", g.Recover, 1, 30, "at most 30 guesses per contact per day (REG-5)"),
		within("code.guesses_per_contact_day.sign_in", g.SignIn, 1, 30, "at most 30 guesses per contact per day (REG-5)"),
		within("code.guesses_per_contact_day.known_device", g.KnownDevice, 1, 30, "at most 30 guesses per contact per day (REG-5)"),
		holds("code.guesses_per_contact_day", g.Register+g.Recover+g.SignIn+g.KnownDevice <= 30,
			fmt.Sprintf("the shares make %d guesses per contact per day, 30 are allowed (REG-5)", g.Register+g.Recover+g.SignIn+g.KnownDevice), "lower one of register, recover, sign_in, known_device"),
		within("code.resend", c.Resend, 30*time.Second, 10*time.Minute, "an SMS needs half a minute to arrive, and one a minute is enough for anybody"),
		within("code.recover_network_percent", c.NetworkPart, 20, 100, "less than a fifth of five codes is none, and all of them are all"),
		within("code.forget", c.Forget, time.Hour, 30*day, "sooner, waiting would be a way round the block of REG-5; later, a slip of last month would count"),
		within("code.keep", c.Keep, day, 7*day, "an attempt is erased with the abandoned registration (REG-8)"),
		holds("code.keep", c.Keep >= c.Forget, "it is less than forget", "set it to forget or more"),
		within("code.keep_blocked", c.KeepBlocked, 30*day, 3*365*day, "only support lifts a block (REG-5), but nothing is kept for ever"),
	}
	b = append(b, limited("code.sends_per_contact_hour", c.SendsPerHour, 10, time.Hour, 0, "a phone must not become a bell")...)
	b = append(b, limited("code.sends_per_contact_day", c.SendsPerDay, 20, day, 0, "a phone must not become a bell")...)

	b = append(b, limited("gate.sends_per_prefix", p.Gate.SendsByNet, 10_000, day, 0, "beyond it people meet a puzzle, and codes cost money")...)
	b = append(b,
		within("gate.wait", p.Gate.Wait, 5*time.Second, 2*time.Minute, "less slows nobody down, and people wait no longer"),
		within("gate.puzzle", p.Gate.Puzzle, 1000, 1_000_000, "less is no work, and an old phone tries fifty thousand a second at best"),
	)
	b = append(b, listed("sms.countries", p.SMS.Countries, country))
	b = append(b, limited("sms.codes_per_day", p.SMS.Day, 100_000_000, day, 0, "a cap that nobody reaches is none")...)
	b = append(b, limited("sms.codes_per_number_range_day", p.SMS.RangeDay, 100_000_000, day, 0, "a cap that nobody reaches is none")...)
	b = append(b, within("sms.count_within", p.SMS.CountWithin, 0, 10*time.Second, "a process that dies forgets the texts of so long, and other nodes know of them so late"))
	b = append(b, limited("sms.known_codes_per_day", p.SMS.KnownDay, 100_000_000, day, 0, "a cap that nobody reaches is none")...)
	b = append(b, limited("sms.known_codes_per_number_range_day", p.SMS.KnownRangeDay, 100_000_000, day, 0, "a cap that nobody reaches is none")...)
	b = append(b, within("contacts.most", p.Contacts.Most, 2, 50, "people have a phone and an e-mail, not a directory"))
	b = append(b, limited("contacts.adds_per_person_day", p.Contacts.AddsPerDay, 50, day, 0, "a cabinet must not send codes to all the town")...)
	b = append(b,
		within("contacts.untie_wait", p.Contacts.UntieWait, 24*time.Hour, 14*day, "the owner has 24 hours to cancel (REG-6), and who waits has a draft of a registration only"),
		within("contacts.untie_again", p.Contacts.UntieAgain, day, 365*day, "an owner who said no is not asked daily, and a number changes hands one day"),
		within("contacts.reconfirm", p.Contacts.Reconfirm, 60*day, 3*365*day, "a number that nobody uses is given to somebody else after two months or more"),
		within("contacts.reconfirm_remind", p.Contacts.ReconfirmRemind, day, 90*day, "people need some days to come by, and forget what is a season away"),
		holds("contacts.reconfirm_remind", p.Contacts.ReconfirmRemind < p.Contacts.Reconfirm, "it is not less than reconfirm", "set it to less than reconfirm"),
		holds("contacts.untie_wait", p.Contacts.UntieWait <= p.Registration.DraftLifetime, "the registration that waits for the contact is erased before", "set it to registration.draft_lifetime or less"),
	)

	w, h := p.Password, p.Password.Hash
	b = append(b,
		within("registration.draft_lifetime", p.Registration.DraftLifetime, time.Hour, 7*day, "abandoned registrations are erased after seven days (REG-8)"),
		within("password.min", w.Min, 8, 64, "at least 8 characters (REG-7)"),
		within("password.max", w.Max, 64, 1024, "64 characters must be allowed (NIST SP 800-63B), and hashing has a price"),
		within("password.advised", w.Advised, w.Min, 64, "what is advised is not less than what is demanded"),
		within("password.reminder", w.Reminder, 30*day, 365*day, "a reminder every month tires, after a year it is none (REG-7)"),
		within("password.leaked_min", w.Leaked, 1, 1000, "known-leaked passwords are refused (REG-7)"),
		within("password.none_of_last", w.NoneOfLast, 1, 10, "the one in force is no new one, and each one more costs a hash when a password is set"),
		within("password.hash.memory", h.Memory, 19<<20, 256<<20, "Argon2id needs 19 MiB (OWASP), and memory is taken once per core"),
		within("password.hash.time", h.Time, 2, 10, "two passes (OWASP)"),
		within("password.hash.lanes", h.Lanes, 1, 4, "a hash has one core"),
		within("password.hash.queue", h.Queue, 1, 10_000, "who waits must be served before he gives up"),
		within("password.hash.wait", h.Wait, 100*time.Millisecond, 30*time.Second, "who waits must be served before he gives up"),
	)

	s := p.SignIn
	b = append(b, limited("sign_in.network", s.Network, 20, time.Hour, time.Hour, "guessing must not pay (ASVS 6.3.1)")...)
	b = append(b, limited("sign_in.others", s.Others, 100, day, day, "guessing must not pay: 100 tries at most (NIST SP 800-63B)")...)
	b = append(b, limited("sign_in.device", s.Device, 100, day, day, "guessing must not pay: 100 tries at most (NIST SP 800-63B)")...)
	b = append(b, limited("sign_in.crowd", s.Crowd, 10_000, day, 0, "stuffing must cost work (ASVS 6.3.1), and a network is never blocked")...)
	b = append(b, limited("sign_in.staff", s.Staff, 20, day, day, "a desk opens many people's data")...)
	b = append(b, limited("sign_in.second_factor", s.SecondFactor, 10, day, day, "a code of six digits is guessed quickly")...)
	for _, x := range []struct {
		name string
		l    Limit
	}{{"network", s.Network}, {"others", s.Others}, {"device", s.Device}, {"staff", s.Staff}, {"second_factor", s.SecondFactor}} {
		b = append(b, holds("sign_in."+x.name+".block", x.l.Block > 0, "without a block a guesser need not even wait", "set a block of a minute or more"))
	}
	b = append(b,
		guessed("sign_in.others", s.Others, mostPasswords), guessed("sign_in.device", s.Device, mostPasswords), guessed("sign_in.second_factor", s.SecondFactor, mostCodes),
		within("sign_in.known_device_lifetime", s.KnownLifetime, day, 400*day, "browsers keep no cookie longer than 400 days"),
		within("sign_in.own_tries", s.OwnTries, 1, 10, "the owner's browser must have tries of its own, and each that has them lets more be guessed"),
	)

	f := p.SecondFactor
	for _, x := range []struct {
		name string
		d    Demand
	}{{"simplified", f.Simplified}, {"standard", f.Standard}, {"confirmed", f.Confirmed}} {
		b = append(b, holds("second_factor."+x.name, x.d == Optional || x.d == Required, "there is no such demand", "write optional or required"))
	}
	b = append(b,
		within("second_factor.lifetime", f.Lifetime, 2*time.Minute, 30*time.Minute, "a code must have time to arrive, and half a sign-in must not lie about"),
		within("second_factor.tries", f.Tries, 1, 5, "a code of six digits is guessed quickly"),
	)
	b = append(b, limited("second_factor.others", f.Others, 10, day, day, "a code of six digits is guessed quickly")...)
	b = append(b, limited("second_factor.device", f.Device, 10, day, day, "a code of six digits is guessed quickly")...)
	b = append(b, limited("second_factor.recover", f.Recover, 10, day, day, "a code of six digits is guessed quickly")...)
	b = append(b,
		holds("second_factor.others.block", f.Others.Block > 0, "without a block a guesser need not even wait", "set a block of a minute or more"),
		holds("second_factor.device.block", f.Device.Block > 0, "without a block a guesser need not even wait", "set a block of a minute or more"),
		holds("second_factor.recover.block", f.Recover.Block > 0, "without a block a guesser need not even wait", "set a block of a minute or more"),
		guessed("second_factor.others", f.Others, mostStrangers), guessed("second_factor.device", f.Device, mostCodes), guessed("second_factor.recover", f.Recover, mostCodes),
		within("second_factor.remember", f.Remember, 0, 30*day, "a browser that was sold or lost must not be trusted for ever (NIST SP 800-63B)"),
		within("second_factor.registered", f.Registered, 0, day, "the code that was typed at registration proves the phone of that day"),
		within("second_factor.apps", f.Apps, 1, 5, "people have a phone and a spare one"),
		within("second_factor.backup_codes", f.BackupCodes, 5, 20, "a sheet that people keep, not a book"),
	)

	for _, x := range []struct {
		name           string
		s              Span
		idle, absolute time.Duration
	}{
		{"simplified", p.Session.Simplified, 60 * time.Minute, day}, {"standard", p.Session.Standard, 60 * time.Minute, day},
		{"confirmed", p.Session.Confirmed, 60 * time.Minute, day}, {"staff", p.Session.Staff, 30 * time.Minute, 12 * time.Hour},
	} {
		field := "session." + x.name
		b = append(b,
			within(field+".idle", x.s.Idle, 5*time.Minute, x.idle, "people need time to read a form, and a forgotten screen is somebody's whole cabinet (NIST SP 800-63B)"),
			within(field+".absolute", x.s.Absolute, 15*time.Minute, x.absolute, "a session ends within the day (NIST SP 800-63B)"),
			holds(field+".absolute", x.s.Absolute >= x.s.Idle, "it is less than idle", "set it to idle or more"),
		)
	}

	b = append(b, within("session.fresh", p.Session.Fresh, 0, 15*time.Minute, "whoever finds the screen unlocked later must not change how its owner comes in"))

	r, v := p.Recovery, p.Visit
	b = append(b,
		within("alert.look", p.Alert.Look, time.Second, 30*time.Second, "whoever must hear of a stranger hears within a minute, and the letter needs the rest of it"),
		within("alert.link_lifetime", p.Alert.LinkLifetime, day, 30*day, "people read their letters late, and a link must not lie about for ever"),
		within("alert.pause", p.Alert.Pause, time.Hour, day, "its owner needs an hour to come, and nobody is kept from their own account for longer than a day"),
	)
	b = append(b, limited("alert.pauses_per_person", p.Alert.Pauses, 10, 30*day, 0, "whoever reads another's letters must not keep them paused for ever")...)
	b = append(b,
		holds("alert.pauses_per_person", p.Alert.Pauses.Window >= day, "the window is less than a day", "set it to a day or more: a pause lasts as long"),
		within("alert.wrong_passwords", p.Alert.WrongPasswords, 2, 100, "one is a slip of the finger, and nobody counts a hundred"),
	)
	b = append(b, limited("alert.texts_per_person", p.Alert.Texts, 100, 7*day, 0, "texts cost, and the first of each sort goes whatever this says")...)
	b = append(b,
		holds("alert.texts_per_person", p.Alert.Texts.Window >= time.Hour, "the window is less than an hour", "set it to an hour or more: else it bounds nothing"),
		within("passkey.lifetime", p.Passkey.Lifetime, 30*time.Second, 15*time.Minute, "people look for their phone, and a challenge must not lie about"),
		within("passkey.most", p.Passkey.Most, 1, 100, "each is read at every use"),
		holds("passkey.second_step", p.Passkey.SecondStep == Verify || p.Passkey.SecondStep == VerifyIfAble, "there is no such demand", "write preferred or required"),
		holds("passkey.staff", p.Passkey.Staff == Beside || p.Passkey.Staff == Alone, "there is no such standing", "write second or alone"),
		holds("recovery.questions.up_to", r.Questions.UpTo == "none" || r.Questions.UpTo.Valid(), "there is no such level", "write none, simplified, standard or confirmed"),
		within("recovery.questions.ask", r.Questions.Ask, 2, 5, "one answer is soon guessed, and nobody remembers ten"),
		within("recovery.questions.shortest", r.Questions.Shortest, 3, 10, "two letters are tried in an hour, and a name has five"),
		within("recovery.questions.longest", r.Questions.Longest, 20, 60, "an answer is a word or a few"),
		within("recovery.lifetime", r.Lifetime, 5*time.Minute, time.Hour, "a code must have time to arrive, and a proved one must not lie about"),
		within("temporary_password.lifetime", p.Temporary.Lifetime, time.Hour, 3*day, "a paper gets lost, and the person has to come home with it"),
		within("visit.lifetime", v.Lifetime, 10*time.Minute, 15*day, "a code is for one visit"),
	)
	b = append(b, limited("temporary_password.per_operator_day", p.Temporary.PerOperator, 200, day, day, "whoever has an operator's session must not come to every account")...)
	b = append(b, limited("visit.guesses", v.Guesses, 60, day, day, "a desk must not search for people")...)
	b = append(b, within("visit.proof_lifetime", v.ProofLifetime, 30*time.Minute, day, "registers need time, and who was here yesterday is not before the operator today"))

	b = append(b,
		within("appointments.hold", p.Appointments.Hold, time.Minute, time.Hour, "people need minutes to confirm, and a time that nobody confirms is kept from others"),
		within("appointments.horizon", p.Appointments.Horizon, day, 180*day, "people book days ahead, and nobody knows a doctor's hours of next year"),
		within("appointments.cancel_before", p.Appointments.CancelBefore, 0, 3*day, "a person who falls ill must be able to say so"),
		within("appointments.party", p.Appointments.Party, 1, 20, "a family comes together, and nobody brings a school"),
		within("appointments.close_after", p.Appointments.CloseAfter, time.Minute, day, "every node must have the new hours, and people must hear in time"),
		within("catalogue.page", p.Catalogue.Page, 5, 200, "nobody reads a longer page, and a phone takes seconds for it"),
		within("catalogue.export", p.Catalogue.Export, 10, 2000, "a page is made in memory, and many small ones are asked for one by one"),
		within("workdays.warn", p.Workdays.Warn, 7*day, 365*day, "the operator needs days to get the decree, and nobody knows one a year ahead"),
		within("appointments.offer", p.Appointments.Offer, 10*time.Minute, day, "people need a while to see a message, and those behind them wait meanwhile"),
		within("appointments.fresh", p.Appointments.Fresh, 0, time.Minute, "whoever sees times that have gone chooses in vain"),
		within("appointments.remind_first", p.Appointments.RemindFirst, p.Appointments.RemindLast, 7*day, "a week ahead nobody remembers, and the first comes before the last"),
		within("appointments.remind_last", p.Appointments.RemindLast, 15*time.Minute, day, "whoever is told at the door cannot free the time for others"),
		within("appointments.most", p.Appointments.Most, 1, 20, "one person must not take everybody's times"),
	)
	k := p.Children
	b = append(b,
		within("children.until_age", k.UntilAge, 14, 18, "at 14 a person has a passport and a word of their own, and at 18 no parents answer for them"),
		within("children.remind_before", k.NearBefore, 7*day, 180*day, "a family needs days to hear of it, and nobody remembers a letter of last year"),
		within("children.hand_over", k.HandOver, day, 30*day, "a child needs a day, and an open hand-over is a door left ajar"),
		within("children.draft", k.DraftOfChild, day, 90*day, "data of a child that nobody sends must not lie about"),
		within("children.most", k.MostChildren, 1, 50, "families are large, and nobody has a school"),
		within("children.recheck", k.Recheck, 30*day, 365*day, "a parent who lost their rights must be noticed, and a register is not asked for sport"),
		within("children.recheck_doubt", k.RecheckDoubt, 3*day, k.DoubtLasts, "a family needs days to enter a new certificate, and the second answer must come while the first one counts"),
		within("children.doubt_lasts", k.DoubtLasts, 7*day, 90*day, "two answers that lie far apart do not confirm each other"),
	)
	b = append(b, p.Levels.bounds()...)
	b = append(b, within("registers.timeout", p.Registers.Timeout, 100*time.Millisecond, 60*time.Second, "a register that has not answered will not"))
	b = append(b, waits("registers.retry", p.Registers.Retry)...)
	b = append(b, resting("registers", p.Registers.Breaker)...)
	b = append(b, within("registers.max_answer", p.Registers.MaxBody, 10_000, 100_000_000, "an answer is read into memory"))
	b = append(b, limited("registers.pictures_per_person", p.Registers.PicturesPerPerson, 1000, day, 0, "reading a picture takes seconds of a processor")...)
	b = append(b, limited("registers.checks_per_person", p.Registers.ChecksPerPerson, 20, 7*day, 0, "registers must not be a way to try other people's papers")...)
	b = append(b, limited("registers.checks_per_document", p.Registers.ChecksPerDocument, 20, 7*day, 0, "registers must not be a way to try other people's papers")...)
	b = append(b, limited("registers.checks_per_matched", p.Registers.ChecksPerMatched, 100, 7*day, 0, "who knows a SNILS and its name must not try passports by the hundred")...)
	b = append(b, holds("registers.checks_per_matched", p.Registers.ChecksPerMatched.Max >= p.Registers.ChecksPerDocument.Max, "it is less than checks_per_document", "set it to checks_per_document or more: whose papers matched must not have less than a stranger"))
	b = append(b, within("snils.term", p.SNILS.Term, 1, 30, "the number is assigned within ten working days (REG-14), and people must know when to ask"))
	b = append(b, within("snils.post", p.SNILS.Post, 3, 60, "a registered letter crosses the country within weeks, and people must know when to send another"))
	b = append(b, waits("snils.poll", p.SNILS.Poll)...)
	b = append(b, p.Signatures.bounds()...)
	b = append(b, within("papers.key_lifetime", p.Papers.KeyLifetime, 30*day, 10*365*day, "a key that changes every week is on nobody's kept list, and one for ever is stolen in the end"))
	b = append(b, within("takeover.employees", p.Takeover.Employees, 1, 2, "one does it or two, and there is no desk for a third"),
		within("takeover.undo", p.Takeover.Undo, day, 90*day, "whoever lost an account by a mistake needs time to hear of it, and nobody's account may hang in the air for ever"))

	b = append(b,
		listed("gateways.sms_order", p.Gateways.SMSOrder, gateway),
		within("gateways.outage", p.Gateways.Outage, 20*time.Second, 10*time.Minute, "codes that nobody took are tried every 15 s; longer, pages speak of an outage that is over"),
		within("gateways.timeout", p.Gateways.Timeout, time.Second, 2*time.Minute, "a gateway that has not answered will not"),
		within("gateways.voice.at_once", p.Gateways.Voice.AtOnce, 1, 1000, "each is a call under way"),
		within("gateways.voice.ring", p.Gateways.Voice.Ring, 10*time.Second, time.Minute, "a hand needs time to find the phone, and a code is worth something for minutes"),
		within("gateways.voice.rings", p.Gateways.Voice.Rings, 1, 5, "nobody's phone becomes a bell"),
	)
	b = append(b, resting("gateways", p.Gateways.Breaker)...)

	b = append(b,
		within("uploads.max_size", p.Uploads.MaxSize, 100_000, 50_000_000, "a photo has some megabytes; a file is sealed in memory"),
		within("uploads.count", p.Uploads.Count, 1, 20, "a form is not a store"),
		listed("uploads.types", p.Uploads.Types, mime),
		holds("uploads.unscanned", p.Uploads.Unscanned == "refuse" || p.Uploads.Unscanned == "accept", "it is neither of two words", "write refuse or accept"),
		within("uploads.at_once", p.Uploads.AtOnce, 1, 1000, "each holds all its files in memory"),
		within("uploads.at_once_per_prefix", p.Uploads.PerPrefix, 1, 1000, "each holds all its files in memory"),
		holds("uploads.at_once_per_prefix", p.Uploads.PerPrefix <= p.Uploads.AtOnce, "it is more than at_once", "set it to at_once or less"),
		within("originals.most", p.Originals.Most, 5, 100, "five papers are asked for, and a cabinet is not a store"),
		within("originals.keep_refused", p.Originals.KeepRefused, time.Hour, 30*day, "whoever comes back must still see why, and a picture nobody can use is not kept"),
		within("attachments.most", p.Attachments.Most, 5, 200, "a thick case has some dozens of papers, and a case is not a store"),
		within("attachments.chunk", p.Attachments.Chunk, 64_000, 4_000_000, "a piece is in memory while it comes, and each costs a transaction"),
		within("attachments.under_way", p.Attachments.UnderWay, 1, 50, "nobody sends more files at a time, and each may take 20 MB"),
		within("attachments.unfinished", p.Attachments.Unfinished, time.Hour, 7*day, "whoever lost the line comes back within days, and half a file is of no use to anybody"),
		within("scan.at_once", p.Scan.AtOnce, 1, 64, "each holds a decoded picture, and a child, in memory"),
		within("scan.timeout", p.Scan.Timeout, 10*time.Second, 2*time.Minute, "a page takes seconds, and a hung child must end"),
		within("scan.cpu", p.Scan.CPU, 5*time.Second, time.Minute, "a page takes seconds, and a file may be made to take for ever"),
		within("scan.memory", p.Scan.Memory, 256<<20, 4<<30, "Tesseract with Russian needs some hundred MiB, and a file may be made to take all"),
		within("scan.answer", p.Scan.Answer, 8_000_000, 256_000_000, "a page as a picture has some MB"),
		within("scan.pixels", p.Scan.Pixels, 12_000_000, 200_000_000, "a telephone takes twelve million, and each takes four bytes and more"),
		within("cases.draft_lifetime", p.Cases.DraftLifetime, day, 365*day, "a draft holds personal data nobody asked for yet"),
		within("cases.claim_lifetime", p.Cases.ClaimLifetime, 10*time.Minute, 7*day, "a case must not lie on an absent officer's table"),
		within("cases.warn_after", p.Cases.WarnAfter, 50, 100, "a head who is told of everything reads nothing"),
		within("cases.near", p.Cases.Near, time.Hour, 30*day, "a warning comes before the deadline, and not so early that everything burns"),
		within("cases.queries_most", p.Cases.QueriesMost, 1, 100, "they stand in the navigation, each with its count"),
		within("cases.templates_most", p.Cases.TemplatesMost, 1, 2000, "an officer finds one in a list"),
		within("cases.template_text", p.Cases.TemplateText, 200, 20_000, "advice is a paragraph, not a book"),
		within("cases.complaint_within", p.Cases.ComplaintWithin, 30*day, 3*365*day, "who was refused needs time to find advice"),
		within("cases.complaint_days", p.Cases.ComplaintDays, 1, 15, "the law knows no longer term"),
		within("cases.complaint_days_papers", p.Cases.ComplaintDaysPapers, 1, 5, "the law knows no longer term"),
		within("cases.complaint_text", p.Cases.ComplaintText, 1000, 20_000, "what is wrong can be told, and read"),
		within("cases.complaint_answer", p.Cases.ComplaintAnswer, 1000, 20_000, "reasons can be given, and read"),
		within("cases.batch_most", p.Cases.BatchMost, 2, 1000, "somebody looks through the preview"),
		within("cases.batch_kept", p.Cases.BatchKept, day, 365*day, "whoever pressed the button comes back to see what became of it; the history of each case is kept by itself"),
		within("cases.dispute_text", p.Cases.DisputeText, 100, 10_000, "an officer reads it beside the form"),
		within("cases.lookups.slow", p.Cases.Lookups.Slow, time.Second, 5*time.Minute, "whoever fills in a form waits in front of it"),
		within("cases.lookups.ask_for", p.Cases.Lookups.AskFor, time.Minute, 30*day, "a form is filled in by hand meanwhile"),
		within("notices.night_since", p.Notices.NightSince, 0, day, "it is a time of the day: 0 to 24 hours from midnight"),
		within("notices.night_until", p.Notices.NightUntil, 0, day, "it is a time of the day: 0 to 24 hours from midnight"),
		within("notices.digest_at", p.Notices.DigestAt, 0, day-time.Second, "it is a time of the day: 0 to 24 hours from midnight"),
		within("notices.digest_most", p.Notices.DigestMost, 5, 200, "a letter is read, not searched"),
		within("notices.sms_parts", p.Notices.SMSParts, 1, 10, "a text of more parts is a letter"),
		bound{field: "notices.push_hosts"}, bound{field: "notices.push_inside"},
		within("notices.push_ttl", p.Notices.PushTTL, time.Minute, 28*day, "push services keep a message no longer than four weeks"),
		within("notices.push_timeout", p.Notices.PushTimeout, time.Second, time.Minute, "a service that does not answer is tried again later"),
		within("notices.offline_kept", p.Notices.OfflineKept, time.Hour, 30*day, "an old list misleads, and a day's trip is longer than an hour"),
		within("notices.push_browsers", p.Notices.PushBrowsers, 1, 50, "people have several devices, and each message is one for each"),
		within("support.answer_within", p.Support.AnswerWithin, time.Hour, 30*day, "an appeal is answered within 30 days (Federal Law 59-FZ)"),
		within("support.max_tried", p.Support.MaxTried, 100, 2000, "it names a number, a document, a browser"),
		within("support.max_text", p.Support.MaxText, 500, 20_000, "people write a page, not a book"),
		within("support.wait", p.Support.Wait, 5*time.Second, 2*time.Minute, "less slows nobody down, and people write a question in two minutes"),
		within("support.keep", p.Support.Keep, 30*day, 3*365*day, "people come back to an answer, but nothing is kept for ever"),
		within("rights.export_lifetime", p.Rights.ExportLifetime, 2*time.Minute, time.Hour, "a slow line needs minutes, and a copy of everything must not lie about"),
		within("rights.erase_after", p.Rights.EraseAfter, day, 30*day, "a person needs a day to hear of it, and the law gives 30 (152-FZ, article 21)"),
		within("rights.remind_before", p.Rights.RemindBefore, time.Hour, 7*day, "a reminder leaves time to sign in"),
		holds("rights.remind_before", p.Rights.RemindBefore < p.Rights.EraseAfter, "it is not less than erase_after", "set it to less than erase_after"),
		within("live.heartbeat", p.Live.Heartbeat, 5*time.Second, time.Minute, "proxies close a silent stream after a minute"),
		within("live.streams", p.Live.Streams, 100, 100_000, "a stream holds memory and a file handle of the node"),
		within("live.streams_per_person", p.Live.PerPerson, 1, 100, "a stream holds memory"),
		within("live.streams_per_prefix", p.Live.PerPrefix, 10, 100_000, "a stream holds memory, and a whole operator may stand behind one network"),
		within("audit.seal_interval", p.Audit.SealInterval, 100*time.Millisecond, time.Second, "the audit is sealed within a second"),
		within("network.prefix_v4", p.Network.PrefixV4, 16, 32, "a prefix is a network, not a country"),
		within("network.prefix_v6", p.Network.PrefixV6, 32, 64, "a household has a /64 or more, and its owner changes addresses at will"),
	)
	b = append(b,
		within("wallet.most", p.Wallet.Most, 5, 500, "a person has some dozens of documents, and a cabinet is not a store"),
		within("wallet.versions", p.Wallet.Versions, 2, 100, "what stood there before must be seen, and nothing is kept for ever"),
		within("wallet.ask_for", p.Wallet.AskFor, 10*time.Minute, 7*day, "a register may be away for an evening, and nobody waits for longer than a week"),
		within("wallet.refresh", p.Wallet.Refresh, day, 365*day, "registers have other work, and what is a year old is not known"),
		within("wallet.remind_first", p.Wallet.RemindFirst, p.Wallet.RemindLast, 365*day, "the first comes before the last, and nobody remembers for a year"),
		within("wallet.remind_last", p.Wallet.RemindLast, day, 90*day, "people need days to come by"),
		within("wallet.share", p.Wallet.Share, time.Minute, 15*time.Minute, "a code is for somebody who stands there: it needs a minute, and must not be worth keeping"),
		within("wallet.share_kept", p.Wallet.ShareKept, day, 3*365*day, "a person must see to whom they showed what, and nothing is kept for ever"),
	)
	b = append(b, limited("wallet.changes_per_person", p.Wallet.Changes, 600, day, 0, "each may bring a scan, which is looked through and kept")...)
	b = append(b, limited("wallet.asks_per_person", p.Wallet.Asks, 100, day, 0, "registers have other work")...)
	b = append(b, limited("wallet.shares_per_person", p.Wallet.Shares, 500, day, 0, "each is a way to a document")...)
	b = append(b, limited("wallet.guesses_per_prefix", p.Wallet.Guesses, 1000, day, day, "a short code has forty bits and lives for minutes")...)
	b = append(b, limited("originals.uploads_per_person", p.Originals.PerPerson, 300, day, 0, "each is read, which takes seconds of a core")...)
	b = append(b, limited("attachments.uploads_per_person_day", p.Attachments.PerPerson, 2000, day, 0, "each is looked through and kept, 20 MB and more")...)
	b = append(b, limited("cases.lookups.per_person_day", p.Cases.Lookups.PerPerson, 200, day, 0, "registers have other work")...)
	b = append(b, limited("cases.submits_per_person_day", p.Cases.SubmitsPerDay, 10_000, day, 0, "nobody needs so many cases a day")...)
	b = append(b, p.Agency.bounds()...)
	b = append(b, p.Webhooks.bounds()...)
	b = append(b, limited("support.questions_per_person", p.Support.QuestionsPer, 1000, day, 0, "support is a desk of people")...)
	b = append(b, limited("support.questions_per_prefix", p.Support.QuestionsByNet, 10_000, day, 0, "support is a desk of people")...)
	b = append(b, limited("support.replies_per_question", p.Support.RepliesPer, 1000, day, 0, "support is a desk of people")...)
	b = append(b, limited("live.checks_per_prefix", p.Live.ChecksByNet, 1_000_000, time.Hour, 0, "a form of ten fields asks twenty times, and a whole operator may stand behind one network")...)
	b = append(b, limited("rights.exports_per_person", p.Rights.Exports, 100, day, 0, "a copy reads all there is of a person")...)
	for i, n := range p.Network.TrustedProxies {
		b = append(b, holds(fmt.Sprintf("network.trusted_proxies.%d", i+1), n.Bits() >= 8, "whoever is in this network could call himself anybody", "name the network of the proxies only"))
	}
	for i, n := range p.Network.StaffNetworks {
		b = append(b, holds(fmt.Sprintf("network.staff_networks.%d", i+1), n.Bits() >= 8, "this is no network of an office", "name the networks of centres and offices only"))
	}
	return append(b, bound{field: "network.trusted_proxies"}, bound{field: "network.staff_networks"})
}

func (s Signatures) bounds() []bound {
	b := []bound{
		listed("signatures.algorithms", s.Algorithms, algorithm),
		holds("signatures.plain", s.Plain == "accept" || s.Plain == "refuse", "it is neither of two words", "write accept or refuse"),
		within("signatures.max_size", s.MaxSize, 20_000, 20_000_000, "a signature has some kilobytes, and is read into memory"),
		within("signatures.challenge_lifetime", s.Lifetime, 5*time.Minute, 2*time.Hour, "a person must find the program and the token, and a text to be signed must not lie about"),
		within("signatures.challenge_tries", s.Tries, 3, 100, "a wrong certificate is chosen easily, and each try has a price"),
	}
	b = append(b, limited("signatures.per_prefix", s.ByNet, 10_000, day, 0, "each has a price, and a whole operator may stand behind one network")...)
	b = append(b,
		within("signatures.in_page.max_file", s.InPage.MaxFile, 20_000, 5_000_000, "a key with its certificates has some kilobytes, and browsers read it into memory"),
		within("signatures.in_page.rounds", s.InPage.Rounds, 100_000, 20_000_000, "programs make files of up to 600,000 at a time, and a browser does some 70 in a millisecond"),
		within("signatures.in_page.timeout", s.InPage.Timeout, 5*time.Second, 5*time.Minute, "a person waits for it"),
		within("signatures.openssl.at_once", s.OpenSSL.AtOnce, 1, 64, "each takes a processor"),
		within("signatures.openssl.timeout", s.OpenSSL.Timeout, time.Second, time.Minute, "a check takes milliseconds"),
		within("signatures.openssl.memory", s.OpenSSL.Memory, 64<<20, 1<<30, "it needs some ten megabytes and the room of its libraries"),
		within("signatures.status.timeout", s.Status.Timeout, time.Second, time.Minute, "a person waits for it"),
	)
	b = append(b, resting("signatures.status", s.Status.Breaker)...)
	return append(b,
		within("signatures.status.max_list", s.Status.MaxList, 100_000, 100_000_000, "a list is read into memory"),
		within("signatures.status.max_answer", s.Status.MaxAnswer, 2_000, 1_000_000, "an answer is read into memory"),
		within("signatures.status.refresh", s.Status.Refresh, time.Minute, 6*time.Hour, "a certificate that was revoked must not sign for long"),
	)
}

func resting(field string, k Breaker) []bound {
	return []bound{
		within(field+".breaker.failures", k.Failures, 1, 100, "who does not answer must be left alone for a while"),
		within(field+".breaker.pause", k.Pause, time.Second, 10*time.Minute, "and asked again soon"),
	}
}

func waits(field string, r Retry) []bound {
	return []bound{
		within(field+".first", r.First, 100*time.Millisecond, 10*time.Minute, "the first pause is short"),
		within(field+".longest", r.Longest, time.Second, time.Hour, "people wait for the answer"),
		holds(field+".longest", r.Longest >= r.First, "it is less than first", "set it to first or more"),
	}
}

var (
	phone     = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{2,24}$`)
	algorithm = regexp.MustCompile(`^(rsa|ecdsa|gost)$`)
	country   = regexp.MustCompile(`^[A-Z]{2}$`)
	gateway   = regexp.MustCompile(`^sms[12]$`)
	mime      = regexp.MustCompile(`^(image/jpeg|image/png|application/pdf)$`)
)

func listed(field string, list []string, form *regexp.Regexp) bound {
	if len(list) == 0 {
		return bound{field, "the list is empty", "name at least one"}
	}
	seen := map[string]bool{}
	for _, s := range list {
		if !form.MatchString(s) {
			return bound{field, fmt.Sprintf("%q cannot stand here", s), "allowed is what matches " + form.String()}
		}
		if seen[s] {
			return bound{field, fmt.Sprintf("%q stands twice", s), "remove one of the two"}
		}
		seen[s] = true
	}
	return bound{field: field}
}

// show writes a value as the file would.
func show(v any) string {
	switch v := v.(type) {
	case time.Duration:
		if v >= 2*day && v%day == 0 {
			return fmt.Sprintf("%dd", v/day)
		}
		s := v.String()
		if len(s) > 2 && s[len(s)-2:] == "0s" && v >= time.Minute && v%time.Minute == 0 {
			s = s[:len(s)-2]
			if len(s) > 2 && s[len(s)-2:] == "0m" && v%time.Hour == 0 {
				s = s[:len(s)-2]
			}
		}
		return s
	case Bytes:
		switch {
		case v >= 1<<20 && v%(1<<20) == 0:
			return fmt.Sprintf("%dMiB", v>>20)
		case v >= 1000_000:
			return fmt.Sprintf("%gMB", math.Round(float64(v)/10_000)/100)
		}
		return fmt.Sprintf("%dKB", v/1000)
	}
	return fmt.Sprint(v)
}
