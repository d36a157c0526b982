package contact

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
)

// Purpose is what a proof of control is for. Its text is stored.
type Purpose string

// The purposes. Guesses of one never count against another.
const (
	Register Purpose = "register"
	Recover  Purpose = "recover"
	Add      Purpose = "add"    // to an account that is there, in the cabinet (REG-10)
	Keep     Purpose = "keep"   // in the account that has it: its person holds it still
	SignIn   Purpose = "signin" // a second factor: at a sign-in, before an act that matters, at a recovery (AUTH-2)
)

// share is whose share of a contact's sends and guesses the purpose uses: to add a contact is to claim it, as registering is,
// and a stranger who does both has no more tries. To keep one shows what a recovery shows.
func (p Purpose) share() string {
	switch p {
	case Add:
		return string(Register)
	case Keep:
		return string(Recover)
	case Register, Recover, SignIn:
	}
	return string(p)
}

// Service proves and keeps contacts.
type Service struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy
	Jobs   *jobs.Client
	Calls  bool // somebody can make calls: a code for a phone may be asked for by voice

	texts tally
}

// Challenge is an attempt as its page shows it.
type Challenge struct {
	ID         string
	Purpose    Purpose
	Target     Target
	Masked     string
	SentAt     time.Time // the last code
	ExpiresAt  time.Time // of the code
	ResendAt   time.Time // when a new code may be asked for
	TriesLeft  int       // before the block
	Digits     int
	CanCall    bool   // the next code may be asked for by a call
	Spoken     bool   // the last one goes by a call
	HasLink    bool   // the letter holds a link too
	BlockedRef string // the reference number by which support finds the block (REG-5); "" when not blocked
	Proved     bool
	Sitting    bool // it is added on the page of registering in full
	Late       bool // nobody takes messages of the channel at the moment; Get says it
}

// The refusals.
var (
	ErrGone    = fault.New(fault.Missing, "code.gone")          // no such attempt in this browser
	ErrWrong   = fault.New(fault.InvalidInput, "code.wrong")    // a wrong code; a field says how many tries are left
	ErrBlocked = fault.New(fault.TooMany, "code.blocked")       // too many wrong codes: until support lifts it
	ErrExpired = fault.New(fault.InvalidInput, "code.expired")  // ask for a new one
	ErrEarly   = fault.New(fault.TooMany, "code.early")         // a new code may be asked for later
	ErrNoCall  = fault.New(fault.Conflict, "code.no_call")      // codes of this attempt cannot be spoken: it is a letter, or nobody makes calls
	ErrSends   = fault.New(fault.TooMany, "code.sends")         // too many codes to this contact
	ErrCapped  = fault.New(fault.TooMany, "code.capped")        // no more texts to such numbers today
	ErrGuesses = fault.New(fault.TooMany, "code.guesses")       // too many guesses for this contact today
	ErrLink    = fault.New(fault.Missing, "code.link_bad")      // the link is not ours or too old
	ErrNoBlock = fault.New(fault.Missing, "code.no_such_block") // support looks for a block that is not there
)

// Request begins or continues an attempt.
type Request struct {
	Purpose Purpose
	Browser string // value of the browser's cookie
	Target  Target
	Subject string // id of the registration or recovery that asks
	Account string // the account that is recovered, "" otherwise
	Network string // prefix of the network in which a recovery is asked for, "" when nobody knows it
	Known   bool   // the account's owner has signed in from this browser before
	Sitting bool   // it is added on the page of registering in full (REG-2)
	Silent  bool   // nobody is to receive it: the page behaves as if somebody did (AUTH-5)
	Lang    i18n.Lang
}

// Proved is what a right code or a link has proved. Whoever it was for compares all of it with what it waits for now: since
// the code went out another contact may have been typed there, in this tab or in another.
type Proved struct {
	Challenge string
	Subject   string // as the request named it last
	Account   string // … and the account, "" when there is none
	Purpose   Purpose
	Target    Target // to which code and link were sent
}

// row is a challenge as it is stored.
type row struct {
	ID, Subject, Account, Reference                 string
	Purpose                                         Purpose
	Kind                                            Kind
	Value, Index, Browser, Network                  []byte
	Known, Spoken, Sitting                          bool
	Lang                                            i18n.Lang
	Send, Wrong                                     int64
	SentAt, ExpiresAt, LinkUntil, BlockedAt, Proved time.Time
}

const columns = `id, subject, COALESCE(account_id, ''), COALESCE(reference, ''), purpose, kind, value, value_index, browser, known, lang, send, wrong,
	sent_at, expires_at, link_until, blocked_at, proved_at, spoken, network, sitting`

func scan(r *store.Row) (row, error) {
	var c row
	var purpose, kind, lang string
	err := r.Scan(&c.ID, &c.Subject, &c.Account, &c.Reference, &purpose, &kind, &c.Value, &c.Index, &c.Browser, &c.Known, &lang, &c.Send, &c.Wrong,
		store.Time(&c.SentAt), store.Time(&c.ExpiresAt), store.Time(&c.LinkUntil), store.NullTime(&c.BlockedAt), store.NullTime(&c.Proved), &c.Spoken, &c.Network, &c.Sitting)
	c.Purpose, c.Kind, c.Lang = Purpose(purpose), Kind(kind), i18n.Lang(lang)
	return c, store.One(err)
}

// silent is the subject of an attempt that reaches nobody.
const silent = "-"

// Start sends a code in the attempt of this browser with this contact: a new attempt, or the one that is there with its
// tries. No code is sent in an attempt that is blocked, or whose last code is fresh. An attempt that was proved has done its
// work: another one takes its place, so that none of its letters opens anything again.
func (s *Service) Start(ctx context.Context, tx *store.Tx, r Request) (Challenge, error) {
	index := s.Find(r.Target)
	c, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM challenge WHERE purpose = $1 AND browser = $2 AND value_index IN ($3, $4)`,
		string(r.Purpose), keyring.HashToken(r.Browser), index[0], index[1]))
	if errors.Is(err, store.ErrNotFound) {
		return s.begin(ctx, tx, r)
	}
	if err != nil {
		return Challenge{}, err
	}
	if !c.Proved.IsZero() {
		if err := tx.Do(ctx, `DELETE FROM challenge WHERE id = $1`, c.ID); err != nil {
			return Challenge{}, err
		}
		return s.begin(ctx, tx, r)
	}
	again := c
	again.Subject, again.Account, again.Known, again.Lang, again.Network, again.Sitting = r.Subject, r.Account, r.Known, r.Lang, s.network(r), r.Sitting
	if r.Silent {
		again.Account = silent
	}
	if !c.BlockedAt.IsZero() { // once support has lifted it, the proof is for whoever asked last
		return s.show(again, r.Target), s.save(ctx, tx, again)
	}
	if tx.Now().Sub(c.SentAt) > s.Policy.Code.Forget {
		again.Wrong = 0
	}
	if tx.Now().Before(c.SentAt.Add(s.Policy.Code.Resend)) {
		return s.show(again, r.Target), s.save(ctx, tx, again)
	}
	again.Spoken = false
	return s.send(ctx, tx, again, r.Target)
}

// begin is the first sending of a new attempt, which is written with it.
func (s *Service) begin(ctx context.Context, tx *store.Tx, r Request) (Challenge, error) {
	c := row{ID: id.At(tx.Now()), Subject: r.Subject, Account: r.Account, Purpose: r.Purpose, Kind: r.Target.Kind, Index: s.Index(r.Target),
		Browser: keyring.HashToken(r.Browser), Network: s.network(r), Known: r.Known, Sitting: r.Sitting, Lang: r.Lang, SentAt: tx.Now(), ExpiresAt: tx.Now(), LinkUntil: tx.Now()}
	if r.Silent {
		c.Account = silent
	}
	c.Value = s.Ring.System().Seal("challenge", "value", c.ID, []byte(r.Target.Value))
	return s.send(ctx, tx, c, r.Target)
}

// send counts one sending and enqueues it. Limits on sendings are kept apart by purpose and for browsers the owner uses,
// so that a stranger's requests do not silence the owner's.
func (s *Service) send(ctx context.Context, tx *store.Tx, c row, t Target) (Challenge, error) {
	if err := s.capped(ctx, tx, t, c.Known); err != nil {
		return s.show(c, t), err
	}
	p := s.Policy.Code
	verdicts, err := limit.TakeAll(ctx, tx, s.takes(c, p.SendRules()...)...)
	if err != nil {
		return Challenge{}, err
	}
	if worst, refused := limit.Refused(verdicts...); refused {
		return s.show(c, t), ErrSends.At(worst.Until)
	}
	lifetime := p.SMSLifetime
	if c.Kind == Email {
		lifetime = p.EmailLifetime
	}
	c.Send++
	c.SentAt, c.ExpiresAt, c.LinkUntil = tx.Now(), tx.Now().Add(lifetime), tx.Now().Add(p.LinkLifetime)
	if err := s.save(ctx, tx, c); err != nil {
		return Challenge{}, err
	}
	if c.Spoken {
		return s.show(c, t), s.Jobs.Enqueue(ctx, tx, SpeakCode{Challenge: c.ID, Send: c.Send})
	}
	return s.show(c, t), s.Jobs.Enqueue(ctx, tx, SendCode{Challenge: c.ID, Send: c.Send})
}

// save writes the attempt down, new or changed.
func (s *Service) save(ctx context.Context, tx *store.Tx, c row) error {
	var reference, account any
	if c.Reference != "" {
		reference = c.Reference
	}
	if c.Account != "" {
		account = c.Account
	}
	return tx.Do(ctx, `INSERT INTO challenge (id, purpose, browser, kind, value, value_index, subject, account_id, known, lang, send, wrong, sent_at, expires_at, link_until,
			blocked_at, reference, proved_at, spoken, network, sitting)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, account_id = excluded.account_id, known = excluded.known, lang = excluded.lang, send = excluded.send,
			wrong = excluded.wrong, sent_at = excluded.sent_at, expires_at = excluded.expires_at, link_until = excluded.link_until, blocked_at = excluded.blocked_at,
			reference = excluded.reference, proved_at = excluded.proved_at, spoken = excluded.spoken, network = excluded.network, sitting = excluded.sitting`,
		c.ID, string(c.Purpose), c.Browser, string(c.Kind), c.Value, c.Index, c.Subject, account, c.Known, string(c.Lang), c.Send, c.Wrong, c.SentAt, c.ExpiresAt, c.LinkUntil,
		store.OrNull(c.BlockedAt), reference, store.OrNull(c.Proved), c.Spoken, c.Network, c.Sitting)
}

// takes are what an attempt counts in, and is judged by: the contact's buckets, and at a recovery from a browser that the owner never
// used those of its network, too. So a stranger in one network does not close recovery to the owner's new phone in another.
func (s *Service) takes(c row, rules ...limit.Rule) []limit.Taken {
	var out []limit.Taken
	for _, rule := range rules {
		out = append(out, limit.Taken{Rule: rule, Key: c.bucket(rule)})
		if !c.Known && len(c.Network) > 0 {
			out = append(out, limit.Taken{Rule: s.Policy.Code.OfNetwork(rule), Key: c.bucket(rule) + ":" + hex.EncodeToString(c.Network)})
		}
	}
	return out
}

// network is what stands for the network of a recovery in its attempt and in the names of buckets; of other purposes it is not kept.
func (s *Service) network(r Request) []byte {
	if r.Purpose.share() != string(Recover) || r.Network == "" {
		return nil
	}
	return s.Ring.Index("contact.network", r.Network)[4:20]
}

// bucket names the limiter's bucket of the contact for the purpose, apart for browsers that the owner uses.
func (c row) bucket(r limit.Rule) string {
	who := c.Purpose.share()
	if c.Known {
		who = "known"
	}
	return "code." + r.Name + ":" + who + ":" + hex.EncodeToString(c.Index)
}

// Doubt makes browsers none of the owner's in the attempts at the account's contacts that are under way: whose browser counted as one
// until now goes on with what strangers share. The owner's next attempt is theirs again by itself.
func (s *Service) Doubt(ctx context.Context, tx *store.Tx, account string) error {
	if err := tx.Do(ctx, `UPDATE challenge SET known = FALSE WHERE account_id = $1 AND known`, account); err != nil {
		return fmt.Errorf("doubt the attempts of %s: %w", account, err)
	}
	return nil
}

// EndLinks ends the links of letters that were sent to recover the account: none begins again what was ended on purpose. The attempts stay, and
// wrong tries in them stay counted.
func (s *Service) EndLinks(ctx context.Context, tx *store.Tx, account string) error {
	if err := tx.Do(ctx, `UPDATE challenge SET link_until = $1 WHERE account_id = $2 AND purpose = 'recover' AND proved_at IS NULL AND link_until > $1`,
		tx.Now(), account); err != nil {
		return fmt.Errorf("end the links of %s: %w", account, err)
	}
	return nil
}

// Get shows the attempt of this browser.
func (s *Service) Get(ctx context.Context, q store.Querier, cid, browser string) (Challenge, error) {
	c, t, err := s.load(ctx, q, cid)
	if err != nil {
		return Challenge{}, err
	}
	if subtle.ConstantTimeCompare(c.Browser, keyring.HashToken(browser)) != 1 {
		return Challenge{}, ErrGone
	}
	out := s.show(c, t)
	out.Late, err = s.late(ctx, q, c.channel())
	return out, err
}

func (s *Service) load(ctx context.Context, q store.Querier, cid string) (row, Target, error) {
	c, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM challenge WHERE id = $1`, cid))
	if errors.Is(err, store.ErrNotFound) {
		return row{}, Target{}, ErrGone
	}
	if err != nil {
		return row{}, Target{}, fmt.Errorf("load challenge %s: %w", cid, err)
	}
	plain, err := s.Ring.System().Open("challenge", "value", c.ID, c.Value)
	if err != nil {
		return row{}, Target{}, fmt.Errorf("open challenge %s: %w", cid, err)
	}
	return c, Target{c.Kind, string(plain)}, nil
}

func (s *Service) show(c row, t Target) Challenge {
	return Challenge{
		ID: c.ID, Purpose: c.Purpose, Target: t, Masked: t.Masked(), SentAt: c.SentAt, ExpiresAt: c.ExpiresAt, ResendAt: c.SentAt.Add(s.Policy.Code.Resend),
		TriesLeft: max(0, s.Policy.Code.WrongAllowed-int(c.Wrong)), Digits: 6, CanCall: s.Calls && t.Kind == Phone, Spoken: c.Spoken, HasLink: t.Kind == Email && c.Purpose != SignIn,
		BlockedRef: formatReference(c.Reference), Proved: !c.Proved.IsZero(), Sitting: c.Sitting,
	}
}

// Resend sends a new code in the attempt; its tries stay what they were. It does not meet the gate that its first code met: the
// limits of the contact hold, see send.
func (s *Service) Resend(ctx context.Context, cid, browser string) (Challenge, error) {
	return s.again(ctx, cid, browser, false)
}

// Call is Resend by a call that speaks the new code (REG-4). Calls and SMS wait for each other and are counted together.
func (s *Service) Call(ctx context.Context, cid, browser string) (Challenge, error) {
	return s.again(ctx, cid, browser, true)
}

func (s *Service) again(ctx context.Context, cid, browser string, spoken bool) (Challenge, error) {
	var out Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, t, err := s.load(ctx, tx, cid)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(c.Browser, keyring.HashToken(browser)) != 1 {
			return ErrGone
		}
		if !c.Proved.IsZero() {
			return ErrGone // from another tab, while this one asked for a new code
		}
		if !c.BlockedAt.IsZero() {
			out = s.show(c, t)
			return nil
		}
		if at := c.SentAt.Add(s.Policy.Code.Resend); tx.Now().Before(at) {
			return ErrEarly.At(at)
		}
		if spoken && (!s.Calls || t.Kind != Phone) {
			return ErrNoCall
		}
		c.Spoken = spoken
		out, err = s.send(ctx, tx, c, t)
		return err
	})
	return out, err
}

// Check takes a code. The right one proves control, once; a wrong one is counted, and the fourth blocks the attempt.
// then runs in the same transaction after a right code, so that what the proof was for cannot be lost between.
func (s *Service) Check(ctx context.Context, cid, browser, typed string, then func(tx *store.Tx, p Proved) error) (Challenge, error) {
	var out Challenge
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, refused, err = s.CheckIn(ctx, tx, cid, browser, typed, func(p Proved) error { return then(tx, p) })
		return err
	})
	if err != nil {
		return out, err
	}
	return out, refused
}

// CheckIn is Check in the transaction of whoever finds the attempt in it. What is refused is told apart from errors: the transaction
// is to be committed under it, for it counts the try.
func (s *Service) CheckIn(ctx context.Context, tx *store.Tx, cid, browser, typed string, then func(Proved) error) (out Challenge, refused, err error) {
	code, problem := form.SixDigits(typed)
	if problem != nil {
		return Challenge{}, nil, fault.Invalid(problem.On("code"))
	}
	c, t, err := s.load(ctx, tx, cid)
	if err != nil {
		return Challenge{}, nil, err
	}
	if subtle.ConstantTimeCompare(c.Browser, keyring.HashToken(browser)) != 1 {
		return Challenge{}, nil, ErrGone
	}
	var right bool
	if c, right, refused, err = s.guess(ctx, tx, c, code); err != nil {
		return Challenge{}, nil, err
	}
	out = s.show(c, t)
	if !right {
		return out, refused, nil
	}
	return out, nil, then(Proved{c.ID, c.Subject, owner(c.Account), c.Purpose, t})
}

// guess decides on one code and saves the attempt. A refusal is returned apart from errors, because its counting must be
// committed.
func (s *Service) guess(ctx context.Context, tx *store.Tx, c row, code string) (row, bool, error, error) {
	switch {
	case !c.BlockedAt.IsZero():
		return c, false, ErrBlocked, nil
	case !c.Proved.IsZero():
		return c, false, ErrGone, nil
	case !tx.Now().Before(c.ExpiresAt):
		return c, false, ErrExpired.With(fault.F("code", "code.expired")), nil
	}
	rule := s.Policy.Code.GuessRule(c.Purpose.share(), c.Known)
	verdicts, err := limit.TakeAll(ctx, tx, s.takes(c, rule)...)
	if err != nil {
		return c, false, nil, err
	}
	if worst, refused := limit.Refused(verdicts...); refused {
		return c, false, ErrGuesses.At(worst.Until), nil
	}
	want := s.code(c)
	if c.Account != silent && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
		c.Proved, c.Wrong = tx.Now(), 0
		return c, true, nil, s.save(ctx, tx, c)
	}
	c.Wrong++
	refused := error(ErrWrong.With(fault.F("code", "code.wrong_left", "n", s.Policy.Code.WrongAllowed-int(c.Wrong)+1)))
	if int(c.Wrong) > s.Policy.Code.WrongAllowed && c.Purpose != SignIn { // a sign-in ends by itself, and its blocks do, too
		c.BlockedAt, c.Reference = tx.Now(), newReference()
		refused = ErrBlocked
		if err := audit.Record(ctx, tx, audit.Event{Action: "code.blocked", Subject: owner(c.Account), Object: c.ID}); err != nil {
			return c, false, nil, err
		}
	}
	return c, false, refused, s.save(ctx, tx, c)
}

// owner is the account of an attempt, "" for one that reaches nobody.
func owner(account string) string {
	if account == silent {
		return ""
	}
	return account
}

// code is derived from the root under which the attempt began, so that a code on its way outlives a change of roots.
func (s *Service) code(c row) string { return s.Ring.CodeUnder(c.Index, "contact", c.ID, int(c.Send)) }

// newReference is eight digits that a person can read out: it opens nothing by itself.
func newReference() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%08d", n)
}

// Link is the secret part of the address in a letter.
func (s *Service) link(c row) string { return c.ID + "." + s.Ring.Token("contact.link", c.ID) }

// LinkInfo checks a link without using it, so that a page can ask for the one click that uses it: mail scanners
// open links by themselves.
func (s *Service) LinkInfo(ctx context.Context, q store.Querier, token string) (Challenge, error) {
	c, t, err := s.byLink(ctx, q, token)
	return s.show(c, t), err
}

func (s *Service) byLink(ctx context.Context, q store.Querier, token string) (row, Target, error) {
	cid, mac, ok := strings.Cut(token, ".")
	if !ok || !id.Valid(cid) || !s.Ring.IsToken("contact.link", cid, mac) {
		return row{}, Target{}, ErrLink
	}
	c, t, err := s.load(ctx, q, cid)
	if errors.Is(err, ErrGone) {
		return row{}, Target{}, ErrLink
	}
	if err != nil {
		return row{}, Target{}, err
	}
	if !q.Now().Before(c.LinkUntil) || !c.Proved.IsZero() || c.Kind != Email || c.Purpose == SignIn || c.Account == silent {
		return row{}, Target{}, ErrLink
	}
	return c, t, nil
}

// UseLink proves control by the link of a letter, once, in whichever browser it was opened.
func (s *Service) UseLink(ctx context.Context, token string, then func(tx *store.Tx, p Proved) error) (Challenge, error) {
	var out Challenge
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, t, err := s.byLink(ctx, tx, token)
		if err != nil {
			return err
		}
		c.Proved, c.Wrong, c.BlockedAt, c.Reference = tx.Now(), 0, time.Time{}, ""
		out = s.show(c, t)
		if err := s.save(ctx, tx, c); err != nil {
			return err
		}
		return then(tx, Proved{c.ID, c.Subject, owner(c.Account), c.Purpose, t})
	})
	return out, err
}

// ProvedBy is the target that the subject has proved control of in an attempt to add it, as long as the proof is fresh.
func (s *Service) ProvedBy(ctx context.Context, q store.Querier, cid, subject string) (Target, error) {
	c, t, err := s.load(ctx, q, cid)
	if err != nil {
		return Target{}, err
	}
	if c.Purpose != Add || c.Subject != subject || c.Proved.IsZero() || q.Now().Sub(c.Proved) > s.Policy.Code.Forget {
		return Target{}, ErrGone
	}
	return t, nil
}
