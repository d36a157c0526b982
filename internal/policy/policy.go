package policy

import (
	"math"
	"net/netip"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
)

// Policy is the whole of it. The names in the file are the yaml tags; policy.yaml explains each.
type Policy struct {
	TimeZone     string       `yaml:"time_zone"`
	Workdays     Workdays     `yaml:"workdays"`
	Catalogue    Catalogue    `yaml:"catalogue"`
	Hotline      Hotline      `yaml:"hotline"`
	Code         Code         `yaml:"code"`
	Gate         Gate         `yaml:"gate"`
	SMS          SMS          `yaml:"sms"`
	Contacts     Contacts     `yaml:"contacts"`
	Registration Registration `yaml:"registration"`
	Password     Password     `yaml:"password"`
	SignIn       SignIn       `yaml:"sign_in"`
	SecondFactor SecondFactor `yaml:"second_factor"`
	Session      Session      `yaml:"session"`
	Recovery     Recovery     `yaml:"recovery"`
	Temporary    Temporary    `yaml:"temporary_password"`
	Alert        Alert        `yaml:"alert"`
	Appointments Appointments `yaml:"appointments"`
	Passkey      Passkey      `yaml:"passkey"`
	Visit        Visit        `yaml:"visit"`
	Levels       Levels       `yaml:"levels"`
	Children     Children     `yaml:"children"`
	Registers    Registers    `yaml:"registers"`
	SNILS        SNILS        `yaml:"snils"`
	Signatures   Signatures   `yaml:"signatures"`
	Papers       Papers       `yaml:"papers"`
	Takeover     Takeover     `yaml:"takeover"`
	Gateways     Gateways     `yaml:"gateways"`
	Uploads      Uploads      `yaml:"uploads"`
	Originals    Originals    `yaml:"originals"`
	Attachments  Attachments  `yaml:"attachments"`
	Wallet       Wallet       `yaml:"wallet"`
	Scan         Scan         `yaml:"scan"`
	Cases        Cases        `yaml:"cases"`
	Agency       Agency       `yaml:"agency"`
	Webhooks     Webhooks     `yaml:"webhooks"`
	Notices      Notices      `yaml:"notices"`
	Support      Support      `yaml:"support"`
	Rights       Rights       `yaml:"rights"`
	Live         Live         `yaml:"live"`
	Audit        Audit        `yaml:"audit"`
	Network      Network      `yaml:"network"`
}

// Limit is how often something may be tried; package limit keeps count.
type Limit struct {
	Max     int           `yaml:"max"`
	Window  time.Duration `yaml:"window"`
	Block   time.Duration `yaml:"block"`   // 0: none, the window is waited for
	Factor  float64       `yaml:"factor"`  // 0 is 1
	Ceiling time.Duration `yaml:"ceiling"` // 0 is Block
}

// Rule is a limit with its name; package limit keeps count by it.
type Rule struct {
	Name string
	Limit
}

// PerDay is the most tries that somebody has in 24 hours who waits no moment longer than they must: either they are blocked each time and
// come back, or they always stop one short of the block.
func (l Limit) PerDay() int {
	windows := int((24*time.Hour-1)/max(l.Window, time.Millisecond)) + 1
	if l.Block <= 0 {
		return l.Max * windows
	}
	n, block, longest := 0, float64(l.Block), float64(max(l.Block, l.Ceiling))
	for at := 0.0; at < float64(24*time.Hour) && n < math.MaxInt32; at += max(min(block, longest), float64(time.Second)) {
		if n > 0 {
			block *= max(l.Factor, 1)
		}
		n += l.Max
	}
	return max(n, (l.Max-1)*windows)
}

// Rule gives the limit the name under which a refusal is explained and told from others.
func (l Limit) Rule(name string) Rule { return Rule{name, l} }

// Bytes is a size.
type Bytes int64

// Hotline is what every footer shows.
type Hotline struct {
	Phone string    `yaml:"phone"`
	Hours i18n.Text `yaml:"hours"`
}

// Code is about one-time codes and links that prove a contact.
type Code struct {
	SMSLifetime   time.Duration `yaml:"sms_lifetime"`
	EmailLifetime time.Duration `yaml:"email_code_lifetime"`
	LinkLifetime  time.Duration `yaml:"email_link_lifetime"`
	WrongAllowed  int           `yaml:"wrong_allowed"`
	GuessesPerDay Guesses       `yaml:"guesses_per_contact_day"`
	Resend        time.Duration `yaml:"resend"`
	SendsPerHour  Limit         `yaml:"sends_per_contact_hour"`
	SendsPerDay   Limit         `yaml:"sends_per_contact_day"`
	NetworkPart   int           `yaml:"recover_network_percent"`
	Forget        time.Duration `yaml:"forget"`
	Keep          time.Duration `yaml:"keep"`
	KeepBlocked   time.Duration `yaml:"keep_blocked"`
}

// SendRules are the limits on sending to one contact.
func (c Code) SendRules() []Rule {
	return []Rule{c.SendsPerHour.Rule("send.hour"), c.SendsPerDay.Rule("send.day")}
}

// GuessRule is the share of the contact's daily guesses for the purpose, "register", "recover" or "signin". Browsers the owner has
// used before have one share for all purposes together: their bucket must not bear the purpose in its key.
func (c Code) GuessRule(purpose string, known bool) Rule {
	n := c.GuessesPerDay.Recover
	switch {
	case known:
		n = c.GuessesPerDay.KnownDevice
	case purpose == "register":
		n = c.GuessesPerDay.Register
	case purpose == "signin":
		n = c.GuessesPerDay.SignIn
	}
	return Limit{Max: n, Window: 24 * time.Hour}.Rule("guess")
}

// OfNetwork is the part that one network may take, at a recovery, of a limit on a contact.
func (c Code) OfNetwork(r Rule) Rule {
	r.Name, r.Max = r.Name+".network", max(1, r.Max*c.NetworkPart/100)
	return r
}

// Guesses are shares of the guesses that a contact may suffer in a day, so that a stranger who tries one way does not close the
// others to the owner.
type Guesses struct {
	Register    int `yaml:"register"`
	Recover     int `yaml:"recover"`
	SignIn      int `yaml:"sign_in"`
	KnownDevice int `yaml:"known_device"`
}

// Gate is about what a network meets that asks for very many codes.
type Gate struct {
	SendsByNet Limit         `yaml:"sends_per_prefix"`
	Wait       time.Duration `yaml:"wait"`
	Puzzle     int           `yaml:"puzzle"`
}

// SMS is about what texts with codes may cost.
type SMS struct {
	Countries []string `yaml:"countries"`
	Day       Limit    `yaml:"codes_per_day"`
	RangeDay  Limit    `yaml:"codes_per_number_range_day"`

	// Of browsers that the contact's owner used, apart from all others.
	KnownDay      Limit `yaml:"known_codes_per_day"`
	KnownRangeDay Limit `yaml:"known_codes_per_number_range_day"`

	CountWithin time.Duration `yaml:"count_within"`
}

// Contacts is about the phones and e-mails of an account.
type Contacts struct {
	Most       int           `yaml:"most"`
	AddsPerDay Limit         `yaml:"adds_per_person_day"`
	UntieWait  time.Duration `yaml:"untie_wait"`
	UntieAgain time.Duration `yaml:"untie_again"`

	Reconfirm       time.Duration `yaml:"reconfirm"`
	ReconfirmRemind time.Duration `yaml:"reconfirm_remind"`
}

// Registration is about making an account.
type Registration struct {
	DraftLifetime time.Duration `yaml:"draft_lifetime"`
}

// Password is about passwords of persons and employees.
type Password struct {
	Min        int           `yaml:"min"`
	Max        int           `yaml:"max"`
	Advised    int           `yaml:"advised"`
	Reminder   time.Duration `yaml:"reminder"`
	Leaked     int           `yaml:"leaked_min"`
	NoneOfLast int           `yaml:"none_of_last"`
	Hash       Hash          `yaml:"hash"`
}

// Due reports whether it is time to remind of a password that was set then: of no password there is nothing to remind.
func (p Password) Due(set, now time.Time) bool {
	return !set.IsZero() && now.Sub(set) >= p.Reminder
}

// Hash is the cost of a password's Argon2id hash and the queue before it.
type Hash struct {
	Memory Bytes         `yaml:"memory"`
	Time   int           `yaml:"time"`
	Lanes  int           `yaml:"lanes"`
	Queue  int           `yaml:"queue"`
	Wait   time.Duration `yaml:"wait"`
}

// SignIn is about wrong passwords, and about the browsers that the owner has used.
type SignIn struct {
	Network       Limit         `yaml:"network"`
	Others        Limit         `yaml:"others"`
	Device        Limit         `yaml:"device"`
	Crowd         Limit         `yaml:"crowd"`
	Staff         Limit         `yaml:"staff"`
	SecondFactor  Limit         `yaml:"second_factor"`
	KnownLifetime time.Duration `yaml:"known_device_lifetime"`
	OwnTries      int           `yaml:"own_tries"`
}

// SecondFactor is about what is asked for after the right password (AUTH-2).
type SecondFactor struct {
	Simplified Demand `yaml:"simplified"`
	Standard   Demand `yaml:"standard"`
	Confirmed  Demand `yaml:"confirmed"`

	Lifetime    time.Duration `yaml:"lifetime"`
	Tries       int           `yaml:"tries"`
	Others      Limit         `yaml:"others"`
	Device      Limit         `yaml:"device"`
	Recover     Limit         `yaml:"recover"`
	Remember    time.Duration `yaml:"remember"`
	Registered  time.Duration `yaml:"registered"`
	Apps        int           `yaml:"apps"`
	BackupCodes int           `yaml:"backup_codes"`
}

// Demand is whether accounts of a level sign in with a second factor.
type Demand string

// The demands.
const (
	Optional Demand = "optional" // whoever wants
	Required Demand = "required" // whoever has set up none is sent a code to the main phone, or else to the main e-mail
)

// Required reports whether every account of the level signs in with a second factor.
func (s SecondFactor) Required(l access.Level) bool {
	switch l {
	case access.Confirmed:
		return s.Confirmed == Required
	case access.Standard:
		return s.Standard == Required
	case access.Simplified:
		return s.Simplified == Required
	}
	return false
}

// Session is how long sessions live.
type Session struct {
	Simplified Span `yaml:"simplified"`
	Standard   Span `yaml:"standard"`
	Confirmed  Span `yaml:"confirmed"`
	Staff      Span `yaml:"staff"`

	Fresh time.Duration `yaml:"fresh"`
}

// For is the span of a session of such an actor.
func (s Session) For(k access.Kind, l access.Level) Span {
	switch {
	case k == access.Staff:
		return s.Staff
	case l == access.Confirmed:
		return s.Confirmed
	case l == access.Standard:
		return s.Standard
	}
	return s.Simplified
}

// Span is the life of a session: how long it may be idle, and how long it lives in any case.
type Span struct {
	Idle     time.Duration `yaml:"idle"`
	Absolute time.Duration `yaml:"absolute"`
}

// Recovery is about coming back without the password.
type Recovery struct {
	Lifetime  time.Duration `yaml:"lifetime"`
	Questions Questions     `yaml:"questions"`
}

// Temporary is about passwords that an operator of a service centre issues to whoever is there with their papers (AUTH-6).
type Temporary struct {
	Lifetime    time.Duration `yaml:"lifetime"`
	PerOperator Limit         `yaml:"per_operator_day"`
}

// Questions are security questions (AUTH-5): whether there are any, and for whom.
type Questions struct {
	UpTo     access.Level `yaml:"up_to"` // the highest level at which they count; none: there are no questions
	Ask      int          `yaml:"ask"`
	Shortest int          `yaml:"shortest"` // letters and digits of an answer
	Longest  int          `yaml:"longest"`
}

// For reports whether accounts of the level have security questions.
func (q Questions) For(l access.Level) bool { return q.UpTo.Valid() && q.UpTo.AtLeast(l) }

// Alert is about what a person is told of their account, and may say not to have done (AUTH-8).
type Alert struct {
	Look           time.Duration `yaml:"look"`
	LinkLifetime   time.Duration `yaml:"link_lifetime"`
	Pause          time.Duration `yaml:"pause"`
	Pauses         Limit         `yaml:"pauses_per_person"`
	WrongPasswords int           `yaml:"wrong_passwords"`
	Texts          Limit         `yaml:"texts_per_person"`
}

// Appointments is about times to come (SRV-7).
type Appointments struct {
	Hold         time.Duration `yaml:"hold"`
	Horizon      time.Duration `yaml:"horizon"`
	CancelBefore time.Duration `yaml:"cancel_before"`
	Most         int           `yaml:"most"`
	Party        int           `yaml:"party"`
	CloseAfter   time.Duration `yaml:"close_after"`
	Offer        time.Duration `yaml:"offer"`
	Fresh        time.Duration `yaml:"fresh"`
	RemindFirst  time.Duration `yaml:"remind_first"`
	RemindLast   time.Duration `yaml:"remind_last"`
}

// Catalogue is about lists of services.
type Catalogue struct {
	Page   int `yaml:"page"`
	Export int `yaml:"export"`
}

// Workdays is about the production calendar.
type Workdays struct {
	Warn time.Duration `yaml:"warn"`
}

// Passkey is about keys that a person's devices hold.
type Passkey struct {
	Lifetime   time.Duration `yaml:"lifetime"`
	Most       int           `yaml:"most"`
	SecondStep Verification  `yaml:"second_step"`
	Staff      Standing      `yaml:"staff"`
}

// Standing is what a passkey of an employee is worth at the door of the desks. The device has verified its owner in either case.
type Standing string

// The standings.
const (
	Beside Standing = "second" // beside login and password, in place of the code of the app
	Alone  Standing = "alone"  // by itself
)

// Verification says whether a device has to verify its owner, by a finger, a face or a PIN, before its key signs.
type Verification string

// The words of WebAuthn for it.
const (
	Verify       Verification = "required"
	VerifyIfAble Verification = "preferred" // the device asks if it can; that it is there is enough
)

// Visit is about the code by which an operator of a centre opens a person, and the proof of identity that begins so.
type Visit struct {
	Lifetime      time.Duration `yaml:"lifetime"`
	Guesses       Limit         `yaml:"guesses"`
	ProofLifetime time.Duration `yaml:"proof_lifetime"`
}

// Children is about accounts of children, which their parents open and keep.
type Children struct {
	UntilAge     int           `yaml:"until_age"`
	NearBefore   time.Duration `yaml:"remind_before"`
	HandOver     time.Duration `yaml:"hand_over"`
	DraftOfChild time.Duration `yaml:"draft"`
	MostChildren int           `yaml:"most"`
	Recheck      time.Duration `yaml:"recheck"`
	RecheckDoubt time.Duration `yaml:"recheck_doubt"`
	DoubtLasts   time.Duration `yaml:"doubt_lasts"`
}

// Retry is a pause that doubles up to the longest.
type Retry struct {
	First   time.Duration `yaml:"first"`
	Longest time.Duration `yaml:"longest"`
}

// Breaker stops asking a system that does not answer.
type Breaker struct {
	Failures int           `yaml:"failures"`
	Pause    time.Duration `yaml:"pause"`
}

// Registers is about asking state registers.
type Registers struct {
	Timeout time.Duration `yaml:"timeout"`
	Retry   Retry         `yaml:"retry"`
	Breaker Breaker       `yaml:"breaker"`
	MaxBody Bytes         `yaml:"max_answer"`

	ChecksPerPerson   Limit `yaml:"checks_per_person"`
	PicturesPerPerson Limit `yaml:"pictures_per_person"`
	ChecksPerDocument Limit `yaml:"checks_per_document"`
	ChecksPerMatched  Limit `yaml:"checks_per_matched"`
}

// Takeover is about an account that another of the same person took over (REG-12).
type Takeover struct {
	Undo      time.Duration `yaml:"undo"`
	Employees int           `yaml:"employees"`
}

// TakesTwo reports whether one employee proposes an undo and another confirms it.
func (t Takeover) TakesTwo() bool { return t.Employees > 1 }

// Papers is about the portal's own signature on papers.
type Papers struct {
	KeyLifetime time.Duration `yaml:"key_lifetime"`
}

// SNILS is about applications for a number.
type SNILS struct {
	Term int   `yaml:"term"` // working days
	Post int   `yaml:"post"` // working days
	Poll Retry `yaml:"poll"`
}

// Signatures is about qualified electronic signatures.
type Signatures struct {
	Algorithms []string      `yaml:"algorithms"`
	Plain      string        `yaml:"plain"` // accept, refuse
	MaxSize    Bytes         `yaml:"max_size"`
	Lifetime   time.Duration `yaml:"challenge_lifetime"`
	Tries      int           `yaml:"challenge_tries"`
	ByNet      Limit         `yaml:"per_prefix"`
	InPage     InPage        `yaml:"in_page"`
	OpenSSL    Child         `yaml:"openssl"`
	Status     Status        `yaml:"status"`
}

// InPage is about signing by the key of a .pfx file in the person's own browser. It protects that browser: the portal sees neither.
type InPage struct {
	MaxFile Bytes         `yaml:"max_file"`
	Rounds  int           `yaml:"rounds"`
	Timeout time.Duration `yaml:"timeout"`
}

// Child is what a program of others may take that works for us.
type Child struct {
	AtOnce  int           `yaml:"at_once"`
	Timeout time.Duration `yaml:"timeout"`
	Memory  Bytes         `yaml:"memory"`
}

// Status is about asking authorities whether a certificate is revoked.
type Status struct {
	Timeout   time.Duration `yaml:"timeout"`
	Breaker   Breaker       `yaml:"breaker"`
	MaxList   Bytes         `yaml:"max_list"`
	MaxAnswer Bytes         `yaml:"max_answer"`
	Refresh   time.Duration `yaml:"refresh"`
}

// Gateways is about sending letters and SMS.
type Gateways struct {
	SMSOrder []string      `yaml:"sms_order"`
	Timeout  time.Duration `yaml:"timeout"`
	Breaker  Breaker       `yaml:"breaker"`
	Outage   time.Duration `yaml:"outage"`
	Voice    Voice         `yaml:"voice"`
}

// Voice is about calls that speak a code.
type Voice struct {
	AtOnce int           `yaml:"at_once"`
	Ring   time.Duration `yaml:"ring"`
	Rings  int           `yaml:"rings"`
}

// Uploads is about files people attach.
type Uploads struct {
	MaxSize Bytes    `yaml:"max_size"`
	Count   int      `yaml:"count"`
	Types   []string `yaml:"types"`

	Unscanned string `yaml:"unscanned"` // refuse, accept

	AtOnce    int `yaml:"at_once"`
	PerPrefix int `yaml:"at_once_per_prefix"`
}

// Originals is about papers that people send for the proof of who they are.
type Originals struct {
	Most        int           `yaml:"most"`
	PerPerson   Limit         `yaml:"uploads_per_person"`
	KeepRefused time.Duration `yaml:"keep_refused"`
}

// Attachments is about files that are put into applications.
type Attachments struct {
	Most       int           `yaml:"most"`
	Chunk      Bytes         `yaml:"chunk"`
	UnderWay   int           `yaml:"under_way"`
	Unfinished time.Duration `yaml:"unfinished"`
	PerPerson  Limit         `yaml:"uploads_per_person_day"`
}

// Wallet is about the documents that a person keeps (CAB-2).
type Wallet struct {
	Most        int           `yaml:"most"`
	Versions    int           `yaml:"versions"`
	Changes     Limit         `yaml:"changes_per_person"`
	Asks        Limit         `yaml:"asks_per_person"`
	AskFor      time.Duration `yaml:"ask_for"`
	Refresh     time.Duration `yaml:"refresh"`
	RemindFirst time.Duration `yaml:"remind_first"`
	RemindLast  time.Duration `yaml:"remind_last"`
	Share       time.Duration `yaml:"share"`
	Shares      Limit         `yaml:"shares_per_person"`
	ShareKept   time.Duration `yaml:"share_kept"`
	Guesses     Limit         `yaml:"guesses_per_prefix"`
}

// Scan is what the programs that read pictures may take.
type Scan struct {
	AtOnce  int           `yaml:"at_once"`
	Timeout time.Duration `yaml:"timeout"`
	CPU     time.Duration `yaml:"cpu"`
	Memory  Bytes         `yaml:"memory"`
	Answer  Bytes         `yaml:"answer"`
	Pixels  int           `yaml:"pixels"`
}

// Cases is about applications.
type Cases struct {
	DraftLifetime time.Duration `yaml:"draft_lifetime"`
	SubmitsPerDay Limit         `yaml:"submits_per_person_day"`
	ClaimLifetime time.Duration `yaml:"claim_lifetime"`
	Near          time.Duration `yaml:"near"`
	WarnAfter     int           `yaml:"warn_after"`
	QueriesMost   int           `yaml:"queries_most"`
	TemplatesMost int           `yaml:"templates_most"`
	TemplateText  int           `yaml:"template_text"`
	BatchMost     int           `yaml:"batch_most"`

	ComplaintWithin     time.Duration `yaml:"complaint_within"`
	ComplaintDays       int           `yaml:"complaint_days"`
	ComplaintDaysPapers int           `yaml:"complaint_days_papers"`
	ComplaintText       int           `yaml:"complaint_text"`
	ComplaintAnswer     int           `yaml:"complaint_answer"`
	BatchKept           time.Duration `yaml:"batch_kept"`
	DisputeText         int           `yaml:"dispute_text"`
	Lookups             Lookups       `yaml:"lookups"`
}

// Lookups is about what forms ask registers when they are begun.
type Lookups struct {
	Slow      time.Duration `yaml:"slow"`
	AskFor    time.Duration `yaml:"ask_for"`
	PerPerson Limit         `yaml:"per_person_day"`
}

// Notices are what people are told of ordinary things.
type Notices struct {
	NightSince time.Duration `yaml:"night_since"`
	NightUntil time.Duration `yaml:"night_until"`

	DigestAt   time.Duration `yaml:"digest_at"`
	DigestMost int           `yaml:"digest_most"`

	SMSParts int `yaml:"sms_parts"`

	PushHosts    []string       `yaml:"push_hosts"`
	PushInside   []netip.Prefix `yaml:"push_inside"`
	PushTTL      time.Duration  `yaml:"push_ttl"`
	PushTimeout  time.Duration  `yaml:"push_timeout"`
	OfflineKept  time.Duration  `yaml:"offline_kept"`
	PushBrowsers int            `yaml:"push_browsers"`
}

// Support is about questions to the support desk.
type Support struct {
	AnswerWithin   time.Duration `yaml:"answer_within"`
	QuestionsPer   Limit         `yaml:"questions_per_person"`
	QuestionsByNet Limit         `yaml:"questions_per_prefix"`
	MaxText        int           `yaml:"max_text"`
	MaxTried       int           `yaml:"max_tried"` // characters of what was tried
	Wait           time.Duration `yaml:"wait"`
	RepliesPer     Limit         `yaml:"replies_per_question"`
	Keep           time.Duration `yaml:"keep"`
}

// Rights is about the copy of a person's data and its erasure.
type Rights struct {
	Exports        Limit         `yaml:"exports_per_person"`
	ExportLifetime time.Duration `yaml:"export_lifetime"`
	EraseAfter     time.Duration `yaml:"erase_after"`
	RemindBefore   time.Duration `yaml:"remind_before"`
}

// Live is about pages that change by themselves, and fields that are checked while they are typed.
type Live struct {
	Heartbeat   time.Duration `yaml:"heartbeat"`
	Streams     int           `yaml:"streams"`
	PerPerson   int           `yaml:"streams_per_person"`
	PerPrefix   int           `yaml:"streams_per_prefix"`
	ChecksByNet Limit         `yaml:"checks_per_prefix"`
}

// Audit is about the seal of the audit.
type Audit struct {
	SealInterval time.Duration `yaml:"seal_interval"`
}

// Network is whom an address belongs to.
type Network struct {
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	StaffNetworks  []netip.Prefix `yaml:"staff_networks"`
	PrefixV4       int            `yaml:"prefix_v4"`
	PrefixV6       int            `yaml:"prefix_v6"`
}
